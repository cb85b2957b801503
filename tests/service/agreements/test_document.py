"""What the API says about itself."""

from typing import Any

import jsonschema
from fastapi.routing import APIRoute

from services.agreements.main import ROUTERS, openapi_document
from services.agreements.scopes import SCOPES
from tests.service.agreements.door import READ, UMEA, Door

PUBLIC = {
    "/organisations",
    "/organisations/{organisationNumber}",
    "/municipalities",
    "/counties",
    "/legal-bases",
    "/legal-bases/{legalBasisId}",
    "/coverage",
    "/units",
    "/units/{unitCode}",
    "/routing",
    "/api-info",
}


def test_api_info_has_the_members_of_the_national_profile(door: Door) -> None:
    answer = door.get("/api-info").json()

    assert set(answer) == {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"}


def test_exactly_the_public_operations_are_without_a_token() -> None:
    open_paths = {
        path
        for path, operations in openapi_document()["paths"].items()
        for operation in operations.values()
        if operation["security"] == []
    }

    assert open_paths == PUBLIC


def test_the_document_names_the_scopes_of_the_service() -> None:
    flows = openapi_document()["components"]["securitySchemes"]["oauth"]["flows"]

    assert set(flows["clientCredentials"]["scopes"]) == set(SCOPES)


def test_every_example_has_the_form_that_it_illustrates() -> None:
    document = openapi_document()
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    for route in routes:
        operation = document["paths"][route.path_format][min(route.methods or ["GET"]).lower()]
        for status, response in route.responses.items():
            answer = operation["responses"][str(status)]["content"]["application/json"]
            _check(response["content"]["application/json"]["example"], answer["schema"], document)
        if (body := operation.get("requestBody")) is not None:
            asked = body["content"]["application/json"]
            _check(asked["example"], asked["schema"], document)
    assert len(routes) == 25


def test_answers_have_the_documented_form(door: Door) -> None:
    document = openapi_document()
    for path in (
        "/organisations",
        "/municipalities",
        "/counties",
        "/legal-bases",
        "/coverage",
        "/units",
        "/routing",
        "/api-info",
    ):
        _check(door.get(path).json(), _schema(document, path), document)
    listed = door.get("/agreements", organisation=UMEA, scopes=[READ]).json()
    _check(listed, _schema(document, "/agreements"), document)


def _schema(document: dict[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return found


def _check(instance: object, schema: dict[str, Any], document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(instance)
