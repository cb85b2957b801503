"""Random histories through the API: two municipalities, two handlers, a clock that moves, and what must always hold.

Each move is told to a model of a few lines, which knows the table written by hand (`tests/reference/transitions.py`)
and nothing of the product's. What the product answers and what it has stored is compared with it.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any, ClassVar

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.exchange import Exchange
from tests.reference.lead_times import open_minutes
from tests.reference.transitions import ROWS, TURNS
from tests.sizes import sample_or_full

CONSULTATIONS = "/consultation/v1/consultations"
AF, HANDLERS, MUNICIPALITIES = "af-lead", ("af-1", "af-2"), ("umea", "malmo")
ASKER = "hl-1"
MONDAY = datetime(2026, 3, 23, 7, tzinfo=UTC)
"""The week before the clocks go forward, and the one before Easter."""
MINUTES_ON = (0, 0, 0, 1, 2, 90, 60 * 7, 60 * 24 * 5)
"""Mostly so few that a token lasts."""
SIXTY_DAYS = timedelta(days=60)
STEPS = (*["legal"] * 8, "any", "correction", "too late", "another's")
ONWARD = {
    "claimed",
    "asked_back",
    "replied",
    "person_awaited",
    "meeting_booked",
    "dispatched",
    "answered",
    "reopened",
    "answer_proposed",
    "answer_approved",
}
"""Chosen more often, so that histories come to an end and not only to and fro."""
ENDINGS = ("rejected", "withdrawn")
WORDS = {"text": "Ord"}
# By the event that a request leads to: the operation, and what it says. Corrections and meetings say more.
OPERATIONS: dict[str, tuple[str, Any]] = {
    "triaged": ("triages", {"queue": "employer"}),
    "claimed": ("claims", None),
    "released": ("releases", None),
    "secrecy_test_begun": ("secrecy-tests", None),
    "secrecy_test_ended": ("secrecy-tests/completions", None),
    "asked_back": ("questions", {**WORDS, "reason": "secrecy_unclear"}),
    "replied": ("replies", WORDS),
    "supplemented": ("supplements", WORDS),
    "person_awaited": ("waits", {"reason": "information"}),
    "resumed": ("resumptions", {"outcome": "not_received"}),
    "called_back": ("call-backs", {"switchboard": "090-16 10 00", "outcome": "reached", "minutes": 3}),
    "meeting_requested": ("meeting-requests", {"distanceKm": 84}),
    "meeting_refused": ("meeting-requests/refusals", {"reason": "no_free_time"}),
    "meeting_booked": ("meetings", None),
    "meeting_held": ("meetings/{meeting}/outcomes", {"outcome": "held"}),
    "meeting_missed": ("meetings/{meeting}/outcomes", {"outcome": "missed", "missedBy": "municipality"}),
    "meeting_cancelled": ("meetings/{meeting}/cancellations", None),
    "sent_by_post": ("letters", None),
    "dispatched": ("dispatches", WORDS),
    "answer_proposed": ("answer-proposals", WORDS),
    "answer_approved": ("answer-approvals", None),
    "answer_sent_back": ("answer-returns", {"reason": "Skriv om."}),
    "answered": ("answers", WORDS),
    "rejected": ("rejections", {**WORDS, "reason": "duplicate"}),
    "closed": ("closures", None),
    "withdrawn": ("withdrawals", None),
    "reopened": ("rounds", {"question": "En gång till?"}),
    "corrected": ("corrections", None),
}
WITH_WORDS = {"opened", "asked_back", "replied", "supplemented", "dispatched", "answered", "rejected"}
AMONG_HANDLERS = {"answer_proposed", "answer_approved", "answer_sent_back"}
"""What divides no time, and so can't be said to have happened at another one."""
ENDS_LEAD_TIME = {"answered", "dispatched"}
WITH_REQUESTS = {
    ("meeting_requested", True): "meeting_requested_already",
    ("meeting_refused", False): "no_meeting_requested",
}
"""How a move is refused by whether a request for a physical meeting waits; the meetings here are remote."""
OF_MEETINGS = {"meeting_held", "meeting_missed", "meeting_cancelled"}


@dataclass
class Known:
    """A consultation as the model knows it. `times` are those of its events as they count, corrections left out."""

    owner: str
    id: str
    state: str = "received"
    holder: str | None = None
    triaged: bool = False
    queue: str = "general"
    proposed_by: str | None = None
    moves: list[str] = field(default_factory=lambda: ["opened"])
    recorded: dict[int, datetime] = field(default_factory=dict)
    times: dict[int, datetime] = field(default_factory=dict)
    meeting: str | None = None
    meeting_requested: bool = False
    next_round: str | None = None

    @property
    def version(self) -> int:
        return len(self.moves)

    def span(self, sequence: int) -> tuple[datetime, datetime]:
        """When an event can have happened."""
        order = sorted(self.times)
        place = order.index(sequence)
        first = self.times[order[place - 1]] if place else self.recorded[sequence] - SIXTY_DAYS
        following = [self.times[order[place + 1]]] if place + 1 < len(order) else []
        return first, min([*following, self.recorded[sequence]])


@dataclass(frozen=True)
class World:
    """The product, and a look behind it."""

    exchange: Exchange
    rows: Callable[..., list[Any]]


class Histories(RuleBasedStateMachine):
    """One history: a consultation of each municipality, and those that follow them."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.known: list[Known] = []

    @initialize()
    def open_one_each(self) -> None:
        self._move_clock(0)
        for owner in MUNICIPALITIES:
            receipt = self.world.exchange.open(owner)
            self._opened(owner, receipt["consultationId"], "general")

    @rule(data=st.data(), kind=st.sampled_from(STEPS))
    def something_happens(self, data: st.DataObject, kind: str) -> None:
        # One rule and not several: each would be left out of every other history.
        self._move_clock(data.draw(st.sampled_from(MINUTES_ON)))
        consultation = data.draw(st.sampled_from(self.known))
        match kind:
            case "legal":
                self._make(data, consultation, *self._legal_move(data, consultation))
            case "any":
                move = data.draw(st.sampled_from([each for each in OPERATIONS if each not in OF_MEETINGS]))
                self._make(data, consultation, move, data.draw(st.sampled_from(self._persons(move))))
            case "correction":
                self._make(data, consultation, "corrected", data.draw(st.sampled_from(HANDLERS)))
            case "too late":
                answer = self._send(AF, HANDLERS[0], consultation, "claims", None, consultation.version - 1)
                assert (answer.status_code, answer.json()["code"]) == (412, "version_changed")
            case "another's":
                move = data.draw(st.sampled_from(["replied", "withdrawn", "closed", "reopened"]))
                other = next(each for each in MUNICIPALITIES if each != consultation.owner)
                answer = self._send(other, ASKER, consultation, *OPERATIONS[move], consultation.version)
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def teardown(self) -> None:
        for consultation in self.known:
            self._hold_to_what_is_stored(consultation)

    # --- moves ---

    def _legal_move(self, data: st.DataObject, consultation: Known) -> tuple[str, str]:
        may_end = data.draw(st.integers(0, 7)) == 7
        moves = [
            (move, person)
            for move in OPERATIONS
            for person in self._persons(move)
            for _ in range(3 if move in ONWARD else 1)
            if move != "corrected" and self._refusal(consultation, move, person) is None
            if may_end or move not in ENDINGS
            if move != "triaged" or not consultation.triaged
        ]
        return data.draw(st.sampled_from(moves or [("corrected", HANDLERS[0])]))

    def _make(self, data: st.DataObject, consultation: Known, move: str, person: str) -> None:
        if move in OF_MEETINGS - {"meeting_cancelled"} and consultation.meeting:
            self._move_clock(120)
        operation, body = OPERATIONS[move]
        refusal = self._refusal(consultation, move, person)
        if move == "meeting_booked":
            starts = self.now + timedelta(minutes=60)
            body = {"kind": "remote", "startsAt": starts.isoformat(), "minutes": 30,
                    "participants": ["municipality", "answering_authority"]}  # fmt: skip
        if move == "corrected":
            body, refusal = self._correction(data, consultation)
        client = consultation.owner if person == ASKER else AF
        path = operation.format(meeting=consultation.meeting)

        answer = self._send(client, person, consultation, path, body, consultation.version)

        if refusal is not None:
            assert answer.status_code >= 400, f"{move} was to be refused: {refusal}"
            assert answer.json()["code"] == refusal
            return
        assert answer.status_code in (200, 201), f"{move} from {consultation.state}: {answer.text}"
        self._made(consultation, move, person, body, answer.json())

    def _refusal(self, consultation: Known, move: str, person: str) -> str | None:
        if move in OF_MEETINGS and (consultation.meeting is None or consultation.state != "waiting_for_meeting"):
            return "not_found"
        if move == "reopened" and consultation.next_round is not None:
            return "already_reopened"
        sides = "A" if person == ASKER else "F"
        by_table = ROWS[move].refusal(consultation.state, sides, person, consultation.holder, consultation.proposed_by)
        return by_table or WITH_REQUESTS.get((move, consultation.meeting_requested))

    def _correction(self, data: st.DataObject, consultation: Known) -> tuple[dict[str, Any], str | None]:
        sequence = data.draw(st.integers(1, consultation.version + 1))
        body: dict[str, Any] = {"sequence": sequence, "reason": "registered_late"}
        if sequence not in consultation.times:
            return {**body, "channel": "phone"}, "event_not_correctable"
        first, last = consultation.span(sequence)
        place = data.draw(st.sampled_from((-0.5, 0.0, 0.3, 0.7, 1.0, 1.5)))
        happened = (first + place * (last - first + timedelta(minutes=2))).replace(second=0, microsecond=0)
        permitted = first <= happened <= last
        return {**body, "happenedAt": happened.isoformat()}, None if permitted else "time_not_permitted"

    def _made(self, consultation: Known, move: str, person: str, body: Any, told: dict[str, Any]) -> None:
        row = ROWS[move]
        author = consultation.proposed_by
        consultation.moves.append(move)
        consultation.proposed_by = row.proposed_by(author, person)
        consultation.holder = row.holder(consultation.holder, person)
        if move == "triaged":
            consultation.triaged, consultation.queue = True, "employer"
        consultation.state = row.leads_to(
            consultation.state, held=consultation.holder is not None, triaged=consultation.triaged
        )
        if move in AMONG_HANDLERS:
            consultation.recorded[consultation.version] = self.now
        elif move == "corrected":
            consultation.times[body["sequence"]] = datetime.fromisoformat(body["happenedAt"])
        else:
            consultation.recorded[consultation.version] = consultation.times[consultation.version] = self.now
        if move == "answer_approved":
            # What has been approved is told in the same moment, as its author's.
            told_by = "dispatched" if consultation.state == "sent_by_post" else "answered"
            self._made(consultation, told_by, author or "", body, told)
            return
        if move in ("meeting_requested", "meeting_refused"):
            consultation.meeting_requested = move == "meeting_requested"
        if move == "meeting_booked":
            consultation.meeting = told["meetingId"]
        if move == "reopened":
            consultation.next_round = told["consultationId"]
            self._opened(consultation.owner, told["consultationId"], consultation.queue)
            return
        assert (told["state"], told["version"]) == (consultation.state, consultation.version)
        assert told["turn"] == TURNS[consultation.state]
        assert told["assignedTo"] == (None if person == ASKER else consultation.holder)

    def _opened(self, owner: str, consultation_id: str, queue: str) -> None:
        opened = {1: self.now}
        self.known.append(Known(owner, consultation_id, queue=queue, recorded=dict(opened), times=opened))

    def _persons(self, move: str) -> tuple[str, ...]:
        if move == "meeting_cancelled":
            return (ASKER,)
        return (ASKER,) if ROWS[move].who in ("A", "AS") else HANDLERS

    def _send(self, client: str, person: str, known: Known, operation: str, body: Any, version: int) -> Any:
        path = f"{CONSULTATIONS}/{known.id}/{operation}"
        return self.world.exchange.send(client, "POST", path, body, version=version, handler=person)

    def _move_clock(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.world.exchange.clock.stand_at(self.now)

    # --- what must hold ---

    def _hold_to_what_is_stored(self, consultation: Known) -> None:
        row, counted = self.world.rows(consultation.id)
        ours, theirs = (self._timeline(client, consultation) for client in (AF, consultation.owner))
        assert (row["state"], row["assigned_to"], row["version"]) == (
            consultation.state,
            consultation.holder,
            consultation.version,
        )
        assert row["turn"] == TURNS[consultation.state]
        assert {each["unit"] for each in ours} == {row["unit"]}, "it has been with one unit, and is there"
        assert row["queue"] == consultation.queue
        # What was refused has left nothing behind.
        assert [each["kind"] for each in ours] == consultation.moves
        assert [each["sequence"] for each in ours] == list(range(1, consultation.version + 1))
        assert counted["outbox"] == consultation.version
        assert counted["messages"] == sum(move in WITH_WORDS for move in consultation.moves)
        assert row["proposed_by"] == consultation.proposed_by
        assert counted["proposals"] <= 1
        assert counted["proposals"] or consultation.proposed_by is None
        assert counted["next_rounds"] == (1 if consultation.next_round else 0)
        require_replay_to_reach(row, ours)
        require_sides_to_agree(ours, theirs)
        require_time_to_add_up(row, ours, consultation)

    def _timeline(self, client: str, consultation: Known) -> list[dict[str, Any]]:
        answer = self.world.exchange.send(client, "GET", f"{CONSULTATIONS}/{consultation.id}/events")
        events: list[dict[str, Any]] = answer.json()["events"]
        return events


def require_replay_to_reach(row: Any, events: list[dict[str, Any]]) -> None:
    """The events alone lead, by the table, to the state and the holder that are stored."""
    state, holder, triaged = "received", None, False
    assert events[0]["kind"] == "opened"
    for event in events[1:]:
        move = ROWS[event["kind"]]
        assert state in move.cells, f"{event['kind']} from {state}"
        holder, triaged = move.holder(holder, event["actor"]), triaged or event["kind"] == "triaged"
        state = move.leads_to(state, held=holder is not None, triaged=triaged)
        assert (event["state"], event["turn"]) == (state, TURNS[state])
    assert (row["state"], row["assigned_to"]) == (state, holder)


def require_sides_to_agree(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """The asking side sees what it is to see of the same events, without who on the other side did it."""
    hidden = {each["sequence"] for each in ours if each["kind"] != "opened" and not ROWS[each["kind"]].seen_by_both}
    hidden |= {
        each["sequence"] for each in ours if each["kind"] == "corrected" and each["detail"]["sequence"] in hidden
    }
    seen = [{**each, "actor": None} for each in ours if each["sequence"] not in hidden]
    assert [{**each, "actor": None} for each in theirs] == seen
    assert all(each["actor"] is None for each in theirs if each["side"] == "answering_authority")


def require_time_to_add_up(row: Any, events: list[dict[str, Any]], consultation: Known) -> None:
    """Whose turn it was parts the whole without rest, and what is stored is that, counted minute by minute."""
    happened = [each for each in events if each["kind"] not in {"corrected", *AMONG_HANDLERS}]
    stated = [datetime.fromisoformat(each["at"]) for each in happened]
    for each in events:
        if each["kind"] == "corrected" and "happenedAt" in each["detail"]:
            place = next(at for at, other in enumerate(happened) if other["sequence"] == each["detail"]["sequence"])
            stated[place] = datetime.fromisoformat(each["detail"]["happenedAt"])
    times = list(accumulate(stated, max))
    assert times == [consultation.times[each["sequence"]] for each in happened]
    ends = next((place for place, each in enumerate(happened) if each["kind"] in ENDS_LEAD_TIME), None)
    names = ("total", "answering", "asking", "person", "post", "secrecy", "meeting")
    stored = [row[f"{name}_seconds"] for name in names]
    if ends is None:
        assert stored == [None] * len(names)
        return
    by_turn = dict.fromkeys(("answering_authority", "municipality", "person", "post", "secrecy_test", "meeting"), 0)
    for (start, end), event in zip(pairwise(times[: ends + 1]), happened, strict=False):
        by_turn[event["turn"]] += open_minutes(start, end)
    total, *parts = stored
    assert parts == [60 * minutes for minutes in by_turn.values()]
    assert min(parts) >= 0
    assert total == sum(parts) == 60 * open_minutes(times[0], times[ends])
    assert row["answered_at"] == times[ends]


@pytest.fixture
def world(exchange: Exchange) -> Iterator[World]:
    """The product, and its database as the superuser sees it."""
    with asyncio.Runner() as runner:
        host = str(exchange.postgres.socket_directory)
        connection = runner.run(asyncpg.connect(database="consultation", user="postgres", host=host))

        def rows(consultation_id: str) -> list[Any]:
            row = runner.run(connection.fetchrow("SELECT * FROM consultation WHERE id = $1", consultation_id))
            counted = runner.run(connection.fetchrow(_COUNTED, consultation_id))
            return [row, counted]

        yield World(exchange, rows)
        runner.run(connection.close())


_COUNTED = """
    SELECT (SELECT count(*) FROM outbox WHERE consultation_id = $1) AS outbox,
           (SELECT count(*) FROM consultation_message WHERE consultation_id = $1) AS messages,
           (SELECT count(*) FROM answer_proposal WHERE consultation_id = $1) AS proposals,
           (SELECT count(*) FROM consultation WHERE previous_id = $1) AS next_rounds
"""


@pytest.mark.requirement(4)
def test_whatever_two_handlers_and_two_municipalities_do_what_must_hold_holds(world: World) -> None:
    Histories.world = world
    run_state_machine_as_test(
        Histories,
        settings=settings(
            derandomize=True,
            max_examples=sample_or_full(5, 2_000),
            stateful_step_count=18,
            deadline=None,
            database=None,
            # A history is read as it is: to look for a shorter one through the API would take minutes.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
