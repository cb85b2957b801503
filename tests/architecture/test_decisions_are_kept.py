"""Decisions that a look at the code can hold: each test names the page in docs/decisions that it keeps."""

import ast
import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.consultation.consultations.numbers import new_number
from services.consultation.tables import STATISTICS_READS
from shared.connections import Connection
from shared.serving import Served, configuration

ROOT = Path(__file__).resolve().parents[2]
FIRST_MIGRATION = ROOT / "services" / "consultation" / "migrations" / "versions" / "0001_first_story.py"

# 0004. Who may import the client of the hot paths, and who the other.
PYREQWEST = {
    "services/gateway/main.py",
    "services/gateway/proxy/forward.py",
    "shared/transport/pyreqwest_transport.py",
}
HTTPX = {
    "services/assembly/commands/clients.py",
    "services/assembly/commands/serving.py",
    "services/assembly/common.py",
    "services/assembly/demo_clients.py",
    "services/assembly/consultation.py",
    "services/assembly/issuers.py",
    "services/assembly/rest_sources.py",
    "services/assembly/sealing.py",
    "services/command/call.py",
    "services/command/demo.py",
    "services/command/listen.py",
    "services/command/trigger.py",
    "services/consultation/delegations/agreements.py",
    "services/consultation/grounds/agreements.py",
    "services/consultation/units/agreements.py",
    "shared/http/answers.py",
    "shared/outbound.py",
    "shared/tokens/client.py",
}

# 0006. All that statistics may read. No person, no case, no handler, no words.
STATISTICS_COLUMNS = {
    "type",
    "state",
    "turn",
    "asker_name",
    "asker_kind",
    "municipality_code",
    "county_code",
    "opened_at",
    "due_at",
    "target_seconds",
    "answered_at",
    "total_seconds",
    "answering_seconds",
    "asking_seconds",
    "pulse_rating",
}

# 0007. Everything that is kept of a look-up. A new column is a new decision.
LOOKUP_COLUMNS = {
    "org",
    "id",
    "asked_at",
    "answered_at",
    "client_id",
    "handler",
    "case_reference",
    "person_mark",
    "person_sealed",
    "purpose",
    "purpose_text",
    "legal_text",
    "period",
    "decision_id",
    "decision_version",
    "sources",
    "outcomes",
    "complete",
    "protected_identity",
    "af_items",
}
# The one table that holds what the sources said beyond the answer that is told, and it is sealed.
KEPT_COLUMNS = {"org", "lookup_id", "sealed", "expires_at"}
ATTEMPT_COLUMNS = {
    *("org", "lookup_id", "number", "asked_at", "answered_at", "client_id", "handler", "purpose_text", "legal_text"),
    *("decision_id", "decision_version", "sources", "outcomes"),
}


def test_0003_no_object_relational_mapper_is_imported() -> None:
    assert importers("sqlalchemy"), "the search must be broken"
    assert importers("sqlalchemy.orm", "sqlalchemy.ext.asyncio.session") == set()


def test_0004_each_http_client_is_imported_only_where_it_was_chosen() -> None:
    assert importers("pyreqwest") == PYREQWEST
    assert importers("httpx") == HTTPX


def test_0005_the_server_runs_on_httptools_and_believes_no_proxy() -> None:
    config = configuration(Served("test", _nothing, "127.0.0.1", 1))
    assert getattr(config.http, "func", None) is Connection
    assert issubclass(Connection, HttpToolsProtocol)
    assert config.ws == "none"
    assert config.proxy_headers is False
    assert config.server_header is False
    assert config.access_log is False


def test_0006_statistics_may_read_these_columns_and_no_others() -> None:
    granted: dict[str, set[str]] = defaultdict(set)
    for statement in statements():
        # What one migration grants, the next ones add to.
        if found := re.search(r"GRANT SELECT \((?P<columns>[^)]+)\)\s+ON (?P<table>\w+) TO \w*statistics", statement):
            granted[found["table"]] |= {column.strip() for column in found["columns"].split(",")}
    assert granted.pop("consultation") == STATISTICS_COLUMNS
    assert granted == {
        table: set(columns) for table, columns in STATISTICS_READS.items() if table.startswith("lead_time_")
    }
    assert "consultation_id" not in granted["lead_time_fact"]
    whole = [statement for statement in statements() if re.search(r"GRANT SELECT ON .* TO \w*statistics", statement)]
    assert not whole, "statistics gets columns, never a table"


def test_0007_a_look_up_keeps_these_columns_and_no_others() -> None:
    assert columns_of("lookup") == LOOKUP_COLUMNS
    assert columns_of("lookup_attempt") == ATTEMPT_COLUMNS
    assert columns_of("kept_lookup") == KEPT_COLUMNS
    altered = r"ALTER TABLE (lookup|lookup_attempt|kept_lookup)\s+ADD"
    later = [statement for statement in statements() if re.search(altered, statement)]
    assert not later


def test_0008_numbers_have_the_year_and_eight_characters_without_order() -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    numbers = [new_number(now) for _ in range(200)]
    assert all(re.fullmatch(r"S26-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert numbers != sorted(numbers)
    assert numbers != sorted(numbers, reverse=True)


def test_0013_marks_are_read_across_organisations_by_the_owners_function_alone() -> None:
    about = [statement for statement in statements() if re.search(r"\bON (TABLE )?protected_person\b", statement)]
    # Who erases removes what another policy lets it see.
    policies = [each for each in about if "CREATE POLICY" in each and "FOR DELETE" not in each]
    wide = [statement for statement in policies if "USING (true)" in statement]
    # Who erases, and who proves it, see those that have ended.
    ended = [statement for statement in policies if "USING (ended_at " in statement]
    assert len(policies) - len(ended) == 2
    assert len(wide) == 1
    assert "FOR SELECT TO consultation_owner USING" in wide[0]
    (function,) = [statement for statement in statements() if "CREATE FUNCTION is_protected" in statement]
    assert "RETURNS boolean" in function
    assert "SECURITY DEFINER" in function


def test_0015_connections_have_a_time_and_a_size() -> None:
    limits = Served("test", _nothing, "127.0.0.1", 1).limits
    assert (limits.head_seconds, limits.body_seconds, limits.unread_seconds) == (10, 60, 30)
    assert (limits.head_bytes, limits.connections) == (32 * 1024, 4000)
    assert configuration(Served("test", _nothing, "127.0.0.1", 1)).limit_concurrency is None


def columns_of(table: str) -> set[str]:
    """The columns of a table as it was created."""
    (created,) = [statement for statement in statements() if f"CREATE TABLE {table} " in statement]
    return set(re.findall(r"^\s+([a-z_]+) ", created, re.MULTILINE))


def importers(*modules: str) -> set[str]:
    """The files of the product that import one of the modules or something in it."""
    below = tuple(f"{module}." for module in modules)
    return {
        file for file, names in _imported().items() if any(name in modules or name.startswith(below) for name in names)
    }


@cache
def _imported() -> Mapping[str, set[str]]:
    """What each file of the product imports: every file is parsed once."""
    files = [file for folder in ("services", "shared") for file in sorted((ROOT / folder).rglob("*.py"))]
    return {str(file.relative_to(ROOT)): set(_imports(file)) for file in files}


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)


def statements() -> list[str]:
    """Every statement of every migration of the consultation service, as text."""
    found = []
    for file in sorted(FIRST_MIGRATION.parent.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"migration_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        groups = [value for value in vars(module).values() if isinstance(value, tuple)]
        found += [statement for group in groups for statement in group if isinstance(statement, str)]
    assert len(found) > 20, "the search must be broken"
    return found


async def _nothing(*_: object) -> None:
    """An application that is never called."""
