"""A question of the contract, read into a look-up's question.

Its form has been checked: what is read here is there, once, and well-formed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.consultation.lookups.domain import LookupQuestion
from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.purposes import PURPOSES, chosen_periods, chosen_sources
from services.consultation.lookups.references import checked_reference
from services.consultation.lookups.sources.domain import Period, SourceCode
from services.consultation.lookups.sources.ssbtek.readers.inner import decoded
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children
from services.consultation.persons.domain import NotAPersonNumber, PersonNumber
from services.consultation.problems import ANOTHER_PERSON_IN_PART, HANDLER_INVALID, PURPOSE_UNCLEAR
from services.consultation.tenants.domain import Asker, Processor
from services.consultation.wire import read_person
from shared.http.bodies import read_json
from shared.identity import passes_for_identity
from shared.problems import Problem

_LONGEST_HANDLER = 100
_TRUE = ("true", "1")


@dataclass(frozen=True, slots=True)
class ContractQuestion:
    """What the caller wrote. `periods` has the sources that are asked, in the order of the contract.

    `asked_at` and `correlation_id` are as written, to be repeated; `echoed` tells whether all of it is to be.
    """

    asker: Asker
    handler: str
    person: PersonNumber
    case_reference: str
    period: Period
    periods: Mapping[SourceCode, Period]
    purpose_text: str
    legal_text: str
    asked_at: str | None
    correlation_id: str | None
    echoed: bool

    def as_sources_echo_it(self, source: SourceCode) -> Asked:
        """The question as one source repeats it."""
        return Asked(
            person=self.person,
            asker=self.asker,
            handler=self.handler,
            case_reference=self.case_reference,
            period=self.periods[source],
            purpose_text=self.purpose_text,
            legal_text=self.legal_text,
        )


def read_contract_question(operation: Element) -> ContractQuestion:
    """Read the operation. Raises Problem when a value cannot be used, naming it without repeating it."""
    general, specific = (children(part) for part in operation)
    person = read_person(_text(general, "personidentitet"))
    period = _period(general["tidsperiod"][0])
    asker = children(general["ingivare"][0])
    return ContractQuestion(
        asker=Asker(
            organisation_number=_text(asker, "organisationsnummer"),
            name=_text(asker, "namn"),
            # Ours is in the tenant's profile; what the caller states of its own is not forwarded.
            actor_id="",
            processors=tuple(map(_processor, general.get("personuppgiftsbitrade", ()))),
        ),
        handler=_handler(_text(asker, "handlaggare")),
        person=person,
        case_reference=checked_reference(_text(general, "arendeidentitet")),
        period=period,
        periods={
            code: _own_period(code, specific[code][0], period, person)
            for code in SourceCode
            if (specific[code][0].get("inkludera") or "").strip() in _TRUE
        },
        purpose_text=_text(general, "syfte"),
        legal_text=_text(general, "lagtext"),
        asked_at=_text(general, "frageTidpunkt") or None,
        correlation_id=_text(general, "korrelationsid") if "korrelationsid" in general else None,
        echoed=_text(general, "fraganSkallInkluderasISvaret") in _TRUE,
    )


def as_lookup(question: ContractQuestion, purpose_code: str, today: date) -> LookupQuestion:
    """The question as every look-up is asked. Raises Problem when a source or a period lies outside the purpose."""
    purpose = PURPOSES[purpose_code]
    sources = chosen_sources(purpose, tuple(question.periods))
    own = {source: period for source, period in question.periods.items() if period != question.period}
    general, periods = chosen_periods(purpose, sources, question.period, own, today)
    return LookupQuestion(
        person=question.person,
        case_reference=question.case_reference,
        purpose=purpose.code,
        period=general,
        periods=periods,
    )


def purpose_of(stated: str, texts: Mapping[str, str], default: str | None) -> str:
    """The purpose whose registered text is the stated one, whatever its case and blanks; else the default.

    `texts` are the organisation's texts in force, by purpose. Raises Problem when nothing tells.
    """
    found = [purpose for purpose, text in texts.items() if _plain(text) == _plain(stated)]
    if len(found) == 1:
        return found[0]
    if default is None or (found and default not in found):
        raise Problem(PURPOSE_UNCLEAR)
    return default


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _text(found: Mapping[str, list[Element]], name: str) -> str:
    return (found[name][0].text or "").strip() if name in found else ""


def _handler(stated: str) -> str:
    if not stated or len(stated) > _LONGEST_HANDLER or not stated.isprintable() or passes_for_identity(stated):
        raise Problem(HANDLER_INVALID)
    return stated


def _processor(element: Element) -> Processor:
    found = children(element)
    return Processor(_text(found, "organisationsnummer"), _text(found, "namn"))


def _period(element: Element) -> Period:
    found = children(element)
    return Period(_day(_text(found, "fromDatum")), _day(_text(found, "tomDatum")))


def _day(text: str) -> date:
    # An offset is let go, never counted with: it is the day that was written.
    return date.fromisoformat(text[:10])


def _own_period(code: SourceCode, part: Element, general: Period, person: PersonNumber) -> Period:
    found = children(part)
    if "tidsperiod" in found:
        return _period(found["tidsperiod"][0])
    if code is SourceCode.FK and "fraga" in found:
        return _lefi_period(_text(children(found["fraga"][0]), "lefiJsonFraga"), person) or general
    return general


def _lefi_period(written: str, person: PersonNumber) -> Period | None:
    """The period of the caller's own question to FK, of which nothing else is used; None when it has none to read.

    Raises Problem when it is about somebody else.
    """
    question = _lefi_question(written)
    if not _same_person(question.get("personnummer"), person):
        raise Problem(ANOTHER_PERSON_IN_PART)
    period: Any = question.get("period")
    try:
        return Period(date.fromisoformat(period["from"]), date.fromisoformat(period["tom"]))
    except (TypeError, KeyError, ValueError):
        return None


def _lefi_question(written: str) -> dict[str, Any]:
    try:
        question = read_json(decoded(written))
    except (DocumentError, Problem):
        return {}
    return question if isinstance(question, dict) else {}


def _same_person(stated: object, person: PersonNumber) -> bool:
    """Whether the number, of ten or twelve digits, is the person's; what is no number tells nothing."""
    if not isinstance(stated, str):
        return True
    digits = "".join(stated.split()).replace("-", "").replace("+", "")
    if len(digits) == 12:
        try:
            return PersonNumber.parse(digits) == person
        except NotAPersonNumber:
            return False
    return person.reveal().endswith(digits)
