"""Conditional changes: an ETag out, If-Match back in (RFC 9110 section 13)."""

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


ExpectedVersion = Annotated[int, Depends(expected_version)]
"""The version that the caller has read. 428 when absent."""
