"""The rules of an installation: how long each class is kept, and on which ground. Read once, and refused as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.consultation.retention.classes import DATA_CLASSES, HOUSEHOLD, LOOKUP, DataClass
from services.consultation.retention.periods import CalendarYears, Length, Period
from shared.problems import Words

SHIPPED = Path(__file__).with_name("rules.json")

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
_MOST_YEARS = 100


class UnfitRules(Exception):
    """What is wrong with a file of rules, a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Bilingual(_Strict):
    sv: _Text
    en: _Text

    def words(self) -> Words:
        return Words(self.sv, self.en)


class _Period(_Strict):
    """One of them."""

    years: int | None = Field(default=None, ge=0, le=_MOST_YEARS)
    days: int | None = Field(default=None, ge=1, le=366 * _MOST_YEARS)
    minutes: int | None = Field(default=None, ge=1, le=527_040)

    @model_validator(mode="after")
    def _one(self) -> "_Period":
        if len(self.model_fields_set) != 1 or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("a period is years, days or minutes: one of them")
        return self

    def period(self) -> Period:
        if self.years is not None:
            return CalendarYears(self.years)
        return Length(timedelta(days=self.days or 0, minutes=self.minutes or 0))


class _Rule(_Strict):
    name: _Bilingual
    ground: _Bilingual
    period: _Period | None = None
    at_most: _Period | None = Field(default=None, alias="atMost")


class _File(_Strict):
    edition: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    classes: dict[str, _Rule]


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a class is kept; `period` is None when a setting decides it, or nothing does."""

    data: DataClass
    name: Words
    ground: Words
    period: Period | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Every class has one. `edition` is the date of the file."""

    edition: date
    by_class: Mapping[str, Rule]

    def of(self, data: DataClass) -> Rule:
        """The rule of a class."""
        return self.by_class[data.code]

    def period_of(self, data: DataClass) -> Period:
        """Of a class that the rules decide, or the code does. Raises KeyError when it has none."""
        period = self.of(data).period
        if period is None:
            raise KeyError(data.code)
        return period


def read_rules(file: Path | None = None) -> Rules:
    """The rules of the file, or those that are shipped. Raises UnfitRules, and OSError when it can't be read."""
    try:
        written = _File.model_validate_json((file or SHIPPED).read_bytes())
        edition = date.fromisoformat(written.edition)
    except ValidationError as fault:
        places = [f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in fault.errors()]
        raise UnfitRules(places) from None
    except ValueError:
        raise UnfitRules(["edition: not a day of the calendar"]) from None
    if faults := list(_contradictions(written)):
        raise UnfitRules(faults)
    return Rules(
        edition,
        {
            code: Rule(data, rule.name.words(), rule.ground.words(), _decided(data, rule))
            for code, data in DATA_CLASSES.items()
            for rule in [written.classes[code]]
        },
    )


def _decided(data: DataClass, rule: _Rule) -> Period | None:
    return data.fixed if rule.period is None else rule.period.period()


def _contradictions(written: _File) -> Iterator[str]:
    yield from (f"{code}: there is no such class" for code in sorted(written.classes.keys() - DATA_CLASSES.keys()))
    yield from (f"{code}: the class has no rule" for code in DATA_CLASSES if code not in written.classes)
    for code, rule in written.classes.items():
        if (data := DATA_CLASSES.get(code)) is not None:
            yield from (f"{code}: {fault}" for fault in _faults(data, rule))
    household, lookup = (written.classes.get(data.code) for data in (HOUSEHOLD, LOOKUP))
    if household and lookup and _years(household.period) > _years(lookup.period):
        yield "household: is kept no longer than its look-ups"


def _faults(data: DataClass, rule: _Rule) -> Iterator[str]:
    if not data.years:
        if rule.period is not None:
            yield "the rules don't decide its period" + (f": {data.setting} does" if data.setting else "")
        return
    if rule.period is None or rule.period.years is None:
        yield "its period is in years, counted from the end of the calendar year"
    elif rule.at_most is not None and (rule.at_most.years is None or rule.period.years > rule.at_most.years):
        yield f"its period is longer than atMost allows, which is in years: {rule.ground.en}"


def _years(period: _Period | None) -> int:
    return period.years if period is not None and period.years is not None else 0
