"""Log-spaced buckets of working seconds, and percentiles from how many lie in each.

Bucket b holds what is at least 2^(b/16) and less than 2^((b+1)/16) seconds; zero seconds have no bucket, and are what
is left of the number. A value is taken for the geometric middle of its bucket, so it is off by at most `ERROR_BOUND`
of itself. Interpolating between two values that are off by at most that much adds nothing.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate
from math import floor

PER_OCTAVE = 16
ERROR_BOUND = 2 ** (1 / (2 * PER_OCTAVE)) - 1
"""2.19 %, of the exact percentile, up or down."""

Histogram = tuple[Sequence[int], Sequence[int]]
"""Buckets from 0, in order, and how many values lie in each."""


def middle(bucket: int) -> float:
    """What a value of the bucket is taken for, in seconds."""
    return float(2 ** ((bucket + 0.5) / PER_OCTAVE))


def percentiles(number: int, histograms: Collection[Histogram], shares: Sequence[float]) -> list[float]:
    """Seconds at each share (0 to 1) of `number` values, those without a bucket being zero.

    The values are those of all the histograms together. Linear between the two nearest, like PostgreSQL's
    percentile_cont. ValueError without values, or when those in buckets can't be so many.
    """
    buckets, counts = _together(histograms)
    # Counted from the highest down, so that what is past every bucket is zero.
    higher_than = list(accumulate(reversed(counts), initial=0))
    if number <= 0 or higher_than[-1] > number or min(counts, default=0) < 0 or len(buckets) != len(counts):
        raise ValueError("the buckets do not make up the number")
    return [_at(share * (number - 1), number, buckets, higher_than) for share in shares]


def _together(histograms: Collection[Histogram]) -> Histogram:
    """One histogram of several, with every bucket from the lowest to the highest, also those that hold nothing."""
    held = [each for each in histograms if each[0]]
    if len(held) <= 1:
        return held[0] if held else ((), ())
    lowest = min(buckets[0] for buckets, _ in held)
    highest = max(buckets[-1] for buckets, _ in held)
    # A list with a place for each bucket is quicker to add up in than a dictionary, and in order from the start.
    summed = [0] * (highest + 1)
    for buckets, counts in held:
        for bucket, count in zip(buckets, counts, strict=True):
            summed[bucket] += count
    return range(lowest, highest + 1), summed[lowest:]


def _at(place: float, number: int, buckets: Sequence[int], higher_than: Sequence[int]) -> float:
    """The value at a place between two ranks, which begin at 0. `higher_than` is how many are higher than the values of
    each bucket, from the highest bucket down to the zeros.
    """
    rank = floor(place)
    higher = number - 1 - rank
    at = bisect_right(higher_than, higher)
    below = middle(buckets[-at]) if at <= len(buckets) else 0.0
    is_last, next_is_beside = higher == 0, higher > higher_than[at - 1]
    if is_last or next_is_beside:
        return below
    above = middle(buckets[-bisect_right(higher_than, higher - 1)])
    return below + (place - rank) * (above - below)
