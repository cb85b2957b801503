"""What the element of a single source may hold in a request, as our own check has it."""

from services.consultation.lookups.sources.ssbtek import lexical
from services.consultation.lookups.sources.ssbtek.grammar import Part, leaf
from services.consultation.lookups.sources.ssbtek.tax_parts import TAX_PARTS

NOTHING: tuple[Part, ...] = ()
"""The source takes no parameters."""

PERIOD = (leaf("fromDatum", lexical.is_date), leaf("tomDatum", lexical.is_date))
"""What a `tidsperiod` holds."""

OWN_PERIOD = (Part("tidsperiod", PERIOD, least=0),)
"""A period of the source's own instead of the general one."""

LEFI = (
    Part(
        "fraga",
        (
            leaf("version", lexical.is_text, least=0),
            leaf("aktorsid", lexical.is_text),
            leaf("lefiJsonFraga", lexical.is_base64),
        ),
        least=0,
    ),
)
"""The question to Försäkringskassan and Pensionsmyndigheten."""

TAX = (
    Part(
        "fraga",
        (
            Part("ar", text=lexical.is_year, most=None),
            *(leaf(name, lexical.is_boolean) for name in TAX_PARTS),
        ),
    ),
)
"""The question to Skatteverket in version 11, which must be there when it is asked."""
