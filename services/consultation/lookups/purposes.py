"""Purposes: what a look-up may be for, and therefore which sources it may ask and about what.

The benefit groups are LEFI's own codes, Försäkringskassan's unless prefixed with PM. Programme assignments
and job days matter for a first decision; a recovery looks at payments alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.consultation.lookups.roles import Role
from services.consultation.lookups.sources.domain import Period, SourceCode
from services.consultation.problems import PERIOD_INVALID, SOURCE_OUTSIDE_PURPOSE
from shared.problems import Problem, Words

_LONGEST = timedelta(days=5 * 366)
_LONGEST_WITH_FK = timedelta(days=2 * 365 + 1)
_LATEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Purpose:
    """`sources` may be asked, all of them when nothing else is chosen."""

    code: str
    words: Words
    sources: tuple[SourceCode, ...]
    benefit_groups: tuple[str, ...]

    def sources_for(self, role: Role) -> tuple[SourceCode, ...]:
        """The sources that may be asked about a member of a household."""
        return tuple(source for source in self.sources if role is not Role.CHILD or source in CHILD_SOURCES)


CHILD_SOURCES = (SourceCode.CSN, SourceCode.FK)
"""What may be paid for or to a child: study aid, and benefits. A child has no work, vehicle or capital to ask about."""

_PAYMENTS = (
    "ABB",
    "AP",
    "AS",
    "BOB",
    "DPE",
    "FP",
    "FSJP",
    "GP",
    "OMV",
    "PROG",
    "RBE",
    "SA",
    "SJP",
    "TFP",
    "US",
    "VB",
)

PURPOSES: Mapping[str, Purpose] = {
    purpose.code: purpose
    for purpose in (
        Purpose(
            "financial_aid_application",
            Words("Ansökan om ekonomiskt bistånd", "Application for financial aid"),
            tuple(SourceCode),
            (*_PAYMENTS, "PANV", "PJOB"),
        ),
        Purpose(
            "financial_aid_first_visit",
            Words("Nyansökan om ekonomiskt bistånd", "First application for financial aid"),
            tuple(SourceCode),
            (*_PAYMENTS, "PANV", "PJOB", "BTI", "HE", "MEK"),
        ),
        Purpose(
            "financial_aid_recovery",
            Words("Återkrav av ekonomiskt bistånd", "Recovery of financial aid"),
            (SourceCode.AF, SourceCode.CSN, SourceCode.FK, SourceCode.SO),
            _PAYMENTS,
        ),
    )
}


def chosen_sources(purpose: Purpose, wanted: Sequence[SourceCode] | None) -> tuple[SourceCode, ...]:
    """The sources to ask, in the contract's order. Raises Problem when one lies outside the purpose."""
    if wanted is None:
        return purpose.sources
    if not wanted or set(wanted) - set(purpose.sources):
        members = {"allowedSources": [source.value for source in purpose.sources]}
        raise Problem(SOURCE_OUTSIDE_PURPOSE, members=members)
    return tuple(source for source in purpose.sources if source in wanted)


def check_period(period: Period, sources: Sequence[SourceCode], today: date) -> None:
    """Raises Problem when the order is wrong or the span longer than the sources accept.

    Försäkringskassan answers a period over two years with an error for the whole source.
    """
    span = period.last - period.first
    longest = _LONGEST_WITH_FK if SourceCode.FK in sources else _LONGEST
    if span < timedelta(0) or span > longest or period.last > today + _LATEST:
        raise Problem(PERIOD_INVALID)
