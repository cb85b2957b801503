"""Purposes with periods, the list of payments, change signals and drafts of consultations, through the gateway."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import sql
from tests.exchange import Exchange, lookup_body
from tests.reading import whole_list
from tests.service.test_lookups import included, question_of, sources, text

BASE = "/consultation/v1"
MONTHS = ["2026-11", "2026-10", "2026-09"]
PAYING = ["CSN", "FK", "SO"]
AUTUMN = {"from": "2026-09-01", "to": "2026-11-30"}


def ask(exchange: Exchange, person: str = "complete", **body: Any) -> Any:
    """A look-up with nothing in it but what the test states."""
    whole = {
        "person": PERSONS[person].number,
        "caseReference": "EB-TEST-7",
        "purpose": "financial_aid_application",
        **body,
    }
    return exchange.send("umea", "POST", f"{BASE}/lookups", whole)


def compared(exchange: Exchange, person: str) -> Any:
    """A look-up of the autumn in December, compared."""
    exchange.clock.move_to(datetime(2026, 12, 5, 9, tzinfo=UTC))
    answer = ask(exchange, person, period=AUTUMN, sources=PAYING, comparison={"month": "2026-11"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_monthly_application_asks_four_sources_and_three_months_when_nothing_else_is_said(
    exchange: Exchange,
) -> None:
    exchange.clock.move_to(datetime(2026, 11, 20, 9, tzinfo=UTC))

    told = ask(exchange).json()

    assert included(exchange.sent_to_sources[-1]) == ["AF", "CSN", "FK", "SO"]
    asked = {name: each["askedPeriod"] for name, each in sources(told).items() if each["state"] != "not_asked"}
    assert set(asked) == {"AF", "CSN", "FK", "SO"}
    assert all(each == AUTUMN for each in asked.values())


def test_in_september_csn_is_asked_for_the_spring_too_and_the_day_is_swedish(exchange: Exchange) -> None:
    # Half past midnight in Sweden: the month has begun there and not in UTC.
    exchange.clock.move_to(datetime(2026, 8, 31, 22, 30, tzinfo=UTC))

    told = sources(ask(exchange).json())

    assert told["CSN"]["askedPeriod"] == {"from": "2026-04-01", "to": "2026-09-30"}
    assert told["SO"]["askedPeriod"] == {"from": "2026-07-01", "to": "2026-09-30"}
    specific = question_of(exchange.sent_to_sources[-1])[1]
    own = {etree.QName(each).localname for each in specific if each.find("{*}tidsperiod") is not None}
    assert own == {"CSN"}


def test_in_october_too_study_aid_in_september_can_be_compared_with_may(exchange: Exchange) -> None:
    exchange.clock.move_to(datetime(2026, 10, 6, 9, tzinfo=UTC))

    answer = ask(exchange, comparison={"month": "2026-10"}).json()

    assert sources(answer)["CSN"]["askedPeriod"] == {"from": "2026-05-01", "to": "2026-10-31"}
    assert "CSN" not in {each["source"] for each in answer["changes"]["notChecked"]}


def test_a_source_is_asked_for_its_own_period_and_the_others_for_the_general(exchange: Exchange) -> None:
    own = {"FK": {"from": "2026-10-01", "to": "2026-10-31"}, "SO": {"from": "2025-01-01", "to": "2026-11-30"}}
    period = {"from": "2022-01-01", "to": "2026-11-30"}
    answer = ask(exchange, period=period, sourcePeriods=own)
    assert answer.status_code == 200, answer.text

    asked = {name: each["askedPeriod"] for name, each in sources(answer.json()).items()}
    assert asked == {"AF": period, "CSN": period, **own, "SKV": None, "TNS": None, "MIV": None}
    question = question_of(exchange.sent_to_sources[-1])
    lefi = json.loads(base64.b64decode(question.findtext(".//{*}lefiJsonFraga") or ""))
    assert lefi["period"] == {"from": "2026-10-01", "tom": "2026-10-31"}
    assert text(question, "generellaFrageparametrar/tidsperiod/fromDatum") == "2022-01-01"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"purpose": "financial_aid_recovery"}, "period", "required_by_purpose"),
        ({"sources": ["SKV"], "sourcePeriods": {"SKV": 1}}, "sourcePeriods.SKV", "takes_no_period"),
        ({"sources": ["MIV"], "sourcePeriods": {"MIV": 1}}, "sourcePeriods.MIV", "takes_no_period"),
        ({"sourcePeriods": {"TNS": 1}}, "sourcePeriods.TNS", "not_asked"),
        ({"sourcePeriods": {"FK": 3}}, "sourcePeriods.FK", "period_invalid"),
        ({"sourcePeriods": {"AF": 7}}, "sourcePeriods.AF", "period_invalid"),
        ({"sourcePeriods": {"SO": -1}}, "sourcePeriods.SO", "period_invalid"),
    ],
    ids=str,
)
def test_a_period_that_cannot_be_asked_is_refused_by_name_and_nobody_is_asked(
    exchange: Exchange, changes: dict[str, Any], field: str, reason: str
) -> None:
    own = changes.get("sourcePeriods", {})
    spelled = {source: {"from": f"{2026 - years}-10-01", "to": "2026-10-01"} for source, years in own.items()}
    before = len(exchange.sent_to_sources)

    refused = ask(exchange, **{**changes, **({"sourcePeriods": spelled} if own else {})})

    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": field, "reason": reason}]
    assert len(exchange.sent_to_sources) == before


@pytest.mark.parametrize("day", [0, 1_772_323_200, "1772323200", "2026-10-01T00:00:00Z", "20261001", "2026-10-1", True])
def test_a_day_is_not_made_out_of_a_number_or_a_point_in_time(exchange: Exchange, day: Any) -> None:
    before = len(exchange.sent_to_sources)

    answers = [
        ask(exchange, period={"from": day, "to": "2026-11-30"}),
        ask(exchange, sourcePeriods={"AF": {"from": "1970-01-01", "to": day}}),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(422, "malformed_request")] * 2
    assert len(exchange.sent_to_sources) == before


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-1", "0001-01", "9999-12", "20\u0662\u0666-11", "november", 202611, None, {}]
)
def test_a_comparison_of_what_is_no_month_is_refused(exchange: Exchange, month: Any) -> None:
    assert ask(exchange, comparison={"month": month}).status_code == 422


def test_the_purposes_tell_what_they_ask_today(exchange: Exchange) -> None:
    exchange.clock.move_to(datetime(2026, 9, 3, 9, tzinfo=UTC))

    told = exchange.send("umea", "GET", f"{BASE}/lookup-purposes").json()

    purposes = {each["code"]: each for each in told["purposes"]}
    application, recovery = purposes["financial_aid_application"], purposes["financial_aid_recovery"]
    assert application["defaultSources"] == ["AF", "CSN", "FK", "SO"]
    assert len(application["allowedSources"]) == 7
    assert application["defaultPeriod"] == {"from": "2026-07-01", "to": "2026-09-30"}
    assert application["defaultSourcePeriods"] == {"CSN": {"from": "2026-04-01", "to": "2026-09-30"}}
    assert (recovery["periodRequired"], recovery["defaultPeriod"]) == (True, None)
    assert told["ownPeriodSources"] == ["AF", "CSN", "FK", "SO", "TNS"]
    assert all(each["texts"]["sv"] and each["texts"]["en"] for each in purposes.values())
    asked = ask(exchange).json()
    assert sources(asked)["CSN"]["askedPeriod"] == application["defaultSourcePeriods"]["CSN"]


def test_payments_of_all_sources_are_in_one_list_that_points_at_where_they_came_from(exchange: Exchange) -> None:
    told = exchange.look_up("complete").json()

    data = {each["source"]: each["data"] for each in told["sources"]}
    assert {each["source"] for each in told["payments"]} == {"CSN", "FK", "SO"}
    for each in told["payments"]:
        found = data[each["origin"]["source"]]
        for step in each["origin"]["pointer"].split("/")[1:]:
            found = found[int(step)] if isinstance(found, list) else found[step]
        assert found
    assert {each["status"] for each in told["payments"]} == {"paid", "preliminary", "planned"}


def test_a_recovery_has_the_payments_that_it_opens(exchange: Exchange) -> None:
    told = exchange.look_up("complete", purpose="financial_aid_recovery").json()

    assert {each["source"] for each in told["payments"]} == {"CSN", "FK", "SO"}
    assert told["consultationDrafts"] == [], "what AF tells beside its decisions is not opened"


def test_what_has_changed_is_signalled_with_the_rows_that_show_it(exchange: Exchange) -> None:
    told = compared(exchange, "income_changes")

    changes = told["changes"]
    assert changes["months"] == ["2026-11", "2026-10", "2026-09"]
    assert changes["notChecked"] == []
    signals = {(each["source"], each["change"], each["payments"]["kind"]): each for each in changes["signals"]}
    assert set(signals) == {
        ("CSN", "new", "grant"),
        ("CSN", "new", "loan"),
        ("FK", "changed", "payment"),
        ("SO", "missing", "payment"),
    }
    assert {each["month"] for each in signals.values()} == {"2026-11"}
    raised = signals["FK", "changed", "payment"]
    assert (raised["amountBefore"]["amount"], raised["amountAfter"]["amount"]) == ("5601.50", "7782.50")
    rows = [each for one in signals.values() for each in one["rowsBefore"] + one["rowsAfter"]]
    cited = {(each["source"], each["pointer"]) for each in rows}
    listed = {(each["origin"]["source"], each["origin"]["pointer"]) for each in told["payments"]}
    assert cited <= listed


def test_what_was_not_read_gives_could_not_be_checked_and_never_missing(exchange: Exchange) -> None:
    changes = compared(exchange, "income_unread")["changes"]

    unread = [each for each in changes["notChecked"] if each["reason"] == "not_read_in_full"]
    assert [(each["source"], each["payments"], each["month"]) for each in unread] == [
        *(("FK", {"supplier": "PM", "benefit": None, "kind": "payment"}, month) for month in MONTHS),
        *(("SO", None, month) for month in MONTHS),
    ]
    assert {each["source"] for each in changes["signals"]} == {"CSN"}, "what Försäkringskassan paid was compared"


def test_without_a_comparison_there_are_no_changes(exchange: Exchange) -> None:
    assert exchange.look_up("income_changes").json()["changes"] is None


@pytest.mark.requirement(4)
def test_a_draft_opens_a_consultation_as_it_is_and_brings_nothing_of_the_answer(exchange: Exchange) -> None:
    case = f"EB-{uuid.uuid4().hex[:8]}"
    # Of a year when nothing else in this test happens, so that a date of the answer can be known again.
    period = {"from": "2024-02-01", "to": "2024-04-30"}
    told = exchange.look_up("without_activity_report", caseReference=case, period=period).json()
    drafts = {each["category"]: each for each in told["consultationDrafts"]}
    draft = drafts["activity_report"]
    assert {"planned_measures", "activity_report"} <= set(drafts)

    body = {**draft, "question": draft["question"]["sv"]}
    opened = exchange.send("umea", "POST", f"{BASE}/consultations", body)
    assert opened.status_code == 201, opened.text

    path = f"{BASE}/consultations/{opened.json()['consultationId']}"
    asking, answering = (exchange.send(name, "GET", path) for name in ("umea", "af-workbench"))
    for read in (asking.json(), answering.json()):
        assert (read["category"], read["caseReference"]) == ("activity_report", case)
        assert [each["text"] for each in read["messages"]] == [draft["question"]["sv"]]
    # The case is the asker's own word, which sources repeat.
    secrets = words_of_the_answer(told) - {case}
    assert len(secrets) > 20
    for read_text in (answering.text, *stored(exchange, opened.json()["consultationId"])):
        assert not [each for each in secrets if each in read_text]


def words_of_the_answer(told: dict[str, Any]) -> set[str]:
    """Every value in the answer's data that is long enough to be known again."""
    found: set[str] = set()

    def gather(value: Any) -> None:
        if isinstance(value, (dict, list)):
            for each in value.values() if isinstance(value, dict) else value:
                gather(each)
        elif value is not None and len(str(value)) >= 6:
            found.add(str(value))

    gather([each["data"] for each in told["sources"]])
    # The case reference, which AF repeats, is the asker's own and is carried on purpose.
    return found - {"answered", told["caseReference"]}


def stored(exchange: Exchange, consultation_id: str) -> list[str]:
    """All that the database holds of the consultation, as text."""
    tables = {"consultation": "id", "consultation_event": "consultation_id", "consultation_message": "consultation_id"}
    rows = [
        sql(exchange, f"SELECT to_jsonb(t)::text FROM {table} t WHERE {key} = '{consultation_id}'")
        for table, key in tables.items()
    ]
    assert all(rows)
    return [str(row) for found in rows for row in found]


def test_the_category_is_seen_in_lists_of_both_sides(exchange: Exchange) -> None:
    receipt = exchange.open(category="deregistration")

    for name, path in (("umea", "consultations"), ("af-workbench", "queue")):
        listed = {each["consultationId"]: each["category"] for each in whole_list(exchange, name, path)}
        assert listed[receipt["consultationId"]] == "deregistration"
    plain = exchange.open()
    whole = exchange.send("umea", "GET", f"{BASE}/consultations/{plain['consultationId']}").json()
    assert whole["category"] is None
    assert receipt["consultationId"] != plain["consultationId"]


@pytest.mark.parametrize("category", ["deregistration", None])
def test_the_trail_has_the_category_that_was_asked_about(exchange: Exchange, category: str | None) -> None:
    receipt = exchange.open(**({"category": category} if category else {}))

    path = f"{BASE}/audit-entries?objectId={receipt['consultationId']}"
    (opened,) = exchange.send("umea", "GET", path).json()["entries"]

    assert (opened["event"], opened["detail"]["category"]) == ("consultation.opened", category)


def test_an_unknown_category_is_refused(exchange: Exchange) -> None:
    body = {"type": "consultation", "purpose": "financial_aid_application", "caseReference": "EB-1", "question": "x"}
    refused = exchange.send(
        "umea", "POST", f"{BASE}/consultations", {**body, "person": PERSONS["complete"].number, "category": "gossip"}
    )

    assert refused.status_code == 422


@pytest.mark.requirement(13)
@pytest.mark.parametrize("person", ["protected_by_af", "protected_by_fk", "protected_by_csn"])
def test_of_a_withheld_look_up_neither_payments_nor_changes_nor_drafts_are_told(
    exchange: Exchange, person: str
) -> None:
    told = exchange.look_up(person, comparison={"month": "2026-11"}).json()

    assert told["withheld"] is True
    assert (told["payments"], told["changes"], told["consultationDrafts"]) == ([], None, [])


@pytest.mark.requirement(13)
def test_one_who_may_read_of_protected_persons_sees_payments_and_changes_but_no_drafts(exchange: Exchange) -> None:
    month = {"month": "2026-11"}
    told = exchange.look_up("protected_by_fk", "umea-protected", period=AUTUMN, comparison=month).json()

    assert (told["protectedIdentity"], told["withheld"]) == (True, False)
    assert told["payments"]
    assert told["changes"]["months"] == ["2026-11", "2026-10", "2026-09"]
    assert told["consultationDrafts"] == []


@pytest.mark.requirement(13)
def test_a_withheld_consultation_does_not_tell_its_category(exchange: Exchange) -> None:
    person = PERSONS["income_unread"].number
    receipt = exchange.open(person=person, category="deregistration")
    path = f"{BASE}/consultations/{receipt['consultationId']}"

    assert exchange.send("malmo", "POST", f"{BASE}/protected-persons", {"person": person}).status_code == 201
    try:
        told = exchange.send("umea", "GET", path).json()
    finally:
        removal = exchange.send("malmo", "POST", f"{BASE}/protected-persons/removals", {"person": person})
    assert removal.status_code == 200
    assert (told["withheld"], told["category"]) == (True, None)
    assert exchange.send("umea", "GET", path).json()["category"] == "deregistration"


@pytest.mark.requirement(13)
def test_an_answer_told_again_of_one_who_has_been_protected_since_has_no_payments_either(exchange: Exchange) -> None:
    body = lookup_body("income_changes", exchange.clock(), comparison={"month": "2026-11"})
    key = str(uuid.uuid4())
    first = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key).json()
    assert first["payments"]
    person = {"person": body["person"]}

    assert exchange.send("malmo", "POST", f"{BASE}/protected-persons", person).status_code == 201
    try:
        again = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key).json()
    finally:
        assert exchange.send("malmo", "POST", f"{BASE}/protected-persons/removals", person).status_code == 200

    assert again["lookupId"] == first["lookupId"]
    assert (again["withheld"], again["payments"], again["changes"]) == (True, [], None)
    assert again["consultationDrafts"] == []
