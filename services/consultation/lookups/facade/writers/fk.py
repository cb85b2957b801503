"""Försäkringskassan and Pensionsmyndigheten: LEFI v9 JSON in base64, from the tables that the reader reads by."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.sources.domain import SourceAnswer, SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.readers.fk import OF_FK, OF_PM, Contents
from services.consultation.lookups.sources.ssbtek.readers.fk_suppliers import (
    DOWN,
    FK,
    PM,
    SUPPLIERS,
    UP,
    suppliers_of,
    write_deviations,
)
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element

_Json = dict[str, Any]
_UP_STATES = (SourceState.ANSWERED, SourceState.ANSWERED_EMPTY, SourceState.PARTIAL)
_OWN_CLASS = {FK: "formansinformation", PM: "beslut"}
"""A class of deviations that only the one supplier has."""
_NOT_WHOLE = {"code": "INTERNT_FEL", "text": "Hela svaret kunde inte förmedlas", "group": None}
"""Ours, where we have not all that a supplier told and LEFI has no word for why."""


def write_fk(answer: SourceAnswer, _asked: Asked) -> Element:
    """The `data` element with `lefiJsonSvar`, which repeats nothing of the question.

    A supplier of which we have only a part, for a reason that LEFI didn't give, gets a deviation of our own: a case
    system must not take what it gets for the whole.
    """
    data = etree.Element(V10.name("data"))
    text = _json(_document(answer)).encode()
    etree.SubElement(data, V10.name("lefiJsonSvar")).text = b64encode(text).decode("ascii")
    return data


def _document(answer: SourceAnswer) -> _Json:
    data = answer.data or {}
    suppliers = data["suppliers"] if "suppliers" in data else list(_suppliers(answer.parts))
    if not suppliers and answer.state is SourceState.LOGICAL_ERROR:
        return {"meddelande": next(iter(answer.messages), None) or answer.code or "Fel"}
    return {
        "utlamnare": SUPPLIERS.write(suppliers),
        "avvikelser": write_deviations(_deviations(answer, suppliers)),
        "formansinformation": _written(OF_FK, data, FK),
        **_written(OF_PM, data, PM),
    }


def _suppliers(parts: Iterable[SourcePart]) -> Iterable[_Json]:
    """The suppliers by their parts, where the caller isn't told more of them."""
    for part in parts:
        if part.state is not SourceState.MISSING:
            up = part.state in _UP_STATES and part.code not in DOWN
            yield {"code": part.name, "name": None, "state": UP if up else part.code or "FELANDE", "text": None}


def _deviations(answer: SourceAnswer, suppliers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    told: list[Mapping[str, Any]] = [*(answer.data or {}).get("deviations", ())]
    explained = {name for row in told for name in suppliers_of(row)}
    explained |= {each["code"] for each in suppliers if each["state"] != UP}
    # One that was asked and isn't listed is as silent: what isn't there would read as nothing.
    unread = (SourceState.PARTIAL, SourceState.MISSING)
    silent = [part.name for part in answer.parts if part.state in unread and part.name not in explained]
    if answer.state is SourceState.PARTIAL and not silent and not explained:
        silent = [FK]
    without_class = any(row["information"] is None for row in told)
    return told + [
        {**_NOT_WHOLE, "information": None if without_class else _OWN_CLASS.get(name, _OWN_CLASS[FK])}
        for name in silent
    ]


def _written(contents: Contents, data: Mapping[str, Any], supplier: str) -> _Json:
    chosen = {key: (_chosen(data, key, name, supplier), kind) for key, (name, kind) in contents.items()}
    return {key: kind.write(value) for key, (value, kind) in chosen.items() if value}


def _chosen(data: Mapping[str, Any], key: str, name: str, supplier: str) -> Any:
    """What belongs in the source's list `key`, of all that is gathered under `name`."""
    if name in ("payments", "preliminaryPayments"):
        preliminary = name == "preliminaryPayments"
        payments = [row for row in data.get("payments", ()) if row["supplier"] == supplier]
        return [row for row in payments if row["preliminary"] is preliminary]
    if name in ("cases", "otherInformation"):
        return [row for row in data.get(name, ()) if row["kind"] == key]
    return data.get(name)


def _json(value: Any) -> str:
    """JSON with each Decimal as the number that it is: a float would round it."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{_json(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
