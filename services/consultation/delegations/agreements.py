"""The agreements service, with only the fields that are read here."""

import logging

import httpx

from shared.http.answers import json_answer
from shared.problems import UNAVAILABLE, Problem
from shared.tokens.acting import Acting
from shared.tokens.client import ServiceTokens, TokenRefused

_PATH = "/agreements/v1/delegation-checks"
_ICD = "0007:"
_log = logging.getLogger("delegations")


class AgreementsDelegations:
    """Implements `ActingCheck`. `url` is dialled, `public_url` is what proofs are made for."""

    def __init__(self, http: httpx.AsyncClient, tokens: ServiceTokens, *, url: str, public_url: str) -> None:
        self._http, self._tokens = http, tokens
        self._url, self._public_url = url + _PATH, public_url + _PATH

    async def still_allowed(self, acting: Acting, on_behalf_of: str, scopes: frozenset[str]) -> bool:
        """See ActingCheck."""
        question = {
            "consumer": on_behalf_of.removeprefix(_ICD),
            "supplier": acting.organisation.removeprefix(_ICD),
            "scopes": sorted(scopes),
            "delegationId": str(acting.delegation),
        }
        try:
            headers = await self._tokens.headers("POST", self._public_url)
            status, told = await json_answer(self._http, "POST", self._url, json=question, headers=dict(headers))
            if status == 200:
                # What is not said to be in force, about this very delegation, is not.
                return told["inForce"] is True and told["delegationId"] == question["delegationId"]
            _log.error("no check of a delegation", extra={"status": status})
        except (httpx.HTTPError, TimeoutError, TokenRefused, ValueError, KeyError, TypeError) as fault:
            _log.exception("no check of a delegation", extra={"kind": type(fault).__name__})
        raise Problem(UNAVAILABLE, headers={"Retry-After": "5"})
