"""What a token can allow in this service."""

from shared.problems import Words
from shared.tokens.scopes import Scope

AGREEMENTS_READ = Scope(
    "samrad:agreements.read",
    Words(
        "Läsa publicerade överenskommelser och dem som den egna organisationen är part i",
        "Read published agreements and those to which one's own organisation is a party",
    ),
    bearer_allowed=True,
)
AGREEMENTS_WRITE = Scope(
    "samrad:agreements.write",
    Words(
        "Registrera överenskommelser som den egna organisationen är part i",
        "Register agreements to which one's own organisation is a party",
    ),
)
DECISIONS_MAKE = Scope(
    "samrad:decisions.make",
    Words(
        "Fråga om en organisation får begära uppgifter för ett ändamål (mellan tjänsterna)",
        "Ask whether an organisation may ask for information for a purpose (between the services)",
    ),
)
DELEGATIONS_MANAGE = Scope(
    "samrad:delegations.manage",
    Words(
        "Ge och återkalla fullmakter för leverantörer att agera för den egna organisationen",
        "Grant and withdraw delegations that let suppliers act for one's own organisation",
    ),
)
DELEGATIONS_READ = Scope(
    "samrad:delegations.read",
    Words(
        "Läsa fullmakter som den egna organisationen har gett eller fått",
        "Read delegations that one's own organisation has granted or holds",
    ),
)
DELEGATIONS_CHECK = Scope(
    "samrad:delegations.check",
    Words(
        "Fråga om en leverantör just nu får agera för en organisation (mellan tjänsterna)",
        "Ask whether a supplier may act for an organisation right now (between the services)",
    ),
)
UNITS_MANAGE = Scope(
    "samrad:units.manage",
    Words(
        "Flytta kommuner mellan den egna myndighetens enheter från en dag som kommer",
        "Move municipalities between the units of one's own authority, from a day to come",
    ),
)
AUDIT_READ = Scope(
    "samrad:audit.read",
    Words(
        "Läsa vem som har sett vad i den egna organisationens ärenden",
        "Read who has seen what in one's own organisation's records",
    ),
)

SCOPES = {
    scope.name: scope
    for scope in (
        AGREEMENTS_READ,
        AGREEMENTS_WRITE,
        DECISIONS_MAKE,
        DELEGATIONS_MANAGE,
        DELEGATIONS_READ,
        DELEGATIONS_CHECK,
        UNITS_MANAGE,
        AUDIT_READ,
    )
}
