"""What the trail does not show of hidden consultations: to whoever lacks their scope it tells of none of them.

A refusal because there is no such consultation is shown: it is the same for what is hidden and for what does not
exist. That a mark was set or removed is told to holders of its scope alone, also when the consultation is seen again.
"""

from services.consultation.consultations.repository import IN_SIGHT, Reader
from services.consultation.consultations.transitions import MARKS
from shared.http.audit_trail import Concealment

_MARKS = ", ".join(f"'consultation.{action.value}'" for action in sorted(MARKS))

# The inner select probes a small partial index by id; policies let it see the reader's own consultations only.
_SHOWN = f"""
    ('violence' = ANY(CAST(:sight AS text[])) OR event NOT IN ({_MARKS}))
    AND (NOT EXISTS (SELECT FROM consultation
                     WHERE id = audit_entry.object_id AND restricted IS NOT NULL AND NOT {IN_SIGHT})
         OR CAST(entry AS jsonb) -> 'detail' ->> 'reason' = 'not_found')
"""
CONCEALMENT = Concealment(_SHOWN, lambda caller: Reader.of(caller).values())
