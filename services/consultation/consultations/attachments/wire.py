"""Wire models of attachments."""

import uuid
from typing import Annotated, Any

from pydantic import Field

from services.consultation.consultations.attachments.domain import MediaType, Scan
from services.consultation.consultations.attachments.repository import ReadAttachment
from services.consultation.consultations.information_sets import InformationSet
from services.consultation.consultations.side import Side, side_of
from services.consultation.wire import Instant
from shared.http.bodies import WireModel

MOST_NAMED = 50
AttachmentIds = Annotated[
    list[uuid.UUID],
    Field(max_length=MOST_NAMED, description="Files of one's own side that go with it / Egna bilagor som följer med"),
]


class AttachmentModel(WireModel):
    """A file. `sequence` is the event that told it to the other side, null before: then it can still be removed.

    `mediaType` is what the content is (code list `attachmentTypes`), `scan` what a scanner has said (`scans`), and
    `informationSet` the set that it is disclosed as a part of.
    """

    attachment_id: uuid.UUID
    name: str
    media_type: MediaType
    bytes: int
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal / hexadecimal SHA-256")]
    scan: Scan
    side: Side
    given_at: Instant
    sequence: int | None
    information_set: InformationSet | None
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class RemovedAttachment(WireModel):
    """It is gone."""

    attachment_id: uuid.UUID


def attachment_model(file: ReadAttachment, owner: str, consultation_id: uuid.UUID, base_url: str) -> AttachmentModel:
    """On the wire; `owner` is the organisation that asked."""
    path = f"{base_url}/consultations/{consultation_id}/attachments/{file.id}"
    return AttachmentModel(
        attachment_id=file.id,
        name=file.name,
        media_type=file.media_type,
        bytes=file.size,
        digest=file.sha256.hex(),
        scan=file.scan,
        side=side_of(file.given_by, owner),
        given_at=file.given_at,
        sequence=file.sequence,
        information_set=InformationSet(file.information_set) if file.information_set else None,
        links={"self": {"href": path}, "content": {"href": f"{path}/content"}},
    )


_PATH = (
    "https://samrad.example/consultation/v1/consultations/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
    "/attachments/5a3f7c1e-0d1b-4b52-8a1e-6c1c8f0a9b77"
)
EXAMPLE: dict[str, Any] = {
    "attachmentId": "5a3f7c1e-0d1b-4b52-8a1e-6c1c8f0a9b77",
    "name": "handlingsplan.pdf",
    "mediaType": "application/pdf",
    "bytes": 48211,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "scan": "clean",
    "side": "answering_authority",
    "givenAt": "2026-11-20T09:12:00Z",
    "sequence": 4,
    "informationSet": "action_plan",
    "_links": {"self": {"href": _PATH}, "content": {"href": f"{_PATH}/content"}},
}
