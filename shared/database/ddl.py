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
