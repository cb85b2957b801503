"""Money and codes out of a reader's plain JSON."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from services.consultation.lookups.payments.domain import Coded, Money

Json = Mapping[str, Any]


def money_of(row: Json, key: str) -> Money | None:
    """The amount under the key, None when the source did not tell it."""
    found = row.get(key)
    return Money(Decimal(found["amount"]), found["currency"]) if found else None


def coded_of(row: Json, key: str) -> Coded | None:
    """The code under the key, None when the source did not tell it."""
    found = row.get(key)
    return Coded(found.get("code"), found.get("text")) if found else None


def numbered(row: Json, key: str, above: str = "") -> Iterator[tuple[str, Json]]:
    """The rows of the list under the key, each with the pointer to it."""
    for place, each in enumerate(row.get(key) or ()):
        yield f"{above}/{key}/{place}", each
