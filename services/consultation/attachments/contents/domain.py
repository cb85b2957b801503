"""How a file is recognised by its name, and why one is not passed on."""

from collections.abc import Mapping
from enum import StrEnum

from services.consultation.consultations.attachments.domain import MediaType
from shared.problems import Words

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


def require_extension(name: str, media_type: MediaType) -> None:
    """Raises Unfit when the name ends as something else than the file is."""
    if not name.lower().endswith(EXTENSIONS[media_type]):
        raise Unfit(Unfitness.NAMED_OTHERWISE)
