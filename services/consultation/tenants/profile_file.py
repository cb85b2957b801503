"""The file of tenant profiles: its form, and all that is wrong with one told at once, place by place.

What is loaded is stated to authorities in every look-up, so a slip of the pen is found here and not there.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from services.consultation.tenants.certificates import REFERENCE
from shared.tokens.jose import InvalidToken
from shared.tokens.verifier import canonical_organisation


class UnfitProfiles(ValueError):
    """Why a file is not loaded. `faults` name places, with the rule that each breaks."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _swedish_number(text: str) -> str:
    if re.fullmatch(r"16[0-9]{10}", text) is None:
        raise ValueError("must be twelve digits beginning with 16")
    try:
        canonical_organisation(text[2:])
    except (InvalidToken, ValueError):
        raise ValueError("must be an organisation number: its check digit is wrong") from None
    return text


def _code(text: str) -> str:
    if REFERENCE.fullmatch(text) is None:
        raise ValueError("must be at most 63 lower-case letters, digits and hyphens")
    return text


_Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
_Number = Annotated[str, AfterValidator(_swedish_number)]
_Code = Annotated[str, AfterValidator(_code)]


class _Part(BaseModel):
    # A member that nobody reads is a misspelt one.
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _Processor(_Part):
    organisation_number: _Number
    name: _Filled


class _Board(_Part):
    name: _Filled
    actor_id: _Filled


class _PostalAddress(_Part):
    recipient: _Filled
    street: _Filled | None = None
    postal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3} [0-9]{2}$")]
    city: _Filled


class _Text(_Part):
    purpose: _Filled
    from_: Annotated[date, Field(alias="from")]
    to: date | None = None
    purpose_text: _Filled
    legal_text: _Filled


class _Profile(_Part):
    organisation_number: _Number
    name: _Filled
    actor_id: _Filled
    processors: list[_Processor] = []
    boards: dict[_Code, _Board] = {}
    certificate: _Code | None = None
    postal_address: _PostalAddress | None = None
    purposes: Annotated[list[_Text], Field(min_length=1)]


class _File(_Part):
    notice: str = ""
    tenants: Annotated[list[_Profile], Field(min_length=1)]


def checked_profiles(document: Any, purposes: Collection[str]) -> list[dict[str, Any]]:
    """The profiles of a document, in the form of `sandbox.json`. Raises UnfitProfiles with all that is wrong.

    `purposes` are the codes that there are.
    """
    try:
        file = _File.model_validate(document)
    except ValidationError as fault:
        raise UnfitProfiles([f"{_place(each['loc'])}: {each['msg']}" for each in fault.errors()]) from None
    faults = [*_repeated(file), *(fault for each in file.tenants for fault in _faulty_texts(each, purposes))]
    if faults:
        raise UnfitProfiles(faults)
    return [each.model_dump(mode="json", by_alias=True) for each in file.tenants]


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".") or "file"


def _repeated(file: _File) -> Iterator[str]:
    numbers = [each.organisation_number for each in file.tenants]
    for number in sorted({each for each in numbers if numbers.count(each) > 1}):
        yield f"{number}: stands in the file more than once"


def _faulty_texts(profile: _Profile, purposes: Collection[str]) -> Iterator[str]:
    by_purpose: dict[str, list[_Text]] = {}
    for text in profile.purposes:
        place = f"{profile.organisation_number} {text.purpose} from {text.from_}"
        if text.purpose not in purposes:
            yield f"{place}: no such purpose; there are {', '.join(sorted(purposes))}"
        if text.to is not None and text.to < text.from_:
            yield f"{place}: ends before it begins"
        by_purpose.setdefault(text.purpose, []).append(text)
    for purpose, texts in by_purpose.items():
        for earlier, later in pairwise(sorted(texts, key=lambda each: each.from_)):
            if earlier.to is None or earlier.to >= later.from_:
                yield (
                    f"{profile.organisation_number} {purpose}: the text from {earlier.from_} "
                    f"overlaps the one from {later.from_}"
                )
