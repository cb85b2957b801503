"""The page for people, and health for machines."""

import re

import pytest

from shared.http.guard import Receive, Scope, Send
from tests.service.gateway.conftest import Gateway, Run
from tests.service.gateway.servers import Upstream, free_socket


def test_the_page_says_in_both_languages_where_things_are(gateway: Gateway) -> None:
    page = gateway.get("/")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert '<html lang="sv">' in page.text
    assert 'lang="en"' in page.text
    assert f"{gateway.url}/oauth/token" in page.text


def test_every_own_link_of_the_page_leads_somewhere(
    gateway: Gateway, consultation: Upstream, agreements: Upstream
) -> None:
    links = set(re.findall(r'href="(/[^"]*)"', gateway.get("/").text))

    assert len(links) >= 6
    assert {link: gateway.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_page_loads_nothing_from_elsewhere_and_holds_no_inline_code(gateway: Gateway) -> None:
    page = gateway.get("/").text

    assert not re.search(r"<script|<style|style=|<img|<iframe|\son\w+=", page)
    assert re.findall(r'<link[^>]*href="([^"]*)"', page) == ["/style.css"]
    assert gateway.get("/style.css").headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/oauth", "/index.html"])
def test_other_addresses_are_problems_without_echo(gateway: Gateway, path: str) -> None:
    answer = gateway.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_wrong_method_on_the_small_application_is_told_which_there_are(gateway: Gateway) -> None:
    answer = gateway.get("/oauth/token")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_alive_says_nothing_of_the_services(run_gateway: Run) -> None:
    unused = free_socket()
    with run_gateway(agreements_url=f"http://127.0.0.1:{unused.getsockname()[1]}") as gateway:
        live, ready = gateway.get("/health/live"), gateway.get("/health/ready")
    unused.close()

    assert (live.status_code, ready.status_code) == (200, 503)


def test_ready_asks_both_services_but_not_at_every_call(
    run_gateway: Run, consultation: Upstream, agreements: Upstream
) -> None:
    with run_gateway() as gateway:
        statuses = [gateway.get("/health/ready").status_code for _ in range(5)]

    assert statuses == [200] * 5
    assert [seen.raw_path for seen in consultation.seen] == [b"/health/ready"]
    assert [seen.raw_path for seen in agreements.seen] == [b"/health/ready"]


def test_a_service_that_is_not_ready_makes_the_gateway_not_ready(run_gateway: Run, agreements: Upstream) -> None:
    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    agreements.respond = respond
    with run_gateway() as gateway:
        assert gateway.get("/health/ready").status_code == 503
