"""The profile of an asking organisation, as its own administrators have approved it."""

from dataclasses import dataclass


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
class Statement:
    """What is stated in a look-up on a day: who asks, for what purpose, on which legal text."""

    asker: Asker
    purpose_text: str
    legal_text: str
