"""What a legal basis looks like outside."""

from typing import Any

from services.agreements.grounds.legal_bases import LegalBasis, Warned
from services.agreements.wire import Day, Links, Texts
from shared.http.bodies import WireModel
from shared.problems import Words


class LegalBasisSummary(WireModel):
    """Both days belong to the validity; null is open or not stated in the sources used."""

    legal_basis_id: str
    reference: str
    title: Texts
    valid_from: Day | None
    valid_to: Day | None
    replaced_by: str | None
    verified: bool
    note: Texts | None


class LegalBasisList(WireModel):
    """All on one page."""

    on: Day | None
    items: list[LegalBasisSummary]
    links: Links


class BasisWarning(WireModel):
    """The basis is not in force on the day; `replacement` is."""

    code: str
    texts: Texts
    replacement: LegalBasisSummary | None


class LegalBasisAnswer(LegalBasisSummary):
    """`warning` is null when the basis is in force on the day `on`."""

    on: Day
    in_force: bool
    warning: BasisWarning | None
    links: Links


def texts(words: Words) -> Texts:
    """On the wire."""
    return Texts(sv=words.sv, en=words.en)


def summary(basis: LegalBasis) -> LegalBasisSummary:
    """On the wire."""
    return LegalBasisSummary.model_validate(members(basis))


def members(basis: LegalBasis) -> dict[str, Any]:
    """What the list and the single answer have in common."""
    return {
        "legal_basis_id": basis.id,
        "reference": basis.reference,
        "title": texts(basis.title),
        "valid_from": basis.valid_from,
        "valid_to": basis.valid_to,
        "replaced_by": basis.replaced_by,
        "verified": basis.verified,
        "note": None if basis.note is None else texts(basis.note),
    }


def basis_warning(warned: Warned) -> BasisWarning:
    """On the wire."""
    replacement = None if warned.replacement is None else summary(warned.replacement)
    return BasisWarning(code=warned.code, texts=texts(warned.words), replacement=replacement)


_API = "https://samrad.example/agreements/v1"
_NEW: dict[str, Any] = {
    "legalBasisId": "sfs-2022-811",
    "reference": "förordningen (2022:811)",
    "title": {"sv": "Instruktion för Arbetsförmedlingen", "en": "Instruction for Arbetsförmedlingen"},
    "validFrom": "2022-12-01",
    "validTo": None,
    "replacedBy": None,
    "verified": True,
    "note": None,
}
BASIS_WARNING_EXAMPLE: dict[str, Any] = {
    "code": "no_longer_in_force",
    "texts": {
        "sv": "förordningen (2007:1030) gällde till och med 2022-11-30",
        "en": "förordningen (2007:1030) was in force until 2022-11-30",
    },
    "replacement": _NEW,
}
LEGAL_BASES_EXAMPLE: dict[str, Any] = {
    "on": "2026-02-02",
    "items": [_NEW],
    "_links": {"self": {"href": f"{_API}/legal-bases?on=2026-02-02"}},
}
LEGAL_BASIS_EXAMPLE: dict[str, Any] = {
    "legalBasisId": "sfs-2007-1030",
    "reference": "förordningen (2007:1030)",
    "title": {
        "sv": "Instruktion för Arbetsförmedlingen (äldre)",
        "en": "Instruction for Arbetsförmedlingen (older)",
    },
    "validFrom": None,
    "validTo": "2022-11-30",
    "replacedBy": "sfs-2022-811",
    "verified": True,
    "note": None,
    "on": "2023-01-15",
    "inForce": False,
    "warning": BASIS_WARNING_EXAMPLE,
    "_links": {"self": {"href": f"{_API}/legal-bases/sfs-2007-1030?on=2023-01-15"}},
}
