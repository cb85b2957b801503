"""How large a test runs: a sample by default, the size an acceptance line names with `make test-full`."""

import os
from collections.abc import Iterable, Sequence
from typing import TypeVar

import pytest

FULL = os.environ.get("SAMRAD_TEST_FULL") == "1"

Item = TypeVar("Item")

only_in_full = pytest.mark.skipif(not FULL, reason="starts the whole product once more: in make test-full")
"""For a test of the started product that others near it cover the better part of."""


def sample_or_full(sample: int, full: int) -> int:
    """`full` under `make test-full`, else `sample`."""
    return full if FULL else sample


def scattered(every: Sequence[Item], turn: int, apart: int) -> Sequence[Item]:
    """Where each of one kind meets each of another: all under `make test-full`; else every `apart`-th of them, from
    turn to turn others, so that each of both kinds meets some."""
    return every if FULL else every[turn % apart :: apart]


def fewer_persons(names: Iterable[str]) -> list[str]:
    """Simulated persons: all under `make test-full`; else every sixth of those made for a state of a source."""
    every = list(names)
    series = [name for name in every if name.startswith("state_")]
    left_out = set() if FULL else set(series) - set(series[::6])
    return [name for name in every if name not in left_out]
