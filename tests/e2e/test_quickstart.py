"""The quick start, carried out word for word on the running product; that it starts is shown in `test_run`."""

import re
import subprocess

from tests.exchange import Exchange
from tests.instance import ROOT, environment

PAGE = ROOT / "docs" / "quickstart.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
STARTS_IT = re.compile(r"^make run$", re.MULTILINE)


def commands() -> list[str]:
    """The blocks of the page in order, but for the one that starts the product."""
    return [block for block in BLOCK.findall(PAGE.read_text("utf-8")) if not STARTS_IT.search(block)]


def test_every_command_of_the_quick_start_works_in_order(exchange: Exchange) -> None:
    blocks = commands()
    assert len(blocks) >= 6
    script = "set -euo pipefail\n" + "\n".join(blocks) + "\necho walked through\n"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environment(exchange.home, exchange.ports["gateway"]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("walked through")


def test_the_page_shows_the_whole_way() -> None:
    page = PAGE.read_text("utf-8")
    for part in (
        "/lookups",
        "/completions",
        "/consultations",
        "/queue",
        "/claims",
        "/questions",
        "/replies",
        "/answers",
        "/lead-times",
    ):
        assert part in page
