"""Skatteverket: back to a string with the XML document that is seen in practice."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from services.consultation.lookups.facade.writers.asked import Asked, NoPlaceInContract
from services.consultation.lookups.facade.writers.building import Building
from services.consultation.lookups.sources.domain import SourceAnswer, SourceState
from services.consultation.lookups.sources.ssbtek.xml import Element

_NAMESPACE = "http://xmls.skatteverket.se/se/skatteverket/zg/instans/standardiseradInformation/1.0"
_ROOT = "SvarBeskattningsuppgifterEnligtSFS2008-975"
_NAMES = {"given": "Fornamn", "middle": "Mellannamn", "last": "Efternamn"}

_Json = Mapping[str, Any]


def write_skv(answer: SourceAnswer, asked: Asked) -> Element:
    """See Writer. A logical error is the web service's fault, `FaultTYPE`, in the string.

    Raises NoPlaceInContract for facts of version 11, which are about more than the capital of version 10.
    """
    if (answer.data or {}).get("facts"):
        raise NoPlaceInContract
    data = Building.data(None)
    root = _fault(answer) if answer.state is SourceState.LOGICAL_ERROR else _document(answer, asked)
    data.text("svar", etree.tostring(root, encoding="unicode"))
    return data.element


def _fault(answer: SourceAnswer) -> Element:
    fault = Building(etree.Element("Exception"), None)
    fault.known("MeddelandeKod", answer.code)
    fault.known("MeddelandeText", next(iter(answer.messages), None))
    return fault.element


def _document(answer: SourceAnswer, asked: Asked) -> Element:
    content = answer.data or {}
    root = Building(etree.Element(f"{{{_NAMESPACE}}}{_ROOT}"), _NAMESPACE)
    person = root.inner("PersonuppgiftLista").inner("Personuppgift")
    person.known("Identitetsbeteckning", asked.person.reveal())
    for key, name in _NAMES.items():
        person.known(name, (content.get("names") or {}).get(key))
    person.known("StatusPersonuppgiftKod", content.get("status"))
    for year in content.get("capital") or []:
        _write_capital(person.inner("Kapitaluppgift"), year)
    return root.element


def _write_capital(written: Building, year: _Json) -> None:
    written.known("Taxeringsar", year["taxYear"])
    written.known("SummaIntakterPaKapital", (year["income"] or {}).get("amount"))
    written.known("OverskottPaKapital", (year["surplus"] or {}).get("amount"))
