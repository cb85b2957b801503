"""A number or a yes in a body is one in JSON, never a text that could be taken for it. A day or a time is no number.

A parser that is kind reads `"5"`, `true` and `"no"` in ways that differ between products: one who checks and one who
acts could see different bodies.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, get_args, get_origin

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from services.agreements import main as agreements
from services.agreements import wire as agreement_wire
from services.consultation import main as consultation
from services.consultation import wire
from shared.http.bodies import Flag, JsonBody, WireModel
from shared.http.times import WRITTEN_DAY, WRITTEN_INSTANT

ROUTERS = (*consultation._ROUTERS, *agreements.ROUTERS)


def bodies_of(dependant: Dependant) -> Iterator[type[BaseModel]]:
    """The models that are read from the body of a route."""
    if isinstance(dependant.call, JsonBody):
        yield dependant.call.model
    for each in dependant.dependencies:
        yield from bodies_of(each)


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for each in get_args(kind):
        yield from models_in(each)


def says_strict(metadata: Any) -> bool:
    """Of what stands beside a type: of pydantic's own kind or one of ours, or a field that holds it."""
    if metadata in (WRITTEN_DAY, WRITTEN_INSTANT):
        return True
    inner = getattr(metadata, "metadata", ())
    return bool(getattr(metadata, "strict", False)) or any(says_strict(each) for each in inner)


def has_lax(kind: Any, *, strict: bool) -> bool:
    """Whether there is a number or a yes or no in it that a text passes for, or a time that a number does."""
    if kind in (int, float, bool, date, datetime, AwareDatetime):
        return not strict
    parts = get_args(kind)
    if get_origin(kind) is Annotated:
        return has_lax(parts[0], strict=strict or any(says_strict(each) for each in parts[1:]))
    return any(has_lax(each, strict=strict) for each in parts)


def lax(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    """The fields that a text passes for, of the model and all within it."""
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        if has_lax(field.annotation, strict=any(says_strict(each) for each in field.metadata)):
            yield f"{model.__name__}.{name}"
        for each in models_in(field.annotation):
            yield from lax(each, seen)


def test_no_number_and_no_yes_in_a_body_may_be_a_text_and_no_time_a_number() -> None:
    bodies = {
        body
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for body in bodies_of(route.dependant)
    }

    assert len(bodies) > 40
    seen: set[type[BaseModel]] = set()
    assert [field for body in sorted(bodies, key=str) for field in lax(body, seen)] == []


def test_one_that_may_would_be_found_however_far_in() -> None:
    class Inner(WireModel):
        number: Annotated[int, "of something"] | None
        held: Flag

    class Outer(WireModel):
        inner: list[Inner]
        said: bool = False
        day: Annotated[date | None, "of something"]
        at: Annotated[datetime, WRITTEN_INSTANT]

    assert list(lax(Outer, set())) == ["Inner.number", "Outer.said", "Outer.day"]


@pytest.mark.parametrize("written", ["0", '"0"', "1763800000", '"1763800000"', "1.5", "true"])
@pytest.mark.parametrize(
    "kind",
    [agreement_wire.Day, agreement_wire.Instant, wire.Day, wire.Instant],
    ids=["agreements-day", "agreements-time", "consultation-day", "consultation-time"],
)
def test_a_number_is_neither_a_day_nor_a_time(kind: Any, written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_json(written)
