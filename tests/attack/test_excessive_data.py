"""An answer holds the documented members and no other, whoever asks and however."""

import json
from typing import Any

import pytest

from tests import openapi_check
from tests.attack.support import AF, CONSULTATIONS, act, sql
from tests.exchange import Exchange
from tests.openapi_check import SERVICES, document

pytestmark = pytest.mark.attack
INSIDE = (
    *("person_mark", "person_sealed", "personMark", "personSealed", "sealed", "answering_org", "answeringOrg"),
    *("client_id", "token_id", "actor_org", "request_hash", "key_hash", "owner_org"),
)


@pytest.mark.parametrize("service", SERVICES)
def test_every_documented_object_is_closed_so_that_an_answer_is_held_to_it(service: str) -> None:
    """What `openapi_check` then checks on every answer that a test gets."""
    schemas = document(service)["components"]["schemas"]
    open_ones = {name for name, schema in schemas.items() if _is_open(schema)}

    assert open_ones == {"Problem"}, "refusals carry members of their own (RFC 9457)"


def _is_open(schema: dict[str, Any]) -> bool:
    return "properties" in schema and schema.get("additionalProperties") is not False


def test_an_answer_with_one_member_more_would_be_found(exchange: Exchange) -> None:
    answer = exchange.send("umea", "GET", CONSULTATIONS)
    answer._content = json.dumps({**answer.json(), "org": AF}).encode()

    with pytest.raises(AssertionError):
        openapi_check.check(answer)


def test_nothing_of_the_database_or_the_token_stands_in_an_answer(exchange: Exchange) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1)
    whole = f"{CONSULTATIONS}/{receipt['consultationId']}"
    row = sql(exchange, "SELECT person_mark, person_sealed FROM consultation WHERE number = $1", receipt["number"])[0]
    for name, path in (
        ("umea", whole),
        ("af-workbench", whole),
        ("umea", whole + "/events"),
        ("umea", CONSULTATIONS),
        ("af-workbench", "/consultation/v1/queue"),
    ):
        told = exchange.send(name, "GET", path).text
        assert not [word for word in INSIDE if f'"{word}"' in told]
        assert row["person_mark"].hex() not in told
        assert row["person_sealed"].hex() not in told


@pytest.mark.parametrize(
    "query",
    ["fields=*", "expand=person", "include=messages", "embed=all", "select=person_sealed", "$select=*", "debug=1"],
)
def test_no_parameter_makes_an_answer_tell_more(exchange: Exchange, query: str) -> None:
    receipt = exchange.open()
    for path in (CONSULTATIONS, f"{CONSULTATIONS}/{receipt['consultationId']}"):
        plain, asked = exchange.send("umea", "GET", path), exchange.send("umea", "GET", f"{path}?{query}")
        assert asked.status_code in (200, 400, 422)
        assert asked.status_code != 200 or _members(asked.json()) == _members(plain.json())


def _members(node: Any) -> set[str]:
    if isinstance(node, dict):
        return set(node).union(*(_members(value) for value in node.values()))
    return set().union(*(_members(value) for value in node)) if isinstance(node, list) else set()


def test_a_receipt_tells_the_asker_what_it_needs_and_the_other_side_nothing(exchange: Exchange) -> None:
    receipt = exchange.open()

    assert not {"person", "question", "messages", "handler"} & receipt.keys()
