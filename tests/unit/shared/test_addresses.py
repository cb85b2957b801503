"""Whom an address stands for, and whose word is taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.addresses import Proxies, counted, networks

OURS = Proxies(networks("10.0.0.0/8, 2001:db8:1::/48"))


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("a:b", "a:b"),
    ],
)
def test_an_address_is_counted_as_whoever_could_change_it_at_will(host: str, key: str) -> None:
    assert counted(host) == key


@pytest.mark.parametrize(
    ("peer", "forwarded", "origin"),
    [
        ("198.51.100.7", ["6.6.6.6"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7, 10.2.3.4 ,2001:db8:1::5"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.9"], "10.0.0.9"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, ,10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["198.51.100.7, _hidden, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["\xff"], "10.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_is_believed(peer: str, forwarded: list[str], origin: str) -> None:
    assert OURS.origin(peer, [value.encode("latin-1") for value in forwarded]) == origin


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30), max_size=60))
def test_nothing_that_a_client_sends_changes_what_our_proxy_wrote_after_it(forged: list[str]) -> None:
    sent = [value.encode() for value in forged]

    assert OURS.origin("10.0.0.1", [*sent, b"198.51.100.7, 10.0.0.2"]) == "198.51.100.7"
    assert Proxies().origin("198.51.100.7", sent) == "198.51.100.7"


@pytest.mark.parametrize("text", ["10.0.0.1/8", "nonsense", "10.0.0.0/33", "10.0.0.0/8;::1"])
def test_networks_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        networks(text)
