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
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from shared.tokens.client import MachineClient

_READY_SECONDS = 60
_PORTS = 5

PURPOSE = "financial_aid_application"
LOOKUPS = "/consultation/v1/lookups"
_UMEA = "2120002627"
_ANSWERED = 3
"""How many consultations the story has answered when it reads the figures."""
_FOLDING_SECONDS = 10
_PLAN = "Arbetspraktik: 1 december till 28 februari.\n"
_SWEDEN = ZoneInfo("Europe/Stockholm")
EVERYWHERE = ["AF", "CSN", "FK", "SKV", "SO", "TNS", "MIV"]

MakeClient = Callable[[str, Path, str, httpx.Client], MachineClient]


class StepFailed(Exception):
    """A step of the story did not go as it must. The text says what was found."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the program lies, how clients are made, and who is asked about: synthetic persons by their part.

    `simulator` is how many ports above the first the simulator of the sources listens.
    """

    root: Path
    client: MakeClient
    persons: "Cast"
    simulator: int


@dataclass(frozen=True, slots=True)
class Cast:
    """Identity numbers. For `late_and_failed` AF is late and FK fails; what `changing` is paid has changed since last
    month; `household` is an applicant, a co-applicant and children, of whom the second has protected identity."""

    late_and_failed: str
    changing: str
    household: tuple[str, ...]


@dataclass(slots=True)
class Story:
    """What the steps share: the clients, and what has come up so far."""

    umea: MachineClient
    malmo: MachineClient
    workbench: MachineClient
    lead: MachineClient
    manager: MachineClient
    dashboard: MachineClient
    base_url: str
    simulator_url: str
    http: httpx.Client
    persons: Cast
    lookup: dict[str, Any] = field(default_factory=dict)
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

    def switch(self, state: str, source: str) -> None:
        """Take a source down, or up again, at the simulator."""
        answer = self.http.post(f"{self.simulator_url}/outage", json={"state": state, "source": source})
        _require(answer.is_success, answer.status_code)

    def asked_last(self) -> list[str]:
        """Which sources the simulator was asked for in the latest request."""
        requests = self.http.get(f"{self.simulator_url}/requests").json()["requests"]
        return [each["source"] for each in requests[-1]["sources"]]

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
        with _instance(stage.root) as (home, port), httpx.Client(timeout=60, trust_env=False) as http:
            base_url, simulator_url = (f"http://127.0.0.1:{each}" for each in (port, port + stage.simulator))
            names = ("umea", "malmo", "af-workbench", "af-lead", "af-manager", "dashboard")
            umea, malmo, workbench, lead, manager, dashboard = (
                stage.client(name, home, base_url, http) for name in names
            )
            story = Story(
                umea, malmo, workbench, lead, manager, dashboard, base_url, simulator_url, http, stage.persons
            )
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
def _instance(root: Path) -> Iterator[tuple[Path, int]]:
    """A fresh instance in a folder of its own, stopped and removed afterwards. Yields the folder and the first port."""
    port = _free_ports()
    with tempfile.TemporaryDirectory(prefix="samrad-demo-", ignore_cleanup_errors=True) as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMRAD_")}
        environment |= {"SAMRAD_HOME": folder, "PORT": str(port), "SAMRAD_LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "services", "run"]
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            _await_ready(process)
            yield Path(folder), port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            if process.stdout is not None:
                process.stdout.close()


def _await_ready(process: "subprocess.Popen[str]") -> None:
    if process.stdout is None:
        raise StepFailed("the instance has no output")
    if not process.stdout.readline().startswith("ready "):
        raise StepFailed("the instance did not start")


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


def _today() -> date:
    return date.today()  # noqa: DTZ011 - a day as a caseworker would write it


def _question(person: str, **more: object) -> dict[str, Any]:
    """About a person in the case of the story, with the purpose's own period."""
    return {"person": person, "caseReference": "EB-DEMO-1", "purpose": PURPOSE, **more}


def _by_source(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {source["source"]: source for source in answer["sources"]}


def fetch_token(story: Story) -> str:
    """The first step: a token that is bound to a key."""
    token = story.umea.token_for("/consultation/v1/lookups")
    _require(token.scheme == "DPoP", token.scheme)
    return "token: Umeå's case system has one, bound to its key"


def look_up(story: Story) -> str:
    """Seven sources, of which one is late and one fails."""
    answer = story.post(story.umea, LOOKUPS, _question(story.persons.late_and_failed, sources=EVERYWHERE))
    failed = {name: source["origin"] for name, source in _by_source(answer).items() if source["state"] == "error"}
    read = [source for source in answer["sources"] if source["state"] in ("answered", "answered_empty")]
    _require(failed == {"AF": "SSBT", "FK": "BT"} and len(read) == 5, failed)
    _require(answer["complete"] is False, "a look-up that calls itself complete")
    return "look-up: five sources answered, AF late (SSBT), FK failed (BT), told apart"


def look_up_without_af(story: Story) -> str:
    """What the sources pay, and what has changed since last month, although one source is down."""
    month = f"{_today():%Y-%m}"
    story.switch("down", "AF")
    try:
        answer = story.post(story.umea, LOOKUPS, _question(story.persons.changing, comparison={"month": month}))
    finally:
        story.switch("up", "AF")
    _require(_by_source(answer)["AF"]["state"] == "error" and not answer["complete"], _by_source(answer)["AF"]["state"])
    payments, found = answer["payments"], {each["change"] for each in answer["changes"]["signals"]}
    _require(payments and found, found)
    story.lookup = answer
    changes = ", ".join(sorted(found))
    return f"another while AF is down: {len(payments)} payments in one list, changes since last month: {changes}"


def complete(story: Story) -> str:
    """The source that failed is asked again alone, and both attempts are shown."""
    path = f"{LOOKUPS}/{story.lookup['lookupId']}/completions"
    answer = story.post(story.umea, path)
    _require(story.asked_last() == ["AF"], story.asked_last())
    attempts = [[each["source"] for each in attempt["sources"]] for attempt in answer["attempts"]]
    _require(answer["complete"] and len(attempts) == 2 and attempts[1] == ["AF"], attempts)
    _require(answer["payments"] == story.lookup["payments"], "what was read before is not the same")
    story.lookup = answer
    return "completed: AF asked again alone, the rest told with its age, both attempts shown"


def ask_household(story: Story) -> str:
    """Five persons in one request, one of them with protected identity."""
    roles = ["applicant", "co_applicant", "child", "child", "child"]
    body = {
        "caseReference": "EB-DEMO-2",
        "purpose": PURPOSE,
        "persons": [
            {"person": person, "role": role} for person, role in zip(story.persons.household, roles, strict=True)
        ],
    }
    answer = story.post(story.umea, "/consultation/v1/household-lookups", body)
    withheld = [row["withheld"] for row in answer["matrix"]]
    _require(withheld == [False, False, False, True, False] and answer["complete"], withheld)
    hidden = [source["data"] for source in answer["lookups"][3]["lookup"]["sources"]]
    _require(hidden == [None] * 7, "content about a protected person")
    return "household: five persons by seven sources, the protected child's content withheld"


def open_consultation(story: Story) -> str:
    """What the registers didn't say: the look-up suggests what to ask, since FK tells of a programme."""
    drafts = {draft["category"]: draft for draft in story.lookup["consultationDrafts"]}
    _require("programme_plan" in drafts, set(drafts))
    draft = drafts["programme_plan"]
    body = {**draft, "question": draft["question"]["sv"]}
    answer = story.post(story.umea, "/consultation/v1/consultations", body, expect=201)
    story.consultation_id, story.number = answer["consultationId"], answer["number"]
    _require(answer["expectedAnswer"]["at"], answer)
    return (
        f"consultation {story.number} opened from its draft, an answer expected {answer['expectedAnswer']['at'][:10]}"
    )


def see_own(story: Story) -> str:
    """Visible to its municipality."""
    whole = story.get(story.umea, story.consultation)
    carried = (whole["lookupId"], whole["category"])
    _require(carried == (story.lookup["lookupId"], "programme_plan"), carried)
    return "visible to its municipality, with the category and the look-up it came from"


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


def work_inside(story: Story) -> str:
    """What AF's handlers have among themselves is not the municipality's to see."""
    story.post(story.workbench, f"{story.consultation}/notes", {"text": "Ring enheten i Luleå."}, expect=201)
    saved = story.workbench.request(
        "PUT",
        f"{story.base_url}{story.consultation}/draft",
        headers={**_handler(story.workbench), "If-Match": '"0"'},
        json={"text": "Arbetspraktik från den"},
    )
    _checked(saved, 200)
    theirs = story.get(story.umea, f"{story.consultation}/notes")["notes"]
    _require(theirs == [] and story.get(story.umea, story.consultation)["notes"] == 0, theirs)
    return "AF's handler writes an internal note and saves a draft, and the municipality sees neither"


def ask_back(story: Story) -> str:
    """And needs more, which is not AF's time."""
    question = {"text": "Vilken period gäller frågan?", "reason": "question_incomplete"}
    answer = story.post(story.workbench, f"{story.consultation}/questions", question)
    _require(answer["turn"] == "municipality", answer["turn"])
    clock = story.get(story.umea, f"{story.consultation}/clock")
    _require(clock["pace"] == "stopped" and not clock["intervals"][-1]["counted"], clock["pace"])
    return "AF asks back: it is the municipality's turn, and the clock towards the target stands still"


def reply(story: Story) -> str:
    """The municipality gives it."""
    answer = story.post(story.umea, f"{story.consultation}/replies", {"text": "December till februari."})
    _require(answer["turn"] == "answering_authority", answer["turn"])
    return "municipality replies: it is AF's turn, and the clock runs"


def answer(story: Story) -> str:
    """AF answers, with a file."""
    named = {"Content-Type": "text/plain", "Content-Disposition": "attachment; filename=handlingsplan.txt"}
    given = story.workbench.request(
        "POST",
        f"{story.base_url}{story.consultation}/attachments",
        headers={**_handler(story.workbench), **named},
        content=_PLAN.encode(),
    )
    file = _checked(given, 201)["attachmentId"]
    words = {"text": "Arbetspraktik från den 1 december.", "attachments": [file]}
    done = story.post(story.workbench, f"{story.consultation}/answers", words)
    _require(done["state"] == "answered", done["state"])
    return "AF answers, with a file"


def read_answer(story: Story) -> str:
    """The municipality reads it."""
    whole = story.get(story.umea, story.consultation)
    words = [message["text"] for message in whole["messages"] if message["kind"] == "answered"]
    _require(words == ["Arbetspraktik från den 1 december."], words)
    [file] = whole["attachments"]
    fetched = story.umea.request("GET", file["_links"]["content"]["href"], headers=_handler(story.umea))
    _require(fetched.text == _PLAN, fetched.status_code)
    story.post(story.umea, f"{story.consultation}/closures")
    return "municipality reads the answer, downloads the file and closes"


def read_clock(story: Story) -> str:
    """Both sides are told the same of where the time went."""
    told = [story.get(client, f"{story.consultation}/clock") for client in (story.umea, story.workbench)]
    turns = [[each["turn"] for each in clock["intervals"]] for clock in told]
    _require(turns[0] == turns[1] == ["answering_authority", "municipality", "answering_authority"], turns)
    _require(told[0]["dueDates"] == told[1]["dueDates"] and told[0]["pace"] == "ended", told[0]["pace"])
    reasons = dict.fromkeys(reason for due in told[0]["dueDates"] for reason in due["reasons"])
    reasons.pop("nothing_changed", None)
    return f"both sides read the same clock; what became of the due date: {', '.join(reasons)}"


def register_call(story: Story) -> str:
    """What came by phone has a place in the same trail, and the same lead time."""
    body = {
        "askingOrganisation": _UMEA,
        "type": "consultation",
        "purpose": PURPOSE,
        "caseReference": "EB-DEMO-3",
        "person": story.persons.changing,
        "question": "Är personen kvar i programmet?",
        "happenedAt": (datetime.now(UTC) - timedelta(minutes=10)).isoformat(),
        "minutes": 6,
        "answer": {"text": "Ja, till den 31 december."},
    }
    made = story.post(story.workbench, "/consultation/v1/registrations", body, expect=201)
    events = story.get(story.umea, f"/consultation/v1/consultations/{made['consultationId']}/events")["events"]
    _require({each["channel"] for each in events} == {"phone"} and made["state"] == "answered", events)
    return f"AF registers a call in one request, {made['number']}: its municipality sees it, answered"


def hold(story: Story) -> str:
    """What is closed is erased in its time, unless somebody answers for that it is kept."""
    held = story.post(story.umea, f"{story.consultation}/retention-holds", {"reason": "appeal"}, expect=201)
    _require(held["liftedAt"] is None, held)
    return "municipality keeps it from being erased while its decision is appealed"


def disclose(story: Story) -> str:
    """Several pieces of information are asked for, and each has its own decision, which a second handler has seen."""
    rule = {"type": "information_request", "covers": "refusals", "validFrom": f"{datetime.now(_SWEDEN):%Y-%m-%d}"}
    story.post(story.manager, "/consultation/v1/approval-rules", rule, expect=201)
    body = {
        "type": "information_request",
        "purpose": PURPOSE,
        "caseReference": "EB-DEMO-4",
        "person": story.persons.changing,
        "question": "Vad är planerat?",
        "details": {"type": "information_request", "informationSets": ["programme", "daily_notes"]},
    }
    made = story.post(story.umea, "/consultation/v1/consultations", body, expect=201)
    path = f"/consultation/v1/consultations/{made['consultationId']}"
    # A receipt tells no version: a new record has the first.
    story.version = 1
    story.post(story.workbench, f"{path}/claims")
    decisions = [
        {"informationSet": "programme", "decision": "disclose", "content": "Jobbgarantin till den 31 december."},
        {"informationSet": "daily_notes", "decision": "refuse", "reason": "secrecy"},
    ]
    written = {"text": "Se besluten.", "disclosures": decisions}
    refused = story.post(story.workbench, f"{path}/answers", written, expect=409)
    _require(refused["code"] == "approval_required", refused["code"])
    story.post(story.workbench, f"{path}/answer-proposals", written)
    story.post(story.lead, f"{path}/answer-approvals")
    sets = {each["informationSet"]: each for each in story.get(story.umea, path)["informationSets"]}
    withheld = sets["daily_notes"]
    _require(sets["programme"]["content"] and sets["programme"]["legalBasis"], sets)
    _require(withheld["content"] is None and withheld["appeal"], withheld)
    return "a second handler approves an answer set by set: one disclosed on its basis, one refused with how to appeal"


def read_lead_times(story: Story) -> str:
    """A dashboard with a plain token. Figures are folded in the background, within seconds."""
    token = story.dashboard.token_for("/consultation/v1/lead-times")
    _require(token.scheme == "Bearer", token.scheme)
    begun = time.monotonic()
    groups: list[dict[str, Any]] = []
    while not groups or groups[0]["count"] != _ANSWERED:
        _require(time.monotonic() - begun < _FOLDING_SECONDS, groups)
        time.sleep(0.1)
        groups = story.get(story.dashboard, "/consultation/v1/lead-times")["groups"]
    _require({"answeringAuthority", "municipality"} <= set(groups[0]["turns"]), groups)
    return f"dashboard reads lead times of {_ANSWERED} answers by whose turn it was, with a plain statistics token"


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
    look_up_without_af,
    complete,
    ask_household,
    open_consultation,
    see_own,
    hide_from_others,
    list_queue,
    claim,
    work_inside,
    ask_back,
    reply,
    answer,
    read_answer,
    hold,
    read_clock,
    register_call,
    disclose,
    read_lead_times,
    read_coverage,
    read_audit,
)
