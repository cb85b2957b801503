"""Households on the wire: the models, and between them and the domain. A person is a place in the request, from 0."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row

from services.consultation.context import Context
from services.consultation.lookups.households.domain import Household, Member, check_members
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.roles import Role
from services.consultation.lookups.signals.wire import ComparisonModel
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.wire import LookupAnswer, LookupRequest, SourcePeriods, read_question
from services.consultation.problems import SOURCE_OUTSIDE_PURPOSE
from services.consultation.scopes import PROTECTED_READ
from services.consultation.wire import CaseReference, Instant, PeriodModel, PersonText
from shared.http.bodies import WireModel
from shared.problems import Problem
from shared.tokens.caller import Caller

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class PersonModel(WireModel):
    """One person of the household."""

    person: PersonText
    role: Role


class HouseholdRequest(WireModel):
    """One applicant, at most one co-applicant, and children. `sources` and `period` default to what the purpose needs.

    About a child no more than the sources for children are asked, whatever `sources` and `sourcePeriods` name.
    """

    case_reference: CaseReference
    purpose: Annotated[str, Field(description="One of / En av: " + ", ".join(PURPOSES))]
    period: PeriodModel | None = None
    persons: Annotated[list[PersonModel], Field(min_length=1, max_length=12)]
    sources: Annotated[list[SourceCode] | None, Field(max_length=7)] = None
    source_periods: SourcePeriods = None
    comparison: ComparisonModel | None = None
    board: Annotated[str | None, Field(min_length=1, max_length=63, description="A board's code / Nämndens kod")] = None


class CellModel(WireModel):
    """How one source answered about one person, without content."""

    state: SourceState
    origin: Origin | None
    code: str | None


class MatrixRowModel(WireModel):
    """One person by all seven sources. `lookupId` is null for one who could not be asked about."""

    person: Annotated[int, Field(description="Position in the request, from 0 / Plats i begäran, från 0")]
    role: Role
    lookup_id: uuid.UUID | None
    cells: dict[SourceCode, CellModel]
    complete: bool
    protected_identity: bool
    withheld: bool


class MemberModel(WireModel):
    """One person's look-up, or the problem in its place. Both null when there was nothing to ask again."""

    index: int
    role: Role
    lookup: LookupAnswer | None
    problem: Annotated[
        dict[str, Any] | None, Field(description="As in an answer of its own (RFC 9457) / Som i ett eget svar")
    ]


class HouseholdAnswer(WireModel):
    """A household's answer: how everything stands, and each person's look-up."""

    household_lookup_id: uuid.UUID
    case_reference: str
    purpose: str
    complete: bool
    matrix: list[MatrixRowModel]
    lookups: list[MemberModel]
    links: Links


class RefusalModel(WireModel):
    """Why a person could not be asked about."""

    index: int
    code: str


class HouseholdRecord(WireModel):
    """A household afterwards: how everything stands, without content."""

    household_lookup_id: uuid.UUID
    asked_at: Instant
    handler: str
    case_reference: str
    purpose: str
    complete: bool
    matrix: list[MatrixRowModel]
    refusals: list[RefusalModel]
    links: Links


def read_household(body: HouseholdRequest, context: Context) -> Household:
    """The household with a question for each member. Raises Problem."""
    now = context.clock()
    members = []
    for position, each in enumerate(body.persons):
        sources = _sources(body, each.role)
        request = LookupRequest(
            person=each.person,
            case_reference=body.case_reference,
            purpose=body.purpose,
            period=body.period,
            sources=sources,
            source_periods=_source_periods(body, each.role, sources),
            comparison=body.comparison,
            board=body.board,
        )
        members.append(Member(position, each.role, read_question(request, context)))
    check_members([(each.role, each.question.person) for each in members])
    question = members[0].question
    return Household(uuid.uuid4(), now, question.case_reference, question.purpose, tuple(members))


def _sources(body: HouseholdRequest, role: Role) -> list[SourceCode] | None:
    """The sources to ask about one in the role. Raises Problem when none of those that are wanted is for it."""
    purpose = PURPOSES.get(body.purpose)
    if purpose is None or role is not Role.CHILD:
        return body.sources
    suited = purpose.sources_for(role)
    if body.sources is None or set(body.sources) - set(purpose.sources):
        # What lies outside the purpose is refused as it is for everybody.
        return body.sources or list(suited)
    chosen = [source for source in suited if source in body.sources]
    if not chosen:
        raise Problem(SOURCE_OUTSIDE_PURPOSE, members={"allowedSources": list(suited), "role": role})
    return chosen


def _source_periods(
    body: HouseholdRequest, role: Role, sources: list[SourceCode] | None
) -> dict[SourceCode, PeriodModel] | None:
    """The periods of the sources that are asked about one in the role: a child's are fewer, and that is no fault."""
    if role is not Role.CHILD or body.source_periods is None or sources is None:
        return body.source_periods
    return {source: period for source, period in body.source_periods.items() if source in sources}


def told_matrix(members: Sequence[Row[Any]], caller: Caller) -> list[MatrixRowModel]:
    """How everything stands, by the stored look-ups of the members."""
    return [
        MatrixRowModel(
            person=each.position,
            role=Role(each.role),
            lookup_id=each.lookup_id,
            cells=_cells(each),
            complete=bool(each.complete),
            protected_identity=bool(each.protected_identity),
            withheld=bool(each.protected_identity) and PROTECTED_READ.name not in caller.scopes,
        )
        for each in members
    ]


def _cells(member: Row[Any]) -> dict[SourceCode, CellModel]:
    told = {each["source"]: each for each in member.outcomes or ()}
    return {code: _cell(told.get(code), asked=code in (member.sources or ())) for code in SourceCode}


def _cell(outcome: dict[str, str | None] | None, *, asked: bool) -> CellModel:
    if outcome is None:
        # Of a look-up that never ended there is no trace of an answer.
        return CellModel(state=SourceState.MISSING if asked else SourceState.NOT_ASKED, origin=None, code=None)
    return CellModel.model_validate({name: outcome[name] for name in ("state", "origin", "code")})


def household_links(context: Context, household_id: uuid.UUID, *, complete: bool) -> dict[str, dict[str, str]]:
    """Where the matrix is read, and where what failed is asked again."""
    own = f"{context.base_url}/household-lookups/{household_id}"
    links = {"self": {"href": own}}
    return links if complete else {**links, "completions": {"href": f"{own}/completions"}}
