"""Collects what an answer does otherwise than its contract, by name and never by value."""

_MAX_DEVIATIONS = 40
_MAX_NAME = 60
_TOO_MANY_DIGITS = 6
"""In a name: a source may have put a value where a name should be."""


class Notes:
    """The deviations of one answer, each once.

    `lost` tells that a value could not be read, `unknown` that there is something which the contract lacks.
    """

    __slots__ = ("_seen", "lost", "unknown")

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}
        self.lost = False
        self.unknown = False

    @property
    def deviations(self) -> tuple[str, ...]:
        """In the order they were met."""
        return tuple(self._seen)

    def deviates(self, what: str, name: str) -> None:
        """The answer differs from its contract, but nothing that it says is lost."""
        if len(self._seen) < _MAX_DEVIATIONS:
            self._seen[f"{what}: {_plain(name)}"] = None

    def loses(self, what: str, name: str) -> None:
        """A value is there but cannot be read, so the answer is not read in full."""
        self.lost = True
        self.deviates(what, name)

    def does_not_know(self, what: str, name: str) -> None:
        """There is something that the contract lacks: no harm beside content, but no proof of emptiness."""
        self.unknown = True
        self.deviates(what, name)

    def take(self, other: "Notes") -> None:
        """Also those of a part of the answer."""
        self.lost = self.lost or other.lost
        self.unknown = self.unknown or other.unknown
        for each in other._seen:
            if len(self._seen) >= _MAX_DEVIATIONS:
                break
            self._seen[each] = None


def _plain(name: str) -> str:
    return name[:_MAX_NAME] if sum(map(str.isdigit, name)) < _TOO_MANY_DIGITS else "a name of digits"
