"""The background work of webhooks."""

from dataclasses import dataclass

from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.deliver import LIMIT_SECONDS, Deliverer
from services.consultation.webhooks.keep import forget, give_up
from services.consultation.webhooks.notices import Notifier
from services.consultation.webhooks.spread import spread
from shared.jobs.job import AnyJob, Errand, Job
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending needs: the keys of the secrets, the way out, and the ways to tell contacts."""

    vault: Vault
    courier: Courier
    notifier: Notifier


def jobs(sending: Sending) -> tuple[AnyJob, ...]:
    """From the outbox to the receivers, and what follows from how they answer."""
    deliverer = Deliverer(sending.vault, sending.courier)
    return (
        Job("webhooks.spread", spread, every_seconds=1),
        Errand("webhooks.deliver", deliverer.deliver, every_seconds=1, limit_seconds=LIMIT_SECONDS),
        Errand("webhooks.tell_contacts", sending.notifier.tell_contacts, every_seconds=60),
        Job("webhooks.give_up", give_up, every_seconds=60),
        Job("webhooks.forget", forget, every_seconds=600),
    )
