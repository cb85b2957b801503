"""Refuses readiness unless row-level security really holds for the role that serves requests.

A deployment that runs as the table owner, as a superuser or with the policies off looks just like a safe
one until somebody reads another organisation's rows.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_ROLE = text("SELECT rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = current_user")
_TABLES = text(
    """
    SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
           row_security_active(c.oid) AS active, pg_has_role(current_user, c.relowner, 'USAGE') AS owned
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relname = ANY(:tables)
    """
)


_COLUMN = text("SELECT has_column_privilege(current_user, :table, :column, 'SELECT')")


async def column_faults(connection: AsyncConnection, table: str, column: str) -> list[str]:
    """A fault when a role that must not read a column may. A superuser may read everything."""
    if (await connection.execute(_COLUMN, {"table": table, "column": column})).scalar_one():
        return [f"a database role for figures may read {table}.{column}"]
    return []


async def isolation_faults(connection: AsyncConnection, tenant_tables: Sequence[str]) -> list[str]:
    """What stands in the way of serving, in words for operations; empty when isolation holds."""
    if (await connection.execute(_ROLE)).scalar_one():
        return ["the database role is a superuser or bypasses row-level security"]
    rows = {row.name: row for row in await connection.execute(_TABLES, {"tables": list(tenant_tables)})}
    faults = [f"table {name} is missing" for name in tenant_tables if name not in rows]
    for name, row in rows.items():
        if not (row.forced and row.active):
            faults.append(f"row-level security is not in force on {name}")
        if row.owned:
            faults.append(f"the database role owns {name}")
    return faults
