"""The decision on each set of information that was asked for. Pure.

A partial disclosure lists every requested set with its own decision, and of a refused one nothing is told but that it
was refused, on what, and why.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.consultation.consultations.disclosures.problems import DISCLOSURES_DO_NOT_MATCH
from services.consultation.consultations.information_sets import FACTS, Basis, InformationSet
from shared.problems import Problem, Words


class Decision(StrEnum):
    """What is done with a set."""

    DISCLOSE = "disclose"
    PARTLY = "partly"
    REFUSE = "refuse"


class RefusalReason(StrEnum):
    """Why a set, or a part of one, is not told."""

    SECRECY = "secrecy"
    CONSENT_MISSING = "consent_missing"
    NOT_HELD = "not_held"
    NOT_NEEDED = "not_needed"
    OUTSIDE_GROUND = "outside_ground"


REFUSAL_REASONS: Mapping[RefusalReason, Words] = {
    RefusalReason.SECRECY: Words("Sekretess hindrar", "Secrecy prevents it"),
    RefusalReason.CONSENT_MISSING: Words("Samtycke saknas", "There is no consent"),
    RefusalReason.NOT_HELD: Words("Uppgiften finns inte hos myndigheten", "The authority does not hold it"),
    RefusalReason.NOT_NEEDED: Words("Uppgiften behövs inte för ändamålet", "It is not needed for the purpose"),
    RefusalReason.OUTSIDE_GROUND: Words("Det rättsliga stödet omfattar inte uppgiften", "The ground does not cover it"),
}
DECISIONS: Mapping[Decision, Words] = {
    Decision.DISCLOSE: Words("Lämnas ut", "Disclosed"),
    Decision.PARTLY: Words("Lämnas ut till en del", "Disclosed in part"),
    Decision.REFUSE: Words("Lämnas inte ut", "Refused"),
}
APPEAL = Words(
    "Ni kan begära ett skriftligt beslut och överklaga det enligt 6 kap. offentlighets- och sekretesslagen (2009:400). "
    "Exempeltext: myndighetens jurist fastställer ordalydelsen.",
    "You may ask for a written decision and appeal against it under chapter 6 of the Public Access to Information and "
    "Secrecy Act (2009:400). Sample text: the authority's lawyer decides the wording.",
)
"""What follows every refusal, of a whole set or a part."""


@dataclass(frozen=True, slots=True)
class AskedSet:
    """One set that a consultation names. `in_registers`: a look-up could have told it."""

    code: InformationSet
    basis: Basis
    in_registers: bool


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The decision on one set. `content` is what is told, None when it is refused; `explanation` is for the asker.

    `attachments` are the files that are a part of it.
    """

    code: InformationSet
    decision: Decision
    legal_basis: str
    reason: RefusalReason | None
    explanation: str | None
    content: str | None
    attachments: tuple[uuid.UUID, ...] = ()


def asked(codes: Sequence[InformationSet], *, consent: bool) -> tuple[AskedSet, ...]:
    """The sets of a question, each with the basis that it rests on when consent has been registered, or not."""
    return tuple(AskedSet(code, FACTS[code].basis(consent=consent), FACTS[code].in_registers) for code in codes)


def require_a_decision_on_each(asked_for: Collection[InformationSet], decided: Sequence[Disclosure]) -> None:
    """Raises Problem when a set is without decision, decided twice or was not asked for, and for contradictions."""
    codes = [each.code for each in decided]
    wanted = set(asked_for)
    faults = {
        "missing": [code.value for code in asked_for if code not in codes],
        "notAskedFor": [code.value for code in codes if code not in wanted],
        "repeated": sorted({code.value for code in codes if codes.count(code) > 1}),
        "contradictory": [each.code.value for each in decided if _contradictory(each)],
    }
    if any(faults.values()):
        raise Problem(DISCLOSURES_DO_NOT_MATCH, members={name: found for name, found in faults.items() if found})


def _contradictory(disclosure: Disclosure) -> bool:
    refused = disclosure.decision is Decision.REFUSE
    whole = disclosure.decision is Decision.DISCLOSE
    return (
        refused != (disclosure.content is None)
        or whole != (disclosure.reason is None)
        or (whole and disclosure.explanation is not None)
        or (refused and bool(disclosure.attachments))
    )
