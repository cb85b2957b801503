"""What a delegation looks like outside."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.agreements.delegations.domain import DELEGABLE, Delegation, Question, State, Wish
from services.agreements.wire import ICD, ORGANISATION, Day, Instant, Links, links
from shared.http.bodies import WireModel

Number = Annotated[str, Field(pattern=ORGANISATION)]
ScopeName = Annotated[str, Field(max_length=100)]
Scopes = Annotated[list[ScopeName], Field(min_length=1, max_length=20)]


class DelegationBody(WireModel):
    """Both days belong to the validity, which begins today without `validFrom`. The person in the header approves."""

    supplier: Number
    scopes: Annotated[Scopes, Field(description="Some of / Några av: " + ", ".join(DELEGABLE))]
    valid_from: Day | None = None
    valid_to: Day

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.valid_from is not None and self.valid_to < self.valid_from:
            raise ValueError("validTo lies before validFrom")
        if len(set(self.scopes)) != len(self.scopes):
            raise ValueError("a scope is repeated")
        return self

    def wish(self, today: date) -> Wish:
        """Inside."""
        return Wish(self.supplier, tuple(self.scopes), self.valid_from or today, self.valid_to)


class SideAnswer(WireModel):
    """An organisation with the name that the register has for it."""

    organisation_number: str
    name: str | None


class DelegationAnswer(WireModel):
    """`approvedBy` and `withdrawnBy` are the consumer's handlers, and told to the consumer alone."""

    delegation_id: UUID
    consumer: SideAnswer
    supplier: SideAnswer
    scopes: list[str]
    valid_from: Day
    valid_to: Day
    state: Annotated[
        State,
        Field(
            description="Today: not begun, in force, ended, or withdrawn / "
            "I dag: har inte börjat, gäller, har löpt ut eller är återkallad"
        ),
    ]
    approved_by: str | None
    created_at: Instant
    withdrawn_at: Instant | None
    withdrawn_by: str | None
    links: Links


class DelegationPage(WireModel):
    """Newest first."""

    items: list[DelegationAnswer]
    links: Links


class DelegationCheckBody(WireModel):
    """`delegationId` is the one that a token rests on; without it any that covers all the scopes will do."""

    consumer: Number
    supplier: Number
    scopes: Scopes
    delegation_id: UUID | None = None

    def question(self) -> Question:
        """Inside."""
        return Question(ICD + self.consumer, ICD + self.supplier, tuple(self.scopes), self.delegation_id)


class DelegationCheckAnswer(WireModel):
    """`delegationId` is what lets the supplier act, when something does."""

    in_force: bool
    delegation_id: UUID | None


Role = Literal["consumer", "supplier"]


def delegation_answer(delegation: Delegation, *, reader: str, today: date, api_url: str) -> DelegationAnswer:
    """On the wire, for one of the two sides. `reader` is canonical."""
    own = reader == ICD + delegation.consumer.number
    return DelegationAnswer(
        delegation_id=delegation.id,
        consumer=SideAnswer(organisation_number=delegation.consumer.number, name=delegation.consumer.name),
        supplier=SideAnswer(organisation_number=delegation.supplier.number, name=delegation.supplier.name),
        scopes=list(delegation.scopes),
        valid_from=delegation.valid_from,
        valid_to=delegation.valid_to,
        state=delegation.state(today),
        approved_by=delegation.approved_by if own else None,
        created_at=delegation.created_at,
        withdrawn_at=delegation.withdrawn_at,
        withdrawn_by=delegation.withdrawn_by if own else None,
        links=links(f"{api_url}/delegations/{delegation.id}", {}),
    )


_API = "https://samrad.example/agreements/v1"
_ID = "6d0f8a54-7a3e-4f0c-9b1d-2f6c1f0e7a21"
_SCOPES = ["samrad:consultations.create", "samrad:consultations.read", "samrad:lookups.create"]
DELEGATION_BODY_EXAMPLE: dict[str, Any] = {
    "supplier": "5599990008",
    "scopes": _SCOPES,
    "validFrom": "2026-12-01",
    "validTo": "2027-11-30",
}
DELEGATION_EXAMPLE: dict[str, Any] = {
    "delegationId": _ID,
    "consumer": {"organisationNumber": "2120002627", "name": "Umeå kommun"},
    "supplier": {"organisationNumber": "5599990008", "name": "Exempelsystem AB (påhittad leverantör)"},
    "scopes": _SCOPES,
    "validFrom": "2026-12-01",
    "validTo": "2027-11-30",
    "state": "in_force",
    "approvedBy": "hl-4711",
    "createdAt": "2026-11-20T09:12:00Z",
    "withdrawnAt": None,
    "withdrawnBy": None,
    "_links": {"self": {"href": f"{_API}/delegations/{_ID}"}},
}
WITHDRAWN_EXAMPLE: dict[str, Any] = {
    **DELEGATION_EXAMPLE,
    "state": "withdrawn",
    "withdrawnAt": "2027-02-03T14:30:00Z",
    "withdrawnBy": "hl-4712",
}
DELEGATIONS_EXAMPLE: dict[str, Any] = {
    "items": [DELEGATION_EXAMPLE],
    "_links": {"self": {"href": f"{_API}/delegations?role=consumer&limit=20"}},
}
CHECK_BODY_EXAMPLE: dict[str, Any] = {
    "consumer": "2120002627",
    "supplier": "5599990008",
    "scopes": _SCOPES,
    "delegationId": _ID,
}
CHECK_EXAMPLE: dict[str, Any] = {"inForce": True, "delegationId": _ID}
