"""The individual's right to know: everything the trail says of a person, in words, as JSON or CSV.

Tells organisation, system, purpose, legal ground, time and what was shown. Handlers are named only when asked for: a
person has a right to know who has had the data in the sense of which organisation and why; the identity of its staff
only when needed to make that right effective (C-579/21 Pankki S, on article 15 of the GDPR).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.audit.told import Column, Told, as_csv, as_json
from shared.problems import Words

LANGUAGES = {"sv": ("sv",), "en": ("en",), "both": ("sv", "en")}
_NOTICE = Words(
    "Allt som finns kvar i loggen om personen. Äldre texter gallras; då framgår inte längre vem de rörde.",
    "All that the trail still holds of the person. Older texts are erased and then no longer tell whom they concern.",
)


def rendered(
    told: Sequence[Told],
    *,
    purposes: Mapping[str, Words],
    made_at: datetime,
    form: str,
    language: str,
    with_handlers: bool,
) -> str:
    """The extract. `purposes` are the words for codes of purposes."""
    languages = LANGUAGES[language]
    shown = told if with_handlers else [replace(each, handler=None) for each in told]
    columns = _columns(purposes, with_handlers)
    if form == "csv":
        return as_csv(shown, columns, languages)
    notice = {each: _NOTICE.in_language(each) for each in languages}
    head: dict[str, Any] = {"madeAt": made_at.isoformat().replace("+00:00", "Z"), "number": len(told), "notice": notice}
    return as_json(head, "events", shown, columns, languages)


def _columns(purposes: Mapping[str, Words], with_handlers: bool) -> list[Column]:
    def purpose(told: Told, language: str) -> str | None:
        known = purposes.get(told.purpose or "")
        return known.in_language(language) if known else told.purpose

    columns = [
        Column("time", Words("Tid i Sverige", "Time in Sweden"), lambda told, _: told.local),
        Column("timeUtc", Words("Tid i UTC", "Time in UTC"), lambda told, _: told.utc),
        Column("event", Words("Händelse", "Event"), lambda told, language: told.words.in_language(language), True),
        Column(
            "outcome", Words("Utfall", "Outcome"), lambda told, language: told.outcome_words.in_language(language), True
        ),
        Column("organisation", Words("Organisation", "Organisation"), lambda told, language: told.named(language)),
        Column("organisationNumber", Words("Organisationsnummer", "Organisation number"), lambda told, _: told.number),
        Column(
            "actingOrganisation", Words("Leverantör som agerade", "Supplier that acted"), lambda told, _: told.acting
        ),
        Column("system", Words("System", "System"), lambda told, _: told.client),
        Column("purpose", Words("Ändamål", "Purpose"), purpose, True),
        Column("legalGrounds", Words("Rättsligt stöd", "Legal grounds"), lambda told, _: list(told.grounds)),
        Column("caseReference", Words("Ärende", "Case"), lambda told, _: told.case_reference),
        Column("shown", Words("Vad som visades", "What was shown"), lambda told, _: told.fields),
        Column("reason", Words("Skäl till nekande", "Reason for refusal"), lambda told, _: told.reason),
        Column("eventId", Words("Loggpost", "Entry"), lambda told, _: told.id),
    ]
    if with_handlers:
        columns.insert(-1, Column("handler", Words("Handläggare", "Handler"), lambda told, _: told.handler))
    return columns
