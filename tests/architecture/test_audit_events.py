"""Every audit event stands in the catalogue, and docs/audit-events.md says what the catalogue says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.assembly.auditing import PARTS
from services.audit.document import BEGIN, END, table
from services.consultation.consultations.domain import Action
from shared.audit import AuditEntry, AuditEvent
from tests.trail import a_caller, an_entry

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "audit-events.md"


@pytest.mark.requirement(107)
def test_the_page_says_what_the_catalogue_says() -> None:
    made = BEGIN + PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0] + END
    assert made == table(PARTS), "write it anew: put what ./samrad audit events prints between the marks"


def test_the_page_has_every_event_once() -> None:
    listed = [event.name for _, events in PARTS for event in events]
    assert sorted(listed) == sorted(AuditEvent.catalogue)


def test_every_event_that_the_code_names_is_in_the_catalogue() -> None:
    named = set(names_in_code())
    assert len(named) > 5, "the search must be broken"
    assert named <= AuditEvent.catalogue.keys()
    assert {f"consultation.{action.value}" for action in Action} <= AuditEvent.catalogue.keys()


def test_every_event_is_told_in_both_languages_and_as_a_sentence() -> None:
    for event in AuditEvent.catalogue.values():
        assert event.words.sv[:1].isupper(), event.name
        assert event.words.en[:1].isupper(), event.name
        assert event.words.sv != event.words.en
        assert event.when
        assert set(event.outcomes) <= {"permitted", "refused"}


def test_an_event_outside_the_catalogue_cannot_be_recorded() -> None:
    with pytest.raises(ValueError, match="catalogue"):
        AuditEntry(event="made.up", at=an_entry().at, caller=a_caller("0007:2120002627"), object_type="x")


def names_in_code() -> Iterator[str]:
    """What stands as `event=` of an entry, where it is written out."""
    for file in sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="AuditEntry"), keywords=keywords):
                    found = [keyword.value for keyword in keywords if keyword.arg == "event"]
                    for value in found:
                        pieces = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
                        yield from (str(each.value) for each in pieces if isinstance(each, ast.Constant))
