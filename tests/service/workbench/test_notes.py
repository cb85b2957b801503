"""Internal notes: each side has its own, and the other learns nothing of them."""

from typing import Any

import pytest

from services.consultation.lookups.simulator.persons import number
from tests.attack.support import sql, together
from tests.exchange import NOBODY, Exchange
from tests.service.given_consultations import claimed
from tests.service.test_protected_identity import marked
from tests.service.workbench.support import refusal, send, trail_of

SIDES = pytest.mark.parametrize(("name", "other"), [("af-workbench", "umea"), ("umea", "af-workbench")])


def note(exchange: Exchange, receipt: dict[str, Any], text: str, name: str = "af-workbench", **more: Any) -> str:
    answer = send(exchange, name, "POST", receipt, "notes", {"text": text, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == answer.json()["_links"]["self"]["href"]
    return str(answer.json()["noteId"])


def texts(exchange: Exchange, receipt: dict[str, Any], name: str) -> list[str]:
    answer = send(exchange, name, "GET", receipt, "notes")
    return [each["text"] for each in answer.json()["notes"]]


def count(exchange: Exchange, receipt: dict[str, Any], name: str) -> int:
    return int(send(exchange, name, "GET", receipt, "").json()["notes"])


@SIDES
def test_a_side_reads_and_counts_its_own_notes_and_the_other_side_none(
    exchange: Exchange, name: str, other: str
) -> None:
    receipt = claimed(exchange)

    first = note(exchange, receipt, "Ring först.", name)
    note(exchange, receipt, "Har ringt.", name)

    assert texts(exchange, receipt, name) == ["Har ringt.", "Ring först."]
    assert (count(exchange, receipt, name), count(exchange, receipt, other)) == (2, 0)
    assert texts(exchange, receipt, other) == []
    found, foreign, nobodys = (
        send(exchange, reader, "GET", receipt, f"notes/{each}")
        for reader, each in ((name, first), (other, first), (name, NOBODY))
    )
    assert (found.json()["text"], found.json()["author"]) == ("Ring först.", "hl-1")
    assert refusal(foreign) == refusal(nobodys) == (404, "not_found")


def test_a_note_is_no_event_and_changes_neither_version_nor_time(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    before = send(exchange, "umea", "GET", receipt, "").json()

    note(exchange, receipt, "Ring först.")

    assert send(exchange, "umea", "GET", receipt, "").json() == before
    timeline = send(exchange, "af-workbench", "GET", receipt, "events").json()["events"]
    assert [each["kind"] for each in timeline] == ["opened", "claimed"]


def test_a_correction_is_a_new_note_and_of_two_corrections_one_is_told_of_the_other(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    first = note(exchange, receipt, "Fel.")

    answers = together(
        *(
            lambda text=text: send(
                exchange, "af-workbench", "POST", receipt, "notes", {"text": text, "supersedes": first}
            )
            for text in ("Rätt.", "Också rätt.")
        )
    )

    assert sorted(each.status_code for each in answers) == [201, 409]
    (refused,) = [each for each in answers if each.status_code == 409]
    assert refused.json()["code"] == "note_superseded"
    newest, oldest = send(exchange, "af-workbench", "GET", receipt, "notes").json()["notes"]
    assert (oldest["text"], oldest["supersededBy"], newest["supersedes"]) == ("Fel.", newest["noteId"], first)


def test_a_note_supersedes_one_of_its_own_side_and_consultation_alone(exchange: Exchange) -> None:
    receipt, elsewhere = claimed(exchange), claimed(exchange)
    theirs, of_another = note(exchange, receipt, "Vår.", "umea"), note(exchange, elsewhere, "Annan.")

    for superseded in (theirs, of_another, NOBODY):
        body = {"text": "Rätt.", "supersedes": superseded}
        refused = send(exchange, "af-workbench", "POST", receipt, "notes", body)
        assert refused.json()["errors"] == [{"field": "supersedes", "reason": "unknown"}]
    assert texts(exchange, receipt, "af-workbench") == []


def test_a_note_sent_twice_with_its_key_is_written_once(exchange: Exchange) -> None:
    receipt = claimed(exchange)

    answers = [
        send(exchange, "umea", "POST", receipt, "notes", {"text": "En gång."}, key=f"note-{receipt['number']}")
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert texts(exchange, receipt, "umea") == ["En gång."]


def test_notes_come_in_pages(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    for text in ("ett", "två", "tre"):
        note(exchange, receipt, text)

    first = send(exchange, "af-workbench", "GET", receipt, "notes?limit=2").json()
    following = first["_links"]["next"]["href"].removeprefix(exchange.base_url)
    second = exchange.send("af-workbench", "GET", following).json()

    assert [each["text"] for each in (*first["notes"], *second["notes"])] == ["tre", "två", "ett"]
    assert "next" not in second["_links"]


@pytest.mark.requirement(90)
def test_what_is_hidden_from_a_handler_has_no_notes_for_her_either(exchange: Exchange) -> None:
    receipt = exchange.open("umea-violence", violence=True, matter="planned_measures", question=None)
    note(exchange, receipt, "Försiktigt.", "af-violence")

    written = send(exchange, "af-workbench", "POST", receipt, "notes", {"text": "Nyfiken."})
    read = send(exchange, "af-workbench", "GET", receipt, "notes")

    assert refusal(written) == refusal(read) == (404, "not_found")
    assert texts(exchange, receipt, "af-violence") == ["Försiktigt."]


def test_nothing_is_noted_of_a_person_with_protected_identity_and_what_was_is_withheld(exchange: Exchange) -> None:
    person = number("18950316", "101")
    receipt = claimed(exchange, person=person)
    earlier = note(exchange, receipt, "Före märkningen.")

    with marked(exchange, person):
        written = send(exchange, "af-workbench", "POST", receipt, "notes", {"text": "Efter."})
        told = send(exchange, "af-workbench", "GET", receipt, "notes").json()
        one = send(exchange, "af-workbench", "GET", receipt, f"notes/{earlier}")

    assert refusal(written) == (409, "protected_identity")
    assert (told["withheld"], told["notes"]) == (True, [])
    assert refusal(one) == (404, "not_found")
    events = [(each["event"], each["outcome"]) for each in trail_of(exchange, "af-workbench", receipt)]
    assert ("consultation.notes_read", "refused") in events


@SIDES
def test_the_trail_tells_of_notes_to_the_side_that_has_them_alone(exchange: Exchange, name: str, other: str) -> None:
    receipt = claimed(exchange)
    note(exchange, receipt, "Ring först.", name)
    texts(exchange, receipt, name)

    own, theirs = ({each["event"] for each in trail_of(exchange, reader, receipt)} for reader in (name, other))

    of_notes = {"consultation.note_written", "consultation.notes_read"}
    assert of_notes <= own
    assert of_notes.isdisjoint(theirs)


def test_a_note_can_neither_be_edited_nor_removed_by_the_role_that_serves(exchange: Exchange) -> None:
    rights = sql(
        exchange,
        "SELECT privilege_type FROM information_schema.role_table_grants "
        "WHERE table_name = 'consultation_note' AND grantee = 'consultation_runtime'",
    )

    assert {row["privilege_type"] for row in rights} == {"SELECT", "INSERT"}
