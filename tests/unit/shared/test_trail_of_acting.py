"""What the trail keeps of one organisation acting for another, and which side is told what of it."""

import json
import uuid
from dataclasses import replace
from typing import Any

from shared.audit import AuditEntry
from shared.http.audit_trail import _told
from shared.tokens.acting import Acting
from shared.tokens.caller import Caller
from tests.unit.shared.given import NOW

DELEGATION = uuid.UUID("6d0f8a54-7a3e-4f0c-9b1d-2f6c1f0e7a21")
UMEA, MALMO, SUPPLIER = "0007:2120002627", "0007:2120001124", "0007:5599990008"
CALLER = Caller(UMEA, "casesystem", frozenset(), "t-1", "hl-1", "r-1", "", Acting(SUPPLIER, DELEGATION))


def written(caller: Caller) -> dict[str, Any]:
    entry = AuditEntry("request.refused", NOW, caller, "GET /items", owner=MALMO, outcome="refused")
    kept: dict[str, Any] = json.loads(entry.parameters()["audit_entry"])
    return kept


def test_an_entry_keeps_both_organisations_and_the_delegation() -> None:
    assert written(CALLER)["actor"] == {
        "organisation": UMEA,
        "client": "casesystem",
        "stated": "hl-1",
        "acting": {"organisation": SUPPLIER, "delegation": str(DELEGATION)},
    }
    assert "acting" not in written(replace(CALLER, acting=None))["actor"]


def test_the_row_is_the_consumers() -> None:
    row = AuditEntry("request.refused", NOW, CALLER, "GET /items").parameters()

    assert (row["audit_org"], row["audit_owner_org"]) == (UMEA, UMEA)


def test_both_sides_are_told_who_acted_and_only_its_own_side_on_what_delegation() -> None:
    entry = written(CALLER)

    ours, theirs = _told(entry, UMEA), _told(entry, MALMO)

    assert (ours.acting_organisation, ours.delegation_id, ours.actor) == (SUPPLIER, DELEGATION, "hl-1")
    assert (theirs.acting_organisation, theirs.delegation_id, theirs.actor) == (SUPPLIER, None, None)


def test_an_entry_of_one_who_acted_for_itself_tells_of_nobody_else() -> None:
    told = _told(written(replace(CALLER, acting=None)), UMEA)

    assert (told.acting_organisation, told.delegation_id) == (None, None)
