"""Statements that the services' migrations share: audit, idempotency, used tokens, and their guards."""

ORGANISATION = "nullif(current_setting('app.org', true), '')"


def audit_tables(runtime_role: str) -> tuple[str, ...]:
    """The audit trail: append only, readable by the actor's organisation and the owner's."""
    return (
        """
        CREATE TABLE audit_entry (
            id uuid NOT NULL,
            at timestamptz NOT NULL,
            org text NOT NULL,
            owner_org text NOT NULL,
            event text NOT NULL,
            outcome text NOT NULL,
            object_type text NOT NULL,
            object_id uuid,
            subject bytea,
            entry text NOT NULL,
            PRIMARY KEY (org, id)
        )
        """,
        "CREATE INDEX audit_entry_by_actor ON audit_entry (org, at DESC, id DESC)",
        "CREATE INDEX audit_entry_by_owner ON audit_entry (owner_org, at DESC, id DESC)",
        "CREATE INDEX audit_entry_by_object ON audit_entry (object_id, at DESC) WHERE object_id IS NOT NULL",
        *forced("audit_entry"),
        f"""
        CREATE POLICY readable ON audit_entry FOR SELECT
        USING (org = {ORGANISATION} OR owner_org = {ORGANISATION})
        """,
        f"CREATE POLICY written_by_actor ON audit_entry FOR INSERT WITH CHECK (org = {ORGANISATION})",
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the table is append only'; END $$
        """,
        *append_only("audit_entry"),
        f"GRANT SELECT, INSERT ON audit_entry TO {runtime_role}",
    )


def idempotency_tables(runtime_role: str) -> tuple[str, ...]:
    """Answers kept for requests that may be sent again."""
    return (
        """
        CREATE TABLE idempotency_record (
            org text NOT NULL,
            client_id text NOT NULL,
            key_hash bytea NOT NULL,
            request_hash bytea NOT NULL,
            status smallint,
            headers jsonb,
            body bytea,
            started_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (org, client_id, key_hash)
        )
        """,
        "CREATE INDEX idempotency_record_expiry ON idempotency_record (expires_at)",
        *tenant_policies("idempotency_record"),
        # A DELETE without conditions reads no column, so this policy alone chooses what it removes.
        "CREATE POLICY expired ON idempotency_record FOR DELETE USING (expires_at <= now())",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_record TO {runtime_role}",
    )


def used_token_tables(runtime_role: str) -> tuple[str, ...]:
    """Proofs and assertions that have been used, by hash, and since when that memory is whole.

    They hold no organisation's data, so there are no policies. UNLOGGED is half the price, and a crash empties both
    tables together; the first row says that a new database has nothing to have forgotten.
    """
    return (
        """
        CREATE UNLOGGED TABLE used_token (
            key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
            until timestamptz NOT NULL
        )
        """,
        """
        CREATE UNLOGGED TABLE used_token_memory (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            whole_since timestamptz NOT NULL
        )
        """,
        "INSERT INTO used_token_memory (whole_since) VALUES ('-infinity')",
        f"GRANT SELECT, INSERT, UPDATE (until), DELETE ON used_token TO {runtime_role}",
        f"GRANT SELECT, INSERT ON used_token_memory TO {runtime_role}",
    )


def used_tokens_forgotten_by(worker_role: str, runtime_role: str) -> tuple[str, ...]:
    """Used tokens are removed by background jobs."""
    return (
        f"REVOKE DELETE ON used_token FROM {runtime_role}",
        f"GRANT SELECT (until), DELETE ON used_token TO {worker_role}",
    )


def idempotency_forgotten_by(worker_role: str, runtime_role: str) -> tuple[str, ...]:
    """Kept answers are removed by background jobs, which see when they expire and nothing else of them."""
    return (
        "DROP POLICY expired ON idempotency_record",
        f"REVOKE DELETE ON idempotency_record FROM {runtime_role}",
        f"GRANT SELECT (expires_at), DELETE ON idempotency_record TO {worker_role}",
        f"CREATE POLICY expiry_seen ON idempotency_record FOR SELECT TO {worker_role} USING (true)",
        f"CREATE POLICY forgotten ON idempotency_record FOR DELETE TO {worker_role} USING (true)",
    )


def forced(table: str) -> tuple[str, ...]:
    """Row-level security, for the owner as well."""
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    )


def tenant_policies(table: str) -> tuple[str, ...]:
    """Only the organisation's own rows, to read and to write."""
    return (
        *forced(table),
        f"CREATE POLICY own ON {table} USING (org = {ORGANISATION}) WITH CHECK (org = {ORGANISATION})",
    )


def append_only(table: str) -> tuple[str, ...]:
    """Refuses change and removal whatever a role has been granted. Needs the function `refuse_change`."""
    return (
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """,
        f"""
        CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """,
    )


def sealing_tables(owner: str, runtime: str, worker: str, auditor: str) -> tuple[str, ...]:
    """What seals the audit trail: a queue that a trigger fills, the chain, and a note of each checkpoint.

    The runtime role may neither read nor write any of it; it may ask how late sealing is. The worker moves rows and
    erases texts whose time is over, the auditor reads everything, and both write in the trail only as the operator.
    """
    return (
        *_SEALED_ENTRIES,
        *_SEALING_TABLES,
        *(statement for table in SEALING_TABLES for statement in forced(table)),
        *append_only("audit_chain"),
        *append_only("audit_checkpoint"),
        *_queueing(owner),
        *_ages(owner, runtime),
        *_erasing(worker),
        *_sealing_rights(worker, auditor),
        # What was written before there was a queue. The owner is bound by its policies, but for this moment.
        "ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY",
        """
        INSERT INTO audit_queue (org, entry_id, at, entry_hash)
        SELECT org, id, at, sha256(convert_to(entry, 'UTF8')) FROM audit_entry ORDER BY at, id
        """,
        "ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY",
    )


SEALING_TABLES = ("audit_queue", "audit_chain", "audit_checkpoint")
"""Tables of a sealed trail beside `audit_entry`. None of them is any organisation's to read."""

_SEALED_ENTRIES = (
    "ALTER TABLE audit_entry ALTER COLUMN entry DROP NOT NULL, ADD COLUMN erased_at timestamptz",
    """
    ALTER TABLE audit_entry ADD CONSTRAINT erased_or_whole CHECK (CASE WHEN erased_at IS NULL THEN entry IS NOT NULL
        ELSE entry IS NULL AND subject IS NULL AND object_id IS NULL END)
    """,
    "CREATE INDEX audit_entry_by_subject ON audit_entry (subject, at) WHERE subject IS NOT NULL",
    "CREATE INDEX audit_entry_by_age ON audit_entry (at) WHERE erased_at IS NULL",
)
_SEALING_TABLES = (
    """
    CREATE TABLE audit_queue (
        ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        org text NOT NULL,
        entry_id uuid NOT NULL,
        at timestamptz NOT NULL,
        entry_hash bytea NOT NULL CHECK (octet_length(entry_hash) = 32),
        queued_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    """
    CREATE TABLE audit_chain (
        position bigint PRIMARY KEY CHECK (position > 0),
        org text NOT NULL,
        entry_id uuid NOT NULL,
        at timestamptz NOT NULL,
        entry_hash bytea NOT NULL CHECK (octet_length(entry_hash) = 32),
        link bytea NOT NULL CHECK (octet_length(link) = 32),
        sealed_at timestamptz NOT NULL,
        UNIQUE (org, entry_id)
    )
    """,
    """
    CREATE TABLE audit_checkpoint (
        position bigint PRIMARY KEY CHECK (position > 0),
        digest bytea NOT NULL CHECK (octet_length(digest) = 32),
        noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
)


def _queueing(owner: str) -> tuple[str, ...]:
    # As the owner: who writes an entry has no right to the queue, and so can neither leave it out nor fill it.
    return (
        f"CREATE POLICY queued ON audit_queue FOR INSERT TO {owner} WITH CHECK (true)",
        """
        CREATE FUNCTION queue_for_sealing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS
        $$ BEGIN
            INSERT INTO audit_queue (org, entry_id, at, entry_hash)
            VALUES (NEW.org, NEW.id, NEW.at, sha256(convert_to(NEW.entry, 'UTF8')));
            RETURN NULL;
        END $$
        """,
        "REVOKE EXECUTE ON FUNCTION queue_for_sealing() FROM PUBLIC",
        """
        CREATE TRIGGER queued_for_sealing AFTER INSERT ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION queue_for_sealing()
        """,
    )


def _ages(owner: str, runtime: str) -> tuple[str, ...]:
    return (
        *(f"CREATE POLICY aged ON {table} FOR SELECT TO {owner} USING (true)" for table in SEALING_TABLES),
        """
        CREATE FUNCTION audit_sealing_ages(OUT queued double precision, OUT signed double precision)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
        $$ SELECT
            coalesce(extract(epoch FROM clock_timestamp() -
                (SELECT queued_at FROM audit_queue ORDER BY ordinal LIMIT 1)), 0)::double precision,
            coalesce(extract(epoch FROM clock_timestamp() -
                (SELECT sealed_at FROM audit_chain
                 WHERE position > coalesce((SELECT max(position) FROM audit_checkpoint), 0)
                 ORDER BY position LIMIT 1)), 0)::double precision
        $$
        """,
        "REVOKE EXECUTE ON FUNCTION audit_sealing_ages() FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION audit_sealing_ages() TO {runtime}",
    )


def _erasing(worker: str) -> tuple[str, ...]:
    # The one change that the trail allows: an entry that is sealed loses its text and what it is about.
    return (
        """
        CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
               AND NEW.entry IS NULL AND NEW.subject IS NULL AND NEW.object_id IS NULL
               AND (NEW.id, NEW.at, NEW.org, NEW.owner_org, NEW.event, NEW.outcome, NEW.object_type)
                 = (OLD.id, OLD.at, OLD.org, OLD.owner_org, OLD.event, OLD.outcome, OLD.object_type)
               AND OLD.event <> 'audit.erased'
               AND EXISTS (SELECT FROM public.audit_chain c WHERE c.org = OLD.org AND c.entry_id = OLD.id)
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'the table is append only';
        END $$
        """,
        "DROP TRIGGER append_only ON audit_entry",
        """
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure()
        """,
        f"""
        CREATE POLICY erased_by_worker ON audit_entry FOR UPDATE TO {worker}
        USING (erased_at IS NULL) WITH CHECK (erased_at IS NOT NULL)
        """,
        f"GRANT UPDATE (entry, subject, object_id, erased_at) ON audit_entry TO {worker}",
    )


def _sealing_rights(worker: str, auditor: str) -> tuple[str, ...]:
    return (
        f"CREATE POLICY seen_by_worker ON audit_entry FOR SELECT TO {worker} USING (true)",
        f"CREATE POLICY seen_by_auditor ON audit_entry FOR SELECT TO {auditor} USING (true)",
        f"""
        CREATE POLICY as_operator ON audit_entry AS RESTRICTIVE FOR INSERT TO {worker}, {auditor}
        WITH CHECK (org = 'operator')
        """,
        f"CREATE POLICY moved_by_worker ON audit_queue TO {worker} USING (true)",
        *(
            f"CREATE POLICY seen_by_worker ON {table} FOR SELECT TO {worker} USING (true)"
            for table in SEALING_TABLES[1:]
        ),
        *(
            f"CREATE POLICY added_by_worker ON {table} FOR INSERT TO {worker} WITH CHECK (true)"
            for table in SEALING_TABLES[1:]
        ),
        *(f"CREATE POLICY seen_by_auditor ON {table} FOR SELECT TO {auditor} USING (true)" for table in SEALING_TABLES),
        f"GRANT SELECT (org, id, at, event, erased_at), INSERT ON audit_entry TO {worker}",
        f"GRANT SELECT, DELETE ON audit_queue TO {worker}",
        f"GRANT SELECT, INSERT ON audit_chain, audit_checkpoint TO {worker}",
        f"GRANT SELECT, INSERT ON audit_entry TO {auditor}",
        f"GRANT SELECT ON audit_queue, audit_chain, audit_checkpoint TO {auditor}",
    )
