"""What the sources answer unless a person is special: everything, or nothing."""

from collections.abc import Mapping
from types import MappingProxyType

from services.consultation.lookups.simulator.answers import af, csn, fk, miv, skv, skv_v11, so, tns
from services.consultation.lookups.simulator.answers.common import by_version
from services.consultation.lookups.simulator.question import Script
from services.consultation.lookups.sources.domain import SourceCode

Scripts = Mapping[SourceCode, Script]

NOTHING: Scripts = MappingProxyType(
    {
        SourceCode.AF: af.nothing,
        SourceCode.CSN: csn.nothing,
        SourceCode.FK: fk.nothing,
        SourceCode.SKV: by_version(skv.nothing, skv_v11.nothing),
        SourceCode.SO: so.nothing,
        SourceCode.TNS: tns.nothing,
        SourceCode.MIV: miv.nothing,
    }
)
COMPLETE: Scripts = MappingProxyType(
    {
        SourceCode.AF: af.jobseeker,
        SourceCode.CSN: csn.payments,
        SourceCode.FK: fk.payments,
        SourceCode.SKV: by_version(skv.capital, skv_v11.capital),
        SourceCode.SO: so.payments,
        SourceCode.TNS: tns.vehicle,
        SourceCode.MIV: miv.permit,
    }
)


def complete(**changed: Script) -> Scripts:
    """Everything, with other answers from some sources."""
    return MappingProxyType({**COMPLETE, **{SourceCode(code): script for code, script in changed.items()}})


def only(**changed: Script) -> Scripts:
    """Nothing but from some sources."""
    return MappingProxyType({**NOTHING, **{SourceCode(code): script for code, script in changed.items()}})
