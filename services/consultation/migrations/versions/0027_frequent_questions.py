"""Frequent questions: what is proposed, who has confirmed it, and what is published.

What is proposed and who confirmed it is the answering organisation's alone. What is published names no organisation, so
its policies ask for a confirmation of one's own instead: of just this text, by somebody who has not written it.
"""

from alembic import op

from services.consultation.retention.policies import removed_by_worker
from shared.database.ddl import ORGANISATION, append_only, forced, tenant_policies

revision = "0027"
down_revision = "0026"

RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"
AUDITOR = "consultation_auditor"

_GONE = "consultation_id IS NULL OR erasable(faq_proposal.consultation_org, faq_proposal.consultation_id)"
_SEEN_BY_JOBS = "consultation_org, consultation_id, expires_at"

PROPOSALS = (
    """
    CREATE TABLE faq_proposal (
        org text NOT NULL,
        id uuid NOT NULL,
        consultation_org text,
        consultation_id uuid,
        entry_id uuid,
        entry_version integer CHECK (entry_version > 0),
        edition integer NOT NULL CHECK (edition > 0),
        written_by text[] NOT NULL CHECK (cardinality(written_by) > 0),
        proposed_at timestamptz NOT NULL,
        expires_at timestamptz,
        sealed bytea NOT NULL,
        sent_back_at timestamptz,
        sent_back_by text,
        reason bytea,
        PRIMARY KEY (org, id),
        UNIQUE (org, consultation_id),
        UNIQUE (org, entry_id),
        FOREIGN KEY (consultation_org, consultation_id) REFERENCES consultation (org, id) MATCH FULL,
        CONSTRAINT of_a_consultation_or_an_entry CHECK (
            (consultation_id IS NULL) = (entry_id IS NOT NULL) AND (entry_id IS NULL) = (entry_version IS NULL)
            AND (entry_id IS NULL) = (expires_at IS NULL)),
        CHECK ((sent_back_at IS NULL) = (sent_back_by IS NULL) AND (sent_back_at IS NULL) = (reason IS NULL))
    )
    """,
    "CREATE INDEX faq_proposal_oldest ON faq_proposal (org, proposed_at, id)",
    "CREATE INDEX faq_proposal_of ON faq_proposal (consultation_org, consultation_id)",
    "CREATE INDEX faq_proposal_expiry ON faq_proposal (expires_at) WHERE expires_at IS NOT NULL",
    *forced("faq_proposal"),
    f"""
    CREATE POLICY own ON faq_proposal USING (org = {ORGANISATION})
    WITH CHECK (org = {ORGANISATION} AND (consultation_id IS NULL OR EXISTS (
        SELECT FROM consultation c
        WHERE c.org = faq_proposal.consultation_org AND c.id = faq_proposal.consultation_id
          AND c.answering_org = {ORGANISATION})))
    """,
    f"""
    GRANT SELECT, INSERT, UPDATE (edition, written_by, sealed, sent_back_at, sent_back_by, reason), DELETE
    ON faq_proposal TO {RUNTIME}
    """,
    *removed_by_worker("faq_proposal", _GONE, _SEEN_BY_JOBS),
    f"CREATE POLICY proved_by_auditor ON faq_proposal FOR SELECT TO {AUDITOR} USING (true)",
    f"GRANT SELECT ({_SEEN_BY_JOBS}) ON faq_proposal TO {AUDITOR}",
)
CONFIRMATIONS = (
    """
    CREATE TABLE faq_confirmation (
        org text NOT NULL,
        entry_id uuid NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        digest bytea NOT NULL CHECK (octet_length(digest) = 32),
        written_by text[] NOT NULL CHECK (cardinality(written_by) > 0),
        confirmed_by text NOT NULL CHECK (confirmed_by <> ''),
        client_id text NOT NULL,
        confirmed_at timestamptz NOT NULL,
        PRIMARY KEY (org, entry_id, version),
        CONSTRAINT by_a_second_person CHECK (
            lower(confirmed_by) <> ALL (string_to_array(lower(array_to_string(written_by, E'\\x1f')), E'\\x1f')))
    )
    """,
    *tenant_policies("faq_confirmation"),
    *append_only("faq_confirmation"),
    f"GRANT SELECT, INSERT ON faq_confirmation TO {RUNTIME}",
)
_ITS_OWN = "EXISTS (SELECT FROM faq_confirmation c WHERE c.entry_id = faq_entry.id)"
_CONFIRMED = """
    EXISTS (SELECT FROM faq_confirmation c
            WHERE c.entry_id = faq_entry.id AND c.version = faq_entry.version AND c.digest = faq_entry.digest)
"""
ENTRIES = (
    # The digest is that of what stands beside it: no text is published but the one that was confirmed.
    """
    CREATE TABLE faq_entry (
        id uuid PRIMARY KEY,
        version integer NOT NULL,
        decision_type text NOT NULL,
        question_sv text NOT NULL,
        answer_sv text NOT NULL,
        question_en text,
        answer_en text,
        digest bytea NOT NULL,
        searched tsvector NOT NULL GENERATED ALWAYS AS (
            to_tsvector('swedish', question_sv || ' ' || answer_sv)
            || to_tsvector('english', coalesce(question_en || ' ' || answer_en, ''))) STORED,
        CHECK ((question_en IS NULL) = (answer_en IS NULL)),
        CONSTRAINT as_confirmed CHECK (digest = sha256(convert_to(
            decision_type || E'\\x1f' || question_sv || E'\\x1f' || answer_sv || E'\\x1f'
            || coalesce(question_en, '') || E'\\x1f' || coalesce(answer_en, ''), 'UTF8')))
    )
    """,
    "CREATE INDEX faq_entry_of_type ON faq_entry (decision_type, id)",
    "CREATE INDEX faq_entry_searched ON faq_entry USING gin (searched)",
    *forced("faq_entry"),
    "CREATE POLICY told_to_all ON faq_entry FOR SELECT USING (true)",
    f"CREATE POLICY published_as_confirmed ON faq_entry FOR INSERT WITH CHECK ({_CONFIRMED})",
    f"CREATE POLICY corrected_as_confirmed ON faq_entry FOR UPDATE USING ({_ITS_OWN}) WITH CHECK ({_CONFIRMED})",
    f"CREATE POLICY withdrawn_by_its_own ON faq_entry FOR DELETE USING ({_ITS_OWN})",
    f"""
    GRANT SELECT, INSERT, DELETE,
        UPDATE (version, decision_type, question_sv, answer_sv, question_en, answer_en, digest)
    ON faq_entry TO {RUNTIME}
    """,
)


def upgrade() -> None:
    """Add them."""
    for statement in (*PROPOSALS, *CONFIRMATIONS, *ENTRIES):
        op.execute(statement)
