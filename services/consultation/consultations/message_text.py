"""What the two sides write, on the wire."""

from typing import Annotated

from pydantic import Field

MessageText = Annotated[str, Field(min_length=1, max_length=10_000)]
