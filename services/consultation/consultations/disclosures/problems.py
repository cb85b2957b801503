"""Refusals of disclosure."""

from shared.problems import ProblemKind, Words

DISCLOSURES_DO_NOT_MATCH = ProblemKind(
    "disclosures_do_not_match",
    422,
    Words("Besluten om utlämnande stämmer inte", "The decisions on disclosure do not match"),
    Words(
        "Ange ett beslut för varje begärd informationsmängd: innehåll när den lämnas ut, skäl när den inte gör det, "
        "och aldrig innehåll i en som nekas.",
        "State one decision for each information set that was asked for: content when it is disclosed, a reason when "
        "it is not, and never content of one that is refused.",
    ),
)
