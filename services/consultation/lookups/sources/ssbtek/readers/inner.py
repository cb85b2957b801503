"""The documents inside the document: base64 and its cap."""

from binascii import Error as NotBase64
from binascii import a2b_base64

from services.consultation.lookups.sources.ssbtek.xml import DocumentError

MAX_INNER_BYTES = 4_000_000
"""Of a decoded inner document."""

_MAX_CHARACTERS = MAX_INNER_BYTES * 4 // 3 + 4


def decoded(text: str | None) -> bytes:
    """The bytes in a base64 text. Raises DocumentError, whose text holds none of it."""
    if not text:
        raise DocumentError("the inner document is absent")
    # Strictly first, since nearly no source breaks its lines; blanks are taken away for those that do.
    document = _strictly(text) if len(text) <= _MAX_CHARACTERS else None
    if document is not None:
        return document
    joined = "".join(text.split())
    if not joined:
        raise DocumentError("the inner document is absent")
    if len(joined) > _MAX_CHARACTERS:
        raise DocumentError("the inner document is too large")
    document = _strictly(joined)
    if document is None:
        raise DocumentError("the inner document is not base64")
    return document


def _strictly(text: str) -> bytes | None:
    try:
        # What b64decode does with validate, without its regular expression, which takes longer than the decoding.
        return a2b_base64(text, strict_mode=True)
    except (NotBase64, ValueError):
        return None
