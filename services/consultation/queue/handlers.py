"""Who something is given to: a handler's id, as it stands in the header of whoever states it."""

from services.consultation.problems import HANDLER_INVALID
from shared.problems import Problem
from shared.tokens.caller import is_fit_as_actor


def checked_handler(stated: str) -> str:
    """The id. Raises Problem, without repeating it, for what no handler could call herself, or holds a number."""
    if not is_fit_as_actor(stated):
        raise Problem(HANDLER_INVALID)
    return stated
