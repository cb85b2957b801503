"""Numbers that people read to each other over the phone.

Random rather than counted: a counter would tell how much others ask, and be a row that all writers wait for.
"""

import secrets
from datetime import datetime

# Crockford's alphabet: no I, L, O or U, so that nothing is misheard or misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number(at: datetime) -> str:
    """`S26-7K3M-9QXD`: the year and eight characters, forty bits."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"S{at:%y}-{code[:4]}-{code[4:]}"
