"""Texts on the law held against the register of legal bases."""

from datetime import date

import pytest

from services.agreements.grounds.citations import cited, cited_warnings
from services.agreements.loading.files import shipped_legal_bases
from services.assembly.legal_texts import out_of_date_law

pytestmark = pytest.mark.requirement(80)

BASES = shipped_legal_bases()
OLD_ACT, NEW_ACT = "sfs-2001-453-11-11", "sfs-2025-400-15-10"


@pytest.mark.parametrize(
    "text",
    [
        "11 kap. 11 a § SoL",
        "11 kap 11 a § sol",
        "enligt 11 kap. 11 a § socialtjänstlagen",
        "11 kap. 11–11 b §§ socialtjänstlagen (2001:453); förordning (2008:975)",
        "11 kap. 11 - 11 b §§ SoL",
        "SoL 11 kap. 11 a §",
        "SFS 2001:453",
    ],
)
def test_the_older_act_is_recognised_however_it_is_written(text: str) -> None:
    assert OLD_ACT in {basis.id for basis in cited(BASES, text)}


@pytest.mark.parametrize(
    "text",
    [
        "15 kap. 10-12 §§ socialtjänstlagen (2025:400); förordning (2008:975)",
        "11 kap. 11 § socialtjänstlagen (2025:400)",
        "111 kap. 11 a § SoL",
        "11 kap. 11 a § SoLna",
        "2001:4530",
        "12001:453",
        "11 kap. 11 a § socialförsäkringsbalken",
        "",
    ],
)
def test_what_only_resembles_it_is_not(text: str) -> None:
    assert OLD_ACT not in {basis.id for basis in cited(BASES, text)}


@pytest.mark.parametrize(
    ("text", "day", "code", "replacement"),
    [
        ("11 kap. 11 a § SoL", date(2025, 6, 30), None, None),
        ("11 kap. 11 a § SoL", date(2025, 7, 1), "no_longer_in_force", NEW_ACT),
        ("(2025:400)", date(2025, 6, 30), "not_yet_in_force", OLD_ACT),
        ("(2025:400)", date(2025, 7, 1), None, None),
        ("förordningen (2007:1030)", date(2022, 11, 30), None, None),
        ("förordningen (2007:1030)", date(2022, 12, 1), "no_longer_in_force", "sfs-2022-811"),
    ],
)
def test_a_text_is_warned_about_from_the_day_that_the_law_changes(
    text: str, day: date, code: str | None, replacement: str | None
) -> None:
    found = [(each.code, each.replacement and each.replacement.id) for each in cited_warnings(BASES, text, day)]

    assert found == ([] if code is None else [(code, replacement)])


def tenant(legal_text: str, first: str, last: str | None) -> dict[str, object]:
    text = {"purpose": "financial_aid_application", "from": first, "to": last, "legalText": legal_text}
    return {"organisationNumber": "162120002627", "purposes": [text]}


@pytest.mark.parametrize(
    ("legal_text", "first", "last", "count"),
    [
        ("11 kap. 11 a § SoL", "2002-01-01", "2025-06-30", 0),
        ("11 kap. 11 a § SoL", "2002-01-01", "2025-07-01", 1),
        ("11 kap. 11 a § SoL", "2002-01-01", None, 1),
        ("11 kap. 11 a § SoL och (2007:1030)", "2025-07-01", None, 2),
        ("(2025:400)", "2025-06-30", None, 1),
        ("(2025:400)", "2025-07-01", None, 0),
    ],
)
def test_profiles_are_warned_about_for_any_part_of_their_validity(
    legal_text: str, first: str, last: str | None, count: int
) -> None:
    told = list(out_of_date_law([tenant(legal_text, first, last)], date(2026, 11, 20)))

    assert len(told) == count
    assert all(words.sv != words.en and "2120002627" in words.sv for words in told)
