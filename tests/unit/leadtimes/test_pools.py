"""Pools: what is told can't be subtracted down to what is not."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.leadtimes.suppression import Atom, Pool, can_be_told, is_told, pools
from tests.sizes import sample_or_full

LEAST = 5


@st.composite
def places(draw: st.DrawFn) -> dict[Atom, int]:
    """Organisations in municipalities in counties, each with one or two units, most of them small."""
    found: dict[Atom, int] = {}
    for number in range(draw(st.integers(0, 14))):
        county = draw(st.sampled_from(["01", "24", "25"]))
        municipality = f"{county}{draw(st.integers(10, 13))}"
        unit = draw(st.sampled_from(["nord", "syd"]))
        path = ("municipality", "SE33" if county > "20" else "SE11", county, municipality, f"org{number // 2}", unit)
        found[path] = draw(st.integers(0, 12))
    return found


@settings(max_examples=sample_or_full(150, 3000), deadline=None)
@given(numbers=places())
def test_pools_part_the_atoms_and_are_fit_unless_all_together_are_too_few(numbers: Mapping[Atom, int]) -> None:
    parted = pools(numbers, LEAST)

    assert sorted(atom for pool in parted for atom in pool.atoms) == sorted(a for a, n in numbers.items() if n > 0)
    assert all(pool.number == sum(numbers[atom] for atom in pool.atoms) for pool in parted)
    assert len(parted) <= 1 or all(pool.fit(LEAST) for pool in parted)


@settings(max_examples=sample_or_full(150, 3000), deadline=None)
@given(numbers=places(), depth=st.integers(0, 5))
def test_what_is_told_is_a_sum_of_whole_pools(numbers: Mapping[Atom, int], depth: int) -> None:
    parted = pools(numbers, LEAST)
    for cell in {atom[: depth + 1] for atom in numbers}:

        def inside(atom: Atom, cell: Atom = cell) -> bool:
            return atom[: len(cell)] == cell

        if can_be_told(inside, parted, LEAST):
            whole = [pool for pool in parted if inside(pool.atoms[0])]
            assert sum(pool.number for pool in whole) == sum(n for atom, n in numbers.items() if inside(atom))
            assert all(pool.fit(LEAST) for pool in whole)


def test_a_small_municipality_takes_the_smallest_large_one_in_its_county_with_it() -> None:
    numbers: dict[Atom, int] = {("24", "2480"): 40, ("24", "2482"): 9, ("24", "2401"): 2, ("25", "2580"): 6}

    parted = pools(numbers, LEAST)

    assert sorted(parted, key=lambda pool: pool.atoms) == [
        Pool((("24", "2401"), ("24", "2482")), 11),
        Pool((("24", "2480"),), 40),
        Pool((("25", "2580"),), 6),
    ]


def test_five_that_can_only_be_one_each_are_not_told_by_their_sum() -> None:
    numbers: dict[Atom, int] = {("24", f"24{place}"): 1 for place in range(10, 15)}

    (pool,) = pools(numbers, LEAST)

    assert not pool.fit(LEAST)


@pytest.mark.parametrize(("held", "told"), [(4, False), (5, True)])
def test_the_threshold_is_the_least_that_is_told(held: int, told: bool) -> None:
    assert can_be_told(lambda _: True, pools({("24",): held}, LEAST), LEAST) is told


@pytest.mark.parametrize(
    ("share", "of_others", "may"),
    [(0.5, 10, True), (0.5, 9, False), (0.85, 34, True), (0.85, 33, False), (0, 10**6, False), (1, 10**6, False)],
)
def test_a_percentile_of_others_has_the_threshold_of_them_on_each_side(share: float, of_others: int, may: bool) -> None:
    assert is_told(share, of_others, 5) is may


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_any_percentile_of_ones_own_alone_is_told(share: float) -> None:
    assert is_told(share, 0, 5)
