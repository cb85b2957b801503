"""Holds every answer that a test receives to the committed OpenAPI files."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

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
    if media_type == "text/csv":
        return
    pointer = _pointer("paths", template, method, "responses", key, "content", media_type, "schema")
    faults = sorted(_validator(service, pointer).iter_errors(answer.json()), key=str)
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
def _validator(service: str, pointer: str) -> Draft202012Validator:
    resource = DRAFT202012.create_resource(document(service))
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    return Draft202012Validator({"$ref": f"urn:document#{pointer}"}, registry=registry)


def _pointer(*parts: str) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
