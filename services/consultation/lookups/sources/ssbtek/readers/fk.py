"""Försäkringskassan and Pensionsmyndigheten: base64 of UTF-8 JSON, `LefiExternFormansinformationSvar` (v9).

FK's content is in `formansinformation`, PM's in the lists beside it. What each holds is described in the modules
`fk_*` and `pm_*`, in tables that the facade's writer uses too.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from services.consultation.lookups.sources.domain import SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.readers import fk_payments, fk_programmes, pm_pension
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields
from services.consultation.lookups.sources.ssbtek.readers.fk_cases import CASES
from services.consultation.lookups.sources.ssbtek.readers.fk_information import INFORMATION
from services.consultation.lookups.sources.ssbtek.readers.fk_persons import PERSON, tells_anything
from services.consultation.lookups.sources.ssbtek.readers.fk_suppliers import (
    FK,
    PM,
    SUPPLIERS,
    UP,
    Delivered,
    parts_of,
    read_deviations,
)
from services.consultation.lookups.sources.ssbtek.readers.inner import decoded
from services.consultation.lookups.sources.ssbtek.readers.json_document import parse_json
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import TEXT, Kind, is_marked, plain_name
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Json, Only
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element

_WRAPPER = frozenset({"lefiJsonSvar"})
_PERSONS = "generellPersoninformation"
_INFORMATION = "formansinformation"
_HOLDS_THE_MARK = ("skyddad", _PERSONS, _INFORMATION)

Contents = Mapping[str, tuple[str, Kind]]
"""The name of a list in the answer, to what we gather it under and how it is read and written."""

OF_FK: Contents = {
    "utbetalningsuppgift": ("payments", fk_payments.FK_MADE),
    "preliminarautbetalningar": ("preliminaryPayments", fk_payments.FK_COMING),
    "programanvisning": ("programmes", fk_programmes.PROGRAMMES),
    "programersattningsarende": ("programmeCompensation", fk_programmes.COMPENSATION),
    "programjobdagar": ("jobDays", fk_programmes.JOB_DAYS),
    _PERSONS: ("person", Only(PERSON)),
    **{kind: ("cases", cases) for kind, cases in CASES.items()},
    **{kind: ("otherInformation", information) for kind, information in INFORMATION.items()},
}
"""In `formansinformation`."""
OF_PM: Contents = {
    "utbetalningar": ("payments", fk_payments.PM_MADE),
    "preliminaraUtbetalningar": ("preliminaryPayments", fk_payments.PM_COMING),
    "ansprak": ("pensionClaims", pm_pension.CLAIMS),
    "beslut": ("pensionDecisions", pm_pension.DECISIONS),
    "ovrigInformation": ("otherInformation", pm_pension.INFORMATION),
}
"""At the top level."""
_TOP_LEVEL = frozenset({*OF_PM, "utlamnare", "avvikelser", _INFORMATION})
_TELLS: Mapping[str, Callable[[Any], bool]] = {"jobDays": fk_programmes.tells_job_days, "person": tells_anything}
"""How to tell that there is anything, where not by being there."""
_ITEMS = (
    "payments",
    "preliminaryPayments",
    "programmes",
    "programmeCompensation",
    "jobDays",
    "cases",
    "pensionClaims",
    "pensionDecisions",
    "otherInformation",
    "person",
)


def read_fk(data: Element) -> Reading:
    """Read all that the suppliers told, and how each of them answered.

    `partial` when a supplier was down or LEFI names deviations, since what it leaves out is then unknown.
    Raises DocumentError when the inner document cannot be read.
    """
    notes = Notes()
    wrapper = Fields(data, notes, _WRAPPER).one("lefiJsonSvar")
    document = parse_json(decoded(wrapper.text if wrapper is not None else None), notes)
    if type(document) is not dict:
        raise DocumentError("the inner document is not an object")
    return _read(document, notes)


def _read(document: Json, notes: Notes) -> Reading:
    fk_notes, pm_notes = Notes(), Notes()
    information = _object(document, _INFORMATION, fk_notes)
    protected = _is_protected(information.get(_PERSONS), notes)
    suppliers = _suppliers(document, notes)
    deviations = read_deviations(document.get("avvikelser"), notes)
    fk, pm = _gathered(information, OF_FK, fk_notes), _gathered(document, OF_PM, pm_notes)
    _note_unknown(information, OF_FK, fk_notes)
    _note_unknown(document, _TOP_LEVEL, notes)
    told_by_fk, told_by_pm = _told(fk), _told(pm)
    items = tuple(name for name in _ITEMS if name in told_by_fk or name in told_by_pm)
    if not suppliers and not items:
        return _without_suppliers(document, notes, protected=protected)
    if FK not in {each["code"] for each in suppliers}:
        fk_notes.does_not_know("supplier not listed", FK)
    content = _content(fk, pm)
    down = [each for each in suppliers if each["state"] != UP]
    parts = parts_of(
        suppliers,
        deviations,
        {
            FK: Delivered(bool(told_by_fk), notes.lost or fk_notes.lost, notes.unknown or fk_notes.unknown),
            PM: Delivered(bool(told_by_pm), notes.lost or pm_notes.lost, notes.unknown or pm_notes.unknown),
        },
    )
    reading = Reading(
        state=_state(suppliers, parts, deviations, items),
        code=down[0]["state"] if down else next((each["code"] for each in deviations), None),
        messages=words(*(each["text"] for each in down), *(each["text"] for each in deviations)),
        items=items,
        parts=parts,
        protected=protected,
        data={"suppliers": suppliers, "deviations": deviations, **content},
        subject=content["person"]["personNumber"] if content["person"] else None,
    )
    for each in (notes, fk_notes, pm_notes):
        if each.deviations:
            reading = reading.with_notes(each)
    return reading


def _object(document: Json, key: str, notes: Notes) -> Json:
    value = document.get(key)
    if value is not None and type(value) is not dict:
        notes.loses("not an object", key)
    return value if type(value) is dict else {}


def _suppliers(document: Json, notes: Notes) -> list[Json]:
    value = document.get("utlamnare")
    suppliers = SUPPLIERS.read(value, "utlamnare", notes) if value is not None else []
    if any(each["code"] is None for each in suppliers):
        notes.loses("missing member", "kod")
    return suppliers


def _is_protected(persons: object, notes: Notes) -> bool:
    """Whether any person block is marked. One that cannot be read, or that comes twice, may hold a mark."""
    if notes.lost and any(f"repeated member: {name}" in notes.deviations for name in _HOLDS_THE_MARK):
        return True
    blocks = persons if isinstance(persons, list) else [persons]
    return any(is_marked(each.get("skyddad")) if isinstance(each, dict) else each is not None for each in blocks)


def _gathered(members: Json, known: Contents, notes: Notes) -> Json:
    found: Json = {}
    if not members:
        return found
    # In the order of the table, so that the order in which a source has its lists makes no difference.
    for key, (name, kind) in known.items():
        value = members.get(key)
        if value is not None:
            read = kind.read(value, key, notes)
            found[name] = found[name] + read if name in found else read
    return found


def _note_unknown(members: Json, known: Container[str], notes: Notes) -> None:
    for key, value in members.items():
        if key not in known:
            # A whole class of information that is not in the contract is content that nobody reads.
            note = notes.loses if value and isinstance(value, (dict, list)) else notes.does_not_know
            note("unknown member", plain_name(key))


def _told(found: Json) -> set[str]:
    """Under which names there is anything."""
    return {name for name, value in found.items() if (_TELLS.get(name, bool))(value)}


def _content(fk: Json, pm: Json) -> Json:
    return {
        "payments": [
            *fk.get("payments", ()),
            *fk.get("preliminaryPayments", ()),
            *pm.get("payments", ()),
            *pm.get("preliminaryPayments", ()),
        ],
        "programmes": fk.get("programmes", []),
        "programmeCompensation": fk.get("programmeCompensation", []),
        "jobDays": fk["jobDays"] if "jobDays" in fk else fk_programmes.no_job_days(),
        "cases": fk.get("cases", []),
        "pensionClaims": pm.get("pensionClaims", []),
        "pensionDecisions": pm.get("pensionDecisions", []),
        "otherInformation": [*fk.get("otherInformation", ()), *pm.get("otherInformation", ())],
        "person": fk.get("person"),
    }


def _state(
    suppliers: list[Json], parts: Iterable[SourcePart], deviations: list[Json], items: tuple[str, ...]
) -> SourceState:
    if not suppliers:
        return SourceState.PARTIAL
    if not items and all(each["state"] != UP for each in suppliers):
        return SourceState.LOGICAL_ERROR
    # Of a part that proves nothing there may be more than came, whatever the other one told.
    if deviations or not all(part.state.supports_decision for part in parts):
        return SourceState.PARTIAL
    return state_of(items)


def _without_suppliers(document: Json, notes: Notes, *, protected: bool) -> Reading:
    message = document.get("meddelande")
    text = TEXT.read(message, "meddelande", notes) if message is not None else None
    if text is not None:
        return Reading(SourceState.LOGICAL_ERROR, code="LefiFelsvar", messages=(text,), protected=protected)
    return unparseable("missing member: utlamnare", protected=protected)
