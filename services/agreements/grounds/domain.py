"""The decision. What no ground in force permits is refused."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.agreements.grounds.legal_bases import Warned
from services.agreements.organisations.domain import Organisation
from services.agreements.units.domain import HandlingUnit


class Reason(StrEnum):
    """Why an information set is not permitted."""

    ORGANISATION_UNKNOWN = "organisation_unknown"
    UNKNOWN_INFORMATION_SET = "unknown_information_set"
    KIND_NOT_PERMITTED = "kind_not_permitted"
    PURPOSE_NOT_PERMITTED = "purpose_not_permitted"
    NO_GROUND_IN_FORCE = "no_ground_in_force"


@dataclass(frozen=True, slots=True)
class Ground:
    """What permits: one information set, purpose and kind of organisation, on one legal basis. Days inclusive.

    `fields` are the pieces of the information set that it opens; what is not named stays closed. `verified`: the
    legal basis was read in the statute.
    """

    id: str
    legal_basis_id: str
    reference: str
    title: str
    valid_from: date
    valid_to: date | None
    fields: tuple[str, ...] = ()
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the register holds on one information set, for the asking kind and purpose on the day.

    `ground` is in force. `on_another_day`: a ground for the same kind and purpose exists, at another time.
    `for_another_purpose`: a ground for the same kind exists. `for_another_kind`: any ground at all exists.
    `handled_by`: who handles such questions of the asker's on the day, None when it is no question to a handler.
    """

    information_set: str
    known: bool
    answering: str | None
    ground: Ground | None
    on_another_day: bool
    for_another_purpose: bool
    for_another_kind: bool
    handled_by: HandlingUnit | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """The decision on one information set: a ground, or a reason. What is not permitted is handled by nobody."""

    information_set: str
    answering: str | None
    ground: Ground | None
    reason: Reason | None
    handled_by: HandlingUnit | None = None

    @property
    def permitted(self) -> bool:
        """Only with a ground."""
        return self.ground is not None


@dataclass(frozen=True, slots=True)
class Decision:
    """Kept, so that what was disclosed can be traced to what permitted it. `version` is the grounds' edition.

    `warnings` are about the law that the asker states, and decide nothing.
    """

    id: uuid.UUID
    version: int
    at: datetime
    number: str
    organisation: Organisation | None
    purpose: str
    items: tuple[Item, ...]
    warnings: tuple[Warned, ...] = ()

    @property
    def permitted(self) -> bool:
        """Whether everything asked for is."""
        return all(item.permitted for item in self.items)


def decided(organisation: Organisation | None, evidence: Sequence[Evidence]) -> tuple[Item, ...]:
    """One item for each information set, in the order asked."""
    return tuple(_item(organisation, each) for each in evidence)


def _item(organisation: Organisation | None, evidence: Evidence) -> Item:
    ground = evidence.ground if organisation is not None else None
    if ground is None:
        return Item(evidence.information_set, evidence.answering, None, _reason(organisation, evidence))
    return Item(evidence.information_set, evidence.answering, ground, None, evidence.handled_by)


def _reason(organisation: Organisation | None, evidence: Evidence) -> Reason:
    if organisation is None:
        return Reason.ORGANISATION_UNKNOWN
    if not evidence.known:
        return Reason.UNKNOWN_INFORMATION_SET
    if evidence.on_another_day:
        return Reason.NO_GROUND_IN_FORCE
    if evidence.for_another_purpose:
        return Reason.PURPOSE_NOT_PERMITTED
    if evidence.for_another_kind:
        return Reason.KIND_NOT_PERMITTED
    return Reason.NO_GROUND_IN_FORCE
