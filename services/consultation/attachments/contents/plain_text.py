"""Plain text: UTF-8 and nothing that some program would take for an instruction."""

import re

from services.consultation.attachments.contents.domain import Unfit, Unfitness

# Tab, line feed, form feed and carriage return are all that text needs of control characters.
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Markup of any kind, scripts, and documents that are written in text.
_OTHERS = (b"<", b"#!", b"{\\rtf", b"%!PS", b"%PDF", b"MZ")


def check_text(content: bytes) -> None:
    """Raises Unfit."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unfit(Unfitness.TYPE_NOT_ALLOWED) from None
    begun = content.removeprefix(_BYTE_ORDER_MARK)[:1024].lstrip()
    if _CONTROLS.search(content) or begun.startswith(_OTHERS):
        raise Unfit(Unfitness.TYPE_NOT_ALLOWED)
