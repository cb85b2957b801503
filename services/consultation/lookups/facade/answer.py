"""A look-up as the contract answers it: data or an error for each source, and nothing for what is not known."""

import logging
from collections.abc import Mapping
from copy import deepcopy

from lxml import etree

from services.consultation.lookups.domain import Lookup
from services.consultation.lookups.facade.faults import add
from services.consultation.lookups.facade.partial import contract_tells, partial_words
from services.consultation.lookups.facade.probe import Probed
from services.consultation.lookups.facade.question import ContractQuestion
from services.consultation.lookups.facade.writers.asked import NoPlaceInContract, Writer
from services.consultation.lookups.sources.domain import Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.xml import Element

Writers = Mapping[SourceCode, Writer]

PROTECTED = "SAMRAD-PROTECTED"
UNPARSEABLE = "SAMRAD-UNPARSEABLE"
NOT_WRITTEN = "SAMRAD-NOT-WRITTEN"
PARTIAL = "SAMRAD-PARTIAL"
NO_CODE = "SAMRAD-NO-CODE"

_PROTECTED_TEXT = (
    "Svaret hålls inne: personen har skyddade personuppgifter. Ring Arbetsförmedlingens myndighetslinje eller "
    "respektive myndighet."
)
_UNPARSEABLE_TEXT = "Källan svarade med något som inte kan läsas som ett svar om personen. Det är inte ett tomt svar."
_NOT_WRITTEN_TEXT = "Källan har svarat, men svaret kan inte skrivas i kontraktets form. Det är inte ett tomt svar."
_FAILED_TEXT = "Källan kunde inte nås eller svarade med ett fel. Det är inte ett tomt svar."

_WITH_DATA = frozenset(
    (SourceState.ANSWERED, SourceState.ANSWERED_EMPTY, SourceState.PARTIAL, SourceState.LOGICAL_ERROR)
)
_WITHOUT_ELEMENT = frozenset((SourceState.NOT_ASKED, SourceState.MISSING))
_log = logging.getLogger("facade")


def write_answer(
    lookup: Lookup, question: ContractQuestion, operation: Element, writers: Writers, version: ContractVersion
) -> Element:
    """The answer to `operation`, which is repeated when it asks to be."""
    answer = etree.Element(version.name(version.answer), nsmap={"ssbt": version.namespace})
    if question.echoed:
        answer.append(_echo(operation, version))
    if question.asked_at is not None:
        add(answer, "frageTidpunkt", question.asked_at, version)
    if question.correlation_id is not None:
        add(answer, "korrelationsid", question.correlation_id, version)
    sources = etree.SubElement(answer, version.name("svarsdata"))
    for each in lookup.answers:
        if lookup.withheld:
            # The same for every source that was asked, so that nothing tells which of them knows.
            content = (
                _error(Origin.SSBT, PROTECTED, (_PROTECTED_TEXT,), version) if each.source in question.periods else None
            )
        else:
            content = _content(each, question, writers, version)
        if content is not None:
            etree.SubElement(sources, version.name(each.source.value)).append(content)
    return answer


def write_probe_answer(probed: Mapping[SourceCode, Probed], version: ContractVersion) -> Element:
    """What is known of the sources, in the contract's order."""
    answer = etree.Element(version.name(version.probe_answer), nsmap={"ssbt": version.namespace})
    for source in (each for each in SourceCode if each in probed):
        told = etree.SubElement(answer, version.name(source.value))
        found = probed[source]
        add(told, "anropad", "true" if found.called else "false", version)
        if found.error is not None:
            told.append(_error(found.error.origin, found.error.code, found.error.messages, version))
    return answer


def _echo(operation: Element, version: ContractVersion) -> Element:
    echo = etree.Element(version.name("fraga"))
    echo.extend(deepcopy(part) for part in operation)
    return echo


def _content(
    answer: SourceAnswer, question: ContractQuestion, writers: Writers, version: ContractVersion
) -> Element | None:
    if answer.state in _WITHOUT_ELEMENT:
        return None
    if answer.state is SourceState.PARTIAL and not contract_tells(answer):
        return _error(Origin.SSBT, PARTIAL, partial_words(answer), version)
    if answer.state in _WITH_DATA:
        return _data(answer, question, writers, version)
    if answer.state is SourceState.UNPARSEABLE:
        return _error(Origin.SSBT, UNPARSEABLE, (_UNPARSEABLE_TEXT,), version)
    return _error(answer.origin, answer.code, answer.messages, version)


def _data(answer: SourceAnswer, question: ContractQuestion, writers: Writers, version: ContractVersion) -> Element:
    writer = writers.get(answer.source)
    try:
        if writer is not None:
            return writer(answer, question.as_sources_echo_it(answer.source))
    except NoPlaceInContract:
        pass
    except Exception:
        # Whatever a writer did not foresee, and logged: one source that cannot be written must not cost the others.
        _log.exception("an answer could not be written", extra={"source": answer.source.value})
    return _error(Origin.SSBT, NOT_WRITTEN, (_NOT_WRITTEN_TEXT,), version)


def _error(origin: Origin | None, code: str | None, messages: tuple[str, ...], version: ContractVersion) -> Element:
    error = etree.Element(version.name("error"))
    # The contract has two: what we report ourselves stands in the composite service's name, since we are in its place.
    add(error, "kalla", "BT" if origin is Origin.BT else "SSBT", version)
    add(error, "felkod", code or NO_CODE, version)
    for message in messages or (_FAILED_TEXT,):
        add(error, "felmeddelande", message, version)
    return error
