"""Counters begin anew with the window, and do not grow without end."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.gateway.limits import storage
from services.gateway.limits.addresses import address_key
from services.gateway.limits.rates import RateLimit
from services.gateway.limits.storage import CounterStorage
from services.gateway.main import rate_limits
from services.gateway.tokens.demo import write_demo_clients
from tests.unit.gateway.test_startup import settings


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_window_begins_anew_when_it_has_passed() -> None:
    time = Time()
    limit = RateLimit("default", 2, 60, storage=CounterStorage(time), clock=time)

    first = [asyncio.run(limit.hit("a")) for _ in range(3)]
    told = [standing.headers() for standing in first]
    time.now += timedelta(seconds=60)
    later = asyncio.run(limit.hit("a"))

    assert [standing.allowed for standing in first] == [True, True, False]
    assert told[0] == {"RateLimit-Policy": '"default";q=2;w=60', "RateLimit": '"default";r=1;t=60'}
    assert told[2]["Retry-After"] == "60"
    assert later.allowed


def test_keys_and_policies_are_counted_apart() -> None:
    time = Time()
    counters = CounterStorage(time)
    clients = RateLimit("default", 1, 60, storage=counters, clock=time)
    addresses = RateLimit("address", 1, 60, storage=counters, clock=time)

    assert asyncio.run(clients.hit("a")).allowed
    assert asyncio.run(clients.hit("b")).allowed
    assert asyncio.run(addresses.hit("a")).allowed
    assert not asyncio.run(clients.hit("a")).allowed


def test_expired_counters_leave_and_the_number_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_CAPACITY", 10)
    time = Time()
    counters = CounterStorage(time)
    for number in range(25):
        asyncio.run(counters.incr(f"k{number}", 60))
    assert asyncio.run(counters.get("k24")) == 1
    assert asyncio.run(counters.get("k0")) == 0

    time.now += timedelta(seconds=61)
    asyncio.run(counters.incr("new", 60))
    assert asyncio.run(counters.reset()) == 1


@pytest.mark.parametrize(
    ("peer", "key"),
    [
        (("192.0.2.1", 1), "192.0.2.1"),
        (("::ffff:192.0.2.1", 1), "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (None, "unknown"),
    ],
)
def test_an_address_is_counted_as_one_household(peer: tuple[str, int] | None, key: str) -> None:
    assert address_key({"client": peer}) == key


def test_a_flood_of_addresses_does_not_push_out_what_a_client_has_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(storage, "_CAPACITY", 10)
    write_demo_clients(tmp_path)
    limits = rate_limits(settings(tmp_path, client_requests=1), Time())

    async def flood() -> list[bool]:
        first = await limits.clients.hit("umea")
        for number in range(100):
            await limits.addresses.hit(f"192.0.2.{number}")
        return [first.allowed, (await limits.clients.hit("umea")).allowed]

    assert asyncio.run(flood()) == [True, False]
