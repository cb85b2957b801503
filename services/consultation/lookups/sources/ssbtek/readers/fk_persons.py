"""The person whom FK's answer is about, and the persons named in it: children, relatives, co-applicants."""

from typing import Any

from services.consultation.lookups.sources.ssbtek.readers.json_kinds import (
    COUNTRY,
    DATE,
    DIGIT_CODE,
    EXTENT,
    MARK,
    TEXT,
    Value,
)
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Json, Listed, Members, Only, Shape
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes

# Dates of birth and death are texts: FK has some without day or month, and this is no place to lose one.
_IDENTITY: Members = {
    "personnummer": ("personNumber", TEXT),
    "foddes": ("born", TEXT),
    "namn": ("name", TEXT),
    "skyddad": ("protected", MARK),
    "avled": ("deceased", Only(TEXT)),
}
_NAMED = Shape(_IDENTITY)

ADDRESS = Shape(
    {
        "roller": ("roles", Listed(DIGIT_CODE)),
        "utdelningadress": ("lines", Listed(TEXT)),
        "postnummer": ("postalCode", TEXT),
        "postort": ("city", TEXT),
        "land": ("country", COUNTRY),
    }
)

_EMPLOYER = Shape(
    {
        "namn": ("name", TEXT),
        "organisationsnummer": ("organisationNumber", TEXT),
        "adress": ("address", ADDRESS),
    }
)
_CONTACT = Shape(
    {
        "namn": ("name", TEXT),
        "telefon": ("phones", Listed(TEXT)),
        "epost": ("emails", Listed(TEXT)),
    }
)
_WORKPLACE = Shape(
    {
        "nummer": ("number", TEXT),
        "namn": ("name", TEXT),
        "arbetsgivare": ("employer", _EMPLOYER),
        "sysselsattning": ("occupation", TEXT),
        "arbetstid": ("workingTime", EXTENT),
        "adress": ("address", ADDRESS),
        "telefon": ("phone", TEXT),
        "kontakt": ("contact", _CONTACT),
    }
)


def _read_named(value: Any, key: str, notes: Notes) -> Json | None:
    """A person who is not the one asked about. When marked as protected, nothing but the mark is kept."""
    person = _NAMED.read(value, key, notes)
    if person is not None and person["protected"]:
        return _NAMED.blank() | {"protected": True}
    return person


NAMED_PERSON = Value(_read_named, _NAMED.write)
"""`LefiPerson`."""

PERSON = Shape(
    {
        **_IDENTITY,
        "adress": ("addresses", Listed(ADDRESS)),
        "arbetsstallen": ("workplaces", Listed(_WORKPLACE)),
        "barn": ("children", Listed(NAMED_PERSON)),
        "civilstand": ("civilStatus", DIGIT_CODE),
        "folkbokford": (
            "registeredIn",
            Listed(Shape({"lan": ("county", TEXT), "kommun": ("municipality", TEXT)})),
        ),
        "medborgarskap": (
            "citizenships",
            Listed(Shape({"datum": ("date", DATE), "land": ("country", COUNTRY)})),
        ),
        "samhorig": ("relatives", Listed(NAMED_PERSON)),
    }
)
"""`LefiPersoninformation`."""

_SAYS_WHO = frozenset({"personNumber", "protected"})


def tells_anything(person: Json | None) -> bool:
    """Whether the block says more than whom it is about and whether that is protected."""
    return person is not None and any(
        value not in (None, []) for name, value in person.items() if name not in _SAYS_WHO
    )
