"""The persons that the simulator knows, each with the answers that a test, a page or the demo needs.

Nobody here exists: they are born in the 1890s, and every number's check digit is computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.consultation.lookups.simulator.answers import af, changes, csn, fk, miv, skv, so, tns
from services.consultation.lookups.simulator.answers.common import absent, error, failed, late
from services.consultation.lookups.simulator.question import Script
from services.consultation.lookups.simulator.soap import SimulatedFault
from services.consultation.lookups.sources.domain import SourceCode
from shared.luhn import luhn_remainder

_Scripts = Mapping[SourceCode, Script]

NOTHING: _Scripts = MappingProxyType(
    {
        SourceCode.AF: af.nothing,
        SourceCode.CSN: csn.nothing,
        SourceCode.FK: fk.nothing,
        SourceCode.SKV: skv.nothing,
        SourceCode.SO: so.nothing,
        SourceCode.TNS: tns.nothing,
        SourceCode.MIV: miv.nothing,
    }
)
COMPLETE: _Scripts = MappingProxyType(
    {
        SourceCode.AF: af.jobseeker,
        SourceCode.CSN: csn.payments,
        SourceCode.FK: fk.payments,
        SourceCode.SKV: skv.capital,
        SourceCode.SO: so.payments,
        SourceCode.TNS: tns.vehicle,
        SourceCode.MIV: miv.permit,
    }
)


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """A twelve-digit number and how the sources answer about it.

    `valid_by_schema` tells whether its answers keep to the contract's schema.
    """

    number: str
    description: str
    scripts: _Scripts = field(repr=False)
    fault: SimulatedFault | None = None
    delay_seconds: float = 0.0
    valid_by_schema: bool = True


def number(born: str, serial: str) -> str:
    """A number from `YYYYMMDD` and three digits; add 60 to the day for a samordningsnummer."""
    body = born + serial
    return body + str((10 - luhn_remainder(f"{body[2:]}0")) % 10)


def _complete(**changed: Script) -> _Scripts:
    return MappingProxyType({**COMPLETE, **{SourceCode(code): script for code, script in changed.items()}})


def _only(**changed: Script) -> _Scripts:
    return MappingProxyType({**NOTHING, **{SourceCode(code): script for code, script in changed.items()}})


_UNKNOWN = SimulatedPerson("", "Any number that is not in the list: nothing registered anywhere.", NOTHING)

PERSONS: Mapping[str, SimulatedPerson] = MappingProxyType(
    {
        "complete": SimulatedPerson(number("18900104", "980"), "Every source answers with content.", COMPLETE),
        "nothing_registered": SimulatedPerson(
            number("18900211", "981"), "Every source answers, and has nothing.", NOTHING
        ),
        "af_late": SimulatedPerson(
            number("18900319", "982"), "AF does not answer the composite service in time.", _complete(AF=late)
        ),
        "fk_failed": SimulatedPerson(
            number("18900427", "983"), "FK reports a technical error of its own.", _complete(FK=failed)
        ),
        "csn_refused_by_ssbtek": SimulatedPerson(
            number("18900505", "984"),
            "The composite service itself reports an error for CSN.",
            _complete(CSN=error("SSBT", "ANROP_MISSLYCKADES", "Anropet till CSN kunde inte genomföras")),
        ),
        "late_and_failed": SimulatedPerson(
            number("18900613", "985"),
            "The demo person: AF is late and FK has failed; the other five answer with content.",
            _complete(AF=late, FK=failed),
        ),
        "all_down": SimulatedPerson(
            number("18900721", "986"),
            "No source answers: three are late and four have failed.",
            MappingProxyType({code: late if code in ("AF", "CSN", "FK") else failed for code in SourceCode}),
        ),
        "service_fault": SimulatedPerson(
            number("18900829", "987"),
            "The whole service answers with a SOAP fault that has a detail.",
            NOTHING,
            fault=SimulatedFault(("Tjänsten är stängd för underhåll", "Försök igen senare"), code="SSBT-1001"),
        ),
        "generic_fault": SimulatedPerson(
            number("18900906", "988"),
            "The whole service answers with a SOAP fault without detail.",
            NOTHING,
            fault=SimulatedFault(("Internal Error",)),
        ),
        "protected_by_af": SimulatedPerson(
            number("18901014", "989"), "AF marks a protected identity.", _complete(AF=af.protected)
        ),
        "protected_by_fk": SimulatedPerson(
            number("18911122", "980"), "FK marks a protected identity.", _complete(FK=fk.protected)
        ),
        "protected_by_csn": SimulatedPerson(
            number("18911230", "981"), "CSN marks a protected identity.", _complete(CSN=csn.protected)
        ),
        "slow": SimulatedPerson(
            number("18910108", "982"), "The answer is complete, after nine seconds.", COMPLETE, delay_seconds=9.0
        ),
        "csn_unreadable": SimulatedPerson(
            number("18910216", "983"), "CSN's inner document is cut off.", _complete(CSN=csn.broken)
        ),
        "fk_unreadable": SimulatedPerson(number("18910324", "984"), "FK's JSON is cut off.", _complete(FK=fk.broken)),
        "skv_unreadable": SimulatedPerson(
            number("18910401", "985"), "SKV's inner document is not XML.", _complete(SKV=skv.broken)
        ),
        "overlapping_decisions": SimulatedPerson(
            number("18910509", "986"),
            "AF has two overlapping decisions and tells the later one first.",
            _complete(AF=af.overlapping),
        ),
        "pension_unavailable": SimulatedPerson(
            number("18910617", "987"),
            "LEFI answers without Pensionsmyndigheten.",
            _complete(FK=fk.pension_unavailable),
        ),
        "not_entitled": SimulatedPerson(
            number("18910725", "988"), "LEFI leaves out a group and names it.", _complete(FK=fk.not_entitled)
        ),
        "af_other_status": SimulatedPerson(
            number("18920802", "980"), "AF answers with a status code other than 0.", _complete(AF=af.other_status)
        ),
        "csn_result_code": SimulatedPerson(
            number("18920910", "981"), "CSN answers with a result code other than 0.", _complete(CSN=csn.refused)
        ),
        "tns_refused": SimulatedPerson(
            number("18921018", "982"), "TNS answers FEL inside its data.", _complete(TNS=tns.refused)
        ),
        "source_absent": SimulatedPerson(
            number("18921126", "983"), "SO is asked but is not in the answer.", _complete(SO=absent)
        ),
        "af_deviating": SimulatedPerson(
            number("18921204", "984"),
            "AF's answer breaks its schema: elements missing and added, values padded.",
            _complete(AF=af.deviating),
            valid_by_schema=False,
        ),
        "without_activity_report": SimulatedPerson(
            number("18930112", "985"), "Enrolled at AF, with no activity report.", _complete(AF=af.without_report)
        ),
        "fund_payment_only": SimulatedPerson(
            number("18930220", "986"), "Nothing but payments from an unemployment fund.", _only(SO=so.payments)
        ),
        "fund_suspended": SimulatedPerson(
            number("18930328", "987"),
            "Suspended from the unemployment fund and deregistered at AF.",
            _only(AF=af.suspended, SO=so.suspension),
        ),
        "pensioner": SimulatedPerson(
            number("18900505", "988"), "Payments from Pensionsmyndigheten only.", _only(FK=fk.pension)
        ),
        "income_changes": SimulatedPerson(
            number("18940418", "983"),
            "In the latest month: more from FK, nothing from the fund, and study grant and loan for the first time.",
            _only(CSN=changes.csn_started, FK=changes.fk_raised, SO=changes.so_ended),
        ),
        "income_unread": SimulatedPerson(
            number("18940526", "984"),
            "As income_changes, but the funds do not answer in time and Pensionsmyndigheten is down.",
            _only(CSN=changes.csn_started, FK=fk.pension_unavailable, SO=late),
        ),
        "coordination_permit": SimulatedPerson(
            number("18940475", "980"),
            "A samordningsnummer with a residence permit and nothing more.",
            _only(MIV=miv.permit),
        ),
        "coordination_nothing": SimulatedPerson(
            number("18950583", "981"), "A samordningsnummer that no source knows.", NOTHING
        ),
        "coordination_late": SimulatedPerson(
            number("18960790", "982"),
            "A samordningsnummer; AF is late and Migrationsverket has a permit.",
            _only(AF=late, MIV=miv.permit),
        ),
    }
)

_BY_NUMBER = {person.number: person for person in PERSONS.values()}


def behaviour_of(person_number: str) -> SimulatedPerson:
    """The person with the number, or one of whom nothing is registered."""
    return _BY_NUMBER.get(person_number, _UNKNOWN)
