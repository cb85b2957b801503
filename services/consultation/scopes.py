"""What a token can allow in this service."""

from collections.abc import Collection

from shared.problems import Words
from shared.tokens.scopes import Scope

LOOKUPS_CREATE = Scope(
    "samrad:lookups.create",
    Words(
        "Fråga andra myndigheters register om en person i ett ärende hos den egna organisationen",
        "Ask other authorities' registers about a person in a case of one's own organisation",
    ),
)
LOOKUPS_READ = Scope(
    "samrad:lookups.read",
    Words(
        "Läsa vilka slagningar den egna organisationen har gjort och hur källorna svarade, utan innehåll",
        "Read which look-ups one's own organisation has made and how the sources answered, without content",
    ),
)
SOURCES_READ = Scope(
    "samrad:sources.read",
    Words(
        "Prova anslutningen till källorna och läsa hur de mår, utan personuppgifter",
        "Try the connection to the sources and read how they are, without personal data",
    ),
    bearer_allowed=True,
)
CONSULTATIONS_CREATE = Scope(
    "samrad:consultations.create",
    Words("Öppna samråd med Arbetsförmedlingen", "Open consultations with Arbetsförmedlingen"),
)
CONSULTATIONS_READ = Scope(
    "samrad:consultations.read",
    Words(
        "Läsa samråd där den egna organisationen frågar eller svarar",
        "Read consultations in which one's own organisation asks or answers",
    ),
)
CONSULTATIONS_MANAGE = Scope(
    "samrad:consultations.manage",
    Words(
        "Svara på motfrågor, avsluta och återta den egna organisationens samråd",
        "Reply to questions back, close and withdraw one's own organisation's consultations",
    ),
)
QUEUE_WORK = Scope(
    "samrad:queue.work",
    Words(
        "Arbeta i kön: ta, släppa, fråga tillbaka och besvara samråd som ställts till den egna organisationen",
        "Work the queue: claim, release, ask back and answer consultations put to one's own organisation",
    ),
)
AUDIT_READ = Scope(
    "samrad:audit.read",
    Words(
        "Läsa vem som har sett vad i den egna organisationens ärenden",
        "Read who has seen what in one's own organisation's records",
    ),
)
PROTECTED_MARK = Scope(
    "samrad:protected.mark",
    Words(
        "Märka personer med skyddade personuppgifter, och ta bort den egna organisationens märkning",
        "Mark persons with protected identity, and remove one's own organisation's marks",
    ),
)
PROTECTED_READ = Scope(
    "samrad:protected.read",
    Words(
        "Se innehållet i enskilda slagningar och samråd om personer med skyddade personuppgifter",
        "See the content of single look-ups and consultations about persons with protected identity",
    ),
)
QUEUE_LEAD = Scope(
    "samrad:queue.lead",
    Words(
        "Leda arbetet i kön: fördela, omfördela vid frånvaro och lämna över till en annan enhet",
        "Lead the work in the queue: assign, redistribute for absence and hand over to another unit",
    ),
)
QUEUE_CORRECTIONS = Scope(
    "samrad:queue.corrections",
    Words(
        "Se och arbeta med samråd som rör Kriminalvårdens klienter, tillsammans med övriga behörigheter",
        "See and work on consultations that concern clients of the prison and probation service, beside other scopes",
    ),
)
VIOLENCE_READ = Scope(
    "samrad:violence.read",
    Words(
        "Se samråd som är märkta för våld i nära relation, tillsammans med övriga behörigheter",
        "See consultations that are marked for violence in close relationships, beside other scopes",
    ),
)
UNITS_CLOCKS = Scope(
    "samrad:units.clocks",
    Words(
        "Ange öppettider och målvärden för den egna myndighetens enheter",
        "State opening hours and target times of one's own authority's units",
    ),
)
TEMPLATES_MANAGE = Scope(
    "samrad:templates.manage",
    Words(
        "Skriva, ändra och ta bort den egna myndighetens svarsmallar",
        "Write, edit and remove the answer templates of one's own authority",
    ),
)
APPROVALS_RULE = Scope(
    "samrad:approvals.rule",
    Words(
        "Ange vilka svar från den egna myndigheten som två handläggare ska se",
        "State which answers of one's own authority two handlers have to see",
    ),
)
ANSWERS_APPROVE = Scope(
    "samrad:answers.approve",
    Words(
        "Godkänna en kollegas svar eller lämna det åter, innan det skickas",
        "Approve a colleague's answer or send it back, before it is told",
    ),
)
FAQ_CONFIRM = Scope(
    "samrad:faq.confirm",
    Words(
        "Bekräfta att en kollegas FAQ-post är utan personuppgifter, och dra tillbaka publicerade",
        "Confirm that a colleague's FAQ entry holds no personal data, and withdraw published ones",
    ),
)
FAQ_READ = Scope(
    "samrad:faq.read",
    Words(
        "Läsa publicerade frågor och svar om beslut, utan personuppgifter",
        "Read published questions and answers on decisions, without personal data",
    ),
    bearer_allowed=True,
)
STATISTICS_READ = Scope(
    "samrad:statistics.read",
    Words(
        "Läsa ledtider och köläge, utan personuppgifter",
        "Read lead times and queue figures, without personal data",
    ),
    bearer_allowed=True,
)
WEBHOOKS_MANAGE = Scope(
    "samrad:webhooks.manage",
    Words(
        "Hantera den egna organisationens prenumerationer på händelser, och se hur de levereras",
        "Manage one's own organisation's subscriptions to events, and see how they are delivered",
    ),
)
RETENTION_HOLD = Scope(
    "samrad:retention.hold",
    Words(
        "Stoppa gallring av enskilda samråd, och häva den egna organisationens stopp",
        "Keep single consultations from being erased, and lift one's own organisation's holds",
    ),
)

SCOPES = {
    scope.name: scope
    for scope in (
        LOOKUPS_CREATE,
        LOOKUPS_READ,
        SOURCES_READ,
        CONSULTATIONS_CREATE,
        CONSULTATIONS_READ,
        CONSULTATIONS_MANAGE,
        QUEUE_WORK,
        QUEUE_LEAD,
        AUDIT_READ,
        PROTECTED_MARK,
        PROTECTED_READ,
        QUEUE_CORRECTIONS,
        VIOLENCE_READ,
        UNITS_CLOCKS,
        TEMPLATES_MANAGE,
        APPROVALS_RULE,
        ANSWERS_APPROVE,
        FAQ_CONFIRM,
        FAQ_READ,
        STATISTICS_READ,
        WEBHOOKS_MANAGE,
        RETENTION_HOLD,
    )
}

_SIGHT = {"corrections": QUEUE_CORRECTIONS.name, "violence": VIOLENCE_READ.name}


def needed_for(kind: str) -> str:
    """The scope that lets a client see that kind of restricted consultation."""
    return _SIGHT[kind]


def sight(held: Collection[str]) -> tuple[str, ...]:
    """Which kinds of restricted consultation the scopes let a client see; without them they don't exist for it."""
    return tuple(kind for kind, needed in _SIGHT.items() if needed in held)
