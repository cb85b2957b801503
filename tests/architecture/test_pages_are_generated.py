"""What pages tell of the simulator and of states is what the code has."""

import pytest

from tests.pages import PARTS, ROOT, rewritten


@pytest.mark.parametrize("page", PARTS)
def test_the_generated_parts_of_a_page_are_up_to_date(page: str) -> None:
    assert (ROOT / page).read_text("utf-8") == rewritten(page), "write them anew: python -m tests.pages"
