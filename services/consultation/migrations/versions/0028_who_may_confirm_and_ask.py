"""Nobody confirms its way into another's FAQ entry, and a request for a meeting is made as one that waits.

A version of an entry is confirmed once, the first by anybody and each that follows by who has confirmed the one before.
An entry is changed or withdrawn by who has confirmed the version that is told. Who asks for a meeting states no
outcome, and asks the organisation that answers the consultation.
"""

from alembic import op

from shared.database.ddl import ORGANISATION

revision = "0028"
down_revision = "0027"

RUNTIME = "consultation_runtime"

_ITS_OWN = "EXISTS (SELECT FROM faq_confirmation c WHERE c.entry_id = faq_entry.id AND c.version = faq_entry.version)"
CONFIRMATIONS = (
    "ALTER TABLE faq_confirmation ADD CONSTRAINT faq_confirmation_once UNIQUE (entry_id, version)",
    # The one before is looked for among one's own, as by every policy here.
    """
    CREATE POLICY continues_its_own ON faq_confirmation AS RESTRICTIVE FOR INSERT WITH CHECK (
        version = 1 OR EXISTS (
            SELECT FROM faq_confirmation before
            WHERE before.entry_id = faq_confirmation.entry_id AND before.version = faq_confirmation.version - 1))
    """,
    f"ALTER POLICY corrected_as_confirmed ON faq_entry USING ({_ITS_OWN})",
    f"ALTER POLICY withdrawn_by_its_own ON faq_entry USING ({_ITS_OWN})",
)
REQUESTS = (
    f"REVOKE INSERT ON meeting_request FROM {RUNTIME}",
    f"""
    GRANT INSERT (org, consultation_id, sequence, answering_org, requested_at, distance_km)
    ON meeting_request TO {RUNTIME}
    """,
    f"""
    ALTER POLICY made_by_who_asks ON meeting_request WITH CHECK (org = {ORGANISATION} AND EXISTS (
        SELECT FROM consultation c
        WHERE c.org = meeting_request.org AND c.id = meeting_request.consultation_id
          AND c.answering_org = meeting_request.answering_org))
    """,
)


def upgrade() -> None:
    """Hold them to it."""
    for statement in (*CONFIRMATIONS, *REQUESTS):
        op.execute(statement)
