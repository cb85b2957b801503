"""Where a command finds its instance, and the database behind it."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from services import sandbox
from services.assembly.environment import CannotStart

ROOT = Path(__file__).resolve().parents[3]
Result = TypeVar("Result")


class Place:
    """Where this instance lives and listens, from PORT, SAMRAD_HOST, SAMRAD_HOME and SAMRAD_PUBLIC_URL."""

    def __init__(self) -> None:
        self.host = os.environ.get("SAMRAD_HOST", "127.0.0.1")
        self.port = number_of(os.environ.get("PORT", "8000"), "PORT")
        self.home = Path(os.environ.get("SAMRAD_HOME", str(ROOT / "var"))).resolve()
        self.public_url = os.environ.get("SAMRAD_PUBLIC_URL", f"http://{self.host}:{self.port}").rstrip("/")
        self.ssbtek_version = os.environ.get("SAMRAD_CONSULTATION_SSBTEK_VERSION", sandbox.SSBTEK_VERSION)

    @property
    def local(self) -> bool:
        """Whether nobody outside this machine can reach it."""
        return self.host in sandbox.LOOPBACK and (urlsplit(self.public_url).hostname or "") in sandbox.LOOPBACK

    def sandbox_settings(self) -> dict[str, str]:
        """Settings for everything that is not set."""
        return sandbox.environment(self.home, self.host, self.port, self.public_url, ssbtek_version=self.ssbtek_version)


def number_of(value: str, name: str) -> int:
    """The number that a variable holds. Raises CannotStart naming the variable."""
    try:
        return int(value)
    except ValueError:
        raise CannotStart(f"{name} must be a number") from None


def on_database(work: Coroutine[Any, Any, Result]) -> Result:
    """What the work gives. Raises CannotStart when the database can't be reached or refuses."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return asyncio.run(work)
    except BrokenPipeError:
        # Work that prints has met the end of its reader, not of the database.
        raise
    except (SQLAlchemyError, OSError) as fault:
        raise CannotStart(f"the database cannot be reached or refuses the work ({type(fault).__name__})") from None
