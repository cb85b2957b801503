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
)
