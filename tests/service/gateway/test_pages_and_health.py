"""The page for people, and health for machines."""

import re

import httpx
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


def test_metrics_are_served_by_the_gateway_only_when_it_is_told_to(run_gateway: Run, gateway: Gateway) -> None:
    assert gateway.get("/metrics").status_code == 404
    with run_gateway(metrics=True) as told:
        answer = told.get("/metrics")

    assert answer.status_code == 200
    assert "samrad_http_request_seconds_bucket" in answer.text


def test_requests_for_another_host_are_refused_when_the_hosts_are_named(run_gateway: Run, agreements: Upstream) -> None:
    with run_gateway(hosts="samrad.example, gw.samrad.example") as gateway:

        def status(host: str, path: str = "/agreements/v1/counties") -> int:
            return gateway.get(path, headers={"Host": host}).status_code

        assert [status(host) for host in ("samrad.example", "GW.Samrad.Example:443", "samrad.example:8000")] == [
            200
        ] * 3
        assert [status(host) for host in ("evil.example", "127.0.0.1", "xsamrad.example", "[::1]:80")] == [421] * 4
        assert status("evil.example", "/oauth/jwks") == 421
        assert status("10.0.0.7", "/health/live") == 200


@pytest.mark.parametrize(("public_url", "told"), [("https://samrad.example", "max-age=31536000"), ("http://a", None)])
def test_browsers_are_told_to_stay_with_tls_where_there_is_tls(
    run_gateway: Run, public_url: str, told: str | None
) -> None:
    with run_gateway(public_url=public_url) as gateway:
        answer = httpx.get(f"http://127.0.0.1:{gateway.port}/")

    assert answer.headers.get("strict-transport-security") == told
