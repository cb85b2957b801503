"""What a valid request asks, taken out of its XML."""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.consultation.lookups.sources.domain import Period, SourceCode
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.tax_parts import TAX_PARTS
from services.consultation.lookups.sources.ssbtek.xml import Element, children, local_name


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters that the sources echo, and the period per included source.

    `tax_years` and `tax_parts` are what Skatteverket is asked for in version 11.
    """

    version: ContractVersion
    person: str = field(repr=False)
    organisation_number: str
    organisation_name: str
    handler: str
    case_reference: str
    purpose: str
    legal_text: str
    correlation_id: str | None
    asked_at: str | None
    periods: Mapping[SourceCode, Period]
    tax_years: tuple[int, ...] = ()
    tax_parts: tuple[str, ...] = ()


Script = Callable[[Question], Element | None]
"""What a source answers: its `data` or `error` element, or None to leave the source out of the answer.

A source without such a division, as Skatteverket in version 11, answers with its whole element.
"""


def read_question(operation: Element, version: ContractVersion) -> Question:
    """Read `hamtaBastjanstInformation`, which must already be valid."""
    parts = children(operation)
    general = children(parts["generellaFrageparametrar"][0])
    asker = children(general["ingivare"][0])
    period = _period(general["tidsperiod"][0])
    sources = children(parts["specifikaFrageparametrar"][0])
    asked_of_tax = _tax_question(sources[SourceCode.SKV][0])
    return Question(
        version=version,
        person=_text(general, "personidentitet").strip(),
        organisation_number=_text(asker, "organisationsnummer").strip(),
        organisation_name=_text(asker, "namn"),
        handler=_text(asker, "handlaggare"),
        case_reference=_text(general, "arendeidentitet"),
        purpose=_text(general, "syfte"),
        legal_text=_text(general, "lagtext"),
        correlation_id=_text(general, "korrelationsid") if "korrelationsid" in general else None,
        asked_at=_text(general, "frageTidpunkt").strip() if "frageTidpunkt" in general else None,
        periods={code: _own_period(sources[code][0], period) for code in SourceCode if _is_included(sources[code][0])},
        tax_years=tuple(int(each.text or "0") for each in asked_of_tax.get("ar", [])),
        tax_parts=tuple(name for name in TAX_PARTS if name in asked_of_tax and _is_true(_text(asked_of_tax, name))),
    )


def _text(fields: Mapping[str, list[Element]], name: str) -> str:
    return fields[name][0].text or ""


def _is_included(part: Element) -> bool:
    return _is_true(part.get("inkludera", ""))


def _is_true(text: str) -> bool:
    return text.strip() in ("true", "1")


def _tax_question(part: Element) -> Mapping[str, list[Element]]:
    found = children(part)
    return children(found["fraga"][0]) if "fraga" in found else {}


def _own_period(part: Element, general: Period) -> Period:
    found = children(part)
    if "fraga" in found and local_name(part) == SourceCode.FK:
        return _lefi_period(children(found["fraga"][0])["lefiJsonFraga"][0].text or "") or general
    return _period(found["tidsperiod"][0]) if "tidsperiod" in found else general


def _lefi_period(coded: str) -> Period | None:
    """Försäkringskassan's period, which is inside the LEFI question; None when that is not one."""
    try:
        period = json.loads(b64decode(coded))["period"]
        return Period(date.fromisoformat(period["from"]), date.fromisoformat(period["tom"]))
    except (ValueError, KeyError, TypeError):
        return None


def _period(element: Element) -> Period:
    found = children(element)
    # Ten characters: an xs:date may carry an offset.
    first, last = (_text(found, name).strip()[:10] for name in ("fromDatum", "tomDatum"))
    return Period(date.fromisoformat(first), date.fromisoformat(last))
