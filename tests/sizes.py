"""How large a test runs: a sample by default, the size an acceptance line names with `make test-full`."""

import os

FULL = os.environ.get("SAMRAD_TEST_FULL") == "1"


def sample_or_full(sample: int, full: int) -> int:
    """`full` under `make test-full`, else `sample`."""
    return full if FULL else sample
