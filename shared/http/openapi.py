"""The OpenAPI document of a service, made from its routes and completed with what all operations share.

FastAPI knows paths, parameters and answers; scopes, JSON bodies, conditions, trace headers and problems are
added from the same dependency objects that enforce them, so that the document can't promise something else.
Follows the national REST API profile (dataportal.se, version 2.0).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from shared.http.bodies import JsonBody
from shared.http.conditions import expected_version, known_tags
from shared.http.service import PROBLEM_TYPE_BASE, routes_of
from shared.idempotency import attempted
from shared.problems import MEDIA_TYPE, NOT_FOUND, Problem, problem_document
from shared.tokens.caller import Requires, described
from shared.tokens.scopes import Scope

_TRACE_EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True, slots=True)
class Description:
    """What the document says about the API as a whole. `description` is bilingual and states limitations.

    `checks` are the values that `failedCheck` can have in this API's refusals.
    """

    title: str
    version: str
    description: str
    server_url: str
    terms_url: str
    scopes: Mapping[str, Scope]
    token_url: str
    actor_header: str
    checks: Sequence[str] = ("scope", "tenancy")


def openapi_document(routers: Sequence[APIRouter], about: Description) -> dict[str, Any]:
    """The complete document."""
    routes = routes_of(routers)
    document = get_openapi(
        title=about.title,
        version=about.version,
        openapi_version="3.1.0",
        description=about.description,
        routes=routes,
        servers=[{"url": about.server_url}],
        terms_of_service=about.terms_url,
        contact={
            "name": "Samråd",
            "email": "kontakt@samrad.example",
            "url": "https://samrad.example",
        },
        license_info={"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        external_docs={
            "description": "Documentation and service level (SLA)",
            "url": "https://samrad.example/docs",
        },
    )
    _add_components(document, routes, about)
    for route, operation in _operations(routes, document):
        _complete(operation, list(_dependencies(route.dependant)), route, about, document["components"]["schemas"])
    return document


def _operations(routes: Sequence[BaseRoute], document: dict[str, Any]) -> Iterator[tuple[APIRoute, dict[str, Any]]]:
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                yield route, document["paths"][route.path_format][method.lower()]


def _dependencies(dependant: Dependant) -> Iterator[Any]:
    for child in dependant.dependencies:
        yield child.call
        yield from _dependencies(child)


def _complete(
    operation: dict[str, Any], used: list[Any], route: APIRoute, about: Description, schemas: Mapping[str, Any]
) -> None:
    parameters = operation.setdefault("parameters", [])
    parameters.append(_header("traceparent", "W3C Trace Context", _TRACE_EXAMPLE))
    for dependency in used:
        if isinstance(dependency, Requires):
            _add_access(operation, dependency, about)
        if isinstance(dependency, JsonBody):
            operation["requestBody"] = _request_body(dependency)
        if dependency is expected_version:
            parameters.append(_header("If-Match", "ETag of the version read / ETag för läst version", '"3"'))
        if dependency is known_tags:
            parameters.append(_header("If-None-Match", "ETag of what is known / ETag för det som är känt", '"3"'))
            operation["responses"]["304"] = {"description": "As `If-None-Match` says / Som `If-None-Match` anger"}
            known = "For If-None-Match / För If-None-Match"
            for status in ("200", "304"):
                operation["responses"][status]["headers"] = {"ETag": _answered_header(known, required=True)}
        if dependency is attempted:
            text = "Makes a retry safe / Gör omsändning säker"
            parameters.append(_header("Idempotency-Key", text, "0d5f8b0c-2c3b-4d53-9d67-6b1f2f6b5a11"))
    if not any(isinstance(dependency, Requires) for dependency in used):
        operation["security"] = []
    _complete_responses(operation["responses"], route, schemas)
    operation["operationId"] = route.name


def _add_access(operation: dict[str, Any], access: Requires, about: Description) -> None:
    operation["security"] = [{"oauth": [access.scope.name]}]
    if access.actor:
        text = "Opaque id of the person at the caller / Id hos den som anropar, utan personuppgifter"
        operation["parameters"].append(_header(about.actor_header, text, "hl-4711", required=True))
    if not access.scope.bearer_allowed:
        proof = "eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.c2ln"
        operation["parameters"].append(_header("DPoP", "Proof of possession (RFC 9449)", proof))


def _header(name: str, description: str, example: str, *, required: bool = False) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema,
        "example": example,
    }


def _request_body(body: JsonBody) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{body.model.__name__}"}
    return {"required": body.required, "content": {"application/json": {"schema": reference, "example": body.example}}}


def _complete_responses(responses: dict[str, Any], route: APIRoute, schemas: Mapping[str, Any]) -> None:
    responses.pop("422", None)
    for status, given in route.responses.items():
        # FastAPI drops null members, and an example without its nullable members is not a full one.
        for media_type, content in given.get("content", {}).items():
            responses[str(status)]["content"][media_type]["example"] = content["example"]
    responses["default"] = {
        "description": "A problem: what is wrong and what to do / Ett problem: vad som är fel och vad man gör",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _problem_example()}},
    }
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers["traceparent"] = {"schema": {"type": "string"}, "description": "W3C Trace Context"}
        if status == "201":
            headers["Location"] = _answered_header("Where it is told / Var det visas", "uri", required=True)
        if _is_versioned(response, schemas):
            headers["ETag"] = _answered_header("Its version, for If-Match / Versionen, för If-Match", required=True)


def _answered_header(description: str, format: str | None = None, *, required: bool) -> dict[str, Any]:  # noqa: A002
    schema = {"type": "string"} | ({"format": format} if format else {})
    return {"description": description, "required": required, "schema": schema}


def _is_versioned(response: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    """Whether what is answered has a version of its own, to be stated when it is changed."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return "version" in schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})


def _add_components(document: dict[str, Any], routes: Sequence[BaseRoute], about: Description) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    bodies = {dependency.model for dependency in _all_dependencies(routes) if isinstance(dependency, JsonBody)}
    ordered = sorted(bodies, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    schemas.update(definitions.get("$defs", {}))
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _problem_schema(about.checks)
    components["securitySchemes"] = {
        "oauth": {
            "type": "oauth2",
            "description": "Client credentials with private_key_jwt; tokens about persons are bound with DPoP",
            "flows": {"clientCredentials": {"tokenUrl": about.token_url, "scopes": described(about.scopes)}},
        }
    }
    components["schemas"] = dict(sorted(schemas.items()))


def _all_dependencies(routes: Sequence[BaseRoute]) -> Iterator[Any]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield from _dependencies(route.dependant)


def _problem_schema(checks: Sequence[str]) -> dict[str, Any]:
    text = {"type": "string"}
    words = {"type": "object", "properties": {"title": text, "detail": text, "action": text}}
    return {
        "type": "object",
        "description": "RFC 9457, with the words in both languages under texts",
        "required": ["type", "title", "status", "detail", "instance", "code", "action", "texts"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "code": text,
            "action": text,
            "failedCheck": {
                "type": "string",
                "enum": list(checks),
                "description": "Which check of access failed / Vilken av åtkomstens prövningar som inte höll",
            },
            "texts": {"type": "object", "properties": {"sv": words, "en": words}, "required": ["sv", "en"]},
        },
    }


def _problem_example() -> dict[str, Any]:
    instance = "urn:uuid:2b1a4f6e-7c0d-4f0a-9d0c-0f6f3d1b9c11"
    return problem_document(Problem(NOT_FOUND), language="en", type_base=PROBLEM_TYPE_BASE, instance=instance)
