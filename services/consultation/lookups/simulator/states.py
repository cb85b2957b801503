"""Every state that is known of a source, for every source: how it is brought about, and what comes where it can't be.

The persons `state_<source>_<state>` of the simulator, the end-to-end tests and the table in `docs/lookups.md` are all
made from `CASES`, for version 10 of the contract.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from services.consultation.lookups.simulator.answers import af, csn, fk, skv, tns
from services.consultation.lookups.simulator.answers import so as funds
from services.consultation.lookups.simulator.answers.common import by_version, error
from services.consultation.lookups.simulator.faults import Fault
from services.consultation.lookups.simulator.question import Question, Script
from services.consultation.lookups.simulator.scripts import COMPLETE, NOTHING
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

WITH_A_DOCUMENT_INSIDE = frozenset({SourceCode.CSN, SourceCode.FK, SourceCode.SKV})
"""The sources whose answer is a document in a text."""


class Known(StrEnum):
    """What is known of a source: its state, and for an error whose it was."""

    NOT_ASKED = "not_asked"
    ANSWERED = "answered"
    ANSWERED_EMPTY = "answered_empty"
    PARTIAL = "partial"
    ERROR_BT = "error_bt"
    ERROR_SSBT = "error_ssbt"
    ERROR_LOCAL = "error_local"
    LOGICAL_ERROR = "logical_error"
    MISSING = "missing"
    UNPARSEABLE = "unparseable"

    @property
    def state(self) -> SourceState:
        """As the answer has it."""
        return SourceState(self.value.partition("_")[0] if self.value.startswith("error") else self.value)

    @property
    def origin(self) -> Origin | None:
        """As the answer has it."""
        return Origin(self.value.rpartition("_")[2].upper()) if self.value.startswith("error") else None


@dataclass(frozen=True, slots=True)
class Case:
    """One source in one state.

    `how` tells in words how the simulator brings it about. `script` and `faults` are what a person of its own answers;
    without a script there is none. Where the contract has no such answer, `instead` is what is known then, and `why`.
    """

    source: SourceCode
    known: Known
    how: str
    script: Script | None = field(default=None, repr=False)
    faults: tuple[Fault, ...] = ()
    instead: Known | None = None
    why: str = ""

    @property
    def person(self) -> str:
        """The name of the person that is looked up."""
        return "complete" if self.script is None else f"state_{self.source.lower()}_{self.known}"

    @property
    def valid_by_schema(self) -> bool:
        """Whether the composite answer keeps to its schema. What is wrong in a document inside it, does."""
        broken = any(fault.kind in ("broken", "unreadable") for fault in self.faults)
        return not broken or self.source in WITH_A_DOCUMENT_INSIDE

    @property
    def seen(self) -> Known:
        """What is known in the end."""
        return self.instead or self.known


def _fund_of_another_status(question: Question) -> Element:
    answer = funds.nothing(question)
    for element in answer.iter():
        if local_name(element) == "StatusSvarandeOrganisation":
            element.text = "EJ TILLGÄNGLIG"
    return answer


_EMPTY = {
    SourceCode.AF: "status code 0, not enrolled, no decisions",
    SourceCode.CSN: "result code 0 and `Ej träff`",
    SourceCode.FK: "both of LEFI's suppliers are OK and have nothing",
    SourceCode.SKV: "the person is there, without capital",
    SourceCode.SO: "a fund with status OK and nothing",
    SourceCode.TNS: "`resultat` OK and an empty holding",
    SourceCode.MIV: "a response without permits",
}
_REFUSED = (
    Case(SourceCode.AF, Known.LOGICAL_ERROR, "a status code other than 0", af.other_status),
    Case(SourceCode.CSN, Known.LOGICAL_ERROR, "a result code other than 0", csn.refused),
    Case(
        SourceCode.FK,
        Known.LOGICAL_ERROR,
        "a group that the asker may not see is named among LEFI's deviations",
        fk.not_entitled,
        instead=Known.PARTIAL,
        why="LEFI refuses a group and not the question, and the rest is content",
    ),
    Case(
        SourceCode.SKV,
        Known.LOGICAL_ERROR,
        "a fault of its web service in place of the document inside",
        # Of version 11 no such answer is known.
        by_version(skv.refused, error("BT", "TEKNISKT_FEL", "Ett tekniskt fel har uppstått hos bastjänsten")),
    ),
    Case(
        SourceCode.SO,
        Known.LOGICAL_ERROR,
        "a fund whose status is not OK, and which has nothing",
        _fund_of_another_status,
    ),
    Case(SourceCode.TNS, Known.LOGICAL_ERROR, "`resultat` FEL inside `data`", tns.refused),
    Case(
        SourceCode.MIV,
        Known.LOGICAL_ERROR,
        "an error of its own",
        COMPLETE[SourceCode.MIV],
        (Fault("bt", source=SourceCode.MIV),),
        instead=Known.ERROR_BT,
        why="Migrationsverket has no refusal inside its answer: what it cannot do comes as its own error",
    ),
)


def _by_fault(source: SourceCode, known: Known, kind: str, how: str) -> Case:
    return Case(source, known, how, COMPLETE[source], (Fault(kind, source=source),))


def _partial(source: SourceCode) -> Case:
    if source is SourceCode.FK:
        return Case(source, Known.PARTIAL, "one of LEFI's suppliers is down", fk.pension_unavailable)
    faults = (Fault("unreadable", source=source),)
    return Case(source, Known.PARTIAL, "one value cannot be read", COMPLETE[source], faults)


def _cut(source: SourceCode) -> Case:
    how = "the document inside is cut off" if source in WITH_A_DOCUMENT_INSIDE else "neither `data` nor `error`"
    return Case(source, Known.UNPARSEABLE, how, COMPLETE[source], (Fault("broken", source=source),))


def _cases(source: SourceCode) -> tuple[Case, ...]:
    return (
        Case(source, Known.NOT_ASKED, "the question leaves it out"),
        Case(source, Known.ANSWERED, "content that is read in full", COMPLETE[source]),
        Case(source, Known.ANSWERED_EMPTY, _EMPTY[source], NOTHING[source]),
        _partial(source),
        _by_fault(source, Known.ERROR_BT, "bt", "`error` with `kalla` BT"),
        _by_fault(source, Known.ERROR_SSBT, "late", "`error` with `kalla` SSBT: it did not answer in time"),
        Case(source, Known.ERROR_LOCAL, "the composite service answers 503"),
        *(case for case in _REFUSED if case.source is source),
        _by_fault(source, Known.MISSING, "absent", "its element is not in the answer"),
        _cut(source),
    )


CASES: tuple[Case, ...] = tuple(case for source in SourceCode for case in _cases(source))
