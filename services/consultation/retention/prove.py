"""The proof: what was due is gone, everywhere, and nothing else was taken. As the auditor, who can erase nothing.

Three looks. Is anything of any class past its time? Does any table still name a consultation, or a look-up, that is
gone? Tables are found in the catalogue of the database, so that a new one can't be forgotten. And is each that is gone
told of in the trail? It has left a fact behind, marked with the day: there are as many a day as the entries of that day
say, and the sealed chain vouches for those. What was marked for violence has no fact, and is not counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.consultation.retention.classes import DATA_CLASSES
from services.consultation.retention.counting import PastItsTime, moment_of, past_their_time
from services.consultation.retention.rules import Rules

OTHERS_LATE = timedelta(hours=2)
"""How far behind the other jobs that remove things may be: each has its turn within the hour."""

# A column that may be read, but of no row, looks as if nothing were left.
_NAMING = text(
    """
    SELECT c.relname AS name, a.attname AS key,
           has_column_privilege(c.oid, a.attnum, 'SELECT') AND (NOT c.relrowsecurity OR EXISTS (
               SELECT FROM pg_policy p
               WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                 AND to_regrole(current_user) = ANY (p.polroles) AND pg_get_expr(p.polqual, p.polrelid) = 'true'
           )) AS readable
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attname IN ('consultation_id', 'lookup_id') AND NOT a.attisdropped
      AND c.relkind IN ('r', 'p') AND n.nspname = current_schema()
    ORDER BY 1, 2
    """
)
_OF = {"consultation_id": "consultation", "lookup_id": "lookup"}
_BUT = {
    # What figures need has an id that leads nowhere.
    ("lead_time_fact", "consultation_id"): "t.erased_on IS NULL",
    # A sample tells of nothing that there is.
    ("webhook_delivery", "consultation_id"): "NOT t.sample",
    # In which look-up a source told of a mark: a mark in force outlives it.
    ("protected_person", "lookup_id"): None,
}
_UNTOLD = text(
    """
    WITH entry AS (
        SELECT e.entry::json -> 'detail' AS detail FROM audit_entry e
        WHERE e.event = 'retention.erased' AND e.org = 'operator' AND e.erased_at IS NULL
    ), told AS (
        SELECT (detail ->> 'day')::date AS day, sum((detail ->> 'figuresLoosened')::bigint) AS facts
        FROM entry GROUP BY 1
    ), left_behind AS (
        SELECT erased_on AS day, count(*) AS facts FROM lead_time_fact WHERE erased_on IS NOT NULL GROUP BY 1
    )
    SELECT coalesce(sum(abs(coalesce(t.facts, 0) - coalesce(l.facts, 0))), 0)::bigint
    FROM told t FULL JOIN left_behind l USING (day) WHERE day >= :since
    """
)
_UNSEALED = text(
    """
    SELECT count(*) FROM audit_entry e
    LEFT JOIN audit_chain c ON c.org = e.org AND c.entry_id = e.id
    LEFT JOIN audit_queue q ON q.org = e.org AND q.entry_id = e.id
    WHERE e.event = 'retention.erased' AND e.erased_at IS NULL
      AND sha256(convert_to(e.entry, 'UTF8')) IS DISTINCT FROM coalesce(c.entry_hash, q.entry_hash)
    """
)
_FILES = text("SELECT count(*) FROM file_to_erase WHERE noted_at < :before")
_LAST = text("SELECT max(at) FROM audit_entry WHERE event = 'retention.erased'")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be: of which class, what, and how many. It names nobody."""

    code: str
    what: str
    number: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found, and what was looked at. `held` is past its time and kept on purpose."""

    at: datetime
    edition: str
    findings: list[Finding]
    looked_at: list[PastItsTime]
    last_erased_at: datetime | None

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "holds": self.holds,
            "at": self.at.isoformat(),
            "edition": self.edition,
            "lastErasedAt": self.last_erased_at.isoformat() if self.last_erased_at else None,
            "findings": [{"class": each.code, "what": each.what, "number": each.number} for each in self.findings],
            "classes": [
                {"class": each.data.code, "before": each.before.isoformat(), "pastItsTime": each.due, "held": each.held}
                for each in self.looked_at
            ],
        }


async def prove(auditor_url: str, rules: Rules, now: datetime, *, trail_years: int) -> Proof:
    """Look for what should be gone, and for what is gone and should not be."""
    # An engine of its own: it reads whole tables, and takes its time.
    engine = create_async_engine(auditor_url, hide_parameters=True, isolation_level="REPEATABLE READ")
    try:
        async with engine.connect() as connection:
            moment = await moment_of(connection, now)
            looked_at = await past_their_time(connection, rules, moment, trail_years, OTHERS_LATE)
            findings = [
                *(Finding(each.data.code, "past its time", each.due) for each in looked_at if each.due),
                *await _leftovers(connection),
                *await _untold(connection, moment, trail_years),
            ]
            last = (await connection.execute(_LAST)).scalar_one()
    finally:
        await engine.dispose()
    return Proof(moment, rules.edition.isoformat(), findings, looked_at, last)


async def _leftovers(connection: AsyncConnection) -> list[Finding]:
    """Rows that name what is gone."""
    found = []
    for table in (await connection.execute(_NAMING)).all():
        condition = _BUT.get((table.name, table.key), "true")
        if condition is None:
            continue
        code, of = _class_of(table.name), _OF[table.key]
        if not table.readable:
            found.append(Finding(code, f"{table.name} can't be looked at", 1))
            continue
        statement = text(
            f"""
            SELECT count(*) FROM {table.name} t
            WHERE t.{table.key} IS NOT NULL AND {condition}
              AND NOT EXISTS (SELECT FROM {of} o WHERE o.id = t.{table.key})
            """
        )
        if number := (await connection.execute(statement)).scalar_one():
            found.append(Finding(code, f"{table.name} names a {of} that is gone", number))
    return found


async def _untold(connection: AsyncConnection, moment: datetime, trail_years: int) -> list[Finding]:
    """What the trail and the figures don't agree on, for as long back as the trail keeps its texts."""
    since = (moment - timedelta(days=365 * trail_years - 2)).date()
    counted: tuple[tuple[str, TextClause, dict[str, Any]], ...] = (
        ("erased otherwise than the trail tells", _UNTOLD, {"since": since}),
        ("told by an entry that the chain does not vouch for", _UNSEALED, {}),
    )
    found = [
        Finding("consultation", what, number)
        for what, statement, values in counted
        if (number := (await connection.execute(statement, values)).scalar_one())
    ]
    waiting = (await connection.execute(_FILES, {"before": moment - OTHERS_LATE})).scalar_one()
    return [*found, Finding("machinery", "files whose records are gone", waiting)] if waiting else found


def _class_of(table: str) -> str:
    return next((code for code, data in DATA_CLASSES.items() if table in data.tables), "no class")
