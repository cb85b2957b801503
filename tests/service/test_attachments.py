"""Files that the two sides give each other: given, told, fetched and removed, through the door."""

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.attack.support import CONSULTATIONS, act, sql
from tests.exchange import NOBODY, Exchange
from tests.files import SHEET, jpeg, office, open_document, pdf, png
from tests.service.given_consultations import HANDLER, claimed
from tests.service.given_files import (
    NAME,
    answer_with,
    entries,
    fetch,
    filed,
    give,
    given_file,
    kept_at,
    path_of,
    seen,
)
from tests.service.given_persons import somebody

FILES = {
    "pdf": (pdf(b"x" * 200_000), "beslut.pdf", "application/pdf"),
    "png": (png(), "bild.png", "image/png"),
    "jpeg": (jpeg(), "bild.JPG", "image/jpeg"),
    "text": ("Åtgärder\n".encode(), "lista.txt", "text/plain; charset=utf-8"),
    "docx": (office(), "brev.docx", "application/octet-stream"),
    "xlsx": (office(f"{SHEET}.main+xml"), "beräkning.xlsx", None),
    "odt": (open_document(), "brev.odt", "application/vnd.oasis.opendocument.text"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_goes_with_the_answer_and_comes_out_as_it_went_in(exchange: Exchange, kind: str) -> None:
    content, name, media_type = FILES[kind]
    receipt = claimed(exchange)

    taken = give(exchange, HANDLER, receipt, content, name, media_type=media_type)
    told = answer_with(exchange, receipt, taken.json()["attachmentId"])
    fetched = fetch(exchange, "umea", receipt, taken.json()["attachmentId"])

    assert (taken.status_code, told.status_code, fetched.status_code) == (201, 200, 200), taken.text + told.text
    assert fetched.content == content
    assert taken.json()["digest"] == hashlib.sha256(content).hexdigest()
    assert taken.json()["scan"] == "not_scanned", "nothing scans here, and that is said"
    [file] = seen(exchange, "umea", receipt)
    assert file == {**taken.json(), "sequence": 3}
    assert (file["name"], file["side"], file["bytes"]) == (name, "answering_authority", len(content))


def test_a_download_is_never_shown_in_a_page(exchange: Exchange) -> None:
    receipt, attachment = filed(exchange, "umea")

    headers = fetch(exchange, "umea", receipt, attachment).headers

    assert headers["content-disposition"] == (
        "attachment; filename=\"handlingsplan f_r _sa.pdf\"; filename*=UTF-8''handlingsplan%20f%C3%B6r%20%C3%85sa.pdf"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "application/pdf"
    assert "accept-ranges" not in headers


def test_the_answer_to_an_upload_says_where_it_is(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    taken = give(exchange, HANDLER, receipt)
    path = taken.headers["location"].removeprefix(exchange.base_url)

    assert exchange.send(HANDLER, "GET", path).json() == taken.json()
    assert taken.json()["_links"]["self"]["href"] == taken.headers["location"]


def test_before_it_is_told_a_file_is_its_own_sides_alone(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    theirs, ours = given_file(exchange, HANDLER, receipt), given_file(exchange, "umea", receipt)

    assert [each["attachmentId"] for each in seen(exchange, HANDLER, receipt)] == [theirs]
    assert [each["attachmentId"] for each in seen(exchange, "umea", receipt)] == [ours]
    for name, attachment in (("umea", theirs), (HANDLER, ours)):
        for part, method in (("", "GET"), ("/content", "GET"), ("", "DELETE")):
            hidden = exchange.send(name, method, path_of(receipt, attachment, part))
            nobodys = exchange.send(name, method, path_of(receipt, NOBODY, part))
            assert {**hidden.json(), "instance": ""} == {**nobodys.json(), "instance": ""}
            assert hidden.status_code == 404
    refused = answer_with(exchange, receipt, ours)
    assert (refused.status_code, refused.json()["notAvailable"]) == (422, [ours])


def test_a_question_back_and_its_reply_carry_files_too(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    form = given_file(exchange, HANDLER, receipt)
    asked = {"text": "Fyll i.", "attachments": [form]}
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"
    assert exchange.send(HANDLER, "POST", f"{path}/questions", asked, version=2).status_code == 200
    filled = given_file(exchange, "umea", receipt, png(), file_name="svar.png", media_type="image/png")
    reply = {"text": "Ifyllt.", "attachments": [filled]}
    assert exchange.send("umea", "POST", f"{path}/replies", reply, version=3).status_code == 200

    for name in ("umea", HANDLER):
        assert [(each["side"], each["sequence"]) for each in seen(exchange, name, receipt)] == [
            ("answering_authority", 3),
            ("municipality", 4),
        ]


def test_the_asking_side_supplements_its_question_without_being_asked(exchange: Exchange) -> None:
    receipt = exchange.open()
    decision = given_file(exchange, "umea", receipt)
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"

    told = exchange.send(
        "umea", "POST", f"{path}/supplements", {"text": "Beslutet.", "attachments": [decision]}, version=1
    )

    assert (told.status_code, told.json()["state"], told.json()["turn"]) == (200, "received", "answering_authority")
    assert fetch(exchange, HANDLER, receipt, decision).content == pdf()
    [event] = [
        each for each in exchange.send(HANDLER, "GET", f"{path}/events").json()["events"] if each["sequence"] == 2
    ]
    assert (event["kind"], event["side"], event["detail"]) == ("supplemented", "municipality", {})
    # What is asked for has a move of its own.
    act(exchange, HANDLER, receipt, "claims", 2)
    act(exchange, HANDLER, receipt, "questions", 3, "Vilken period?")
    refused = exchange.send("umea", "POST", f"{path}/supplements", {"text": "Mer."}, version=4)
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


def test_a_file_is_removed_until_it_has_been_told_and_then_never(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    gone, told = given_file(exchange, HANDLER, receipt), given_file(exchange, HANDLER, receipt)
    kept = kept_at(exchange, gone)

    removed = exchange.send(HANDLER, "DELETE", path_of(receipt, gone))
    again = exchange.send(HANDLER, "DELETE", path_of(receipt, gone))

    assert (removed.status_code, removed.json()) == (200, {"attachmentId": gone})
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert not kept.exists()
    assert fetch(exchange, HANDLER, receipt, gone).status_code == 404
    assert answer_with(exchange, receipt, told).status_code == 200
    for name in (HANDLER, "umea"):
        refused = exchange.send(name, "DELETE", path_of(receipt, told))
        assert (refused.status_code, refused.json()["code"]) == (409, "attachment_told")
    assert fetch(exchange, "umea", receipt, told).content == pdf()


def test_what_can_t_go_with_a_message_keeps_all_of_it_back(exchange: Exchange) -> None:
    receipt, (other, others) = claimed(exchange), filed(exchange, "umea")
    fit, told_elsewhere = given_file(exchange, HANDLER, receipt), others
    elsewhere = given_file(exchange, "umea", exchange.open("umea"))

    refused = {
        what: answer_with(exchange, receipt, *named)
        for what, named in {
            "unknown": (fit, NOBODY),
            "told": (fit, told_elsewhere),
            "elsewhere": (fit, elsewhere),
            "twice": (fit, fit),
        }.items()
    }

    assert {each.status_code for each in refused.values()} == {422}
    assert {each.json()["code"] for each in refused.values()} == {"attachments_do_not_match"}
    assert refused["twice"].json()["repeated"] == [fit]
    assert [refused[what].json()["notAvailable"] for what in ("unknown", "told", "elsewhere")] == [
        [NOBODY],
        [told_elsewhere],
        [elsewhere],
    ]
    assert seen(exchange, "umea", receipt) == []
    whole = exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}").json()
    assert (whole["state"], whole["messages"][1:]) == ("in_progress", [])
    assert answer_with(exchange, receipt, fit).status_code == 200
    assert len(seen(exchange, "umea", other)) == 1


@pytest.mark.requirement(13)
def test_a_file_is_a_part_of_a_set_that_is_disclosed_and_never_of_a_refused_one(exchange: Exchange) -> None:
    details = {"type": "information_request", "informationSets": ["programme", "daily_notes"]}
    receipt = claimed(exchange, type="information_request", details=details)
    file = given_file(exchange, HANDLER, receipt)
    disclosed = {"informationSet": "programme", "decision": "disclose", "content": "Se bilagan."}
    refusal = {"informationSet": "daily_notes", "decision": "refuse", "reason": "secrecy"}

    with_refused = answer_with(exchange, receipt, disclosures=[disclosed, {**refusal, "attachments": [file]}])
    twice = answer_with(exchange, receipt, file, disclosures=[{**disclosed, "attachments": [file]}, refusal])
    told = answer_with(exchange, receipt, disclosures=[{**disclosed, "attachments": [file]}, refusal])

    assert (with_refused.status_code, with_refused.json()["contradictory"]) == (422, ["daily_notes"])
    assert (twice.status_code, twice.json()["repeated"]) == (422, [file])
    assert told.status_code == 200, told.text
    assert [(each["informationSet"], each["attachmentId"]) for each in seen(exchange, "umea", receipt)] == [
        ("programme", file)
    ]


def test_only_the_handler_who_has_it_gives_files_and_nobody_once_it_is_ended(exchange: Exchange) -> None:
    receipt = claimed(exchange)

    other = give(exchange, HANDLER, receipt, handler="hl-2")
    reader = give(exchange, "umea-protected", receipt)
    assert answer_with(exchange, receipt).status_code == 200
    late = [give(exchange, name, receipt) for name in ("umea", HANDLER)]

    assert (other.status_code, other.json()["code"]) == (409, "claimed_by_another")
    assert (reader.status_code, reader.json()["requiredScope"]) == (403, "samrad:consultations.manage")
    assert {(each.status_code, each.json()["code"]) for each in late} == {(409, "illegal_transition")}


def test_the_same_upload_under_one_key_is_one_file(exchange: Exchange) -> None:
    receipt, key = claimed(exchange), str(uuid.uuid4())

    first = give(exchange, HANDLER, receipt, key=key)
    again = give(exchange, HANDLER, receipt, key=key)
    other = [
        give(exchange, HANDLER, receipt, pdf(b"another"), key=key),
        give(exchange, HANDLER, receipt, file_name="another.pdf", key=key),
    ]

    assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (201, first.json(), "true")
    assert again.headers["location"] == first.headers["location"]
    assert {(each.status_code, each.json()["code"]) for each in other} == {(422, "idempotency_key_reused")}
    assert len(seen(exchange, HANDLER, receipt)) == 1
    # What has been carried out answers the same, also when it would be refused today.
    assert answer_with(exchange, receipt).status_code == 200
    assert give(exchange, HANDLER, receipt, key=key).json() == first.json()


def test_twins_at_the_same_moment_are_one_file_and_leave_one_content(exchange: Exchange) -> None:
    receipt, key = claimed(exchange), str(uuid.uuid4())
    content = pdf(uuid.uuid4().bytes)
    before = {each.name for each in (exchange.home / "attachments" / "kept").rglob("*") if each.is_file()}

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: give(exchange, HANDLER, receipt, content, key=key), range(4)))

    assert {each.status_code for each in taken} == {201}
    assert len({each.json()["attachmentId"] for each in taken}) == 1
    after = {each.name for each in (exchange.home / "attachments" / "kept").rglob("*") if each.is_file()}
    assert len(after - before) == 1


@pytest.mark.requirement(107)
def test_uploads_removals_and_downloads_are_in_the_trail_by_digest_and_never_by_name(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    attachment, removed = given_file(exchange, HANDLER, receipt), given_file(exchange, HANDLER, receipt)
    exchange.send(HANDLER, "DELETE", path_of(receipt, removed))
    answer_with(exchange, receipt, attachment)
    fetch(exchange, "umea", receipt, attachment)

    told = {"sha256": hashlib.sha256(pdf()).hexdigest(), "bytes": len(pdf()), "mediaType": "application/pdf"}
    for event, ids in (("given", [attachment, removed]), ("removed", [removed]), ("fetched", [attachment])):
        found = entries(exchange, f"consultation.attachment_{event}", receipt)
        assert [each["detail"]["attachment"] for each in found] == ids
        assert all(told.items() <= each["detail"].items() for each in found)
        assert NAME not in str(found)
    # The asker reads of what it was told, and not of what the other side was preparing.
    trail = exchange.send("umea", "GET", f"/consultation/v1/audit-entries?objectId={receipt['consultationId']}").json()
    events = [each["event"] for each in trail["entries"]]
    assert "consultation.attachment_fetched" in events
    assert "consultation.attachment_given" not in events


def test_a_consultation_that_is_hidden_hides_its_files(exchange: Exchange) -> None:
    receipt, attachment = filed(exchange, "umea")
    assert act(exchange, "umea-violence", receipt, "violence-marks", 3).status_code == 200

    for name in ("umea", HANDLER):
        for part in ("", "/content"):
            assert exchange.send(name, "GET", path_of(receipt, attachment, part)).status_code == 404
        assert give(exchange, name, receipt).status_code == 404
    assert fetch(exchange, "umea-violence", receipt, attachment).content == pdf()
    assert fetch(exchange, "af-violence", receipt, attachment).content == pdf()


@pytest.mark.requirement(13)
def test_of_a_person_with_protected_identity_files_are_withheld_like_messages_and_none_are_given(
    exchange: Exchange,
) -> None:
    person = somebody()
    receipt = claimed(exchange, person=person)
    attachment, untold = given_file(exchange, HANDLER, receipt), given_file(exchange, "umea", receipt)
    assert answer_with(exchange, receipt, attachment).status_code == 200
    open_one = claimed(exchange, person=person)
    marks = "/consultation/v1/protected-persons"
    assert exchange.send("malmo", "POST", marks, {"person": person}).status_code == 201
    try:
        assert seen(exchange, "umea", receipt) == seen(exchange, HANDLER, receipt) == []
        for name, id_ in (("umea", attachment), (HANDLER, attachment), ("umea", untold)):
            for part in ("", "/content"):
                withheld = exchange.send(name, "GET", path_of(receipt, id_, part))
                assert (withheld.status_code, withheld.json()["code"]) == (409, "protected_identity")
        assert [each["attachmentId"] for each in seen(exchange, "umea-protected", receipt)] == [attachment, untold]
        assert fetch(exchange, "umea-protected", receipt, attachment).content == pdf()
        refused = give(exchange, HANDLER, open_one)
        assert (refused.status_code, refused.json()["code"]) == (409, "protected_identity")
    finally:
        exchange.send("malmo", "POST", f"{marks}/removals", {"person": person})


@pytest.mark.parametrize("how", ["one bit", "cut", "exchanged", "gone"])
def test_a_kept_file_that_somebody_has_changed_is_found_and_nothing_of_it_told(exchange: Exchange, how: str) -> None:
    receipt = claimed(exchange)
    attachment = given_file(exchange, HANDLER, receipt, pdf(b"x" * 200_000))
    other = given_file(exchange, HANDLER, receipt, pdf(b"y" * 200_000))
    assert answer_with(exchange, receipt, attachment, other).status_code == 200
    file, sealed = kept_at(exchange, attachment), kept_at(exchange, attachment).read_bytes()
    match how:
        case "one bit":
            file.write_bytes(sealed[:150_000] + bytes((sealed[150_000] ^ 1,)) + sealed[150_001:])
        case "cut":
            file.write_bytes(sealed[: 65 + 2 * (64 * 1024 + 16)])
        case "exchanged":
            file.write_bytes(kept_at(exchange, other).read_bytes())
        case _:
            file.unlink()

    refused = fetch(exchange, "umea", receipt, attachment)

    assert (refused.status_code, refused.json()["code"]) == (409, "attachment_damaged")
    assert entries(exchange, "consultation.attachment_fetched", receipt) == []
    assert fetch(exchange, "umea", receipt, other).status_code == 200
    file.write_bytes(sealed)
    assert fetch(exchange, "umea", receipt, attachment).status_code == 200


def test_neither_the_content_nor_the_name_stands_in_a_table_or_a_file(exchange: Exchange) -> None:
    marker = f"MARK{uuid.uuid4().hex}"
    receipt = claimed(exchange)
    attachment = given_file(exchange, HANDLER, receipt, pdf(marker.encode()), file_name=f"{marker}.pdf")
    answer_with(exchange, receipt, attachment)
    assert marker.encode() in fetch(exchange, "umea", receipt, attachment).content

    for table in ("attachment", "consultation_event", "outbox", "audit_entry", "idempotency_record"):
        rows = sql(exchange, f"SELECT count(*) AS found FROM {table} t WHERE t::text LIKE '%' || $1 || '%'", marker)
        assert rows[0]["found"] == 0, table
    assert marker.encode() not in kept_at(exchange, attachment).read_bytes()
    assert marker not in str(kept_at(exchange, attachment))
    for port in ("gateway", "consultation"):
        assert marker not in exchange.http.get(f"http://127.0.0.1:{exchange.ports[port]}/metrics").text


def test_the_tables_themselves_keep_what_is_told_from_being_changed(exchange: Exchange) -> None:
    _, attachment = filed(exchange, "umea")
    own = claimed(exchange)
    untold = given_file(exchange, HANDLER, own)

    def as_side(organisation: str, statement: str) -> list[Any]:
        return sql(exchange, statement, role="consultation_runtime", first=f"SET app.org = '{organisation}'")

    af, umea = "0007:2021002114", "0007:2120002627"
    assert as_side(umea, f"SELECT id FROM attachment WHERE id = '{untold}'") == []
    assert len(as_side(umea, f"SELECT id FROM attachment WHERE id = '{attachment}'")) == 1
    for organisation in (af, umea):
        assert as_side(organisation, f"DELETE FROM attachment WHERE id = '{attachment}' RETURNING id") == []
        assert as_side(organisation, f"UPDATE attachment SET sequence = 1 WHERE id = '{attachment}' RETURNING id") == []
    with pytest.raises(Exception, match="permission denied"):
        as_side(af, f"UPDATE attachment SET sha256 = sha256 WHERE id = '{untold}'")
