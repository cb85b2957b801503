"""Refusals of this service. The shared ones are in `shared/problems.py`."""

from shared.problems import ProblemKind, Words

NOT_A_PARTY = ProblemKind(
    "not_a_party",
    403,
    Words("Den egna organisationen är inte part", "Your own organisation is not a party"),
    Words(
        "Ta med den egna organisationen bland parties. Bara en part får registrera.",
        "Include your own organisation among parties. Only a party may register.",
    ),
    check="tenancy",
)
PARTY_UNKNOWN = ProblemKind(
    "party_unknown",
    409,
    Words("En part finns inte i registret", "A party is not in the register"),
    Words(
        "Se places: platserna i parties som inte finns den dag överenskommelsen börjar gälla.",
        "See places: the places in parties that do not exist on the day the agreement begins.",
    ),
)
LEGAL_BASIS_UNKNOWN = ProblemKind(
    "legal_basis_unknown",
    409,
    Words("Ett rättsligt stöd finns inte i registret", "A legal basis is not in the register"),
    Words("Välj bland id i /legal-bases.", "Choose among the ids in /legal-bases."),
)
