"""Version 10 of the contract (2025-01-30): `Sammansatt_Bastjanst_v10.wsdl` and `sammansatt_bastjanst_v10.xsd`."""

from types import MappingProxyType

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.contents import LEFI, NOTHING, OWN_PERIOD
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.parts import ask_lefi, ask_nothing_more, ask_own_period
from services.consultation.lookups.sources.ssbtek.readers.af import read_af
from services.consultation.lookups.sources.ssbtek.readers.csn import read_csn
from services.consultation.lookups.sources.ssbtek.readers.fk import read_fk
from services.consultation.lookups.sources.ssbtek.readers.miv import read_miv
from services.consultation.lookups.sources.ssbtek.readers.skv import read_skv
from services.consultation.lookups.sources.ssbtek.readers.so import read_so
from services.consultation.lookups.sources.ssbtek.readers.tns import read_tns

V10 = ContractVersion(
    label="10",
    namespace="http://schema.forsakringskassan.se/integration/ssbt/10",
    lefi_version="v9",
    parts=MappingProxyType(
        {
            SourceCode.AF: ask_own_period,
            SourceCode.CSN: ask_own_period,
            SourceCode.FK: ask_lefi,
            SourceCode.SKV: ask_nothing_more,
            SourceCode.SO: ask_own_period,
            SourceCode.TNS: ask_own_period,
            SourceCode.MIV: ask_nothing_more,
        }
    ),
    contents=MappingProxyType(
        {
            SourceCode.AF: OWN_PERIOD,
            SourceCode.CSN: OWN_PERIOD,
            SourceCode.FK: LEFI,
            SourceCode.SKV: NOTHING,
            SourceCode.SO: OWN_PERIOD,
            SourceCode.TNS: OWN_PERIOD,
            SourceCode.MIV: NOTHING,
        }
    ),
    readers=MappingProxyType(
        {
            SourceCode.AF: read_af,
            SourceCode.CSN: read_csn,
            SourceCode.FK: read_fk,
            SourceCode.SKV: read_skv,
            SourceCode.SO: read_so,
            SourceCode.TNS: read_tns,
            SourceCode.MIV: read_miv,
        }
    ),
)
