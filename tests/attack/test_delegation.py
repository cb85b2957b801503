"""A supplier that acts for a municipality: with its rights, as far as it has let it, and not a minute longer."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from joserfc.jwk import ECKey

from services.agreements.days import swedish_day
from services.gateway.scopes import CATALOGUE
from shared.tokens.client import ClientIdentity, authorization, token_request
from shared.tokens.verifier import ORGANISATION_CLAIM
from tests import openapi_check
from tests.attack.support import AF, CONSULTATIONS, LOOKUPS, MALMO, UMEA, act, sql
from tests.exchange import Exchange, consultation_body, lookup_body
from tests.reading import whole_list, whole_trail

pytestmark = pytest.mark.attack
SUPPLIER = "0007:5599990008"
DELEGATIONS = "/agreements/v1/delegations"
AGREEMENTS = "/agreements/v1/agreements"
SCOPES = (
    "samrad:agreements.read",
    "samrad:consultations.create",
    "samrad:consultations.read",
    "samrad:lookups.create",
)
SWEDEN = ZoneInfo("Europe/Stockholm")
Grant = Callable[..., dict[str, Any]]


@pytest.fixture
def grant(exchange: Exchange) -> Iterator[Grant]:
    """Lets a consumer grant. There are no other delegations in force, and afterwards none at all."""

    def grant(name: str = "umea", **changes: Any) -> dict[str, Any]:
        today = swedish_day(exchange.clock())
        body = {
            "supplier": SUPPLIER.removeprefix("0007:"),
            "scopes": list(SCOPES),
            "validFrom": str(today),
            "validTo": str(today + timedelta(days=30)),
            **changes,
        }
        answer = exchange.send(name, "POST", DELEGATIONS, body, handler="chief-1")
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    withdraw_all(exchange)
    yield grant
    withdraw_all(exchange)
    exchange.forget_tokens()


def withdraw_all(exchange: Exchange) -> None:
    """What other tests have granted too."""
    stop = "UPDATE delegation SET withdrawn_at = now(), withdrawn_by = 'test' WHERE withdrawn_at IS NULL"
    sql(exchange, stop, database="agreements")


def withdraw(exchange: Exchange, name: str, delegation_id: str) -> None:
    assert exchange.send(name, "POST", f"{DELEGATIONS}/{delegation_id}/withdrawals").status_code == 200


def ask(
    exchange: Exchange,
    consumer: str | None,
    *scopes: str,
    service: str = "consultation",
    identity: ClientIdentity | None = None,
    **more: str,
) -> httpx.Response:
    """The supplier's system asks for a token. `consumer` is ten digits, or canonical."""
    asking = identity or exchange.client("casesystem").identity
    number = None if consumer is None else consumer.removeprefix("0007:")
    form, headers = token_request(
        asking, f"{exchange.base_url}/{service}", scopes, exchange.clock(), bound=True, on_behalf_of=number
    )
    return exchange.http.post(asking.token_url, data={**form, **more}, headers=headers)


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def call(
    exchange: Exchange, method: str, path: str, body: Any = None, *, consumer: str = UMEA, **headers: str
) -> httpx.Response:
    """One call of the supplier's system with the rights of a consumer, on a token that it keeps."""
    client = exchange.client("casesystem", scopes=set(SCOPES), on_behalf_of=consumer.removeprefix("0007:"))
    sent = {"Samrad-Handler": "hl-1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = client.request(method, exchange.base_url + path, headers=sent, json=body)
    openapi_check.check(answer)
    return answer


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def trail(exchange: Exchange, name: str, object_id: str, service: str = "consultation") -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = exchange.send(
        name, "GET", f"/{service}/v1/audit-entries?limit=100&objectId={object_id}"
    ).json()["entries"]
    return entries


def test_a_supplier_acts_with_the_consumers_rights_and_the_trail_shows_both(exchange: Exchange, grant: Grant) -> None:
    delegation = grant()
    claims = claims_of(ask(exchange, UMEA, "samrad:lookups.create").json()["access_token"])
    assert claims[ORGANISATION_CLAIM] == "2120002627"
    assert (claims["sub"], claims["client_id"]) == ("casesystem", "casesystem")
    assert claims["act"] == {
        "sub": "casesystem",
        ORGANISATION_CLAIM: "5599990008",
        "delegation": delegation["delegationId"],
    }

    made = call(exchange, "POST", LOOKUPS, lookup_body("complete", exchange.clock()))

    assert made.status_code == 200
    lookup = made.json()["lookupId"]
    assert exchange.send("umea", "GET", f"{LOOKUPS}/{lookup}").status_code == 200
    disclosed = [entry for entry in trail(exchange, "umea", lookup) if entry["event"] == "lookup.disclosed"]
    assert [
        (each["organisation"], each["actingOrganisation"], each["delegationId"], each["client"], each["actor"])
        for each in disclosed
    ] == [(UMEA, SUPPLIER, delegation["delegationId"], "casesystem", "hl-1")]
    own = [entry for entry in trail(exchange, "umea", lookup) if entry["client"] == "umea"]
    assert {(entry["actingOrganisation"], entry["delegationId"]) for entry in own} == {(None, None)}


def test_a_consultation_opened_by_a_supplier_is_the_consumers_and_says_who_acted(
    exchange: Exchange, grant: Grant
) -> None:
    delegation = grant()
    receipt = call(exchange, "POST", CONSULTATIONS, consultation_body()).json()
    act(exchange, "af-workbench", receipt, "claims", 1)

    opened = next(
        entry for entry in trail(exchange, "umea", receipt["consultationId"]) if entry["event"] == "consultation.opened"
    )
    read = call(exchange, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}")
    seen = exchange.send("af-workbench", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}")

    assert (opened["actingOrganisation"], opened["delegationId"]) == (SUPPLIER, delegation["delegationId"])
    assert read.status_code == seen.status_code == 200
    assert delegation["delegationId"] not in seen.text
    listed = whole_list(exchange, "umea", "consultations")
    assert receipt["number"] in {each["number"] for each in listed}


def test_what_is_not_delegated_is_refused_in_the_same_words_whoever_is_named(exchange: Exchange, grant: Grant) -> None:
    grant()
    asked = "samrad:lookups.create"
    answers = [
        ask(exchange, MALMO, asked),
        ask(exchange, AF, asked),
        ask(exchange, SUPPLIER, asked),
        ask(exchange, "2120009994", asked),
        ask(exchange, "2120002628", asked),
        ask(exchange, "", asked),
        ask(exchange, "umea", asked),
        ask(exchange, "２１２０００２６２７", asked),
        ask(exchange, UMEA, "samrad:lookups.read"),
        ask(exchange, UMEA, asked, "samrad:consultations.manage"),
    ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(400, answers[0].text)}
    assert answers[0].json()["error"] == "invalid_grant"
    assert "2120" not in answers[0].text
    assert ask(exchange, UMEA, asked).status_code == 200


def test_without_a_consumer_a_supplier_has_its_own_rights_and_with_one_only_delegated_ones(
    exchange: Exchange, grant: Grant
) -> None:
    grant()
    own = ask(exchange, None, "samrad:agreements.read", service="agreements")

    assert claims_of(own.json()["access_token"])[ORGANISATION_CLAIM] == "5599990008"
    assert "act" not in claims_of(own.json()["access_token"])
    assert ask(exchange, None, "samrad:lookups.create").json()["error"] == "invalid_scope"
    assert ask(exchange, UMEA, "samrad:delegations.read", service="agreements").json()["error"] == "invalid_scope"


def test_members_of_a_form_that_say_who_acts_say_nothing(exchange: Exchange, grant: Grant) -> None:
    grant()
    malmo = exchange.client("malmo").identity
    forged = json.dumps({"sub": "malmo", ORGANISATION_CLAIM: "5599990008", "delegation": str(uuid.uuid4())})
    told = {"act": forged, "supplier": "5599990008", "delegation": str(uuid.uuid4()), "organisation": "2120002627"}

    answer = ask(exchange, None, "samrad:lookups.read", identity=malmo, **told)
    other = ask(exchange, UMEA, "samrad:lookups.read", identity=malmo)

    claims = claims_of(answer.json()["access_token"])
    assert (claims[ORGANISATION_CLAIM], "act" in claims) == ("2120001124", False)
    assert other.json()["error"] == "invalid_scope"


def test_a_delegation_begins_and_ends_with_its_days_at_issue_and_at_use(exchange: Exchange, grant: Grant) -> None:
    first = swedish_day(exchange.clock()) + timedelta(days=2)
    last = first + timedelta(days=1)
    grant(validFrom=str(first), validTo=str(last))
    midnight = datetime.combine(first, datetime.min.time(), SWEDEN)
    asked = "samrad:consultations.read"

    exchange.clock.move_to(midnight - timedelta(seconds=30))
    assert ask(exchange, UMEA, asked).json()["error"] == "invalid_grant"
    exchange.clock.move_to(midnight + timedelta(seconds=1))
    assert ask(exchange, UMEA, asked).status_code == 200
    ends = datetime.combine(last + timedelta(days=1), datetime.min.time(), SWEDEN)
    exchange.clock.move_to(ends - timedelta(seconds=40))
    assert call(exchange, "GET", CONSULTATIONS).status_code == 200

    exchange.clock.move_to(ends + timedelta(seconds=1))
    assert ask(exchange, UMEA, asked).json()["error"] == "invalid_grant"
    exchange.clock.move_to(ends + timedelta(seconds=21))
    ended = call(exchange, "GET", CONSULTATIONS)

    assert refusal(ended) == (403, "delegation_ended")


def test_a_withdrawal_stops_new_tokens_at_once_and_held_ones_within_a_minute(exchange: Exchange, grant: Grant) -> None:
    delegation = grant()
    before = call(exchange, "GET", CONSULTATIONS), call(exchange, "GET", AGREEMENTS)
    assert [answer.status_code for answer in before] == [200, 200]

    withdraw(exchange, "umea", delegation["delegationId"])

    assert ask(exchange, UMEA, "samrad:lookups.create").json()["error"] == "invalid_grant"
    # Where the register is, nothing is remembered.
    assert refusal(call(exchange, "GET", AGREEMENTS)) == (403, "delegation_ended")
    exchange.clock.move_to(exchange.clock() + timedelta(seconds=60))
    assert refusal(call(exchange, "GET", CONSULTATIONS)) == (403, "delegation_ended")
    looked_up = call(exchange, "POST", LOOKUPS, lookup_body("complete", exchange.clock()))
    assert refusal(looked_up) == (403, "delegation_ended")
    tried = [entry for entry in whole_trail(exchange, "umea") if entry["delegationId"] == delegation["delegationId"]]
    reasons = {entry["detail"].get("reason") for entry in tried if entry["outcome"] == "refused"}
    assert reasons == {"delegation_ended"}
    assert {entry["actingOrganisation"] for entry in tried} == {SUPPLIER}


def test_the_service_refuses_a_withdrawn_delegation_without_the_gateway_between(
    exchange: Exchange, grant: Grant
) -> None:
    delegation = grant()
    client = exchange.client("casesystem", scopes=set(SCOPES), on_behalf_of="2120002627")
    token = client.token_for(CONSULTATIONS)
    withdraw(exchange, "umea", delegation["delegationId"])

    # The service has never met this token: nothing is remembered of it.
    headers = authorization(client.identity, token, "GET", exchange.base_url + CONSULTATIONS, exchange.clock())
    direct = f"http://127.0.0.1:{exchange.ports['consultation']}{CONSULTATIONS}"

    assert refusal(exchange.http.get(direct, headers=headers)) == (403, "delegation_ended")


def test_while_the_register_cannot_be_asked_there_are_no_tokens_and_held_ones_open_nothing(
    exchange: Exchange, grant: Grant
) -> None:
    grant()
    client = exchange.client("casesystem", scopes=set(SCOPES), on_behalf_of="2120002627")
    client.token_for(CONSULTATIONS)
    client.token_for(AGREEMENTS)
    sql(exchange, "REVOKE SELECT ON delegation FROM agreements_runtime", database="agreements")
    try:
        asked = ask(exchange, UMEA, "samrad:lookups.create")
        used = [call(exchange, "GET", path) for path in (CONSULTATIONS, AGREEMENTS)]
        own = exchange.send("umea", "GET", CONSULTATIONS)
    finally:
        sql(exchange, "GRANT SELECT ON delegation TO agreements_runtime", database="agreements")

    assert (asked.status_code, asked.json()["error"]) == (503, "temporarily_unavailable")
    assert [refusal(answer) for answer in used] == [(503, "unavailable")] * 2
    assert own.status_code == 200, "who acts for itself needs no delegation"
    assert call(exchange, "GET", CONSULTATIONS).status_code == 200, "a failure is not remembered"


def test_a_token_rests_on_one_delegation_and_never_on_two_together(exchange: Exchange, grant: Grant) -> None:
    look, read = "samrad:lookups.create", "samrad:consultations.read"
    first, second = grant(scopes=[look]), grant(scopes=[read])

    assert ask(exchange, UMEA, look, read).json()["error"] == "invalid_grant"
    delegations = [
        claims_of(ask(exchange, UMEA, each).json()["access_token"])["act"]["delegation"] for each in (look, read)
    ]
    assert delegations == [first["delegationId"], second["delegationId"]]
    withdraw(exchange, "umea", first["delegationId"])
    assert ask(exchange, UMEA, look).json()["error"] == "invalid_grant"
    assert ask(exchange, UMEA, read).status_code == 200


def test_keys_for_sending_again_are_not_shared_between_who_acts_and_who_is_acted_for(
    exchange: Exchange, grant: Grant
) -> None:
    grant()
    grant("malmo")
    body, key = consultation_body(), str(uuid.uuid4())

    answers = [
        exchange.send("umea", "POST", CONSULTATIONS, body, key=key),
        call(exchange, "POST", CONSULTATIONS, body, Idempotency_Key=key),
        call(exchange, "POST", CONSULTATIONS, body, consumer=MALMO, Idempotency_Key=key),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["number"] for answer in answers}) == 3
    owners = sql(exchange, "SELECT org FROM consultation WHERE case_reference = $1", body["caseReference"])
    assert sorted(row["org"] for row in owners) == sorted([UMEA, UMEA, MALMO])


def test_a_supplier_for_one_consumer_sees_nothing_of_another(exchange: Exchange, grant: Grant) -> None:
    grant()
    theirs = exchange.open("malmo")

    assert call(exchange, "GET", f"{CONSULTATIONS}/{theirs['consultationId']}").status_code == 404
    assert theirs["number"] not in call(exchange, "GET", f"{CONSULTATIONS}?limit=100").text


@pytest.fixture
def registry(exchange: Exchange) -> Iterator[Callable[..., None]]:
    """Changes entries of the client registry by their id, or adds one, and puts it back."""
    file = exchange.home / "clients" / "clients.json"
    before = file.read_text("utf-8")

    def change(client_id: str, **changes: Any) -> None:
        held = json.loads(file.read_text("utf-8"))
        entry = next((each for each in held["clients"] if each["clientId"] == client_id), None)
        if entry is None:
            held["clients"].append({"clientId": client_id, **changes})
        else:
            entry.update(changes)
        file.write_text(json.dumps(held), "utf-8")

    yield change
    file.write_text(before, "utf-8")


def test_the_suppliers_client_is_shut_out_by_being_disabled_and_the_consumers_own_does_not_matter(
    exchange: Exchange, grant: Grant, registry: Callable[..., None]
) -> None:
    grant()
    registry("umea", disabled=True)
    assert ask(exchange, UMEA, "samrad:lookups.create").status_code == 200

    registry("umea", disabled=False)
    registry("casesystem", disabled=True)
    assert ask(exchange, UMEA, "samrad:lookups.create").json()["error"] == "invalid_client"


def test_a_client_registered_for_everything_gets_what_can_be_delegated_and_nothing_else(
    exchange: Exchange, grant: Grant, registry: Callable[..., None]
) -> None:
    grant()
    every = sorted({scope.name for scopes in CATALOGUE.values() for scope in scopes})
    key = ECKey.generate_key("P-256", private=True)
    registry(
        "greedy",
        organisation="5599990008",
        kind="supplier",
        name="Greedy",
        jwks={"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]},
        scopes=[],
        delegatedScopes=every,
        disabled=False,
        demo=True,
    )
    address = f"{exchange.base_url}/oauth/token"
    greedy = ClientIdentity("greedy", key, exchange.base_url, address, address)

    got = {
        (service, scope.name)
        for service, scopes in CATALOGUE.items()
        for scope in scopes
        if ask(exchange, UMEA, scope.name, service=service, identity=greedy).status_code == 200
    }

    assert got == {("agreements" if name == "samrad:agreements.read" else "consultation", name) for name in SCOPES}
