"""Which members LEFI's answer can hold, read from the official OpenAPI file.

That file is YAML written by a machine, always in the same layout; the few lines here read that layout and no other, and
spare the project a dependency.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FILE = (
    Path(__file__)
    .parents[3]
    .joinpath("shared/contracts/ssbtek-v10/se/forsakringskassan/schema/lefi/lefi-formansinformation-v9.openapi.yaml")
)
_SCHEMA = re.compile(r" {4}(\w+):$")
_PROPERTY = re.compile(r" {8}(\w+):$")
_REFERENCE = re.compile(r" {10,12}\$ref: '#/components/schemas/(\w+)'$")
_END_OF_PROPERTIES = re.compile(r" {6}\w+:")


@cache
def _schemas() -> dict[str, dict[str, str | None]]:
    """The properties of each schema, with the schema of the object or of the list's objects that it holds."""
    schemas: dict[str, dict[str, str | None]] = {}
    name, inside, current = "", False, None
    for line in _FILE.read_text(encoding="utf-8").partition("\n  schemas:\n")[2].splitlines():
        if found := _SCHEMA.match(line):
            name, inside = found[1], False
            schemas[name] = {}
        elif _END_OF_PROPERTIES.match(line):
            inside, current = line.strip() == "properties:", None
        elif inside and (found := _PROPERTY.match(line)):
            current = found[1]
            schemas[name][current] = None
        elif inside and current and (found := _REFERENCE.match(line)):
            schemas[name][current] = found[1]
    return schemas


def paths_of_the_answer() -> frozenset[str]:
    """Every member that can be reached in `LefiExternFormansinformationSvar`, with points between, through lists."""
    return frozenset(_paths("LefiExternFormansinformationSvar"))


def _paths(schema: str, above: str = "") -> Iterator[str]:
    for name, inner in _schemas()[schema].items():
        yield above + name
        if inner is not None:
            yield from _paths(inner, f"{above}{name}.")
