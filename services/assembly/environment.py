"""What is read from the environment, and why the program does not start when it is missing or unfit."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from services import sandbox
from shared.tokens.profile import PROFILES, SecurityProfile

Settings = TypeVar("Settings")
Content = TypeVar("Content", bound=BaseModel)


class CannotStart(Exception):
    """Why the program does not start, and what to do."""


def read_settings(kind: Callable[[], Settings]) -> Settings:
    """Settings from the environment. Raises CannotStart naming what is missing or unfit, never a value."""
    try:
        return kind()
    except ValidationError as fault:
        prefix = getattr(kind, "model_config", {}).get("env_prefix", "")
        faults = [f"{prefix}{str(error['loc'][0]).upper()}: {error['msg']}" for error in fault.errors()]
        raise CannotStart("settings are missing or unfit (see deploy/env):\n  " + "\n  ".join(faults)) from None


def read_file(path: Path, kind: type[Content], what: str) -> Content:
    """A JSON file that a setting names. Raises CannotStart naming the members that are unfit, never a value."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as fault:
        raise CannotStart(f"{path} cannot be read ({type(fault).__name__})") from None
    except ValidationError as fault:
        faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in fault.errors()]
        raise CannotStart(f"{path} is not {what}:\n  " + "\n  ".join(faults)) from None


def required(name: str) -> str:
    """A variable of the environment. Raises CannotStart when it is not set."""
    value = os.environ.get(name)
    if not value:
        raise CannotStart(f"{name} is not set; see deploy/env. An instance without settings migrates at start")
    return value


def security_profile() -> SecurityProfile:
    """The profile of SAMRAD_SECURITY_PROFILE. Raises CannotStart."""
    name = os.environ.get("SAMRAD_SECURITY_PROFILE", "fapi2")
    if name not in PROFILES:
        raise CannotStart(f"SAMRAD_SECURITY_PROFILE must be one of {', '.join(PROFILES)}")
    return PROFILES[name]


def issuers_file() -> Path | None:
    """The file of external issuers that SAMRAD_ISSUERS_FILE names, if any."""
    name = os.environ.get("SAMRAD_ISSUERS_FILE", "")
    return Path(name) if name else None


def worker_setting(service: str) -> str:
    """The variable that names a service's database as the role of background jobs."""
    return f"SAMRAD_{service.upper()}_WORKER_DATABASE_URL"


def works_inside() -> bool:
    """Whether background jobs run in the processes that serve. Raises CannotStart when that can't be told."""
    where = os.environ.get("SAMRAD_WORKER", "inside")
    if where not in ("inside", "apart"):
        raise CannotStart("SAMRAD_WORKER is inside or apart")
    return where == "inside"


def refuse_example_secrets() -> None:
    """Raises CannotStart when a setting still has the value that stands in deploy/env."""
    examples = [name for name, value in os.environ.items() if sandbox.EXAMPLE_SECRET in value]
    if examples:
        raise CannotStart(f"{', '.join(sorted(examples))} still has the example value; make a secret of your own")
