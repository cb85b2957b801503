"""The table of rules: data, in `rules.json`, read once and refused as a whole when anything in it does not hold."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from services.consultation.lookups.payments.domain import Kind
from services.consultation.lookups.payments.listing import MAPPERS
from services.consultation.lookups.signals.domain import Compare, Rule
from services.consultation.lookups.sources.domain import SourceCode

FILE = Path(__file__).with_name("rules.json")
LOOKED_AT = (0, -1, -2)
"""The months that are looked at, counted from the one asked about."""

_KEYS = frozenset(
    {
        "id",
        "source",
        "supplier",
        "benefits",
        "kinds",
        "compare",
        "stream",
        "thresholdPercent",
        "laterMonths",
        "pauseMonths",
    }
)
_STREAMS = ("benefit", "supplier")


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a file in the form of `rules.json`. Raises ValueError with the rule and what does not hold."""
    content = json.loads(text)
    rules = tuple(_rule(row, content["defaultThresholdPercent"]) for row in content["rules"])
    if len({rule.id for rule in rules}) != len(rules):
        raise ValueError("a rule is there twice")
    return rules


def _rule(row: Mapping[str, Any], default_threshold: str) -> Rule:
    if row.keys() != _KEYS:
        raise ValueError(f"{row.get('id')}: unknown or missing: {', '.join(sorted(row.keys() ^ _KEYS))}")
    try:
        rule = Rule(
            id=row["id"],
            source=SourceCode(row["source"]),
            supplier=row["supplier"],
            benefits=None if row["benefits"] is None else frozenset(row["benefits"]),
            kinds=frozenset(map(Kind, row["kinds"])),
            compare=Compare(row["compare"]),
            by_supplier=_STREAMS.index(row["stream"]) == 1,
            threshold_percent=Decimal(
                default_threshold if row["thresholdPercent"] is None else row["thresholdPercent"]
            ),
            later=tuple(row["laterMonths"]),
            pause=frozenset(row["pauseMonths"]),
        )
    except (ValueError, TypeError, InvalidOperation) as fault:
        raise ValueError(f"{row['id']}: {fault}") from None
    for problem, there in _problems(rule).items():
        if there:
            raise ValueError(f"{rule.id}: {problem}")
    return rule


def _problems(rule: Rule) -> dict[str, bool]:
    return {
        "the source tells of no payments": rule.source not in MAPPERS,
        "kinds must be some that are money of their own": not rule.kinds
        or not rule.kinds <= {Kind.PAYMENT, Kind.GRANT, Kind.LOAN},
        "a threshold is a number from 0": not rule.threshold_percent.is_finite() or rule.threshold_percent < 0,
        "later months are 0 and -1": not rule.later or not set(rule.later) <= set(LOOKED_AT[:-1]),
        "pause months are 1 to 12, and not all": not rule.pause < set(range(1, 13)),
    }


RULES = read_rules(FILE.read_text("utf-8"))
