"""What the facade reads of the organisation that asks."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_PURPOSE_TEXTS = text(
    "SELECT purpose, purpose_text FROM tenant_purpose WHERE org = :org AND valid @> CAST(:day AS date)"
)


async def purpose_texts(connection: AsyncConnection, organisation: str, day: date) -> Mapping[str, str]:
    """The organisation's texts on purpose in force that day, by purpose."""
    rows = await connection.execute(_PURPOSE_TEXTS, {"org": organisation, "day": day})
    return {row.purpose: row.purpose_text for row in rows}
