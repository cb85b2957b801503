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
NOT_OWN_UNITS = ProblemKind(
    "not_own_units",
    403,
    Words("Den egna organisationen har inga enheter här", "Your own organisation has no units here"),
    Words(
        "Bara den myndighet vars enheter det är flyttar kommuner mellan dem.",
        "Only the authority whose units they are moves municipalities between them.",
    ),
    check="tenancy",
)
UNIT_UNKNOWN = ProblemKind(
    "unit_unknown",
    409,
    Words("Enheten finns inte från den dagen", "The unit does not exist from that day on"),
    Words(
        "Välj en enhet med nivån unit i /units?on=, som finns kvar efter dagen.",
        "Choose one of the level unit in /units?on= that stays after the day.",
    ),
)
MUNICIPALITY_UNKNOWN = ProblemKind(
    "municipality_unknown",
    409,
    Words("Kommunen finns inte den dagen", "The municipality does not exist on that day"),
    Words("Välj bland koderna i /municipalities?on=.", "Choose among the codes in /municipalities?on=."),
)
MOVE_PERIOD_INVALID = ProblemKind(
    "move_period_invalid",
    422,
    Words(
        "Flytten kan inte börja den dagen: det som varit ändras inte",
        "The move cannot begin on that day: what has been is not changed",
    ),
    Words(
        "Välj en dag mellan earliest och latest. I morgon är den tidigaste.",
        "Choose a day between earliest and latest. Tomorrow is the earliest.",
    ),
)
ALREADY_WITH_UNIT = ProblemKind(
    "already_with_unit",
    409,
    Words("Kommunen hör redan till enheten den dagen", "The municipality is already with the unit on that day"),
    Words("Se vad som gäller i /routing?on=.", "See what holds in /routing?on=."),
)
MOVE_ALREADY_PLANNED = ProblemKind(
    "move_already_planned",
    409,
    Words("En annan flytt börjar samma dag", "Another move begins on the same day"),
    Words(
        "Återkalla den först, eller välj en annan dag. Planerade flyttar finns i /unit-moves.",
        "Withdraw that one first, or choose another day. Planned moves are in /unit-moves.",
    ),
)
MOVE_HAS_BEGUN = ProblemKind(
    "move_has_begun",
    409,
    Words("Flytten har redan börjat gälla", "The move has begun already"),
    Words(
        "Registrera en ny flytt tillbaka, från en dag som kommer.",
        "Register another move that leads back, from a day to come.",
    ),
)
