"""The file of REST sources: what it must say before the service starts."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey

from services.assembly.environment import CannotStart
from services.assembly.rest_sources import rest_sources
from services.consultation.lookups.sources.domain import Source, SourceCode
from shared.clock import system_clock
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


def read(tmp_path: Path, content: Any) -> dict[SourceCode, Source]:
    file = tmp_path / "rest-sources.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return dict(rest_sources(file, PyreqwestTransport(), httpx.AsyncClient(), system_clock))


def refusal(tmp_path: Path, content: Any) -> str:
    with pytest.raises(CannotStart) as refused:
        read(tmp_path, content)
    return str(refused.value)


def test_without_a_file_no_source_is_asked_alone() -> None:
    assert rest_sources(None, PyreqwestTransport(), httpx.AsyncClient(), system_clock) == {}


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
        rest_sources(tmp_path / "none.json", PyreqwestTransport(), httpx.AsyncClient(), system_clock)


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
)
def test_a_key_that_cannot_sign_is_refused_by_its_file(tmp_path: Path, key: str) -> None:
    file = tmp_path / "unfit.jwk"
    file.write_text(key, "utf-8")

    assert refusal(tmp_path, {"AF": entry(file)}) == f"AF.keyFile: {file} cannot be read as a private key (JWK)"
