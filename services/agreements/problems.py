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
CANNOT_DELEGATE = ProblemKind(
    "cannot_delegate",
    403,
    Words("Organisationen kan inte låta andra agera för sig", "The organisation cannot let others act for it"),
    Words(
        "Bara en organisation i registret som inte själv är leverantör kan ge fullmakt. En fullmakt ges inte vidare.",
        "Only an organisation in the register that is no supplier itself can. A delegation is not passed on.",
    ),
)
SCOPE_NOT_DELEGABLE = ProblemKind(
    "scope_not_delegable",
    403,
    Words("Fullmakten kan inte omfatta detta", "The delegation cannot cover this"),
    Words(
        "Välj bland scopen i delegableScopes. Övriga utövas av organisationen själv.",
        "Choose among the scopes in delegableScopes. The others are for the organisation itself.",
    ),
)
SUPPLIER_UNKNOWN = ProblemKind(
    "supplier_unknown",
    409,
    Words("Leverantören finns inte i registret", "The supplier is not in the register"),
    Words(
        "Ange en organisation av slaget supplier i /organisations, eller be driften registrera den.",
        "Name an organisation of the kind supplier in /organisations, or ask operations to register it.",
    ),
)
DELEGATION_PERIOD_INVALID = ProblemKind(
    "delegation_period_invalid",
    422,
    Words("Fullmaktens tid kan inte användas", "The period of the delegation cannot be used"),
    Words(
        "Börja tidigast i dag (today) och låt den gälla högst tre år (maxDays dagar).",
        "Begin today at the earliest (today) and let it last at most three years (maxDays days).",
    ),
)
