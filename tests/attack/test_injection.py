"""Texts that mean something elsewhere: to SQL, XML, shells, paths, terminals, and to readers of numbers."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree

from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import CONSULTATIONS, LOOKUPS, act, credentials, sql
from tests.exchange import Exchange, consultation_body, lookup_body
from tests.sizes import scattered

pytestmark = pytest.mark.attack
TEXTS = [
    "'; DROP TABLE consultation; --",
    "' OR '1'='1",
    "\\'; SELECT pg_sleep(5); --",
    "$$; SELECT set_config('app.org', '0007:2120001124', false); $$",
    ":org :id %(org)s %s {0} {org} $1",
    "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
    "]]><x/>&lt;&#0;&amp;",
    "${jndi:ldap://x} #{7*7} {{7*7}}",
    "../../etc/passwd\\..\\x",
    "a\r\nSet-Cookie: x=1",
    "\u202e\u200b\ufeffa\u0301",
    "\x1b[2J\x07\x7f\x85\u2028",
    "😀" * 50,
    "x" * 9999,
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_that_means_something_elsewhere_is_kept_as_it_is(exchange: Exchange, text: str) -> None:
    receipt = exchange.open(question=text)
    act(exchange, "af-workbench", receipt, "claims", 1)
    act(exchange, "af-workbench", receipt, "questions", 2, text)

    whole = exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}").json()

    assert [each["text"] for each in whole["messages"]] == [text, text]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_in_every_other_field_it_is_refused_or_harmless_and_never_a_fault(exchange: Exchange, text: str) -> None:
    opening, asking = consultation_body(), lookup_body("complete", exchange.clock(), sources=["AF"])
    for path, whole in ((CONSULTATIONS, opening), (LOOKUPS, asking)):
        for member in whole:
            if member == "question":
                continue
            answer = exchange.send("umea", "POST", path, {**whole, member: text})
            assert answer.status_code in (200, 201, 403, 422), (path, member)
            assert len(text) < 9 or text not in answer.text or answer.status_code < 300
    assert sql(exchange, "SELECT count(*) AS n FROM consultation")[0]["n"] > 0


PARAMETERS = {
    "/consultation/v1/queue": ("af-workbench", ["unit", "tab", "assigned", "limit", "cursor"]),
    CONSULTATIONS: ("umea", ["state", "limit", "cursor"]),
    "/consultation/v1/audit-entries": ("umea", ["objectId", "limit", "cursor"]),
    "/consultation/v1/lead-times": (
        "dashboard",
        ["from", "to", "groupBy", "municipalityCode", "countyCode", "type", "percentiles", "organisation", "format"],
    ),
    "/consultation/v1/work-in-progress": ("dashboard", ["municipalityCode", "countyCode", "type", "unit", "areaCode"]),
    "/consultation/v1/lead-times/consultations": ("af-workbench", ["from", "unit", "askerKind", "limit", "cursor"]),
    "/consultation/v1/cumulative-flow": ("dashboard", ["from", "to", "channel"]),
    "/consultation/v1/delay-reasons": ("dashboard", ["from", "groupBy", "most"]),
    "/consultation/v1/interventions": ("dashboard", ["days"]),
}
_ODD = ["0", "-1", "1e9", "NaN", "9" * 400, "%00", "null", "true", "[]", "٣", "a" * 3000, "0001-01-01", "9999-12-31"]


@pytest.mark.parametrize("path", PARAMETERS)
def test_an_odd_parameter_is_refused_or_harmless_and_never_a_fault(exchange: Exchange, path: str) -> None:
    name, parameters = PARAMETERS[path]
    for turn, parameter in enumerate(parameters, list(PARAMETERS).index(path)):
        for value in scattered([*TEXTS, *_ODD], turn, 3):
            written = value if value.startswith("%") else quote(value[:1500], safe="")
            answer = exchange.send(name, "GET", f"{path}?{parameter}={written}")
            assert answer.status_code in (200, 400, 422), (parameter, value[:40], answer.status_code)


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01&to=0001-01-01",
        "to=0001-01-01",
        "from=9999-12-31",
        "to=9999-12-31",
        "from=9999-12-31&to=9999-12-31",
        "from=1969-12-31&to=1970-01-01",
        "from=2100-01-01&to=2100-01-02",
    ],
)
def test_days_at_the_ends_of_time_are_refused_as_a_period(exchange: Exchange, query: str) -> None:
    refused = exchange.send("dashboard", "GET", f"/consultation/v1/lead-times?{query}")

    assert (refused.status_code, refused.json()["code"]) == (422, "period_invalid")


def test_the_first_and_last_days_of_the_calendar_are_a_period_like_any_other(exchange: Exchange) -> None:
    for query in ("from=1970-01-01&to=1970-01-02", "from=2099-12-30&to=2099-12-31", "to=1970-01-01"):
        assert exchange.send("dashboard", "GET", f"/consultation/v1/lead-times?{query}").status_code == 200


@pytest.mark.parametrize(
    "first", ["0001-01-01", "9999-12-31", "2026-02-30", "-0001-01-01", "2026-1-1", 20260101, "P1D"]
)
def test_a_period_at_the_ends_of_time_is_no_fault_in_a_look_up(exchange: Exchange, first: Any) -> None:
    for period in ({"from": first, "to": first}, {"from": first, "to": str(exchange.clock().date())}):
        answer = exchange.look_up("complete", period=period, sources=["SO"])
        assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    "reference",
    [
        "１８９００１０１９８０２",
        "١٨٩٠٠١٠١٩٨٠٢",
        "९००१०१-९८०२",
        "①⑧⑨⓪⓪①⓪①⑨⑧⓪②",
        "²",
        "EB\u200b-1",
        "EB\u202e-1",
        "E\u0301B",
        "ЕВ-1",
        "EB\n1",
        "EB\u00a01",
        "EB;1",
        "EB'1",
        "<b>",
    ],
)
def test_a_case_reference_hides_no_number_and_no_trick_of_writing(exchange: Exchange, reference: str) -> None:
    for path, body in (
        (CONSULTATIONS, consultation_body(caseReference=reference)),
        (LOOKUPS, lookup_body("complete", exchange.clock(), caseReference=reference)),
    ):
        refused = exchange.send("umea", "POST", path, body)
        assert (refused.status_code, refused.json()["code"]) == (422, "case_reference_invalid")


@pytest.mark.parametrize("reference", ["EB-2026/000123", "Å:12 (b)", "ärende #7", "Š.1_x"])
def test_a_case_reference_may_be_written_as_swedes_write(exchange: Exchange, reference: str) -> None:
    assert exchange.send("umea", "POST", CONSULTATIONS, consultation_body(caseReference=reference)).status_code == 201


@pytest.mark.parametrize(
    "handler", ["hl 1", "hl;1", "hl'--", "<b>", "hl/../x", PERSONS["complete"].number, "x" * 65, "hl%0d%0a"]
)
def test_a_handler_is_an_opaque_id_and_nothing_else(exchange: Exchange, handler: str) -> None:
    refused = exchange.send("umea", "GET", CONSULTATIONS, handler=handler)

    assert (refused.status_code, refused.json()["code"]) == (400, "actor_required")
    assert handler not in refused.text


@pytest.mark.parametrize(
    "purpose", ["", "x" * 61, "Financial_aid", "finansiellt bistånd", "a-b", "1", "a\u0000b", "\n"]
)
def test_a_purpose_that_the_register_cannot_be_asked_about_is_the_callers_mistake(
    exchange: Exchange, purpose: str
) -> None:
    refused = exchange.send("umea", "POST", CONSULTATIONS, consultation_body(purpose=purpose))

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed_request")


def test_a_purpose_that_nobody_knows_has_no_ground(exchange: Exchange) -> None:
    refused = exchange.send("umea", "POST", CONSULTATIONS, consultation_body(purpose="curiosity"))

    assert (refused.status_code, refused.json()["code"]) == (403, "no_ground")


@pytest.mark.parametrize(
    "body",
    [
        b'{"question": "\\u0000", "x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"question": "\\ud800"}',
        b"[" * 60_000,
        b'{"person":' + b"9" * 5000 + b"}",
        b'{"type": "consultation", "type": "x"}',
        b"\xff\xfe\x00",
        b"",
    ],
    ids=["deep with NUL", "lone surrogate", "deep", "huge number", "repeated member", "not UTF-8", "empty"],
)
def test_a_body_that_breaks_parsers_is_refused(exchange: Exchange, body: bytes) -> None:
    for path in (CONSULTATIONS, LOOKUPS):
        headers = {**credentials(exchange, "umea", "POST", path), "Samrad-Handler": "hl-1"}
        headers["Content-Type"] = "application/json"
        refused = exchange.http.post(exchange.base_url + path, content=body, headers=headers)
        assert refused.status_code in (400, 422)
        assert refused.headers["content-type"] == "application/problem+json"


def test_what_reaches_the_sources_is_one_well_formed_question(exchange: Exchange) -> None:
    """The free texts that travel are escaped by the XML writer; here from the door to the wire."""
    before = len(exchange.sent_to_sources)
    answer = exchange.look_up("complete", caseReference="EB #1 (a/b): c_d.e", sources=["AF"])

    assert answer.status_code == 200
    assert len(exchange.sent_to_sources) == before + 1
    assert "EB #1 (a/b): c_d.e" in "".join(
        str(text) for text in etree.fromstring(exchange.sent_to_sources[-1]).itertext()
    )


def test_a_due_date_far_away_is_still_a_date(exchange: Exchange) -> None:
    exchange.clock.move_to(exchange.clock() + timedelta(days=365))

    assert exchange.open()["dueAt"] > str(exchange.clock().date())
