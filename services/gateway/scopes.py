"""The rights that the issuer can grant, by service.

A service declares the same objects where it enforces them; a test holds the two alike, since neither may import
the other.
"""

from collections.abc import Iterable, Mapping

from shared.problems import Words
from shared.tokens.scopes import Scope

_AUDIT_READ = Scope(
    "samrad:audit.read",
    Words(
        "Läsa vem som har sett vad i den egna organisationens ärenden",
        "Read who has seen what in one's own organisation's records",
    ),
)

CATALOGUE: Mapping[str, tuple[Scope, ...]] = {
    "consultation": (
        Scope(
            "samrad:lookups.create",
            Words(
                "Fråga andra myndigheters register om en person i ett ärende hos den egna organisationen",
                "Ask other authorities' registers about a person in a case of one's own organisation",
            ),
        ),
        Scope(
            "samrad:lookups.read",
            Words(
                "Läsa vilka slagningar den egna organisationen har gjort och hur källorna svarade, utan innehåll",
                "Read which look-ups one's own organisation has made and how the sources answered, without content",
            ),
        ),
        Scope(
            "samrad:sources.read",
            Words(
                "Prova anslutningen till källorna och läsa hur de mår, utan personuppgifter",
                "Try the connection to the sources and read how they are, without personal data",
            ),
            bearer_allowed=True,
        ),
        Scope(
            "samrad:consultations.create",
            Words("Öppna samråd med Arbetsförmedlingen", "Open consultations with Arbetsförmedlingen"),
        ),
        Scope(
            "samrad:consultations.read",
            Words(
                "Läsa samråd där den egna organisationen frågar eller svarar",
                "Read consultations in which one's own organisation asks or answers",
            ),
        ),
        Scope(
            "samrad:consultations.manage",
            Words(
                "Svara på motfrågor, avsluta och återta den egna organisationens samråd",
                "Reply to questions back, close and withdraw one's own organisation's consultations",
            ),
        ),
        Scope(
            "samrad:queue.work",
            Words(
                "Arbeta i kön: ta, släppa, fråga tillbaka och besvara samråd som ställts till den egna organisationen",
                "Work the queue: claim, release, ask back and answer consultations put to one's own organisation",
            ),
        ),
        _AUDIT_READ,
        Scope(
            "samrad:protected.mark",
            Words(
                "Märka personer med skyddade personuppgifter, och ta bort den egna organisationens märkning",
                "Mark persons with protected identity, and remove one's own organisation's marks",
            ),
        ),
        Scope(
            "samrad:protected.read",
            Words(
                "Se innehållet i enskilda slagningar och samråd om personer med skyddade personuppgifter",
                "See the content of single look-ups and consultations about persons with protected identity",
            ),
        ),
        Scope(
            "samrad:queue.lead",
            Words(
                "Leda arbetet i kön: fördela, omfördela vid frånvaro och lämna över till en annan enhet",
                "Lead the work in the queue: assign, redistribute for absence and hand over to another unit",
            ),
        ),
        Scope(
            "samrad:queue.corrections",
            Words(
                "Se och arbeta med samråd som rör Kriminalvårdens klienter, tillsammans med övriga behörigheter",
                "See and work on consultations that concern clients of the prison and probation service, beside other "
                "scopes",
            ),
        ),
        Scope(
            "samrad:violence.read",
            Words(
                "Se samråd som är märkta för våld i nära relation, tillsammans med övriga behörigheter",
                "See consultations that are marked for violence in close relationships, beside other scopes",
            ),
        ),
        Scope(
            "samrad:units.clocks",
            Words(
                "Ange öppettider och målvärden för den egna myndighetens enheter",
                "State opening hours and target times of one's own authority's units",
            ),
        ),
        Scope(
            "samrad:templates.manage",
            Words(
                "Skriva, ändra och ta bort den egna myndighetens svarsmallar",
                "Write, edit and remove the answer templates of one's own authority",
            ),
        ),
        Scope(
            "samrad:approvals.rule",
            Words(
                "Ange vilka svar från den egna myndigheten som två handläggare ska se",
                "State which answers of one's own authority two handlers have to see",
            ),
        ),
        Scope(
            "samrad:answers.approve",
            Words(
                "Godkänna en kollegas svar eller lämna det åter, innan det skickas",
                "Approve a colleague's answer or send it back, before it is told",
            ),
        ),
        Scope(
            "samrad:faq.confirm",
            Words(
                "Bekräfta att en kollegas FAQ-post är utan personuppgifter, och dra tillbaka publicerade",
                "Confirm that a colleague's FAQ entry holds no personal data, and withdraw published ones",
            ),
        ),
        Scope(
            "samrad:faq.read",
            Words(
                "Läsa publicerade frågor och svar om beslut, utan personuppgifter",
                "Read published questions and answers on decisions, without personal data",
            ),
            bearer_allowed=True,
        ),
        Scope(
            "samrad:statistics.read",
            Words(
                "Läsa ledtider och köläge, utan personuppgifter",
                "Read lead times and queue figures, without personal data",
            ),
            bearer_allowed=True,
        ),
        Scope(
            "samrad:webhooks.manage",
            Words(
                "Hantera den egna organisationens prenumerationer på händelser, och se hur de levereras",
                "Manage one's own organisation's subscriptions to events, and see how they are delivered",
            ),
        ),
        Scope(
            "samrad:retention.hold",
            Words(
                "Stoppa gallring av enskilda samråd, och häva den egna organisationens stopp",
                "Keep single consultations from being erased, and lift one's own organisation's holds",
            ),
        ),
    ),
    "agreements": (
        Scope(
            "samrad:agreements.read",
            Words(
                "Läsa publicerade överenskommelser och dem som den egna organisationen är part i",
                "Read published agreements and those to which one's own organisation is a party",
            ),
            bearer_allowed=True,
        ),
        Scope(
            "samrad:agreements.write",
            Words(
                "Registrera överenskommelser som den egna organisationen är part i",
                "Register agreements to which one's own organisation is a party",
            ),
        ),
        _AUDIT_READ,
        Scope(
            "samrad:decisions.make",
            Words(
                "Fråga om en organisation får begära uppgifter för ett ändamål (mellan tjänsterna)",
                "Ask whether an organisation may ask for information for a purpose (between the services)",
            ),
        ),
        Scope(
            "samrad:delegations.manage",
            Words(
                "Ge och återkalla fullmakter för leverantörer att agera för den egna organisationen",
                "Grant and withdraw delegations that let suppliers act for one's own organisation",
            ),
        ),
        Scope(
            "samrad:delegations.read",
            Words(
                "Läsa fullmakter som den egna organisationen har gett eller fått",
                "Read delegations that one's own organisation has granted or holds",
            ),
        ),
        Scope(
            "samrad:delegations.check",
            Words(
                "Fråga om en leverantör just nu får agera för en organisation (mellan tjänsterna)",
                "Ask whether a supplier may act for an organisation right now (between the services)",
            ),
        ),
        Scope(
            "samrad:units.manage",
            Words(
                "Flytta kommuner mellan den egna myndighetens enheter från en dag som kommer",
                "Move municipalities between the units of one's own authority, from a day to come",
            ),
        ),
    ),
}


def scopes_of(service: str) -> dict[str, Scope]:
    """The scopes of a service by name."""
    return {scope.name: scope for scope in CATALOGUE[service]}


def services_with(names: Iterable[str]) -> list[str]:
    """The services that know every one of the scopes."""
    wanted = frozenset(names)
    return [service for service in CATALOGUE if wanted <= scopes_of(service).keys()]


def all_scope_names() -> list[str]:
    """Every scope name, once, sorted."""
    return sorted({scope.name for scopes in CATALOGUE.values() for scope in scopes})
