"""What pages tell of the simulator and of states is what the code has."""

import pytest

from services.consultation.consultations.transitions import TRANSITIONS
from services.gateway.proxy.allowed import ALLOWED
from tests.pages import OPERATIONS, PARTS, ROOT, rewritten


@pytest.mark.parametrize("page", PARTS)
def test_the_generated_parts_of_a_page_are_up_to_date(page: str) -> None:
    assert (ROOT / page).read_text("utf-8") == rewritten(page), "write them anew: python -m tests.pages"


def test_every_move_has_an_operation_that_the_gateway_lets_in_or_is_the_systems_own() -> None:
    own = {"reminded", "pause_lapsed", "attachment_refused"}
    let_in = {template for method, template in ALLOWED["consultation"] if method == "POST"}

    assert {action for actions in OPERATIONS.values() for action in actions} == {
        action for action in TRANSITIONS if action not in own
    }
    assert {f"/v1/consultations/{{consultationId}}/{path}" for path in OPERATIONS} <= let_in
