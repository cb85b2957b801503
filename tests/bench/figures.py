"""What is printed and kept: one figure a line, each beside its goal."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that a figure is to keep: `least` at least that much, else at most."""

    bound: float
    least: bool

    def met(self, value: float) -> bool:
        """Whether the value keeps the bound."""
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.least else '<='}{self.bound:g}"


def at_least(bound: float) -> Goal:
    """A floor."""
    return Goal(bound, least=True)


def at_most(bound: float) -> Goal:
    """A ceiling."""
    return Goal(bound, least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. Without a goal it is always `ok`."""

    name: str
    value: float
    unit: str
    goal: Goal | None = None

    @property
    def ok(self) -> bool:
        """Whether the goal, if there is one, is met."""
        return self.goal is None or self.goal.met(self.value)

    def line(self) -> str:
        """`bench <name> <value> <unit> goal <goal> ok|short`."""
        goal = self.goal or "none"
        return f"bench {self.name} {rounded(self.value):g} {self.unit} goal {goal} {'ok' if self.ok else 'short'}"


def rounded(value: float) -> float:
    """Three digits that mean something, and whole numbers whole."""
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")


def write(file: Path, figures: Sequence[Figure]) -> None:
    """All figures with the facts of the machine that matter, and nothing that names it."""
    told = {
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "architecture": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "figures": [
            {
                "name": figure.name,
                "value": rounded(figure.value),
                "unit": figure.unit,
                "goal": str(figure.goal) if figure.goal else None,
                "ok": figure.ok,
            }
            for figure in figures
        ],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    draft.replace(file)
