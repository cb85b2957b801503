"""The file of REST sources: what it must say before the service starts."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey

from services.assembly.environment import CannotStart
from services.assembly.rest_sources import RestAssembly, rest_environments
from services.consultation.lookups.sources.breaker import BreakerPolicy
from services.consultation.lookups.sources.domain import Source, SourceCode
from services.consultation.lookups.sources.health import SourceHealth
from shared.clock import system_clock
from shared.transport.protocol import Answer
from shared.transport.pyreqwest_transport import PyreqwestTransport


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A private key."""
    file = tmp_path / "key.jwk"
    file.write_text(json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)), "utf-8")
    return file


def entry(key_file: Path, **changed: Any) -> dict[str, Any]:
    return {
        "url": "https://api.af.example/answers",
        "tokenUrl": "https://login.af.example/token",
        "issuer": "https://login.af.example",
        "clientId": "samrad",
        "keyFile": str(key_file),
        "scope": "answers.read",
        **changed,
    }


def parts() -> RestAssembly:
    health, policy = SourceHealth(system_clock), BreakerPolicy()
    return RestAssembly(PyreqwestTransport(), httpx.AsyncClient(), system_clock, health, policy, longest_seconds=30.0)


def read(tmp_path: Path, content: Any) -> dict[SourceCode, Source]:
    file = tmp_path / "rest-sources.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return {code: each.source for each in rest_environments(file, parts()) for code in each.codes}


def refusal(tmp_path: Path, content: Any) -> str:
    with pytest.raises(CannotStart) as refused:
        read(tmp_path, content)
    return str(refused.value)


def test_without_a_file_no_source_is_asked_alone() -> None:
    assert rest_environments(None, parts()) == []


def test_the_sources_that_the_file_names_are_asked_alone(tmp_path: Path, key_file: Path) -> None:
    loopback = {"url": "http://127.0.0.1:8004/so", "tokenUrl": "http://localhost:8004/token", "bound": False}

    found = read(tmp_path, {"AF": entry(key_file), "SO": entry(key_file, **loopback)})

    assert set(found) == {SourceCode.AF, SourceCode.SO}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "http://api.af.example/answers"}, "AF.url: Value error, must begin with https://"),
        ({"tokenUrl": "http://login.af.example/token"}, "AF.tokenUrl: Value error, must begin with https://"),
        ({"url": "https://user:secret@api.af.example/"}, "AF.url: Value error, is no address"),
        ({"url": "https://api.af.example/?person=1"}, "AF.url: Value error, is no address"),
        ({"url": "ftp://api.af.example/"}, "AF.url: Value error, is no address"),
        ({"clientId": ""}, "AF.clientId"),
        ({"timeoutSeconds": 0}, "AF.timeoutSeconds"),
        ({"maxAnswerBytes": 10**9}, "AF.maxAnswerBytes"),
        ({"clientSecret": "hemligt"}, "AF.clientSecret: Extra inputs are not permitted"),
    ],
)
def test_an_unfit_member_is_named_and_its_value_is_not(
    tmp_path: Path, key_file: Path, changed: dict[str, Any], words: str
) -> None:
    told = refusal(tmp_path, {"AF": entry(key_file, **changed)})

    assert words in told
    assert "docs/rest-sources.md" in told
    assert "secret@" not in told
    assert "hemligt" not in told


@pytest.mark.parametrize("content", ["", "[]", "{", '{"XX": {}}', '{"AF": {}}'])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: str) -> None:
    assert "is not a file of REST sources" in refusal(tmp_path, content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="cannot be read"):
        rest_environments(tmp_path / "none.json", parts())


def test_a_source_must_be_done_before_the_look_up_is(tmp_path: Path, key_file: Path) -> None:
    assert "AF.timeoutSeconds must be more than" in refusal(tmp_path, {"AF": entry(key_file, timeoutSeconds=29.5)})


@pytest.mark.parametrize(
    "key",
    [
        "",
        "[]",
        "null",
        "{}",
        json.dumps(OctKey.generate_key(256).as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-384", private=True).as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-256", private=False).as_dict(private=False)),
    ],
    ids=["empty", "a list", "null", "an object", "symmetric", "another curve", "public"],
)
def test_a_key_that_cannot_sign_is_refused_by_its_file(tmp_path: Path, key: str) -> None:
    file = tmp_path / "unfit.jwk"
    file.write_text(key, "utf-8")

    assert refusal(tmp_path, {"AF": entry(file)}) == f"AF.keyFile: {file} cannot be read as a private key (JWK)"


def test_a_probe_is_over_before_the_next_and_before_who_asked_for_it_has_gone(key_file: Path, tmp_path: Path) -> None:
    """However long the source itself is given."""
    file = tmp_path / "rest-sources.json"
    file.write_text(json.dumps({"AF": entry(key_file, timeoutSeconds=25)}), "utf-8")
    given: list[float] = []

    class Line:
        async def send(self, *_: object, timeout_seconds: float, **__: object) -> Answer:
            given.append(timeout_seconds)
            return Answer(405, {}, b"")

    for policy in (BreakerPolicy(), BreakerPolicy(probe_every=timedelta(seconds=4))):
        (made,) = rest_environments(file, replace(parts(), transport=Line(), policy=policy))
        asyncio.run(made.probe())

    assert given == [10, 4]
