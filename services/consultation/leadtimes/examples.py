"""Examples for the OpenAPI document; the figures are invented."""

from typing import Any

_BASE = "https://samrad.example/consultation/v1"


def _spread(*minutes: int) -> list[dict[str, int]]:
    return [
        {"percentile": percentile, "minutes": value} for percentile, value in zip((50, 85, 95), minutes, strict=True)
    ]


REPORT: dict[str, Any] = {
    "from": "2026-01-01",
    "to": "2026-11-20",
    "groupBy": "none",
    "unit": "workingMinutes",
    "errorBound": 0.0219,
    "groups": [
        {
            "key": "all",
            "suppressed": False,
            "monthsLeftOut": 0,
            "count": 412,
            "withinTarget": 0.83,
            "exact": True,
            "total": _spread(1240, 1610, 2890),
            "turns": {
                "answeringAuthority": _spread(900, 1410, 2100),
                "municipality": _spread(0, 480, 1020),
                "person": _spread(0, 0, 240),
                "post": _spread(0, 0, 0),
                "secrecyTest": _spread(20, 45, 90),
                "meeting": _spread(0, 0, 0),
            },
            "firstResponse": _spread(240, 520, 900),
            "touch": _spread(25, 70, 150),
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/lead-times?from=2026-01-01&to=2026-11-20&groupBy=none"}},
}
COUNTED: dict[str, Any] = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "consultations": [
        {
            "consultationId": "3f0c0a52-5c5e-4a59-9a50-2f9b8f1d2a11",
            "number": "SR-2026-4F7K-9QXM",
            "type": "consultation",
            "unit": "national",
            "answeredAt": "2026-10-21T09:12:00Z",
            "totalMinutes": 1240,
            "answeringAuthorityMinutes": 900,
            "municipalityMinutes": 340,
            "withinTarget": True,
            "_links": {
                "self": {"href": f"{_BASE}/consultations/3f0c0a52-5c5e-4a59-9a50-2f9b8f1d2a11"},
                "events": {"href": f"{_BASE}/consultations/3f0c0a52-5c5e-4a59-9a50-2f9b8f1d2a11/events"},
            },
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/lead-times/consultations?from=2026-10-01&to=2026-10-31"}},
}
OPEN: dict[str, Any] = {
    "at": "2026-11-20T09:12:00Z",
    "count": 31,
    "overdue": 4,
    "ages": [
        {"turn": "answering_authority", "upToWorkingDays": 1, "count": 27, "overdue": 0},
        {"turn": "municipality", "upToWorkingDays": None, "count": 4, "overdue": 4},
    ],
    "_links": {"self": {"href": f"{_BASE}/work-in-progress"}},
}
AGEING: dict[str, Any] = {
    "at": "2026-11-20T09:12:00Z",
    "groupBy": "unit",
    "groups": [
        {
            "key": "national",
            "count": 31,
            "overdue": 4,
            "oldestOpenedAt": "2026-10-02T08:00:00Z",
            "ages": [
                {"upToWorkingDays": 1, "count": 27, "overdue": 0},
                {"upToWorkingDays": None, "count": 4, "overdue": 4},
            ],
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/ageing?groupBy=unit"}},
}
THROUGHPUT: dict[str, Any] = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "groupBy": "month",
    "groups": [
        {
            "key": "2026-10",
            "opened": 412,
            "answered": 398,
            "closed": 371,
            "rejected": 6,
            "withdrawn": 9,
            "withinTarget": 331,
            "cooperationCases": 118,
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/throughput?from=2026-10-01&to=2026-10-31&groupBy=month"}},
}
_STATES = {
    "received": 12,
    "triaged": 4,
    "secrecy_test": 1,
    "in_progress": 9,
    "waiting_for_municipality": 5,
    "waiting_for_person": 1,
    "waiting_for_meeting": 0,
    "sent_by_post": 0,
    "answered": 40,
    "closed": 371,
    "rejected": 6,
    "withdrawn": 9,
}
FLOW: dict[str, Any] = {
    "from": "2026-11-20",
    "to": "2026-11-20",
    "days": [{"day": "2026-11-20", "states": _STATES}],
    "_links": {"self": {"href": f"{_BASE}/cumulative-flow?from=2026-11-20&to=2026-11-20"}},
}
DELAYS: dict[str, Any] = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "groupBy": "none",
    "groups": [
        {
            "key": "all",
            "causes": [
                {"reason": "question_incomplete", "count": 61, "hoursLost": 402.5},
                {"reason": "secrecy_unclear", "count": 17, "hoursLost": 96.25},
                {"reason": "no_callback", "count": 9, "hoursLost": 71.0},
            ],
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/delay-reasons?from=2026-10-01&to=2026-10-31&groupBy=none&most=3"}},
}
MANUAL: dict[str, Any] = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "groupBy": "month",
    "standard": "2026-1",
    "groups": [
        {
            "key": "2026-10",
            "answered": 398,
            "answeredWithoutManualStep": 241,
            "minutes": 2540,
            "steps": [
                {"channel": "phone", "steps": 140, "minutes": 1680},
                {"channel": "post", "steps": 20, "minutes": 400},
                {"channel": "remote_meeting", "steps": 8, "minutes": 360},
                {"channel": "local_office", "steps": 0, "minutes": 0},
            ],
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/manual-work?from=2026-10-01&to=2026-10-31&groupBy=month"}},
}
DEMAND: dict[str, Any] = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "sets": [
        {"code": "programme", "asked": 211, "answered": 199, "medianMinutes": 980, "lookupShare": 1.0},
    ],
    "_links": {"self": {"href": f"{_BASE}/demand?from=2026-10-01&to=2026-10-31"}},
}
INTERVENTION_REQUEST: dict[str, Any] = {"name": "Förenklad sekretessprövning", "day": "2026-03-01", "units": ["nord"]}
INTERVENTION: dict[str, Any] = {
    "interventionId": "8d6a7c1e-24ff-4b7e-8a53-0b8a7b1c2d3e",
    **INTERVENTION_REQUEST,
    "registeredAt": "2026-03-02T08:00:00Z",
}
INTERVENTIONS: dict[str, Any] = {
    "days": 90,
    "interventions": [
        {
            **INTERVENTION,
            "before": {
                "from": "2025-12-01",
                "to": "2026-02-28",
                "count": 188,
                "percentile": 85,
                "minutes": 2310,
                "exact": True,
            },
            "after": {
                "from": "2026-03-01",
                "to": "2026-05-29",
                "count": 203,
                "percentile": 85,
                "minutes": 1640,
                "exact": True,
            },
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/interventions?days=90"}},
}
PHYSICAL_MEETINGS: dict[str, Any] = {
    "from": "2026-01-01",
    "to": "2026-03-31",
    "groupBy": "county",
    "withinWorkingDays": 10,
    "groups": [
        {
            "key": "24",
            "suppressed": False,
            "monthsLeftOut": 0,
            "requests": 48,
            "granted": 37,
            "refused": 6,
            "notGranted": 3,
            "waiting": 2,
            "inTime": 30,
            "shareInTime": 0.625,
            "medianWorkingDays": 7,
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/physical-meetings?from=2026-01-01&to=2026-03-31&groupBy=county"}},
}
