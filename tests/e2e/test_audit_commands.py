"""`./samrad audit`, as it is typed: beside a running product, and on a sandbox that has been stopped."""

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from services import __main__ as samrad
from services.assembly.commands.serving import prepare_databases
from services.consultation.lookups.simulator.persons import PERSONS
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from tests.attack.support import CONSULTATIONS, LOOKUPS, act, sql
from tests.exchange import NOBODY, Exchange
from tests.instance import ROOT

PERSON = "coordination_permit"


def audit(home: Path, *arguments: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
    """The command in the sandbox of `home`, with nothing else in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAMRAD_")}
    return subprocess.run(
        [sys.executable, "-m", "services", "audit", *arguments],
        cwd=ROOT,
        env={**kept, "SAMRAD_HOME": str(home)},
        input=given if given is not None else "",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def here(home: Path, *arguments: str, given: str = "") -> tuple[int, str, str]:
    """The same without a process of its own: exit code, standard output, standard error."""
    before = dict(os.environ)
    os.environ["SAMRAD_HOME"] = str(home)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "stdin", io.StringIO(given))
        try:
            code = samrad.main(["audit", *arguments])
        except SystemExit as left:
            code = int(str(left.code))
        finally:
            os.environ.clear()
            os.environ.update(before)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def person_with_a_past(running: Exchange) -> dict[str, Any]:
    """Looked up by two municipalities, consulted about, worked with, and asked for by who may not."""
    running.clock.back_to_now()
    looked_up = running.look_up(PERSON).json()
    assert running.look_up(PERSON, "malmo").status_code == 200
    receipt = running.open(person=PERSONS[PERSON].number)
    one = f"{CONSULTATIONS}/{receipt['consultationId']}"
    assert running.send("umea", "GET", f"{LOOKUPS}/{looked_up['lookupId']}", handler="hl-review").status_code == 200
    assert running.send("umea", "GET", one, handler="hl-review").status_code == 200
    assert running.send("umea", "GET", f"{CONSULTATIONS}/{NOBODY}", handler="hl-review").status_code == 404
    assert act(running, "af-workbench", receipt, "claims", 1).status_code == 200
    assert act(running, "af-workbench", receipt, "answers", 2, "Svar").status_code == 200
    assert running.send("malmo", "GET", one).status_code == 404
    assert running.look_up(PERSON, "akassa").status_code == 403
    return {"consultation": receipt["consultationId"], "lookup": looked_up["lookupId"]}


@pytest.mark.requirement(107)
def test_the_trail_is_verified_while_the_product_runs_and_a_change_is_told_with_exit_code_1(
    running: Exchange, person_with_a_past: dict[str, Any]
) -> None:
    checkpoints = running.home / "checkpoints"

    whole = audit(running.home, "verify", "--checkpoints", str(checkpoints))

    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert whole.stdout.startswith("ok consultation: ")
    assert "\nok agreements: " in whole.stdout

    update = "UPDATE audit_entry SET outcome = '{}' WHERE id = (SELECT entry_id FROM audit_chain WHERE position = 1)"
    sql(running, "ALTER TABLE audit_entry DISABLE TRIGGER append_only")
    (before,) = sql(running, "SELECT outcome FROM audit_entry e JOIN audit_chain c ON entry_id = id AND position = 1")
    sql(running, update.format("forged"))
    try:
        code, told, _ = here(running.home, "verify", "--trail", "consultation")
    finally:
        sql(running, update.format(before["outcome"]))
        sql(running, "ALTER TABLE audit_entry ENABLE TRIGGER append_only")
    assert code == 1
    assert told.startswith("BAD consultation: position 1, organisation 0007:")
    assert "the column outcome is not what the entry's own words say" in told
    assert "without checkpoints" in told


@pytest.mark.requirement(107, 108)
def test_a_persons_extract_lists_everything_about_them_in_both_languages(
    running: Exchange, person_with_a_past: dict[str, Any]
) -> None:
    number = PERSONS[PERSON].number
    wanted = {
        str(row["id"])
        for row in sql(
            running,
            "SELECT id FROM audit_entry WHERE subject = (SELECT person_mark FROM consultation WHERE id = $1) "
            "OR object_id = ANY(ARRAY[$1, $2]::uuid[])",
            person_with_a_past["consultation"],
            person_with_a_past["lookup"],
        )
    }

    told = audit(running.home, "extract", "--person", "-", "--by", "dso-1", given=f"{number}\n")

    assert told.returncode == 0, told.stderr
    extract = json.loads(told.stdout)
    assert {event["eventId"] for event in extract["events"]} == wanted
    assert extract["number"] == len(wanted) >= 11
    words = [event["event"]["en"] for event in extract["events"]]
    assert "A consultation was answered" in words
    assert "A request was refused" in words
    refused = [event for event in extract["events"] if event["reason"]]
    assert {(event["organisationNumber"], event["reason"]) for event in refused} == {
        ("2120001124", "not_found"),
        ("8029990002", "kind_not_permitted"),
    }
    for event in extract["events"]:
        assert event["time"]
        assert event["timeUtc"].endswith("Z")
        assert event["event"]["sv"] != event["event"]["en"]
        assert event["organisation"]
        assert "handler" not in event
    disclosed = [event for event in extract["events"] if event["event"]["sv"] == "Svar ur registren lämnades ut"]
    assert {event["organisation"] for event in disclosed} == {"Umeå kommun", "Malmö kommun"}
    for event in disclosed:
        assert event["purpose"] == {"sv": "Ansökan om ekonomiskt bistånd", "en": "Application for financial aid"}
        assert any("2008:975" in ground for ground in event["legalGrounds"])
        assert event["shown"]
    assert number not in told.stdout

    _, written, _ = here(
        running.home,
        *("extract", "--person", "-", "--by", "dso-1", "--format", "csv", "--language", "sv", "--with-handlers"),
        given=number,
    )
    rows = list(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"))))
    assert {row["Loggpost"] for row in rows} > wanted
    assert rows[-1]["Händelse"] == "Ett utdrag ur loggen togs fram", "the extract before this one is told too"
    assert "Event" not in rows[0]
    assert {row["Handläggare"] for row in rows} >= {"hl-1", "hl-review", "dso-1"}
    assert {row["Organisationsnummer"] for row in rows} == {"2120002627", "2120001124", "2021002114", "8029990002", ""}


@pytest.mark.requirement(107)
def test_a_number_is_never_taken_from_the_command_line_and_a_wrong_one_is_not_repeated(running: Exchange) -> None:
    number = PERSONS[PERSON].number
    for arguments, given, words in (
        (("--person", number, "--by", "dso-1"), "", "standard input"),
        (("--person", "-", "--by", number), number, "without personal data"),
        (("--person", "-", "--by", "dso-1"), number[:-1] + "9", "check digit"),
    ):
        code, out, err = here(running.home, "extract", *arguments, given=given)
        assert (code, out) == (2, "")
        assert words in err
        assert number[:8] not in err


@pytest.mark.requirement(107)
def test_a_spot_check_lists_what_a_handler_has_looked_at_and_is_recorded_for_the_organisation(
    running: Exchange, person_with_a_past: dict[str, Any]
) -> None:
    arguments = ("review", "--handler", "hl-review", "--organisation", "212000-2627", "--by", "boss-1")

    told = json.loads(here(running.home, *arguments, "--from", "2026-01-01")[1])

    assert (told["organisation"], told["number"], told["persons"], told["cases"], told["refused"]) == (
        *("Umeå kommun", 3),
        *(1, 2, 1),
    )
    assert {event["event"]["en"] for event in told["events"]} == {
        "A look-up was read afterwards, without content",
        "A consultation was read",
        "A request was refused",
    }
    assert all(isinstance(event["outsideWorkingTime"], bool) for event in told["events"])

    draws = [here(running.home, *arguments, "--sample", "2", "--format", "csv")[1] for _ in range(2)]
    assert draws[0] == draws[1]
    assert len(draws[0].strip().splitlines()) == 3

    reviewed = [entry for entry in everything(running, "umea") if entry["event"] == "audit.reviewed"]
    assert reviewed[0]["detail"]["handler"] == "hl-review"
    assert reviewed[0]["organisation"] == "operator"
    assert "audit.reviewed" not in [entry["event"] for entry in everything(running, "malmo")]

    for wrong in (("--from", "yesterday"), ("--sample", "0"), ("--handler", "hl 1"), ("--organisation", "123")):
        assert here(running.home, *arguments, *wrong)[0] == 2


def everything(exchange: Exchange, name: str) -> Iterator[dict[str, Any]]:
    """The organisation's whole trail, whatever times other tests have been at."""
    path = "/consultation/v1/audit-entries?limit=100"
    while path:
        page = exchange.send(name, "GET", path).json()
        yield from page["entries"]
        path = page["_links"].get("next", {}).get("href", "").removeprefix(exchange.base_url)


def test_a_stopped_sandbox_is_verified_and_stays_stopped(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    code, _, err = here(home, "verify")
    assert code == 2
    assert "make run" in err
    assert not home.exists()

    home.mkdir(mode=0o755)
    with EmbeddedPostgres(home / "postgres") as postgres:
        asyncio.run(prepare_databases(postgres.url, SUPERUSER))

    code, told, err = here(home, "verify")

    assert code == 0, err
    assert "ok consultation: 0 records" in told
    assert not EmbeddedPostgres(home / "postgres").answers()
