"""The unemployment funds' answer, read."""

import pytest

from services.consultation.lookups.sources.domain import SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from tests.unit.lookups.given import read, readings, simulated

pytestmark = pytest.mark.requirement(1)


def fund(status: str, content: str = "") -> str:
    return (
        "<Arbetsloshetsersattning><SvarandeOrganisation>Kassan</SvarandeOrganisation>"
        f"<StatusSvarandeOrganisation>{status}</StatusSvarandeOrganisation>{content}</Arbetsloshetsersattning>"
    )


def read_funds(*funds: str) -> Reading:
    return read(SourceCode.SO, f"<ArbetsloshetsersattningLista>{''.join(funds)}</ArbetsloshetsersattningLista>")


SUSPENSION = (
    "<Avstangningar><AvstangdFrom>2026-09-01</AvstangdFrom><AvstangdTom>2026-10-15</AvstangdTom></Avstangningar>"
)


def test_payments_are_read_as_decimal_strings_with_currency() -> None:
    reading = readings(simulated("fund_payment_only"))[SourceCode.SO]

    assert (reading.state, reading.items, reading.deviations) == (SourceState.ANSWERED, ("payments",), ())
    assert reading.data is not None
    assert reading.data["funds"][0]["payments"][0] == {
        "date": "2026-09-25",
        "netAfterTax": {"amount": "11240.00", "currency": "SEK"},
        "netAfterDeductions": {"amount": "10740.00", "currency": "SEK"},
        "days": "21.50",
        "from": "2026-09-01",
        "to": "2026-09-30",
    }


def test_a_suspension_and_a_waiting_application_are_read() -> None:
    reading = readings(simulated("fund_suspended"))[SourceCode.SO]

    assert reading.items == ("suspensions", "applications")
    assert reading.data is not None
    assert reading.data["funds"][0]["suspensions"] == [{"from": "2026-09-01", "to": "2026-10-15"}]
    assert reading.data["funds"][0]["application"] == {"decisionOnEntitlement": None, "paymentRequested": True}


def test_a_fund_that_answers_ok_with_nothing_is_proven_empty() -> None:
    assert read_funds(fund("OK")).state is SourceState.ANSWERED_EMPTY
    assert read_funds().state is SourceState.ANSWERED_EMPTY


def test_an_answer_without_the_list_is_no_proof_of_emptiness() -> None:
    assert read(SourceCode.SO, "<From>2026-09-01</From>").state is SourceState.UNPARSEABLE


def test_an_unknown_status_without_content_is_shown_and_proves_nothing() -> None:
    reading = read_funds(fund("EJ_TILLGANGLIG"))

    assert (reading.state, reading.code) == (SourceState.LOGICAL_ERROR, "EJ_TILLGANGLIG")
    assert reading.messages == ("Kassan: EJ_TILLGANGLIG",)


def test_each_fund_is_a_part_with_a_state_of_its_own() -> None:
    unread = "<Avstangningar><AvstangdFrom>snart</AvstangdFrom><AvstangdTom>2026-10-15</AvstangdTom></Avstangningar>"
    reading = read_funds(
        fund("OK", SUSPENSION), fund("OK"), fund("Utredning", SUSPENSION), fund("FEL"), fund("OK", unread)
    )

    assert reading.state is SourceState.PARTIAL
    assert [(part.name, part.state.value, part.code) for part in reading.parts] == [
        ("Kassan", "answered", None),
        ("Kassan", "answered_empty", None),
        ("Kassan", "partial", "Utredning"),
        ("Kassan", "logical_error", "FEL"),
        ("Kassan", "partial", None),
    ]


def test_content_under_an_unknown_status_is_told_but_not_proven_to_be_all() -> None:
    reading = read_funds(fund("Utredning", SUSPENSION))

    assert (reading.state, reading.items) == (SourceState.PARTIAL, ("suspensions",))
    assert reading.messages == ("Kassan: Utredning",)


def test_a_fund_without_a_name_or_status_is_no_proof() -> None:
    reading = read_funds("<Arbetsloshetsersattning/>")

    assert (reading.state, reading.code, reading.messages) == (SourceState.LOGICAL_ERROR, None, ())
    assert [part.state for part in reading.parts] == [SourceState.LOGICAL_ERROR]


def test_one_fund_with_content_and_one_with_an_unknown_status_is_partial() -> None:
    assert read_funds(fund("OK", SUSPENSION), fund("FEL")).state is SourceState.PARTIAL


@pytest.mark.parametrize("amount", ["4 350", "4350,00", "NaN", "1e9", "٤٣٥٠", "9" * 40])
def test_an_amount_that_cannot_be_read_is_never_guessed(amount: str) -> None:
    payment = f"<Utbetalningar><NettoEfterSkatt>{amount}</NettoEfterSkatt></Utbetalningar>"

    reading = read_funds(fund("OK", payment))

    assert reading.state is SourceState.PARTIAL
    assert reading.data is not None
    assert reading.data["funds"][0]["payments"][0]["netAfterTax"] is None


@pytest.mark.parametrize(
    ("written", "amount"), [("4350", "4350.00"), ("-0.5", "-0.50"), ("+007.125", "7.125"), ("0", "0.00")]
)
def test_an_amount_keeps_every_digit(written: str, amount: str) -> None:
    payment = f"<Utbetalningar><NettoEfterSkatt>{written}</NettoEfterSkatt></Utbetalningar>"
    reading = read_funds(fund("OK", payment))

    assert reading.data is not None
    assert reading.data["funds"][0]["payments"][0]["netAfterTax"] == {"amount": amount, "currency": "SEK"}
