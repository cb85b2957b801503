"""Whose turn it is."""

from enum import StrEnum


class Turn(StrEnum):
    """Who is expected to act, or what is waited for."""

    ANSWERING = "answering_authority"
    ASKING = "municipality"
    PERSON = "person"
    POST = "post"
    SECRECY_TEST = "secrecy_test"
    MEETING = "meeting"
    NOBODY = "nobody"


def minutes(seconds: int) -> int:
    """Whole minutes, what is left over dropped."""
    return seconds // 60
