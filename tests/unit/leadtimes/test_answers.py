"""By what one question of figures is told from another."""

from starlette.datastructures import URL

from services.consultation.leadtimes.answers import key_of
from shared.http.shared_answers import EACH_BYTES

ADDRESS = "https://samrad.example/consultation/v1/lead-times"


def test_who_asks_the_form_the_figure_and_the_parameters_each_make_another_question() -> None:
    asked = [
        ("0007:2021002114", False, f"{ADDRESS}?type=consultation"),
        ("0007:2120002627", False, f"{ADDRESS}?type=consultation"),
        ("0007:2021002114", True, f"{ADDRESS}?type=consultation"),
        ("0007:2021002114", False, f"{ADDRESS}?type=joint_planning"),
        ("0007:2021002114", False, ADDRESS.replace("lead-times", "throughput") + "?type=consultation"),
    ]

    assert len({key_of(organisation, form, URL(address)) for organisation, form, address in asked}) == len(asked)


def test_an_address_of_any_length_is_kept_within_what_an_answer_is_counted_as() -> None:
    key = key_of("0007:2021002114", False, URL(f"{ADDRESS}?x={'a' * 60_000}"))

    assert len(repr(key)) < EACH_BYTES
