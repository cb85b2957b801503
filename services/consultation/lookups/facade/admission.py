"""Who calls the facade: the one whose certificate was shown. The one exception to tokens and proofs (ADR 0016)."""

from dataclasses import replace
from datetime import date

from starlette.requests import Request

from services.consultation.lookups.facade.clients import RegisteredClient, RegisteredClients
from services.consultation.problems import CERTIFICATE_NOT_ACCEPTED
from shared.audit import operator
from shared.problems import Problem
from shared.tls import client_fingerprint
from shared.tokens.caller import Caller

CHANNEL = "ssbtek"
"""What the trail calls this way in."""


def admit(request: Request, clients: RegisteredClients, today: date) -> tuple[Caller, RegisteredClient]:
    """The caller, without the handler, and its registration. Raises Problem 401 for a certificate that opens nothing.

    The caller stands in the state of the request also when it is refused: an unknown one as the operator's affair,
    with the fingerprint where a token's id would be.
    """
    state = request.scope["state"]
    fingerprint = client_fingerprint(request.scope) or ""
    # RFC 8705's name for a certificate that takes a token's place.
    token_id = f"x5t#S256:{fingerprint}"
    state["caller"] = replace(operator("facade", state["request_id"]), token_id=token_id, channel=CHANNEL)
    client = clients.find(fingerprint)
    if client is None:
        raise _not_accepted()
    state["client_id"] = client.client_id
    caller = state["caller"] = Caller(
        organisation=client.organisation,
        client_id=client.client_id,
        scopes=client.scopes,
        token_id=token_id,
        actor=None,
        request_id=state["request_id"],
        traceparent=state["traceparent"].decode("ascii"),
        channel=CHANNEL,
    )
    if client.last_day is not None and today > client.last_day:
        raise _not_accepted()
    return caller, client


def _not_accepted() -> Problem:
    # Recorded, though other refusals of this status are not: there is a known authority behind the certificate.
    return Problem(CERTIFICATE_NOT_ACCEPTED, for_audit={"detail": {}})
