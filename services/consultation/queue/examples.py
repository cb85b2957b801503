"""Examples for the OpenAPI document. Units and handlers are invented."""

from typing import Any

from services.consultation.consultations import examples as consultations

_BASE = "https://samrad.example/consultation/v1"
VIEW_ID = "7d1f0a52-3c1e-4f0e-9a55-0c6e1f6f3b21"
FILTERS: dict[str, Any] = {
    "unit": "af-24",
    "queue": "general",
    "type": None,
    "turn": None,
    "tab": "late",
    "escalated": False,
    "assigned": "nobody",
    "sort": "due",
}
QUEUED: dict[str, Any] = {
    **consultations.SUMMARY,
    "unit": "af-24",
    "queue": "general",
    "tab": "in_time",
    "escalatedAt": None,
    "awaitingApproval": False,
    "meetingRequested": False,
}
QUEUE: dict[str, Any] = {"consultations": [QUEUED], "_links": {"self": {"href": f"{_BASE}/queue?limit=20"}}}
COUNTS: dict[str, Any] = {
    "day": "2026-11-20",
    "tabs": [
        {"tab": "in_time", "consultations": 41, "unassigned": 30},
        {"tab": "due_today", "consultations": 7, "unassigned": 2},
        {"tab": "late", "consultations": 3, "unassigned": 1},
        {"tab": "waiting", "consultations": 12, "unassigned": 0},
    ],
    "_links": {"self": {"href": f"{_BASE}/queue/counts?unit=af-24"}},
}
CLAIM: dict[str, Any] = {"unit": "af-24", "queue": "general"}
CLAIMED: dict[str, Any] = {
    **{name: consultations.CHANGED[name] for name in ("consultationId", "state", "turn", "version", "assignedTo")},
    "number": consultations.SUMMARY["number"],
    "type": "consultation",
    "unit": "af-24",
    "dueAt": consultations.SUMMARY["dueAt"],
    "_links": consultations.CHANGED["_links"],
}
HANDLERS: dict[str, Any] = {
    "day": "2026-11-20",
    "handlers": [{"handler": "af-12", "open": 9, "late": 1, "waiting": 3}],
    "_links": {"self": {"href": f"{_BASE}/queue/handlers?unit=af-24"}},
}
ASSIGNMENT: dict[str, Any] = {"handler": "af-12"}
ASSIGNMENTS: dict[str, Any] = {
    "handler": "af-12",
    "consultations": [{"consultationId": consultations.ID, "version": 1}],
}
OUTCOMES: dict[str, Any] = {
    "outcomes": [
        {"consultationId": consultations.ID, "done": True, "assignedTo": "af-12", "version": 2, "code": None},
    ]
}
REDISTRIBUTION: dict[str, Any] = {"handler": "af-12", "to": ["af-13", "af-14"]}
REDISTRIBUTION_PREVIEW: dict[str, Any] = {
    "version": 184223071,
    "moves": [{"handler": "af-13", "consultations": 5}, {"handler": "af-14", "consultations": 4}],
    "more": False,
}
REDISTRIBUTED: dict[str, Any] = {
    "outcomes": [
        {"consultationId": consultations.ID, "done": True, "assignedTo": "af-13", "version": 5, "code": None},
    ],
    "more": False,
}
HAND_OVER: dict[str, Any] = {"unit": "af-studies", "reason": "needs_specialist"}
HAND_OVER_PREVIEW: dict[str, Any] = {
    "version": 2,
    "state": "received",
    "moves": [{"part": "messages", "number": 1}],
    "bookedMeeting": None,
    "loses": {"unit": "af-24", "unitName": "Enhet Västerbotten (påhittad)", "handler": "af-12"},
    "gains": {"unit": "af-studies", "unitName": "Nationell enhet för studier (påhittad)", "handler": None},
}
ESCALATION: dict[str, Any] = {"reason": "needs_specialist"}
VIEW: dict[str, Any] = {"name": "Sena, ingens", "shared": True, "filters": FILTERS}
SAVED_VIEW: dict[str, Any] = {**VIEW, "viewId": VIEW_ID, "own": True, "createdAt": "2026-11-20T09:12:00Z"}
VIEWS: dict[str, Any] = {"views": [SAVED_VIEW], "_links": {"self": {"href": f"{_BASE}/queue/views"}}}
REMOVED_VIEW: dict[str, Any] = {"viewId": VIEW_ID}
