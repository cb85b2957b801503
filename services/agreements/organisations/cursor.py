"""The place of an organisation in the list: its code."""

import base64
import binascii

from shared.problems import BAD_REQUEST, Problem, Words


def encode_place(code: str) -> str:
    """The place after an organisation."""
    return base64.urlsafe_b64encode(code.encode()).rstrip(b"=").decode()


def decode_place(cursor: str | None) -> str:
    """The code to go on after, empty for the first page. Raises Problem 400 for anything we did not make."""
    try:
        padded = (cursor or "") + "=" * (-len(cursor or "") % 4)
        code = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        code = "\0"
    if not code.isprintable():
        raise Problem(BAD_REQUEST, Words("cursor kan inte läsas", "cursor cannot be read"))
    return code
