"""The queue in SQL: each set of filters as ranges of an index, merged in order.

An index is read in order only when all of its columns before the order are given. What a filter leaves open is
therefore written out as *lanes*, one for each value: PostgreSQL merges them as it reads (Merge Append), so that a page
costs its own rows and one more for each lane, however long the queue is. The indexes are in migrations 0016 and
0021:

| filters | index | lanes |
|---|---|---|
| none of `unit`, `queue`, `type` | `queue_by_time` | waiting or not, held or not: four, with a `tab` two |
| `unit` | `queue_by_unit` | the same |
| `queue` or `type` | `queue_by_competence` | the same, for each of the one of the two that is open |
| `unit` with `queue` or `type` | `queue_by_unit_and_competence` | the same |
| `unit` with `turn` | `queue_by_turn` | held or not |
| `unit` with `sort` oldest | `queue_by_age` | held or not |
| `assigned` me | `queue_of_handler` | one; the rest is looked at row by row, within one's own |
| `escalated` | `queue_escalated` | one; the rest is looked at row by row, within what is escalated now |
| `awaiting_approval` | `queue_proposed` | one; the rest is looked at row by row, within what waits now |

Restricted ones are few and have an index of their own, `queue_restricted`, with a lane for each kind in sight.
"""

from functools import lru_cache
from itertools import product

from sqlalchemy import TextClause, text

from services.consultation.clocks.turns import Turn
from services.consultation.consultations.domain import ConsultationType, Queue
from services.consultation.consultations.repository import IN_SIGHT
from services.consultation.queue.domain import RUNNING_TURNS, WAITING_TURNS, Assigned, Filters, Sort, Tab

COLUMNS = """
    org, id, number, type, question_category, state, turn, version, assigned_to, case_reference, asker_name,
    municipality_code, opened_at, due_at, answered_at, unit, queue, escalated_at, proposed_by
"""
_OPEN = "answering_org = :org AND turn <> 'nobody' AND NOT hidden"
_NOT_PROTECTED = "NOT is_protected(person_mark)"
# Asked of the rows of a page alone, each by the index of what waits.
_MEETING_REQUESTED = """EXISTS (SELECT FROM meeting_request r
    WHERE r.org = page.org AND r.consultation_id = page.id AND r.outcome IS NULL)"""
_FREE = "(CASE WHEN assigned_to IS NULL THEN 1 ELSE 0 END)"
_STANDING = """(CASE WHEN turn IN ('municipality', 'person', 'meeting')
    THEN CASE WHEN assigned_to IS NULL THEN 3 ELSE 2 END
    ELSE CASE WHEN assigned_to IS NULL THEN 1 ELSE 0 END END)"""
_RUNNING, _WAITING = (0, 1), (2, 3)
_FREE_ONES = (1, 3)
_ORDERS = {Sort.DUE: "due_at", Sort.OLDEST: "opened_at"}
_TABS = {
    Tab.IN_TIME: "due_at >= :tomorrow",
    Tab.DUE_TODAY: "due_at >= :today AND due_at < :tomorrow",
    Tab.LATE: "due_at < :today",
}
_ASSIGNED = {Assigned.NOBODY: "assigned_to IS NULL", Assigned.ME: "assigned_to = :handler"}


@lru_cache(maxsize=512)
def page_statement(filters: Filters, sight: tuple[str, ...]) -> TextClause:
    """A page after a place. Parameters: org, unit, handler, today, tomorrow, at, after, rows, sight."""
    order = _ORDERS[filters.sort]
    place = f"({order}, id) > (CAST(:at AS timestamptz), CAST(:after AS uuid))"
    merged = _merged(filters, sight, COLUMNS, f"{_NOT_PROTECTED} AND {place}")
    return text(
        f"SELECT page.*, {_MEETING_REQUESTED} AS meeting_requested FROM ({merged}) AS page ORDER BY {order}, id"
    )


def first_ones(filters: Filters, sight: tuple[str, ...], columns: str) -> str:
    """Those that come first, for who looks at each of them once more: whether it may be told is not asked here.

    It would be asked of all of them, for the sake of one.
    """
    return _merged(filters, sight, columns, "true")


def _merged(filters: Filters, sight: tuple[str, ...], columns: str, condition: str) -> str:
    """What the filters let through, in their order."""
    order = _ORDERS[filters.sort]
    # Ordered in each lane too: a lane with conditions is planned by itself, and would not know what is wanted of it.
    told = f"{_OPEN} AND {condition}"
    lanes = " UNION ALL ".join(
        f"(SELECT {columns} FROM consultation WHERE {told} AND {lane} ORDER BY {order}, id LIMIT :rows)"
        for lane in _lanes(filters, sight)
    )
    return f"SELECT * FROM ({lanes}) AS lane ORDER BY {order}, id LIMIT :rows"


def _lanes(filters: Filters, sight: tuple[str, ...]) -> list[str]:
    """The condition of each lane."""
    if filters.assigned is Assigned.ME or filters.escalated or filters.awaiting_approval:
        return [_all(_row_by_row(filters), IN_SIGHT)]
    return [
        *(_all("restricted IS NULL", lane) for lane in _plain_lanes(filters)),
        *(_all(f"restricted = '{kind}'", _row_by_row(filters)) for kind in sight),
    ]


def _plain_lanes(filters: Filters) -> list[str]:
    unit = "" if filters.unit is None else "unit = :unit"
    turn = "" if filters.turn is None else _of("turn", filters.turn)
    competences = [_all(_of("queue", queue), _of("type", kind)) for queue, kind in _competences(filters)]
    if unit and not competences and (turn or filters.sort is Sort.OLDEST):
        free = (1,) if filters.assigned is Assigned.NOBODY else (1, 0)
        return [_all(unit, turn, f"{_FREE} = {each}") for each in free]
    return [
        _all(unit, competence, f"{_STANDING} = {standing}", turn, _due(filters))
        for competence, standing in product(competences or [""], _standings(filters))
    ]


def _standings(filters: Filters) -> list[int]:
    """The values of `_STANDING` that are looked at."""
    turns = set(filters.turns())
    return [
        *(each for each in _RUNNING if turns.intersection(RUNNING_TURNS) and _is_looked_at(filters, each)),
        *(each for each in _WAITING if turns.intersection(WAITING_TURNS) and _is_looked_at(filters, each)),
    ]


def _is_looked_at(filters: Filters, standing: int) -> bool:
    return filters.assigned is Assigned.ANYONE or standing in _FREE_ONES


def _competences(filters: Filters) -> list[tuple[Queue, ConsultationType]]:
    """Each queue and type that is looked at, when either is asked for."""
    if filters.queue is None and filters.type is None:
        return []
    queues = tuple(Queue) if filters.queue is None else (filters.queue,)
    return list(product(queues, tuple(ConsultationType) if filters.type is None else (filters.type,)))


def _row_by_row(filters: Filters) -> str:
    """The filters as conditions on each row, for the few among which no index chooses."""
    return _all(
        "" if filters.unit is None else "unit = :unit",
        "" if filters.queue is None else _of("queue", filters.queue),
        "" if filters.type is None else _of("type", filters.type),
        f"turn IN ({', '.join(_quoted(turn) for turn in filters.turns())})" if filters.turn or filters.tab else "",
        "escalated_at IS NOT NULL" if filters.escalated else "",
        "proposed_by IS NOT NULL" if filters.awaiting_approval else "",
        _ASSIGNED.get(filters.assigned, ""),
        _due(filters),
    )


def _due(filters: Filters) -> str:
    return "" if filters.tab is None else _TABS.get(filters.tab, "")


def _all(*conditions: str) -> str:
    return " AND ".join(condition for condition in conditions if condition) or "true"


def _of(column: str, code: Queue | ConsultationType | Turn) -> str:
    return f"{column} = {_quoted(code)}"


def _quoted(code: Queue | ConsultationType | Turn) -> str:
    # Codes of our own. Written out and not handed over, so that they choose the index whatever the plan is kept for.
    return f"'{code.value}'"
