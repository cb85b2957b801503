"""The versions of the contract that can be spoken, by the label that a setting names."""

from collections.abc import Mapping
from types import MappingProxyType

from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.v11 import V11

VERSIONS: Mapping[str, ContractVersion] = MappingProxyType({version.label: version for version in (V10, V11)})
