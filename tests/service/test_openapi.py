"""The committed OpenAPI files: the same as the code, and within the national REST API profile."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.agreements.main import openapi_document as agreements_document
from services.consultation.main import openapi_document as consultation_document
from services.gateway.proxy.allowed import ALLOWED
from tests.exchange import Exchange
from tests.openapi_check import ROOT, SERVICES, check, document

RULES = ROOT.parent / "shared" / "tools" / "rest-profile"
PACKAGES = ROOT / "tests" / "node" / "node_modules"
INTERNAL = {("agreements", "POST", "/decisions"), ("agreements", "POST", "/delegation-checks")}


@pytest.mark.parametrize(
    ("service", "make"), [("consultation", consultation_document), ("agreements", agreements_document)]
)
def test_the_committed_file_is_the_one_that_the_code_makes(service: str, make: Any) -> None:
    assert make() == document(service), "run: make openapi"


_FILE = "paths./consultations/{consultationId}/attachments"
NO_JSON = {
    ("AME.01", f"{_FILE}.post.requestBody.content"): "the body is a file, as it is",
    ("AME.02+ARQ.01", f"{_FILE}.post.requestBody.content"): "the same",
    ("AME.01", f"{_FILE}/{{attachmentId}}/content.get.responses.200.content"): "the answer is the file",
}
"""Where JSON should be offered and is not, and why."""


@pytest.mark.skipif(not RULES.is_dir(), reason="the profile's rules are not in ../shared/tools")
@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_files_have_no_error_by_the_national_rest_api_profile(tmp_path: Path) -> None:
    for each in ("ruleset.mjs", "package.json", "functions"):
        source = RULES / each
        if source.is_dir():
            shutil.copytree(source, tmp_path / each)
        else:
            shutil.copy(source, tmp_path / each)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    files = [str(ROOT / "services" / service / "openapi.json") for service in SERVICES]
    # Both at once: to start the tool is most of what it takes.
    linted = subprocess.run(
        [str(PACKAGES / ".bin" / "spectral"), "lint", *files, "-r", "ruleset.mjs", "-f", "json", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    faults = [(each["code"], ".".join(each["path"]), each["message"]) for each in json.loads(linted.stdout)]
    assert [each for each in faults if each[:2] not in NO_JSON] == []
    # Each exception is one that the rules still make.
    assert set(NO_JSON) <= {each[:2] for each in faults}


def test_the_gateway_lets_in_exactly_what_is_documented_and_not_internal() -> None:
    documented = {
        (service, method.upper(), template)
        for service in SERVICES
        for template, item in document(service)["paths"].items()
        for method in item
    }
    let_in = {
        (service, method, template.removeprefix("/v1"))
        for service, operations in ALLOWED.items()
        for method, template in operations
    }
    assert let_in == documented - INTERNAL


def test_an_answer_that_breaks_the_document_is_noticed(exchange: Exchange) -> None:
    answer = exchange.send("umea", "GET", "/consultation/v1/consultations")
    spoiled = {**answer.json(), "consultations": [{"consultationId": 1}]}
    answer._content = json.dumps(spoiled).encode()

    with pytest.raises(AssertionError, match="consultations"):
        check(answer)


def answers(service: str) -> Iterator[tuple[str, str, dict[str, Any], set[str]]]:
    """Operation, status, what it has at its top, and the headers, of each documented answer that is no problem."""
    schemas = document(service)["components"]["schemas"]
    for template, item in document(service)["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
                members = schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
                yield f"{method} {template}", status, members, set(answer["headers"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_creation_documents_where_it_is_and_every_version_its_etag(service: str) -> None:
    """`tests/openapi_check.py` holds every answer of every test to the headers that are documented as given."""
    created = {operation: headers for operation, status, _, headers in answers(service) if status == "201"}
    versioned = {operation: headers for operation, _, members, headers in answers(service) if "version" in members}

    assert created
    assert versioned
    assert [operation for operation, headers in created.items() if "Location" not in headers] == []
    assert [operation for operation, headers in versioned.items() if "ETag" not in headers] == []


def test_an_answer_without_a_header_that_is_promised_is_noticed(exchange: Exchange) -> None:
    view = {"name": "Utan adress", "shared": False, "filters": {}}
    answer = exchange.send("af-workbench", "POST", "/consultation/v1/queue/views", view)
    del answer.headers["Location"]

    with pytest.raises(AssertionError, match="Location is missing"):
        check(answer)


@pytest.mark.requirement(109)
@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_described_in_swedish_and_english(service: str) -> None:
    for item in document(service)["paths"].values():
        for operation in item.values():
            assert " / " in operation["summary"]
            english, _, swedish = operation["description"].rpartition("\n\n")
            assert words(english), operation["summary"]
            assert set("åäö") & set(swedish) or words(swedish) & SWEDISH_WORDS, operation["summary"]


SWEDISH_WORDS = {"och", "av", "den", "det", "som", "för", "i", "på", "ett", "en", "till", "med", "efter", "hur", "vad"}


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-zåäö]+", text.lower()))
