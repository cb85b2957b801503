"""Sending webhooks, from the environment."""

from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from services import sandbox
from services.assembly.common import vault_key
from services.assembly.environment import CannotStart, read_settings
from services.consultation.main import PREFIX
from services.consultation.settings import WorkerSettings
from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.jobs import Sending
from services.consultation.webhooks.mail import by_mail, by_server
from services.consultation.webhooks.notices import Notifier, Tell, log_it
from shared.clock import Clock
from shared.outbound import Outbound, OutboundRules, system_resolver
from shared.vault import Vault


class _Keys(Protocol):
    @property
    def sealing_key(self) -> SecretStr: ...
    @property
    def marking_key(self) -> SecretStr: ...


class _WayOut(Protocol):
    @property
    def public_url(self) -> str: ...
    @property
    def webhook_this_machine(self) -> bool: ...


def make_vault(settings: _Keys) -> Vault:
    """The keys of what consultation's database holds sealed. Raises CannotStart."""
    return Vault(
        vault_key(settings.sealing_key.get_secret_value(), "SAMRAD_CONSULTATION_SEALING_KEY"),
        vault_key(settings.marking_key.get_secret_value(), "SAMRAD_CONSULTATION_MARKING_KEY"),
    )


def make_outbound(settings: _WayOut) -> Outbound:
    """The way to addresses that subscribers have chosen. Raises CannotStart when it would lead into this machine
    although others can reach the instance.
    """
    here = settings.webhook_this_machine
    if here and (urlsplit(settings.public_url).hostname or "") not in sandbox.LOOPBACK:
        raise CannotStart("SAMRAD_CONSULTATION_WEBHOOK_THIS_MACHINE is for an instance on a loopback address alone")
    return Outbound(system_resolver, OutboundRules(this_machine=here))


def make_sending(clock: Clock) -> Sending:
    """What the background jobs of webhooks need. Raises CannotStart."""
    settings = read_settings(WorkerSettings)
    courier = Courier(make_outbound(settings), clock, settings.public_url + PREFIX)
    ways: list[Tell] = [log_it]
    if settings.webhook_mail_host:
        post = by_server(settings.webhook_mail_host, settings.webhook_mail_port)
        ways.append(by_mail(post, settings.webhook_mail_sender))
    return Sending(make_vault(settings), courier, Notifier(tuple(ways)))
