"""Every setting stands in `deploy/env` with a comment, and nothing stands there that is no setting."""

import ast
import importlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from services.sandbox import EXAMPLE_SECRET

ROOT = Path(__file__).resolve().parents[2]
ENV = ROOT / "deploy" / "env"
COMMON = {
    "PORT",
    "SAMRAD_HOST",
    "SAMRAD_HOME",
    "SAMRAD_PUBLIC_URL",
    "SAMRAD_LOG_LEVEL",
    "SAMRAD_SECURITY_PROFILE",
    "SAMRAD_ISSUERS_FILE",
    "SAMRAD_WORKER",
    "SAMRAD_WORKER_PORT",
}
_LINE = re.compile(r"(?P<off>#?)(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """A setting in a file. `off` when it is left out until somebody needs it; `comment` is what stands above."""

    name: str
    value: str
    off: bool
    comment: str


def services() -> list[str]:
    """Every service that has settings."""
    return sorted(file.parent.name for file in (ROOT / "services").glob("*/settings.py"))


def settings_class(service: str) -> type[BaseSettings]:
    """What a process of the service reads: the most complete of its classes."""
    module = importlib.import_module(f"services.{service}.settings")
    found = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, BaseSettings)]
    return max((kind for kind in found if kind is not BaseSettings), key=lambda kind: len(kind.model_fields))


def lines(name: str) -> list[Line]:
    """The settings of a file, each with the comment lines right above it."""
    found, above = [], list[str]()
    for text in (ENV / f"{name}.env").read_text("utf-8").splitlines():
        line = _LINE.fullmatch(text)
        if line is not None:
            found.append(Line(line["name"], line["value"], bool(line["off"]), " ".join(above)))
        elif text and not text.startswith("# "):
            pytest.fail(f"{name}.env: neither a setting nor a comment: {text}")
        above = [*above, text[2:]] if text.startswith("# ") else []
    return found


def environment_name(service: str, field: str) -> str:
    """The variable of a field."""
    return f"{settings_class(service).model_config['env_prefix']}{field}".upper()


def test_there_is_a_file_for_each_service_and_one_for_all() -> None:
    assert len(services()) >= 3, "the search for settings must be broken"
    assert sorted(file.stem for file in ENV.glob("*.env")) == sorted(["common", *services()])


@pytest.mark.parametrize("service", services())
def test_every_setting_of_a_service_stands_in_its_file_and_nothing_else(service: str) -> None:
    wanted = sorted(environment_name(service, field) for field in settings_class(service).model_fields)
    assert sorted(line.name for line in lines(service)) == wanted


def test_what_the_program_itself_reads_stands_in_the_common_file_and_nothing_else() -> None:
    assert read_by_the_program() == COMMON
    assert {line.name for line in lines("common")} == COMMON


@pytest.mark.parametrize("file", ["common", *services()])
def test_every_setting_has_a_comment(file: str) -> None:
    bare = [line.name for line in lines(file) if len(line.comment) < 20]
    assert not bare, f"say above the line what it is for: {bare}"


@pytest.mark.parametrize("service", services())
def test_the_files_show_the_defaults_and_example_secrets(service: str) -> None:
    shown = {line.name: line for line in lines(service)}
    for name, field in settings_class(service).model_fields.items():
        line = shown[environment_name(service, name)]
        if field.annotation in (SecretStr, SecretStr | None):
            assert EXAMPLE_SECRET in line.value, f"{line.name} must hold the example that a start refuses"
        elif field.default is None:
            assert line.value, f"{line.name} shows nothing of what it may be"
        elif not field.is_required():
            default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert line.value == default, f"{line.name} shows another value than the default"


@pytest.mark.parametrize("service", services())
def test_a_service_can_read_its_file(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SAMRAD_")]:
        monkeypatch.delenv(name)
    for line in lines(service):
        if not line.off:
            monkeypatch.setenv(line.name, line.value)
    settings_class(service)()


def test_only_the_role_that_serves_is_in_the_file_of_a_running_service() -> None:
    owners = [line for service in services() for line in lines(service) if "MIGRATION" in line.name]
    assert owners
    assert all(line.off for line in owners), "the owner's address is for ./samrad migrate alone"


def read_by_the_program() -> set[str]:
    """The variables that starting asks for itself: not the settings of one service."""
    files = sorted((ROOT / "services" / "assembly").rglob("*.py"))
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    own = tuple(f"SAMRAD_{service.upper()}_" for service in services())
    asked = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                asked.add(name)
    return {name for name in asked if not name.startswith(own)}
