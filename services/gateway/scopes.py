"""The rights that the issuer can grant, by service. The services hold the same names where they enforce them."""

from collections.abc import Iterable, Mapping

from shared.problems import Words
from shared.tokens.scopes import Scope

_AUDIT_READ = Scope(
    "samrad:audit.read",
    Words(
        "Läsa loggen över vad som lämnats ut till den egna organisationen eller om dess ärenden",
        "Read the log of what was disclosed to the own organisation or about its cases",
    ),
)

CATALOGUE: Mapping[str, tuple[Scope, ...]] = {
    "consultation": (
        Scope(
            "samrad:lookups.create",
            Words("Fråga anslutna källor om en person", "Ask the connected sources about a person"),
        ),
        Scope(
            "samrad:lookups.read",
            Words("Läsa svar på egna frågor till källorna", "Read the answers to own look-ups"),
        ),
        Scope(
            "samrad:consultations.create",
            Words("Öppna ett samråd med Arbetsförmedlingen", "Open a consultation with Arbetsförmedlingen"),
        ),
        Scope(
            "samrad:consultations.read",
            Words("Läsa de egna samråden och deras händelser", "Read own consultations and their events"),
        ),
        Scope(
            "samrad:consultations.manage",
            Words(
                "Svara på motfrågor, avsluta och återta egna samråd",
                "Reply to questions, close and withdraw own consultations",
            ),
        ),
        Scope(
            "samrad:queue.work",
            Words(
                "Arbeta i Arbetsförmedlingens kö: ta, lämna tillbaka, fråga och besvara samråd",
                "Work the queue of Arbetsförmedlingen: claim, release, ask back and answer consultations",
            ),
        ),
        _AUDIT_READ,
        Scope(
            "samrad:statistics.read",
            Words("Läsa ledtider och pågående arbete utan personuppgifter", "Read lead times, without persons"),
            bearer_allowed=True,
        ),
    ),
    "agreements": (
        Scope(
            "samrad:agreements.read",
            Words("Läsa organisationer och överenskommelser", "Read organisations and agreements"),
            bearer_allowed=True,
        ),
        Scope(
            "samrad:agreements.write",
            Words("Föreslå och ändra egna överenskommelser", "Propose and change own agreements"),
        ),
        _AUDIT_READ,
        Scope(
            "samrad:decisions.make",
            Words(
                "Fråga om ett utlämnande har en grund i kraft (tjänst till tjänst)",
                "Ask whether a disclosure has a ground in force (service to service)",
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
