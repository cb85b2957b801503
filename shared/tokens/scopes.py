"""A scope is an object that says in words what it allows, and whether a plain bearer token is enough."""

from dataclasses import dataclass

from shared.problems import Words


@dataclass(frozen=True, slots=True)
class Scope:
    """One right. `bearer_allowed` is for callers that cannot prove possession and data without persons."""

    name: str
    allows: Words
    bearer_allowed: bool = False
