"""The simulator as those who build against it meet it: over HTTP, with faults, a log and a switch."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.consultation.lookups.simulator.app import create_app
from services.consultation.lookups.simulator.damage import OTHER_NAMESPACE
from services.consultation.lookups.simulator.faults import KINDS, Fault, MalformedHeader, read_header
from services.consultation.lookups.simulator.log import Outcome, RequestLog
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.simulator.states import CASES, Known
from services.consultation.lookups.sources.domain import Period, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.envelope import build_probe, build_request
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.v11 import V11
from services.consultation.lookups.sources.ssbtek.xml import children, local_name, parse
from tests.sizes import sample_or_full
from tests.unit.lookups.given import AUTUMN, MAX_BYTES, FakeTransport, asked, inquiry, ok, simulated

QUESTION = build_request(inquiry(), V10)
Talk = Callable[[httpx.AsyncClient], Awaitable[Any]]


def talking(talk: Talk, *, version: ContractVersion = V10, waits: list[float] | None = None) -> Any:
    """What comes of a conversation with a simulator that has just been started; `waits` collects what it slept."""

    async def sleep(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    async def converse() -> Any:
        transport = httpx.ASGITransport(create_app(version=version, sleep=sleep))
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
            return await talk(client)

    return asyncio.run(converse())


def sent(
    header: str | None = None,
    body: bytes | None = None,
    *,
    version: ContractVersion = V10,
    waits: list[float] | None = None,
) -> httpx.Response:
    """The answer to one request, the usual question when no other is given."""
    headers = {} if header is None else {"Samrad-Simulate": header}
    content = build_request(inquiry(), version) if body is None else body
    address = f"/ssbt/{version.label}"
    answer = talking(
        lambda client: client.post(address, content=content, headers=headers), version=version, waits=waits
    )
    assert isinstance(answer, httpx.Response)
    return answer


def read(header: str | None, version: ContractVersion = V10) -> Mapping[SourceCode, SourceAnswer]:
    """What a client of ours makes of it."""
    answer = sent(header, version=version)
    return asked(FakeTransport([ok(answer.content, answer.status_code)]), version=version)


@pytest.mark.parametrize("version", [V10, V11], ids=["10", "11"])
@pytest.mark.parametrize("source", SourceCode)
@pytest.mark.parametrize(
    ("fault", "state", "origin", "code"),
    [
        ("late", "error", "SSBT", "TIMEOUT"),
        ("bt", "error", "BT", "TEKNISKT_FEL"),
        ("ssbt", "error", "SSBT", "ANROP_MISSLYCKADES"),
        ("absent", "missing", None, None),
        ("broken", "unparseable", None, None),
        ("unreadable", "partial", None, None),
    ],
)
def test_a_fault_of_one_source_is_met_in_that_source_alone(
    version: ContractVersion, source: SourceCode, fault: str, state: str, origin: str | None, code: str | None
) -> None:
    answers = read(f"{fault}; source={source}", version)

    assert (answers[source].state, answers[source].origin, answers[source].code) == (state, origin, code)
    others = {answer.state for other, answer in answers.items() if other is not source}
    assert others == {SourceState.ANSWERED}


@pytest.mark.parametrize("version", [V10, V11], ids=["10", "11"])
@pytest.mark.parametrize("source", SourceCode)
def test_a_required_element_that_is_gone_is_seen_in_its_source(version: ContractVersion, source: SourceCode) -> None:
    answers = read(f"missing-element; source={source}", version)

    seen = answers[source]
    assert seen.deviations or seen.state not in (SourceState.ANSWERED, SourceState.ANSWERED_EMPTY)
    assert {answer.state for other, answer in answers.items() if other is not source} == {SourceState.ANSWERED}


@pytest.mark.parametrize("source", SourceCode)
def test_another_namespace_is_in_every_element_of_the_source(source: SourceCode) -> None:
    answer = sent(f"wrong-namespace; source={source}")

    (part,) = (each for each in parse(answer.content, max_bytes=MAX_BYTES).iter() if local_name(each) == source)
    assert {str(each.tag).partition("}")[0] for each in part[0]} == {f"{{{OTHER_NAMESPACE}"}
    assert asked(FakeTransport([ok(answer.content)]))[source].data == read(None)[source].data


def test_a_named_element_is_the_one_that_goes() -> None:
    answer = sent("missing-element; source=AF; element=Akassetillhorighet")

    assert b"Akassetillhorighet" in sent().content
    assert b"Akassetillhorighet" not in answer.content


def test_several_faults_come_together_with_their_codes() -> None:
    answers = read("bt; source=FK; code=LEFI-VERSION, absent; source=SO , ssbt ;source=CSN;code=X-1")

    assert (answers[SourceCode.FK].state, answers[SourceCode.FK].code) == ("error", "LEFI-VERSION")
    assert answers[SourceCode.SO].state is SourceState.MISSING
    assert answers[SourceCode.CSN].code == "X-1"


_OF_ONE_SOURCE = [name for name, kind in KINDS.items() if "source" in kind.needs]
_FAULTS = st.builds(Fault, st.sampled_from(_OF_ONE_SOURCE), st.sampled_from(SourceCode))


@settings(max_examples=sample_or_full(40, 100), deadline=None)
@given(st.sampled_from(sorted(PERSONS)), st.lists(_FAULTS, max_size=4), st.sampled_from([V10, V11]))
@example("all_down", [Fault("broken", SourceCode.SKV)] * 2, V10)
def test_any_faults_together_about_anybody_still_make_an_answer(
    name: str, faults: list[Fault], version: ContractVersion
) -> None:
    header = ", ".join(f"{fault.kind}; source={fault.source}" for fault in faults)

    answer = sent(header or None, build_request(inquiry(name), version), version=version)

    assert local_name(parse(answer.content, max_bytes=MAX_BYTES)) == "Envelope"
    assert answer.status_code == (500 if PERSONS[name].fault is not None else 200)


def test_lateness_is_waited_for_and_then_told_of_the_source_or_of_nothing() -> None:
    waits: list[float] = []

    assert b"TIMEOUT" in sent("late; source=AF; seconds=5", waits=waits).content
    assert b"TIMEOUT" not in sent("late; seconds=2.5", waits=waits).content
    assert waits == [5.0, 2.5]


def test_a_slow_drip_is_the_same_answer_in_pieces_over_the_seconds() -> None:
    waits: list[float] = []

    answer = sent("slow-drip; seconds=10", waits=waits)

    assert answer.content == sent().content
    assert waits == [0.5] * 20


def test_a_huge_answer_has_the_size_and_is_still_the_answer() -> None:
    answer = sent("huge; bytes=300000")

    assert len(answer.content) == 300_000
    assert local_name(parse(answer.content, max_bytes=300_000)) == "Envelope"


@pytest.mark.parametrize(
    ("header", "status", "has"),
    [
        ("fault", 500, b"SSBT-1000"),
        ("fault; code=SSBT-7", 500, b"SSBT-7"),
        ("generic-fault", 500, b"faultstring"),
        ("status=503", 503, b"does not answer"),
    ],
)
def test_the_whole_service_can_fail_whichever_operation_is_called(header: str, status: int, has: bytes) -> None:
    for body in (QUESTION, build_probe(V10)):
        answer = sent(header, body)
        assert (answer.status_code, has in answer.content) == (status, True)


NOT_UNDERSTOOD = [
    "",
    "unheard-of",
    "bt",
    "bt; source=XX",
    "bt; source=AF; source=SO",
    "late; seconds=-1",
    "late; seconds=1e3",
    "late; seconds",
    "status",
    "status=200",
    "status=503x",
    "fault=1",
    "huge; bytes=0",
    "huge; bytes=10000000000",
    "slow-drip",
    "bt; source=AF; code=å",
    "absent; source=AF; code=1",
    "late,, late",
    "unreadable; source=AF; element=a b",
]


@pytest.mark.parametrize("header", NOT_UNDERSTOOD)
def test_a_header_that_is_not_understood_is_refused_with_what_is_allowed(header: str) -> None:
    headers = {b"Samrad-Simulate": header.encode()}
    answer = talking(lambda client: client.post("/ssbt/10", content=QUESTION, headers=headers))

    assert answer.status_code == 400
    assert set(answer.json()["allowed"]["kinds"]) == set(KINDS)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=3))
def test_any_header_is_read_or_refused(texts: list[str]) -> None:
    try:
        faults = read_header(texts)
    except MalformedHeader:
        return
    assert len(faults) >= len(texts)
    assert {fault.kind for fault in faults} <= set(KINDS)


def test_the_log_tells_what_was_asked_and_never_a_number() -> None:
    own = {SourceCode.AF: AUTUMN, SourceCode.FK: Period(AUTUMN.first, AUTUMN.first), SourceCode.MIV: AUTUMN}
    known = build_request(inquiry("household_applicant", sources=own), V10)
    unknown = QUESTION.replace(PERSONS["complete"].number.encode(), b"189001019802")

    async def talk(client: httpx.AsyncClient) -> tuple[Any, ...]:
        for body in (known, unknown, build_probe(V10), b"<a/>"):
            await client.post("/ssbt/10", content=body)
        await client.post("/ssbt/10", content=QUESTION, headers={"Samrad-Simulate": "fault"})
        told = await client.get("/requests")
        emptied = await client.delete("/requests")
        await client.post("/ssbt/10", content=build_probe(V10))
        return told, emptied.status_code, (await client.get("/requests")).json()["requests"]

    told, emptied, after = talking(talk)

    first, second, probe, refused, faulty = told.json()["requests"]
    assert first == {
        "sequence": 1,
        "version": "10",
        "operation": "hamtaBastjanstInformation",
        "outcome": "answered",
        "problems": [],
        "person": "household_applicant",
        "caseReference": "EB-2026-000123",
        "correlationId": "00000000-0000-4000-8000-000000000001",
        "sources": [
            {"source": "AF", "from": "2026-09-01", "to": "2026-11-30"},
            {"source": "FK", "from": "2026-09-01", "to": "2026-09-01"},
            {"source": "MIV", "from": "2026-09-01", "to": "2026-11-30"},
        ],
    }
    assert (second["person"], len(second["sources"])) == ("unknown", 7)
    assert (probe["operation"], probe["person"], probe["sources"]) == ("testaBastjanstInformation", None, [])
    assert (refused["operation"], refused["outcome"]) == (None, "refused")
    assert refused["problems"]
    assert faulty["outcome"] == "fault"
    assert "1890" not in told.text
    assert (emptied, [each["sequence"] for each in after]) == (204, [6])


def test_the_log_keeps_the_latest_only() -> None:
    log = RequestLog(limit=3)
    for _ in range(5):
        log.add("10", None, Outcome.REFUSED)

    assert [each["sequence"] for each in log.told()] == [3, 4, 5]


def test_the_switch_takes_the_whole_service_down_and_up() -> None:
    async def talk(client: httpx.AsyncClient) -> list[int]:
        found = []
        for state in ("down", "up"):
            switched = await client.post("/outage", json={"state": state})
            assert switched.json() == {"state": state, "sources": []}
            answers = [await client.post("/ssbt/10", content=body) for body in (QUESTION, build_probe(V10))]
            found += [answer.status_code for answer in answers]
        logged = (await client.get("/requests")).json()["requests"]
        assert [each["outcome"] for each in logged] == ["outage", "outage", "answered", "answered"]
        return found

    assert talking(talk) == [503, 503, 200, 200]


def test_the_switch_takes_a_single_source_down_and_up() -> None:
    async def talk(client: httpx.AsyncClient) -> list[list[bytes]]:
        found = []
        for state in ("down", "up"):
            await client.post("/outage", json={"state": state, "source": "SO"})
            answers = [await client.post("/ssbt/10", content=body) for body in (QUESTION, build_probe(V10))]
            found.append([answer.content for answer in answers])
        return found

    (question, probe), (question_after, probe_after) = talking(talk)

    down = asked(FakeTransport([ok(question)]))
    assert [code for code, answer in down.items() if answer.state is SourceState.ERROR] == [SourceCode.SO]
    assert [each for each in probed(probe) if "error" in probed(probe)[each]] == ["SO"]
    assert {answer.state for answer in asked(FakeTransport([ok(question_after)])).values()} == {SourceState.ANSWERED}
    assert not any("error" in told for told in probed(probe_after).values())


def probed(body: bytes) -> dict[str, dict[str, Any]]:
    """The children of each source in the answer to a probe."""
    (answer,) = parse(body, max_bytes=MAX_BYTES)[0]
    return {local_name(each): dict(children(each)) for each in answer}


def test_a_fault_of_a_source_is_seen_by_the_probe_when_it_is_one_of_reaching_it() -> None:
    answer = sent("bt; source=AF, broken; source=FK, late; source=MIV", build_probe(V10))

    assert [name for name, told in probed(answer.content).items() if "error" in told] == ["AF"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"state": "sideways"}', b'{"state": "down", "source": "XX"}', b"{" * 9])
def test_a_switch_that_is_not_understood_is_refused(body: bytes) -> None:
    answer = talking(lambda client: client.post("/outage", content=body))

    assert (answer.status_code, set(answer.json())) == (400, {"detail", "allowed"})


def test_its_front_page_lists_everybody_it_knows() -> None:
    told = talking(lambda client: client.get("/"), version=V11).json()

    assert (told["version"], told["address"], told["outage"]["state"]) == ("11", "/ssbt/11", "up")
    assert {each["name"]: each["number"] for each in told["persons"]} == {
        name: person.number for name, person in PERSONS.items()
    }


@pytest.mark.parametrize(("version", "other"), [(V10, V11), (V11, V10)], ids=["10", "11"])
def test_a_question_of_the_other_version_gets_a_fault_without_detail(
    version: ContractVersion, other: ContractVersion
) -> None:
    address = f"/ssbt/{version.label}"
    answer = talking(lambda client: client.post(address, content=build_request(inquiry(), other)), version=version)

    assert answer.status_code == 500
    assert b"faultstring" in answer.content
    assert b"<detail" not in answer.content


def test_a_request_larger_than_any_question_is_refused_without_being_read_to_its_end() -> None:
    answer = sent(body=b"<a>" + b" " * 5_000_000 + b"</a>")

    assert (answer.status_code, b"too large" in answer.content) == (500, True)


def test_the_household_has_content_a_protected_child_and_a_child_of_whom_nothing_is_known() -> None:
    names = [name for name in PERSONS if name.startswith("household_")]
    read = {name: asked(FakeTransport([ok(simulated(name))]), inquiry(name)) for name in names}

    answered = {
        name: [code.value for code, answer in answers.items() if answer.state is SourceState.ANSWERED]
        for name, answers in read.items()
    }
    assert answered == {
        "household_applicant": list(SourceCode),
        "household_co_applicant": ["SO", "MIV"],
        "household_child_1": ["CSN"],
        "household_child_2": ["FK"],
        "household_child_3": [],
    }
    marked = [name for name, answers in read.items() if any(answer.protected for answer in answers.values())]
    assert marked == ["household_child_2"]


def test_every_case_with_a_person_of_its_own_has_her() -> None:
    named = {case.person for case in CASES if case.known not in (Known.NOT_ASKED, Known.ERROR_LOCAL)}

    assert len(named) == 56
    assert named <= set(PERSONS)
