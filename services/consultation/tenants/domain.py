"""The profile of an asking organisation, as its own administrators have approved it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.consultation.problems import BOARD_UNKNOWN
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class Processor:
    """A personuppgiftsbiträde: who handles the question for the asker. `organisation_number` is 12 digits."""

    organisation_number: str
    name: str


@dataclass(frozen=True, slots=True)
class Asker:
    """The asking organisation as the sources know it.

    `organisation_number` is 12 digits beginning with 16; `actor_id` is issued by Försäkringskassan. `certificate` is
    the reference of the organisation's own client certificate; None means the deployment's.
    """

    organisation_number: str
    name: str
    actor_id: str
    processors: tuple[Processor, ...] = ()
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A board (nämnd) that asks in its own name, under an actor id of its own."""

    name: str
    actor_id: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated in a look-up on a day: who asks, for what purpose, on which legal text.

    `boards` are those that may ask in their own name, by the code that a request names.
    """

    asker: Asker
    purpose_text: str
    legal_text: str
    boards: Mapping[str, Board] = field(default_factory=dict)

    def of_board(self, code: str | None) -> "Statement":
        """The same as one of the boards states it; as the organisation does when `code` is None.

        Raises Problem, naming those that there are, when the code is none of them.
        """
        if code is None:
            return self
        board = self.boards.get(code)
        if board is None:
            raise Problem(BOARD_UNKNOWN, members={"allowedBoards": sorted(self.boards)})
        return replace(self, asker=replace(self.asker, name=board.name, actor_id=board.actor_id))
