"""The agreements service, with only the fields that are read here."""

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from services.consultation.clocks.zone import SWEDEN
from services.consultation.grounds.domain import AskingOrganisation, DecidedItem, Decision, HandlingUnit, LawWarning
from shared.clock import Clock
from shared.http.answers import json_answer
from shared.logs import traceparent
from shared.problems import UNAVAILABLE, Problem, Words
from shared.tokens.client import ServiceTokens, TokenRefused

_PATH = "/agreements/v1/decisions"
_KEPT = timedelta(seconds=5)
_CAPACITY = 2000
_LONGEST_STATED_LAW = 4000
_log = logging.getLogger("grounds")


class AgreementsGrounds:
    """Implements `Grounds`. A decision is kept for seconds, so that a withdrawn ground bites at once.

    And never over midnight in Sweden, when grounds begin and end and municipalities move between units.

    `url` is dialled, `public_url` is what proofs are made for.
    """

    def __init__(
        self, http: httpx.AsyncClient, tokens: ServiceTokens, clock: Clock, *, url: str, public_url: str
    ) -> None:
        self._http, self._tokens, self._clock = http, tokens, clock
        self._url, self._public_url = url + _PATH, public_url + _PATH
        self._underway: dict[tuple[str, ...], asyncio.Future[Decision]] = {}
        self._kept: OrderedDict[tuple[str, ...], tuple[datetime, Decision]] = OrderedDict()

    async def decide(
        self,
        organisation: str,
        purpose: str,
        information_sets: Sequence[str],
        *,
        stated_law: str | None = None,
        received_on: date | None = None,
    ) -> Decision:
        """See Grounds."""
        day = received_on.isoformat() if received_on else ""
        key = (organisation, purpose, stated_law or "", day, *information_sets)
        kept = self._kept.get(key)
        if kept is not None and _still_holds(kept[0], self._clock()):
            return kept[1]
        # Whoever comes while the same question is under way waits for its answer.
        if (underway := self._underway.get(key)) is None:
            underway = self._underway[key] = asyncio.ensure_future(self._decided(key, information_sets))
            underway.add_done_callback(lambda _: self._underway.pop(key, None))
        return await asyncio.shield(underway)

    async def _decided(self, key: tuple[str, ...], information_sets: Sequence[str]) -> Decision:
        organisation, purpose, stated_law, received_on = key[:4]
        asked_at = self._clock()
        decision = await self._ask(organisation, purpose, stated_law, received_on, information_sets)
        self._kept[key] = (asked_at, decision)
        if len(self._kept) > _CAPACITY:
            self._kept.popitem(last=False)
        return decision

    async def _ask(
        self, organisation: str, purpose: str, stated_law: str, received_on: str, information_sets: Sequence[str]
    ) -> Decision:
        question: dict[str, Any] = {
            "organisation": organisation.removeprefix("0007:"),
            "purpose": purpose,
            "informationSets": list(information_sets),
            "statedLaw": stated_law[:_LONGEST_STATED_LAW] or None,
            "receivedOn": received_on or None,
        }
        try:
            headers = dict(await self._tokens.headers("POST", self._public_url))
            if (trace := traceparent.get()) is not None:
                headers["traceparent"] = trace
            status, body = await json_answer(self._http, "POST", self._url, json=question, headers=headers)
            if status == 200:
                return _read(body, question)
            _log.error("no decision", extra={"status": status})
        except (httpx.HTTPError, TimeoutError, TokenRefused, ValueError, KeyError, TypeError) as fault:
            _log.exception("no decision", extra={"kind": type(fault).__name__})
        raise Problem(UNAVAILABLE, headers={"Retry-After": "5"})


def _still_holds(decided_at: datetime, now: datetime) -> bool:
    same_day = decided_at.astimezone(SWEDEN).date() == now.astimezone(SWEDEN).date()
    return same_day and timedelta(0) <= now - decided_at < _KEPT


def _read(body: dict[str, Any], question: dict[str, Any]) -> Decision:
    """Raises ValueError, KeyError or TypeError for an answer that is not a whole one to this question."""
    if sorted(item["informationSet"] for item in body["items"]) != sorted(set(question["informationSets"])):
        # What is not decided, or decided twice, is not permitted.
        raise ValueError("the decision is about something else than what was asked")
    asker = body["organisation"]
    if body["purpose"] != question["purpose"] or (asker and asker["organisationNumber"] != question["organisation"]):
        raise ValueError("the decision is for another purpose, or about another organisation")
    return Decision(
        id=uuid.UUID(body["decisionId"]),
        version=int(body["version"]),
        organisation=asker
        and AskingOrganisation(
            name=asker["name"],
            kind=asker["kind"],
            municipality_code=asker["municipalityCode"],
            county_code=asker["countyCode"],
        ),
        items=tuple(
            DecidedItem(
                information_set=item["informationSet"],
                permitted=item["permitted"] is True,  # nothing that only passes for it
                reason=item["reason"],
                ground=item["ground"] and item["ground"]["reference"],
                fields=frozenset(map(str, item["fields"])),
                verified=item["verified"],
                handled_by=_handling_unit(item.get("handledBy")),
            )
            for item in body["items"]
        ),
        warnings=tuple(map(_warning, body["warnings"])),
    )


def _handling_unit(told: dict[str, Any] | None) -> HandlingUnit | None:
    """An older register tells none, and the question is no less permitted for it."""
    if told is None:
        return None
    return HandlingUnit(unit=told["unit"], name=told["unitName"], region=told["region"], queue=told["competence"])


def _warning(told: dict[str, Any]) -> LawWarning:
    instead = told["replacement"]
    return LawWarning(
        code=told["code"],
        words=Words(told["texts"]["sv"], told["texts"]["en"]),
        replacement=instead and (instead["legalBasisId"], instead["reference"]),
    )
