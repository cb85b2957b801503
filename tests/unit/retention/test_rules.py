"""The rules as a file: read as a whole, or refused as a whole with everything that is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.assembly.environment import CannotStart
from services.assembly.retention import erasing_job
from services.consultation.retention.classes import CONSULTATION, DATA_CLASSES, ERASED_BY_THE_JOB
from services.consultation.retention.periods import CalendarYears
from services.consultation.retention.rules import SHIPPED, UnfitRules, read_rules
from shared.blobs.directory import DirectoryBlobs
from shared.vault import Vault

Change = Callable[[dict[str, Any]], object]


def refused(folder: Path, change: Change) -> list[str]:
    """What is said of the shipped rules with a change made."""
    written = json.loads(SHIPPED.read_text("utf-8"))
    change(written)
    file = folder / "rules.json"
    file.write_text(json.dumps(written), "utf-8")
    with pytest.raises(UnfitRules) as fault:
        read_rules(file)
    return fault.value.faults


def test_the_shipped_rules_have_a_period_for_all_that_the_job_erases_and_a_ground_for_everything() -> None:
    rules = read_rules()

    assert set(rules.by_class) == set(DATA_CLASSES)
    assert all(isinstance(rules.period_of(data), CalendarYears) for data in ERASED_BY_THE_JOB)
    assert all(rule.ground.sv and rule.ground.en and rule.name.sv and rule.name.en for rule in rules.by_class.values())
    # Lag (2002:546) 16 §.
    assert rules.period_of(CONSULTATION) == CalendarYears(3)


def store(root: Path) -> DirectoryBlobs:
    return DirectoryBlobs(root, Vault(b"x" * 32, b"m" * 32))


def test_an_installation_decides_its_own_periods(tmp_path: Path) -> None:
    written = json.loads(SHIPPED.read_text("utf-8"))
    written["classes"]["consultation"]["period"] = {"years": 1}
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(written), "utf-8")

    assert read_rules(file).period_of(CONSULTATION) == CalendarYears(1)


def _of(code: str, **members: Any) -> Change:
    return lambda written: written["classes"][code].update(members)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_of("consultation", period={"years": 4}), "consultation: its period is longer than atMost"),
        (_of("consultation", period={"days": 30}), "consultation: its period is in years"),
        (_of("consultation", period={"years": -1}), "classes.consultation.period.years"),
        (_of("consultation", period={"years": 1, "days": 1}), "classes.consultation.period: "),
        (_of("consultation", period={}), "classes.consultation.period: "),
        (_of("consultation", period={"years": "3"}), "classes.consultation.period.years"),
        (_of("consultation", period={"years": True}), "classes.consultation.period.years"),
        (_of("consultation", period=None), "consultation: its period is in years"),
        (_of("consultation", ground={"sv": "Lag", "en": " "}), "classes.consultation.ground.en"),
        (_of("consultation", forever=True), "classes.consultation.forever"),
        (_of("household", period={"years": 6}), "household: is kept no longer than its look-ups"),
        (_of("source_answer", period={"minutes": 5}), "source_answer: the rules don't decide its period: SAMRAD_"),
        (_of("brake", period={"days": 5}), "brake: the rules don't decide its period"),
        (lambda written: written["classes"].pop("lookup"), "lookup: the class has no rule"),
        (lambda written: written["classes"].update(more=written["classes"]["lookup"]), "more: there is no such class"),
        (lambda written: written.update(edition="2026-02-30"), "edition: "),
        (lambda written: written.update(edition="yesterday"), "edition: "),
    ],
    ids=range(17),
)
def test_rules_that_contradict_themselves_or_the_code_are_refused(tmp_path: Path, change: Change, said: str) -> None:
    assert any(fault.startswith(said) for fault in refused(tmp_path, change)), refused(tmp_path, change)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    def change(written: dict[str, Any]) -> None:
        written["classes"]["consultation"]["period"] = {"years": 9}
        del written["classes"]["brake"]

    assert len(refused(tmp_path, change)) == 2


@pytest.mark.parametrize("content", ["", "[]", "{", '{"edition": "2026-01-01"}', "null"])
def test_what_is_no_file_of_rules_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "rules.json"
    file.write_text(content, "utf-8")

    with pytest.raises(UnfitRules):
        read_rules(file)


def test_an_installation_that_has_not_decided_yet_erases_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMRAD_CONSULTATION_RETENTION_ERASES", "false")
    assert erasing_job(store(tmp_path)) is None

    monkeypatch.setenv("SAMRAD_CONSULTATION_RETENTION_ERASES", "true")
    assert erasing_job(store(tmp_path)) is not None


def test_background_jobs_do_not_start_with_rules_that_are_unfit_or_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rules.json"
    monkeypatch.setenv("SAMRAD_CONSULTATION_RETENTION_RULES_FILE", str(file))
    with pytest.raises(CannotStart, match="cannot be read"):
        erasing_job(store(tmp_path))

    file.write_text("{}", "utf-8")
    with pytest.raises(CannotStart, match="edition: "):
        erasing_job(store(tmp_path))
