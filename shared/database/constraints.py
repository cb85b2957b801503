"""Which rule of the database a statement broke: what was looked at before can change until it is written."""

from sqlalchemy.exc import IntegrityError


def broken_by(fault: IntegrityError) -> str | None:
    """The name of the constraint or unique index; None when the server tells none."""
    name: str | None = getattr(fault.orig and fault.orig.__cause__, "constraint_name", None)
    return name
