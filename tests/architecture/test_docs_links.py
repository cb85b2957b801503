"""Pages lead where they say, and decisions follow their template."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions"
TEMPLATE = DECISIONS / "template.md"
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
_PATH = re.compile(r"`(?P<path>tests/[\w./-]+\.py)`")


def pages() -> list[Path]:
    """Everything that people read."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])


def decisions() -> list[Path]:
    """The decisions, by number."""
    return sorted(file for file in DECISIONS.glob("*.md") if file != TEMPLATE)


def test_the_search_has_found_the_pages() -> None:
    names = {str(page.relative_to(ROOT)) for page in pages()}
    assert {"README.md", "SECURITY.md", "docs/architecture.md", "docs/decisions/template.md"} <= names
    assert len(decisions()) >= 9


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text("utf-8"))
    targets = [link["target"] for link in _LINK.finditer(text) if "://" not in link["target"]]
    lost = [target for target in targets if not leads_somewhere(page, target)]
    assert not lost, f"nothing is there: {lost}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_named_in_code_type_exists(page: Path) -> None:
    text = _FENCED.sub("", page.read_text("utf-8"))
    named = re.findall(r"`((?:services|shared|deploy|docs|tests)/[\w./-]+\.(?:py|md|json|env|csv))`", text)
    lost = sorted({name for name in named if not (ROOT / name).exists()})
    assert not lost, f"nothing is there: {lost}"


@pytest.mark.parametrize("decision", decisions(), ids=lambda file: file.stem)
def test_a_decision_follows_the_template(decision: Path) -> None:
    wanted = headings(TEMPLATE.read_text("utf-8"))[1:]
    text = decision.read_text("utf-8")
    title, *rest = headings(text)
    assert re.fullmatch(rf"{decision.stem[:4]}\. \S.*", title), "the title begins with the number of the file"
    assert rest == wanted
    sections = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert all(section.strip() for section in sections), "a section is empty"
    assert _PATH.search(sections[-1]), "name the test that keeps the decision"
    assert len(text.split()) < 700, "a decision is one page"


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [file.stem[:4] for file in decisions()] == [f"{number:04}" for number in range(1, len(decisions()) + 1)]


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether the file is there and, when a heading is named, has it."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return False
    return not anchor or anchor in {slug(heading) for heading in headings(file.read_text("utf-8"))}


def headings(text: str) -> list[str]:
    """The headings of a page, in order."""
    return [found["text"] for found in _HEADING.finditer(_FENCED.sub("", text))]


def slug(heading: str) -> str:
    """A heading as an anchor, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
