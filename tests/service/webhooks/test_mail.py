"""Contacts told by mail: to the one stated, with figures and references alone, and no harm when nobody takes it."""

import asyncio
import socketserver
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from services.consultation.webhooks.domain import Contact, SubscriptionState
from services.consultation.webhooks.mail import by_mail, by_server
from services.consultation.webhooks.notices import Summary
from tests.exchange import free_ports

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SUMMARY = Summary(uuid.uuid4(), NOON, NOON, SubscriptionState.PAUSED, {"timed_out": 7, "refused_503": 2}, 4, 1)
CONTACT = Contact("Jourtelefonen", "jour@kommun.example")


@contextmanager
def mail_server(*, takes: bool) -> Iterator[tuple[int, list[bytes]]]:
    """Speaks as much of SMTP (RFC 5321) as a sender needs; answers its port, and what it was given."""
    given: list[bytes] = []

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA" and takes:
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    given.append(b"".join(lines))
                refused = verb == b"RCPT" and not takes
                self.wfile.write(b"550 nobody\r\n" if refused else b"250 well\r\n")
                if verb == b"QUIT":
                    return

    with socketserver.TCPServer(("127.0.0.1", 0), Conversation) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1], given
        finally:
            server.shutdown()
            thread.join()


def tell(port: int) -> None:
    async def story() -> None:
        await by_mail(by_server("127.0.0.1", port), "samrad@samrad.example")(CONTACT, SUMMARY)

    asyncio.run(story())


def test_the_contact_gets_a_mail_in_both_languages_with_how_it_fails() -> None:
    with mail_server(takes=True) as (port, given):
        tell(port)
    [raw] = given
    message = message_from_bytes(raw, policy=policy.default)
    assert (message["To"], message["From"]) == ("jour@kommun.example", "samrad@samrad.example")
    text = message.get_content()
    for words in ("Jourtelefonen", str(SUMMARY.subscription_id), "timed_out: 7", "pausad", "paused", "Waiting: 4"):
        assert words in text


@pytest.mark.parametrize("fault", ["refuses", "away"])
def test_a_mail_that_nobody_takes_is_logged_without_the_contact(caplog: pytest.LogCaptureFixture, fault: str) -> None:
    with mail_server(takes=False) as (port, given):
        tell(free_ports(1) if fault == "away" else port)
    assert given == []
    [record] = caplog.records
    assert record.message == "a contact could not be told by mail"
    assert "jour" not in str(vars(record))
