"""Open consultations are counted from an index alone, and vacuumed by how many have changed; cells have a version.

Every change of a consultation that matters to anybody changes an indexed column, so it makes a new version of the row
and a dead one. By PostgreSQL's default a table of two million is vacuumed when 400 000 are dead. Until then whoever
takes from the head of the queue steps over them, and what is counted from an index is looked up in the table as well.
Room in the pages (`fillfactor`) would not help: it is for changes that no index sees.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

INDEXES = (
    """
    CREATE INDEX consultation_open_now ON consultation (answering_org, opened_at)
    INCLUDE (org, turn, state, due_at, clock_stopped_at, unit, type, county_code, municipality_code, asker_kind,
             channel_in, restricted)
    WHERE turn <> 'nobody'
    """,
    # Of the first version of the queue. Pages have been read by others since 0016, and counts are from now on.
    "DROP INDEX consultation_queue",
)
VACUUM = (
    """
    ALTER TABLE consultation SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
                                  autovacuum_analyze_scale_factor = 0.02)
    """,
)

VERSION = (
    """
    CREATE TABLE lead_time_version (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        version bigint NOT NULL
    )
    """,
    "INSERT INTO lead_time_version (version) VALUES (0)",
    "GRANT SELECT (version) ON lead_time_version TO consultation_statistics",
    "GRANT SELECT (version), UPDATE (version) ON lead_time_version TO consultation_worker",
)


def upgrade() -> None:
    """Make all of it."""
    for statement in (*INDEXES, *VACUUM, *VERSION):
        op.execute(statement)
