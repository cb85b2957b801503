"""Attachments as their rules see them. Pure.

A file is *given* when it is uploaded and *told* when a message carries it: until then only the side that gave it sees
it and may remove it, and from then on it is a document of the consultation and stays.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.consultation.consultations.attachments.problems import ATTACHMENTS_FULL
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.transitions import OPEN_STATES, Party, legal_actions
from services.consultation.problems import CLAIMED_BY_ANOTHER, ILLEGAL_TRANSITION, PROTECTED_IDENTITY
from shared.problems import Problem, Words


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


class Scan(StrEnum):
    """What a scanner has said of a file."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


SCANS: Mapping[Scan, Words] = {
    Scan.PENDING: Words("Väntar på att granskas", "Waits to be scanned"),
    Scan.CLEAN: Words("Granskad utan anmärkning", "Scanned and clean"),
    Scan.INFECTED: Words("Innehöll skadlig kod och är borttagen", "Held malicious code and is gone"),
    Scan.NOT_SCANNED: Words("Granskas inte här", "Not scanned here"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be given: bytes of one file, files and bytes of one consultation, bytes of one organisation in a day."""

    file_bytes: int
    files: int
    consultation_bytes: int
    day_bytes: int


@dataclass(frozen=True, slots=True)
class Given:
    """What has been given already: in the consultation, and by the organisation in the last day."""

    files: int
    consultation_bytes: int
    day_bytes: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. `given_by` is the organisation of the side that gave it."""

    id: uuid.UUID
    organisation: str
    consultation_id: uuid.UUID
    answering: str
    given_by: str
    given_at: datetime
    name: str
    media_type: MediaType
    size: int
    sha256: bytes
    scan: Scan


def place_of(organisation: str, consultation_id: uuid.UUID, attachment_id: uuid.UUID) -> str:
    """What the content is bound to where it is kept."""
    return f"attachment:{organisation}:{consultation_id}:{attachment_id}"


def require_may_give(consultation: Consultation, organisation: str, person: str) -> None:
    """Whoever may write may give: the asking side while it is open, the answering side's handler who has it.

    Raises Problem 409.
    """
    if consultation.protected:
        raise Problem(PROTECTED_IDENTITY)
    if consultation.state not in OPEN_STATES:
        party = Party.ASKING if organisation == consultation.organisation else Party.ANSWERING
        legal = [each.value for each in legal_actions(consultation.state, frozenset((party,)))]
        raise Problem(ILLEGAL_TRANSITION, members={"state": consultation.state.value, "legalActions": legal})
    if organisation == consultation.answering and consultation.assigned_to != person:
        members = {
            "state": consultation.state.value,
            "assignedTo": consultation.assigned_to,
            "version": consultation.version,
        }
        raise Problem(CLAIMED_BY_ANOTHER, members=members)


def require_room(limits: Limits, given: Given, size: int) -> None:
    """Raises Problem 409 naming the limit that another file of that size would pass."""
    passed = {
        "files": given.files + 1 > limits.files,
        "consultationBytes": given.consultation_bytes + size > limits.consultation_bytes,
        "organisationDayBytes": given.day_bytes + size > limits.day_bytes,
    }
    if limit := next((name for name, over in passed.items() if over), None):
        raise Problem(ATTACHMENTS_FULL, members={"limit": limit})
