"""What lets the role of background jobs erase a table of a consultation's, for migrations: these rows and no others.

Whatever the rules of an installation say, the database lets nothing go of a consultation that ended this year, that is
open, or that is held: the shortest period ends with the calendar year.
"""

WORKER = "consultation_worker"
AUDITOR = "consultation_auditor"


def erased_with_its_consultation(
    table: str, columns: str = "org, consultation_id", owner: str = "org"
) -> tuple[str, ...]:
    """For a table whose rows name their consultation by `owner`, the column of who asked, and `consultation_id`.

    The worker may remove rows of what may be erased, and see `columns` of them; the auditor sees `columns` of all.
    """
    ended = f"erasable({table}.{owner}, {table}.consultation_id)"
    return (
        *removed_by_worker(table, ended, columns),
        f"CREATE POLICY proved_by_auditor ON {table} FOR SELECT TO {AUDITOR} USING (true)",
        f"GRANT SELECT ({columns}) ON {table} TO {AUDITOR}",
    )


def removed_by_worker(table: str, condition: str, columns: str) -> tuple[str, ...]:
    """The worker may remove the rows of the condition, and see `columns` of them."""
    return (
        f"CREATE POLICY erasable_seen ON {table} FOR SELECT TO {WORKER} USING ({condition})",
        *these_alone(table, condition),
        f"GRANT SELECT ({columns}), DELETE ON {table} TO {WORKER}",
    )


def these_alone(table: str, condition: str) -> tuple[str, ...]:
    """The worker may remove the rows of the condition, and no others whatever else lets it do with the table.

    Timers and scans act as one of the organisations, whose own policies would let them remove any row of its.
    """
    return (
        f"CREATE POLICY erased ON {table} FOR DELETE TO {WORKER} USING (true)",
        f"CREATE POLICY erased_alone ON {table} AS RESTRICTIVE FOR DELETE TO {WORKER} USING ({condition})",
    )


def removed_but_by_worker(table: str) -> tuple[str, ...]:
    """For a table that is append only: nobody changes or removes a row, but the worker what its policies let it."""
    return (
        f"DROP TRIGGER append_only ON {table}",
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change_but_retention()
        """,
    )
