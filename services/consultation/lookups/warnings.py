"""What an asker should know about the law that a look-up rests on, without it being a refusal."""

from services.consultation.grounds.domain import Decision, LawWarning
from shared.problems import Words

GROUND_NOT_VERIFIED = "ground_not_verified"
_PREFIX = "lookup."


def warnings_about(decision: Decision) -> list[tuple[LawWarning, list[str]]]:
    """Each warning with the sources it concerns; none stand for the legal text as a whole."""
    unverified: dict[str, list[str]] = {}
    for item in decision.items:
        if item.permitted and item.verified is False and item.ground is not None:
            unverified.setdefault(item.ground, []).append(item.information_set.removeprefix(_PREFIX).upper())
    told = [(_not_verified(ground, sources), sources) for ground, sources in unverified.items()]
    return [*told, *((each, list[str]()) for each in decision.warnings)]


def _not_verified(ground: str, sources: list[str]) -> LawWarning:
    named = ", ".join(sources)
    return LawWarning(
        GROUND_NOT_VERIFIED,
        Words(
            f"Det rättsliga stödet för {named} är inte verifierat i författning: {ground}.",
            f"The legal basis for {named} has not been verified in a statute: {ground}.",
        ),
    )
