"""What many of FK's records share: periods, and the common part of a decision."""

from services.consultation.lookups.sources.ssbtek.readers.json_kinds import (
    BOOLEAN,
    DATE,
    DIGIT_CODE,
    LETTER_CODE,
    MONEY,
)
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Members, Shape

PERIOD = Shape({"fran": ("from", DATE), "till": ("to", DATE)})
"""FK's period. Either end may be missing, and a date may lack its day."""

PM_PERIOD = Shape({"from": ("from", DATE), "tom": ("to", DATE)})
"""PM's period."""

DECISION: Members = {
    "fattades": ("decided", DATE),
    "definitivt": ("final", BOOLEAN),
    "forman": ("benefit", LETTER_CODE),
    "delforman": ("subBenefit", LETTER_CODE),
    "periodicitet": ("periodicity", DIGIT_CODE),
    "period": (None, PERIOD),
    "beslutatBruttobelopp": ("gross", MONEY),
}
"""The contract gives each kind of decision most of these; none of them means another thing elsewhere."""
