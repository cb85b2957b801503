"""What every entry of the trail about a consultation says of what it rests on."""

from typing import Any

from sqlalchemy import Row


def basis_of(row: Row[Any]) -> dict[str, Any]:
    """Purpose, case and the decision on its ground, for the entry's `detail`. `row` is the consultation."""
    return {
        "purpose": row.purpose,
        "caseReference": row.case_reference,
        "decision": {"id": str(row.decision_id), "version": row.decision_version},
    }
