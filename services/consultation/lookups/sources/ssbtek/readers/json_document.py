"""A JSON document inside the XML: hardened, exact in its numbers, and with repeated members noticed."""

import json
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

from services.consultation.lookups.sources.characters import UNCARRIED, carried_json, may_hold_others
from services.consultation.lookups.sources.ssbtek.readers.inner import MAX_INNER_BYTES
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import plain_name
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import DocumentError


class _RepeatedError(Exception):
    """An object has the same member twice."""


def parse_json(document: bytes, notes: Notes) -> Any:
    """JSON in UTF-8 with numbers as int or Decimal. Raises DocumentError, whose text holds none of it.

    Of members that an object has twice the last is taken, as everywhere; when they differ, one is noted as lost.
    So is a text with a character that cannot be told further, which is replaced.
    """
    if len(document) > MAX_INNER_BYTES:
        raise DocumentError("the inner document is too large")
    try:
        text = document.decode("utf-8-sig")
        try:
            value = _UNREPEATED.decode(text)
        except _RepeatedError:
            value = _decoder(partial(_noting, notes)).decode(text)
        if not may_hold_others(document):
            return value
        return carried_json(value, lambda key: notes.loses(UNCARRIED, plain_name(key)))
    except (ValueError, RecursionError):
        raise DocumentError("the inner document is not JSON in UTF-8") from None


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedError
    return members


def _noting(notes: Notes, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            note = notes.deviates if members[key] == value else notes.loses
            note("repeated member", plain_name(key))
        members[key] = value
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _decoder(members: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=members, parse_float=Decimal, parse_constant=_refuse_constant)


# Made once, and without notes: a document with repeated members is rare enough to be read again.
_UNREPEATED = _decoder(_unrepeated)
