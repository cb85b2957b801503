"""Change signals: what is new, missing or changed between months, and what could not be checked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.months import Month
from services.consultation.lookups.payments.listing import payments_of
from services.consultation.lookups.signals.detect import detect
from services.consultation.lookups.signals.domain import Basis, Changes, NotChecked, Reason, Signal
from services.consultation.lookups.signals.rules import FILE, RULES, read_rules
from services.consultation.lookups.signals.sums import differs
from services.consultation.lookups.signals.texts import REASONS, words_of_not_checked, words_of_signal
from services.consultation.lookups.signals.wire import told_changes
from services.consultation.lookups.sources.domain import Period, SourceAnswer, SourceCode, SourcePart, SourceState
from tests.sizes import sample_or_full
from tests.unit.lookups.paid import (
    HALF_YEAR,
    answer,
    csn,
    csn_paid,
    fk,
    fk_paid,
    fund,
    funds,
    pm_paid,
    so,
    so_paid,
)

pytestmark = pytest.mark.requirement(1)

NOVEMBER, AFTER = Month(2026, 11), date(2026, 12, 5)
SEPTEMBER, IN_OCTOBER = Month(2026, 9), date(2026, 10, 5)
SEP, OCT, NOV = "2026-09-25", "2026-10-25", "2026-11-25"
STEADY = (SEP, OCT, NOV)
NOTHING = {
    SourceCode.CSN: answer(SourceCode.CSN, {"cases": []}, state=SourceState.ANSWERED_EMPTY),
    SourceCode.FK: replace(fk(), state=SourceState.ANSWERED_EMPTY),
    SourceCode.SO: replace(so(), state=SourceState.ANSWERED_EMPTY),
}


def detected(
    *answers: SourceAnswer, month: Month = NOVEMBER, today: date = AFTER, rules: Sequence[Any] = RULES
) -> Changes:
    """The changes in these answers; the other sources are proven empty."""
    told = list({**NOTHING, **{each.source: each for each in answers}}.values())
    return detect(told, payments_of(told), month, rules, today)


def said(changes: Changes) -> list[str]:
    """Each finding in one line: what, whose payments, and in which month."""
    return [*map(_line, changes.signals), *map(_line, changes.not_checked)]


def _line(found: Signal | NotChecked) -> str:
    what = found.change if isinstance(found, Signal) else f"? {found.reason}"
    stream = found.stream
    code = stream.benefit.code if stream and stream.benefit else stream.supplier if stream else None
    source = stream.source if isinstance(found, Signal) and stream else getattr(found, "source", "")
    return " ".join(str(part) for part in (what, source, code, found.month) if part is not None)


def threshold(percent: str) -> Any:
    """The rules with another threshold everywhere."""
    return tuple(replace(rule, threshold_percent=Decimal(percent)) for rule in RULES)


def unread(state: SourceState, *payments: Any) -> SourceAnswer:
    return fk(*payments, state=state)


def partial(parts: dict[str, SourceState], *payments: Any) -> SourceAnswer:
    """Försäkringskassan's answer with its suppliers in these states."""
    return fk_in_parts(*parts.items(), payments=payments)


def fk_in_parts(*parts: tuple[str, SourceState], payments: Sequence[Any] = ()) -> SourceAnswer:
    told = tuple(SourcePart(name, state) for name, state in parts)
    return replace(unread(SourceState.PARTIAL, *payments), parts=told)


def all_months(what: str) -> list[str]:
    return [f"{what} {month}" for month in ("2026-11", "2026-10", "2026-09")]


@dataclass(frozen=True)
class Case:
    """Answers about November 2026, told when it is over unless said otherwise, and all that is to be said of them."""

    name: str
    answers: tuple[SourceAnswer, ...]
    expected: list[str]
    with_: dict[str, Any] = field(default_factory=dict)


AUTUMN_SCHOOL = {"month": SEPTEMBER, "today": IN_OCTOBER}
CASES = [
    # What is and is not a change
    Case("nothing anywhere", (), []),
    Case("the same every month", (fk(*(fk_paid(day) for day in STEADY)),), []),
    Case("new this month", (fk(fk_paid(NOV)),), ["new FK AS 2026-11"]),
    Case("new the month before, and the same since", (fk(fk_paid(OCT), fk_paid(NOV)),), ["new FK AS 2026-10"]),
    Case("missing this month", (fk(fk_paid(SEP), fk_paid(OCT)),), ["missing FK AS 2026-11"]),
    Case("missing since the month before", (fk(fk_paid(SEP)),), ["missing FK AS 2026-10"]),
    Case(
        "gone for a month",
        (fk(fk_paid(SEP), fk_paid(NOV)),),
        ["new FK AS 2026-11", "missing FK AS 2026-10"],
    ),
    Case(
        "one benefit for another",
        (fk(fk_paid(SEP), fk_paid(OCT), fk_paid(NOV, benefit="SJP")),),
        ["missing FK AS 2026-11", "new FK SJP 2026-11"],
    ),
    Case(
        "one fund for another",
        (funds(fund("Gamla", so_paid(SEP), so_paid(OCT)), fund("Nya", so_paid(NOV))),),
        ["missing SO Gamla 2026-11", "new SO Nya 2026-11"],
    ),
    Case(
        "a code worded in two ways is one benefit",
        (fk(fk_paid(SEP, text="Aktivitetsstod"), fk_paid(OCT), fk_paid(NOV)),),
        [],
    ),
    Case(
        "a pension with another part is still the pension",
        (fk(pm_paid(SEP), pm_paid(OCT), pm_paid(NOV, group="PM:BTP")),),
        [],
    ),
    # How much
    Case(
        "up by exactly the threshold is not beyond it",
        (fk(fk_paid(SEP, "1000.00"), fk_paid(OCT, "1000.00"), fk_paid(NOV, "1120.00")),),
        [],
    ),
    Case(
        "up by an öre more than the threshold",
        (fk(fk_paid(SEP, "1000.00"), fk_paid(OCT, "1000.00"), fk_paid(NOV, "1120.01")),),
        ["changed FK AS 2026-11"],
    ),
    Case(
        "down by exactly the threshold is not beyond it",
        (fk(fk_paid(SEP, "1000.00"), fk_paid(OCT, "1000.00"), fk_paid(NOV, "880.00")),),
        [],
    ),
    Case(
        "down by an öre more than the threshold",
        (fk(fk_paid(SEP, "1000.00"), fk_paid(OCT, "1000.00"), fk_paid(NOV, "879.99")),),
        ["changed FK AS 2026-11"],
    ),
    Case(
        "a threshold of nought signals an öre",
        (so(so_paid(SEP, "100.00"), so_paid(OCT, "100.00"), so_paid(NOV, "100.01")),),
        ["changed SO Exempelkassan 2026-11"],
        {"rules": threshold("0")},
    ),
    Case(
        "a threshold of nought is silent on the same written otherwise",
        (so(so_paid(SEP, "100.00"), so_paid(OCT, "100.000"), so_paid(NOV, "100.0")),),
        [],
        {"rules": threshold("0")},
    ),
    Case(
        "an amount that was decided may not differ at all",
        (fk(*(fk_paid(day, net, "BOB") for day, net in zip(STEADY, ("900.00", "900.00", "901.00"), strict=True))),),
        ["changed FK BOB 2026-11"],
    ),
    Case(
        "from zero to something is beyond any threshold",
        (fk(fk_paid(SEP, "0.00"), fk_paid(OCT, "0.00"), fk_paid(NOV, "0.01")),),
        ["changed FK AS 2026-11"],
        {"rules": threshold("500")},
    ),
    Case("zero both months", (fk(*(fk_paid(day, "0.00") for day in STEADY)),), []),
    Case(
        "a negative amount is counted by its size",
        (fk(fk_paid(SEP, "-100.00"), fk_paid(OCT, "-100.00"), fk_paid(NOV, "-112.00")),),
        [],
    ),
    Case(
        "from negative to positive",
        (fk(fk_paid(SEP, "-100.00"), fk_paid(OCT, "-100.00"), fk_paid(NOV, "100.00")),),
        ["changed FK AS 2026-11"],
    ),
    Case(
        "two payments in one month are one sum",
        (
            so(
                so_paid(SEP, "1000.00"),
                so_paid("2026-10-02", "400.00"),
                so_paid("2026-10-16", "600.00"),
                so_paid(NOV, "1000.00"),
            ),
        ),
        [],
    ),
    Case(
        "one payment of two is missing",
        (
            so(
                so_paid("2026-10-02", "500.00"),
                so_paid("2026-10-16", "500.00"),
                so_paid(SEP, "1000.00"),
                so_paid(NOV, "500.00"),
            ),
        ),
        ["changed SO Exempelkassan 2026-11"],
    ),
    Case(
        "what comes now and then is followed by presence",
        (fk(fk_paid(OCT, "100.00", "TFP"), fk_paid(SEP, "100.00", "TFP"), fk_paid(NOV, "900.00", "TFP")),),
        [],
    ),
    # What cannot be compared
    Case(
        "currencies differ",
        (fk(fk_paid(SEP), fk_paid(OCT), fk_paid(NOV, currency="EUR")),),
        ["? currencies_differ FK AS 2026-11"],
    ),
    Case(
        "two currencies in one month",
        (fk(fk_paid(SEP), fk_paid(OCT), fk_paid(NOV), fk_paid("2026-11-26", currency="NOK")),),
        ["? currencies_differ FK AS 2026-11"],
    ),
    Case(
        "an amount that was not told",
        (fk(fk_paid(SEP), fk_paid(OCT), fk_paid(NOV, None)),),
        ["? amount_unknown FK AS 2026-11"],
    ),
    Case(
        "a payment without a date could be of any month", (fk(fk_paid(OCT), fk_paid(None)),), ["? date_unknown FK AS"]
    ),
    Case(
        "a date without its day is of its month", (fk(fk_paid("2026-09"), fk_paid("2026-10"), fk_paid("2026-11")),), []
    ),
    Case(
        "a benefit that no rule knows is for people", (fk(fk_paid(NOV, benefit="XYZ")),), ["? no_rule FK XYZ 2026-11"]
    ),
    Case(
        "an amount type that CSN's contract lacks is for people",
        (csn("GRUND", csn_paid(NOV, {"NYTT": "500.00"})),),
        ["? no_rule CSN GRUND 2026-11"],
    ),
    Case(
        "a status that is no known word",
        (csn("GRUND", csn_paid(OCT, {"GRUNDB": "3884"}), csn_paid(NOV, {"GRUNDB": "3884"}, "Stoppad")),),
        ["? status_unknown CSN GRUND 2026-11", "new CSN GRUND 2026-10"],
    ),
    # Paid, preliminary and planned
    Case(
        "what is preliminary this month stands for this month",
        (fk(fk_paid(SEP), fk_paid(OCT), fk_paid(NOV, preliminary=True)),),
        [],
        {"today": date(2026, 11, 20)},
    ),
    Case(
        "preliminary and changed",
        (fk(fk_paid(SEP), fk_paid(OCT), fk_paid(NOV, "9000.00", preliminary=True)),),
        ["changed FK AS 2026-11"],
        {"today": date(2026, 11, 20)},
    ),
    Case(
        "preliminary in a month that is over may never have been paid",
        (fk(fk_paid(SEP), fk_paid(OCT, preliminary=True), fk_paid(NOV)),),
        ["? not_paid_yet FK AS 2026-11", "? not_paid_yet FK AS 2026-10"],
    ),
    Case(
        "not paid yet in a month that is not over is not missing",
        (fk(fk_paid(SEP), fk_paid(OCT)),),
        ["? month_not_over FK AS 2026-11"],
        {"today": date(2026, 11, 30)},
    ),
    Case(
        "less so far in a month that is not over",
        (so(so_paid(SEP), so_paid(OCT), so_paid("2026-11-06", "2000.00")),),
        ["? month_not_over SO Exempelkassan 2026-11"],
        {"today": date(2026, 11, 10)},
    ),
    Case(
        "more already in a month that is not over",
        (so(so_paid(SEP), so_paid(OCT), so_paid("2026-11-06", "20000.00")),),
        ["changed SO Exempelkassan 2026-11"],
        {"today": date(2026, 11, 10)},
    ),
    # Grants, loans and the school year
    Case(
        "the loan ends and the grant goes on",
        (
            csn(
                "GRUND",
                *(csn_paid(day, {"GRUNDB": "3884", "GRUNDL": "8300"}) for day in (SEP, OCT)),
                csn_paid(NOV, {"GRUNDB": "3884"}),
            ),
        ),
        ["missing CSN GRUND 2026-11"],
    ),
    Case(
        "study aid in September is that of May",
        (csn("SH", csn_paid("2026-05-29", {"STUDB": "1250"}), csn_paid("2026-09-30", {"STUDB": "1250"})),),
        [],
        AUTUMN_SCHOOL,
    ),
    Case(
        "study aid in September that May did not have",
        (csn("SH", csn_paid("2026-09-30", {"STUDB": "1250"})),),
        ["new CSN SH 2026-09"],
        AUTUMN_SCHOOL,
    ),
    Case(
        "study aid in September of another amount than in May",
        (csn("SH", csn_paid("2026-05-29", {"STUDB": "1250"}), csn_paid("2026-09-30", {"STUDB": "1251"})),),
        ["changed CSN SH 2026-09"],
        AUTUMN_SCHOOL,
    ),
    Case(
        "study aid that did not come back after the summer",
        (csn("SH", csn_paid("2026-05-29", {"STUDB": "1250"})),),
        ["missing CSN SH 2026-09"],
        AUTUMN_SCHOOL,
    ),
    Case(
        "study aid is not missed in August",
        (csn("SH", csn_paid("2026-05-29", {"STUDB": "1250"})),),
        [],
        {"month": Month(2026, 8), "today": date(2026, 9, 5)},
    ),
    Case(
        "September's study aid cannot be checked when May was not asked for",
        (csn("SH", csn_paid("2026-09-30", {"STUDB": "1250"}), period=Period(date(2026, 7, 1), date(2026, 9, 30))),),
        ["? period_not_asked CSN 2026-09", "? period_not_asked CSN 2026-08"],
        AUTUMN_SCHOOL,
    ),
    # Over the turn of the year
    Case(
        "January is compared with December",
        (
            fk(fk_paid("2025-11-25"), fk_paid("2025-12-25"), period=Period(date(2025, 11, 1), date(2026, 1, 31))),
            *(
                replace(each, asked_period=Period(date(2025, 11, 1), date(2026, 1, 31)))
                for each in (NOTHING[SourceCode.CSN], NOTHING[SourceCode.SO])
            ),
        ),
        ["missing FK AS 2026-01"],
        {"month": Month(2026, 1), "today": date(2026, 2, 3)},
    ),
    # What was not read is never nothing
    *(
        Case(f"a source in state {state}", (unread(state, fk_paid(OCT)),), all_months("? not_read_in_full FK"))
        for state in SourceState
        if state is not SourceState.NOT_ASKED and not state.supports_decision
    ),
    Case(
        "a source that was not asked",
        (SourceAnswer(SourceCode.SO, SourceState.NOT_ASKED),),
        all_months("? not_asked SO"),
    ),
    Case(
        "a supplier was down, so what is missing may be there",
        (fk(pm_paid(SEP), pm_paid(OCT), state=SourceState.PARTIAL),),
        all_months("? not_read_in_full FK"),
    ),
    Case(
        "a supplier was down, and the other's payments are compared all the same",
        (partial({"FK": SourceState.ANSWERED, "PM": SourceState.ERROR}, fk_paid(SEP), fk_paid(OCT), pm_paid(SEP)),),
        ["missing FK AS 2026-11", *all_months("? not_read_in_full FK PM")],
    ),
    Case(
        "a supplier was proven empty and the other not listed",
        (partial({"PM": SourceState.ANSWERED_EMPTY, "FK": SourceState.MISSING}),),
        all_months("? not_read_in_full FK FK"),
    ),
    Case(
        "a supplier that was there twice was read in full only if it was each time",
        (fk_in_parts(("FK", SourceState.ANSWERED), ("FK", SourceState.ERROR), ("PM", SourceState.ANSWERED_EMPTY)),),
        all_months("? not_read_in_full FK FK"),
    ),
    Case(
        "neither supplier was read in full",
        (partial({"FK": SourceState.PARTIAL, "PM": SourceState.ERROR}, fk_paid(SEP)),),
        all_months("? not_read_in_full FK"),
    ),
    Case(
        "a supplier that was read in full, of a month that was not asked for",
        (
            replace(
                partial({"FK": SourceState.ANSWERED, "PM": SourceState.ERROR}, fk_paid(OCT), fk_paid(NOV)),
                asked_period=Period(date(2026, 10, 1), date(2026, 11, 30)),
            ),
        ),
        ["? period_not_asked FK FK 2026-09", *all_months("? not_read_in_full FK PM")],
    ),
    Case(
        "one fund of two failed, and who has which fund nobody knows",
        (
            replace(
                so(so_paid(SEP), so_paid(OCT)),
                state=SourceState.PARTIAL,
                parts=(SourcePart("Exempelkassan", SourceState.ANSWERED), SourcePart("Nya", SourceState.LOGICAL_ERROR)),
            ),
        ),
        all_months("? not_read_in_full SO"),
    ),
    Case(
        "the earliest month was not asked for",
        (fk(fk_paid(OCT), fk_paid(NOV), period=Period(date(2026, 10, 1), date(2026, 11, 30))),),
        ["? period_not_asked FK 2026-09"],
    ),
    Case(
        "a month asked for in part is not a month",
        (fk(fk_paid(SEP), fk_paid(OCT), period=Period(date(2026, 9, 1), date(2026, 11, 29))),),
        ["? period_not_asked FK 2026-11"],
    ),
    Case("payments that the purpose does not open", (fk(left_out=("payments",)),), all_months("? left_out FK")),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_said_of(case: Case) -> None:
    assert sorted(said(detected(*case.answers, **case.with_))) == sorted(case.expected)


def test_the_table_has_thirty_cases_and_no_name_twice() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30


def test_a_signal_cites_its_rows_the_rule_and_the_amounts() -> None:
    changes = detected(
        fk(fk_paid(SEP, "1000.00"), fk_paid(OCT, "1000.00"), fk_paid(NOV, "1200.00", preliminary=True)),
        today=date(2026, 11, 20),
    )
    (signal,) = told_changes(changes).signals

    assert (signal.rule_id, signal.threshold_percent, signal.compare) == ("fk-monthly", "12", "net")
    assert [each.pointer for each in signal.rows_before] == ["/payments/1"]
    assert [each.pointer for each in signal.rows_after] == ["/payments/2"]
    assert signal.amount_before is not None
    assert signal.amount_after is not None
    assert (signal.amount_before.amount, signal.amount_after.amount) == ("1000.00", "1200.00")
    assert signal.basis is Basis.PRELIMINARY


def test_the_months_are_told_latest_first() -> None:
    assert told_changes(detected(month=Month(2026, 1))).months == ["2026-01", "2025-12", "2025-11"]


def test_every_finding_has_words_in_both_languages_and_no_place_left_open() -> None:
    changes = detected(
        fk(fk_paid(SEP), fk_paid(NOV, "1.00", "SJP")), SourceAnswer(SourceCode.SO, SourceState.NOT_ASKED)
    )
    texts = [*map(words_of_signal, changes.signals), *map(words_of_not_checked, changes.not_checked)]

    assert len(texts) > 3
    assert all(words.sv and words.en and "{" not in words.sv + words.en for words in texts)
    assert set(REASONS) == set(Reason)


@pytest.mark.parametrize(
    "change",
    [
        {"thresholdPercent": "-1"},
        {"thresholdPercent": "much"},
        {"thresholdPercent": "NaN"},
        {"compare": "gut feeling"},
        {"kinds": []},
        {"kinds": ["deduction"]},
        {"source": "TNS"},
        {"source": "XX"},
        {"stream": "river"},
        {"laterMonths": [-2]},
        {"laterMonths": []},
        {"pauseMonths": list(range(1, 13))},
        {"pauseMonths": [13]},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_table_with_a_rule_that_does_not_hold_is_refused_and_names_the_rule(change: dict[str, Any]) -> None:
    content = json.loads(FILE.read_text("utf-8"))
    content["rules"][0] |= change

    with pytest.raises(ValueError, match="fk-decided-amount"):
        read_rules(json.dumps(content))


def test_a_rule_that_is_there_twice_is_refused() -> None:
    content = json.loads(FILE.read_text("utf-8"))
    content["rules"].append(content["rules"][0])

    with pytest.raises(ValueError, match="twice"):
        read_rules(json.dumps(content))


amounts = st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, places=2)
steady = st.lists(st.tuples(st.integers(1, 28), amounts, st.sampled_from(["AS", "SJP", "BOB", "TFP"])), max_size=6)
EXAMPLES = settings(max_examples=sample_or_full(60, 1000), deadline=None)


@EXAMPLES
@given(steady)
def test_months_that_are_alike_give_no_signal(payments: list[tuple[int, Decimal, str]]) -> None:
    rows = [
        fk_paid(f"2026-{month:02}-{day:02}", format(net, "f"), benefit)
        for month in (9, 10, 11)
        for day, net, benefit in payments
    ]

    assert said(detected(fk(*rows))) == []


@EXAMPLES
@given(
    st.lists(st.tuples(st.sampled_from([*STEADY, None]), amounts), max_size=6),
    st.sampled_from([state for state in SourceState if not state.supports_decision]),
)
def test_a_source_that_was_not_read_in_full_gives_no_signal_and_says_so_for_each_month(
    payments: list[tuple[str | None, Decimal]], state: SourceState
) -> None:
    changes = detected(fk(*(fk_paid(day, format(net, "f")) for day, net in payments), state=state))

    assert changes.signals == ()
    assert {each.month for each in changes.not_checked} == set(changes.months)


@EXAMPLES
@given(amounts, amounts, st.decimals(min_value=0, max_value=1000, places=3))
def test_beyond_the_threshold_is_exact_and_the_same_whatever_the_sign(
    before: Decimal, after: Decimal, percent: Decimal
) -> None:
    cents = [int(each * 100) for each in (before, after)]
    exactly = abs(cents[1] - cents[0]) * 100 * 1000 > int(percent * 1000) * abs(cents[0])

    assert differs(before, after, percent) is exactly
    assert differs(-before, -after, percent) is exactly


def test_the_sample_period_covers_what_the_table_needs() -> None:
    assert HALF_YEAR.first <= date(2026, 5, 1)
    assert HALF_YEAR.last >= NOVEMBER.period.last
