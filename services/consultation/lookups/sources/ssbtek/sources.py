"""From the elements of one source to its reading, so that what one source sent cannot touch another."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.af import read_af
from services.consultation.lookups.sources.ssbtek.readers.csn import read_csn
from services.consultation.lookups.sources.ssbtek.readers.fk import read_fk
from services.consultation.lookups.sources.ssbtek.readers.miv import read_miv
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable
from services.consultation.lookups.sources.ssbtek.readers.skv import read_skv
from services.consultation.lookups.sources.ssbtek.readers.so import read_so
from services.consultation.lookups.sources.ssbtek.readers.tns import read_tns
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children

READERS: Mapping[SourceCode, Callable[[Element], Reading]] = MappingProxyType(
    {
        SourceCode.AF: read_af,
        SourceCode.CSN: read_csn,
        SourceCode.FK: read_fk,
        SourceCode.SKV: read_skv,
        SourceCode.SO: read_so,
        SourceCode.TNS: read_tns,
        SourceCode.MIV: read_miv,
    }
)


def read_source(code: SourceCode, elements: list[Element]) -> tuple[Reading, Origin | None]:
    """Read what the composite answer holds for one source that was asked. Never raises.

    No element is `missing`; one with `error` is an `error` with the origin that `kalla` names.
    """
    if not elements:
        return Reading(SourceState.MISSING), None
    if len(elements) > 1:
        return unparseable("the source is answered more than once"), None
    try:
        return _read(code, elements[0])
    except DocumentError as error:
        return unparseable(str(error)), None
    except Exception:  # whatever a reader did not foresee is this source's trouble only
        return unparseable("the answer could not be read"), None


def _read(code: SourceCode, element: Element) -> tuple[Reading, Origin | None]:
    found = children(element)
    errors, contents = found.get("error", []), found.get("data", [])
    if errors:
        deviations = ("both data and error",) if contents else ()
        return _error(errors[0], deviations)
    if len(contents) != 1:
        return unparseable("neither data nor error" if not contents else "repeated element: data"), None
    return READERS[code](contents[0]), None


def _error(element: Element, deviations: tuple[str, ...]) -> tuple[Reading, Origin]:
    texts = {name: [(each.text or "").strip() for each in elements] for name, elements in children(element).items()}
    origin = "".join(texts.get("kalla", []))
    if origin not in ("BT", "SSBT"):
        # The composite service wrote the element, so it is the one to ask.
        origin, deviations = "SSBT", (*deviations, "unknown value: kalla")
    reading = Reading(
        SourceState.ERROR,
        code="".join(texts.get("felkod", [])) or None,
        messages=tuple(text for text in texts.get("felmeddelande", []) if text),
        deviations=deviations,
    )
    return reading, Origin(origin)
