"""Version 10 of the contract (2025-01-30): `Sammansatt_Bastjanst_v10.wsdl` and `sammansatt_bastjanst_v10.xsd`."""

from types import MappingProxyType

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.parts import ask_lefi, ask_nothing_more, ask_own_period

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
)
