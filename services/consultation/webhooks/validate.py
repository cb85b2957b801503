"""Validate a receiver: it is sent a challenge, and wants events when it repeats it. Nobody else can be made to."""

import secrets
import uuid

from services.consultation.problems import WEBHOOK_NOT_VALIDATED
from services.consultation.webhooks import entries, repository
from services.consultation.webhooks.courier import Answer, Courier
from services.consultation.webhooks.domain import Outcome
from services.consultation.webhooks.envelope import challenge_body
from services.consultation.webhooks.repository import Own
from services.consultation.webhooks.secrets import open_secrets
from shared.audit import record
from shared.database.engine import Database, Tenancy
from shared.problems import NOT_FOUND, VERSION_CHANGED, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


async def validate_receiver(database: Database, caller: Caller, own: Own, courier: Courier, vault: Vault) -> None:
    """Ask, and activate. Two transactions, with the network between them and in neither.

    Raises Problem: 404; 409 with `outcome` when the challenge is not repeated; 412 when the address was changed or
    the subscription removed meanwhile.
    """
    tenancy = Tenancy(caller.organisation)
    async with database.begin(tenancy) as connection:
        held = await repository.find(connection, own)
        if held is None:
            raise Problem(NOT_FOUND)
        sealed = await repository.secrets_of(connection, own)
    signing = open_secrets(vault, own.id, ((row.number, row.sealed) for row in sealed))
    message_id, challenge = str(uuid.uuid4()), secrets.token_urlsafe(32)
    answer = await courier.send(
        held.url, signing, message_id, challenge_body(challenge, message_id, own.now, courier.source)
    )
    _require_echo(answer, challenge)
    async with database.begin(tenancy) as connection:
        if not await repository.activate(connection, own, held.url):
            raise Problem(VERSION_CHANGED)
        await record(connection, entries.validated(caller, own.id, own.now))


def _require_echo(answer: Answer, challenge: str) -> None:
    if answer.outcome is Outcome.DELIVERED and answer.echoed == challenge:
        return
    outcome = Outcome.NOT_ECHOED if answer.outcome is Outcome.DELIVERED else answer.outcome
    raise Problem(WEBHOOK_NOT_VALIDATED, members={"outcome": outcome.value, "httpStatus": answer.http_status})
