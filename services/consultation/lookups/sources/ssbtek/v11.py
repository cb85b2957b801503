"""Version 11 of the contract, reconstructed: no official schema of it is public.

Known from what callers have seen in Försäkringskassan's test environment (September 2026): the namespace; that
Skatteverket is asked with a `fraga` of years and five flags, without which the whole question fails; and that
Skatteverket answers with one element per asked part, each with `data` (base64 of JSON) or an `error` of its own, or
with an `error` for all of it. Taken over from version 10 without proof: everything else, names and order included.
"""

from dataclasses import replace
from types import MappingProxyType

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.contents import TAX
from services.consultation.lookups.sources.ssbtek.readers.skv_v11 import read_skv_v11
from services.consultation.lookups.sources.ssbtek.tax_question import ask_tax
from services.consultation.lookups.sources.ssbtek.v10 import V10

V11 = replace(
    V10,
    label="11",
    namespace="http://schema.forsakringskassan.se/integration/ssbt/11",
    parts=MappingProxyType({**V10.parts, SourceCode.SKV: ask_tax}),
    contents=MappingProxyType({**V10.contents, SourceCode.SKV: TAX}),
    readers=MappingProxyType({**V10.readers, SourceCode.SKV: read_skv_v11}),
    undivided=frozenset({SourceCode.SKV}),
)
