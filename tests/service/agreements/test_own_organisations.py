"""Organisations that a deployment adds to the register itself."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.agreements.load import load_organisations
from services.agreements.loading.own import OrganisationsUnfit, read_organisations
from tests.service.agreements.database import Urls, run_sql
from tests.service.agreements.door import SUPPLIER, Door

NUMBER = "5599990024"


@pytest.fixture
def owner(loaded: Urls) -> Iterator[str]:
    """The owner's address; what a test adds is removed again."""
    yield loaded.owner
    run_sql(loaded.owner, "DELETE FROM organisation WHERE code LIKE 'own-%'")


def written(folder: Path, *organisations: dict[str, Any]) -> Path:
    file = folder / "organisations.json"
    file.write_text(json.dumps({"organisations": organisations}), "utf-8")
    return file


def entry(**changes: Any) -> dict[str, Any]:
    return {"organisationNumber": NUMBER, "kind": "supplier", "name": "Vårt ärendesystem AB", **changes}


def load(owner: str, file: Path) -> int:
    return asyncio.run(load_organisations(owner, read_organisations(file)))


def test_a_supplier_is_added_and_changed_by_a_file(door: Door, owner: str, tmp_path: Path) -> None:
    assert load(owner, written(tmp_path, entry())) == 1
    assert load(owner, written(tmp_path, entry(name="Nytt namn AB"))) == 1

    found = door.get(f"/organisations/{NUMBER}").json()
    assert (found["kind"], found["name"], found["invented"]) == ("supplier", "Nytt namn AB", False)


def test_what_is_in_the_register_already_is_not_replaced(door: Door, owner: str, tmp_path: Path) -> None:
    before = door.get(f"/organisations/{SUPPLIER}").json()

    with pytest.raises(OrganisationsUnfit):
        load(owner, written(tmp_path, entry(), entry(organisationNumber=SUPPLIER)))

    assert door.get(f"/organisations/{SUPPLIER}").json() == before
    assert door.get(f"/organisations/{NUMBER}").status_code == 404, "all of a file, or nothing"


@pytest.mark.parametrize(
    "unfit",
    [
        entry(organisationNumber="5599990025"),
        entry(organisationNumber=5599990024),
        entry(kind="municipality"),
        entry(kind="state_agency"),
        entry(name=" "),
        entry(name=None),
        {"organisationNumber": NUMBER},
    ],
)
def test_an_unfit_file_is_refused_whole(unfit: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(OrganisationsUnfit):
        read_organisations(written(tmp_path, entry(organisationNumber="5599990016"), unfit))


def test_an_organisation_named_twice_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("[]", "utf-8")
    for file in (written(tmp_path, entry(), entry()), other, tmp_path / "absent.json"):
        with pytest.raises(OrganisationsUnfit):
            read_organisations(file)
