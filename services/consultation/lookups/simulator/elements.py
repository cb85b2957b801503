"""Building XML: an element in one call, and dates that fall in the period asked for."""

from datetime import date, timedelta

from lxml import etree

from services.consultation.lookups.sources.domain import Period
from services.consultation.lookups.sources.ssbtek.xml import Element


def element(namespace: str | None, name: str, *content: str | Element, **attributes: str) -> Element:
    """An element with a text or with children. No namespace writes an unqualified element."""
    made = etree.Element(f"{{{namespace}}}{name}" if namespace else name, attributes)
    for each in content:
        if isinstance(each, str):
            made.text = each
        else:
            made.append(each)
    return made


def texts(namespace: str | None, pairs: dict[str, str]) -> list[Element]:
    """One element with text for each name, in order."""
    return [element(namespace, name, text) for name, text in pairs.items()]


def paydays(period: Period) -> list[date]:
    """The 25th of each month in the period, the latest three; the last day when there is none."""
    day = period.last
    found: list[date] = []
    while day >= period.first and len(found) < 3:
        payday = day.replace(day=25)
        if period.first <= payday <= period.last:
            found.append(payday)
        day = day.replace(day=1) - timedelta(days=1)
    return sorted(found) or [period.last]


def month_of(day: date) -> Period:
    """The calendar month that holds the day."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(first, following - timedelta(days=1))
