"""The kinds of files that are passed on, and why one is not."""

from collections.abc import Mapping
from enum import StrEnum

from shared.problems import Words


class MediaType(StrEnum):
    """What is passed on. Everything else is refused."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TEXT = "text/plain"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ODT = "application/vnd.oasis.opendocument.text"
    ODS = "application/vnd.oasis.opendocument.spreadsheet"


EXTENSIONS: Mapping[MediaType, tuple[str, ...]] = {
    MediaType.PDF: (".pdf",),
    MediaType.PNG: (".png",),
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.TEXT: (".txt",),
    MediaType.DOCX: (".docx",),
    MediaType.XLSX: (".xlsx",),
    MediaType.ODT: (".odt",),
    MediaType.ODS: (".ods",),
}
"""How their names end: whoever opens a file opens it by that."""


TYPE_NAMES: Mapping[MediaType, Words] = {
    MediaType.PDF: Words("PDF-dokument", "PDF document"),
    MediaType.PNG: Words("Bild (PNG)", "Picture (PNG)"),
    MediaType.JPEG: Words("Bild (JPEG)", "Picture (JPEG)"),
    MediaType.TEXT: Words("Text", "Text"),
    MediaType.DOCX: Words("Textdokument (Office)", "Text document (Office)"),
    MediaType.XLSX: Words("Kalkylblad (Office)", "Spreadsheet (Office)"),
    MediaType.ODT: Words("Textdokument (OpenDocument)", "Text document (OpenDocument)"),
    MediaType.ODS: Words("Kalkylblad (OpenDocument)", "Spreadsheet (OpenDocument)"),
}


class Unfitness(StrEnum):
    """Why a file is not passed on."""

    EMPTY = "empty"
    TYPE_NOT_ALLOWED = "type_not_allowed"
    BROKEN = "broken"
    SEVERAL_TYPES = "several_types"
    ENCRYPTED = "encrypted"
    ACTIVE_CONTENT = "active_content"
    EXPANDS_TOO_MUCH = "expands_too_much"
    DECLARED_OTHERWISE = "declared_otherwise"
    NAMED_OTHERWISE = "named_otherwise"


UNFITNESS_WORDS: Mapping[Unfitness, Words] = {
    Unfitness.EMPTY: Words("Filen är tom", "The file is empty"),
    Unfitness.TYPE_NOT_ALLOWED: Words("Filtypen tas inte emot", "That type of file is not taken"),
    Unfitness.BROKEN: Words("Filen är inte hel", "The file is not whole"),
    Unfitness.SEVERAL_TYPES: Words("Filen är av flera typer på en gång", "The file is of several types at once"),
    Unfitness.ENCRYPTED: Words("Filen är krypterad eller lösenordsskyddad", "The file is encrypted"),
    Unfitness.ACTIVE_CONTENT: Words(
        "Filen innehåller makron eller annat som körs", "The file holds macros or the like"
    ),
    Unfitness.EXPANDS_TOO_MUCH: Words("Filen blir för stor när den packas upp", "The file expands to too much"),
    Unfitness.DECLARED_OTHERWISE: Words(
        "Filen är av en annan typ än Content-Type anger", "The file is of another type than Content-Type says"
    ),
    Unfitness.NAMED_OTHERWISE: Words("Filnamnet slutar som en annan filtyp", "The name ends as another type of file"),
}


class Unfit(Exception):
    """The file is not passed on."""

    def __init__(self, why: Unfitness) -> None:
        super().__init__(why.value)
        self.why = why
