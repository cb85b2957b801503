"""Percentiles from buckets, against the exact ones."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from math import floor, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.leadtimes.buckets import ERROR_BOUND, PER_OCTAVE, Histogram, middle, percentiles
from tests.reference.lead_times import percentile
from tests.sizes import sample_or_full

SECONDS = st.integers(0, 60 * 60 * 24 * 400)


def bucket_of(seconds: int) -> int:
    """As the statement that fills the cells lays it out (leadtimes/cells.py)."""
    return floor(PER_OCTAVE * log2(seconds))


def histogram(values: Iterable[int]) -> Histogram:
    counts = Counter(bucket_of(value) for value in values if value)
    buckets = sorted(counts)
    return buckets, [counts[bucket] for bucket in buckets]


@pytest.mark.requirement(11)
@settings(max_examples=sample_or_full(100, 3000), deadline=None)
@given(values=st.lists(SECONDS, min_size=1, max_size=300), share=st.integers(0, 1000))
def test_a_percentile_from_buckets_is_within_the_stated_bound_of_the_exact_one(values: list[int], share: int) -> None:
    (found,) = percentiles(len(values), [histogram(values)], [share / 1000])

    exact = float(percentile(values, Fraction(share, 1000)))
    assert abs(found - exact) <= ERROR_BOUND * exact * (1 + 1e-9) + 1e-6


@given(cells=st.lists(st.lists(SECONDS, max_size=30), max_size=6), shares=st.lists(st.floats(0, 1), max_size=5))
def test_percentiles_of_several_histograms_are_those_of_one_of_all_their_values(
    cells: list[list[int]], shares: list[float]
) -> None:
    values = [0, *chain.from_iterable(cells)]

    found = percentiles(len(values), [histogram(cell) for cell in cells], shares)

    assert found == percentiles(len(values), [histogram(values)], shares)
    assert found == [_one_by_one(values, share) for share in shares]


def _one_by_one(values: Iterable[int], share: float) -> float:
    """Each value taken for the middle of its bucket, and written out."""
    taken = sorted(middle(bucket_of(value)) if value else 0.0 for value in values)
    place = share * (len(taken) - 1)
    below, above = taken[floor(place)], taken[min(floor(place) + 1, len(taken) - 1)]
    return below + (place - floor(place)) * (above - below)


def test_the_stated_bound_is_below_four_point_four_percent() -> None:
    assert ERROR_BOUND < 0.044


@given(seconds=st.integers(1, 2**40))
def test_a_value_lies_in_its_bucket_and_its_middle_is_within_the_bound(seconds: int) -> None:
    bucket = bucket_of(seconds)
    assert 2 ** (bucket / PER_OCTAVE) <= seconds * (1 + 1e-12)
    assert seconds < 2 ** ((bucket + 1) / PER_OCTAVE) * (1 + 1e-12)
    assert abs(middle(bucket) - seconds) <= ERROR_BOUND * seconds * (1 + 1e-9)


def test_what_lies_in_no_bucket_is_zero() -> None:
    assert percentiles(4, [histogram([3600])], [0, 0.5, 1]) == [0, 0, middle(bucket_of(3600))]


@pytest.mark.parametrize(("number", "counts"), [(0, []), (1, [2]), (3, [-1])])
def test_buckets_that_do_not_make_up_the_number_are_refused(number: int, counts: list[int]) -> None:
    with pytest.raises(ValueError, match="do not make up"):
        percentiles(number, [([5][: len(counts)], counts)], [0.5])
