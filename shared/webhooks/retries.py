"""When to try again: soon at first, ever later after that, and never at the same moment as everybody else."""

from datetime import timedelta

WAITS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
"""The wait after the first attempt, the second, and so on; the last one again and again."""

TRIED_FOR = timedelta(hours=72)
"""How long from the first moment a message could have been sent."""

_JITTER = 0.2


def wait_after(tries: int, chance: float) -> timedelta:
    """The wait after so many attempts, 1 or more. `chance` is 0 to 1, and moves it by up to a fifth either way."""
    return WAITS[min(tries, len(WAITS)) - 1] * (1 + _JITTER * (2 * chance - 1))
