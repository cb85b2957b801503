"""The units that the agreements service tells of, remembered for a few minutes."""

import logging
from collections.abc import Mapping
from datetime import timedelta

import httpx

from shared.clock import Clock
from shared.http.answers import json_answer
from shared.problems import UNAVAILABLE, Problem

_PATH = "/agreements/v1/units"
_REMEMBERED = timedelta(minutes=5)
_HANDLING = "unit"
"""The level at which consultations are handled; above it are regions and the country."""
_log = logging.getLogger("units")


class AgreementsUnits:
    """Implements `Units`. The list is public, so it is asked for without a token. `url` is dialled.

    While the register can't be reached, what was told last holds: units change by the year, and from a planned day.
    """

    def __init__(self, http: httpx.AsyncClient, clock: Clock, *, url: str, organisation: str) -> None:
        self._http, self._clock = http, clock
        self._url, self._organisation = url + _PATH, organisation
        self._told: Mapping[str, str] | None = None
        self._told_at = 0.0

    async def name_of(self, code: str) -> str | None:
        """See Units."""
        now = self._clock().timestamp()
        if self._told is None or not 0 <= now - self._told_at < _REMEMBERED.total_seconds():
            self._told, self._told_at = await self._ask(), now
        return self._told.get(code)

    async def _ask(self) -> Mapping[str, str]:
        try:
            status, told = await json_answer(self._http, "GET", self._url)
            if status == 200:
                return {
                    str(item["code"]): str(item["name"])
                    for item in told["items"]
                    if item["level"] == _HANDLING and item["organisationNumber"] == self._organisation
                }
            _log.error("no units", extra={"status": status})
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError) as fault:
            _log.exception("no units", extra={"kind": type(fault).__name__})
        if self._told is None:
            raise Problem(UNAVAILABLE, headers={"Retry-After": "5"})
        return self._told
