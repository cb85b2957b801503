"""Refuses readiness unless row-level security really holds for the role that serves requests.

A deployment that runs as the table owner, as a superuser or with the policies off looks just like a safe
one until somebody reads another organisation's rows. So the catalogue is asked, not a list of ours: whatever
table it holds keeps organisations apart, unless the service says by name and with a reason that it need not.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

SETTING = "app.org"
_MENTIONED = f"current_setting('{SETTING}'::text"  # as PostgreSQL writes an expression back


@dataclass(frozen=True, slots=True)
class Layout:
    """What a service knows of its database; everything else in it must keep organisations apart.

    `tenant_tables` must be there. The mappings are exceptions, each with its reason:
    `open_tables` hold no organisation's data (a name, `schema.name`, or `schema.*` for a library's own schema);
    `policies` (`table.policy`) do not ask for the organisation, and the value is what their expression leans on
    instead and must contain; `definer_functions` run with the rights of their owner.
    """

    tenant_tables: Sequence[str]
    open_tables: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    definer_functions: Mapping[str, str] = field(default_factory=dict)

    def is_open(self, schema: str, name: str) -> bool:
        """Whether the table is named as one without any organisation's data."""
        return not self.open_tables.keys().isdisjoint((name, f"{schema}.*"))


_ROLES = text(
    """
    SELECT rolname AS name, rolname = current_user AS itself, rolsuper OR rolbypassrls AS unbound
    FROM pg_roles
    WHERE (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication) AND pg_has_role(current_user, oid, 'MEMBER')
    ORDER BY rolname = current_user DESC, rolname
    """
)
_SESSION = text(
    f"""
    SELECT nullif(current_setting('{SETTING}', true), '') IS NOT NULL AS preset,
           has_schema_privilege(current_user, current_schema(), 'CREATE') AS creates
    """
)
# What an extension brings belongs to whoever installed it, a superuser.
_OURS = """
    n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{catalogue}'::regclass AND d.objid = {oid}
                    AND d.deptype = 'e')
"""
_RELATIONS = text(
    f"""
    SELECT CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END AS name,
           n.nspname AS schema, c.relkind IN ('v', 'm', 'f') AS derived, c.relkind = 'v' AS view,
           c.relispartition AS partition,
           coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
                     WHERE option_name = 'security_invoker'), false) AS invoker,
           c.relrowsecurity AND c.relforcerowsecurity AND row_security_active(c.oid) AS forced,
           pg_has_role(current_user, c.relowner, 'MEMBER') AS owned,
           EXISTS (SELECT FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'org' AND NOT a.attisdropped) AS of_organisation,
           has_any_column_privilege(c.oid, 'SELECT') AS r, has_any_column_privilege(c.oid, 'INSERT') AS a,
           has_any_column_privilege(c.oid, 'UPDATE') AS w, has_table_privilege(c.oid, 'DELETE') AS d,
           has_table_privilege(c.oid, 'TRUNCATE, TRIGGER') OR has_any_column_privilege(c.oid, 'REFERENCES') AS beyond
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS.format(catalogue="pg_class", oid="c.oid")}
    ORDER BY name
    """
)
_POLICIES = text(
    """
    SELECT CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END AS table_name,
           p.polname AS name, p.polcmd::text AS command,
           pg_get_expr(p.polqual, p.polrelid) AS seen, pg_get_expr(p.polwithcheck, p.polrelid) AS written
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE p.polpermissive
      AND EXISTS (SELECT FROM unnest(p.polroles) AS named (role)
                  WHERE CASE WHEN named.role = 0 THEN true ELSE pg_has_role(current_user, named.role, 'MEMBER') END)
    """
)
_FUNCTIONS = text(
    f"""
    SELECT p.proname AS name, 'search_path' = ANY (SELECT split_part(s, '=', 1) FROM unnest(p.proconfig) s) AS pinned
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND {_OURS.format(catalogue="pg_proc", oid="p.oid")}
    ORDER BY name
    """
)
_COMMANDS = {"r": "read", "a": "inserted", "w": "changed", "d": "removed"}


async def isolation_faults(connection: AsyncConnection, layout: Layout) -> list[str]:
    """What stands in the way of serving, in words for operations; empty when isolation holds.

    To be asked as the role that serves, outside any organisation's transaction.
    """
    roles = (await connection.execute(_ROLES)).all()
    if any(role.itself and role.unbound for role in roles):
        return ["the database role is a superuser or bypasses row-level security"]
    relations = (await connection.execute(_RELATIONS)).all()
    policies: dict[str, list[Row[Any]]] = defaultdict(list)
    for policy in await connection.execute(_POLICIES):
        policies[policy.table_name].append(policy)
    present = {relation.name for relation in relations}
    return [
        *_role_faults(roles, (await connection.execute(_SESSION)).one()),
        *(f"table {name} is missing" for name in layout.tenant_tables if name not in present),
        *(fault for each in relations for fault in _relation_faults(each, policies[each.name], layout)),
        *_function_faults((await connection.execute(_FUNCTIONS)).all(), layout),
    ]


def _role_faults(roles: Sequence[Row[Any]], session: Row[Any]) -> Iterator[str]:
    for role in roles:
        if role.itself:
            yield "the database role may make roles or replicate the database"
        else:
            yield f"the database role may act as {role.name}, which can get past row-level security"
    if session.preset:
        yield f"{SETTING} has a value before any organisation is set"
    if session.creates:
        yield "the database role may create things in the schema"


def _relation_faults(relation: Row[Any], policies: Sequence[Row[Any]], layout: Layout) -> Iterator[str]:
    if relation.owned:
        yield f"the database role owns {relation.name}, or is a member of its owner"
    if relation.derived:
        if not (relation.view and relation.invoker):
            yield f"{relation.name} shows rows with the rights of its owner"
        return
    named = layout.is_open(relation.schema, relation.name)
    if named and not relation.of_organisation:
        return
    if named:
        yield f"{relation.name} has a column org, and is named as a table without any organisation's data"
    if relation.partition and not any(relation._mapping[command] for command in _COMMANDS):
        return  # reached through its parent only, by the parent's policies
    if not relation.forced:
        yield f"row-level security is not in force on {relation.name}"
    if relation.beyond:
        yield f"the database role may do to {relation.name} what no policy is asked about (TRUNCATE, TRIGGER, ...)"
    yield from _policy_faults(relation, policies, layout)


def _policy_faults(relation: Row[Any], policies: Sequence[Row[Any]], layout: Layout) -> Iterator[str]:
    for policy in policies:
        for expression in _expressions(policy):
            if layout.policies.get(f"{relation.name}.{policy.name}", _MENTIONED) not in expression:
                yield f"policy {policy.name} on {relation.name} does not ask for the organisation"
                break
    covered = {command for policy in policies for command in (_COMMANDS if policy.command == "*" else policy.command)}
    for command, done in _COMMANDS.items():
        if relation._mapping[command] and command not in covered:
            yield f"no policy says which rows of {relation.name} may be {done}"


def _expressions(policy: Row[Any]) -> list[str]:
    """What must hold for a row that is seen, and for one that is written; the first stands in for the second."""
    if policy.command == "a":
        return [policy.written or ""]
    if policy.command in ("r", "d"):
        return [policy.seen or ""]
    return [policy.seen or "", policy.written or policy.seen or ""]


def _function_faults(functions: Sequence[Row[Any]], layout: Layout) -> Iterator[str]:
    for function in functions:
        if function.name not in layout.definer_functions:
            yield f"function {function.name} runs with the rights of its owner"
        elif not function.pinned:
            yield f"function {function.name} runs with the rights of its owner and finds tables by the caller's path"


_REACH = text(
    f"""
    SELECT c.relname AS table_name, a.attname AS column_name,
           has_column_privilege(c.oid, a.attnum, 'INSERT, UPDATE, REFERENCES')
               OR has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER') AS changes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
      AND {_OURS.format(catalogue="pg_class", oid="c.oid")}
      AND (has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES')
           OR has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER'))
    ORDER BY table_name, a.attnum
    """
)


async def reach_faults(connection: AsyncConnection, readable: Mapping[str, Sequence[str]]) -> list[str]:
    """Faults when a role that reads across organisations can do more than read these columns.

    A superuser may do everything.
    """
    faults = []
    for each in await connection.execute(_REACH):
        if each.changes:
            faults.append(f"a database role for figures may change {each.table_name}")
        elif each.column_name not in readable.get(each.table_name, ()):
            faults.append(f"a database role for figures may read {each.table_name}.{each.column_name}")
    return list(dict.fromkeys(faults))
