"""Examples of how the sources are, for the OpenAPI document."""

from typing import Any

_CIRCUIT = {"state": "closed", "since": "2026-11-20T06:00:00Z"}

PROBE: dict[str, Any] = {
    "environments": [
        {
            "environment": "ssbtek",
            "contractVersion": "10",
            "askedAt": "2026-11-20T09:12:00Z",
            "tookMs": 140,
            "reached": True,
            "code": None,
            "messages": [],
            "certificate": {"subject": "CN=samrad.example", "expires": "2027-11-20T00:00:00Z"},
            "circuit": _CIRCUIT,
            "sources": [
                {"source": "AF", "called": True, "origin": None, "code": None, "messages": []},
                {"source": "MIV", "called": False, "origin": None, "code": None, "messages": []},
            ],
        }
    ],
    "_links": {"self": {"href": "https://samrad.example/consultation/v1/source-probe"}},
}

HEALTH: dict[str, Any] = {
    "asOf": "2026-11-20T09:12:00Z",
    "windowSeconds": 900,
    "sources": [
        {
            "source": "AF",
            "environment": "ssbtek",
            "circuit": _CIRCUIT,
            "calls": 412,
            "successShare": 0.9903,
            "p50Ms": 610,
            "p95Ms": 2900,
            "notSent": 0,
            "outcomes": [
                {"state": "answered", "origin": None, "number": 300},
                {"state": "answered_empty", "origin": None, "number": 108},
                {"state": "error", "origin": "SSBT", "number": 4},
            ],
        }
    ],
    "_links": {"self": {"href": "https://samrad.example/consultation/v1/source-health"}},
}
