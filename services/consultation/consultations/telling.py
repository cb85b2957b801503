"""What an answer carries beside its words, however it is told: the decision on each set, and files."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.attachments.tell import tell_attachments
from services.consultation.consultations.changes import Change
from services.consultation.consultations.disclosures.decide import decide_on_sets
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Consultation


async def tell_sets_and_files(
    connection: AsyncConnection,
    change: Change,
    after: Consultation,
    decided: Sequence[Disclosure],
    attachments: Sequence[uuid.UUID] = (),
) -> None:
    """Tell them with the latest event of `after`: the files of each set with its decision, `attachments` beside them.

    Raises Problem 422 when the decisions don't match what was asked, or a file can't go with them.
    """
    await decide_on_sets(connection, change.vault, after, decided)
    of_sets = [(file, each.code.value) for each in decided for file in each.attachments]
    await tell_attachments(connection, change.caller, after, [*of_sets, *((file, None) for file in attachments)])
