"""Hostile messages to the facade: each is refused by name or read in one way only, in bounded time, and it lives on."""

import json
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import date

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.consultation.lookups.facade.message import MAX_REQUEST_BYTES
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.exchange import Exchange
from tests.facade import PATH, FacadeClient, facade_client, facade_context, fault_of, question
from tests.sizes import sample_or_full

pytestmark = pytest.mark.attack

BOUND_SECONDS = 5.0
NUMBER, OTHER = PERSONS["complete"].number, PERSONS["nothing_registered"].number
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@pytest.fixture
def facade(exchange: Exchange) -> Iterator[FacadeClient]:
    exchange.sent_to_sources.clear()
    with facade_client(exchange) as client:
        yield client
        # Whatever was sent, it serves afterwards.
        client.answered(asked(exchange))


def asked(exchange: Exchange, **changes: object) -> str:
    """A good question, to TNS alone."""
    return question(today=exchange.clock().date(), **{"sources": {"TNS": ""}, **changes})  # type: ignore[arg-type]


def refused(
    facade: FacadeClient, body: str | bytes, code: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    """The answer, which must be a fault of this code, in bounded time and without a number."""
    begun = time.monotonic()
    answer = facade.post(body, headers)
    assert time.monotonic() - begun < BOUND_SECONDS
    fault = fault_of(answer)
    assert code in (fault.code, fault.messages[0].partition(":")[0]), fault
    assert NUMBER not in answer.text
    return answer


LAUGHS = "".join(f'<!ENTITY l{level} "' + f"&l{level - 1};" * 10 + '">' for level in range(1, 10))
DOCTYPES = {
    "billion laughs": f'<!DOCTYPE s [<!ENTITY l0 "ha">{LAUGHS}]>',
    "quadratic blow-up": '<!DOCTYPE s [<!ENTITY l9 "' + "ha" * 30_000 + '">]>',
    "a file": '<!DOCTYPE s [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE s [<!ENTITY l9 SYSTEM "http://127.0.0.1:1/x">]>',
    "a parameter entity": '<!DOCTYPE s [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>',
    "a DTD elsewhere": '<!DOCTYPE s SYSTEM "http://127.0.0.1:1/x.dtd">',
    "a DTD and nothing more": "<!DOCTYPE s>",
}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
def test_no_document_type_is_read(exchange: Exchange, facade: FacadeClient, doctype: str) -> None:
    entity = "&l9;" if "l9" in doctype else "hl-1"
    answer = refused(facade, f'<?xml version="1.0"?>{doctype}{asked(exchange, handler=entity)}', "not_soap")
    assert "root:" not in answer.text
    assert exchange.sent_to_sources == []


def deep(levels: int) -> str:
    """That many levels in a value."""
    return "<q:x>" * levels + "</q:x>" * levels


SHAPES = {
    "100 000 levels, unclosed": "<a>" * 80_000,
    "thousands of levels": f'<s:Envelope xmlns:s="{SOAP}" xmlns:q="q"><s:Body>{deep(10_000)}</s:Body></s:Envelope>',
    "thousands of attributes": "<a " + " ".join(f'a{number}="1"' for number in range(15_000)) + "/>",
    "thousands of namespaces": "<a " + " ".join(f'xmlns:a{number}="urn:{number}"' for number in range(8_000)) + "/>",
    "the same attribute twice": '<a b="1" b="2"/>',
    "nothing": "",
    "blanks": " \r\n\t",
    "no markup": "hej",
    "JSON": '{"person": 1}',
    "two roots": "<a/><a/>",
    "NUL": "<a>\x00</a>",
    "NUL by its number": "<a>&#0;</a>",
    "a control character": "<a>\x1b[2J</a>",
    "an unknown entity": "<a>&nbsp;</a>",
    "half": f'<s:Envelope xmlns:s="{SOAP}"><s:Body>',
    "an unbound prefix": "<s:Envelope/>",
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_what_is_no_message_is_refused_as_such(facade: FacadeClient, body: str) -> None:
    refused(facade, body, "not_soap")


def declared(encoding: str, text: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode("latin-1")


@pytest.mark.parametrize(
    "encoding", ["UTF-7", "ISO-8859-1", "windows-1252", "IBM037", "UTF-32", "x-user-defined", "HZ"]
)
def test_another_encoding_is_not_guessed_at(exchange: Exchange, facade: FacadeClient, encoding: str) -> None:
    refused(facade, declared(encoding, asked(exchange)), "not_soap")


@pytest.mark.parametrize("encoding", ["cp037", "utf-32", "utf-16-le", "utf-16-be"])
def test_nor_one_that_is_not_declared(exchange: Exchange, facade: FacadeClient, encoding: str) -> None:
    text = asked(exchange, handler="ålänning")
    refused(facade, text.encode(encoding), "not_soap")


def test_what_another_encoding_would_make_of_a_value_is_not_made(exchange: Exchange, facade: FacadeClient) -> None:
    facade.answered(asked(exchange, handler="+ADw-b+AD4-"))
    assert b"<ssbt:handlaggare>+ADw-b+AD4-</ssbt:handlaggare>" in exchange.sent_to_sources[-1]


def test_bytes_that_are_not_the_encoding_are_refused(exchange: Exchange, facade: FacadeClient) -> None:
    refused(facade, asked(exchange, handler="x\udcff").encode("utf-8", "surrogateescape"), "not_soap")
    refused(facade, asked(exchange).encode("utf-16")[:-1], "not_soap")
    mixed = {"content-type": "text/xml; charset=utf-7"}
    refused(facade, asked(exchange), "not_soap", mixed)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_of_the_standard_are_read_with_their_mark(
    exchange: Exchange, facade: FacadeClient, encoding: str
) -> None:
    answer = facade.post(asked(exchange, handler="Åsa Öberg").encode(encoding))
    assert answer.status_code == 200
    assert "<ssbt:handlaggare>Åsa Öberg</ssbt:handlaggare>" in exchange.sent_to_sources[-1].decode()


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/json", "application/soap+xml", "multipart/related; type=text/xml", ""]
)
def test_what_a_browser_would_send_for_another_site_is_refused(
    exchange: Exchange, facade: FacadeClient, media_type: str
) -> None:
    refused(facade, asked(exchange), "unsupported_media_type", {"content-type": media_type})
    assert exchange.sent_to_sources == []


# --- one message has one question --------------------------------------------------------------------------------


def body_of(message: str) -> str:
    """The Body with what is in it."""
    return message[message.index("<s:Body>") : message.index("</s:Envelope>")]


def enveloped(*parts: str) -> str:
    return f'<s:Envelope xmlns:s="{SOAP}">{"".join(parts)}</s:Envelope>'


def test_a_message_with_two_bodies_or_two_questions_asks_nothing(exchange: Exchange, facade: FacadeClient) -> None:
    one, two = body_of(asked(exchange)), body_of(asked(exchange, number=OTHER))
    inner = one.removeprefix("<s:Body>").removesuffix("</s:Body>")
    foreign = one.replace("s:Body", "o:Body").replace("<o:Body", '<o:Body xmlns:o="urn:other"', 1)
    wrapped = f'<s:Body><w:Wrapper xmlns:w="urn:w">{inner}</w:Wrapper></s:Body>'
    for parts in (
        [one, two],
        [f"<s:Header>{one}</s:Header>", two, one],
        [two, "<s:Header/>"],
        [foreign],
        [foreign, one],
    ):
        refused(facade, enveloped(*parts), "not_soap")
    refused(facade, enveloped(one.replace("</s:Body>", f"{inner}</s:Body>")), "not_soap")
    refused(facade, enveloped("<s:Body/>"), "not_soap")
    refused(facade, enveloped(one, "<x/>"), "not_soap")
    refused(facade, enveloped(wrapped), "breaks_contract")
    assert exchange.sent_to_sources == []


def test_a_question_in_a_header_is_not_the_question(exchange: Exchange, facade: FacadeClient) -> None:
    """As when a signature is wrapped: what was signed stands aside, and something else in its place."""
    aside = (
        body_of(asked(exchange, number=OTHER))
        .replace("s:Body", "w:Moved")
        .replace("<w:Moved", '<w:Moved xmlns:w="urn:w" Id="signed"', 1)
    )
    facade.answered(enveloped(f"<s:Header>{aside}</s:Header>", body_of(asked(exchange))))
    assert NUMBER in exchange.sent_to_sources[-1].decode()
    assert not any(OTHER in sent.decode() for sent in exchange.sent_to_sources)


def test_a_header_that_must_be_understood_is_not_passed_over(exchange: Exchange, facade: FacadeClient) -> None:
    header = '<s:Header><w:Security xmlns:w="urn:w" s:mustUnderstand="1"/></s:Header>'
    answer = refused(facade, enveloped(header, body_of(asked(exchange))), "MustUnderstand")
    assert b"soap:MustUnderstand" in answer.content


@pytest.mark.parametrize("mark", ["1", "true", " 1 ", "\n true"])
def test_blanks_around_the_mark_make_no_difference(exchange: Exchange, facade: FacadeClient, mark: str) -> None:
    header = f'<s:Header><w:Security xmlns:w="urn:w" s:mustUnderstand="{mark}"/></s:Header>'
    refused(facade, enveloped(header, body_of(asked(exchange))), "MustUnderstand")


def test_a_default_namespace_says_the_same_as_a_prefix_and_none_says_nothing(
    exchange: Exchange, facade: FacadeClient
) -> None:
    bare = asked(exchange).replace("xmlns:q=", "xmlns=").replace("<q:", "<").replace("</q:", "</")
    facade.answered(bare)
    assert NUMBER in exchange.sent_to_sources[-1].decode()
    refused(facade, bare.replace(f' xmlns="{V10.namespace}"', ""), "breaks_contract")
    one_without = bare.replace("<personidentitet>", '<personidentitet xmlns="">')
    refused(facade, one_without, "breaks_contract")
    beside = bare.replace("<personidentitet>", f'<personidentitet xmlns="">{OTHER}</personidentitet><personidentitet>')
    refused(facade, beside, "breaks_contract")
    assert len(exchange.sent_to_sources) == 1


def test_more_processors_than_anybody_has_are_no_trouble_and_not_passed_on(
    exchange: Exchange, facade: FacadeClient
) -> None:
    one = (
        "<q:personuppgiftsbitrade><q:ordningsnummer>{}</q:ordningsnummer><q:organisationsnummer>165560000000"
        "</q:organisationsnummer><q:namn>Nagon annan</q:namn></q:personuppgiftsbitrade>"
    )
    many = "".join(map(one.format, range(1, 1001)))
    message = asked(exchange, sources={"SO": "", "AF": ""}).replace("<q:syfte>", f"{many}<q:syfte>")
    begun = time.monotonic()
    answered = facade.answered(message)
    assert time.monotonic() - begun < BOUND_SECONDS
    assert list(answered.sources) == ["AF", "SO"]
    assert b"Nagon annan" not in exchange.sent_to_sources[-1]


def test_two_questions_sent_ahead_on_a_connection_are_answered_each_about_its_own(
    exchange: Exchange, facade: FacadeClient
) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n"
    numbers, sent = [NUMBER, OTHER, NUMBER], b""
    for number in numbers:
        body = asked(exchange, number=number, sources={"AF": ""}).encode()
        close = "Connection: close\r\n" if sent and number == NUMBER else ""
        sent += f"{head}{close}Content-Length: {len(body)}\r\n\r\n".encode() + body
    with (
        socket.create_connection(("127.0.0.1", exchange.ports["facade"]), timeout=10) as plain,
        facade_context(exchange).wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    told = [body.split("\r\n\r\n", 1)[1] for body in received.decode().split("HTTP/1.1 200 OK")[1:]]
    assert len(told) == len(numbers)
    for number, answer in zip(numbers, told, strict=True):
        assert number in answer
        assert not any(other in answer for other in {NUMBER, OTHER} - {number})


def test_another_version_of_soap_is_told_so(exchange: Exchange, facade: FacadeClient) -> None:
    newer = asked(exchange).replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")
    assert b"soap:VersionMismatch" in refused(facade, newer, "VersionMismatch").content


@pytest.mark.parametrize("version", ["9", "11", "10/"])
def test_another_version_of_the_contract_is_refused(exchange: Exchange, facade: FacadeClient, version: str) -> None:
    refused(facade, asked(exchange).replace("/ssbt/10", f"/ssbt/{version}"), "breaks_contract")


CHANGES = {
    "an element twice": (f"<q:personidentitet>{NUMBER}", f"<q:personidentitet>{OTHER}</q:personidentitet>\\g<0>"),
    "an element of another namespace": ("<q:handlaggare>", '<q:handlaggare xmlns:q="urn:other">'),
    "a prefix bound anew": ("<q:ingivare>", '<q:ingivare xmlns:q="urn:other">'),
    "a namespaced attribute": ('AF inkludera="false"', 'AF q:inkludera="false"'),
    "both attributes": ('AF inkludera="false"', 'AF inkludera="false" q:inkludera="true"'),
    "an element within a value": ("hl-1", "hl<b/>-1"),
    "nil": ("<q:lagtext>", f'<q:lagtext xmlns:i="{XSI}" i:nil="true">'),
    "an inclusion": ("hl-1", '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
    "a source twice": ("<q:AF ", '<q:AF inkludera="true"/><q:AF '),
    "a wide digit": (f">{NUMBER}<", f">{NUMBER[:-1]}{chr(0xFF10 + int(NUMBER[-1]))}<"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_what_two_readers_could_take_differently_is_refused(
    exchange: Exchange, facade: FacadeClient, old: str, new: str
) -> None:
    changed = asked(exchange).replace(old, new.replace("\\g<0>", old), 1)
    assert changed != asked(exchange)
    refused(facade, changed, "breaks_contract")
    assert exchange.sent_to_sources == []


@pytest.mark.parametrize(
    "spelling",
    [
        f"{NUMBER[:6]}<!-- -->{NUMBER[6:]}",
        f"{NUMBER[:6]}<?p i?>{NUMBER[6:]}",
        f"<![CDATA[{NUMBER}]]>",
        f"{NUMBER[:6]}<![CDATA[{NUMBER[6:]}]]>",
        "".join(f"&#{ord(digit)};" for digit in NUMBER),
        f"\n  {NUMBER}\t",
    ],
)
def test_a_value_is_the_whole_of_it_however_it_is_written(
    exchange: Exchange, facade: FacadeClient, spelling: str
) -> None:
    facade.answered(asked(exchange, number=spelling))
    assert f"<ssbt:personidentitet>{NUMBER}</ssbt:personidentitet>" in exchange.sent_to_sources[-1].decode()


def test_hints_on_schemas_are_not_followed(exchange: Exchange, facade: FacadeClient) -> None:
    hints = f'xmlns:i="{XSI}" i:schemaLocation="urn:x http://127.0.0.1:1/x.xsd" i:type="q:Anything"'
    facade.answered(asked(exchange).replace("<q:generellaFrageparametrar>", f"<q:generellaFrageparametrar {hints}>"))


LEFI = {
    "no base64": ("%%%", "breaks_contract"),
    "base64 of the wrong length": ("YWJ", "breaks_contract"),
    "no JSON": (b64encode(b"\xff\xfe<x/>").decode(), None),
    "depth": (b64encode(b"[" * 100_000).decode(), None),
    "numbers without end": (b64encode(b'{"personnummer": 1' + b"0" * 90_000 + b"}").decode(), None),
    "a name twice": (b64encode(b'{"period": 1, "period": 2}').decode(), None),
    "other types": (b64encode(json.dumps({"personnummer": [1], "period": [2]}).encode()).decode(), None),
    "days that are none": (b64encode(b'{"period": {"from": "2026-02-30", "tom": {}}}').decode(), None),
    "somebody else": (b64encode(json.dumps({"personnummer": OTHER}).encode()).decode(), "another_person_in_part"),
}


@pytest.mark.parametrize(("written", "code"), LEFI.values(), ids=LEFI)
def test_a_hostile_question_to_fk_is_refused_or_has_no_say(
    exchange: Exchange, facade: FacadeClient, written: str, code: str | None
) -> None:
    own = f"<q:fraga><q:aktorsid>a</q:aktorsid><q:lefiJsonFraga>{written}</q:lefiJsonFraga></q:fraga>"
    message = asked(exchange, sources={"FK": own})
    if code is None:
        facade.answered(message)
    else:
        refused(facade, message, code)


# --- too much, and the wrong way ---------------------------------------------------------------------------------


def test_a_body_of_a_hundred_megabytes_is_refused_before_it_is_read(exchange: Exchange, facade: FacadeClient) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 100000000\r\n\r\n<a>"
    with (
        socket.create_connection(("127.0.0.1", exchange.ports["facade"]), 10) as plain,
        facade_context(exchange).wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(head.encode())
        received = b""
        while b"</soap:Envelope>" not in received:
            piece = connection.recv(65536)
            assert piece, "it closed without an answer"
            received += piece
    assert b"body_too_large" in received


def test_a_body_without_an_end_is_refused_when_it_has_become_too_large(facade: FacadeClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(4 * MAX_REQUEST_BYTES // 8192):
            yield b" " * 8192

    answer = facade.http.post(facade.url, headers={"content-type": "text/xml"}, content=endless())
    assert b"body_too_large" in answer.content


def test_the_largest_message_is_read_and_one_byte_more_is_not(exchange: Exchange, facade: FacadeClient) -> None:
    message = asked(exchange)
    padded = message + " " * (MAX_REQUEST_BYTES - len(message.encode()))
    facade.answered(padded)
    refused(facade, padded + " ", "body_too_large")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_do_nothing(facade: FacadeClient, method: str) -> None:
    answer = facade.http.request(method, facade.url)
    assert answer.status_code == 405
    assert not {name for name in answer.headers if name.startswith("access-control")}


@pytest.mark.parametrize(
    "path", ["/", "/ssbt/11", "/ssbt/10/", "/consultation/v1/lookups", "/metrics", "/health/ready"]
)
def test_nothing_else_is_served_there(facade: FacadeClient, path: str) -> None:
    assert facade.http.post(facade.url.replace("/ssbt/10", path)).status_code == 404


@settings(
    max_examples=sample_or_full(60, 2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.integers(0, 2000),
    length=st.integers(0, 40),
    put=st.one_of(
        st.binary(max_size=12),
        st.sampled_from([b"<", b"&", b"]]>", b"<!--", b"<![CDATA[", b'"', b"\x00", b"</s:Body>", b"<?x?>", b"\xc3"]),
    ),
)
def test_no_change_of_a_message_makes_a_fault_of_ours(
    exchange: Exchange, facade: FacadeClient, place: int, length: int, put: bytes
) -> None:
    good = asked(exchange).encode()
    answer = facade.post(good[:place] + put + good[place + length :])
    if answer.status_code != 200:
        fault = fault_of(answer)
        assert "internal_error" not in (fault.code, *fault.messages[0].split(":"))


def test_a_day_that_is_none_is_refused_by_name(exchange: Exchange, facade: FacadeClient) -> None:
    message = asked(exchange, period=(date(1, 1, 1), date(9999, 12, 31)))
    refused(facade, message, "period_invalid")
    refused(facade, message.replace("9999-12-31", "99999-12-31"), "breaks_contract")
    assert V10.namespace in message
