"""Legal bases with their validity, and what stands in their place when they are not in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.problems import Words


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """Both days belong to the validity; None is open. `verified`: the validity was read in the statute.

    `cited_as` is how texts refer to it, such as `2007:1030` or `11 kap. 11 a § SoL`.
    """

    id: str
    reference: str
    title: Words
    note: Words | None
    verified: bool
    replaced_by: str | None
    valid_from: date | None
    valid_to: date | None
    cited_as: tuple[str, ...] = ()

    def in_force(self, on: date) -> bool:
        """Whether it can be relied on that day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Warned:
    """Words about a basis that is not in force on a day, and the one to rely on instead, if there is one."""

    code: str
    words: Words
    replacement: LegalBasis | None


def warning(bases: Mapping[str, LegalBasis], basis: LegalBasis, on: date) -> Warned | None:
    """None when the basis is in force on the day."""
    if basis.in_force(on):
        return None
    if basis.valid_from is not None and on < basis.valid_from:
        words = Words(
            f"{basis.reference} gäller först från {basis.valid_from}",
            f"{basis.reference} is in force from {basis.valid_from} only",
        )
        return Warned("not_yet_in_force", words, _predecessor(bases, basis, on))
    words = Words(
        f"{basis.reference} gällde till och med {basis.valid_to}",
        f"{basis.reference} was in force until {basis.valid_to}",
    )
    return Warned("no_longer_in_force", words, _successor(bases, basis, on))


def _successor(bases: Mapping[str, LegalBasis], basis: LegalBasis, on: date) -> LegalBasis | None:
    found, passed = basis, {basis.id}
    while found.replaced_by is not None and found.replaced_by not in passed:
        found = bases[found.replaced_by]
        passed.add(found.id)
        if found.in_force(on):
            return found
    return None


def _predecessor(bases: Mapping[str, LegalBasis], basis: LegalBasis, on: date) -> LegalBasis | None:
    earlier = (each for each in bases.values() if each.in_force(on))
    return next((each for each in earlier if _leads_to(bases, each, basis)), None)


def _leads_to(bases: Mapping[str, LegalBasis], earlier: LegalBasis, later: LegalBasis) -> bool:
    passed: set[str] = set()
    while earlier.replaced_by is not None and earlier.id not in passed:
        passed.add(earlier.id)
        earlier = bases[earlier.replaced_by]
        if earlier.id == later.id:
            return True
    return False
