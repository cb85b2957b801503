"""Which paths are refused, and which exist from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.proxy.allowed import ALLOWED, FILES, AllowList
from shared.http.paths import suspicious, unfit_query

SEGMENT = st.text("abcXYZ019._-%/;\\\\", max_size=12)


@pytest.mark.parametrize(
    "path",
    [b"/a/b", b"/a/b.c", b"/a/.b", b"/a/b-", b"/", b"/.well-known/oauth-authorization-server", b"/a/b%20c", b"/a/"],
)
def test_a_plain_path_passes(path: bytes) -> None:
    assert not suspicious(path)


@given(st.lists(SEGMENT, max_size=5))
def test_what_passes_and_is_allowed_means_the_same_to_every_reader(segments: list[str]) -> None:
    path = ("/consultation/v1/lookups/" + "/".join(segments)).encode()
    if not suspicious(path) and AllowList("consultation").find(path) is not None:
        identifier = path.removeprefix(b"/consultation/v1/lookups/")
        assert not {b"/", b"%", b";", b"\\"} & {bytes([byte]) for byte in identifier}
        assert identifier not in (b"", b".", b"..")


@pytest.mark.parametrize("service", ALLOWED)
def test_every_line_of_the_table_is_found_with_its_template(service: str) -> None:
    allowed = AllowList(service)
    for method, template in ALLOWED[service]:
        path = f"/{service}" + "/".join("x" if part.startswith("{") else part for part in template.split("/"))
        found = allowed.find(path.encode())
        assert found is not None
        assert found.template == f"/{service}{template}"
        assert method in found.methods
        assert (method in found.files) is ((service, method, template) in FILES)


def test_what_carries_a_file_exists_from_outside() -> None:
    assert {(service, method, template) for service, lines in ALLOWED.items() for method, template in lines} >= FILES


def test_decisions_are_not_reachable_from_outside() -> None:
    assert not [template for lines in ALLOWED.values() for _, template in lines if "decisions" in template]


@pytest.mark.parametrize(("query", "unfit"), [(b"a=1&b=%2F", False), (b"", False), (b"a=<", True), (b"a=\xe5", True)])
def test_a_query_outside_the_standard_is_unfit(query: bytes, unfit: bool) -> None:
    assert unfit_query(query) is unfit
