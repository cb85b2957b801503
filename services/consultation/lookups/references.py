"""Case references: which case at the asking side a question belongs to. Nothing is asked without one."""

import re

from services.consultation.problems import CASE_REFERENCE_INVALID
from shared.identity import passes_for_identity
from shared.problems import Problem

# Letters of Latin script and ASCII digits: the digits of other scripts would hide an identity number.
_FIT = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ſ_./:#() -]{1,31}")


def checked_reference(text: str) -> str:
    """The reference without outer blanks. Raises Problem when it can't travel to all sources.

    CSN rejects the whole composite question at 32 characters, and an identity number in a reference
    would end up in other systems' logs.
    """
    reference = text.strip()
    if not _FIT.fullmatch(reference) or passes_for_identity(reference):
        raise Problem(CASE_REFERENCE_INVALID)
    return reference
