"""Searches in SQL. Each side of a consultation is a range of an index of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import IN_SIGHT, SUMMARY, Reader
from services.consultation.searches.domain import SearchBy

_TOLD = f"{IN_SIGHT} AND (CAST(:sees_protected AS boolean) OR NOT is_protected(person_mark))"
_OWN = "org = :org"
_ANSWERED = "answering_org = :org"
_NEWEST_FIRST = "opened_at DESC, id DESC"


def _found(condition: str, order: str = _NEWEST_FIRST) -> str:
    told = f"org, {SUMMARY}, is_protected(person_mark) AS protected"
    return f"SELECT {told} FROM consultation WHERE {condition} AND {_TOLD} ORDER BY {order} LIMIT :rows"


def _numbered(side: str) -> str:
    # The range is the index's, in whatever order the database has letters; what is told begins so.
    begins = "number >= :first AND number <= :last AND starts_with(number, :first)"
    return f"({_found(f'{side} AND {begins}', 'number, id')})"


_STATEMENTS = {
    (SearchBy.NUMBER, False): text(_numbered(_OWN)),
    (SearchBy.NUMBER, True): text(
        f"SELECT * FROM ({_numbered(_OWN)} UNION {_numbered(_ANSWERED)}) AS side ORDER BY number, id LIMIT :rows"
    ),
    (SearchBy.CASE, False): text(_found(f"{_OWN} AND case_reference = :case")),
    # A person is in few consultations: the sides are looked at among these.
    (SearchBy.PERSON, False): text(_found(f"person_mark = :mark AND {_OWN}")),
    (SearchBy.PERSON, True): text(_found(f"person_mark = :mark AND ({_OWN} OR {_ANSWERED})")),
    (SearchBy.HANDLER, True): text(_found(f"{_ANSWERED} AND assigned_to = :handler")),
}


async def search(
    connection: AsyncConnection,
    reader: Reader,
    by: SearchBy,
    values: Mapping[str, Any],
    *,
    answering: bool,
    sees_protected: bool,
    rows: int,
) -> Sequence[Row[Any]]:
    """What is found, newest first; by number in the order of numbers.

    `answering`: also among what is put to the organisation. A case is the asker's own, whoever asks; a handler is the
    answerer's, who alone may ask.
    """
    statement = _STATEMENTS[by, answering and by is not SearchBy.CASE]
    parameters = {**reader.values(), **values, "rows": rows, "sees_protected": sees_protected}
    return (await connection.execute(statement, parameters)).all()
