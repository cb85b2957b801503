"""Files that a scanner looks at before anybody fetches them, and what may be given when there is little room."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.assembly.attachments import make_scanner
from services.assembly.environment import CannotStart
from services.consultation.attachments.clamd import Clamd as Client
from services.consultation.attachments.scan import LEASE
from services.consultation.attachments.scanner import ScannerUnavailable, Verdict
from tests.attack.support import CONSULTATIONS, sql, together
from tests.clamd import INDIGESTIBLE, Clamd, clamd_running
from tests.exchange import Exchange
from tests.files import EICAR, pdf
from tests.service.given_consultations import HANDLER, claimed
from tests.service.given_files import answer_with, entries, fetch, give, given_file, kept_at, path_of, seen
from tests.service.workers import workers

SMALL = {
    "SAMRAD_CONSULTATION_ATTACHMENT_FILES": "3",
    "SAMRAD_CONSULTATION_ATTACHMENT_CONSULTATION_BYTES": "400000",
    "SAMRAD_CONSULTATION_ATTACHMENT_DAY_BYTES": "1000000",
    "SAMRAD_CONSULTATION_ATTACHMENT_FILE_BYTES": "300000",
}


@pytest.fixture(scope="module")
def clamd() -> Iterator[Clamd]:
    with clamd_running() as running:
        yield running


@pytest.fixture(scope="module")
def scanning(running: Exchange, clamd: Clamd) -> Iterator[str]:
    """Where a consultation service is dialled that has a scanner and little room, beside the one that has neither."""
    with workers(["consultation"], running.clock, {**SMALL, "SAMRAD_CONSULTATION_SCANNER": clamd.address}) as dialled:
        yield dialled[0]


def a_day_of_its_own(exchange: Exchange, days: int) -> None:
    """So many days from now, where no other test has given anything: the room of a day is small here."""
    exchange.clock.move_to(exchange.clock() + timedelta(days=days))
    exchange.forget_tokens()


def text(exchange: Exchange, receipt: dict[str, Any], scanning: str, content: bytes) -> str:
    how: dict[str, Any] = {"file_name": "lista.txt", "media_type": "text/plain", "at": scanning}
    return given_file(exchange, HANDLER, receipt, content, **how)


def scanned(exchange: Exchange, receipt: dict[str, Any], attachment: str) -> str:
    """What is said of it once it is said."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        scan = str(exchange.send(HANDLER, "GET", path_of(receipt, attachment)).json()["scan"])
        if scan != "pending":
            return scan
        time.sleep(0.1)
    raise AssertionError("it was never scanned")


def test_a_file_is_fetched_once_the_scanner_has_let_it_through(exchange: Exchange, clamd: Clamd, scanning: str) -> None:
    a_day_of_its_own(exchange, 31)
    clamd.manner = "hangs up"
    receipt, content = claimed(exchange), b"hej " * 50_000
    attachment = text(exchange, receipt, scanning, content)
    assert answer_with(exchange, receipt, attachment).status_code == 200

    waiting = fetch(exchange, "umea", receipt, attachment)
    clamd.manner = "well"
    # The lease of what the scanner did not answer for.
    exchange.clock.move_to(exchange.clock() + timedelta(minutes=3))
    scan = scanned(exchange, receipt, attachment)

    assert (waiting.status_code, waiting.json()["code"], waiting.json()["scan"]) == (
        409,
        "attachment_not_available",
        "pending",
    )
    assert waiting.headers["retry-after"]
    assert (scan, clamd.scanned[-1]) == ("clean", content)
    assert fetch(exchange, "umea", receipt, attachment).content == content


def test_a_file_that_the_scanner_can_not_cope_with_keeps_no_other_waiting(
    exchange: Exchange, clamd: Clamd, scanning: str
) -> None:
    a_day_of_its_own(exchange, 28)
    clamd.manner = "hangs up"
    receipt = claimed(exchange)
    contents = (INDIGESTIBLE, b"hej " * 10, b"hej " * 20)
    first, *others = (text(exchange, receipt, scanning, content) for content in contents)
    pending = "SELECT id, scan_due_at AS due FROM attachment WHERE scan = 'pending' ORDER BY scan_due_at"

    def until(which: Callable[[list[Any]], bool]) -> list[Any]:
        ended = time.monotonic() + 30
        while not which(found := sql(exchange, pending)) and time.monotonic() < ended:
            time.sleep(0.1)
        return found

    # Nobody takes any from here on, and whoever has one is done with it long before the second is over.
    sql(exchange, "UPDATE attachment SET scan_due_at = scan_due_at + interval '1 day' WHERE scan = 'pending'")
    time.sleep(1)
    clamd.manner = "can't cope with some"
    # All are taken at once, the one that it can't cope with first; and once more when their lease is over.
    sql(exchange, "UPDATE attachment SET scan_due_at = given_at WHERE scan = 'pending'")
    by_turn = until(lambda files: len(files) == 3 and files[-1]["due"] > files[-2]["due"] > exchange.clock())
    assert str(by_turn[-1]["id"]) == first
    assert by_turn[-1]["due"] > by_turn[-2]["due"], "it stands beside those that waited with it"
    exchange.clock.move_to(exchange.clock() + LEASE + timedelta(seconds=5))

    assert [scanned(exchange, receipt, each) for each in others] == ["clean", "clean"]


def test_an_infected_file_is_erased_and_both_sides_are_told(exchange: Exchange, clamd: Clamd, scanning: str) -> None:
    a_day_of_its_own(exchange, 34)
    clamd.manner = "well"
    receipt = claimed(exchange)
    attachment = text(exchange, receipt, scanning, EICAR)
    kept = kept_at(exchange, attachment)
    assert answer_with(exchange, receipt, attachment).status_code == 200

    assert scanned(exchange, receipt, attachment) == "infected"

    for name in ("umea", HANDLER):
        assert [each["scan"] for each in seen(exchange, name, receipt)] == ["infected"]
        refused = fetch(exchange, name, receipt, attachment)
        assert (refused.status_code, refused.json()["scan"]) == (409, "infected")
        told = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}/events").json()["events"]
        assert [each["detail"] for each in told if each["kind"] == "attachment_refused"] == [
            {"attachmentId": attachment}
        ]
    assert not kept.exists()
    [entry] = entries(exchange, "consultation.attachment_refused", receipt)
    assert "Eicar" not in str(entry)
    assert len(sql(exchange, "SELECT FROM outbox WHERE kind = 'consultation.attachment_refused'")) >= 1


def test_of_an_infected_file_that_was_not_told_the_other_side_learns_nothing_and_it_goes_with_no_message(
    exchange: Exchange, clamd: Clamd, scanning: str
) -> None:
    a_day_of_its_own(exchange, 37)
    clamd.manner = "well"
    receipt = claimed(exchange)
    attachment = text(exchange, receipt, scanning, EICAR)
    assert scanned(exchange, receipt, attachment) == "infected"

    refused = answer_with(exchange, receipt, attachment)

    assert (refused.status_code, refused.json()["notAvailable"]) == (422, [attachment])
    whole = exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}").json()
    assert (whole["version"], whole["attachments"]) == (2, [])
    told = exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}/events")
    trail = exchange.send("umea", "GET", f"/consultation/v1/audit-entries?objectId={receipt['consultationId']}")
    assert "attachment_refused" not in told.text + trail.text
    where = "kind = 'consultation.attachment_refused' AND consultation_id = $1"
    assert sql(exchange, f"SELECT FROM outbox WHERE {where}", receipt["consultationId"]) == []
    written = "event = 'consultation.attachment_refused' AND object_id = $1"
    [entry] = sql(exchange, f"SELECT org, owner_org FROM audit_entry WHERE {written}", receipt["consultationId"])
    assert (entry["org"], entry["owner_org"]) == ("operator", "0007:2021002114")


@pytest.mark.parametrize(
    "limit", ["files", "consultationBytes", "organisationDayBytes"], ids=["files", "consultation", "day"]
)
def test_there_is_room_for_so_much_and_no_more(exchange: Exchange, clamd: Clamd, scanning: str, limit: str) -> None:
    clamd.manner = "well"
    a_day_of_its_own(exchange, {"files": 40, "consultationBytes": 43}.get(limit, 46))
    size, fit, consultations = {
        "files": (1_000, 3, 1),
        "consultationBytes": (190_000, 2, 1),
        "organisationDayBytes": (190_000, 5, 6),
    }[limit]
    receipts = [exchange.open("malmo") for _ in range(consultations)]

    taken = [
        give(exchange, "malmo", receipts[turn % consultations], pdf(b"x" * size), at=scanning) for turn in range(fit)
    ]
    refused = give(exchange, "malmo", receipts[-1], pdf(b"x" * size), at=scanning)

    assert [each.status_code for each in taken] == [201] * fit
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "attachments_full", limit)


def test_files_given_at_once_for_several_consultations_share_the_room_of_the_day(
    exchange: Exchange, clamd: Clamd, scanning: str
) -> None:
    clamd.manner = "well"
    a_day_of_its_own(exchange, 49)
    first, *others = (exchange.open("malmo") for _ in range(5))
    for _ in range(2):
        assert give(exchange, "malmo", first, pdf(b"x" * 190_000), at=scanning).status_code == 201

    answers = together(
        *[
            lambda receipt=receipt: give(exchange, "malmo", receipt, pdf(b"x" * 290_000), at=scanning)
            for receipt in others
        ]
    )

    assert sorted(each.status_code for each in answers) == [201, 201, 409, 409]


def scan_with(client: Client, content: bytes) -> Verdict:
    async def pieces() -> AsyncIterator[bytes]:
        for place in range(0, len(content), 65_536):
            yield content[place : place + 65_536]

    return asyncio.run(client.scan(pieces()))


@pytest.mark.parametrize(
    "manner",
    ["hangs up", "too long", "silent", "endless", "another answer", "half an answer", "an answer of controls"],
)
def test_a_scanner_that_answers_badly_has_said_nothing(clamd: Clamd, manner: str) -> None:
    clamd.manner = manner

    with pytest.raises(ScannerUnavailable):
        scan_with(Client(("127.0.0.1", clamd.port), connect_seconds=2, seconds=1), b"x" * 3_000_000)


def test_a_scanner_that_is_not_there_has_said_nothing(tmp_path: Any) -> None:
    for at in (("127.0.0.1", 1), str(tmp_path / "none")):
        with pytest.raises(ScannerUnavailable):
            scan_with(Client(at, connect_seconds=2), b"x")


def test_its_address_is_a_port_or_a_socket_and_nothing_else() -> None:
    assert make_scanner("") is None
    for address in ("tcp://clamav.internal:3310", "unix:///run/clamav/clamd.ctl"):
        assert isinstance(make_scanner(address), Client)
    for address in (
        "clamav",
        "tcp://clamav",
        "tcp://:3310",
        "tcp://h:99999",
        "http://h:1",
        "unix://run/x",
        "tcp://h:1/x",
    ):
        with pytest.raises(CannotStart):
            make_scanner(address)
