"""One list of payments over all sources."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.payments.domain import Kind, Payment, Status
from services.consultation.lookups.payments.listing import payments_of
from services.consultation.lookups.payments.wire import told_payment
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourceState
from tests.sizes import sample_or_full
from tests.unit.lookups.given import encoded, read, readings, simulated
from tests.unit.lookups.paid import csn, csn_paid, fk, fk_paid, fund, funds, money, pm_paid, row, so, so_paid

pytestmark = pytest.mark.requirement(1)


def simulated_answers(name: str) -> list[SourceAnswer]:
    """What the readers make of the simulator's answers about a person."""
    return [SourceAnswer(code, each.state, data=each.data) for code, each in readings(simulated(name)).items()]


def whole(rows: tuple[Payment, ...]) -> list[Payment]:
    return [each for each in rows if each.part_of is None]


def amount(payment: Payment, name: str) -> str | None:
    told = getattr(told_payment(payment), name)
    return None if told is None else told.amount


def test_every_source_that_pays_is_in_one_list_by_date_and_then_source() -> None:
    rows = whole(payments_of(simulated_answers("complete")))

    assert {each.source for each in rows} == {SourceCode.CSN, SourceCode.FK, SourceCode.SO}
    order = list(SourceCode)
    places = [(each.date or "9999", order.index(each.source)) for each in rows]
    assert places == sorted(places)


def test_a_payment_of_forsakringskassan_is_told_with_its_parts_and_deductions_pointing_to_it() -> None:
    details = (
        row(
            benefit={"code": "AS", "text": "Aktivitetsstöd"},
            amountType={"code": "AS", "text": None},
            gross=money("8030.00"),
        ),
        row(amountType={"code": "SOC", "text": "Socialavdrag"}, isDeduction=True, deductions=money("500.00")),
    )
    paid, part, deduction = payments_of([fk(fk_paid("2026-10-25", rows=details))])

    assert [amount(paid, each) for each in ("net", "gross", "tax", "deductions")] == [
        "5601.50",
        "8030.00",
        "1928.50",
        "2428.50",
    ]
    assert (paid.kind, paid.status, paid.supplier) == (Kind.PAYMENT, Status.PAID, "FK")
    assert (part.kind, part.part_of, part.origin) == (Kind.PART, "/payments/0", "/payments/0/rows/0")
    assert (deduction.kind, deduction.origin, amount(deduction, "deductions")) == (
        Kind.DEDUCTION,
        "/payments/0/rows/1",
        "500.00",
    )
    assert part.net is None, "the net amount is of the whole alone"


def test_payments_of_both_suppliers_are_there_though_they_lie_in_different_lists() -> None:
    of_fk = [each for each in payments_of(simulated_answers("complete")) if each.source is SourceCode.FK]
    of_pm = [each for each in payments_of(simulated_answers("pensioner")) if each.source is SourceCode.FK]

    assert {each.supplier for each in whole(tuple(of_fk))} == {"FK"}
    assert {each.supplier for each in whole(tuple(of_pm))} == {"PM"}
    assert len(whole(tuple(of_fk))) == len(whole(tuple(of_pm))) == 3


def test_a_plain_whole_number_of_kronor_and_the_other_keys_for_periods_are_read_for_pensions() -> None:
    made, *_ = whole(payments_of(simulated_answers("pensioner")))

    assert (amount(made, "net"), amount(made, "gross")) == ("7470.00", "9120.00")
    assert (made.first, made.last) == ("2026-09-01", "2026-09-30")
    assert made.benefit is not None
    assert made.benefit.code == "PM:AP"


def test_a_pension_of_several_benefits_names_none_of_them_for_the_whole() -> None:
    mixed = pm_paid("2026-10-20")
    mixed["rows"].append(row(benefitGroup={"code": "PM:BTP", "text": None}, gross=money("100.00")))

    assert whole(payments_of([fk(mixed)]))[0].benefit is None


def test_what_is_preliminary_is_told_as_that() -> None:
    (coming,) = payments_of([fk(fk_paid("2026-11-25", preliminary=True))])

    assert coming.status is Status.PRELIMINARY


def test_a_fund_s_net_is_what_was_paid_out_after_deductions_and_nothing_is_computed() -> None:
    (paid,) = payments_of([so(so_paid("2026-10-25", "10740.00"))])

    assert amount(paid, "net") == "10740.00"
    assert (paid.gross, paid.tax, paid.deductions, paid.benefit) == (None, None, None, None)
    assert (paid.supplier, paid.origin) == ("Exempelkassan", "/funds/0/payments/0")


def test_without_the_net_after_deductions_the_net_is_unknown_and_not_the_other_one() -> None:
    (paid,) = payments_of([so(so_paid("2026-10-25", None))])

    assert paid.net is None


def test_a_grant_and_a_loan_in_one_payment_are_two_rows() -> None:
    grant, loan = payments_of([csn("GRUND", csn_paid("2026-10-25", {"GRUNDB": "3884", "GRUNDL": "8300"}))])

    assert [(each.kind, amount(each, "gross")) for each in (grant, loan)] == [(Kind.GRANT, "3884"), (Kind.LOAN, "8300")]
    assert (grant.net, loan.net) == (None, None), "CSN tells no net"
    assert grant.origin == "/cases/0/payments/0/parts/0/amounts/0"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Utbetald", Status.PAID),
        ("UTBETALAD", Status.PAID),
        ("Planerad", Status.PLANNED),
        ("Stoppad", None),
        (None, None),
    ],
)
def test_the_word_of_csn_for_a_status_is_kept_and_read_when_it_is_known(
    word: str | None, status: Status | None
) -> None:
    (paid,) = payments_of([csn("GRUND", csn_paid("2026-10-25", {"GRUNDB": "3884"}, word))])

    assert (paid.status, paid.status_code) == (status, word)


def test_an_amount_type_that_the_contract_lacks_is_shown_verbatim_and_classified_as_nothing() -> None:
    (paid,) = payments_of([csn("GRUND", csn_paid("2026-10-25", {"NYTT": "500.00"}))])

    assert paid.kind is Kind.UNCLASSIFIED
    assert paid.sub_benefit is not None
    assert paid.sub_benefit.code == "NYTT"


def test_a_payment_of_csn_without_amounts_is_its_total() -> None:
    (paid,) = payments_of([csn("GRUND", {**csn_paid("2026-10-25", {}), "parts": []})])
    (part,) = payments_of([csn("GRUND", csn_paid("2026-10-25", {}))])

    assert (paid.kind, amount(paid, "gross"), paid.origin) == (Kind.PAYMENT, "12184.00", "/cases/0/payments/0")
    assert (amount(part, "gross"), part.origin) == ("12184.00", "/cases/0/payments/0/parts/0")


def test_a_payment_without_a_date_comes_last() -> None:
    rows = payments_of([so(so_paid(None), so_paid("2026-10-25")), fk(fk_paid("2026-11-25"))])

    assert [each.date for each in rows] == ["2026-10-25", "2026-11-25", None]


def test_csn_s_nought_for_no_day_is_no_date() -> None:
    paid = "<CSNSvar schemaVersion='4.0'>{}</CSNSvar>".format(
        "<GemensamtSvarEkbistand><Resultat><ResultatKod>0</ResultatKod></Resultat></GemensamtSvarEkbistand>"
        "<Personer><Person><Studiemedel><Arenden><Arende lopnummer='1'><stodform>GRUND</stodform><UtbetalningsPlan>"
        "<Utbetalning><utbetdatum>0</utbetdatum><utbetstatus>Planerad</utbetstatus><totbelopp>100</totbelopp>"
        "</Utbetalning></UtbetalningsPlan></Arende></Arenden></Studiemedel></Person></Personer>"
    )
    reading = read(SourceCode.CSN, f"<svar>{encoded(paid)}</svar>")
    (planned,) = payments_of([SourceAnswer(SourceCode.CSN, reading.state, data=reading.data)])

    assert (planned.date, planned.status) == (None, Status.PLANNED)


def test_an_answer_without_content_has_no_payments() -> None:
    states = [SourceAnswer(code, SourceState.ERROR) for code in SourceCode]

    assert payments_of(states) == ()
    assert payments_of(simulated_answers("nothing_registered")) == ()


def test_a_role_is_set_on_every_row() -> None:
    rows = payments_of(simulated_answers("complete"), role="co_applicant")

    assert {each.role for each in rows} == {"co_applicant"}


keys = st.sampled_from(["net", "gross", "tax", "deductions", "date", "benefitFamily", "rows", "from", "supplier"])


@settings(max_examples=sample_or_full(60, 1000), deadline=None)
@given(st.lists(keys), st.lists(st.sampled_from(["status", "parts", "total", "date"])), st.integers(0, 3))
def test_what_a_source_leaves_out_is_null_and_every_row_points_at_something(
    gone: list[str], gone_at_csn: list[str], count: int
) -> None:
    paid = {key: value for key, value in fk_paid("2026-10-25", rows=(row(),)).items() if key not in gone}
    study = {key: value for key, value in csn_paid("2026-10-25", {"GRUNDB": "1"}).items() if key not in gone_at_csn}
    answers = [
        fk(*[paid] * count),
        csn("GRUND", *[study] * count),
        funds(fund("En", *[so_paid("2026-10-01")] * count), fund("Två")),
    ]
    by_source = {each.source: each.data for each in answers}

    rows = payments_of(answers)

    assert len([each for each in rows if each.part_of is None]) == 3 * count
    for each in rows:
        found = resolved(by_source[each.source], each.origin)
        assert isinstance(found, dict)
        if each.source is SourceCode.FK and each.part_of is None:
            assert amount(each, "net") == (found.get("net") or {}).get("amount")


def resolved(data: Any, pointer: str) -> Any:
    """What a JSON Pointer points at."""
    assert re.fullmatch(r"(/[A-Za-z0-9]+)+", pointer)
    for step in pointer.split("/")[1:]:
        data = data[int(step)] if isinstance(data, list) else data[step]
    return data


def test_what_fields_take_away_is_in_no_payment() -> None:
    without = replace(fk(fk_paid("2026-10-25")), data={"suppliers": []})

    assert payments_of([without]) == ()
