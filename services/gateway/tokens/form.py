"""The body of a token request: read within limits, refused when a parameter repeats.

Not `request.form()`, which needs another parser and takes the last of repeated parameters.
"""

from collections import Counter
from urllib.parse import parse_qsl

from starlette.requests import Request

from services.gateway.tokens.issue import Refused
from shared.http.bodies import read_limited
from shared.problems import Problem

_MAX_BYTES = 16 * 1024
_MAX_PARAMETERS = 20


async def read_form(request: Request) -> dict[str, str]:
    """The parameters. Raises Refused."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise Refused("invalid_request", "Send application/x-www-form-urlencoded")
    try:
        body = await read_limited(request, _MAX_BYTES)
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )
    except Problem:
        raise Refused("invalid_request", "The form is larger than 16 KiB", 413) from None
    except ValueError:
        raise Refused("invalid_request", "The form cannot be read") from None
    _refuse_repeated(pairs)
    return dict(pairs)


def _refuse_repeated(pairs: list[tuple[str, str]]) -> None:
    repeated = {name for name, count in Counter(name for name, _ in pairs).items() if count > 1}
    if "resource" in repeated:
        raise Refused("invalid_target", "A token is for exactly one service")
    if repeated:
        raise Refused("invalid_request", "A parameter is repeated")
