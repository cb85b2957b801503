"""Reads legal bases: a few dozen, public."""

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.grounds.legal_bases import LegalBasis
from shared.problems import Words

_ALL = text(
    """
    SELECT id, reference, title_sv, title_en, note_sv, note_en, verified, replaced_by, valid_from, valid_to, cited_as
    FROM legal_basis
    ORDER BY id COLLATE "C"
    """
)


async def legal_bases(connection: AsyncConnection) -> dict[str, LegalBasis]:
    """Every one, by id."""
    return {row["id"]: _legal_basis(row) for row in (await connection.execute(_ALL)).mappings()}


def _legal_basis(row: RowMapping) -> LegalBasis:
    return LegalBasis(
        id=row["id"],
        reference=row["reference"],
        title=Words(row["title_sv"], row["title_en"]),
        note=None if row["note_sv"] is None else Words(row["note_sv"], row["note_en"]),
        verified=row["verified"],
        replaced_by=row["replaced_by"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        cited_as=tuple(row["cited_as"]),
    )
