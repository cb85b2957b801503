"""The contract's `error` element, of a source or of a part of one."""

from dataclasses import dataclass

from services.consultation.lookups.sources.domain import Origin
from services.consultation.lookups.sources.ssbtek.xml import Element, children


@dataclass(frozen=True, slots=True)
class ReportedError:
    """Whose error it is, its code and messages verbatim, and what the element did otherwise than its contract."""

    origin: Origin
    code: str | None
    messages: tuple[str, ...]
    deviations: tuple[str, ...]


def read_error(element: Element) -> ReportedError:
    """Read `error`. The contract lists no codes, so whatever stands there is shown: `LEFI-VERSION` as any other."""
    texts = {name: [(each.text or "").strip() for each in elements] for name, elements in children(element).items()}
    named = "".join(texts.get("kalla", []))
    known = named in ("BT", "SSBT")
    return ReportedError(
        # The composite service wrote the element, so it is the one to ask when another is named.
        origin=Origin(named) if known else Origin.SSBT,
        code="".join(texts.get("felkod", [])) or None,
        messages=tuple(text for text in texts.get("felmeddelande", []) if text),
        deviations=() if known else ("unknown value: kalla",),
    )
