"""PDF (ISO 32000): from its header to its last end mark, readable without a password, and without scripts in sight.

What lies in compressed streams is not looked into; a scanner does that.
"""

import re

from services.consultation.attachments.contents.domain import Unfit, Unfitness

_HEADER = re.compile(rb"%PDF-[12]\.\d[\r\n ]")
_END = b"%%EOF"
_NOTHING = b"\r\n\t\f\0 "


def _named(*names: str) -> re.Pattern[bytes]:
    """Any of the names, as they stand in the trailer and in what is not compressed.

    Each of their letters may be written as # and its number instead (ISO 32000-1, 7.3.5).
    """
    written = ("".join(f"(?:{letter}|(?i:#{ord(letter):02x}))" for letter in name) for name in names)
    return re.compile(f"/(?:{'|'.join(written)})(?![A-Za-z0-9])".encode())


_ACTIVE = _named("JavaScript", "Launch", "RichMedia")
_ENCRYPTED = _named("Encrypt")


def check_pdf(content: bytes) -> None:
    """Raises Unfit."""
    end = content.rfind(_END)
    if _HEADER.match(content) is None or end < 0:
        raise Unfit(Unfitness.BROKEN)
    if content[end + len(_END) :].strip(_NOTHING):
        raise Unfit(Unfitness.SEVERAL_TYPES)
    if _ENCRYPTED.search(content):
        raise Unfit(Unfitness.ENCRYPTED)
    if _ACTIVE.search(content):
        raise Unfit(Unfitness.ACTIVE_CONTENT)
