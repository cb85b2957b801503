"""Frequent questions: proposed from an answer, confirmed by a second person, and read by everybody (R18)."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.consultation.codelists import LISTS
from services.consultation.faq.proposals import forget_expired
from services.consultation.lookups.simulator.persons import number
from services.consultation.tables import WORKER_ROLE
from tests.attack.rows import Session, with_session
from tests.attack.support import AF, BASE, MALMO, UMEA, sql, together
from tests.exchange import NOBODY, Exchange
from tests.folding import as_role
from tests.reading import whole, whole_trail
from tests.service.given_consultations import claimed
from tests.service.test_protected_identity import marked, somebody
from tests.service.workbench.support import refusal, send, trail_of

pytestmark = pytest.mark.requirement(18)

WRITER, SECOND, THIRD = "hl-1", "hl-2", "hl-3"
ENTRIES, PROPOSALS = f"{BASE}/faq-entries", f"{BASE}/faq-proposals"
DETAILS = {"type": "decision_interpretation", "decisionType": "programme_placement", "decidedOn": "2026-03-02"}


def text(answer: str = "Att en plats är beslutad.", **changes: Any) -> dict[str, Any]:
    return {"decisionType": "programme_placement", "sv": {"question": "Vad betyder det?", "answer": answer}, **changes}


def answered(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    """An interpretation of a decision that a handler has given."""
    receipt = claimed(exchange, type="decision_interpretation", details=DETAILS, **changes)
    told = send(exchange, "af-workbench", "POST", receipt, "answers", {"text": "Svar."}, version=2)
    assert told.status_code == 200, told.text
    return receipt


@pytest.fixture(scope="module")
def shared_source(running: Exchange) -> dict[str, Any]:
    running.clock.back_to_now()
    return answered(running, caseReference="EB-2026-4711")


@pytest.fixture
def source(exchange: Exchange, shared_source: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An answered consultation that the tests share: nothing waits that was proposed from it."""
    yield shared_source
    sql(exchange, "DELETE FROM faq_proposal WHERE consultation_id = $1", shared_source["consultationId"])


def propose(exchange: Exchange, receipt: dict[str, Any], body: Any = None, **more: Any) -> httpx.Response:
    return send(exchange, "af-workbench", "POST", receipt, "faq-proposals", body or text(), **more)


def proposed(exchange: Exchange, source: dict[str, Any], body: Any = None) -> str:
    """The address of a new proposal."""
    made = propose(exchange, source, body)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == made.json()["_links"]["self"]["href"]
    return f"{PROPOSALS}/{made.json()['proposalId']}"


def waiting_proposals(exchange: Exchange, name: str) -> dict[str, Any]:
    """Every proposal that a client is shown as waiting, by its id."""
    return {each["proposalId"]: each for each in whole(exchange, name, PROPOSALS, "proposals")}


def read(exchange: Exchange, address: str, handler: str = SECOND) -> Any:
    answer = exchange.send("af-lead", "GET", address, handler=handler)
    assert answer.status_code == 200, answer.text
    return answer.json()


def confirm(
    exchange: Exchange, address: str, digest: str | None = None, handler: str = SECOND, **more: Any
) -> httpx.Response:
    body = {"digest": digest or read(exchange, address)["digest"], "holdsNoPersonalData": True}
    return exchange.send("af-lead", "POST", f"{address}/confirmations", body, handler=handler, **more)


def published(exchange: Exchange, source: dict[str, Any], body: Any = None) -> str:
    """The address of a new entry."""
    told = confirm(exchange, proposed(exchange, source, body))
    assert told.status_code == 201, told.text
    return f"{ENTRIES}/{told.json()['entryId']}"


def rewrite(exchange: Exchange, address: str, edition: int, body: Any, handler: str = WRITER) -> httpx.Response:
    return exchange.send("af-workbench", "PUT", address, body, handler=handler, version=edition)


def withdraw(exchange: Exchange, address: str, version: int = 1, reason: str = "outdated") -> httpx.Response:
    return exchange.send("af-lead", "POST", f"{address}/withdrawals", {"reason": reason}, version=version)


def correct(exchange: Exchange, address: str, body: Any, version: int = 1, handler: str = WRITER) -> httpx.Response:
    return exchange.send("af-workbench", "POST", f"{address}/corrections", body, version=version, handler=handler)


def found(exchange: Exchange, words: str, name: str = "umea", **more: Any) -> list[str]:
    answer = exchange.send(name, "POST", f"{BASE}/faq-searches", {"words": words, **more}, handler=None)
    assert answer.status_code == 200, answer.text
    return [each["entryId"] for each in answer.json()["entries"]]


def kept_of_proposals(exchange: Exchange) -> str:
    """Everything, as whoever has a copy of the database sees it; ciphertext as hexadecimal."""
    return str([row["row"] for row in sql(exchange, "SELECT to_jsonb(p)::text AS row FROM faq_proposal p")])


def listed(exchange: Exchange, **parameters: Any) -> Iterator[dict[str, Any]]:
    """Every published entry, page by page."""
    address = f"{ENTRIES}?" + "&".join(f"{name}={value}" for name, value in parameters.items())
    while True:
        page = exchange.send("umea", "GET", address.replace(exchange.base_url, ""), handler=None).json()
        yield from page["entries"]
        if "next" not in page["_links"]:
            return
        address = page["_links"]["next"]["href"].partition(BASE)[2]
        address = f"{BASE}{address}"


def test_an_answer_becomes_an_entry_only_when_a_second_person_confirms_that_it_holds_no_personal_data(
    exchange: Exchange,
) -> None:
    receipt = answered(exchange)
    made = propose(exchange, receipt, text("Attsatsenärunik."))
    address = f"{PROPOSALS}/{made.json()['proposalId']}"

    assert found(exchange, "Attsatsenärunik") == []
    for writer in (WRITER, "HL-1"):
        assert refusal(confirm(exchange, address, handler=writer)) == (409, "faq_written_by_confirmer")
    assert refusal(exchange.send("af-workbench", "POST", f"{address}/confirmations", {})) == (403, "scope_missing")
    assert "Attsatsenärunik" not in kept_of_proposals(exchange)
    told = confirm(exchange, address)

    assert told.status_code == 201, told.text
    assert found(exchange, "Attsatsenärunik") == [told.json()["entryId"]]
    entry = exchange.send("malmo", "GET", f"{ENTRIES}/{told.json()['entryId']}", handler=None)
    assert entry.json() == {
        **text("Attsatsenärunik."),
        "en": None,
        "entryId": told.json()["entryId"],
        "version": 1,
        "_links": {"self": {"href": f"{exchange.base_url}{ENTRIES}/{told.json()['entryId']}"}},
    }
    assert exchange.send("af-lead", "GET", address).status_code == 404


@pytest.mark.parametrize("unsaid", [{}, {"holdsNoPersonalData": False}, {"holdsNoPersonalData": 1}])
def test_who_confirms_says_so_and_says_of_what(exchange: Exchange, source: dict[str, Any], unsaid: Any) -> None:
    address = f"{PROPOSALS}/{NOBODY}/confirmations"

    answer = exchange.send("af-lead", "POST", address, {"digest": "0" * 64, **unsaid})

    assert refusal(answer) == (422, "malformed_request")


def test_the_database_lets_nobody_confirm_her_own_text_and_publish_but_what_was_confirmed(exchange: Exchange) -> None:
    confirming = """
        INSERT INTO faq_confirmation VALUES ($1, $2, 1, sha256(convert_to($3, 'UTF8')), $4, $5, 'x', now())
    """
    publishing = """
        INSERT INTO faq_entry (id, version, decision_type, question_sv, answer_sv, digest)
        VALUES ($1, 1, 'other', 'q', $2, sha256(convert_to(concat_ws(chr(31), 'other', 'q', $3::text, '', ''), 'UTF8')))
    """
    entry, digested = uuid.uuid4(), "\x1f".join(("other", "q", "sagt", "", ""))
    with pytest.raises(asyncpg.CheckViolationError):
        sql(exchange, confirming, AF, entry, digested, ["hl-2", "hl-1"], "HL-1")
    with pytest.raises(asyncpg.CheckViolationError):
        sql(exchange, publishing, entry, "ett annat", "sagt")

    sql(exchange, confirming, AF, entry, digested, ["hl-2"], "HL-1")
    values = {"entry": str(entry), "said": "sagt"}
    statement = """
        INSERT INTO faq_entry (id, version, decision_type, question_sv, answer_sv, digest)
        VALUES (CAST(:entry AS uuid), 1, 'other', 'q', :said,
                sha256(convert_to(concat_ws(chr(31), 'other', 'q', CAST(:said AS text), '', ''), 'UTF8')))
    """
    removing = "DELETE FROM faq_entry WHERE id = CAST(:entry AS uuid) RETURNING id"

    async def refusals(session: Session) -> list[Any]:
        right = [await session.refusal(each, statement, **values) for each in (AF, UMEA, MALMO, None)]
        return [*right, await session.refusal(AF, statement, **values | {"said": "ett annat"})]

    async def removals(session: Session) -> list[list[str]]:
        return [await session.texts(each, removing, entry=str(entry)) for each in (UMEA, None, AF)]

    allowed, *refused = with_session(exchange, "consultation", refusals)
    assert allowed is None
    assert {type(each) for each in refused} == {asyncpg.InsufficientPrivilegeError}
    sql(exchange, publishing, entry, "sagt", "sagt")
    assert with_session(exchange, "consultation", removals) == [[], [], [str(entry)]]


def test_the_database_lets_nobody_confirm_her_way_into_anothers_entry(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    entry = published(exchange, source, text("Någon annans.")).rsplit("/", 1)[1]
    confirming = """
        INSERT INTO faq_confirmation (org, entry_id, version, digest, written_by, confirmed_by, client_id, confirmed_at)
        VALUES (current_setting('app.org'), CAST(:entry AS uuid), :version, sha256(''), '{hl-1}', 'hl-2', 'x', now())
    """

    async def refusals(session: Session) -> list[Any]:
        return [await session.refusal(UMEA, confirming, entry=entry, version=each) for each in (1, 2)]

    same, next_one = with_session(exchange, "consultation", refusals)
    assert isinstance(same, asyncpg.UniqueViolationError)
    assert isinstance(next_one, asyncpg.InsufficientPrivilegeError)


def test_a_changed_text_needs_another_confirmation_and_nobody_confirms_what_she_has_changed(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    address = proposed(exchange, source)
    before = read(exchange, address)

    assert rewrite(exchange, address, 1, text("Något annat."), handler=THIRD).status_code == 200
    assert refusal(rewrite(exchange, address, 1, text("Ett tredje."))) == (412, "version_changed")

    assert refusal(confirm(exchange, address, before["digest"])) == (412, "version_changed")
    assert refusal(confirm(exchange, address, handler=THIRD)) == (409, "faq_written_by_confirmer")
    assert refusal(confirm(exchange, address, handler=WRITER)) == (409, "faq_written_by_confirmer")
    assert read(exchange, address)["writtenBy"] == [WRITER, THIRD]
    assert confirm(exchange, address).status_code == 201


def test_what_is_sent_back_is_read_with_its_reason_and_can_be_confirmed_when_it_has_been_rewritten(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    address = proposed(exchange, source)
    body = {"reason": "Orten pekar ut en enda arbetsplats."}
    own = exchange.send("af-lead", "POST", f"{address}/returns", body, handler=WRITER, version=1)
    back = exchange.send("af-lead", "POST", f"{address}/returns", body, handler=SECOND, version=1)
    again = exchange.send("af-lead", "POST", f"{address}/returns", body, handler=SECOND, version=2)
    told = read(exchange, address, handler=WRITER)
    stored = kept_of_proposals(exchange)
    unchanged = confirm(exchange, address)
    rewritten = rewrite(exchange, address, 2, text("Utan ort."))

    assert (refusal(own), back.status_code, refusal(again)) == (
        (409, "faq_written_by_confirmer"),
        200,
        (409, "faq_sent_back"),
    )
    assert (told["waiting"], told["reason"], told["sentBackBy"]) == (False, body["reason"], SECOND)
    assert body["reason"] not in stored
    assert (refusal(unchanged), rewritten.json()["edition"]) == ((409, "faq_sent_back"), 3)
    assert confirm(exchange, address).status_code == 201


def test_of_two_who_confirm_at_once_one_publishes(exchange: Exchange, source: dict[str, Any]) -> None:
    address = proposed(exchange, source, text("Tvåpåengång."))
    digest = read(exchange, address)["digest"]

    told = together(*(lambda each=each: confirm(exchange, address, digest, each) for each in (SECOND, THIRD)))

    assert sorted(each.status_code for each in told) == [201, 404]
    assert len(found(exchange, "Tvåpåengång")) == 1


def test_what_is_confirmed_while_it_is_rewritten_is_what_was_read(exchange: Exchange, source: dict[str, Any]) -> None:
    address = proposed(exchange, source, text("Försttexten."))
    digest = read(exchange, address)["digest"]

    confirmed, rewritten = together(
        lambda: confirm(exchange, address, digest), lambda: rewrite(exchange, address, 1, text("Sedantexten."))
    )

    assert (confirmed.status_code, rewritten.status_code) in ((201, 404), (412, 200))
    assert found(exchange, "Sedantexten") == []
    assert len(found(exchange, "Försttexten")) == (confirmed.status_code == 201)


def test_a_correction_is_a_new_version_that_is_confirmed_again_and_until_then_the_old_one_is_told(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    address = published(exchange, source, text("Gammalt."))
    en = {"question": "What is it?", "answer": "Renewed."}
    made = correct(exchange, address, text("Nytt.", en=en))
    proposal = f"{PROPOSALS}/{made.json()['proposalId']}"
    second = correct(exchange, address, text("Ännu nyare."), handler=THIRD)

    assert (made.status_code, refusal(second)) == (201, (409, "faq_proposed_already"))
    assert second.json()["proposalId"] == made.json()["proposalId"]
    told = read(exchange, proposal)
    assert (told["consultationId"], told["corrects"], told["correctsVersion"]) == (None, address.split("/")[-1], 1)
    assert exchange.send("umea", "GET", address).json()["sv"]["answer"] == "Gammalt."
    assert refusal(confirm(exchange, proposal, handler=WRITER)) == (409, "faq_written_by_confirmer")
    assert confirm(exchange, proposal).json()["version"] == 2
    entry = exchange.send("umea", "GET", address)
    assert (entry.json()["sv"]["answer"], entry.json()["en"], entry.headers["ETag"]) == ("Nytt.", en, '"2"')
    for other in (0, 1, 999_999_999):
        assert refusal(correct(exchange, address, text(), version=other)) == (412, "version_changed")


def test_what_is_withdrawn_is_told_no_more_and_its_text_is_gone_with_what_was_to_correct_it(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    address = published(exchange, source, text("Återkallatord."))
    correction = correct(exchange, address, text("Rättatord.")).json()["proposalId"]
    assert refusal(withdraw(exchange, address, version=2)) == (412, "version_changed")
    assert refusal(withdraw(exchange, address, reason="bored")) == (422, "malformed_request")

    assert withdraw(exchange, address, reason="personal_data").status_code == 200

    assert refusal(exchange.send("umea", "GET", address)) == (404, "not_found")
    assert refusal(withdraw(exchange, address)) == (404, "not_found")
    assert refusal(correct(exchange, address, text())) == (404, "not_found")
    assert exchange.send("af-lead", "GET", f"{PROPOSALS}/{correction}").status_code == 404
    assert found(exchange, "Återkallatord") == []
    assert "Återkallatord" not in str(sql(exchange, "SELECT * FROM faq_entry"))


def test_an_entry_that_is_withdrawn_while_it_is_read_and_corrected_is_told_whole_or_not_at_all(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    address = published(exchange, source, text("Medanlästord."))
    correction = f"{PROPOSALS}/{correct(exchange, address, text('Medanrättatord.')).json()['proposalId']}"
    digest = read(exchange, correction)["digest"]

    gone, confirmed, *told = together(
        lambda: withdraw(exchange, address),
        lambda: confirm(exchange, correction, digest),
        *[lambda: exchange.send("umea", "GET", address)] * 3,
    )

    # Whichever was first, the other one is told; nothing is told of what nobody has confirmed.
    assert (gone.status_code, confirmed.status_code) in ((200, 404), (200, 412), (412, 201))
    answers = {each.json()["sv"]["answer"] for each in told if each.status_code == 200}
    assert answers <= {"Medanlästord.", "Medanrättatord."}
    assert {each.status_code for each in told} <= {200, 404}
    assert len(found(exchange, "Medanrättatord")) == (confirmed.status_code == 201)


def test_a_correction_that_is_proposed_while_its_entry_is_withdrawn_does_not_stay_behind(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    """Whoever withdraws has removed what was to correct it, and waits at the entry for somebody who has it."""
    address = published(exchange, source, text("Snartborta."))

    async def withdrawn_beside() -> list[httpx.Response]:
        host = str(exchange.postgres.socket_directory)
        connection = await asyncpg.connect(database="consultation", user="postgres", host=host)
        try:
            async with connection.transaction():
                await connection.execute("SELECT FROM faq_entry WHERE id = $1 FOR SHARE", address.rsplit("/", 1)[1])
                withdrawing = asyncio.create_task(asyncio.to_thread(withdraw, exchange, address))
                await waiting(connection, 1)
                correcting = asyncio.create_task(asyncio.to_thread(correct, exchange, address, text("Rättat.")))
                # It has been kept, or waits for who withdraws.
                await waiting(connection, 2, unless=correcting)
            return [await withdrawing, await correcting]
        finally:
            await connection.close()

    gone, corrected = asyncio.run(withdrawn_beside())

    assert gone.status_code == 200
    assert refusal(corrected) == (404, "not_found")
    assert sql(exchange, "SELECT FROM faq_proposal WHERE entry_id = $1", address.rsplit("/", 1)[1]) == []


async def waiting(connection: Any, number: int, unless: asyncio.Task[Any] | None = None) -> None:
    """Returns when so many wait for a lock, or something is done."""
    for _ in range(500):
        if unless is not None and unless.done():
            return
        if await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") >= number:
            return
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("said", "lead"),
    [
        (f"Personen {number('19900101', '238')} fick det.", "person_number"),
        ("Ring 090-16 10 00.", "phone_number"),
        ("Skriv till namn@example.com.", "email_address"),
        ("Se ärende eb 2026 4711.", "case_reference"),
        ("Som hl-1 sade.", "known_name"),
        ("Umeå kommun frågade.", "known_name"),
    ],
)
def test_what_may_lead_to_somebody_is_refused_by_field_and_reason_and_never_repeated(
    exchange: Exchange, source: dict[str, Any], said: str, lead: str
) -> None:
    body = text(en={"question": "Why?", "answer": said})

    answer = propose(exchange, source, body)

    assert refusal(answer) == (422, "faq_identifies")
    assert {"field": "en.answer", "reason": lead} in answer.json()["errors"]
    assert said not in answer.text
    assert lead in LISTS["faqLeads"]


def test_the_number_of_the_consultation_is_refused_and_its_answer_as_it_stands_is_not(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    named = propose(exchange, source, text(f"Se {source['number'].lower()}."))
    as_it_stands = propose(exchange, answered(exchange), text("Svar."))

    assert {"field": "sv.answer", "reason": "consultation_number"} in named.json()["errors"]
    assert as_it_stands.status_code == 201


def test_what_has_become_known_of_the_case_since_is_looked_for_again_when_it_is_confirmed(exchange: Exchange) -> None:
    receipt = answered(exchange)
    made = propose(exchange, receipt, text("Som maria-berg har förklarat."))
    closed = exchange.send(
        "umea", "POST", f"{BASE}/consultations/{receipt['consultationId']}/closures", handler="maria-berg", version=3
    )

    assert (made.status_code, closed.status_code) == (201, 200)
    assert refusal(confirm(exchange, f"{PROPOSALS}/{made.json()['proposalId']}")) == (422, "faq_identifies")
    assert found(exchange, "förklarat") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"sv": {"question": "", "answer": "x"}},
        {"sv": {"question": "x" * 301, "answer": "x"}},
        {"sv": {"question": "x", "answer": "x" * 5001}},
        {"sv": {"question": "två\nrader", "answer": "x"}},
        {"sv": {"question": "x", "answer": " \n "}},
        {"sv": {"question": "x", "answer": "skrivet\u202ebaklänges"}},
        {"sv": {"question": "x", "answer": "osyn\u200bligt"}},
        {"sv": {"question": "x", "answer": "ring\u0007"}},
        {"sv": {"question": "x"}},
        {"sv": None},
        {"en": {"question": "x", "answer": None}},
        {"decisionType": "unknown"},
        {"person": "x"},
    ],
    ids=range(13),
)
def test_a_text_that_cannot_be_shown_as_it_was_read_is_refused_whole(
    exchange: Exchange, source: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert refusal(propose(exchange, source, text(**changes))) == (422, "malformed_request")


def test_markup_is_kept_as_the_text_that_it_is(exchange: Exchange, source: dict[str, Any]) -> None:
    said = "<script>alert(1)</script>\n{{unitName}} 'OR 1=1; --"

    entry = exchange.send("umea", "GET", published(exchange, source, text(said)))

    assert entry.json()["sv"]["answer"] == said
    assert entry.headers["content-type"].startswith("application/json")


def test_an_entry_is_made_of_answered_interpretations_alone_once_and_of_nobody_with_protected_identity(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    unanswered = claimed(exchange, type="decision_interpretation", details=DETAILS)
    refused = propose(exchange, unanswered)
    person = somebody()
    protected = answered(exchange, person=person)
    waiting = propose(exchange, protected).json()["proposalId"]
    twice = propose(exchange, protected)

    assert (refusal(refused), refused.json()["state"]) == ((409, "faq_source_unfit"), "in_progress")
    assert (refusal(twice), twice.json()["proposalId"]) == ((409, "faq_proposed_already"), waiting)
    with marked(exchange, person):
        assert refusal(propose(exchange, protected)) == (409, "protected_identity")
        assert refusal(exchange.send("af-lead", "GET", f"{PROPOSALS}/{waiting}")) == (409, "protected_identity")
        assert refusal(confirm(exchange, f"{PROPOSALS}/{waiting}", "0" * 64)) == (409, "protected_identity")
        assert waiting not in waiting_proposals(exchange, "af-lead")


def test_what_is_hidden_from_a_handler_gives_her_no_proposals_to_find_read_or_confirm(exchange: Exchange) -> None:
    receipt = answered(exchange)
    waiting = propose(exchange, receipt).json()["proposalId"]
    sql(exchange, "UPDATE consultation SET restricted = 'violence' WHERE id = $1", receipt["consultationId"])

    address = f"{PROPOSALS}/{waiting}"
    answers = [exchange.send("af-lead", "GET", address), confirm(exchange, address, "0" * 64)]
    answers += [rewrite(exchange, address, 1, text()), propose(exchange, receipt)]

    assert [refusal(each) for each in answers] == [(404, "not_found")] * 4
    assert waiting not in waiting_proposals(exchange, "af-lead")
    assert waiting in waiting_proposals(exchange, "af-violence")
    assert exchange.send("af-violence", "GET", address).status_code == 200


def test_what_is_hidden_from_a_handler_leaves_nothing_of_its_proposals_in_the_trail_that_she_reads(
    exchange: Exchange,
) -> None:
    receipt = answered(exchange)
    address = proposed(exchange, receipt)
    assert rewrite(exchange, address, read(exchange, address)["edition"], text("Ett annat.")).status_code == 200
    back = {"reason": "Orten pekar ut en enda arbetsplats."}
    assert exchange.send("af-lead", "POST", f"{address}/returns", back, handler=SECOND, version=2).status_code == 200

    def kinds(name: str) -> list[str]:
        told = whole_trail(exchange, name)
        return [each["event"] for each in told if address.rsplit("/", 1)[1] in str(each)]

    whole = ["faq_proposal.sent_back", "faq_proposal.rewritten", "faq_proposal.read", "consultation.faq_proposed"]
    assert kinds("af-lead") == whole
    assert kinds("umea") == []
    sql(exchange, "UPDATE consultation SET restricted = 'violence' WHERE id = $1", receipt["consultationId"])
    assert kinds("af-lead") == []


def test_nobody_but_the_answering_side_comes_near_a_proposal(exchange: Exchange) -> None:
    receipt = answered(exchange)
    before = trail_of(exchange, "umea", receipt)
    made = propose(exchange, receipt)
    address = f"{PROPOSALS}/{made.json()['proposalId']}"
    assert trail_of(exchange, "umea", receipt) == before

    assert refusal(send(exchange, "umea", "POST", receipt, "faq-proposals", text())) == (403, "scope_missing")
    assert refusal(exchange.send("umea", "GET", address)) == (403, "scope_missing")
    assert trail_of(exchange, "af-lead", receipt)[0]["event"] == "consultation.faq_proposed"
    waiting = waiting_proposals(exchange, "af-lead").values()
    (own,) = [each for each in waiting if each["consultationId"] == receipt["consultationId"]]
    assert (own["proposalId"], own["writtenBy"]) == (made.json()["proposalId"], [WRITER])
    assert "sv" not in own


def test_a_published_entry_leads_back_to_nothing(exchange: Exchange) -> None:
    receipt = answered(exchange)
    whole = send(exchange, "umea", "GET", receipt, "").json()
    address = f"{PROPOSALS}/{propose(exchange, receipt).json()['proposalId']}"
    entry = confirm(exchange, address).json()["entryId"]
    (stored,) = sql(exchange, "SELECT to_jsonb(e)::text AS row FROM faq_entry e WHERE id = $1", entry)
    told = exchange.send("malmo", "GET", f"{ENTRIES}/{entry}").text

    traces = [receipt["consultationId"], receipt["number"], whole["caseReference"], whole["person"], AF[5:], UMEA[5:]]
    traces += [WRITER, SECOND, whole["openedAt"][:10], exchange.clock().date().isoformat(), "Umeå"]
    assert not [each for each in traces if each in stored["row"] or each in told]
    assert sorted(exchange.send("malmo", "GET", f"{ENTRIES}/{entry}").json()) == [
        "_links",
        "decisionType",
        "en",
        "entryId",
        "sv",
        "version",
    ]


def test_entries_are_listed_by_type_and_page_by_page_and_searched_by_words_in_any_form(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    made = {
        published(exchange, source, text(f"Lönestöden {each}", decisionType="wage_subsidy")).split("/")[-1]
        for each in "abc"
    }
    (english,) = published(
        exchange, source, text("Sista.", en={"question": "Deregistered?", "answer": "It has ended."})
    ).split("/")[-1:]

    of_type = list(listed(exchange, decisionType="wage_subsidy", limit=2))
    ids = [each["entryId"] for each in of_type]
    assert ids == sorted(ids)
    assert made <= set(ids)
    assert english not in ids
    assert {each["decisionType"] for each in of_type} == {"wage_subsidy"}
    assert english in {each["entryId"] for each in listed(exchange, limit=100)}
    assert made == set(found(exchange, "lönestöd", limit=100))
    assert found(exchange, "lönestöd", decisionType="other") == []
    assert found(exchange, "deregister ending") == [english]
    assert found(exchange, "' | ) & !: <-> och") == []
    assert made == set(found(exchange, "lönestöd -lönestöden", limit=100))
    for odd in (0, 101, True, "1", 1.5):
        searched = exchange.send("umea", "POST", f"{BASE}/faq-searches", {"words": "lönestöd", "limit": odd})
        assert refusal(searched) == (422, "malformed_request")
    first = exchange.send("umea", "POST", f"{BASE}/faq-searches", {"words": "lönestöd", "limit": 1}).json()
    assert found(exchange, "lönestöd", after=first["next"]) == sorted(made)[1:]


def test_a_page_and_an_entry_are_not_sent_again_until_they_change(exchange: Exchange, source: dict[str, Any]) -> None:
    entry = published(exchange, source, text("Etagord.", decisionType="deregistration"))
    page = f"{ENTRIES}?decisionType=deregistration&limit=100"

    def got(address: str, tag: str) -> int:
        client, headers = exchange.client("umea"), {"If-None-Match": tag}
        return client.request("GET", exchange.base_url + address, headers=headers).status_code

    tags = {address: exchange.send("umea", "GET", address).headers["ETag"] for address in (entry, page)}
    assert [got(address, tag) for address, tag in tags.items()] == [304, 304]
    assert [got(address, f'"x", W/{tag}') for address, tag in tags.items()] == [304, 304]
    assert [got(address, '"x"') for address in tags] == [200, 200]
    correction = correct(exchange, entry, text("Etagord två.", decisionType="deregistration")).json()["proposalId"]
    assert confirm(exchange, f"{PROPOSALS}/{correction}").status_code == 201
    assert [got(address, tag) for address, tag in tags.items()] == [200, 200]


def test_a_request_sent_again_proposes_and_publishes_once(exchange: Exchange) -> None:
    receipt = answered(exchange)
    first, again = (propose(exchange, receipt, key="faq-once") for _ in range(2))
    address = f"{PROPOSALS}/{first.json()['proposalId']}"
    digest = read(exchange, address)["digest"]
    published_once, repeated = (confirm(exchange, address, digest, key="faq-confirm-once") for _ in range(2))

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (published_once.status_code, published_once.json()) == (repeated.status_code, repeated.json())


def test_a_correction_that_nobody_confirms_is_forgotten_and_a_proposal_stays_with_its_consultation(
    exchange: Exchange, source: dict[str, Any]
) -> None:
    correction = correct(exchange, published(exchange, source), text()).json()["proposalId"]
    waiting = proposed(exchange, source)

    def forget(days: int) -> None:
        when = exchange.clock() + timedelta(days=days)
        as_role(exchange, WORKER_ROLE, lambda connection: forget_expired(connection, when))

    forget(13)
    assert exchange.send("af-lead", "GET", f"{PROPOSALS}/{correction}").status_code == 200
    forget(15)
    assert exchange.send("af-lead", "GET", f"{PROPOSALS}/{correction}").status_code == 404
    assert exchange.send("af-lead", "GET", waiting).status_code == 200
