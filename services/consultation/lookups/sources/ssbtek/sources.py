"""From the elements of one source to its reading, so that what one source sent cannot touch another."""

import logging

from services.consultation.lookups.sources.domain import Origin, SourceState
from services.consultation.lookups.sources.ssbtek.contract import Reader
from services.consultation.lookups.sources.ssbtek.readers.errors import read_error
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable
from services.consultation.lookups.sources.ssbtek.readers.strays import note_strays
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children, local_name

_log = logging.getLogger("sources")


def read_source(reader: Reader, elements: list[Element], *, undivided: bool = False) -> tuple[Reading, Origin | None]:
    """Read what the composite answer holds for one source that was asked. Never raises.

    No element is `missing`; one with `error` is an `error` with the origin that `kalla` names. The reader is given
    the `data` of the source, or its whole element when that is `undivided`.
    """
    if not elements:
        return Reading(SourceState.MISSING), None
    if len(elements) > 1:
        return unparseable("the source is answered more than once"), None
    try:
        return _read_undivided(reader, elements[0]) if undivided else _read(reader, elements[0])
    except DocumentError as error:
        return unparseable(str(error)), None
    except Exception:
        # Whatever a reader did not foresee is this source's trouble only, and ours to look into: its place names the
        # source.
        _log.exception("an answer could not be read")
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


def _read_undivided(reader: Reader, element: Element) -> tuple[Reading, Origin | None]:
    errors = [child for child in element if local_name(child) == "error"]
    if errors:
        return _error(errors[0], ("both data and error",) if len(element) > len(errors) else ())
    reading = reader(element)
    failed = reading.state is SourceState.ERROR
    return reading, next((part.origin for part in reading.parts if part.origin is not None), None) if failed else None


def _error(element: Element, deviations: tuple[str, ...]) -> tuple[Reading, Origin]:
    found = read_error(element)
    reading = Reading(
        SourceState.ERROR, code=found.code, messages=found.messages, deviations=(*deviations, *found.deviations)
    )
    return reading, found.origin
