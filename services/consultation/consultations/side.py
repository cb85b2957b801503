"""The two sides of a consultation, as they are called on the wire."""

from enum import StrEnum


class Side(StrEnum):
    """Whose words or deed."""

    MUNICIPALITY = "municipality"
    ANSWERING_AUTHORITY = "answering_authority"


def side_of(organisation: str, owner: str) -> Side:
    """Which side an organisation is on."""
    return Side.MUNICIPALITY if organisation == owner else Side.ANSWERING_AUTHORITY
