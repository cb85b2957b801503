"""Which answers two handlers have to see: rules with dates of validity, by unit and type. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.consultation.clocks.versions import in_force, known
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.disclosures.domain import Decision
from shared.problems import Words


class Covers(StrEnum):
    """The answers that a rule is about."""

    ALL_ANSWERS = "all_answers"
    DECISIONS = "decisions"
    REFUSALS = "refusals"

    def includes(self, decisions: Collection[Decision]) -> bool:
        """Whether an answer with these decisions on sets, or with none, is among them."""
        match self:
            case Covers.ALL_ANSWERS:
                return True
            case Covers.DECISIONS:
                return bool(decisions)
            case Covers.REFUSALS:
                return any(decision is not Decision.DISCLOSE for decision in decisions)


COVERS_WORDS: Mapping[Covers, Words] = {
    Covers.ALL_ANSWERS: Words("Alla svar", "All answers"),
    Covers.DECISIONS: Words("Svar med beslut om informationsmängder", "Answers with decisions on sets of information"),
    Covers.REFUSALS: Words(
        "Svar där något inte lämnas ut, helt eller delvis", "Answers in which something is refused, in whole or part"
    ),
}


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """From the day `valid_from`, for the unit and the type; None is every one.

    Without `covers` there no longer is a rule on this level.
    """

    unit: str | None
    type: str | None
    valid_from: date
    recorded_at: datetime
    covers: Covers | None


def handed_over_by(person: str, hand_overs: Iterable[tuple[str | None, str | None]]) -> list[str]:
    """The units that the person handed a consultation over from; `hand_overs` is by whom and from where, in any order.

    Persons are told apart as by whoever approves: a capital letter makes nobody another one.
    """
    mine = (unit for by, unit in hand_overs if unit and (by or "").casefold() == person.casefold())
    return sorted(set(mine))


def covered(rules: Iterable[ApprovalRule], unit: str, consultation_type: str, at: datetime) -> Covers | None:
    """What has to be seen by two at the instant; None when nothing has.

    The most specific level that has a rule decides: unit and type, the unit, the type, everything.
    """
    rules = tuple(rules)
    day = at.astimezone(SWEDEN).date()
    for level in ((unit, consultation_type), (unit, None), (None, consultation_type), (None, None)):
        of_level = [each for each in rules if (each.unit, each.type) == level]
        rule = in_force(known(of_level, at), day)
        if rule is not None and rule.covers is not None:
            return rule.covers
    return None
