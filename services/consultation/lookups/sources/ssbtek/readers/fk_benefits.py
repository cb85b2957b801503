"""What FK tells besides payments: programmes that AF has assigned, job days, and benefit cases."""

from typing import Any

from services.consultation.lookups.sources.ssbtek.readers.json_fields import JsonFields

_CASE_ENDINGS = ("arende", "underhallsstodskrav", "underhallsstodsmottag", "mottagareavbarnbidrag")
_PAYMENTS = frozenset({"utbetalningsuppgift", "preliminarautbetalningar"})
_READ_HERE = frozenset({"programanvisning", "programersattningsarende", "programjobdagar", "generellPersoninformation"})

_Json = dict[str, Any]


def read(information: JsonFields) -> _Json:
    """`programmes`, `programmeCompensation`, `jobDays`, `cases`, `otherInformation` and `person`."""
    known = _PAYMENTS | _READ_HERE
    cases = [key for key in information if key not in known and key.endswith(_CASE_ENDINGS)]
    others = [key for key in information if key not in known and key not in cases]
    return {
        "programmes": [_programme(each) for each in information.objects("programanvisning")],
        "programmeCompensation": [
            _compensation(decision)
            for case in information.objects("programersattningsarende")
            for decision in case.objects("beslut")
        ],
        "jobDays": _job_days(information),
        "cases": [_case(key, each) for key in cases for each in information.objects(key)],
        # Named, so that nobody takes what is not shown here for what is not there.
        "otherInformation": [key for key in others if information.has_content(key)],
        "person": _person(information),
    }


def items(content: _Json) -> tuple[str, ...]:
    """The names of the pieces that hold something."""
    has = {
        "programmes": content["programmes"],
        "programmeCompensation": content["programmeCompensation"],
        "jobDays": content["jobDays"]["allUsed"] != "notRead" or content["jobDays"]["used"] is not None,
        "cases": content["cases"],
        "otherInformation": content["otherInformation"],
    }
    return tuple(name for name, there in has.items() if there)


def is_protected(person: JsonFields) -> bool:
    """Whether `skyddad` is anything but plainly no."""
    return person.raw("skyddad") not in (None, False, "false", 0)


def extent_of(extent: JsonFields) -> dict[str, int]:
    """A fraction. LEFI: a number that is not set counts as 0, and 0 of 0 is no extent given."""
    return {"numerator": extent.integer("taljare") or 0, "denominator": extent.integer("namnare") or 0}


def _programme(each: JsonFields) -> _Json:
    period, extent = each.inner("period"), each.inner("omfattning")
    return {
        "program": each.coded("program"),
        "from": period.date("fran") if period else None,
        "to": period.date("till") if period else None,
        "extent": extent_of(extent) if extent else None,
    }


def _compensation(decision: JsonFields) -> _Json:
    days = decision.objects("ersattningsdagar")
    return {
        **_decision(decision),
        "days": [
            {"date": day.date("dag"), "kind": day.coded("ersattning"), "amount": day.money("belopp")} for day in days
        ],
    }


def _job_days(information: JsonFields) -> _Json:
    """`allUsed` is `yes`, `no` or `notRead`: not being told is neither."""
    entries = information.objects("programjobdagar")
    flags = [each.boolean("harForbrukatMaxAntal") for each in entries]
    used = [number for each in entries if (number := each.integer("antalForbrukade")) is not None]
    all_used = "yes" if True in flags else "no" if flags and None not in flags else "notRead"
    return {"allUsed": all_used, "used": max(used, default=None)}


def _case(kind: str, case: JsonFields) -> _Json:
    return {
        "kind": "".join(letter for letter in kind if letter.isalpha()),
        "started": case.date("startades"),
        "active": case.boolean("aktivt"),
        "refused": case.boolean("avslaget"),
        "decisions": [_decision(each) for each in case.objects("beslut")],
    }


def _decision(each: JsonFields) -> _Json:
    period = each.inner("period")
    return {
        "decided": each.date("fattades"),
        "final": each.boolean("definitivt"),
        "benefit": each.coded("forman"),
        "subBenefit": each.coded("delforman"),
        "from": period.date("fran") if period else None,
        "to": period.date("till") if period else None,
        "gross": each.money("beslutatBruttobelopp"),
    }


def _person(information: JsonFields) -> _Json | None:
    person = next(iter(information.objects("generellPersoninformation")), None)
    if person is None:
        return None
    died = person.raw("avled")
    return {
        "deceased": died[0] if isinstance(died, list) and died and isinstance(died[0], str) else None,
        "civilStatus": person.coded("civilstand"),
    }
