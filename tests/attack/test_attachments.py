"""Uploads that are not what they say, too large, without end, or of others; and what is left when one breaks off."""

import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from services.consultation.attachments.sweep import EVERY_SECONDS, LEFT_ALONE
from shared.blobs.protocol import PARTS
from tests.attack.support import CONSULTATIONS, credentials, sql
from tests.exchange import NOBODY, Exchange
from tests.files import archive, jpeg, office, pdf, png
from tests.service.given_consultations import HANDLER, claimed
from tests.service.given_files import fetch, filed, give, given_file, kept_at, path_of, swept

pytestmark = pytest.mark.attack

LIMIT = 10 * 1024 * 1024
HOSTILE = {
    "a page as a pdf": (b"<html><script>alert(1)</script>", "a.pdf", "application/pdf", "type_not_allowed"),
    "a page as text": (b"<html><script>alert(1)</script>", "a.txt", "text/plain", "type_not_allowed"),
    "a drawing with a script": (b'<svg onload="alert(1)"/>', "a.svg", "image/svg+xml", "type_not_allowed"),
    "a program as a picture": (b"MZ\x90\0" + b"\0" * 500, "a.png", "image/png", "type_not_allowed"),
    "a gif that is a script": (b"GIF89a/*\x01\0*/=1;alert(1)", "a.gif", "image/gif", "type_not_allowed"),
    "a picture that is an archive": (jpeg() + archive({"x": b"y"}), "a.jpg", "image/jpeg", "several_types"),
    "a pdf that is a page": (pdf() + b"<script>alert(1)</script>", "a.pdf", "application/pdf", "several_types"),
    "a pdf said to be a picture": (pdf(), "a.pdf", "image/png", "declared_otherwise"),
    "text said to be utf-16": (b"hej", "a.txt", "text/plain; charset=utf-16", "declared_otherwise"),
    "a pdf named as a program": (pdf(), "a.pdf.exe", "application/pdf", "named_otherwise"),
    "a picture named as a page": (png(), "a.html", None, "named_otherwise"),
    "macros": (office(parts={"word/vbaProject.bin": b"x"}), "a.docx", None, "active_content"),
    "a bomb": (office(parts={"word/x.xml": b"\0" * 8_000_000}), "a.docx", None, "expands_too_much"),
    "nothing": (b"", "a.txt", "text/plain", "empty"),
}


def files_of(exchange: Exchange, folder: str = "") -> set[Path]:
    return {each for each in (exchange.home / "attachments" / folder).rglob("*") if each.is_file()}


@pytest.fixture
def receipt(exchange: Exchange) -> dict[str, str]:
    return claimed(exchange)


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_what_it_should_be_is_refused_and_nothing_of_it_is_kept(
    exchange: Exchange, receipt: dict[str, str], what: str
) -> None:
    content, name, media_type, reason = HOSTILE[what]
    before = files_of(exchange)

    refused = give(exchange, HANDLER, receipt, content, name, media_type=media_type)

    assert (refused.status_code, refused.json()["code"], refused.json()["reason"]) == (422, "attachment_unfit", reason)
    assert files_of(exchange) == before
    assert sql(exchange, "SELECT FROM attachment WHERE consultation_id = $1", receipt["consultationId"]) == []


@pytest.mark.parametrize(
    "disposition",
    [
        "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd.pdf",
        "attachment; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x.pdf",
        "attachment; filename*=UTF-8''beslut%E2%80%AEfdp.exe",
        "attachment; filename*=UTF-8''a%00.pdf",
        'attachment; filename="C:\\\\temp\\\\a.pdf"',
        f"attachment; filename={'a' * 200}.pdf",
        "inline; filename=a.pdf",
        "attachment",
    ],
    ids=range(8),
)
def test_a_name_that_is_a_trick_is_refused_and_not_repeated(
    exchange: Exchange, receipt: dict[str, str], disposition: str
) -> None:
    refused = give(exchange, HANDLER, receipt, headers={"Content-Disposition": disposition})

    assert (refused.status_code, refused.json()["code"]) == (422, "attachment_name_invalid")
    assert not {"passwd", "Cookie", "fdp", "temp", "aaaa"} & set(refused.text.replace("/", " ").split())


def test_two_names_are_none(exchange: Exchange, receipt: dict[str, str]) -> None:
    path = path_of(receipt)
    twice = [("Content-Disposition", f"attachment; filename={name}.pdf") for name in "ab"]
    headers = [*credentials(exchange, HANDLER, "POST", path).items(), ("Samrad-Handler", "hl-1"), *twice]

    refused = exchange.http.post(exchange.base_url + path, content=pdf(), headers=headers)

    assert refused.status_code == 400


def padded(size: int) -> bytes:
    return pdf(b"x" * (size - len(pdf())))


def in_pieces(content: bytes) -> Iterator[bytes]:
    """Sent in chunks, without a length that is told before."""
    for place in range(0, len(content), 256 * 1024):
        yield content[place : place + 256 * 1024]


def without_end() -> Iterator[bytes]:
    yield pdf()
    while True:
        yield b"x" * 256 * 1024


def test_the_largest_file_is_taken_and_one_byte_more_is_not(exchange: Exchange, receipt: dict[str, str]) -> None:
    before = files_of(exchange)
    service = f"http://127.0.0.1:{exchange.ports['consultation']}"

    too_large = [
        give(exchange, HANDLER, receipt, padded(LIMIT + 1)),
        give(exchange, HANDLER, receipt, in_pieces(padded(LIMIT + 1))),
        give(exchange, HANDLER, receipt, in_pieces(padded(LIMIT + 1)), at=service),
    ]

    assert {(each.status_code, each.json()["maxBytes"]) for each in too_large} == {(413, LIMIT)}
    assert files_of(exchange) == before
    taken = give(exchange, HANDLER, receipt, in_pieces(padded(LIMIT)))
    assert (taken.status_code, taken.json()["bytes"]) == (201, LIMIT)
    assert fetch(exchange, HANDLER, receipt, taken.json()["attachmentId"]).content == padded(LIMIT)


def test_a_body_without_end_is_given_up_at_the_limit(exchange: Exchange, receipt: dict[str, str]) -> None:
    before = files_of(exchange)

    try:
        status = give(exchange, HANDLER, receipt, without_end()).status_code
    except httpx.TransportError:
        # The rest is not waited for, and the connection may end under whoever goes on sending before it reads.
        status = 413

    assert status == 413
    _until(lambda: files_of(exchange) == before)


def test_whoever_sends_a_large_file_reads_why_it_is_refused(exchange: Exchange, receipt: dict[str, str]) -> None:
    ended, _ = filed(exchange, "umea")

    refused = [
        give(exchange, HANDLER, ended, in_pieces(padded(LIMIT))),
        give(exchange, HANDLER, receipt, padded(LIMIT), handler="hl-2"),
        give(exchange, HANDLER, {"consultationId": NOBODY}, padded(LIMIT)),
    ]

    assert [each.json()["code"] for each in refused] == ["illegal_transition", "claimed_by_another", "not_found"]


def test_no_other_operation_takes_so_much(exchange: Exchange, receipt: dict[str, str]) -> None:
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/answers"
    headers = {**credentials(exchange, HANDLER, "POST", path), "Content-Type": "application/json"}

    refused = exchange.http.post(exchange.base_url + path, content=b" " * (1024 * 1024 + 1), headers=headers)

    assert (refused.status_code, refused.json()["maxBytes"]) == (413, 1024 * 1024)


def test_an_upload_is_on_the_disk_as_it_comes_sealed_and_gone_when_it_breaks_off(
    exchange: Exchange, receipt: dict[str, str]
) -> None:
    """What a killed process leaves is what stands there in the middle of it: the copy."""
    marker, path = uuid.uuid4().hex.encode(), path_of(receipt)
    headers = {
        **credentials(exchange, HANDLER, "POST", path),
        "Host": "127.0.0.1",
        "Samrad-Handler": "hl-1",
        "Content-Disposition": "attachment; filename=a.pdf",
        "Content-Length": str(LIMIT),
    }
    head = "\r\n".join([f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""])
    with socket.create_connection(("127.0.0.1", exchange.ports["gateway"]), 10) as connection:
        connection.sendall(head.encode() + pdf()[:30] + marker * 100_000)
        draft = _grown(exchange, 3_000_000)
        left = shutil.copy(draft, exchange.home / "attachments" / "drafts" / uuid.uuid4().hex)

    _until(lambda: not draft.exists())
    assert marker not in Path(left).read_bytes()
    assert sql(exchange, "SELECT FROM attachment WHERE consultation_id = $1", receipt["consultationId"]) == []
    swept(exchange, exchange.clock() + LEFT_ALONE + timedelta(hours=1))
    assert not Path(left).exists()


def _grown(exchange: Exchange, size: int) -> Path:
    """The draft, once so much of it has reached the disk although more is to come."""
    found: list[Path] = []

    def is_there() -> bool:
        found[:] = [each for each in files_of(exchange, "drafts") if each.stat().st_size >= size]
        return bool(found)

    _until(is_there)
    return found[0]


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def turn_of(key: str, after: datetime) -> datetime:
    """When the part of the store with that key is looked at next."""
    now = after.timestamp() // EVERY_SECONDS
    return after + timedelta(seconds=EVERY_SECONDS * ((int(key[:2], 16) - now) % PARTS))


def test_a_content_that_no_row_leads_to_is_swept_and_no_other(exchange: Exchange, receipt: dict[str, str]) -> None:
    kept = kept_at(exchange, given_file(exchange, HANDLER, receipt))
    astray = kept.with_name(kept.name[:2] + uuid.uuid4().hex[2:])
    shutil.copy2(kept, astray)

    swept(exchange, turn_of(kept.name, exchange.clock()))
    young = astray.exists()
    swept(exchange, turn_of(kept.name, exchange.clock() + LEFT_ALONE + timedelta(hours=1)))

    assert (young, astray.exists(), kept.exists()) == (True, False, True)


def test_a_store_that_can_not_be_written_is_told_as_such_and_nothing_is_left(
    exchange: Exchange, receipt: dict[str, str]
) -> None:
    drafts, count = exchange.home / "attachments" / "drafts", "SELECT count(*) AS number FROM attachment"
    before = sql(exchange, count)
    away = drafts.rename(drafts.with_name("away"))
    drafts.touch()
    try:
        refused = give(exchange, HANDLER, receipt)
    finally:
        drafts.unlink()
        away.rename(drafts)

    assert (refused.status_code, refused.json()["code"]) == (503, "attachments_unavailable")
    assert str(exchange.home) not in refused.text
    assert sql(exchange, count) == before
    assert give(exchange, HANDLER, receipt).status_code == 201


def test_another_consultations_file_is_not_to_be_had_through_ones_own(exchange: Exchange) -> None:
    (theirs, attachment), (own, _) = filed(exchange, "malmo"), filed(exchange, "umea")

    for receipt in (own, theirs):
        for part, method in (("", "GET"), ("/content", "GET"), ("", "DELETE")):
            foreign = exchange.send("umea", method, path_of(receipt, attachment, part))
            nobodys = exchange.send("umea", method, path_of(receipt, NOBODY, part))
            assert (foreign.status_code, {**foreign.json(), "instance": ""}) == (
                404,
                {**nobodys.json(), "instance": ""},
            )
    assert fetch(exchange, "umea", own, attachment).status_code == 404


def test_neither_name_nor_content_gets_into_a_log(
    exchange: Exchange, receipt: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    marker = uuid.uuid4().hex
    with caplog.at_level("DEBUG"):
        taken = give(exchange, HANDLER, receipt, pdf(marker.encode()), f"{marker}.pdf")
        refused = give(exchange, HANDLER, receipt, b"<html>" + marker.encode(), f"{marker}.exe", media_type=None)
        kept = kept_at(exchange, taken.json()["attachmentId"])
        kept.write_bytes(kept.read_bytes()[:-1])
        damaged = fetch(exchange, HANDLER, receipt, taken.json()["attachmentId"])

    assert (taken.status_code, refused.status_code, damaged.status_code) == (201, 422, 409)
    assert marker not in refused.text + damaged.text
    assert "answered" in caplog.text, "the log was really on"
    ours = [each for each in caplog.records if each.name.partition(".")[0] not in ("httpx", "httpcore")]
    assert not [each.name for each in ours if marker in str(vars(each))]
