"""What Skatteverket is asked in version 11: for which years, and for which parts of what it has."""

from datetime import datetime

from lxml import etree

from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.sources.domain import Inquiry
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.parts import add_text
from services.consultation.lookups.sources.ssbtek.tax_parts import ASKED_TAX_PARTS, TAX_PARTS
from services.consultation.lookups.sources.ssbtek.xml import Element

_YEARS = 2


def ask_tax(part: Element, inquiry: Inquiry, version: ContractVersion) -> None:
    """Add the `fraga`: the years, then a flag for each part."""
    question = etree.SubElement(part, version.name("fraga"))
    for year in completed_years(inquiry.asked_at):
        add_text(question, "ar", str(year), version)
    for name in TAX_PARTS:
        add_text(question, name, "true" if name in ASKED_TAX_PARTS else "false", version)


def completed_years(asked_at: datetime) -> tuple[int, ...]:
    """The two latest calendar years that have ended in Sweden, the earlier one first."""
    current = asked_at.astimezone(SWEDEN).year
    return tuple(range(current - _YEARS, current))
