"""Log-spaced buckets of working seconds, and percentiles from how many lie in each.

Bucket b holds what is at least 2^(b/16) and less than 2^((b+1)/16) seconds; zero seconds have no bucket, and are what
is left of the number. A value is taken for the geometric middle of its bucket, so it is off by at most `ERROR_BOUND`
of itself. Interpolating between two values that are off by at most that much adds nothing.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import floor

PER_OCTAVE = 16
ERROR_BOUND = 2 ** (1 / (2 * PER_OCTAVE)) - 1
"""2.19 %, of the exact percentile, up or down."""


def middle(bucket: int) -> float:
    """What a value of the bucket is taken for, in seconds."""
    return float(2 ** ((bucket + 0.5) / PER_OCTAVE))


def percentiles(number: int, counts: Mapping[int, int], shares: Sequence[float]) -> list[float]:
    """Seconds at each share (0 to 1) of `number` values, those without a bucket being zero.

    Linear between the two nearest, like PostgreSQL's percentile_cont. ValueError without values, or when more of them
    lie in buckets than there are.
    """
    buckets = sorted(counts)
    held = [counts[bucket] for bucket in buckets]
    zeros = number - sum(held)
    if number <= 0 or zeros < 0 or min(held, default=0) < 0:
        raise ValueError("the buckets do not make up the number")
    beyond = list(accumulate([zeros, *held]))
    return [_at(share * (number - 1), buckets, beyond) for share in shares]


def _at(place: float, buckets: Sequence[int], beyond: Sequence[int]) -> float:
    below = _value(floor(place), buckets, beyond)
    above = _value(min(floor(place) + 1, beyond[-1] - 1), buckets, beyond)
    return below + (place - floor(place)) * (above - below)


def _value(rank: int, buckets: Sequence[int], beyond: Sequence[int]) -> float:
    """The value of a rank from 0; `beyond` is the first rank past the zeros, and past each bucket."""
    place = bisect_right(beyond, rank)
    return middle(buckets[place - 1]) if place else 0.0
