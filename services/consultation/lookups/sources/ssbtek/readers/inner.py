"""The documents inside the document: base64 and its cap."""

from binascii import Error as NotBase64
from binascii import a2b_base64

from services.consultation.lookups.sources.ssbtek.xml import DocumentError

MAX_INNER_BYTES = 4_000_000
"""Of a decoded inner document."""


def decoded(text: str | None) -> bytes:
    """The bytes in a base64 text. Raises DocumentError, whose text holds none of it."""
    joined = "".join((text or "").split())
    if not joined:
        raise DocumentError("the inner document is absent")
    if len(joined) > MAX_INNER_BYTES * 4 // 3 + 4:
        raise DocumentError("the inner document is too large")
    try:
        # What b64decode does with validate, without its regular expression, which takes longer than the decoding.
        return a2b_base64(joined, strict_mode=True)
    except (NotBase64, ValueError):
        raise DocumentError("the inner document is not base64") from None
