"""Holds every answer that a test receives to the committed OpenAPI files."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("consultation", "agreements")


@cache
def document(service: str) -> dict[str, Any]:
    """The committed OpenAPI document of a service."""
    loaded: dict[str, Any] = json.loads((ROOT / "services" / service / "openapi.json").read_text("utf-8"))
    return loaded


def check(answer: httpx.Response) -> None:
    """Raise AssertionError when the answer is not what the document promises."""
    service, _, path = answer.request.url.path.lstrip("/").partition("/v1")
    if service not in SERVICES:
        return
    template = template_of(service, path)
    if template is None:
        return
    method = answer.request.method.lower()
    operation = document(service)["paths"][template].get(method)
    if operation is None:
        return
    status = str(answer.status_code)
    key = status if status in operation["responses"] else "default"
    assert key != "default" or answer.status_code >= 400, f"{method} {template}: {status} is not documented"
    media_type = answer.headers["content-type"].partition(";")[0]
    content = operation["responses"][key]["content"]
    assert media_type in content, f"{method} {template} {status}: {media_type} is not documented"
    for header, described in operation["responses"][key]["headers"].items():
        promised = header == "traceparent" or described.get("required")
        assert not promised or header in answer.headers, f"{method} {template} {status}: {header} is missing"
    if not media_type.endswith("json"):
        return
    faults = sorted(_validator(service, template, method, key, media_type).iter_errors(answer.json()), key=str)
    # The message of a fault may hold the value; where it is, is enough.
    assert not faults, f"{method} {template} {status}: {[list(fault.absolute_path) for fault in faults]}"


def template_of(service: str, path: str) -> str | None:
    """The documented path that an address belongs to."""
    parts = path.strip("/").split("/")
    for template in document(service)["paths"]:
        names = template.strip("/").split("/")
        if len(names) == len(parts) and all(
            name.startswith("{") or name == part for name, part in zip(names, parts, strict=True)
        ):
            return str(template)
    return None


@cache
def _validator(service: str, template: str, method: str, status: str, media_type: str) -> Draft202012Validator:
    operation = document(service)["paths"][template][method]
    return Draft202012Validator(_inlined(service, operation["responses"][status]["content"][media_type]["schema"]))


def _inlined(service: str, schema: Any) -> Any:
    """The schema with the components in place of their names: looking them up is most of what a check takes.

    Each component is made once. None of them contains itself: that would not end.
    """
    if isinstance(schema, list):
        return [_inlined(service, each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {name: _inlined(service, value) for name, value in schema.items() if name != "$ref"}
    if "$ref" not in schema:
        return rest
    component = _component(service, schema["$ref"])
    return {"allOf": [component, rest]} if rest else component


@cache
def _component(service: str, reference: str) -> Any:
    found: Any = document(service)
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return _inlined(service, found)
