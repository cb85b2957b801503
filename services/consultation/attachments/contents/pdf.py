"""PDF (ISO 32000): from its header to its last end mark, readable without a password, and without scripts in sight.

What lies in compressed streams is not looked into; a scanner does that.
"""

import re

from services.consultation.attachments.contents.domain import Unfit, Unfitness

_HEADER = re.compile(rb"%PDF-[12]\.\d[\r\n ]")
_END = b"%%EOF"
_NOTHING = b"\r\n\t\f\0 "
# Names stand in clear text in the trailer, and in what is not compressed. A # would write them otherwise.
_ACTIVE = re.compile(rb"/(?:JavaScript|Launch|RichMedia)(?![A-Za-z0-9])")


def check_pdf(content: bytes) -> None:
    """Raises Unfit."""
    end = content.rfind(_END)
    if _HEADER.match(content) is None or end < 0:
        raise Unfit(Unfitness.BROKEN)
    if content[end + len(_END) :].strip(_NOTHING):
        raise Unfit(Unfitness.SEVERAL_TYPES)
    if re.search(rb"/Encrypt(?![A-Za-z0-9])", content):
        raise Unfit(Unfitness.ENCRYPTED)
    if _ACTIVE.search(content):
        raise Unfit(Unfitness.ACTIVE_CONTENT)
