"""`./samrad demo`: the main story on a fresh instance, one line per step, over the same door as anybody's."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from shared.tokens.client import MachineClient

_READY_SECONDS = 60
_PORTS = 5

MakeClient = Callable[[str, Path, str, httpx.Client], MachineClient]


class StepFailed(Exception):
    """A step of the story did not go as it must. The text says what was found."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the program lies, how clients are made, and the synthetic person for whom AF is late and FK fails."""

    root: Path
    client: MakeClient
    person: str


@dataclass(slots=True)
class Story:
    """What the steps share: the clients, and what has come up so far."""

    umea: MachineClient
    malmo: MachineClient
    workbench: MachineClient
    dashboard: MachineClient
    base_url: str
    person: str
    lookup_id: str = ""
    consultation_id: str = ""
    number: str = ""
    version: int = 1

    def get(self, client: MachineClient, path: str, *, expect: int = 200) -> Any:
        """The answer as JSON, when the status is the expected one."""
        return _checked(client.request("GET", self.base_url + path, headers=_handler(client)), expect)

    def post(self, client: MachineClient, path: str, body: dict[str, Any] | None = None, *, expect: int = 200) -> Any:
        """The same for a POST; changes carry the version that was read last."""
        headers = {**_handler(client), "If-Match": f'"{self.version}"'}
        answer = _checked(client.request("POST", self.base_url + path, headers=headers, json=body), expect)
        self.version = answer.get("version", self.version)
        return answer

    @property
    def consultation(self) -> str:
        """The path of the consultation that the story is about."""
        return f"/consultation/v1/consultations/{self.consultation_id}"


def _handler(client: MachineClient) -> dict[str, str]:
    return {"Samrad-Handler": f"demo-{client.identity.client_id}"}


def _checked(answer: httpx.Response, expect: int) -> Any:
    if answer.status_code != expect:
        raise StepFailed(f"expected {expect}, got {answer.status_code}: {answer.text[:400]}")
    return answer.json()


def _require(holds: object, found: object) -> None:
    if not holds:
        raise StepFailed(f"found {found}")


def tell(stage: Stage) -> int:
    """Play the story; answers 0 when every step held."""
    started = time.monotonic()
    try:
        with _instance(stage.root) as (home, base_url), httpx.Client(timeout=60, trust_env=False) as http:
            names = ("umea", "malmo", "af-workbench", "dashboard")
            umea, malmo, workbench, dashboard = (stage.client(name, home, base_url, http) for name in names)
            story = Story(umea, malmo, workbench, dashboard, base_url, stage.person)
            for step in STEPS:
                print(f"ok {step(story)}", flush=True)
    except StepFailed as fault:
        print(f"failed: {fault}", file=sys.stderr)
        return 1
    except Exception as fault:
        # A person who runs the demo wants to know that it failed and in what, not a trace.
        print(f"failed: {type(fault).__name__}", file=sys.stderr)
        return 1
    print(f"demo passed in {time.monotonic() - started:.1f} s")
    return 0


@contextmanager
def _instance(root: Path) -> Iterator[tuple[Path, str]]:
    """A fresh instance in a folder of its own, stopped and removed afterwards."""
    port = _free_ports()
    with tempfile.TemporaryDirectory(prefix="samrad-demo-", ignore_cleanup_errors=True) as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMRAD_")}
        environment |= {"SAMRAD_HOME": folder, "PORT": str(port), "SAMRAD_LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "services", "run"]
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            yield Path(folder), _ready_address(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            if process.stdout is not None:
                process.stdout.close()


def _ready_address(process: "subprocess.Popen[str]") -> str:
    if process.stdout is None:
        raise StepFailed("the instance has no output")
    line = process.stdout.readline()
    if not line.startswith("ready "):
        raise StepFailed("the instance did not start")
    return line.split()[1]


def _free_ports() -> int:
    """A port that is free together with the ones after it, below those that outgoing connections take."""
    for _ in range(50):
        first = 10_000 + secrets.randbelow(20_000)
        if all(map(_is_free, range(first, first + _PORTS))):
            return first
    raise StepFailed("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def fetch_token(story: Story) -> str:
    """The first step: a token that is bound to a key."""
    token = story.umea.token_for("/consultation/v1/lookups")
    _require(token.scheme == "DPoP", token.scheme)
    return "token: Umeå's case system has one, bound to its key"


def look_up(story: Story) -> str:
    """Seven sources, of which one is late and one fails."""
    today = date.today()  # noqa: DTZ011 - a day as a caseworker would write it
    everywhere = ["AF", "CSN", "FK", "SKV", "SO", "TNS", "MIV"]
    body = {
        "person": story.person,
        "caseReference": "EB-DEMO-1",
        "purpose": "financial_aid_application",
        "period": {"from": str(today - timedelta(days=90)), "to": str(today)},
        "sources": everywhere,
    }
    answer = story.post(story.umea, "/consultation/v1/lookups", body)
    sources = {source["source"]: source for source in answer["sources"]}
    failed = {name: source["origin"] for name, source in sources.items() if source["state"] == "error"}
    read = [name for name, source in sources.items() if source["state"] in ("answered", "answered_empty")]
    _require(failed == {"AF": "SSBT", "FK": "BT"} and len(read) == 5, failed)
    _require(answer["complete"] is False, "a look-up that calls itself complete")
    story.lookup_id = answer["lookupId"]
    return "look-up: five sources answered, AF late (SSBT), FK failed (BT), told apart"


def open_consultation(story: Story) -> str:
    """What the registers didn't say."""
    body = {
        "type": "consultation",
        "purpose": "financial_aid_application",
        "caseReference": "EB-DEMO-1",
        "lookupId": story.lookup_id,
        "question": "Vilka insatser är planerade de närmaste tre månaderna?",
    }
    answer = story.post(story.umea, "/consultation/v1/consultations", body, expect=201)
    story.consultation_id, story.number = answer["consultationId"], answer["number"]
    _require(answer["expectedAnswer"]["at"], answer)
    return f"consultation {story.number} opened from it, an answer expected {answer['expectedAnswer']['at'][:10]}"


def see_own(story: Story) -> str:
    """Visible to its municipality."""
    whole = story.get(story.umea, story.consultation)
    _require(whole["lookupId"] == story.lookup_id, whole["lookupId"])
    return "visible to its municipality"


def hide_from_others(story: Story) -> str:
    """Another municipality gets the same answer as for an id that does not exist."""
    foreign = story.get(story.malmo, story.consultation, expect=404)
    unknown_path = "/consultation/v1/consultations/00000000-0000-4000-8000-000000000000"
    unknown = story.get(story.malmo, unknown_path, expect=404)
    differing = {name for name in foreign if foreign[name] != unknown[name]} - {"instance"}
    _require(not differing, differing)
    return "hidden from another municipality: 404, the same as an unknown id"


def list_queue(story: Story) -> str:
    """AF's workbench finds it."""
    waiting = story.get(story.workbench, "/consultation/v1/queue")["consultations"]
    _require(any(each["number"] == story.number for each in waiting), len(waiting))
    return "AF lists the queue and finds it"


def claim(story: Story) -> str:
    """A handler takes it."""
    answer = story.post(story.workbench, f"{story.consultation}/claims")
    _require(answer["state"] == "in_progress", answer["state"])
    return "AF claims it"


def ask_back(story: Story) -> str:
    """And needs more."""
    answer = story.post(story.workbench, f"{story.consultation}/questions", {"text": "Vilken period gäller frågan?"})
    _require(answer["turn"] == "municipality", answer["turn"])
    return "AF asks back: the clock turns to the municipality"


def reply(story: Story) -> str:
    """The municipality gives it."""
    answer = story.post(story.umea, f"{story.consultation}/replies", {"text": "December till februari."})
    _require(answer["turn"] == "answering_authority", answer["turn"])
    return "municipality replies: the clock turns to AF"


def answer(story: Story) -> str:
    """AF answers."""
    done = story.post(story.workbench, f"{story.consultation}/answers", {"text": "Arbetspraktik från den 1 december."})
    _require(done["state"] == "answered", done["state"])
    return "AF answers"


def read_answer(story: Story) -> str:
    """The municipality reads it."""
    whole = story.get(story.umea, story.consultation)
    words = [message["text"] for message in whole["messages"] if message["kind"] == "answered"]
    _require(words == ["Arbetspraktik från den 1 december."], words)
    story.post(story.umea, f"{story.consultation}/closures")
    return "municipality reads the answer and closes"


def read_lead_times(story: Story) -> str:
    """A dashboard with a plain token."""
    token = story.dashboard.token_for("/consultation/v1/lead-times")
    _require(token.scheme == "Bearer", token.scheme)
    report = story.get(story.dashboard, "/consultation/v1/lead-times")
    group = report["groups"][0]
    _require(group["count"] == 1 and set(group["turns"]) == {"answeringAuthority", "municipality"}, report)
    return "dashboard reads lead times split by whose turn, with a plain statistics token"


def read_coverage(story: Story) -> str:
    """Which municipalities have an agreement on a date."""
    coverage = story.get(story.dashboard, "/agreements/v1/coverage?on=2024-01-01")
    _require((coverage["municipalities"], coverage["covered"]) == (290, 280), coverage["covered"])
    return f"coverage on 2024-01-01: {coverage['covered']} of {coverage['municipalities']} (invented for the sandbox)"


def read_audit(story: Story) -> str:
    """Who saw what."""
    entries = story.get(story.umea, f"/consultation/v1/audit-entries?objectId={story.consultation_id}")["entries"]
    clients = {entry["client"] for entry in entries if entry["outcome"] == "permitted"}
    _require({"umea", "af-workbench"} <= clients, clients)
    return f"audit lists who saw what: {len(entries)} entries about the consultation"


STEPS: tuple[Callable[[Story], str], ...] = (
    fetch_token,
    look_up,
    open_consultation,
    see_own,
    hide_from_others,
    list_queue,
    claim,
    ask_back,
    reply,
    answer,
    read_answer,
    read_lead_times,
    read_coverage,
    read_audit,
)
