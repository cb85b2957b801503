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
AUDIT_READ = Scope(
    "samrad:audit.read",
    Words(
        "Läsa vem som har sett vad i den egna organisationens ärenden",
        "Read who has seen what in one's own organisation's records",
    ),
)

SCOPES = {scope.name: scope for scope in (AGREEMENTS_READ, AGREEMENTS_WRITE, DECISIONS_MAKE, AUDIT_READ)}
