"""Conditional requests: an ETag out, If-Match or If-None-Match back in (RFC 9110 section 13)."""

import re
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from shared.problems import PRECONDITION_REQUIRED, Problem

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


async def expected_version(request: Request) -> int:
    found = _TAG.fullmatch(request.headers.get("if-match", "").strip())
    if found is None:
        raise Problem(PRECONDITION_REQUIRED)
    return int(found[1])


async def known_tags(request: Request) -> frozenset[str]:
    named = ",".join(request.headers.getlist("if-none-match")).split(",")
    return frozenset(each.strip().removeprefix("W/") for each in named)


def is_known(tag: str, known: frozenset[str]) -> bool:
    """Whether the caller has what the entity tag is of, and need not be told again (RFC 9110 section 13.1.2)."""
    return tag in known or "*" in known


ExpectedVersion = Annotated[int, Depends(expected_version)]
"""The version that the caller has read. 428 when absent."""
KnownTags = Annotated[frozenset[str], Depends(known_tags)]
"""What `If-None-Match` names, weak tags as strong ones."""
