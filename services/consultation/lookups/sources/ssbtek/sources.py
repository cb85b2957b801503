"""From the elements of one source to its reading, so that what one source sent cannot touch another."""

from services.consultation.lookups.sources.domain import Origin, SourceState
from services.consultation.lookups.sources.ssbtek.contract import Reader
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable
from services.consultation.lookups.sources.ssbtek.readers.strays import note_strays
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children


def read_source(reader: Reader, elements: list[Element]) -> tuple[Reading, Origin | None]:
    """Read what the composite answer holds for one source that was asked. Never raises.

    No element is `missing`; one with `error` is an `error` with the origin that `kalla` names.
    """
    if not elements:
        return Reading(SourceState.MISSING), None
    if len(elements) > 1:
        return unparseable("the source is answered more than once"), None
    try:
        return _read(reader, elements[0])
    except DocumentError as error:
        return unparseable(str(error)), None
    except Exception:  # whatever a reader did not foresee is this source's trouble only
        return unparseable("the answer could not be read"), None


def _read(reader: Reader, element: Element) -> tuple[Reading, Origin | None]:
    found = children(element)
    errors, contents = found.get("error", []), found.get("data", [])
    if errors:
        deviations = ("both data and error",) if contents else ()
        return _error(errors[0], deviations)
    if len(contents) != 1:
        return unparseable("neither data nor error" if not contents else "repeated element: data"), None
    return _with_strays(reader(contents[0]), contents[0]), None


def _with_strays(reading: Reading, data: Element) -> Reading:
    """With what stands in the element where no source's contract has a place for it, whoever reads it."""
    notes = Notes()
    note_strays(data, notes)
    return reading.with_notes(notes)


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
