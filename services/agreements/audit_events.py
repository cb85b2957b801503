"""Every event of this service's audit trail.

A new one is added here; `./samrad audit events` then writes it down.
"""

from shared.audit import AuditEvent
from shared.problems import Words

EVENTS = (
    AuditEvent(
        "agreement.registered",
        Words("En överenskommelse registrerades", "An agreement was registered"),
        "one of its parties registers an agreement",
        {
            "kind": "the kind of agreement",
            "status": "draft or signed",
            "published": "whether everybody may read it",
            "parties": "how many parties",
        },
    ),
    AuditEvent(
        "delegation.granted",
        Words("En fullmakt gavs", "A delegation was granted"),
        "a consumer lets a supplier act for it",
        {
            "supplier": "who may act",
            "scopes": "with which rights of the consumer's",
            "validFrom": "the first day",
            "validTo": "the last day",
        },
    ),
    AuditEvent(
        "delegation.withdrawn",
        Words("En fullmakt återkallades", "A delegation was withdrawn"),
        "a consumer stops a supplier from acting for it",
        {"supplier": "who may act no more", "scopes": "with which rights of the consumer's"},
    ),
    AuditEvent(
        "unit_move.planned",
        Words("En kommun flyttas till en annan enhet", "A municipality is to move to another unit"),
        "the owner of the units moves a municipality's questions from a day on",
        {
            "municipality": "its code",
            "competence": "which questions",
            "from": "the unit that has them the day before, if one does",
            "to": "the unit that gets them",
            "validFrom": "the first day",
        },
    ),
    AuditEvent(
        "unit_move.withdrawn",
        Words("En planerad flytt återkallades", "A planned move was withdrawn"),
        "the owner of the units withdraws a move before its first day",
        {
            "municipality": "its code",
            "competence": "which questions",
            "to": "the unit that does not get them",
            "validFrom": "the day that was to be the first",
        },
    ),
)
