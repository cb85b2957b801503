"""`docs/isolation.md` and `docs/architecture.md` leave out no table that holds an organisation's rows."""

import re
from pathlib import Path

import pytest

from services.agreements import tables as agreements
from services.consultation import tables as consultation

DOCS = Path(__file__).resolve().parents[2] / "docs"
TABLES = {*consultation.TENANT_TABLES, *agreements.TENANT_TABLES}
REGISTER = {"agreement", "agreement_party"}
"""`architecture.md` tells of these as the register of agreements."""


@pytest.mark.parametrize(("page", "but"), [("isolation.md", set()), ("architecture.md", REGISTER)])
def test_every_table_of_organisations_rows_is_on_the_page(page: str, but: set[str]) -> None:
    rows = re.findall(r"^\| (`.+?) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(rows)))

    assert sorted(TABLES - told - but) == []
