"""How a single source is asked: by its own period, by a LEFI question, or by nothing more than its name."""

import json
from base64 import b64encode

from lxml import etree

from services.consultation.lookups.sources.domain import Inquiry, Period, SourceCode
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.rules import InvalidRequestError
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

_OTHER_INFORMATION = frozenset({"GEPI", "PANV", "SGI", "SKUP", "STAV", "LINT", "PBH", "PU"})


def ask_own_period(part: Element, inquiry: Inquiry, version: ContractVersion) -> None:
    """Add a `tidsperiod` when the source is asked for another period than the general one."""
    period = inquiry.sources[SourceCode(local_name(part))]
    if period != inquiry.period:
        add_period(part, period, version)


def ask_nothing_more(part: Element, inquiry: Inquiry, version: ContractVersion) -> None:
    """SKV and MIV take no parameters in version 10."""


def ask_lefi(part: Element, inquiry: Inquiry, version: ContractVersion) -> None:
    """Add the `fraga` to Försäkringskassan and Pensionsmyndigheten: LEFI's JSON in base64."""
    question = etree.SubElement(part, version.name("fraga"))
    add_text(question, "version", version.lefi_version, version)
    add_text(question, "aktorsid", inquiry.asker.actor_id, version)
    add_text(question, "lefiJsonFraga", b64encode(lefi_question(inquiry)).decode("ascii"), version)


def lefi_question(inquiry: Inquiry) -> bytes:
    """The JSON of `LefiExternFormansinformationFraga` (LEFI v9), for the period that FK is asked for.

    FK's benefit groups are asked for in full, PM's for their payments, and the codes of other information
    in a list of their own. A code without a supplier prefix is FK's. Raises InvalidRequestError when no
    group is named: LEFI refuses such a question.
    """
    groups = tuple(dict.fromkeys(_with_prefix(code) for code in inquiry.benefit_groups))
    benefits = [code for code in groups if code[3:] not in _OTHER_INFORMATION]
    period = inquiry.sources[SourceCode.FK]
    lists = {
        "formansinformation": [code for code in benefits if code.startswith("FK:")],
        "preliminaraUtbetalningar": benefits,
        "utbetalningar": benefits,
        "ovrigInformation": [code for code in groups if code[3:] in _OTHER_INFORMATION],
    }
    if not groups:
        raise InvalidRequestError(("FK is asked without a benefit group",))
    question = {
        "personnummer": inquiry.person.reveal(),
        "period": {"from": period.first.isoformat(), "tom": period.last.isoformat()},
        **{name: codes for name, codes in lists.items() if codes},
    }
    return json.dumps(question, ensure_ascii=False).encode()


def add_period(parent: Element, period: Period, version: ContractVersion) -> None:
    """Add a `tidsperiod`."""
    element = etree.SubElement(parent, version.name("tidsperiod"))
    add_text(element, "fromDatum", period.first.isoformat(), version)
    add_text(element, "tomDatum", period.last.isoformat(), version)


def add_text(parent: Element, name: str, text: str, version: ContractVersion) -> None:
    """Add an element with text. Raises InvalidRequestError when XML cannot carry one of its characters."""
    try:
        etree.SubElement(parent, version.name(name)).text = text
    except ValueError:
        raise InvalidRequestError((f"{name}: has a character that XML cannot carry",)) from None


def _with_prefix(code: str) -> str:
    return code if code.startswith(("FK:", "PM:")) else f"FK:{code}"
