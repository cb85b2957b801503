"""JSON bodies: read within limits, refused without repeating what was sent.

FastAPI's own body parsing echoes the input in its errors and accepts any content type; an identity number
in a misplaced field would come back in the answer.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import ClientDisconnect, Request

from shared.http.refusals import REQUEST_TIMEOUT
from shared.problems import (
    BODY_TOO_LARGE,
    MALFORMED,
    NOT_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)

MAX_BODY_BYTES = 64 * 1024


class WireModel(BaseModel):
    """Base of what travels: camelCase outside, snake_case inside, nothing unknown let in."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


class JsonBody:
    """A FastAPI dependency that reads one model. Its model and example are readable for OpenAPI."""

    def __init__(self, model: type[BaseModel], example: dict[str, Any]) -> None:
        self.model = model
        self.example = example

    async def __call__(self, request: Request) -> Any:
        """The validated model. Raises Problem: 400, 413, 415 or 422."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Problem(UNSUPPORTED_MEDIA_TYPE)
        body = await read_limited(request)
        request.scope["state"]["body"] = body
        return parse(self.model, body)


def parse(model: type[BaseModel], body: bytes) -> Any:
    """The model from bytes of JSON. Raises Problem with where and why, never with what."""
    if b"\\u0000" in body and _holds_nul(body):
        raise Problem(MALFORMED, members={"errors": [{"field": "*", "reason": "nul_character"}]})
    try:
        # By the documented names only: ours inside are not a second way to say the same.
        return model.model_validate_json(body, by_alias=True, by_name=False)
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_context=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            raise Problem(NOT_JSON) from None
        known = _field_names(model)
        raise Problem(MALFORMED, members={"errors": [_told(error, known) for error in errors[:20]]}) from None


def _holds_nul(body: bytes) -> bool:
    """Whether a text in the body holds NUL, which PostgreSQL cannot store."""
    try:
        return any("\0" in text for text in _texts(json.loads(body)))
    except (ValueError, RecursionError):
        # The validator reads it again, and refuses what cannot be read.
        return False


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
    chunks: list[bytes] = []
    size = 0
    if int(request.headers.get("content-length", "0")) > limit:
        raise _too_large(limit)
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        # It left, or took too long and has been told so by the connection: nobody reads this.
        raise Problem(REQUEST_TIMEOUT) from None
    return b"".join(chunks)


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
