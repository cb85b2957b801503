"""Wire models of FAQ entries and of what is proposed."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from services.consultation.consultations.forms.codes import DecisionType
from services.consultation.faq import proposals
from services.consultation.faq.domain import EntryText, QuestionAndAnswer, WithdrawalReason, is_plain
from services.consultation.faq.entries import PublishedEntry
from services.consultation.wire import Instant
from shared.http.bodies import WireModel
from shared.http.paging import LimitInBody
from shared.vault import Vault

MOST_CHARACTERS_OF_A_QUESTION = 300
MOST_CHARACTERS_OF_AN_ANSWER = 5_000
MOST_CHARACTERS_OF_A_SEARCH = 100
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]
DecisionTypeCode = Annotated[DecisionType, Field(description="Code list decisionTypes / Kodlistan decisionTypes")]


def _plain(text: str) -> str:
    if not is_plain(text):
        raise PydanticCustomError("unseen_character", "a control, format or direction character")
    if not text.strip():
        raise PydanticCustomError("blank", "nothing but blanks")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise PydanticCustomError("more_than_one_line", "a line break")
    return text


def _said(statement: object) -> object:
    # To Python 1 is true too.
    if statement is not True:
        raise PydanticCustomError("not_said", "anything but true")
    return statement


Question = Annotated[
    str,
    Field(min_length=1, max_length=MOST_CHARACTERS_OF_A_QUESTION),
    AfterValidator(_plain),
    AfterValidator(_one_line),
]
Answer = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS_OF_AN_ANSWER), AfterValidator(_plain)]
Reason = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_plain)]


class QuestionAndAnswerModel(WireModel):
    """In one language, as text: what looks like markup is shown as it is written. Lines are parted by U+000A."""

    question: Question
    answer: Answer


class EntryBody(WireModel):
    """What is to be told, in plain words and of nobody: no numbers, names, places or days that lead to a person."""

    decision_type: DecisionTypeCode
    sv: QuestionAndAnswerModel
    en: QuestionAndAnswerModel | None = None

    def text(self) -> EntryText:
        """As the rules see it."""
        english = None if self.en is None else QuestionAndAnswer(self.en.question, self.en.answer)
        return EntryText(self.decision_type, QuestionAndAnswer(self.sv.question, self.sv.answer), english)


class ProposalReceipt(WireModel):
    """Where a proposal stands. `edition` belongs in `If-Match`."""

    proposal_id: uuid.UUID
    edition: int
    links: Links


class ProposalSummary(ProposalReceipt):
    """A proposal without its text: from a consultation, or a correction of a version of an entry.

    `waiting` is false when it was sent back. `writtenBy` are all who have written any of it, the last one last.
    """

    consultation_id: uuid.UUID | None
    corrects: uuid.UUID | None
    corrects_version: int | None
    waiting: bool
    proposed_at: Instant
    written_by: list[str]


class ProposalModel(ProposalSummary, EntryBody):
    """A whole proposal. Who confirms it sends `digest`: what is confirmed is exactly what was read."""

    digest: str
    sent_back_at: Instant | None
    sent_back_by: str | None
    reason: str | None


class ProposalPage(WireModel):
    """The oldest first."""

    proposals: list[ProposalSummary]
    links: Links


class ConfirmationRequest(WireModel):
    """That the text with this digest has been read, and holds nothing about anybody."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="From the proposal / Ur förslaget")]
    holds_no_personal_data: Annotated[Literal[True], BeforeValidator(_said)]


class ReturnRequest(WireModel):
    """Why it is not confirmed, for those who have written it."""

    reason: Reason


class WithdrawalRequest(WireModel):
    """Why it is withdrawn (code list `faqWithdrawals`)."""

    reason: WithdrawalReason


class WithdrawnEntry(WireModel):
    """It is told no longer."""

    entry_id: uuid.UUID


class EntryReceipt(WireModel):
    """Which entry, in which version."""

    entry_id: uuid.UUID
    version: int
    links: Links


class EntryModel(EntryReceipt, EntryBody):
    """A published entry. `version` rises when it is corrected, and belongs in `If-Match` of who corrects it."""


class EntryPage(WireModel):
    """In an order that tells nothing of when they came."""

    entries: list[EntryModel]
    links: Links


class EntrySearch(WireModel):
    """Words that are all to stand in an entry, in either language and any form. No sign among them means anything."""

    words: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS_OF_A_SEARCH)]
    decision_type: DecisionTypeCode | None = None
    limit: LimitInBody = 20
    after: Annotated[uuid.UUID | None, Field(description="`next` of the page before / `next` på sidan före")] = None


class FoundEntries(WireModel):
    """What was found. `next` belongs in `after`; null when there is no more."""

    entries: list[EntryModel]
    next: uuid.UUID | None


def entry_model(entry: PublishedEntry, base_url: str) -> EntryModel:
    """A published entry on the wire."""
    return EntryModel(**_place(entry.id, entry.version, base_url), **_body(entry.text))


def entry_receipt(entry_id: uuid.UUID, version: int, base_url: str) -> EntryReceipt:
    """Where a published entry is read."""
    return EntryReceipt(**_place(entry_id, version, base_url))


def summary_values(row: Row[Any], base_url: str) -> dict[str, Any]:
    """What a proposal's row tells without its text."""
    return {
        "proposal_id": row.id,
        "edition": row.edition,
        "consultation_id": row.consultation_id,
        "corrects": row.entry_id,
        "corrects_version": row.entry_version,
        "waiting": row.sent_back_at is None,
        "proposed_at": row.proposed_at,
        "written_by": row.written_by,
        "links": {"self": {"href": proposal_address(row.id, base_url)}},
    }


def proposal_model(row: Row[Any], vault: Vault, base_url: str) -> ProposalModel:
    """A proposal's row, opened. Raises CannotOpen."""
    written = proposals.opened(vault, row)
    return ProposalModel(
        digest=written.digest.hex(),
        sent_back_at=row.sent_back_at,
        sent_back_by=row.sent_back_by,
        reason=proposals.opened_reason(vault, row),
        **summary_values(row, base_url),
        **_body(written),
    )


def receipt(proposal_id: uuid.UUID, edition: int, base_url: str) -> ProposalReceipt:
    """Where a proposal stands."""
    links = {"self": {"href": proposal_address(proposal_id, base_url)}}
    return ProposalReceipt(proposal_id=proposal_id, edition=edition, links=links)


def proposal_address(proposal_id: uuid.UUID, base_url: str) -> str:
    """Where a proposal is read."""
    return f"{base_url}/faq-proposals/{proposal_id}"


def _place(entry_id: uuid.UUID, version: int, base_url: str) -> dict[str, Any]:
    links = {"self": {"href": f"{base_url}/faq-entries/{entry_id}"}}
    return {"entry_id": entry_id, "version": version, "links": links}


def _body(written: EntryText) -> dict[str, Any]:
    def told(each: QuestionAndAnswer) -> QuestionAndAnswerModel:
        return QuestionAndAnswerModel(question=each.question, answer=each.answer)

    return {
        "decision_type": written.decision_type,
        "sv": told(written.sv),
        "en": written.en and told(written.en),
    }
