"""The file of tenant profiles: what is refused, place by place, before anything of it is loaded."""

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.assembly.legal_texts import out_of_date_law
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.tenants.domain import Asker, Board, Statement
from services.consultation.tenants.load import SANDBOX, read_tenants
from services.consultation.tenants.profile_file import UnfitProfiles, checked_profiles
from shared.problems import Problem

pytestmark = pytest.mark.requirement(1)

SANDBOX_DAY = date(2026, 11, 22)
_TEXT = {
    "purpose": "financial_aid_application",
    "from": "2025-07-01",
    "to": None,
    "purposeText": "Handläggning av ansökan om ekonomiskt bistånd",
    "legalText": "15 kap. 10-12 §§ socialtjänstlagen (2025:400)",
}
_PROFILE: dict[str, Any] = {
    "organisationNumber": "162120002627",
    "name": "Umeå kommun",
    "actorId": "issued",
    "processors": [{"organisationNumber": "165599990008", "name": "Example Systems"}],
    "boards": {"social": {"name": "Socialnämnden", "actorId": "issued too"}},
    "certificate": "umea-2026",
    "postalAddress": {"recipient": "Umeå kommun", "street": None, "postalCode": "900 00", "city": "Umeå"},
    "purposes": [_TEXT],
}


def faults(**changed: Any) -> list[str]:
    """What is wrong with the profile when these members are changed; a member that is None is left out."""
    profile = {name: value for name, value in {**copy.deepcopy(_PROFILE), **changed}.items() if value is not None}
    try:
        checked_profiles({"tenants": [profile]}, PURPOSES)
    except UnfitProfiles as fault:
        return fault.faults
    return []


def texts(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**_TEXT, **each} for each in changes]


def test_a_whole_profile_is_taken_as_it_stands() -> None:
    assert checked_profiles({"tenants": [_PROFILE]}, PURPOSES) == [_PROFILE]


def test_the_sandboxs_own_file_is_fit_and_has_a_board() -> None:
    tenants = read_tenants(SANDBOX, PURPOSES)

    assert [len(each["boards"]) for each in tenants] == [1, 0]
    assert list(out_of_date_law(tenants, SANDBOX_DAY)) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"organisationNumber": "2120002627"}, "tenants[0].organisationNumber: Value error, must be twelve digits"),
        ({"organisationNumber": "162120002628"}, "its check digit is wrong"),
        ({"name": ""}, "tenants[0].name"),
        ({"actorId": None}, "tenants[0].actorId: Field required"),
        ({"purposes": []}, "tenants[0].purposes"),
        ({"purposes": texts({"legalText": " "})}, "tenants[0].purposes[0].legalText"),
        ({"purposes": texts({"purposeText": None})}, "tenants[0].purposes[0].purposeText"),
        ({"purposes": texts({"from": "2025-02-30"})}, "tenants[0].purposes[0].from"),
        ({"purposes": texts({"purpose": "curiosity"})}, "no such purpose; there are financial_aid_application"),
        ({"purposes": texts({"to": "2025-06-30"})}, "ends before it begins"),
        ({"purposes": texts({}, {"from": "2026-01-01"})}, "the text from 2025-07-01 overlaps the one from 2026-01-01"),
        ({"purposes": texts({"to": "2026-01-01"}, {"from": "2026-01-01"})}, "overlaps"),
        ({"purposes": texts({}, {})}, "overlaps"),
        ({"processors": [{"organisationNumber": "165599990009", "name": "X"}]}, "tenants[0].processors[0]"),
        ({"boards": {"Social Board": {"name": "X", "actorId": "Y"}}}, "lower-case letters, digits and hyphens"),
        ({"boards": {"social": {"name": "X"}}}, "tenants[0].boards.social.actorId: Field required"),
        ({"certificate": "../keys"}, "tenants[0].certificate"),
        ({"acterId": "misspelt"}, "tenants[0].acterId: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(changed: dict[str, Any], fault: str) -> None:
    found = faults(**changed)

    assert any(fault in each for each in found), found


def test_texts_that_follow_each_other_or_are_for_other_purposes_do_not_overlap() -> None:
    following = texts({"to": "2025-12-31"}, {"from": "2026-01-01"}, {"purpose": "financial_aid_recovery"})

    assert faults(purposes=following) == []


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(faults(name="", certificate="UMEÅ", boards={"x": {}})) == 4


def test_an_organisation_that_stands_twice_is_refused() -> None:
    with pytest.raises(UnfitProfiles, match="162120002627: stands in the file more than once"):
        checked_profiles({"tenants": [_PROFILE, _PROFILE]}, PURPOSES)


@pytest.mark.parametrize("document", [None, [], {}, {"tenants": []}, {"tenants": "x"}, {"tenants": [None]}, 7])
def test_what_is_no_file_of_profiles_is_refused(document: Any) -> None:
    with pytest.raises(UnfitProfiles):
        checked_profiles(document, PURPOSES)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", json.dumps({"tenants": []}).encode()])
def test_a_file_that_cannot_be_read_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tenants.json").write_bytes(content)

    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds, on purpose
        read_tenants(tmp_path / "tenants.json", PURPOSES)


def test_a_board_states_its_own_name_and_actor_id_and_the_organisations_number_and_certificate() -> None:
    asker = Asker("162120002627", "Umeå kommun", "issued", certificate="umea")
    statement = Statement(asker, "syfte", "lag", {"social": Board("Socialnämnden", "issued too")})

    asked = statement.of_board("social").asker

    assert asked == Asker("162120002627", "Socialnämnden", "issued too", certificate="umea")
    assert statement.of_board(None) is statement
    with pytest.raises(Problem) as refused:
        statement.of_board("byggnads")
    assert refused.value.members["allowedBoards"] == ["social"]
