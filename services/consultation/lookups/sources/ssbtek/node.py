"""What the readers need of a document's element, so that one reader reads XML and JSON alike."""

from collections.abc import Iterator
from typing import Protocol, Self


class Node(Protocol):
    """One element: an lxml element as it is, or a member of a JSON document."""

    @property
    def tag(self) -> object:
        """The name, in lxml's `{namespace}local` form when it has a namespace."""
        ...

    @property
    def text(self) -> str | None:
        """The text before the first child."""
        ...

    def __iter__(self) -> Iterator[Self]:
        """The children in document order."""
        ...

    def __len__(self) -> int:
        """How many children there are."""
        ...
