"""Answers of those we ask ourselves: the sources, the register and the issuer's keys, each of them turned hostile."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from services.consultation.lookups.simulator.app import respond
from services.consultation.lookups.simulator.persons import PERSONS
from shared.http.answers import json_answer
from shared.http.guard import Receive, Scope, Send
from shared.tokens.client import authorization
from tests.attack.beside import Hostile, hostile, services_beside
from tests.attack.support import CONSULTATIONS, LOOKUPS, sql
from tests.exchange import Exchange, consultation_body, lookup_body
from tests.unit.lookups.given import no_sleep

pytestmark = pytest.mark.attack
_KEPT = timedelta(seconds=6)
_DEFAULTS = dict(json_answer.__kwdefaults__ or {})
SECRET = "Hemligt innehåll 18900104-9802"


@dataclass(frozen=True)
class Surrounded:
    """A service whose neighbours are hostile."""

    exchange: Exchange
    port: int
    neighbour: Hostile
    trap: Hostile

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of Umeå's that is in order."""
        client, exchange = self.exchange.client("umea"), self.exchange
        address, token = exchange.base_url + path, client.token_for(path)
        headers = authorization(client.identity, token, method, address, exchange.clock())
        sent = {**headers, "Samrad-Handler": "hl-1"}
        return exchange.http.request(method, f"http://127.0.0.1:{self.port}{path}", headers=sent, json=body)

    def look_up(self, **changes: Any) -> httpx.Response:
        return self.call("POST", LOOKUPS, lookup_body("complete", self.exchange.clock(), **changes))


def surrounded(exchange: Exchange, setting: str, path: str, **more: str) -> Iterator[Surrounded]:
    """A service that is told by a setting to dial the hostile neighbour."""
    exchange.clock.back_to_now()
    with (
        hostile() as trap,
        hostile() as neighbour,
        services_beside(exchange, {setting: neighbour.address + path, **more}) as ports,
    ):
        yield Surrounded(exchange, ports["consultation"], neighbour, trap)
        assert trap.asked == [], "nobody was led elsewhere"


# --- the sources -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources(running: Exchange) -> Iterator[Surrounded]:
    """SSBTEK is hostile, and waited for during a second."""
    settings = {"SAMRAD_CONSULTATION_SSBTEK_BUDGET_SECONDS": "1"}
    yield from surrounded(running, "SAMRAD_CONSULTATION_SSBTEK_URL", "/ssbt/10", **settings)


_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
BODIES: dict[str, bytes] = {
    "an entity bomb": f'<!DOCTYPE x [<!ENTITY e0 "{SECRET}">{_ENTITIES}]><x>&e9;</x>'.encode(),
    "an entity of a file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "an entity elsewhere": b'<!DOCTYPE x [<!ENTITY a SYSTEM "TRAP/a">]><x>&a;</x>',
    "a document type elsewhere": b'<!DOCTYPE x SYSTEM "TRAP/x.dtd"><x/>',
    "an inclusion": b'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="TRAP/x"/></x>',
    "a style sheet": b'<?xml-stylesheet href="TRAP/x.xsl" type="text/xsl"?><x/>',
    "nested without end": b"<x>" * 50_000,
    "five megabytes": b"<x>" + SECRET.encode() * 200_000 + b"</x>",
    "a page of HTML": f"<html><body>{SECRET}</body></html>".encode(),
    "JSON": json.dumps({"data": SECRET}).encode(),
    "nothing": b"",
    "noise": bytes(range(256)) * 10,
    "cut off": b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Bo',
}


def nothing_learnt(answer: httpx.Response) -> None:
    """The look-up is answered, and every source of it is in error, without a word of what came."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {source["state"] for source in body["sources"]} == {"error"}
    assert all(source["data"] is None and source["items"] == [] for source in body["sources"])
    assert not body["complete"]
    assert "Hemligt" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.requirement(1)
@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_document_of_the_sources_is_an_error_of_theirs(sources: Surrounded, name: str) -> None:
    sources.neighbour.says(BODIES[name].replace(b"TRAP", sources.trap.address.encode()))

    nothing_learnt(sources.look_up())


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 401, 404, 500, 503])
def test_a_hostile_status_of_the_sources_is_an_error_and_no_redirection_is_followed(
    sources: Surrounded, status: int
) -> None:
    headers = {"location": f"{sources.trap.address}/elsewhere", "set-cookie": "x=1", "retry-after": "1"}
    sources.neighbour.says(b"" if status == 204 else SECRET.encode(), status=status, headers=headers)

    nothing_learnt(sources.look_up())


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "x-unknown"])
def test_a_packed_answer_of_the_sources_is_not_unpacked(sources: Surrounded, encoding: str) -> None:
    sources.neighbour.says(b"\x1f\x8b\x08" + bytes(1000), headers={"content-encoding": encoding})

    nothing_learnt(sources.look_up())


@pytest.mark.parametrize("piece", [b"<x>", b" ", b"<x>" + b"y" * 1000], ids=["tags", "blanks", "text"])
def test_an_answer_that_never_ends_is_given_up(sources: Surrounded, piece: bytes) -> None:
    sources.neighbour.drips(piece, every_seconds=0.2)

    nothing_learnt(sources.look_up())


@pytest.mark.requirement(1)
def test_an_answer_about_another_person_is_not_shown(sources: Surrounded) -> None:
    """Whole and well-formed, and the answer to our question but for whom it is about."""
    asked, other = PERSONS["complete"].number, PERSONS["overlapping_decisions"].number

    async def about_another(scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole(receive)
        answer = await respond(body.replace(asked.encode(), other.encode()), no_sleep)
        await answer(scope, receive, send)

    sources.neighbour.answer = about_another
    answer = sources.look_up(sources=["AF"])

    assert answer.status_code == 200
    assert other not in answer.text
    assert other[2:] not in answer.text
    assert all(source["data"] is None for source in answer.json()["sources"])


async def _whole(receive: Receive) -> bytes:
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


def test_a_consultation_needs_no_source_and_is_opened_while_they_are_hostile(sources: Surrounded) -> None:
    assert sources.call("POST", CONSULTATIONS, consultation_body()).status_code == 201


# --- the register ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def register(running: Exchange) -> Iterator[Surrounded]:
    """The agreements service is hostile, and every source would be the trap."""
    with hostile() as ssbtek:
        settings = {"SAMRAD_CONSULTATION_SSBTEK_URL": f"{ssbtek.address}/ssbt/10"}
        yield from surrounded(running, "SAMRAD_CONSULTATION_AGREEMENTS_URL", "", **settings)
        assert ssbtek.asked == [], "without a decision nothing is asked"


def decision(**changes: Any) -> bytes:
    """A permission for one source, with changes."""
    item = {"informationSet": "lookup.af", "permitted": True, "reason": None, "ground": {"reference": "SFS"}}
    item |= {"fields": ["registration"], "verified": True}
    whole = {
        "decisionId": str(uuid.uuid4()),
        "version": 1,
        "decidedAt": "2026-02-02T09:00:00Z",
        "purpose": "financial_aid_application",
        "permitted": True,
        "organisation": {
            "organisationNumber": "2120002627",
            "name": "Umeå kommun",
            "kind": "municipality",
            "municipalityCode": "2480",
            "municipalityName": "Umeå",
            "countyCode": "24",
            "countyName": "Västerbotten",
        },
        "items": [{**item, **changes.pop("item", {})}],
        "warnings": [],
        **changes,
    }
    return json.dumps(whole).encode()


ANOTHER = {"organisationNumber": "2120001124", "name": "Malmö", "kind": "municipality"}
DECISIONS: dict[str, bytes] = {
    "about another source": decision(item={"informationSet": "lookup.fk"}),
    "about nothing": decision(items=[]),
    "about the same twice, one of them permitted": decision(
        items=json.loads(decision())["items"] + json.loads(decision(item={"permitted": False}))["items"]
    ),
    "about another organisation": decision(organisation={**ANOTHER, "municipalityCode": "1280", "countyCode": "12"}),
    "for another purpose": decision(purpose="curiosity"),
    "without an id": decision(decisionId=None),
    "with an id that is a text": decision(decisionId="x"),
    "without a version": decision(version=None),
    "with an organisation that is a text": decision(organisation="Umeå"),
    "with items that are texts": decision(items=["lookup.af"]),
    "an endless number": decision().replace(b'"version": 1', b'"version": ' + b"9" * 5000),
    "nested without end": b"[" * 100_000,
    "huge": decision(note="x" * 2_000_000),
    "a page of HTML": f"<html>{SECRET}</html>".encode(),
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "no text": b"\xff\xfe",
}


def nothing_asked(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert "Hemligt" not in answer.text


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_about_something_else_or_none_at_all_permits_nothing(register: Surrounded, name: str) -> None:
    register.neighbour.says(DECISIONS[name], media_type="application/json")

    nothing_asked(register.look_up(sources=["AF"]))


@pytest.mark.parametrize("permitted", ["false", "true", "no", 1, [0], None], ids=repr)
def test_only_a_plain_yes_is_a_permission(register: Surrounded, permitted: Any) -> None:
    """Time moves between them, since a decision is kept for seconds."""
    register.neighbour.says(decision(item={"permitted": permitted}), media_type="application/json")

    refused = register.look_up(sources=["AF"])

    assert (refused.status_code, refused.json()["code"]) == (403, "no_ground")
    register.exchange.clock.move_to(register.exchange.clock() + _KEPT)


@pytest.mark.parametrize("status", [201, 204, 302, 307, 308, 401, 403, 404, 500])
def test_an_answer_of_the_register_with_another_status_permits_nothing(register: Surrounded, status: int) -> None:
    headers = {"location": f"{register.trap.address}/elsewhere"}
    body = b"" if status == 204 else decision()
    register.neighbour.says(body, status=status, headers=headers, media_type="application/json")

    nothing_asked(register.look_up(sources=["AF"]))


def test_a_packed_answer_of_the_register_is_not_unpacked(register: Surrounded) -> None:
    headers = {"content-encoding": "gzip"}
    register.neighbour.says(b"\x1f\x8b\x08" + bytes(100), headers=headers, media_type="application/json")

    nothing_asked(register.look_up(sources=["AF"]))


def test_an_answer_of_the_register_that_never_ends_is_given_up(
    register: Surrounded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_answer, "__kwdefaults__", {**_DEFAULTS, "max_seconds": 0.5})
    register.neighbour.drips(b" ", every_seconds=0.1, media_type="application/json")

    nothing_asked(register.look_up(sources=["AF"]))


def test_what_the_register_says_is_not_written_where_it_was_not_permitted(register: Surrounded) -> None:
    before = sql(register.exchange, "SELECT count(*) FROM lookup")
    register.neighbour.says(decision(organisation=None), media_type="application/json")

    assert register.look_up(sources=["AF"]).status_code in (403, 503)
    assert sql(register.exchange, "SELECT count(*) FROM lookup") == before


# --- the issuer's keys -----------------------------------------------------------------------------------------------


@pytest.fixture
def issuer(running: Exchange) -> Iterator[Surrounded]:
    """What is asked for the issuer's keys is hostile; nothing is kept from one test to the next."""
    yield from surrounded(running, "SAMRAD_CONSULTATION_JWKS_URL", "/jwks")


def test_a_hostile_key_set_is_no_key_set_and_a_good_one_serves_afterwards(issuer: Surrounded) -> None:
    genuine = issuer.exchange.http.get(f"{issuer.exchange.base_url}/oauth/jwks").content
    for body in (
        b"",
        b"null",
        b"[]",
        b'{"keys": {}}',
        b'{"keys": [1]}',
        b"<html>",
        b"[" * 100_000,
        b'{"keys": [' + b"[" * 50_000,
        genuine[:-3],
        genuine + b" " * 1_000_000,
        b"\xff",
    ):
        issuer.neighbour.says(body, media_type="application/json")
        answer = issuer.call("GET", CONSULTATIONS)
        assert answer.status_code == 503, body[:20]
        assert answer.headers["retry-after"]
    for status in (302, 307, 404, 500):
        location = {"location": f"{issuer.trap.address}/jwks"}
        issuer.neighbour.says(genuine, status=status, headers=location, media_type="application/json")
        assert issuer.call("GET", CONSULTATIONS).status_code == 503
    issuer.neighbour.says(genuine, media_type="application/json")
    assert issuer.call("GET", CONSULTATIONS).status_code == 200


def test_keys_of_another_kind_under_the_known_id_open_nothing(issuer: Surrounded) -> None:
    genuine = issuer.exchange.http.get(f"{issuer.exchange.base_url}/oauth/jwks").json()["keys"][0]
    other = ECKey.generate_key("P-256", private=False).as_dict()
    keys = [{**other, "kid": genuine["kid"]}, {"kty": "oct", "k": "A" * 43, "kid": genuine["kid"]}]
    issuer.neighbour.says(json.dumps({"keys": keys}).encode(), media_type="application/json")

    assert issuer.call("GET", CONSULTATIONS).status_code == 401
