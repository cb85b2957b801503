"""Events of the trail about the trail itself, by whoever runs the system."""

from shared.audit import AuditEvent
from shared.problems import Words

EXTRACTED = AuditEvent(
    "audit.extracted",
    Words("Ett utdrag ur loggen togs fram", "An extract of the trail was made"),
    "`./samrad audit extract`, before the extract is shown",
    {"number": "how many events it lists", "withHandlers": "whether handlers are named in it"},
    seen_by="nobody over the API; the person, in a later extract",
)
REVIEWED = AuditEvent(
    "audit.reviewed",
    Words("En stickprovskontroll av loggen gjordes", "A spot check of the trail was made"),
    "`./samrad audit review`, before the list is shown",
    {
        "handler": "whose doings were listed",
        "from": "the first day, if given",
        "to": "the last day, if given",
        "number": "how many events there were",
        "sample": "how many of them were drawn, if not all",
    },
    seen_by="the organisation whose handler it is",
)
EVENTS = (EXTRACTED, REVIEWED)
