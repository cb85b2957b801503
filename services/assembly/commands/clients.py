"""What is done from the outside, as a demo client: `call`, `listen`, `trigger` and `demo`."""

import argparse
from pathlib import Path

import httpx

from services import sandbox
from services.assembly.commands.place import ROOT, Place
from services.assembly.environment import CannotStart
from shared.clock import system_clock
from shared.tokens.client import MachineClient


def call_command(chosen: argparse.Namespace) -> int:
    """One request as a demo client."""
    from services.assembly.demo_clients import demo_client
    from services.command.call import CallRequest, call

    place = Place()
    headers = {"Samrad-Handler": chosen.handler or f"demo-{chosen.client}"}
    for line in chosen.header:
        name, colon, value = line.partition(":")
        if not colon:
            raise CannotStart("a header is written NAME: VALUE")
        headers[name.strip()] = value.strip()
    with httpx.Client(timeout=60, trust_env=False) as http:
        client = demo_client(
            chosen.client, place.home, place.public_url, http, on_behalf_of=chosen.consumer, only=chosen.scope
        )
        return call(client, place.public_url, CallRequest(chosen.method, chosen.path, chosen.data, headers))


def listen_command(chosen: argparse.Namespace) -> int:
    """Receive webhooks as a demo client."""
    from services.assembly.demo_clients import demo_client
    from services.command.listen import ListenRequest, listen

    place = Place()
    with httpx.Client(timeout=60, trust_env=False) as http:
        client = demo_client(chosen.client, place.home, place.public_url, http)
        return listen(client, place.public_url, ListenRequest(chosen.event or ["*"], chosen.port), system_clock)


def trigger_command(chosen: argparse.Namespace) -> int:
    """Send a sample event as a demo client."""
    from services.assembly.demo_clients import demo_client
    from services.command.trigger import TriggerRequest, trigger

    place = Place()
    with httpx.Client(timeout=60, trust_env=False) as http:
        client = demo_client(chosen.client, place.home, place.public_url, http)
        return trigger(client, place.public_url, TriggerRequest(chosen.event, chosen.subscription))


def demo_command(_: argparse.Namespace) -> int:
    """The main story on an instance of its own."""
    from services.assembly.demo_clients import demo_client
    from services.command.demo import Cast, Stage, tell
    from services.consultation.lookups.simulator.persons import PERSONS

    def client(name: str, home: Path, public_url: str, http: httpx.Client) -> MachineClient:
        return demo_client(name, home, public_url, http)

    household = ("applicant", "co_applicant", "child_1", "child_2", "child_3")
    cast = Cast(
        late_and_failed=PERSONS["late_and_failed"].number,
        changing=PERSONS["income_changes"].number,
        household=tuple(PERSONS[f"household_{each}"].number for each in household),
    )
    return tell(Stage(root=ROOT, client=client, persons=cast, simulator=sandbox.SIMULATOR))
