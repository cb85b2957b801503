"""What counts as cooperation (R59), defined where it is entered so that everybody counts the same.

The definition is that of the material on cooperation between Arbetsförmedlingen and municipalities: support from two or
more actors that is planned together. Somebody who is referred to a measure, as to studies, is helped on, but that is no
cooperation case.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.problems import Words


class Cooperation(StrEnum):
    """What the asker says that a consultation is part of. It may be left unsaid."""

    INDIVIDUAL = "individual"
    REFERRAL_ONLY = "referral_only"


COUNTED = frozenset({Cooperation.INDIVIDUAL})
"""What is counted as a cooperation case."""

COOPERATION_WORDS: Mapping[Cooperation, Words] = {
    Cooperation.INDIVIDUAL: Words(
        "Operativ individsamverkan: personen behöver stöd från två eller fler aktörer, som planeras gemensamt",
        "Operative individual cooperation: the person needs support from two or more actors, planned together",
    ),
    Cooperation.REFERRAL_ONLY: Words(
        "Koordinering till insats: personen hänvisas till en insats, till exempel studier; räknas inte som samverkan",
        "Coordination to a measure: the person is referred to one, as to studies; not counted as cooperation",
    ),
}
"""The definitions, as they are shown where the choice is made."""
