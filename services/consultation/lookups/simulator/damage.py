"""What a fault does to the answer of one source: instead of it, or in it and in the document inside it."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from lxml import etree

from services.consultation.lookups.simulator.answers import common
from services.consultation.lookups.simulator.faults import Fault
from services.consultation.lookups.simulator.question import Question, Script
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

OTHER_NAMESPACE = "urn:example:another-namespace"
VALUES: Mapping[SourceCode, str] = {
    SourceCode.AF: "ArbetssokandeOmfattning",
    SourceCode.CSN: "utbetdatum",
    SourceCode.FK: "datum",
    SourceCode.SKV: "SummaIntakterPaKapital",
    SourceCode.SO: "Utbetalningsdatum",
    SourceCode.TNS: "regnr",
    SourceCode.MIV: "beslutsdatum",
}
"""Which value `unreadable` makes so, when no other is named."""

REQUIRED: Mapping[SourceCode, str] = {
    SourceCode.AF: "StatusSokandeinformationKod",
    SourceCode.CSN: "Personer",
    SourceCode.FK: "utlamnare",
    SourceCode.SKV: "PersonuppgiftLista",
    SourceCode.SO: "ArbetsloshetsersattningLista",
    SourceCode.TNS: "resultat",
    SourceCode.MIV: "correlationid",
}
"""Which element `missing-element` takes away, when no other is named."""

REQUIRED_PART = "skattekonto"
"""The same for Skatteverket in version 11: a part that it has been asked for."""

_Rewriting = Callable[[bytes], bytes]


def with_faults(scripts: Mapping[SourceCode, Script], faults: Iterable[Fault]) -> Mapping[SourceCode, Script]:
    """The scripts with the faults that are about one source, in order."""
    changed = dict(scripts)
    for fault in faults:
        if fault.source is not None:
            changed[fault.source] = _CHANGES[fault.kind](changed[fault.source], fault)
    return changed


def _instead(_: Script, fault: Fault) -> Script:
    if fault.kind == "late":
        return common.late
    if fault.kind == "bt":
        return common.error("BT", fault.code or "TEKNISKT_FEL", "Ett tekniskt fel har uppstått hos bastjänsten")
    return common.error("SSBT", fault.code or "ANROP_MISSLYCKADES", "Anropet till bastjänsten kunde inte genomföras")


def _absent(_script: Script, _fault: Fault) -> Script:
    return common.absent


def _within(change: "Callable[[Element, Question, Fault], None]") -> Callable[[Script, Fault], Script]:
    def changed(script: Script, fault: Fault) -> Script:
        def answer(question: Question) -> Element | None:
            made = script(question)
            if made is not None:
                change(made, question, fault)
            return made

        return answer

    return changed


def _break(answer: Element, question: Question, fault: Fault) -> None:
    holders = _holders(answer, fault)
    for holder in holders:
        _rewrite(holder, lambda document: document[: len(document) // 2])
    if not holders:
        _rename(answer, question.version.name("svar"))
        answer[:] = []
        answer.text = "prosa"


def _unreadable(answer: Element, _question: Question, fault: Fault) -> None:
    name = fault.element or VALUES[_source(fault)]
    _edit(answer, fault, partial(_nest_in_xml, name), partial(_nest_in_json, name.casefold()))


def _without(answer: Element, question: Question, fault: Fault) -> None:
    source = _source(fault)
    usual = REQUIRED_PART if source in question.version.undivided else REQUIRED[source]
    name = fault.element or usual
    _remove_from_xml(name, answer)
    _edit_inner(answer, fault, partial(_remove_from_xml, name), partial(_remove_from_json, name.casefold()))


def _move(answer: Element, _question: Question, fault: Fault) -> None:
    for element in list(answer.iterdescendants(etree.Element)):
        _rename(element, f"{{{OTHER_NAMESPACE}}}{local_name(element)}")
    _edit_inner(answer, fault, _move_root, lambda _document: None)


_CHANGES: Mapping[str, Callable[[Script, Fault], Script]] = {
    "late": _instead,
    "bt": _instead,
    "ssbt": _instead,
    "absent": _absent,
    "broken": _within(_break),
    "unreadable": _within(_unreadable),
    "missing-element": _within(_without),
    "wrong-namespace": _within(_move),
}


# --- the documents inside the document -------------------------------------------------------------------------------


def _source(fault: Fault) -> SourceCode:
    assert fault.source is not None  # noqa: S101 - with_faults passes no other
    return fault.source


def _holders(answer: Element, fault: Fault) -> list[Element]:
    """The elements whose text is a document: CSN's and Skatteverket's `svar`, LEFI's JSON, Skatteverket's parts."""
    names = {
        SourceCode.CSN: {"svar"},
        SourceCode.FK: {"lefiJsonSvar"},
        SourceCode.SKV: {"svar", "data"},
    }.get(_source(fault), set())
    return [each for each in answer.iter(etree.Element) if local_name(each) in names and each.text and not len(each)]


def _rewrite(holder: Element, change: _Rewriting) -> None:
    text = holder.text or ""
    if text.lstrip().startswith("<"):
        holder.text = change(text.encode()).decode("utf-8", "ignore")
        return
    try:
        document = b64decode(text)
    except ValueError:
        # It holds no document: another fault has put something else there.
        return
    holder.text = b64encode(change(document)).decode("ascii")


def _edit(answer: Element, fault: Fault, in_xml: Callable[[Element], None], in_json: Callable[[Any], None]) -> None:
    if _holders(answer, fault):
        _edit_inner(answer, fault, in_xml, in_json)
    else:
        in_xml(answer)


def _edit_inner(
    answer: Element, fault: Fault, in_xml: Callable[[Element], None], in_json: Callable[[Any], None]
) -> None:
    def change(document: bytes) -> bytes:
        try:
            return _edited(document, in_xml, in_json)
        except (etree.XMLSyntaxError, ValueError):
            # It has been broken before: there is nothing left to edit.
            return document

    for holder in _holders(answer, fault):
        _rewrite(holder, change)


def _edited(document: bytes, in_xml: Callable[[Element], None], in_json: Callable[[Any], None]) -> bytes:
    if document.lstrip().startswith(b"<"):
        root = etree.fromstring(document)
        in_xml(root)
        return etree.tostring(root)
    content = json.loads(document)
    in_json(content)
    return json.dumps(content, ensure_ascii=False).encode()


def _named(root: Element, name: str) -> Element | None:
    return next((each for each in root.iterdescendants(etree.Element) if local_name(each) == name), None)


def _nest_in_xml(name: str, root: Element) -> None:
    found = _named(root, name)
    if found is not None:
        found.text = None
        found.append(etree.Element("okant"))


def _remove_from_xml(name: str, root: Element) -> None:
    found = _named(root, name)
    parent = found.getparent() if found is not None else None
    if found is not None and parent is not None:
        parent.remove(found)


def _move_root(root: Element) -> None:
    for element in list(root.iter(etree.Element)):
        _rename(element, f"{{{OTHER_NAMESPACE}}}{local_name(element)}")


def _rename(element: Element, tag: str) -> None:
    element.tag = tag


def _keepers(content: Any, name: str) -> Iterable[tuple[dict[str, Any], str]]:
    """The objects that have the key, whatever its case, the outermost first."""
    if isinstance(content, dict):
        yield from ((content, key) for key in content if key.casefold() == name)
    for each in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _keepers(each, name)


def _nest_in_json(name: str, content: Any) -> None:
    for keeper, key in list(_keepers(content, name))[:1]:
        keeper[key] = ["prosa"]


def _remove_from_json(name: str, content: Any) -> None:
    for keeper, key in list(_keepers(content, name))[:1]:
        del keeper[key]
