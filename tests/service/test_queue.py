"""Working the queue through the gateway: what is seen, what is taken, and who leads."""

import asyncio
import random
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.consultation.jobs import fold_queue_counts
from services.consultation.lookups.simulator.persons import PERSONS, number
from shared.database.engine import Database
from shared.jobs.job import Run
from tests.attack.support import AF, CONSULTATIONS, UMEA, act, sql
from tests.exchange import NOBODY, Exchange, consultation_body
from tests.reading import every_page
from tests.sizes import sample_or_full

QUEUE = "/consultation/v1/queue"
SEARCHES = "/consultation/v1/consultation-searches"
AF_DESK = "af-workbench"
LEADER = "af-lead"


def in_unit(exchange: Exchange, unit: str, *receipts: dict[str, Any], **columns: Any) -> None:
    """Where routing would have put them."""
    for receipt in receipts:
        for column, value in {"unit": unit, **columns}.items():
            query = f"UPDATE consultation SET {column} = $2 WHERE id = $1 RETURNING 1"
            assert sql(exchange, query, uuid.UUID(receipt["consultationId"]), value)


def listed(exchange: Exchange, query: str = "", **more: Any) -> list[str]:
    """The numbers in the queue, every page put together."""
    pages = every_page(exchange, AF_DESK, f"{QUEUE}?{query}", **more)
    return [each["number"] for page in pages for each in page["consultations"]]


def post(exchange: Exchange, path: str, body: Any = None, **more: Any) -> httpx.Response:
    """As who leads the work, and may do all that a handler may."""
    return exchange.send(LEADER, "POST", path, body, **more)


@pytest.fixture
def unit(exchange: Exchange) -> Iterator[str]:
    """A unit that no other test uses; what is left in it leaves the queue."""
    code = f"t-{uuid.uuid4().hex[:12]}"
    yield code
    sql(exchange, "UPDATE consultation SET turn = 'nobody', state = 'withdrawn' WHERE unit = $1", code)


def opened(exchange: Exchange, unit: str, number: int, **columns: Any) -> list[dict[str, Any]]:
    """Consultations in a unit, each due after the one before."""
    receipts = [exchange.open() for _ in range(number)]
    due_in_order(exchange, unit, receipts, **columns)
    return receipts


def due_in_order(exchange: Exchange, unit: str, receipts: Sequence[dict[str, Any]], **columns: Any) -> None:
    """Each due after the one before; once more after changes, each of which tells the due date anew."""
    due = exchange.clock() + timedelta(days=9)
    for place, receipt in enumerate(receipts):
        in_unit(exchange, unit, receipt, due_at=due + timedelta(minutes=place), **columns)


def numbers(*receipts: dict[str, Any]) -> list[str]:
    return [receipt["number"] for receipt in receipts]


# --- seen ------------------------------------------------------------------------------------------------------------


def test_every_filter_that_is_let_through_shows_what_it_says_and_pages_without_gaps(
    exchange: Exchange, unit: str
) -> None:
    first, mine, asked_back, escalated, studies = opened(exchange, unit, 5)
    in_unit(exchange, unit, studies, queue="studies", type="study_transition")
    act(exchange, AF_DESK, mine, "claims", 1, handler="af-filters")
    act(exchange, AF_DESK, asked_back, "claims", 1, handler="af-other")
    act(exchange, AF_DESK, asked_back, "questions", 2, "vad?", handler="af-other")
    post(exchange, f"{CONSULTATIONS}/{escalated['consultationId']}/escalations", {"reason": "system_down"}, version=1)
    due_in_order(exchange, unit, (first, mine, asked_back, escalated, studies))
    everything = numbers(first, mine, asked_back, escalated, studies)
    shown = {
        "": everything,
        "limit=1": everything,
        "sort=oldest": everything,
        "sort=oldest&assigned=nobody&limit=2": numbers(first, escalated, studies),
        "assigned=nobody": numbers(first, escalated, studies),
        "assigned=me": numbers(mine),
        "assigned=me&sort=oldest&queue=general&tab=in_time": numbers(mine),
        "assigned=me&queue=studies": [],
        "queue=studies": numbers(studies),
        "type=study_transition&assigned=nobody": numbers(studies),
        "queue=general&type=consultation&limit=2": numbers(first, mine, asked_back, escalated),
        "turn=municipality": numbers(asked_back),
        "turn=answering_authority": numbers(first, mine, escalated, studies),
        "turn=answering_authority&assigned=me&queue=general": numbers(mine),
        "tab=waiting": numbers(asked_back),
        "tab=in_time&limit=1": numbers(first, mine, escalated, studies),
        "tab=late": [],
        "tab=due_today": [],
        "escalated=true": numbers(escalated),
        "escalated=true&assigned=nobody&queue=general": numbers(escalated),
        "escalated=true&assigned=me": [],
    }
    for query, expected in shown.items():
        assert listed(exchange, f"unit={unit}&{query}", handler="af-filters") == expected, query
    national = listed(exchange, "queue=studies&limit=100")
    assert studies["number"] in national
    assert first["number"] not in national
    assert set(everything) <= set(listed(exchange, "limit=100"))


def test_an_hour_before_midnight_and_after_it_changes_the_tab_and_the_count_alike(
    exchange: Exchange, unit: str
) -> None:
    exchange.clock.move_to(datetime(2026, 11, 16, 9, tzinfo=UTC))
    today, tomorrow = opened(exchange, unit, 2)
    for receipt, due in (
        (today, datetime(2026, 11, 18, 22, 59, tzinfo=UTC)),
        (tomorrow, datetime(2026, 11, 18, 23, tzinfo=UTC)),
    ):
        in_unit(exchange, unit, receipt, due_at=due)
    tabs = {
        datetime(2026, 11, 17, 22, 59, tzinfo=UTC): {"in_time": [today, tomorrow]},
        # Midnight in Sweden.
        datetime(2026, 11, 17, 23, 0, tzinfo=UTC): {"due_today": [today], "in_time": [tomorrow]},
        datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC): {"due_today": [today], "in_time": [tomorrow]},
        datetime(2026, 11, 18, 23, 0, tzinfo=UTC): {"late": [today], "due_today": [tomorrow]},
        datetime(2026, 11, 19, 23, 0, tzinfo=UTC): {"late": [today, tomorrow]},
    }
    for now, expected in tabs.items():
        exchange.clock.move_to(now)
        counted = exchange.send(AF_DESK, "GET", f"{QUEUE}/counts?unit={unit}").json()["tabs"]
        for each in counted:
            wanted = expected.get(each["tab"], [])
            assert each["consultations"] == len(wanted), (now, each)
            assert listed(exchange, f"unit={unit}&tab={each['tab']}") == numbers(*wanted), (now, each)
        rows = exchange.send(AF_DESK, "GET", f"{QUEUE}?unit={unit}").json()["consultations"]
        assert {row["tab"] for row in rows} == set(expected)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("tab=late&turn=municipality", ["turn", "tab"]),
        ("tab=late&escalated=true", ["tab", "escalated"]),
        ("escalated=true&awaitingApproval=true", ["escalated", "awaitingApproval"]),
        ("awaitingApproval=true&sort=oldest&unit=umea", ["sort", "awaitingApproval"]),
        ("turn=nobody", ["turn"]),
        ("turn=post", ["turn", "unit"]),
        ("turn=post&unit=af-24&type=consultation", ["turn", "type"]),
        ("sort=oldest", ["sort", "unit"]),
        ("sort=oldest&unit=af-24&queue=general", ["sort", "queue"]),
        ("sort=oldest&unit=af-24&tab=late", ["sort", "tab"]),
    ],
)
def test_filters_that_no_index_holds_together_are_refused_and_named(
    exchange: Exchange, query: str, named: list[str]
) -> None:
    refused = exchange.send(AF_DESK, "GET", f"{QUEUE}?{query}")

    assert (refused.status_code, refused.json()["code"]) == (422, "filters_not_combinable")
    assert refused.json()["filters"] == named


def test_what_is_restricted_is_not_seen_counted_taken_or_found_without_its_scope(exchange: Exchange, unit: str) -> None:
    (hidden,) = opened(exchange, unit, 1, restricted="violence")

    assert listed(exchange, f"unit={unit}") == listed(exchange, f"unit={unit}&queue=general&tab=in_time") == []
    counted = exchange.send(AF_DESK, "GET", f"{QUEUE}/counts?unit={unit}").json()["tabs"]
    assert sum(each["consultations"] for each in counted) == 0
    assert post(exchange, f"{QUEUE}/claims", {"unit": unit}).json()["code"] == "queue_empty"
    assert post(exchange, SEARCHES, {"number": hidden["number"]}).json()["consultations"] == []
    path = f"{CONSULTATIONS}/{hidden['consultationId']}"
    for act_on, body in (("assignments", {"handler": "af-1"}), ("escalations", {"reason": "system_down"})):
        assert post(exchange, f"{path}/{act_on}", body, version=1).status_code == 404
    assert listed(exchange, f"unit={unit}") == []


def test_a_mark_of_protected_identity_takes_a_consultation_out_of_everything_and_its_end_brings_it_back(
    exchange: Exchange, unit: str
) -> None:
    person = number("18900101", "942")
    receipt = exchange.open(person=person)
    in_unit(exchange, unit, receipt)

    def seen() -> tuple[list[str], int, list[str]]:
        counted = exchange.send(AF_DESK, "GET", f"{QUEUE}/counts?unit={unit}").json()["tabs"]
        found = post(exchange, SEARCHES, {"person": person, "purpose": "case_handling"}).json()["consultations"]
        return (
            listed(exchange, f"unit={unit}"),
            sum(each["consultations"] for each in counted),
            [each["number"] for each in found],
        )

    assert seen() == (numbers(receipt), 1, numbers(receipt))
    assert exchange.send("malmo", "POST", "/consultation/v1/protected-persons", {"person": person}).status_code == 201
    assert seen() == ([], 0, [])
    assert found(exchange, "umea-protected", number=receipt["number"]) == numbers(receipt)
    (entry,) = sql(
        exchange, "SELECT entry FROM audit_entry WHERE event = 'consultation.searched' ORDER BY at DESC LIMIT 1"
    )
    assert '"protectedIdentity":true,"underScope":"samrad:protected.read"' in entry["entry"]
    assert post(exchange, f"{QUEUE}/claims", {"unit": unit}).json()["code"] == "queue_empty"
    ended = exchange.send("malmo", "POST", "/consultation/v1/protected-persons/removals", {"person": person})
    assert ended.status_code == 200
    assert seen() == (numbers(receipt), 1, numbers(receipt))


# --- taken -----------------------------------------------------------------------------------------------------------


def test_the_next_one_is_the_most_urgent_that_waits_for_us_and_the_trail_tells_of_it(
    exchange: Exchange, unit: str
) -> None:
    waiting, taken, next_one, other_queue = opened(exchange, unit, 4)
    in_unit(exchange, unit, other_queue, queue="studies")
    act(exchange, AF_DESK, waiting, "claims", 1, handler="af-w")
    act(exchange, AF_DESK, waiting, "questions", 2, "vad?", handler="af-w")
    act(exchange, AF_DESK, waiting, "releases", 3, handler="af-w")
    act(exchange, AF_DESK, taken, "claims", 1, handler="af-w")

    answer = post(exchange, f"{QUEUE}/claims", {"unit": unit, "queue": "general"}, handler="af-next")

    assert answer.status_code == 200, answer.text
    claimed = answer.json()
    assert (claimed["number"], claimed["state"], claimed["version"]) == (next_one["number"], "in_progress", 2)
    assert (claimed["assignedTo"], answer.headers["ETag"]) == ("af-next", '"2"')
    whole = exchange.send(AF_DESK, "GET", answer.headers["Location"].removeprefix(exchange.base_url), handler="af-next")
    assert whole.json()["assignedTo"] == "af-next"
    before = sql(exchange, "SELECT count(*) AS n FROM audit_entry")
    assert post(exchange, f"{QUEUE}/claims", {"unit": unit, "queue": "general"}).json()["code"] == "queue_empty"
    assert sql(exchange, "SELECT count(*) AS n FROM audit_entry") == before, "that nothing waits is no refusal"
    assert post(exchange, f"{QUEUE}/claims", {"unit": unit, "type": "consultation"}).status_code == 200
    # By hand it is told of in the same words.
    by_hand = exchange.open()
    act(exchange, LEADER, by_hand, "claims", 1, handler="af-next")
    (next_told, next_entry), (told, entry) = (_told(exchange, each) for each in (next_one, by_hand))
    assert next_told == told
    assert next_entry == entry


def _told(exchange: Exchange, receipt: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """What event, outbox and trail say of the claim of a consultation, but for what is its own."""
    consultation = uuid.UUID(receipt["consultationId"])
    (event,) = sql(
        exchange,
        "SELECT e.action, e.state, e.turn, e.sequence, e.actor_org, e.client_id, e.actor, e.audience, e.channel, "
        "e.detail, o.kind, o.audience AS told, o.sequence AS at_sequence FROM consultation_event e "
        "JOIN outbox o ON o.id = e.id WHERE e.consultation_id = $1 AND e.sequence = 2",
        consultation,
    )
    (entry,) = sql(
        exchange,
        "SELECT owner_org, outcome, object_type, subject, entry::jsonb - 'id' - 'time' - 'token' - 'request' "
        "- 'object' #- '{detail,caseReference}' #- '{detail,decision,id}', entry::jsonb #>> '{object,id}' AS object "
        "FROM audit_entry WHERE object_id = $1 AND event = 'consultation.claimed'",
        consultation,
    )
    seen = f"/consultation/v1/audit-entries?objectId={receipt['consultationId']}"
    assert "consultation.claimed" in exchange.send("umea", "GET", seen).text
    assert entry["object"] == receipt["consultationId"]
    return list(event), list(entry)[:-1]


def test_the_same_claim_sent_twice_takes_one(exchange: Exchange, unit: str) -> None:
    opened(exchange, unit, 2)
    key = str(uuid.uuid4())

    first, again = (post(exchange, f"{QUEUE}/claims", {"unit": unit}, key=key) for _ in range(2))

    assert first.json() == again.json()
    assert len(listed(exchange, f"unit={unit}&assigned=nobody")) == 1


def test_eight_handlers_at_once_each_get_their_own(exchange: Exchange, unit: str) -> None:
    opened(exchange, unit, 12)

    def take(handler: int) -> list[str]:
        taken = []
        while (answer := post(exchange, f"{QUEUE}/claims", {"unit": unit}, handler=f"af-{handler}")).is_success:
            taken.append(answer.json()["number"])
        assert answer.json()["code"] == "queue_empty"
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [one for each in pool.map(take, range(8)) for one in each]
    assert len(taken) == len(set(taken)) == 12


# --- led -------------------------------------------------------------------------------------------------------------


def test_who_leads_assigns_whoever_had_it_and_takes_it_back(exchange: Exchange, unit: str) -> None:
    (receipt,) = opened(exchange, unit, 1)
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/assignments"

    assigned = post(exchange, path, {"handler": "af-a"}, version=1).json()
    assert (assigned["state"], assigned["assignedTo"]) == ("in_progress", "af-a")
    moved = post(exchange, path, {"handler": "af-b"}, version=2).json()
    assert (moved["state"], moved["assignedTo"]) == ("in_progress", "af-b")
    back = post(exchange, path, {"handler": None}, version=3).json()
    assert (back["state"], back["assignedTo"]) == ("received", None)
    for handler in ("189001019802", "af 1", ""):
        refused = post(exchange, path, {"handler": handler}, version=4)
        assert refused.status_code == 422
        assert handler not in refused.text or not handler
    assert "af-a" not in exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}/events").text


def test_of_many_each_is_assigned_or_told_why_not_and_nothing_is_half_done(exchange: Exchange, unit: str) -> None:
    done, stale, over = opened(exchange, unit, 3)
    act(exchange, AF_DESK, stale, "claims", 1, handler="af-first")
    act(exchange, "umea", over, "withdrawals", 1)
    wanted = [(stale, 1), (done, 1), ({"consultationId": NOBODY}, 1), (over, 2)]
    body = {
        "handler": "af-many",
        "consultations": [{"consultationId": each["consultationId"], "version": version} for each, version in wanted],
    }
    key = str(uuid.uuid4())

    answer, again = (post(exchange, f"{QUEUE}/assignments", body, key=key) for _ in range(2))

    assert answer.status_code == 200, answer.text
    assert answer.json() == again.json()
    told = [(each["done"], each["code"], each["version"]) for each in answer.json()["outcomes"]]
    assert told == [
        (False, "version_changed", None),
        (True, None, 2),
        (False, "not_found", None),
        (False, "illegal_transition", None),
    ]
    events = sql(
        exchange,
        "SELECT count(*) AS n FROM consultation_event e JOIN consultation c ON c.id = e.consultation_id "
        "WHERE c.unit = $1 AND e.action = 'assigned'",
        unit,
    )
    assert events[0]["n"] == 1
    twice = {**body, "consultations": [body["consultations"][1]] * 2}
    assert post(exchange, f"{QUEUE}/assignments", twice).json()["code"] == "malformed_request"
    many = {**body, "consultations": [{"consultationId": str(uuid.uuid4()), "version": 1}] * 201}
    assert post(exchange, f"{QUEUE}/assignments", many).status_code == 422


def test_what_an_absent_handler_has_is_dealt_out_as_the_preview_said(exchange: Exchange, unit: str) -> None:
    absent = f"af-{uuid.uuid4().hex[:8]}"
    receipts = opened(exchange, unit, 5)
    for receipt in receipts:
        act(exchange, AF_DESK, receipt, "claims", 1, handler=absent)
    act(exchange, AF_DESK, receipts[2], "questions", 2, "vad?", handler=absent)
    due_in_order(exchange, unit, receipts)
    body = {"handler": absent, "to": ["af-x", "af-y"]}

    preview = post(exchange, f"{QUEUE}/redistribution-previews", body)
    assert preview.json()["moves"] == [{"handler": "af-x", "consultations": 3}, {"handler": "af-y", "consultations": 2}]
    # Something of it changes in between.
    act(exchange, AF_DESK, receipts[4], "releases", 2, handler=absent)
    stale = post(exchange, f"{QUEUE}/redistributions", body, version=preview.json()["version"])
    assert (stale.status_code, stale.json()["code"]) == (412, "version_changed")
    version = post(exchange, f"{QUEUE}/redistribution-previews", body).json()["version"]
    moved = post(exchange, f"{QUEUE}/redistributions", body, version=version)

    assert [each["assignedTo"] for each in moved.json()["outcomes"]] == ["af-x", "af-y", "af-x", "af-y"]
    assert set(listed(exchange, f"unit={unit}&assigned=me", handler="af-x")) == set(numbers(receipts[0], receipts[2]))
    whole = exchange.send(AF_DESK, "GET", f"{CONSULTATIONS}/{receipts[2]['consultationId']}").json()
    assert whole["state"] == "waiting_for_municipality"
    back = {"handler": "af-x"}
    version = post(exchange, f"{QUEUE}/redistribution-previews", back).json()["version"]
    emptied = post(exchange, f"{QUEUE}/redistributions", back, version=version).json()["outcomes"]
    assert {each["assignedTo"] for each in emptied} == {None}
    for to in (["af-x", "af-x"], [absent], ["189001019802"]):
        assert post(exchange, f"{QUEUE}/redistribution-previews", {"handler": absent, "to": to}).status_code == 422


def test_who_leads_sees_what_each_handler_has_and_what_of_it_is_late(exchange: Exchange, unit: str) -> None:
    exchange.clock.move_to(datetime(2026, 11, 16, 9, tzinfo=UTC))
    receipts = opened(exchange, unit, 3)
    for receipt in receipts:
        act(exchange, AF_DESK, receipt, "claims", 1, handler="af-load")
    act(exchange, AF_DESK, receipts[0], "questions", 2, "vad?", handler="af-load")
    exchange.clock.move_to(datetime(2026, 12, 1, 9, tzinfo=UTC))

    told = exchange.send(LEADER, "GET", f"{QUEUE}/handlers?unit={unit}").json()

    assert told["handlers"] == [{"handler": "af-load", "open": 3, "late": 2, "waiting": 1}]


@pytest.mark.requirement(12)
def test_an_escalation_has_a_reason_that_can_be_counted_and_ends_when_somebody_acts(
    exchange: Exchange, unit: str
) -> None:
    (receipt,) = opened(exchange, unit, 1)
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"

    assert post(exchange, f"{path}/escalations", {"reason": "because"}, version=1).status_code == 422
    raised = post(exchange, f"{path}/escalations", {"reason": "secrecy_unclear"}, version=1)
    assert (raised.status_code, raised.json()["state"]) == (200, "received")
    assert listed(exchange, f"unit={unit}&escalated=true") == numbers(receipt)
    details = sql(
        exchange,
        "SELECT detail->>'reason' AS reason FROM consultation_event "
        "WHERE consultation_id = $1 AND action = 'escalated'",
        uuid.UUID(receipt["consultationId"]),
    )
    assert [row["reason"] for row in details] == ["secrecy_unclear"]
    assert post(exchange, f"{QUEUE}/claims", {"unit": unit}).status_code == 200
    assert listed(exchange, f"unit={unit}&escalated=true") == []
    assert "escalated" not in exchange.send("umea", "GET", f"{path}/events").text


def test_a_hand_over_does_what_its_preview_said_and_not_once_more(exchange: Exchange, unit: str) -> None:
    (receipt,) = opened(exchange, unit, 1)
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"
    body = {"unit": "af-studies", "reason": "needs_specialist"}
    act(exchange, AF_DESK, receipt, "claims", 1, handler="af-h")

    preview = post(exchange, f"{path}/hand-over-previews", body, handler="af-h").json()
    moved = {each["part"]: each["number"] for each in preview["moves"]}
    assert moved == {"messages": 1, "informationSets": 0, "callBacks": 0, "meetings": 0, "meetingRequests": 0}
    assert preview["bookedMeeting"] is None
    assert preview["loses"] == {"unit": unit, "unitName": None, "handler": "af-h"}
    assert (preview["gains"]["unit"], preview["state"], preview["version"]) == ("af-studies", "received", 2)
    assert sql(exchange, "SELECT unit FROM consultation WHERE number = $1", receipt["number"])[0]["unit"] == unit
    assert post(exchange, f"{path}/hand-overs", body, version=2, handler="af-1").json()["code"] == "claimed_by_another"
    handed = post(exchange, f"{path}/hand-overs", body, version=preview["version"], handler="af-h")
    assert (handed.status_code, handed.json()["state"], handed.json()["assignedTo"]) == (200, "received", None)
    assert listed(exchange, f"unit={unit}") == []
    assert receipt["number"] in listed(exchange, "unit=af-studies&limit=100")
    for wrong, code, status in (
        ({**body, "unit": "af-none"}, "unit_handles_nothing", 422),
        (body, "with_the_unit_already", 409),
    ):
        refused = post(exchange, f"{path}/hand-overs", wrong, version=3)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert "af-h" not in exchange.send("umea", "GET", f"{path}/events").text
    in_unit(exchange, unit, receipt)


# --- views and searches ----------------------------------------------------------------------------------------------


def test_a_view_is_ones_own_until_it_is_shared_and_only_who_saved_it_removes_it(exchange: Exchange) -> None:
    handler = f"af-{uuid.uuid4().hex[:8]}"
    filters = {"unit": "af-24", "tab": "late", "assigned": "nobody"}
    own, shared = (
        post(exchange, f"{QUEUE}/views", {"name": name, "shared": name == "Delad", "filters": filters}, handler=handler)
        for name in ("Egen", "Delad")
    )

    assert (own.status_code, own.json()["filters"]["tab"]) == (201, "late")

    def views(handler: str) -> set[str]:
        told = exchange.send(AF_DESK, "GET", f"{QUEUE}/views", handler=handler).json()["views"]
        return {each["viewId"] for each in told}

    ids = [each.json()["viewId"] for each in (own, shared)]
    assert set(ids) <= views(handler)
    assert set(ids) & views("af-colleague") == {ids[1]}
    for view in ids:
        assert exchange.send(AF_DESK, "DELETE", f"{QUEUE}/views/{view}", handler="af-colleague").status_code == 404
        assert exchange.send(AF_DESK, "DELETE", f"{QUEUE}/views/{view}", handler=handler).status_code == 200
    assert views(handler).isdisjoint(ids)


def test_a_view_holds_only_filters_that_the_queue_has_and_there_are_fifty_at_most(exchange: Exchange) -> None:
    handler = f"af-{uuid.uuid4().hex[:8]}"
    for filters in ({"person": "189001019802"}, {"tab": "late", "turn": "post"}, {"unit": "Ä"}, {"assigned": "hl-1"}):
        refused = post(exchange, f"{QUEUE}/views", {"name": "x", "filters": filters}, handler=handler)
        assert refused.status_code == 422, filters
    sql(
        exchange,
        "INSERT INTO saved_view SELECT $1, gen_random_uuid(), $2, 'x', false, '{}', now() FROM generate_series(1, 50)",
        AF,
        handler,
    )
    refused = post(exchange, f"{QUEUE}/views", {"name": "x", "filters": {}}, handler=handler)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_views")
    assert post(exchange, f"{QUEUE}/views", {"name": "x", "filters": {}}, handler=handler + "x").status_code == 201


def found(exchange: Exchange, name: str, **body: Any) -> list[str]:
    answer = exchange.send(name, "POST", SEARCHES, body)
    assert answer.status_code == 200, answer.text
    return [each["number"] for each in answer.json()["consultations"]]


def test_each_side_finds_its_own_by_number_case_person_and_handler(exchange: Exchange, unit: str) -> None:
    person = PERSONS["complete"].number
    body = consultation_body(caseReference=f"EB-{uuid.uuid4().hex[:8]}")
    receipt = exchange.open(**body)
    theirs = exchange.open("malmo")
    handler = f"af-{uuid.uuid4().hex[:8]}"
    act(exchange, AF_DESK, receipt, "claims", 1, handler=handler)
    number = receipt["number"]

    for name in ("umea", AF_DESK):
        assert found(exchange, name, number=number) == [number]
        assert number in found(exchange, name, number=number[:7].lower(), limit=100)
        assert number in found(exchange, name, person=person, purpose="case_handling", limit=100)
    assert found(exchange, "umea", number=theirs["number"]) == []
    assert found(exchange, AF_DESK, number=theirs["number"]) == [theirs["number"]]
    assert theirs["number"] not in found(exchange, "umea", person=person, purpose="supervision", limit=100)
    assert found(exchange, "umea", caseReference=body["caseReference"]) == [number]
    assert found(exchange, "malmo", caseReference=body["caseReference"]) == []
    assert found(exchange, AF_DESK, caseReference=body["caseReference"]) == []
    assert found(exchange, AF_DESK, handler=handler) == [number]
    refused = exchange.send("umea", "POST", SEARCHES, {"handler": handler})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    told = exchange.send("umea", "POST", SEARCHES, {"number": number}).json()["consultations"][0]
    assert told["assignedTo"] is None
    assert person not in str(told)


def test_a_search_by_person_is_in_the_trail_with_its_purpose_and_without_the_number(exchange: Exchange) -> None:
    person = number("18900101", "958")
    receipt = exchange.open(person=person)

    found(exchange, "umea", person=person, purpose="request_by_person")

    (entry,) = sql(
        exchange,
        "SELECT entry, subject FROM audit_entry WHERE event = 'consultation.searched' AND subject = "
        "(SELECT person_mark FROM consultation WHERE id = $1)",
        uuid.UUID(receipt["consultationId"]),
    )
    assert '"purpose":"request_by_person"' in entry["entry"]
    assert person not in entry["entry"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"number": "S26-7K3M-9QXD", "handler": "af-1"},
        {"person": "189001019802"},
        {"number": "7K3M"},
        {"number": "S26-%"},
        {"number": "S26-UUUU"},
        {"person": "189001019803", "purpose": "case_handling"},
        {"person": "189001019802", "purpose": "curiosity"},
        {"number": "S26-7K3M", "limit": 101},
        {"number": "S26-7K3M", "limit": "5"},
        {"number": "S26-7K3M", "limit": True},
    ],
    ids=range(11),
)
def test_a_search_for_nothing_two_things_or_something_odd_is_refused(exchange: Exchange, body: dict[str, Any]) -> None:
    refused = exchange.send("umea", "POST", SEARCHES, body)

    assert refused.status_code == 422
    assert "1890" not in refused.text


# --- counted ---------------------------------------------------------------------------------------------------------

_RECOUNT = """
    SELECT answering_org AS org, unit, queue, type, CAST(due_at AT TIME ZONE 'Europe/Stockholm' AS date) AS due_day,
           turn IN ('municipality', 'person', 'meeting') AS waiting, assigned_to IS NULL AS free,
           coalesce(restricted, '') AS restricted, count(*) AS number
    FROM consultation WHERE turn <> 'nobody' AND NOT hidden AND answering_org = $1
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_COUNTERS = """
    SELECT org, unit, queue, type, due_day, waiting, free, restricted, sum(number) AS number
    FROM (SELECT org, unit, queue, type, due_day, waiting, free, restricted, number FROM queue_count
          UNION ALL SELECT org, unit, queue, type, due_day, waiting, free, restricted, number FROM queue_change) AS told
    WHERE org = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(number) <> 0
"""


def fold(exchange: Exchange) -> None:
    """As the worker does."""

    async def run() -> None:
        database = Database(exchange.postgres.url("consultation", "consultation_worker"), pool_size=1)
        async with database.without_tenant() as connection:
            await fold_queue_counts(Run(connection, exchange.clock(), {}))
        await database.close()

    asyncio.run(run())


def test_who_serves_can_neither_count_by_hand_nor_see_what_another_organisation_has_waiting(exchange: Exchange) -> None:
    """Rows of `queue_change` stay for seconds, so that nobody can wait for one; what is counted is held still here."""
    role = "consultation_runtime"
    for table in ("queue_count", "queue_change"):
        for statement in (
            f"INSERT INTO {table} DEFAULT VALUES",
            f"UPDATE {table} SET number = 0",
            f"DELETE FROM {table}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                sql(exchange, statement, role=role)
        for organisation in (UMEA, ""):
            first = f"BEGIN; SELECT set_config('app.org', '{organisation}', true)"
            seen = f"SELECT FROM {table} WHERE org = '{AF}'"
            assert sql(exchange, seen, role=role, first=first) == []
        assert sql(exchange, f"SELECT FROM {table}", role=role) == []


_CHANGES: dict[str, tuple[Any, ...]] = {
    "unit": ("{unit}", "{unit}-2"),
    "queue": ("general", "studies"),
    "turn": ("answering_authority", "municipality", "nobody", "post"),
    "assigned_to": (None, "af-1", "af-2"),
    "due_at": tuple(
        datetime(2026, 11, day, 22, 30, tzinfo=UTC) + timedelta(hours=hour) for day in (3, 9) for hour in (0, 1)
    ),
    "restricted": (None, "violence", "corrections"),
    "hidden": (True, False),
}


def test_the_counters_are_what_a_recount_finds_before_and_after_they_are_folded(exchange: Exchange, unit: str) -> None:
    """Whatever all the tests before have done to the database of this session, and a random history besides."""
    receipts = opened(exchange, unit, 4)
    act(exchange, AF_DESK, receipts[0], "claims", 1)
    act(exchange, AF_DESK, receipts[0], "answers", 2, "svar")
    act(exchange, "umea", receipts[1], "withdrawals", 1)
    ids = [uuid.UUID(receipt["consultationId"]) for receipt in receipts]
    chance = random.Random(12)  # noqa: S311 - the same history each time

    def differences() -> set[tuple[Any, ...]]:
        counted, found = ({tuple(row) for row in sql(exchange, query, AF)} for query in (_COUNTERS, _RECOUNT))
        return counted ^ found

    assert differences() == set()
    for step in range(sample_or_full(20, 1000)):
        column = chance.choice(sorted(_CHANGES))
        value = chance.choice(_CHANGES[column])
        value = value.format(unit=unit) if isinstance(value, str) else value
        # Several at once are counted like one.
        some = chance.sample(ids, chance.randint(1, 4))
        sql(exchange, f"UPDATE consultation SET {column} = $2 WHERE id = ANY($1)", some, value)
        if step % 10 == 9:
            assert differences() == set(), (step, column)
            fold(exchange)
            assert differences() == set(), step
    sql(exchange, "UPDATE consultation SET unit = $2, hidden = false WHERE id = ANY($1)", ids, unit)
    assert sql(exchange, "SELECT FROM queue_count WHERE number = 0") == []
