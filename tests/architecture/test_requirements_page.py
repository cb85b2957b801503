"""The page of requirement rows, the marks that tests carry, and the tool that joins them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests import requirements

TESTS = requirements.ROOT / "tests"


def test_every_row_stands_once_and_in_order() -> None:
    rows = requirements.page_rows(requirements.PAGE.read_text("utf-8"))
    assert rows == list(range(requirements.FIRST, requirements.LAST + 1))


def test_tests_name_rows_that_exist() -> None:
    marks = [mark for file in sorted(TESTS.rglob("*.py")) for mark in marks_in(file)]
    assert len(marks) > 20, "so few marks were found that the search must be broken"
    wrong = [place for place, row in marks if not requirements.FIRST <= row <= requirements.LAST]
    assert not wrong, f"rows are {requirements.FIRST}-{requirements.LAST}: {wrong}"


def test_the_tool_tells_which_rows_a_run_showed_and_fails_with_them(tmp_path: Path) -> None:
    file = tmp_path / "test_invented.py"
    file.write_text(
        "import pytest\n"
        "@pytest.mark.requirement(7)\ndef test_it_holds(): pass\n"
        "@pytest.mark.requirement(7, 8)\ndef test_it_breaks(): assert 1 == 2\n"
        "@pytest.mark.requirement(9)\ndef test_it_waits(): pytest.skip('later')\n",
        "utf-8",
    )
    page = requirements.PAGE.read_text("utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "tests.requirements", str(file)],
        cwd=requirements.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert "R7 failing" in run.stdout
    assert "R8 failing" in run.stdout
    assert "R9 skipped" in run.stdout
    assert "0 of 110 rows have tests that pass" in run.stdout
    assert requirements.PAGE.read_text("utf-8") == page, "a run of a part must leave the page alone"


def test_only_the_generated_parts_of_the_page_are_written_anew() -> None:
    page = (
        "# Rows\n\n| 1 | a look-up | failing |\n| 2 | another | tested |\n\nWords.\n"
        f"{requirements.BEGIN}\nold\n{requirements.END}\nMore words.\n"
    )
    after = requirements.written(page, {1: {"tests/unit/test_a.py::test_b": "passed"}})
    assert after == (
        "# Rows\n\n| 1 | a look-up | tested |\n| 2 | another | – |\n\nWords.\n"
        f"{requirements.BEGIN}\n| row | shown in |\n|---|---|\n| 1 | `tests/unit/test_a.py` |\n{requirements.END}\n"
        "More words.\n"
    )


def test_a_page_without_the_marks_is_not_touched() -> None:
    with pytest.raises(requirements.PageUnfit):
        requirements.written("| 1 | a look-up | |\n", {})


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([], requirements.NO_TEST),
        (["passed", "skipped"], requirements.TESTED),
        (["skipped"], requirements.SKIPPED),
        (["passed", "failed"], requirements.FAILING),
    ],
)
def test_a_row_is_as_good_as_its_worst_test(outcomes: list[str], state: str) -> None:
    assert requirements.state_of(outcomes) == state


def marks_in(file: Path) -> list[tuple[str, int]]:
    """Every row that a mark in the file names, with its place. A mark that is no plain number counts as row 0."""
    found = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="requirement", value=ast.Attribute(attr="mark")), args=rows):
                place = f"{file.relative_to(requirements.ROOT)}:{node.lineno}"
                found += [(place, row.value if _is_number(row) else 0) for row in rows]  # type: ignore[attr-defined]
    return found


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int
