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
    "groups": [
        {
            "key": "all",
            "count": 412,
            "withinTarget": 0.83,
            "total": _spread(1240, 1610, 2890),
            "turns": {
                "answeringAuthority": _spread(900, 1410, 2100),
                "municipality": _spread(0, 480, 1020),
            },
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/lead-times?from=2026-01-01&to=2026-11-20&groupBy=none"}},
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
