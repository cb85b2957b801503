"""Tell: a message carries files of its own side to the other one. From then on they are part of the consultation."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.attachments import repository
from services.consultation.consultations.attachments.problems import ATTACHMENTS_DO_NOT_MATCH
from services.consultation.consultations.domain import Consultation
from shared.problems import Problem
from shared.tokens.caller import Caller

Named = Sequence[tuple[uuid.UUID, str | None]]
"""Files by id, each with the code of the set of information that it is of, or None."""


async def tell_attachments(connection: AsyncConnection, caller: Caller, after: Consultation, named: Named) -> None:
    """Tell them with the latest event of `after`. Raises Problem 422 when one can't be, and then none are.

    One of another consultation or the other side's is refused as one that does not exist.
    """
    if not named:
        return
    ids = [attachment_id for attachment_id, _ in named]
    repeated = sorted({str(each) for each in ids if ids.count(each) > 1})
    told = frozenset() if repeated else await repository.tell(connection, caller, after, dict(named))
    refused = [] if repeated else [str(each) for each in ids if each not in told]
    if repeated or refused:
        members = {"repeated": repeated, "notAvailable": refused}
        raise Problem(ATTACHMENTS_DO_NOT_MATCH, members={name: found for name, found in members.items() if found})
