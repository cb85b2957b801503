"""The purpose of a consultation, as a code: which ones there are, the register of grounds knows."""

import re

from shared.problems import MALFORMED, Problem

_PURPOSE = re.compile(r"[a-z][a-z_]{0,59}", re.ASCII)


def fit_to_ask_about(purpose: str) -> str:
    """The purpose, in the form that the register knows. Raises Problem without repeating it."""
    if not _PURPOSE.fullmatch(purpose):
        raise Problem(MALFORMED, members={"errors": [{"field": "purpose", "reason": "unknown"}]})
    return purpose
