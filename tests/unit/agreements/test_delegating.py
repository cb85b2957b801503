"""What can be delegated, by whom, and until when."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.agreements.delegations.domain import DELEGABLE, LONGEST_DAYS, Delegation, Side, State, Wish
from services.agreements.organisations.domain import Organisation
from services.gateway.scopes import all_scope_names
from services.gateway.tokens.demo import DEMO_CLIENTS
from shared.problems import Problem

TODAY = date(2026, 11, 20)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
KEPT_BY_THE_CONSUMER = {
    "samrad:agreements.write": "to bind the organisation is its own act",
    "samrad:answers.approve": "to answer is the authority's own decision on secrecy",
    "samrad:approvals.rule": "an authority arranges its own work",
    "samrad:audit.read": "who is watched does not hold the trail",
    "samrad:decisions.make": "between our own services",
    "samrad:delegations.check": "between our own services",
    "samrad:delegations.manage": "a supplier would prolong and widen its own",
    "samrad:delegations.read": "what others have been let to do is not a supplier's business",
    "samrad:faq.confirm": "to publish is the authority's own decision",
    "samrad:protected.mark": "a mark shuts others out, and is the organisation's own judgement",
    "samrad:protected.read": "the circle is as small as it can be",
    "samrad:queue.corrections": "the circle is as small as it can be",
    "samrad:queue.lead": "an authority arranges its own work",
    "samrad:queue.work": "to answer is the authority's own decision on secrecy",
    "samrad:retention.hold": "what must not be erased is the organisation's own judgement",
    "samrad:templates.manage": "an authority arranges its own work",
    "samrad:units.clocks": "an authority arranges its own work",
    "samrad:units.manage": "an authority arranges its own work",
    "samrad:violence.read": "the circle is as small as it can be",
    "samrad:webhooks.manage": "a subscription would outlive the delegation",
}


def organisation(kind: str) -> Organisation:
    return Organisation("x", "2120002627", kind, "X", None, None, None, None, None, None, invented=True)


def refused(wish: Wish, consumer: str = "municipality", supplier: str = "supplier") -> str | None:
    try:
        wish.check(organisation(consumer), organisation(supplier), TODAY)
    except Problem as problem:
        return problem.kind.code
    return None


def wish(first: date = TODAY, last: date = TODAY, scopes: tuple[str, ...] = DELEGABLE) -> Wish:
    return Wish("5599990008", scopes, first, last)


def test_every_scope_there_is_can_be_delegated_or_is_kept_for_a_reason() -> None:
    assert set(DELEGABLE).isdisjoint(KEPT_BY_THE_CONSUMER)
    assert set(DELEGABLE) | set(KEPT_BY_THE_CONSUMER) == set(all_scope_names())


@pytest.mark.parametrize("scope", KEPT_BY_THE_CONSUMER)
def test_what_is_kept_cannot_be_granted_beside_what_is_not(scope: str) -> None:
    assert refused(wish(scopes=(DELEGABLE[0], scope))) == "scope_not_delegable"


def test_a_demo_client_is_registered_for_nothing_that_cannot_be_delegated() -> None:
    registered = {scope for client in DEMO_CLIENTS.values() for scope in client.delegated_scopes}
    assert registered
    assert registered <= set(DELEGABLE)


@pytest.mark.parametrize("kind", ["municipality", "a_kassa", "state_agency", "region", "association", "international"])
def test_anyone_but_a_supplier_can_grant_and_only_a_supplier_can_be_granted(kind: str) -> None:
    assert refused(wish(), consumer=kind) is None
    assert refused(wish(), supplier=kind) == "supplier_unknown"
    assert refused(wish(), consumer="supplier") == "cannot_delegate"


@given(DAYS, DAYS)
def test_a_delegation_begins_today_at_the_earliest_and_lasts_three_years_at_the_most(first: date, last: date) -> None:
    fits = TODAY <= first <= last < first + timedelta(days=LONGEST_DAYS)
    assert refused(wish(first, last)) == (None if fits else "delegation_period_invalid")


@given(DAYS, DAYS, DAYS, st.booleans())
def test_it_is_in_force_on_its_days_both_included_and_never_once_withdrawn(
    first: date, last: date, today: date, withdrawn: bool
) -> None:
    first, last = min(first, last), max(first, last)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    delegation = Delegation(
        id=UUID(int=1),
        consumer=Side("2120002627", None),
        supplier=Side("5599990008", None),
        scopes=DELEGABLE,
        valid_from=first,
        valid_to=last,
        approved_by="x",
        created_at=at,
        withdrawn_at=at if withdrawn else None,
        withdrawn_by="x" if withdrawn else None,
    )

    assert (delegation.state(today) is State.IN_FORCE) == (first <= today <= last and not withdrawn)
    assert (delegation.state(today) is State.WITHDRAWN) == withdrawn
