"""A spot check of what one handler has looked at: how much, about how many, when, and a sample that nobody chooses."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.audit.told import Column, Told, as_csv, as_json
from shared.problems import Words

Working = Callable[[datetime], bool]
"""Whether an instant is working time."""


def drawn(told: Sequence[Told], number: int | None, seed: str) -> list[Told]:
    """`number` of them in order of time, or all. The same seed draws the same, so that a check can be repeated."""
    if number is None or number >= len(told):
        return list(told)
    by_lot = sorted(told, key=lambda each: hashlib.sha256(f"{seed}\0{each.id}".encode()).digest())
    return sorted(by_lot[:number], key=lambda each: (each.at, each.id))


def rendered(
    told: Sequence[Told],
    *,
    handler: str,
    organisation: str,
    name: str | None,
    first: date | None,
    last: date | None,
    sample: int | None,
    purposes: Mapping[str, Words],
    working: Working,
    made_at: datetime,
    form: str,
) -> str:
    """The list, with the figures of all of it first. CSV has the list alone."""
    shown = drawn(told, sample, f"{organisation} {handler} {first} {last}")
    columns = _columns(purposes, working)
    if form == "csv":
        return as_csv(shown, columns, ("sv", "en"))
    head: dict[str, Any] = {
        "madeAt": made_at.isoformat().replace("+00:00", "Z"),
        "handler": handler,
        "organisationNumber": organisation,
        "organisation": name,
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "number": len(told),
        "persons": len({each.person for each in told if each.person}),
        "cases": len({each.case_reference for each in told if each.case_reference}),
        "refused": sum(each.outcome == "refused" for each in told),
        "outsideWorkingTime": sum(not working(each.at) for each in told),
        "shown": len(shown),
    }
    return as_json(head, "events", shown, columns, ("sv", "en"))


def _columns(purposes: Mapping[str, Words], working: Working) -> list[Column]:
    def purpose(told: Told, language: str) -> str | None:
        known = purposes.get(told.purpose or "")
        return known.in_language(language) if known else told.purpose

    return [
        Column("time", Words("Tid i Sverige", "Time in Sweden"), lambda told, _: told.local),
        Column(
            "outsideWorkingTime",
            Words("Utanför arbetstid", "Outside working time"),
            lambda told, _: not working(told.at),
        ),
        Column("event", Words("Händelse", "Event"), lambda told, language: told.words.in_language(language), True),
        Column(
            "outcome", Words("Utfall", "Outcome"), lambda told, language: told.outcome_words.in_language(language), True
        ),
        Column(
            "actingOrganisation", Words("Leverantör som agerade", "Supplier that acted"), lambda told, _: told.acting
        ),
        Column("purpose", Words("Ändamål", "Purpose"), purpose, True),
        Column("caseReference", Words("Ärende", "Case"), lambda told, _: told.case_reference),
        # Enough to see that two events are about the same person, and not who it is.
        Column("person", Words("Personmärke", "Mark of the person"), lambda told, _: told.person and told.person[:12]),
        Column("objectType", Words("Slag av post", "Kind of record"), lambda told, _: told.object_type),
        Column("objectId", Words("Post", "Record"), lambda told, _: told.object_id),
        Column("shown", Words("Vad som visades", "What was shown"), lambda told, _: told.fields),
        Column("reason", Words("Skäl till nekande", "Reason for refusal"), lambda told, _: told.reason),
        Column("eventId", Words("Loggpost", "Entry"), lambda told, _: told.id),
    ]
