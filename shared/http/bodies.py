"""JSON bodies: read within limits, refused without repeating what was sent.

FastAPI's own body parsing echoes the input in its errors and accepts any content type; an identity number
in a misplaced field would come back in the answer.
"""

import json
from collections.abc import AsyncIterator, Iterator
from functools import cache, lru_cache
from math import isinf
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import ClientDisconnect, Request

from shared.http.refusals import REQUEST_TIMEOUT
from shared.problems import (
    BODY_TOO_LARGE,
    MALFORMED,
    NOT_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    Words,
)

MAX_BODY_BYTES = 64 * 1024
MAX_DEPTH = 32


class WireModel(BaseModel):
    """Base of what travels: camelCase outside, snake_case inside, nothing unknown let in."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


Flag = Annotated[bool, Field(strict=True)]
"""True or false, and neither a number nor a word for it."""


class JsonBody:
    """A FastAPI dependency that reads one model. Its model and example are readable for OpenAPI.

    Where it is not `required`, no body at all is the same as an empty object, whatever its content type.
    """

    def __init__(self, model: type[BaseModel], example: dict[str, Any], *, required: bool = True) -> None:
        self.model = model
        self.example = example
        self.required = required

    async def __call__(self, request: Request) -> Any:
        """The validated model. Raises Problem: 400, 408, 413, 415 or 422."""
        is_json = _is_json(request.headers.get("content-type", ""))
        if self.required and not is_json:
            raise Problem(UNSUPPORTED_MEDIA_TYPE)
        body = await read_limited(request)
        request.scope["state"]["body"] = body
        if not self.required and not body:
            return parse(self.model, b"{}")
        if not is_json:
            raise Problem(UNSUPPORTED_MEDIA_TYPE)
        return parse(self.model, body)


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    """Whether it is JSON in UTF-8, the only one there is (RFC 8259 section 8.1)."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset")]
    return media_type == "application/json" and all(charset == "utf-8" for charset in charsets)


def parse(model: type[BaseModel], body: bytes) -> Any:
    """The model from bytes of JSON. Raises Problem with where and why, never with what.

    One parser reads the body, and what it has read is validated: two might read a doubtful text differently.
    """
    value = read_json(body)
    try:
        # By the documented names only: ours inside are not a second way to say the same.
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_context=False, include_input=False)
        known = _field_names(model)
        raise Problem(MALFORMED, members={"errors": [_told(error, known) for error in errors[:20]]}) from None


def read_json(body: bytes) -> Any:
    """The value of a body in I-JSON (RFC 7493): UTF-8, no name twice, numbers that are numbers, and not too deep.

    Raises Problem: 400, or 422 for NUL, which PostgreSQL cannot store.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except _Refused as fault:
        raise _not_json(fault.reason) from None
    except RecursionError:
        raise _not_json("too_deep") from None
    except ValueError:
        raise Problem(NOT_JSON) from None
    # So many brackets a body seldom has, and it cannot be deeper than it has brackets.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        raise _not_json("too_deep")
    if b"\\u" in body:
        _refuse_odd_texts(value)
    return value


class _Refused(ValueError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        # Which one counts differs between parsers, so one who checks and one who acts could see different bodies.
        raise _Refused("repeated_member")
    return made


def _finite(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise _Refused("number_out_of_range")
    return value


def _no_number(_: str) -> Any:
    raise _Refused("not_a_number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_number)
_WORDS = {
    "repeated_member": Words("Ett namn förekommer två gånger i samma objekt", "An object has the same name twice"),
    "too_deep": Words("Kroppen är nästlad djupare än 32 nivåer", "The body is nested more than 32 levels deep"),
    "number_out_of_range": Words("Ett tal är för stort", "A number is too large"),
    "not_a_number": Words("NaN och Infinity är inga tal i JSON", "NaN and Infinity are no numbers in JSON"),
    "lone_surrogate": Words("En text är inte giltig Unicode", "A text is not valid Unicode"),
}


def _not_json(reason: str) -> Problem:
    return Problem(NOT_JSON, _WORDS[reason], members={"errors": [{"field": "*", "reason": reason}]})


def _deeper_than(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return False
    return levels == 0 or any(_deeper_than(each, levels - 1) for each in inner)


def _refuse_odd_texts(value: Any) -> None:
    """Escapes can write what UTF-8 cannot, and NUL."""
    for text in _texts(value):
        if "\0" in text:
            raise Problem(MALFORMED, members={"errors": [{"field": "*", "reason": "nul_character"}]})
        if any("\ud800" <= each <= "\udfff" for each in text):
            raise _not_json("lone_surrogate")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


async def read_limited(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """The body, refused as soon as it is known to pass the limit. Raises Problem: 408, 413."""
    return b"".join([chunk async for chunk in pieces_within(request, limit)])


async def pieces_within(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it comes, refused as soon as it is known to pass the limit. Raises Problem: 408, 413."""
    size = 0
    if int(request.headers.get("content-length", "0")) > limit:
        raise _too_large(limit)
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            yield chunk
    except ClientDisconnect:
        # It left, or took too long and has been told so by the connection: nobody reads this.
        raise Problem(REQUEST_TIMEOUT) from None


def _too_large(limit: int) -> Problem:
    # The rest of it is not waited for.
    return Problem(BODY_TOO_LARGE, headers={"Connection": "close"}, members={"maxBytes": limit})


def _told(error: Any, known: frozenset[str]) -> dict[str, str]:
    """Where and why. A field name that is not ours is the caller's text and may be anything."""
    place = [str(part) if isinstance(part, int) or part in known else "*" for part in error["loc"]]
    return {"field": ".".join(place) or "*", "reason": _REASONS.get(error["type"], error["type"])}


_REASONS = {"missing": "missing", "extra_forbidden": "unknown_field"}


@cache
def _field_names(model: type[BaseModel]) -> frozenset[str]:
    names: set[str] = set()
    _collect(model.model_json_schema(by_alias=True), names)
    return frozenset(names)


def _collect(node: Any, names: set[str]) -> None:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            names.update(properties)
        for value in node.values():
            _collect(value, names)
    elif isinstance(node, list):
        for value in node:
            _collect(value, names)
