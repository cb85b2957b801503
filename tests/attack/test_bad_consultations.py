"""Bad input to every operation on consultations: refused whole, with the code that says what is wrong, nothing stored.

A row is one request. What comes from a case system on a bad day stands beside what somebody tries.
"""

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.tables import TENANT_TABLES
from tests.attack.support import CONSULTATIONS, act
from tests.exchange import NOBODY, Exchange, consultation_body

pytestmark = pytest.mark.attack
AF, UMEA, MALMO = "af-workbench", "umea", "malmo"
# A refusal is in the trail, and a person asked about counts for the brake whatever became of the question.
WRITTEN_BY_REFUSALS = {"audit_entry", "asked_person"}
# The worker is at it all the while: what others have done is folded, told and forgotten in the background.
WRITTEN_IN_BACKGROUND = ("lead_time_", "queue_", "webhook_", "kept_", "expected_")
_TABLES = [
    table for table in TENANT_TABLES if table not in WRITTEN_BY_REFUSALS and not table.startswith(WRITTEN_IN_BACKGROUND)
]
_STORED = " UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS rows FROM {table}" for table in _TABLES) + (
    " UNION ALL SELECT 'versions', coalesce(sum(version), 0) FROM consultation"
)
_CURRENT = -1
"""The version that it has."""

STUDIES = {"type": "study_transition", "studyForm": "university", "startsOn": "2027-01-18"}
INTERPRETATION = {"type": "decision_interpretation", "decisionType": "other", "decidedOn": "2026-03-02"}
CONTACT = {"type": "employer_contact", "employer": "2021002114", "matter": "Praktik"}
SETS = {"type": "information_request", "informationSets": ["action_plan"]}
PLANNING = {"type": "joint_planning", "needs": ["health"]}

STATES: Mapping[str, tuple[tuple[str, str, Any], ...]] = {
    "received": (),
    "triaged": ((AF, "triages", None),),
    "secrecy_test": ((AF, "secrecy-tests", None),),
    "in_progress": ((AF, "claims", None),),
    "waiting_for_municipality": ((AF, "claims", None), (AF, "questions", {"text": "?"})),
    "waiting_for_person": ((AF, "claims", None), (AF, "waits", {"reason": "consent"})),
    "sent_by_post": ((AF, "claims", None), (AF, "letters", None)),
    "answered": ((AF, "claims", None), (AF, "answers", {"text": "!"})),
    "closed": ((AF, "claims", None), (AF, "answers", {"text": "!"}), (UMEA, "closures", None)),
    "rejected": ((AF, "rejections", {"reason": "duplicate"}),),
    "withdrawn": ((UMEA, "withdrawals", None),),
}


@dataclass(frozen=True)
class Bad:
    """One request. `operation` is below a consultation in `state`, or "" to open one. Bytes are sent as they are."""

    why: str
    status: int
    code: str
    operation: str = ""
    body: Any = None
    client: str = UMEA
    state: str = "received"
    version: int | None = _CURRENT
    headers: Mapping[str, str | None] = field(default_factory=dict)
    method: str = "POST"
    consultation_id: str | None = None

    def __str__(self) -> str:
        return f"{self.operation or 'open'}: {self.why}"


def opening(why: str, status: int, code: str, **changes: Any) -> Bad:
    """A new consultation, wrong in one thing. `...` takes a member away."""
    body = {**consultation_body(caseReference="EB-BAD-1"), **changes}
    return Bad(why, status, code, body={name: value for name, value in body.items() if value is not ...})


def malformed(why: str, **changes: Any) -> Bad:
    return opening(why, 422, "malformed_request", **changes)


def form(why: str, details: Any, asked: str | None = None) -> Bad:
    kind = asked or (details.get("type") if isinstance(details, dict) else None) or "consultation"
    return opening(why, 422, "malformed_request", type=kind, details=details)


def raw(why: str, content: bytes, status: int, code: str, **headers: str) -> Bad:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Bad(why, status, code, body=content, headers=named)


def at_af(operation: str, why: str, body: Any, state: str = "in_progress", **more: Any) -> Bad:
    return Bad(why, 422, "malformed_request", operation, body, AF, state, **more)


def too_early(operation: str, state: str, body: Any = None, client: str = AF) -> Bad:
    return Bad(f"in {state}", 409, "illegal_transition", operation, body, client, state)


def correction(why: str, code: str = "malformed_request", **body: Any) -> Bad:
    whole = {"sequence": 1, "reason": "wrong_time", **body}
    return Bad(why, 422, code, "corrections", whole, AF, "in_progress")


TEXT = {"text": "x"}
GOOD = json.dumps(consultation_body(caseReference="EB-BAD-1"))
ROWS = (
    # --- the body as such ---
    raw("half a body", b"{", 400, "not_json"),
    raw("no body", b"", 400, "not_json"),
    raw("a list", b"[]", 422, "malformed_request"),
    raw("a text", b'"hej"', 422, "malformed_request"),
    raw("null", b"null", 422, "malformed_request"),
    raw("bytes that are not UTF-8", GOOD.encode().replace(b"Vilka", b"\xff\xfe"), 400, "not_json"),
    raw("the same name twice", (GOOD[:-1] + ', "type": "consultation"}').encode(), 400, "not_json"),
    raw("nested too deep", b'{"details":' + b"[" * 40 + b"]" * 40 + b"}", 400, "not_json"),
    raw("NaN", b'{"type": NaN}', 400, "not_json"),
    raw("a lone surrogate", GOOD.replace("Vilka", "\\ud800").encode(), 400, "not_json"),
    raw("NUL", GOOD.replace("Vilka", "\\u0000").encode(), 422, "malformed_request"),
    raw("a body larger than there is room for", b" " * 70_000 + GOOD.encode(), 413, "body_too_large"),
    raw("plain text", GOOD.encode(), 415, "unsupported_media_type", Content_Type="text/plain"),
    raw("UTF-16", GOOD.encode(), 415, "unsupported_media_type", Content_Type="application/json; charset=utf-16"),
    # --- members of an opening ---
    malformed("no type", type=...),
    malformed("an unknown type", type="complaint"),
    malformed("a number as type", type=1),
    malformed("no purpose", purpose=...),
    malformed("a purpose that is a sentence", purpose="' OR 1=1 --"),
    opening("a purpose nobody has", 403, "no_ground", purpose="curiosity"),
    malformed("no case", caseReference=...),
    malformed("an empty case", caseReference=""),
    opening("a case of 32 characters", 422, "case_reference_invalid", caseReference="E" * 32),
    opening("an identity number as case", 422, "case_reference_invalid", caseReference=PERSONS["complete"].number),
    malformed("no question", question=...),
    malformed("an empty question", question=""),
    malformed("a question without end", question="x" * 10_001),
    malformed("a list as question", question=["Vilka?"]),
    opening("nobody it is about", 422, "lookup_not_usable", person=...),
    opening("a wrong check digit", 422, "person_number_invalid", person="189001049800"),
    opening("a birthday that is none", 422, "person_number_invalid", person="189013019800"),
    malformed("ten digits", person="9001049809"),
    malformed("a number as person", person=189001049809),
    malformed("a look-up that is no id", lookupId="1; DROP TABLE lookup"),
    opening("a look-up that is nobody's", 422, "lookup_not_usable", lookupId=NOBODY),
    malformed("an unknown member", priority="high"),
    malformed("an unknown category", category="gossip"),
    # --- forms ---
    form("a form for a plain consultation", SETS, "consultation"),
    form("the form of another type", STUDIES, "joint_planning"),
    form("no form where one is needed", None, "study_transition"),
    form("a list as form", [STUDIES], "study_transition"),
    form("a form without a type", {"needs": ["health"]}, "joint_planning"),
    form("a form of an unknown type", {"type": "x"}, "joint_planning"),
    form("a member too many", {**PLANNING, "name": "x"}),
    form("no sets", {**SETS, "informationSets": []}),
    form("a set twice", {**SETS, "informationSets": ["action_plan", "action_plan"]}),
    form("a set nobody has", {**SETS, "informationSets": ["diary"]}),
    form("more sets than there are", {**SETS, "informationSets": ["action_plan"] * 500}),
    form("a text as sets", {**SETS, "informationSets": "action_plan"}),
    form("a decision tomorrow", {**INTERPRETATION, "decidedOn": "2099-12-31"}),
    form("a day that is none", {**INTERPRETATION, "decidedOn": "2026-02-30"}),
    form("a number as day", {**INTERPRETATION, "decidedOn": 20260302}),
    form("an unknown kind of decision", {**INTERPRETATION, "decisionType": "verdict"}),
    form("a time as day", {**STUDIES, "startsOn": "2027-01-18T08:00:00Z"}),
    form("an unknown form of study", {**STUDIES, "studyForm": "hogwarts"}),
    form("an organisation number that is none", {**CONTACT, "employer": "2021002115"}),
    form("a sole trader's identity number", {**CONTACT, "employer": PERSONS["complete"].number[2:]}),
    form("digits of another script", {**CONTACT, "employer": "٢٠٢١٠٠٢١١٤"}),
    form("a line end after the number", {**CONTACT, "employer": "2021002114\n"}),
    form("an empty matter", {**CONTACT, "matter": ""}),
    form("a matter without end", {**CONTACT, "matter": "x" * 501}),
    form("an unknown need", {**PLANNING, "needs": ["money"]}),
    # --- headers, ids and methods ---
    Bad("nobody who asks", 400, "actor_required", body=consultation_body(), headers={"Samrad-Handler": None}),
    Bad("a name as handler", 400, "actor_required", body=consultation_body(), headers={"Samrad-Handler": "Eva Ek"}),
    Bad("a key without end", 400, "bad_request", body=consultation_body(), headers={"Idempotency-Key": "k" * 256}),
    Bad("by who only answers", 403, "scope_missing", body=consultation_body(), client=AF),
    Bad("by who may ask for information only", 403, "kind_not_permitted", body=consultation_body(), client="akassa"),
    Bad("no version", 428, "precondition_required", "claims", client=AF, version=None),
    Bad("any version", 428, "precondition_required", "claims", client=AF, version=None, headers={"If-Match": "*"}),
    Bad("an old version", 412, "version_changed", "releases", client=AF, state="in_progress", version=1),
    Bad("a version to come", 412, "version_changed", "claims", client=AF, version=7),
    Bad("an id that is none", 404, "not_found", "claims", client=AF, consultation_id="S26-7K3M-9QXD"),
    Bad("an id that is nobody's", 404, "not_found", "claims", client=AF, consultation_id=NOBODY),
    Bad("another's", 404, "not_found", "withdrawals", client=MALMO),
    Bad("another's, once more", 404, "not_found", "rounds", {"question": "x"}, MALMO, "answered"),
    Bad("a method that is not there", 405, "method_not_allowed", "claims", method="PUT", client=AF),
    # --- the other side's moves, and another handler's ---
    *(
        Bad("by who asks", 403, "scope_missing", operation, body)
        for operation, body in (
            ("claims", None),
            ("triages", None),
            ("secrecy-tests", None),
            ("secrecy-tests/completions", None),
            ("waits", {"reason": "consent"}),
            ("resumptions", {"outcome": "received"}),
            ("rejections", {"reason": "duplicate"}),
            ("corrections", {"sequence": 1, "reason": "wrong_channel", "channel": "phone"}),
        )
    ),
    Bad("by who answers", 403, "scope_missing", "replies", TEXT, AF, "waiting_for_municipality"),
    Bad("by who answers", 403, "scope_missing", "rounds", {"question": "x"}, AF, "answered"),
    *(
        Bad(
            "by another handler", 409, "claimed_by_another", operation, body, AF, state, headers={"Samrad-Handler": "x"}
        )
        for operation, body, state in (
            ("claims", None, "in_progress"),
            ("releases", None, "in_progress"),
            ("questions", TEXT, "in_progress"),
            ("answers", TEXT, "in_progress"),
            ("rejections", {"reason": "duplicate"}, "in_progress"),
            ("waits", {"reason": "consent"}, "in_progress"),
            ("secrecy-tests", None, "in_progress"),
            ("secrecy-tests/completions", None, "secrecy_test"),
            ("resumptions", {"outcome": "received"}, "waiting_for_person"),
            ("dispatches", TEXT, "sent_by_post"),
        )
    ),
    # --- out of order ---
    too_early("claims", "withdrawn"),
    too_early("releases", "triaged"),
    too_early("triages", "in_progress"),
    too_early("secrecy-tests", "answered"),
    too_early("secrecy-tests/completions", "in_progress"),
    too_early("questions", "received", TEXT),
    too_early("questions", "secrecy_test", TEXT),
    too_early("replies", "in_progress", TEXT, UMEA),
    too_early("waits", "waiting_for_municipality", {"reason": "consent"}),
    too_early("resumptions", "in_progress", {"outcome": "received"}),
    too_early("letters", "triaged"),
    too_early("dispatches", "in_progress", TEXT),
    too_early("answers", "received", TEXT),
    too_early("answers", "answered", TEXT),
    too_early("rejections", "waiting_for_person", {"reason": "duplicate"}),
    too_early("rejections", "rejected", {"reason": "duplicate"}),
    too_early("closures", "in_progress", client=UMEA),
    too_early("closures", "closed", client=UMEA),
    too_early("withdrawals", "answered", client=UMEA),
    too_early("withdrawals", "withdrawn", client=UMEA),
    too_early("rounds", "in_progress", {"question": "x"}, UMEA),
    too_early("rounds", "rejected", {"question": "x"}, UMEA),
    # --- bodies of the steps ---
    at_af("triages", "the queue of corrections", {"queue": "corrections"}, "received"),
    at_af("triages", "an unknown queue", {"queue": "vip"}, "received"),
    at_af("questions", "no words", {"reason": "no_callback"}),
    at_af("questions", "an unknown reason", {"text": "x", "reason": "bored"}),
    at_af("answers", "an empty answer", {"text": ""}),
    at_af("answers", "a hand on the state", {"text": "x", "state": "closed"}),
    at_af("waits", "no reason", {}),
    at_af("waits", "a reason in words", {"reason": "Hon svarar inte"}),
    at_af("resumptions", "no outcome", {}, "waiting_for_person"),
    at_af("rejections", "words without a reason", TEXT, "received"),
    at_af("rejections", "empty words", {"reason": "duplicate", "text": ""}, "received"),
    Bad("no question", 422, "malformed_request", "rounds", {}, UMEA, "answered"),
    Bad("another form", 422, "malformed_request", "rounds", {"question": "x", "details": STUDIES}, UMEA, "answered"),
    # --- corrections ---
    correction("neither time nor channel"),
    correction("no event", sequence=None, channel="phone"),
    correction("the event before the first", sequence=0, channel="phone"),
    correction("a negative event", sequence=-1, channel="phone"),
    correction("a text as event", sequence="1", channel="phone"),
    correction("a truth as event", sequence=True, channel="phone"),
    correction("a huge event", sequence=10**30, channel="phone"),
    correction("an event to come", "event_not_correctable", sequence=3, channel="phone"),
    correction("an unknown reason", reason="typo", channel="phone"),
    correction("an unknown channel", channel="pigeon"),
    correction("a time without a zone", happenedAt="2026-11-20T09:12:00"),
    correction("a day as time", happenedAt="2026-11-20"),
    correction("a number as time", happenedAt=1_700_000_000),
    correction("a text that holds a number as time", happenedAt="1700000000"),
    correction("a time that is none", happenedAt="2026-11-20T25:12:00Z"),
    correction("a time to come", "time_not_permitted", sequence=2, happenedAt="2099-01-01T00:00:00Z"),
    correction("before the event before it", "time_not_permitted", sequence=2, happenedAt="2020-01-01T00:00:00Z"),
    correction("the first instant there is", "time_not_permitted", happenedAt="0001-01-01T00:00:00+14:00"),
    correction("the last instant there is", "time_not_permitted", happenedAt="9999-12-31T23:59:59-12:00"),
)


@pytest.fixture(scope="module")
def standing(running: Exchange) -> Callable[[str], tuple[str, int]]:
    """The id and version of a consultation of Umeå's in a state, made when it is first needed."""
    made: dict[str, tuple[str, int]] = {}

    def in_state(state: str) -> tuple[str, int]:
        if state not in made:
            receipt = running.open()
            for version, (client, operation, body) in enumerate(STATES[state], start=1):
                path = f"{CONSULTATIONS}/{receipt['consultationId']}/{operation}"
                step = running.send(client, "POST", path, body, version=version)
                assert step.status_code == 200, step.text
                assert step.json()["state"] == state or version < len(STATES[state])
            made[state] = (receipt["consultationId"], len(STATES[state]) + 1)
        return made[state]

    return in_state


@pytest.fixture(scope="module")
def stored(running: Exchange) -> Iterator[Callable[[], dict[str, int]]]:
    """How many rows each table holds, and all versions together."""
    with asyncio.Runner() as runner:
        host = str(running.postgres.socket_directory)
        connection = runner.run(asyncpg.connect(database="consultation", user="postgres", host=host))

        def count() -> dict[str, int]:
            return {row["name"]: row["rows"] for row in runner.run(connection.fetch(_STORED))}

        yield count
        runner.run(connection.close())


@pytest.mark.parametrize("bad", ROWS, ids=str)
def test_a_bad_request_is_refused_with_its_code_and_leaves_nothing(
    exchange: Exchange, standing: Callable[[str], tuple[str, int]], stored: Callable[[], dict[str, int]], bad: Bad
) -> None:
    path, headers = CONSULTATIONS, {"Samrad-Handler": "hl-1", "Idempotency-Key": str(uuid.uuid4()), **bad.headers}
    if bad.operation:
        found, version = standing(bad.state)
        path = f"{CONSULTATIONS}/{bad.consultation_id or found}/{bad.operation}"
        if bad.version is not None:
            headers["If-Match"] = f'"{version if bad.version == _CURRENT else bad.version}"'
    sent = {name: value for name, value in headers.items() if value is not None}
    options: dict[str, Any] = {"json": bad.body} if bad.body is not None else {}
    if isinstance(bad.body, bytes):
        options, sent = {"content": bad.body}, {"Content-Type": "application/json", **sent}
    before = stored()

    refused = exchange.client(bad.client).request(bad.method, exchange.base_url + path, headers=sent, **options)

    assert (refused.status_code, refused.json()["code"]) == (bad.status, bad.code), refused.text
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert all(refused.json()["texts"][language]["action"] for language in ("sv", "en"))
    if bad.code == "illegal_transition":
        assert refused.json()["state"] == bad.state
    assert stored() == before


def test_the_table_is_as_large_as_promised_and_reaches_every_operation_of_the_process() -> None:
    assert len(ROWS) >= 60
    assert len({str(row) for row in ROWS}) == len(ROWS)
    process = {
        "",
        "claims",
        "releases",
        "triages",
        "secrecy-tests",
        "secrecy-tests/completions",
        "questions",
        "replies",
    }
    process |= {"waits", "resumptions", "answers", "rejections", "closures", "withdrawals", "rounds", "corrections"}
    assert process <= {row.operation for row in ROWS}


def test_what_is_refused_leaves_the_way_open(exchange: Exchange) -> None:
    receipt = exchange.open()
    for operation, body in (("answers", TEXT), ("waits", {"reason": "consent"}), ("releases", None)):
        path = f"{CONSULTATIONS}/{receipt['consultationId']}/{operation}"
        assert exchange.send(AF, "POST", path, body, version=1).status_code == 409

    assert act(exchange, AF, receipt, "claims", 1).status_code == 200
