"""Moves what waits in the queue to the chain: whole batches, one sealer at a time, all or nothing."""

from sqlalchemy import text

from shared.database.engine import Database
from shared.sealing.chain import BEGINNING, links_after

BATCH = 10_000
"""As many records as X-Road timestamps in one batch."""

LOCKS = 727_475
"""Advisory locks of the trail: (LOCKS, 1) for the sealer, (LOCKS, 2) for the one who makes checkpoints."""

# A row lock would need the right to change the row, and in the chain nobody has it.
_ALONE = text(f"SELECT pg_try_advisory_xact_lock({LOCKS}, 1)")
_WAITING = text("SELECT ordinal, at, entry_hash FROM audit_queue ORDER BY ordinal LIMIT :most")
_HEAD = text("SELECT position, link FROM audit_chain ORDER BY position DESC LIMIT 1")
_MOVE = text(
    """
    WITH moved AS (
        DELETE FROM audit_queue WHERE ordinal = ANY(CAST(:ordinals AS bigint[]))
        RETURNING ordinal, org, entry_id, at, entry_hash
    ), sealed AS (
        INSERT INTO audit_chain (position, org, entry_id, at, entry_hash, link, sealed_at)
        SELECT :head + made.place, moved.org, moved.entry_id, moved.at, moved.entry_hash, made.link, clock_timestamp()
        FROM unnest(CAST(:ordinals AS bigint[]), CAST(:links AS bytea[])) WITH ORDINALITY AS made(ordinal, link, place)
        JOIN moved USING (ordinal)
        RETURNING 1
    )
    SELECT count(*) FROM sealed
    """
)


async def seal(database: Database, *, most: int = BATCH) -> int:
    """Seal the oldest waiting records; answers how many, 0 also while another seals. `database` is the worker's.

    One transaction: killed anywhere it leaves queue and chain as they were.
    """
    async with database.without_tenant() as connection:
        if not (await connection.execute(_ALONE)).scalar_one():
            return 0
        waiting = (await connection.execute(_WAITING, {"most": most})).all()
        if not waiting:
            return 0
        head = (await connection.execute(_HEAD)).one_or_none()
        position, link = (head.position, head.link) if head else (0, BEGINNING)
        values = {
            "ordinals": [row.ordinal for row in waiting],
            "links": links_after(link, position, [(row.at, row.entry_hash) for row in waiting]),
            "head": position,
        }
        sealed = (await connection.execute(_MOVE, values)).scalar_one()
        if sealed != len(waiting):
            raise RuntimeError("the queue changed under the sealer")
        return len(waiting)
