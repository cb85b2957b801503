"""Tells a contact by mail: a few lines in both languages, with references and figures only."""

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage

from services.consultation.webhooks.domain import Contact, SubscriptionState
from services.consultation.webhooks.notices import Summary, Tell

_log = logging.getLogger("webhooks")
_SECONDS = 10

Post = Callable[[EmailMessage], None]
"""Hands a message to a mail server. Raises OSError, to which smtplib's own errors belong."""


def by_server(host: str, port: int) -> Post:
    """A mail server inside one's own network. TLS is used when the server offers it."""

    def post(message: EmailMessage) -> None:
        with smtplib.SMTP(host, port, timeout=_SECONDS) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            server.send_message(message)

    return post


def by_mail(post: Post, sender: str) -> Tell:
    """A way to tell that sends mail from `sender`. A server that does not take it is logged."""

    async def tell(contact: Contact, summary: Summary) -> None:
        message = EmailMessage()
        message["From"], message["To"] = sender, contact.email
        message["Subject"] = f"Samråd: mottagaren tar inte emot / the receiver fails ({summary.subscription_id})"
        message.set_content(_text(contact, summary))
        try:
            await asyncio.to_thread(post, message)
        except OSError as fault:
            told = {"subscription": str(summary.subscription_id), "fault": type(fault).__name__}
            _log.warning("a contact could not be told by mail", extra=told)

    return tell


def _text(contact: Contact, summary: Summary) -> str:
    outcomes = ", ".join(f"{name}: {number}" for name, number in sorted(summary.outcomes.items())) or "-"
    since = summary.failing_since.isoformat(timespec="minutes") if summary.failing_since else "-"
    paused_sv, paused_en = "", ""
    if summary.state is SubscriptionState.PAUSED:
        paused_sv = "Prenumerationen är pausad tills den valideras igen. "
        paused_en = "The subscription is paused until it is validated again. "
    return (
        f"{contact.function}\n\n"
        f"Er mottagare av händelser från Samråd svarar inte som den ska sedan {since}. {paused_sv}"
        f"Väntar: {summary.waiting}. Misslyckade: {summary.failed}. Försök: {outcomes}.\n\n"
        f"Your receiver of events from Samråd has not answered as it should since {since}. {paused_en}"
        f"Waiting: {summary.waiting}. Failed: {summary.failed}. Attempts: {outcomes}.\n\n"
        f"Prenumeration / subscription: {summary.subscription_id}\n"
    )
