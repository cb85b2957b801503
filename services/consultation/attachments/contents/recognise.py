"""Recognise: which of the allowed types a file is, from its first byte to its last.

A library that guesses by the first bytes would tell a document with macros, or one that is also an archive, from a
harmless one no better than a file name does. Here each type is followed through its own structure, and what is left
over is a refusal.
"""

import io
import zipfile
from collections.abc import Callable, Mapping

from services.consultation.attachments.contents.archives import check_office_file
from services.consultation.attachments.contents.domain import Unfit, Unfitness
from services.consultation.attachments.contents.jpeg import check_jpeg
from services.consultation.attachments.contents.pdf import check_pdf
from services.consultation.attachments.contents.plain_text import check_text
from services.consultation.attachments.contents.png import check_png
from services.consultation.consultations.attachments.domain import MediaType

_BEGINNINGS: Mapping[bytes, tuple[MediaType, Callable[[bytes], None]]] = {
    b"%PDF-": (MediaType.PDF, check_pdf),
    b"\x89PNG\r\n\x1a\n": (MediaType.PNG, check_png),
    b"\xff\xd8\xff": (MediaType.JPEG, check_jpeg),
}
_ARCHIVE = b"PK\x03\x04"


def recognise(content: bytes) -> MediaType:
    """The type of a whole file. Raises Unfit."""
    if not content:
        raise Unfit(Unfitness.EMPTY)
    if content.startswith(_ARCHIVE):
        return check_office_file(content)
    media_type, check = next(
        (found for beginning, found in _BEGINNINGS.items() if content.startswith(beginning)),
        (MediaType.TEXT, check_text),
    )
    if zipfile.is_zipfile(io.BytesIO(content)):
        # Archives are read from their end, so one can hide behind anything.
        raise Unfit(Unfitness.SEVERAL_TYPES)
    check(content)
    return media_type
