"""A simulated year, multiplied: every consultation with what belongs to it, until there are as many as asked for.

The year is carried out by the use cases, small, and copied by INSERT ... SELECT, so that every copy is a consultation
that could have been: its own ids, number, case and handler, another person, and times a little later. Triggers and
foreign keys don't run for copies; indexes are dropped, and made again by their own definitions.
"""

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import asyncpg

from services.assembly.simulated_year import make_year, play
from services.consultation.consultations.messages import seal_message
from services.consultation.leadtimes.rebuild import rebuild
from services.consultation.persons.domain import PersonNumber
from services.consultation.persons.vault import mark_person, seal_person
from services.consultation.simulation.persons import invented_person
from shared.vault import Vault

SEED = 7
YEAR = 1000
"""Consultations in the year that is multiplied. More take longer to carry out, and are not more varied by much."""

_PERSONS_PER_CONSULTATION = 0.3
_PROTECTED_EVERY = 2000
_HANDLERS_FOR_ONE = 25
_SECONDS_BETWEEN_COPIES = 1.3
_INTERVENTIONS = 10
_READ = 4000
_FEW_DAYS = "20 days"
_TEXT = "Påhittad fråga, så lång som frågor brukar vara. " * 6
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

# What belongs to a consultation, with the column that names it. Not among them: what is gone within days (the outbox,
# counted persons) and the trail, which no measured request reads.
_OWN_ID = {
    "consultation": "id",
    "consultation_event": "consultation_id",
    "consultation_message": "consultation_id",
    "asked_set": "consultation_id",
    "disclosure": "consultation_id",
    "meeting": "consultation_id",
    "call_back": "consultation_id",
    "timer": "consultation_id",
    "lead_time_fact": "consultation_id",
}
_COPY = "ordinal * {year} + t.place"
_COPIED_ID = "CAST(md5(CAST(t.{column} AS text) || ordinal) AS uuid)"
_LATER = f"t.{{column}} + ordinal * interval '{_SECONDS_BETWEEN_COPIES} seconds'"
# An odd multiplier reaches every code of forty bits once.
_CODE = "((({copy}) * 387420489371) % 1099511627776)"
_LETTER = f"substr('{_ALPHABET}', 1 + CAST(({_CODE} >> {{bits}}) & 31 AS int), 1)"
_OPENED_ALONE = ("consultation", "consultation_event", "consultation_message")
"""What a consultation has when nobody has touched it."""

_INDEXES = """
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid = ANY($1::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text AS of_table, quote_ident(conname) AS name, contype = 'f' AS refers,
           pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[]))
"""
_REFERRED = """
    SELECT DISTINCT conindid::regclass::text AS name, pg_get_indexdef(conindid) AS definition FROM pg_constraint
    WHERE contype = 'f' AND confrelid = ANY($1::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = pg_constraint.conindid AND c.contype IN ('p', 'u'))
"""


@dataclass(frozen=True, slots=True)
class Known:
    """Some of what is there, to ask for: ids that can be read, the longest histories, numbers, cases, and so on.

    `open_places` are instants and ids along the queue, as its cursors have them.
    """

    ids: tuple[uuid.UUID, ...]
    long_ids: tuple[uuid.UUID, ...]
    numbers: tuple[str, ...]
    persons: tuple[str, ...]
    frequent_persons: tuple[str, ...]
    handlers: tuple[str, ...]
    units: tuple[str, ...]
    open_places: tuple[tuple[datetime, uuid.UUID], ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """How many there are, how long it took to make them, and what the database takes on disk."""

    consultations: int
    open: int
    seconds: float
    gigabytes: float
    known: Known


async def play_year(worker_url: str, today: date) -> None:
    """The year through the use cases, in the database of the environment's settings, with its figures."""
    await play(make_year(SEED, YEAR, today - timedelta(days=1)), lambda _: None)
    await rebuild(worker_url, datetime.now(UTC))


async def multiply(connection: asyncpg.Connection, vault: Vault, size: int) -> int:
    """Copy the year until there are `size` consultations; answers how many there are. As the superuser."""
    await connection.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'")
    year = await _place_templates(connection)
    copies = max(size // year - 1, 0)
    await _add_persons(connection, vault, int(size * _PERSONS_PER_CONSULTATION))
    definitions = await drop_indexes(connection)
    await connection.execute("SET session_replication_role = replica")
    for table in _OWN_ID:
        await _copy(connection, table, year, 1, copies)
    await connection.execute("SET session_replication_role = DEFAULT")
    await _multiply_figures(connection, copies + 1)
    await _count_queue(connection)
    await _intervene(connection)
    for definition in definitions:
        await connection.execute(definition, timeout=900)
    # Clocks have been told of: what is late has been so for long, and nobody waits for a worker to say it.
    await connection.execute("UPDATE timer SET told_about = about, run_at = NULL WHERE run_at < now()", timeout=900)
    await connection.execute("VACUUM ANALYZE", timeout=900)
    return year * (copies + 1)


async def deepen(connection: asyncpg.Connection, waiting: int) -> None:
    """Put `waiting` consultations more in the queue, that nobody has touched, opened one after the other lately."""
    year = int(await connection.fetchval("SELECT count(*) FROM bench.template"))
    copied = int(await connection.fetchval("SELECT count(*) FROM consultation")) // year
    definitions = await drop_indexes(connection, _OPENED_ALONE)
    await connection.execute("SET session_replication_role = replica")
    for table in _OPENED_ALONE:
        await _copy(connection, table, year, copied + 1, waiting // year, opened=True)
    await connection.execute("SET session_replication_role = DEFAULT")
    await _count_queue(connection)
    for definition in definitions:
        await connection.execute(definition, timeout=900)
    await connection.execute(f"VACUUM ANALYZE {', '.join(_OPENED_ALONE)}", timeout=900)


async def _place_templates(connection: asyncpg.Connection) -> int:
    """The consultations of the year, numbered from 1; answers how many."""
    await connection.execute("CREATE SCHEMA bench")
    await connection.execute(
        """
        CREATE UNLOGGED TABLE bench.template AS
        SELECT org, id, row_number() OVER (ORDER BY id) AS place FROM consultation
        """
    )
    await _force(connection, "bench.template")
    return int(await connection.fetchval("SELECT count(*) FROM bench.template"))


async def _add_persons(connection: asyncpg.Connection, vault: Vault, number: int) -> None:
    """Invented persons, sealed and marked with the instance's keys; a few of them with protected identity."""
    await connection.execute("CREATE UNLOGGED TABLE bench.person (place bigint, mark bytea, sealed bytea, hidden bool)")
    rows = (
        (place, mark_person(vault, person), seal_person(vault, person), place % _PROTECTED_EVERY == 0)
        for place, person in _persons(number)
    )
    await connection.copy_records_to_table("person", schema_name="bench", records=rows)
    await _force(connection, "bench.person")
    await connection.execute(
        """
        INSERT INTO protected_person (org, id, person_mark, origin, source, marked_at, client_id, marked_by)
        SELECT (SELECT org FROM bench.template ORDER BY place LIMIT 1), gen_random_uuid(), mark, 'hand', '', now(),
               'bench', 'hl-1'
        FROM bench.person WHERE hidden
        """
    )


async def _force(connection: asyncpg.Connection, table: str) -> None:
    """No service is ready beside a table without row-level security. It does not hold for us, who are superuser."""
    await connection.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    await connection.execute(f"ANALYZE {table}")


def _persons(number: int) -> Iterable[tuple[int, PersonNumber]]:
    # Past those of the year itself.
    return ((place, invented_person(10 * YEAR + place)) for place in range(number))


async def drop_indexes(connection: asyncpg.Connection, tables: Iterable[str] = tuple(_OWN_ID)) -> list[str]:
    """Drop indexes and constraints of the tables; answers the statements that make them again, in order."""
    named = list(tables)
    constraints = await connection.fetch(_CONSTRAINTS, named)
    indexes = {
        row["name"]: row["definition"]
        for query in (_INDEXES, _REFERRED)
        for row in await connection.fetch(query, named)
    }
    keys = [row for row in constraints if not row["refers"]]
    references = [row for row in constraints if row["refers"]]
    for row in (*references, *keys):
        await connection.execute(f"ALTER TABLE {row['of_table']} DROP CONSTRAINT {row['name']}")
    for name in indexes:
        await connection.execute(f"DROP INDEX {name}")
    adding = "ALTER TABLE {of_table} ADD CONSTRAINT {name} {definition}"
    return [
        *(adding.format(**row) for row in keys),
        *indexes.values(),
        # Copies refer to copies: looking each of them up once more would take minutes.
        *(adding.format(**row) + " NOT VALID" for row in references),
    ]


async def _copy(
    connection: asyncpg.Connection, table: str, year: int, first: int, copies: int, *, opened: bool = False
) -> None:
    """Copies number `first` and on of what the year has in the table; `opened` as they were when they were opened."""
    columns = await connection.fetch(
        """
        SELECT attname AS name, atttypid::regtype::text AS type, attnotnull AS needed FROM pg_attribute
        WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """,
        table,
    )
    copy = _COPY.format(year=year)
    own = _as_opened(table, columns, copy) if opened else {}
    values = {row["name"]: own.get(row["name"]) or _copied(table, row["name"], row["type"], copy) for row in columns}
    await connection.execute(
        f"""
        INSERT INTO {table} ({", ".join(values)})
        SELECT {", ".join(values.values())}
        FROM generate_series($1::bigint, $2::bigint) AS ordinal
        CROSS JOIN (
            SELECT original.*, b.place FROM {table} original
            JOIN bench.template b ON b.org = original.org AND b.id = original.{_OWN_ID[table]}
            {"WHERE sequence = 1" if opened and table != "consultation" else ""}
        ) AS t
        {_with_person(table, copy)}
        """,
        first,
        first + copies - 1,
        timeout=1800,
    )


def _with_person(table: str, copy: str) -> str:
    """Most persons are asked about a time or two, and some often."""
    if table != "consultation":
        return ""
    drawn = f"(hashint8({copy}) & 2147483647) / 2147483648.0"
    number = "(SELECT count(*) FROM bench.person)"
    return f"JOIN bench.person p ON p.place = CAST(floor({number} * power({drawn}, 1.3)) AS bigint)"


def _copied(table: str, column: str, kind: str, copy: str) -> str:
    """The value of a column of a copy."""
    written: Mapping[str, str] = {
        "number": "left(t.number, 4) || " + _code(copy),
        "case_reference": "t.case_reference || '-' || ordinal",
        "person_mark": "p.mark",
        "person_sealed": "p.sealed",
        "hidden": "t.turn <> 'nobody' AND p.hidden",
        "assigned_to": f"t.assigned_to || '-' || ordinal % {_HANDLERS_FOR_ONE}",
    }
    if table == "consultation" and column in written:
        return written[column]
    if kind == "uuid" and column != "decision_id":
        return _COPIED_ID.format(column=column)
    return _LATER.format(column=column) if kind == "timestamp with time zone" else f"t.{column}"


def _code(copy: str) -> str:
    letters = [_LETTER.format(copy=copy, bits=bits) for bits in range(35, -1, -5)]
    return " || ".join([*letters[:4], "'-'", *letters[4:]])


def _as_opened(table: str, columns: Iterable[Mapping[str, str]], copy: str) -> dict[str, str]:
    """The columns that are otherwise when it has only been opened."""
    since = f"now() - (hashint8({copy}) & 2147483647) / 2147483648.0 * interval '{_FEW_DAYS}'"
    if table != "consultation":
        return {"at": since, "happened_at": "NULL"} if table == "consultation_event" else {}
    kept = ("municipality_code", "county_code", "question_category", "matter")
    nothing = {row["name"]: "NULL" for row in columns if not row["needed"] and row["name"] not in kept}
    return nothing | {
        "state": "'received'",
        "turn": "'answering_authority'",
        "version": "1",
        "round": "1",
        "opened_at": since,
        "due_at": f"{since} + interval '5 days'",
        "hidden": "p.hidden",
        "queue": "CASE WHEN t.type IN ('employer_contact', 'joint_planning') THEN 'employer' ELSE t.queue END",
    }


async def _multiply_figures(connection: asyncpg.Connection, times: int) -> None:
    """Copies have the year's days and durations, so that its cells hold so many times as much."""
    await connection.execute(
        """
        UPDATE lead_time_cube SET number = number * $1, seconds = seconds * $1,
            counts = ARRAY(SELECT count * $1 FROM unnest(counts) WITH ORDINALITY AS each (count, place) ORDER BY place)
        """,
        times,
    )
    await connection.execute("UPDATE lead_time_tally SET number = number * $1, amount = amount * $1", times)


async def _intervene(connection: asyncpg.Connection) -> None:
    """What a year's work on lead times leaves: one a month, two of three for all units and the rest for the largest."""
    await connection.execute(
        f"""
        INSERT INTO lead_time_intervention (org, id, name, day, units, registered_at, client_id)
        SELECT (SELECT answering_org FROM lead_time_fact LIMIT 1), gen_random_uuid(), 'Insats ' || month,
               current_date - 30 * month,
               CASE WHEN month % 3 = 0
                    THEN ARRAY(SELECT unit FROM queue_count GROUP BY 1 ORDER BY sum(number) DESC LIMIT 1)
                    ELSE '{{}}' END, now(), 'bench'
        FROM generate_series(1, {_INTERVENTIONS}) AS month
        """
    )


async def _count_queue(connection: asyncpg.Connection) -> None:
    """The counters of the queue, as the triggers and the worker would have left them."""
    await connection.execute("DELETE FROM queue_change")
    await connection.execute("DELETE FROM queue_count")
    await connection.execute(
        """
        INSERT INTO queue_count (org, unit, queue, type, due_day, waiting, free, restricted, number)
        SELECT answering_org, unit, queue, type, CAST(due_at AT TIME ZONE 'Europe/Stockholm' AS date),
               turn IN ('municipality', 'person', 'meeting'), assigned_to IS NULL, coalesce(restricted, ''), count(*)
        FROM consultation WHERE turn <> 'nobody' AND NOT hidden GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        """
    )


# --- what is there ---------------------------------------------------------------------------------------------------

_LONG = """
    SELECT consultation_id FROM consultation_event WHERE consultation_id = ANY($1) GROUP BY 1
    ORDER BY count(*) DESC LIMIT 200
"""


async def know(connection: asyncpg.Connection, vault: Vault) -> Known:
    """Choose what is to be asked for, and seal anew what it holds, so that it opens where it has been copied to."""
    share = 100 * 5 * _READ / max(int(await connection.fetchval("SELECT count(*) FROM consultation")), 5 * _READ)
    # What is open may be claimed or hidden meanwhile, what has ended stays.
    rows = await connection.fetch(
        f"""
        SELECT c.id, c.number, c.assigned_to FROM consultation c TABLESAMPLE SYSTEM ({share}) REPEATABLE (1)
        JOIN bench.person p ON p.mark = c.person_mark
        WHERE NOT p.hidden AND c.restricted IS NULL AND c.turn = 'nobody' ORDER BY random() LIMIT {_READ}
        """
    )
    ids = [row["id"] for row in rows]
    await _seal_anew(connection, vault, ids)
    number = int(await connection.fetchval("SELECT count(*) FROM bench.person"))
    drawn = random.Random(SEED)  # noqa: S311 - which are asked for
    places = await connection.fetch(
        "SELECT due_at, id FROM consultation TABLESAMPLE SYSTEM (5) REPEATABLE (1) WHERE turn <> 'nobody' LIMIT 500"
    )
    units = await connection.fetch("SELECT DISTINCT unit FROM queue_count")
    return Known(
        ids=tuple(ids),
        long_ids=tuple(row["consultation_id"] for row in await connection.fetch(_LONG, ids)),
        numbers=tuple(row["number"] for row in rows),
        persons=tuple(_shown(drawn.randrange(number // 2, number)) for _ in range(1000)),
        frequent_persons=tuple(_shown(place) for place in range(1, 50)),
        handlers=tuple({row["assigned_to"] for row in rows if row["assigned_to"]}),
        units=tuple(row["unit"] for row in units),
        open_places=tuple((row["due_at"], row["id"]) for row in places),
    )


def _shown(place: int) -> str:
    return invented_person(10 * YEAR + place).reveal()


async def _seal_anew(connection: asyncpg.Connection, vault: Vault, ids: list[uuid.UUID]) -> None:
    """What people write is bound to its place, so that a copy of it does not open."""
    written = await connection.fetch(
        "SELECT org, consultation_id, sequence FROM consultation_message WHERE consultation_id = ANY($1)", ids
    )
    await connection.executemany(
        "UPDATE consultation_message SET sealed = $4 WHERE org = $1 AND consultation_id = $2 AND sequence = $3",
        [
            (row["org"], row["consultation_id"], row["sequence"], seal_message(vault, row[1], row[2], _TEXT))
            for row in written
        ],
    )
    await connection.execute("UPDATE consultation SET details_sealed = NULL WHERE id = ANY($1)", ids)
