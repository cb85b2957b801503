"""CSN's payments: one row for each amount, since a grant and a loan in one payment are two things.

CSN tells amounts, and neither tax, deductions nor net: what it tells stands as `gross`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.consultation.lookups.payments.domain import Kind, Payment, Status
from services.consultation.lookups.payments.values import Json, coded_of, money_of, numbered
from services.consultation.lookups.sources.domain import SourceCode

_GRANTS = ("GRUNDB", "GRUNDF", "TILB", "EXTRA", "INACK", "STUDB", "LÄRERS", "STÖDB", "STÖDT", "OSSBID")
_LOANS = ("GRUNDL", "GRUNFL", "MERKL", "TILL", "HUT", "OSSLÅN")
KINDS: Mapping[str | None, Kind] = {**dict.fromkeys(_GRANTS, Kind.GRANT), **dict.fromkeys(_LOANS, Kind.LOAN)}
"""CSN's amount types (contract v4.0). One that is not here is not guessed at."""

_STATUSES = {"utbetald": Status.PAID, "utbetalad": Status.PAID, "planerad": Status.PLANNED}


def csn_payments(data: Json) -> Iterator[Payment]:
    """The amounts of every payment; a payment, or a part of one, that tells none is a row with its total."""
    for place, case in numbered(data, "cases"):
        for origin, each in numbered(case, "payments", place):
            word = each.get("status")
            whole = Payment(
                source=SourceCode.CSN,
                origin=origin,
                kind=Kind.PAYMENT,
                benefit=coded_of(case, "form"),
                status=_STATUSES.get((word or "").lower()),
                status_code=word,
                date=each.get("date"),
                gross=money_of(each, "total"),
            )
            rows = list(_amounts(whole, each))
            yield from rows or [whole]


def _amounts(whole: Payment, payment: Json) -> Iterator[Payment]:
    for place, part in numbered(payment, "parts", whole.origin):
        about = replace(
            whole, origin=place, gross=money_of(part, "total"), first=part.get("fromWeek"), last=part.get("toWeek")
        )
        rows = [_amount(about, origin, each) for origin, each in numbered(part, "amounts", place)]
        yield from rows or [about]


def _amount(about: Payment, origin: str, row: Json) -> Payment:
    kind = coded_of(row, "type")
    return replace(
        about,
        origin=origin,
        kind=KINDS.get(kind.code if kind else None, Kind.UNCLASSIFIED),
        sub_benefit=kind,
        gross=money_of(row, "total"),
    )
