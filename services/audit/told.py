"""An entry of the trail as it is told to people, and lists of them as JSON and CSV."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.audit import OPERATOR, AuditEvent
from shared.problems import Words

_SWEDEN = ZoneInfo("Europe/Stockholm")
_OUTCOMES = {"permitted": Words("Tilläts", "Permitted"), "refused": Words("Nekades", "Refused")}
_OPERATOR = Words("Den som driver systemet", "The one who runs the system")
# A spreadsheet carries out what begins so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Told:
    """One entry. `acting` is who acted for the organisation, by name or number. `grounds` are the texts of law that the
    decision behind it rests on; `fields` what was shown.
    """

    id: str
    at: datetime
    event: str
    outcome: str
    organisation: str
    organisation_name: str | None
    acting: str | None
    client: str
    handler: str | None
    object_type: str
    object_id: str | None
    person: str | None
    purpose: str | None
    case_reference: str | None
    reason: str | None
    grounds: tuple[str, ...]
    fields: Any

    @property
    def words(self) -> Words:
        """The event, in words."""
        known = AuditEvent.catalogue.get(self.event)
        return known.words if known else Words(self.event, self.event)

    @property
    def outcome_words(self) -> Words:
        """The outcome, in words."""
        return _OUTCOMES.get(self.outcome, Words(self.outcome, self.outcome))

    @property
    def local(self) -> str:
        """The time as Swedish clocks show it."""
        return self.at.astimezone(_SWEDEN).strftime("%Y-%m-%d %H:%M:%S")

    @property
    def utc(self) -> str:
        """The time in UTC, as RFC 3339."""
        return self.at.isoformat().replace("+00:00", "Z")

    @property
    def number(self) -> str | None:
        """The organisation's number; None for the one who runs the system."""
        return None if self.organisation == OPERATOR else self.organisation.partition(":")[2]

    def named(self, language: str) -> str | None:
        """The organisation's name."""
        return _OPERATOR.in_language(language) if self.organisation == OPERATOR else self.organisation_name


def read_entries(entries: Sequence[str], names: Mapping[str, str]) -> list[Told]:
    """The entries. `names` are organisations' by canonical number.

    Only the entry of the first step of an exchange tells the grounds; the later ones name the same decision.
    """
    read = [json.loads(entry) for entry in entries]
    grounds: dict[str, tuple[str, ...]] = {}
    for entry in read:
        decision = entry.get("detail", {}).get("decision") or {}
        if decision.get("grounds"):
            grounds[decision["id"]] = tuple(decision["grounds"])
    return [_told(entry, names, grounds) for entry in read]


def _told(entry: dict[str, Any], names: Mapping[str, str], grounds: Mapping[str, tuple[str, ...]]) -> Told:
    actor, thing, detail = entry["actor"], entry["object"], entry.get("detail", {})
    acting = actor.get("acting", {}).get("organisation")
    return Told(
        id=entry["id"],
        at=datetime.fromisoformat(entry["time"]),
        event=entry["event"],
        outcome=entry["outcome"],
        organisation=actor["organisation"],
        organisation_name=names.get(actor["organisation"]),
        acting=acting and names.get(acting, acting.partition(":")[2]),
        client=actor["client"],
        handler=actor["stated"],
        object_type=thing["type"],
        object_id=thing["id"],
        person=entry["subject"],
        purpose=detail.get("purpose"),
        case_reference=detail.get("caseReference"),
        reason=detail.get("reason"),
        grounds=grounds.get((detail.get("decision") or {}).get("id", ""), ()),
        fields=detail.get("fields") or detail.get("sources"),
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: its key in JSON, its heading, and its value in a language. `worded` when the two differ."""

    key: str
    heading: Words
    value: Callable[[Told, str], Any]
    worded: bool = False


def as_json(
    head: Mapping[str, Any], key: str, told: Sequence[Told], columns: Sequence[Column], languages: Sequence[str]
) -> str:
    """The list as JSON, with what is said of the whole of it first."""
    rows = []
    for each in told:
        row: dict[str, Any] = {}
        for column in columns:
            values = {language: column.value(each, language) for language in languages}
            row[column.key] = values if column.worded else next(iter(values.values()))
        rows.append(row)
    return json.dumps({**head, key: rows}, ensure_ascii=False, indent=2) + "\n"


def as_csv(told: Sequence[Told], columns: Sequence[Column], languages: Sequence[str]) -> str:
    """The list as CSV (RFC 4180) with headings, beginning with the mark by which spreadsheets know UTF-8."""
    wide = [(column, language) for column in columns for language in (languages if column.worded else languages[:1])]
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([_heading(column, language, languages) for column, language in wide])
    for each in told:
        writer.writerow([_cell(column.value(each, language)) for column, language in wide])
    return "\ufeff" + written.getvalue()


def _heading(column: Column, language: str, languages: Sequence[str]) -> str:
    if column.worded:
        return column.heading.in_language(language)
    return " / ".join(dict.fromkeys(column.heading.in_language(each) for each in languages))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case list() | tuple():
            text = "; ".join(str(each) for each in value)
        case dict():
            text = "; ".join(f"{name}: {', '.join(each)}" for name, each in value.items())
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
