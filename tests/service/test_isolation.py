"""Every operation of the OpenAPI documents, called as it must not be."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from joserfc.jwk import ECKey

from services.agreements import tables as agreements_tables
from services.agreements.days import swedish_day
from services.consultation import main as consultation_main
from services.consultation import tables as consultation_tables
from services.gateway.scopes import CATALOGUE
from shared.database.ddl import SEALING_TABLES
from shared.database.engine import Database
from shared.database.isolation import isolation_faults
from shared.tokens.client import ClientIdentity, MachineClient, authorization
from shared.tokens.proofs import make_proof
from tests.exchange import NOBODY, Exchange, consultation_body, lookup_body
from tests.folding import fold_all
from tests.openapi_check import SERVICES, document
from tests.service.given_consultations import WORKBENCH_ROWS, disclosed, ended, held, reached
from tests.service.given_files import filed
from tests.service.test_protected_identity import somebody
from tests.webhooks import written_subscription

PUBLIC = {
    ("agreements", "GET", "/organisations"): "the register of organisations is public",
    ("agreements", "GET", "/organisations/{organisationNumber}"): "the register of organisations is public",
    ("agreements", "GET", "/municipalities"): "code lists are public",
    ("agreements", "GET", "/counties"): "code lists are public",
    ("agreements", "GET", "/legal-bases"): "statutes are public",
    ("agreements", "GET", "/legal-bases/{legalBasisId}"): "statutes are public",
    ("agreements", "GET", "/coverage"): "published figures are public (R22)",
    ("agreements", "GET", "/units"): "how an authority is arranged is public",
    ("agreements", "GET", "/units/{unitCode}"): "how an authority is arranged is public",
    ("agreements", "GET", "/routing"): "which unit handles whose questions is public (R39)",
    ("agreements", "GET", "/api-info"): "asked for by the national profile without a token",
    ("consultation", "GET", "/code-lists"): "codes in words",
    ("consultation", "GET", "/information-sets"): "what can be asked for, the same for everybody",
    ("consultation", "GET", "/consultation-types"): "the same for everybody",
    ("consultation", "GET", "/api-info"): "asked for by the national profile without a token",
}
PLAIN_BEARER = {
    ("consultation", "GET", "/lead-times"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/work-in-progress"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/ageing"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/throughput"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/physical-meetings"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/cumulative-flow"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/delay-reasons"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/manual-work"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/demand"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/interventions"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/pulse-results"): "figures without persons; dashboards can't make proofs",
    ("consultation", "GET", "/faq-entries"): "published and about nobody; pages can't make proofs",
    ("consultation", "GET", "/faq-entries/{faqEntryId}"): "published and about nobody; pages can't make proofs",
    ("consultation", "POST", "/faq-searches"): "published and about nobody; pages can't make proofs",
    ("consultation", "GET", "/source-probe"): "carries nobody to the sources; dashboards can't make proofs",
    ("consultation", "GET", "/source-health"): "figures without persons; dashboards can't make proofs",
    ("agreements", "GET", "/agreements"): "published agreements hold no persons",
    ("agreements", "GET", "/agreements/{agreementId}"): "published agreements hold no persons",
}
NO_OBJECT = {
    ("consultation", "POST", "/lookups"): "makes a new record of the caller's own",
    ("consultation", "GET", "/lookup-purposes"): "the same for everybody",
    ("consultation", "POST", "/household-lookups"): "makes a new record of the caller's own",
    ("consultation", "POST", "/consultations"): "makes a new record of the caller's own",
    ("consultation", "GET", "/consultations"): "lists the caller's own",
    ("consultation", "GET", "/queue"): "lists what is put to the caller",
    ("consultation", "POST", "/registrations"): "makes a new record of the organisation in the body, put to the caller",
    ("consultation", "GET", "/channel-advice"): "advice on a type of question, the same for everybody",
    ("consultation", "GET", "/meeting-slots"): "lists the caller's own",
    ("consultation", "POST", "/meeting-slots"): "makes new records of the caller's own",
    ("consultation", "GET", "/unit-calendars"): "opening hours are told to whoever asks or answers",
    ("consultation", "POST", "/unit-calendars"): "makes a new record of the caller's own",
    ("consultation", "GET", "/unit-targets"): "target times are told to whoever asks or answers",
    ("consultation", "POST", "/unit-targets"): "makes a new record of the caller's own",
    ("consultation", "GET", "/queue/counts"): "counts what is put to the caller",
    ("consultation", "GET", "/queue/handlers"): "counts what is put to the caller",
    ("consultation", "POST", "/queue/claims"): "takes from what is put to the caller",
    ("consultation", "POST", "/queue/assignments"): "each id in the body answers for itself (test_queue)",
    ("consultation", "POST", "/queue/redistribution-previews"): "a handler's among what is put to the caller",
    ("consultation", "POST", "/queue/redistributions"): "a handler's among what is put to the caller",
    ("consultation", "GET", "/queue/views"): "lists the caller's own",
    ("consultation", "POST", "/queue/views"): "makes a new record of the caller's own",
    ("consultation", "GET", "/answer-templates"): "lists the caller's own",
    ("consultation", "POST", "/answer-templates"): "makes a new record of the caller's own",
    ("consultation", "GET", "/approval-rules"): "lists the caller's own",
    ("consultation", "POST", "/approval-rules"): "makes a new record of the caller's own",
    ("consultation", "GET", "/faq-proposals"): "lists the caller's own",
    ("consultation", "GET", "/faq-entries"): "published, the same for everybody",
    ("consultation", "POST", "/faq-searches"): "published, the same for everybody",
    ("consultation", "POST", "/consultation-searches"): "finds the caller's own",
    ("consultation", "GET", "/source-probe"): "tells of the sources, through the caller's own certificate",
    ("consultation", "GET", "/source-health"): "figures over all",
    ("consultation", "GET", "/audit-entries"): "lists the caller's own",
    ("consultation", "POST", "/protected-persons"): "makes a new record of the caller's own",
    ("consultation", "POST", "/protected-persons/removals"): "ends the caller's own; the person stands in the body",
    ("consultation", "POST", "/webhook-subscriptions"): "makes a new record of the caller's own",
    ("consultation", "GET", "/webhook-subscriptions"): "lists the caller's own",
    ("consultation", "GET", "/webhook-notices"): "lists the caller's own",
    ("consultation", "GET", "/lead-times"): "figures over all",
    ("consultation", "GET", "/work-in-progress"): "figures over the caller's own",
    ("consultation", "GET", "/lead-times/consultations"): "lists the caller's own",
    ("consultation", "GET", "/ageing"): "figures over the caller's own",
    ("consultation", "GET", "/throughput"): "figures over the caller's own",
    ("consultation", "GET", "/physical-meetings"): "figures over all",
    ("consultation", "GET", "/cumulative-flow"): "figures over the caller's own",
    ("consultation", "GET", "/delay-reasons"): "figures over the caller's own",
    ("consultation", "GET", "/manual-work"): "figures over the caller's own",
    ("consultation", "GET", "/demand"): "figures over all, for the answering authority",
    ("consultation", "GET", "/interventions"): "lists the caller's own",
    ("consultation", "POST", "/interventions"): "makes a new record of the caller's own",
    ("consultation", "GET", "/pulse-results"): "figures over all",
    ("agreements", "GET", "/agreements"): "lists what is published or the caller's own",
    ("agreements", "POST", "/agreements"): "makes a new record of the caller's own",
    ("agreements", "GET", "/audit-entries"): "lists the caller's own",
    ("agreements", "GET", "/delegations"): "lists what the caller has granted or holds",
    ("agreements", "POST", "/delegations"): "makes a new record of the caller's own",
    ("agreements", "GET", "/unit-moves"): "lists the caller's own",
    ("agreements", "POST", "/unit-moves"): "makes a new record of the caller's own",
    ("agreements", "POST", "/decisions"): "decides about the organisation in the body; internal",
    ("agreements", "POST", "/delegation-checks"): "tells about the organisations in the body; internal",
}
TOLD_TO_ALL = {
    ("consultation", "GET", "/faq-entries/{faqEntryId}"): "published, the same for everybody",
}
INTERNAL = {
    ("agreements", "POST", "/decisions"): "not let in by the gateway; called by the consultation service",
    ("agreements", "POST", "/delegation-checks"): "not let in by the gateway; called by our own services",
}


_PARAMETER = re.compile(r"\{[A-Za-z]+\}")


@dataclass(frozen=True)
class Operation:
    service: str
    method: str
    template: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.service, self.method, self.template)

    @property
    def described(self) -> dict[str, Any]:
        operation: dict[str, Any] = document(self.service)["paths"][self.template][self.method.lower()]
        return operation

    @property
    def scope(self) -> str:
        return str(self.described["security"][0]["oauth"][0])

    def path(self, object_id: str = NOBODY) -> str:
        return f"/{self.service}/v1{_PARAMETER.sub(object_id, self.template)}"

    def __str__(self) -> str:
        return f"{self.method} {self.service}{self.template}"


OPERATIONS = [
    Operation(service, method.upper(), template)
    for service in SERVICES
    for template, item in document(service)["paths"].items()
    for method in item
    if method in ("get", "post", "put", "patch", "delete")
]
GUARDED = [operation for operation in OPERATIONS if operation.key not in PUBLIC]


def named(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=str)


@pytest.fixture(scope="module")
def almighty(running: Exchange) -> Iterator[MachineClient]:
    """A client of Umeå's that holds every scope: what stops it is who it belongs to, not what it may do."""
    registry = running.home / "clients" / "clients.json"
    before = registry.read_text("utf-8")
    key = ECKey.generate_key("P-256", private=True)
    entry = {
        "clientId": "almighty",
        "organisation": "2120002627",
        "kind": "municipality",
        "name": "Umeå, with every scope",
        "jwks": {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]},
        "scopes": sorted({scope.name for scopes in CATALOGUE.values() for scope in scopes}),
        "disabled": False,
        "demo": True,
    }
    registered = json.loads(before)
    registered["clients"].append(entry)
    registry.write_text(json.dumps(registered), "utf-8")
    url = running.base_url
    yield MachineClient(
        ClientIdentity("almighty", key, url, f"{url}/oauth/token", f"{url}/oauth/token"),
        running.http,
        running.clock,
        resources={f"/{service}/": f"{url}/{service}" for service in CATALOGUE},
        scopes={f"{url}/{service}": [scope.name for scope in scopes] for service, scopes in CATALOGUE.items()},
    )
    registry.write_text(before, "utf-8")


def narrowed(exchange: Exchange, almighty: MachineClient, service: str, scopes: list[str]) -> MachineClient:
    url = exchange.base_url
    return MachineClient(
        almighty.identity,
        exchange.http,
        exchange.clock,
        resources={f"/{service}/": f"{url}/{service}"},
        scopes={f"{url}/{service}": scopes},
    )


def send(
    exchange: Exchange, operation: Operation, headers: dict[str, str], object_id: str = NOBODY, *, key: str = ""
) -> httpx.Response:
    sent = {"Samrad-Handler": "hl-1", "If-Match": '"1"', **headers}
    content: bytes | None = None
    if body := operation.described.get("requestBody"):
        sent["Content-Type"], documented = next(iter(body["content"].items()))
        example = documented["example"]
        content = example.encode() if isinstance(example, str) else json.dumps(example).encode()
    for each in operation.described["parameters"]:
        if each["in"] == "header" and each["name"] == "Content-Disposition":
            sent[each["name"]] = each["example"]
    base = exchange.base_url
    if operation.key in INTERNAL:
        base = f"http://127.0.0.1:{exchange.ports[operation.service]}"
    return exchange.http.request(operation.method, base + operation.path(object_id), headers=sent, content=content)


def credentials(
    exchange: Exchange, client: MachineClient, operation: Operation, object_id: str = NOBODY
) -> dict[str, str]:
    path = operation.path(object_id)
    address = exchange.base_url + path
    return authorization(client.identity, client.token_for(path), operation.method, address, exchange.clock())


@named(GUARDED)
def test_without_a_token_an_operation_answers_401(exchange: Exchange, operation: Operation) -> None:
    answer = send(exchange, operation, {})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "WWW-Authenticate" in answer.headers


@named(GUARDED)
def test_with_a_token_for_the_other_service_it_answers_401(
    exchange: Exchange, almighty: MachineClient, operation: Operation
) -> None:
    other = next(service for service in SERVICES if service != operation.service)
    token = almighty.token_for(f"/{other}/")
    address = exchange.base_url + operation.path()

    answer = send(
        exchange, operation, authorization(almighty.identity, token, operation.method, address, exchange.clock())
    )

    assert answer.status_code == 401


@named(GUARDED)
def test_without_the_scope_it_answers_403_and_names_it(
    exchange: Exchange, almighty: MachineClient, operation: Operation
) -> None:
    others = [scope.name for scope in CATALOGUE[operation.service] if scope.name != operation.scope]
    client = narrowed(exchange, almighty, operation.service, others)

    answer = send(exchange, operation, credentials(exchange, client, operation))

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer.json()["requiredScope"] == operation.scope


@named([operation for operation in GUARDED if operation.key not in PLAIN_BEARER])
def test_a_proof_sent_twice_is_refused_the_second_time(
    exchange: Exchange, almighty: MachineClient, operation: Operation
) -> None:
    headers = credentials(exchange, almighty, operation)

    assert send(exchange, operation, headers).status_code != 401
    assert send(exchange, operation, headers).status_code == 401


@named([operation for operation in GUARDED if operation.key not in PLAIN_BEARER])
def test_a_bound_token_without_its_proof_or_with_anothers_is_refused(
    exchange: Exchange, almighty: MachineClient, operation: Operation
) -> None:
    token = almighty.token_for(operation.path()).value
    address, now = exchange.base_url + operation.path(), exchange.clock()
    stolen = make_proof(ECKey.generate_key("P-256", private=True), operation.method, address, now, token)
    elsewhere = make_proof(almighty.identity.key, operation.method, address + "x", now, token)

    for headers in (
        {"Authorization": f"DPoP {token}"},
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"DPoP {token}", "DPoP": stolen},
        {"Authorization": f"DPoP {token}", "DPoP": elsewhere},
    ):
        assert send(exchange, operation, headers).status_code == 401


@pytest.fixture(scope="module")
def foreign(running: Exchange) -> dict[str, str]:
    """Records of Malmö's, by the name of their id in a path."""
    running.clock.back_to_now()
    path = "/consultation/v1/consultations"
    consultation = running.send("malmo", "POST", path, consultation_body(), key="foreign").json()
    lookup = running.look_up("fk_failed", "malmo").json()
    household = running.send("malmo", "POST", "/consultation/v1/household-lookups", household_body(running))
    again = running.send("malmo", "POST", f"/consultation/v1/lookups/{lookup['lookupId']}/completions")
    assert (household.status_code, again.status_code) == (200, 200)
    assert running.look_up("protected_by_fk", "malmo").json()["withheld"]
    reached(running, "malmo")
    disclosed(running, "malmo")
    ended(running, "malmo", consultation)
    held(running, "malmo", consultation)
    filed(running, "malmo")
    agreement = running.send("malmo", "POST", "/agreements/v1/agreements", unpublished_agreement(), key="foreign")
    assert agreement.status_code == 201, agreement.text
    delegation = running.send("malmo", "POST", "/agreements/v1/delegations", delegation_body(running), key="foreign-2")
    assert delegation.status_code == 201, delegation.text
    move = running.send("af-manager", "POST", "/agreements/v1/unit-moves", unit_move_body(running), key="foreign-3")
    assert move.status_code == 201, move.text
    begins = {"unit": "elsewhere", "validFrom": str(running.clock().date() + timedelta(days=2))}
    for path, version in (
        ("unit-calendars", {**begins, "opening": None}),
        ("unit-targets", {**begins, "type": "consultation", "workingMinutes": None}),
    ):
        assert running.send("af-manager", "POST", f"/consultation/v1/{path}", version).status_code == 201
    subscription, delivery = written_subscription(running, "malmo")
    register_intervention(running, "0007:2120001124")
    fold_all(running)
    template, *_, proposal, entry = [
        sql(running, "consultation", "postgres", each.replace("$1", _MALMO)) for each in WORKBENCH_ROWS
    ]
    (view,) = sql(running, "consultation", "postgres", *_QUEUE_ROWS_OF_MALMO)
    (slot,) = sql(running, "consultation", "postgres", _SLOT_OF_MALMO)
    marked = running.send("malmo", "POST", "/consultation/v1/protected-persons", {"person": somebody()})
    assert marked.status_code == 201, marked.text
    return {
        "webhookSubscriptionId": subscription,
        "webhookDeliveryId": delivery,
        "consultationId": consultation["consultationId"],
        "viewId": str(view["id"]),
        "templateId": str(template[0]["id"]),
        "faqProposalId": str(proposal[0]["id"]),
        "faqEntryId": str(entry[0]["id"]),
        "markId": marked.json()["markId"],
        "slotId": str(slot["id"]),
        "lookupId": lookup["lookupId"],
        "householdLookupId": household.json()["householdLookupId"],
        "agreementId": agreement.json()["agreementId"],
        "delegationId": delegation.json()["delegationId"],
        "moveId": move.json()["moveId"],
    }


def register_intervention(exchange: Exchange, organisation: str) -> None:
    """As if it answered questions: over the API only the answering authority can."""
    sql(
        exchange,
        "consultation",
        "postgres",
        "INSERT INTO lead_time_intervention (org, id, name, day, units, registered_at, client_id) "
        f"VALUES ('{organisation}', gen_random_uuid(), 'En insats', '2026-03-01', '{{}}', now(), 'test')",
    )


# As if Malmö answered questions too: what counts and saves is any organisation's.
_MALMO = "'0007:2120001124'"
_OF_MALMO = f"SELECT {_MALMO}, "
_SLOT_OF_MALMO = (
    f"INSERT INTO meeting_slot {_OF_MALMO} gen_random_uuid(), 'u', now() + random() * interval '99 days', 30, 1, "
    "now(), 'test', 'hl-1' RETURNING id"
)
_QUEUE_ROWS_OF_MALMO = (
    f"INSERT INTO queue_count {_OF_MALMO} 'u', 'general', 'x', now(), false, true, '', 1 ON CONFLICT DO NOTHING",
    f"INSERT INTO saved_view {_OF_MALMO} gen_random_uuid(), 'hl-1', 'Vy', true, '{{}}', now() RETURNING id",
)


def household_body(exchange: Exchange) -> dict[str, Any]:
    body = lookup_body("fk_failed", exchange.clock(), sources=["FK"])
    person = body.pop("person")
    return {**body, "persons": [{"person": person, "role": "applicant"}]}


def delegation_body(exchange: Exchange) -> dict[str, Any]:
    today = swedish_day(exchange.clock()).isoformat()
    scopes = ["samrad:consultations.read"]
    return {"supplier": "5599990008", "scopes": scopes, "validFrom": today, "validTo": today}


def unit_move_body(exchange: Exchange) -> dict[str, Any]:
    """A move that no other test is in the way of, nor it in theirs: years ahead."""
    day = swedish_day(exchange.clock()) + timedelta(days=1000)
    return {"municipalityCode": "0114", "competence": "studies", "unit": "af-01-a", "validFrom": day.isoformat()}


def unpublished_agreement() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        json.dumps(
            document("agreements")["paths"]["/agreements"]["post"]["requestBody"]["content"]["application/json"][
                "example"
            ]
        )
        .replace("2480", "1280")
        .replace("2120002627", "2120001124")
    )
    return {**body, "published": False}


@named([operation for operation in GUARDED if operation.key not in NO_OBJECT.keys() | TOLD_TO_ALL])
def test_another_organisations_id_answers_like_one_that_does_not_exist(
    exchange: Exchange, almighty: MachineClient, foreign: dict[str, str], operation: Operation
) -> None:
    name = operation.template.partition("{")[2].partition("}")[0]

    theirs = send(exchange, operation, credentials(exchange, almighty, operation, foreign[name]), foreign[name])
    nobodys = send(exchange, operation, credentials(exchange, almighty, operation), NOBODY)
    malformed = send(exchange, operation, credentials(exchange, almighty, operation, "not-an-id"), "not-an-id")

    assert [each.status_code for each in (theirs, nobodys, malformed)] == [404, 404, 404]
    bodies = [{**each.json(), "instance": ""} for each in (theirs, nobodys, malformed)]
    assert bodies[0] == bodies[1] == bodies[2]


def test_every_exception_to_the_rules_is_an_operation_that_exists() -> None:
    known = {operation.key for operation in OPERATIONS}
    for listed in (PUBLIC, PLAIN_BEARER, NO_OBJECT, TOLD_TO_ALL, INTERNAL):
        assert set(listed) <= known
    assert {key for key in known if document(key[0])["paths"][key[2]][key[1].lower()]["security"] == []} == set(PUBLIC)
    with_object = {operation.key for operation in GUARDED if "{" in operation.template}
    assert with_object.isdisjoint(NO_OBJECT)
    assert with_object | set(NO_OBJECT) == {operation.key for operation in GUARDED}


def test_public_operations_answer_without_a_token(exchange: Exchange) -> None:
    for service, method, template in PUBLIC:
        operation = Operation(service, method, template)
        path = operation.path({"/organisations/{organisationNumber}": "2021002114"}.get(template, NOBODY))
        assert exchange.http.request(method, exchange.base_url + path).status_code in (200, 404)


@named([operation for operation in OPERATIONS if operation.key in INTERNAL])
def test_an_internal_operation_is_not_let_in_by_the_gateway(
    exchange: Exchange, almighty: MachineClient, operation: Operation
) -> None:
    headers = credentials(exchange, almighty, operation)

    answer = exchange.http.post(exchange.base_url + operation.path(), headers=headers, json={})

    assert answer.status_code == 404


# --- the database behind ---------------------------------------------------------------------------------------


def sql(exchange: Exchange, database: str, role: str, *statements: str) -> Any:
    """The last statement's rows, run as a role."""

    async def run() -> Any:
        connection = await asyncpg.connect(database=database, user=role, host=str(exchange.postgres.socket_directory))
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetch(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


TENANT_TABLES = [("consultation", table) for table in consultation_tables.TENANT_TABLES] + [
    ("agreements", table) for table in agreements_tables.TENANT_TABLES
]


@pytest.mark.parametrize(("database", "table"), TENANT_TABLES)
def test_raw_sql_without_the_organisation_set_sees_nothing(
    exchange: Exchange, foreign: dict[str, str], database: str, table: str
) -> None:
    query = f"SELECT 1 FROM {table} LIMIT 1"
    assert sql(exchange, database, "postgres", query) != [], "there is something to see"
    if table == "outbox":
        # The one who writes it need not read it.
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            sql(exchange, database, f"{database}_runtime", query)
    else:
        assert sql(exchange, database, f"{database}_runtime", query) == []


def test_raw_sql_as_one_organisation_sees_none_of_another(exchange: Exchange, foreign: dict[str, str]) -> None:
    as_umea = "SELECT set_config('app.org', '0007:2120002627', false)"
    for table in (
        "consultation",
        "lookup",
        "kept_lookup",
        "household_member",
        "consultation_event",
        "consultation_message",
        "tenant_profile",
    ):
        query = f"SELECT 1 FROM {table} WHERE org <> '0007:2120002627'"
        assert sql(exchange, "consultation", "consultation_runtime", as_umea, query) == []


def test_a_row_cannot_be_written_for_or_moved_to_another_organisation(
    exchange: Exchange, foreign: dict[str, str]
) -> None:
    as_umea = "SELECT set_config('app.org', '0007:2120002627', false)"
    role = "consultation_runtime"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        sql(exchange, "consultation", role, as_umea, "UPDATE consultation SET org = '0007:2120001124'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        sql(
            exchange,
            "consultation",
            role,
            as_umea,
            "INSERT INTO outbox (org, id, answering_org, at, kind, consultation_id, sequence) "
            "VALUES ('0007:2120001124', gen_random_uuid(), '0007:2021002114', now(), 'x', gen_random_uuid(), 1)",
        )


@pytest.mark.parametrize("table", ["audit_entry", "consultation_event"])
def test_what_has_happened_cannot_be_changed_or_removed(exchange: Exchange, table: str) -> None:
    exchange.open()
    for statement in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            sql(exchange, "consultation", "consultation_runtime", statement)
        if not statement.startswith("TRUNCATE"):
            with pytest.raises(asyncpg.RaiseError):
                sql(exchange, "consultation", "postgres", statement)


def test_the_statistics_role_cannot_read_who_anything_is_about(exchange: Exchange) -> None:
    role = "consultation_statistics"
    assert sql(exchange, "consultation", role, "SELECT type, opened_at FROM consultation LIMIT 1") is not None
    for statement in (
        "SELECT person_sealed FROM consultation",
        "SELECT org FROM consultation",
        "SELECT case_reference FROM consultation",
        "SELECT * FROM lookup",
        "SELECT * FROM consultation_message",
        "SELECT * FROM audit_entry",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            sql(exchange, "consultation", role, statement)


def test_every_table_is_known_to_the_readiness_check(exchange: Exchange) -> None:
    rows = sql(exchange, "consultation", "postgres", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = consultation_tables
    known = {
        *tables.TENANT_TABLES,
        *tables.PASSING_TABLES,
        *tables.UNREAD_TABLES,
        *SEALING_TABLES,
        *tables.OPEN_TABLES,
    } - {"jobs.*"}
    assert {row["tablename"] for row in rows} == known


def faults_as(exchange: Exchange, role: str) -> list[str]:
    async def ask() -> list[str]:
        database = Database(exchange.postgres.url("consultation", role), pool_size=1)
        try:
            async with database.without_tenant() as connection:
                return await isolation_faults(connection, consultation_tables.LAYOUT)
        finally:
            await database.close()

    return asyncio.run(ask())


def test_isolation_holds_for_the_runtime_role_and_not_for_owner_or_superuser(exchange: Exchange) -> None:
    assert faults_as(exchange, "consultation_runtime") == []
    assert faults_as(exchange, "consultation_owner") != []
    assert faults_as(exchange, "postgres") != []


@pytest.mark.parametrize("switched_off", ["DISABLE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY"])
def test_readiness_fails_while_row_level_security_is_off(exchange: Exchange, switched_off: str) -> None:
    ready = f"http://127.0.0.1:{exchange.ports['consultation']}/health/ready"
    assert exchange.http.get(ready).status_code == 200
    sql(exchange, "consultation", "postgres", f"ALTER TABLE consultation {switched_off}")
    try:
        assert exchange.http.get(ready).status_code == 503
    finally:
        for again in ("ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"):
            sql(exchange, "consultation", "postgres", f"ALTER TABLE consultation {again}")
    assert exchange.http.get(ready).status_code == 200


def test_readiness_fails_when_the_database_is_at_another_version(exchange: Exchange) -> None:
    ready = f"http://127.0.0.1:{exchange.ports['consultation']}/health/ready"
    newest = sql(exchange, "consultation", "postgres", "SELECT version_num FROM alembic_version")[0]["version_num"]
    sql(exchange, "consultation", "postgres", "UPDATE alembic_version SET version_num = '0000'")
    try:
        assert exchange.http.get(ready).status_code == 503
    finally:
        sql(exchange, "consultation", "postgres", f"UPDATE alembic_version SET version_num = '{newest}'")
    assert consultation_main.MIGRATIONS.is_dir()
    assert exchange.http.get(ready).status_code == 200


def test_when_the_trail_cannot_be_written_nothing_leaves(exchange: Exchange, foreign: dict[str, str]) -> None:
    receipt = exchange.open()
    path = f"/consultation/v1/consultations/{receipt['consultationId']}"
    sql(exchange, "consultation", "postgres", "REVOKE INSERT ON audit_entry FROM consultation_runtime")
    try:
        read = exchange.send("umea", "GET", path)
        looked_up = exchange.look_up("complete")
        refused = exchange.send("malmo", "GET", path)
    finally:
        sql(exchange, "consultation", "postgres", "GRANT INSERT ON audit_entry TO consultation_runtime")
    for answer in (read, looked_up, refused):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "person" not in answer.json()
