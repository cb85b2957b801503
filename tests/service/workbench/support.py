"""What the tests of the workbench share: one consultation's address, its answer, and every row of the database."""

from typing import Any

import httpx

from tests.attack.support import CONSULTATIONS, sql
from tests.exchange import Exchange
from tests.service.given_consultations import claimed

HANDLER, APPROVER = "hl-1", "hl-2"
"""As the clients state them. `claimed` claims for the first."""

ANSWER = {
    "text": "Se besluten.",
    "disclosures": [{"informationSet": "programme", "decision": "disclose", "content": "Garantin."}],
}


def asked(exchange: Exchange, name: str = "umea", **changes: Any) -> dict[str, Any]:
    """A request for one set, claimed by the handler; its version is 2."""
    details = {"type": "information_request", "informationSets": ["programme"]}
    return claimed(exchange, name, type="information_request", details=details, **changes)


def send(
    exchange: Exchange,
    name: str,
    method: str,
    receipt: dict[str, Any],
    path: str,
    body: Any = None,
    *,
    handler: str = HANDLER,
    version: int | None = None,
    key: str | None = None,
) -> httpx.Response:
    """One call about a consultation."""
    address = f"{CONSULTATIONS}/{receipt['consultationId']}/{path}".rstrip("/")
    return exchange.send(name, method, address, body, handler=handler, version=version, key=key)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]


def everything_stored(exchange: Exchange) -> str:
    """Every row of every table of consultation's, as text; ciphertext as hexadecimal."""
    tables = sql(
        exchange,
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    return "\n".join(
        str(row["row"])
        for table in tables
        for row in sql(exchange, f"SELECT to_jsonb(t)::text AS row FROM {table['name']} t")
    )


def trail_of(exchange: Exchange, name: str, receipt: dict[str, Any]) -> list[dict[str, Any]]:
    """What the organisation's trail tells of a consultation, newest first."""
    path = f"/consultation/v1/audit-entries?limit=100&objectId={receipt['consultationId']}"
    entries: list[dict[str, Any]] = exchange.send(name, "GET", path).json()["entries"]
    return entries
