"""Kinds of links, as they are made and as each end sees them."""

from collections.abc import Mapping
from enum import StrEnum


class LinkKind(StrEnum):
    """How a consultation stands to another, as whoever links says it."""

    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    FOLLOWS = "follows"


class Relation(StrEnum):
    """How a consultation stands to another, as it reads from its own end."""

    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    HAS_DUPLICATE = "has_duplicate"
    FOLLOWS = "follows"
    FOLLOWED_BY = "followed_by"
    PREVIOUS_ROUND = "previous_round"
    NEXT_ROUND = "next_round"


SEEN_FROM_THE_OTHER_END: Mapping[LinkKind, Relation] = {
    LinkKind.RELATED: Relation.RELATED,
    LinkKind.DUPLICATE_OF: Relation.HAS_DUPLICATE,
    LinkKind.FOLLOWS: Relation.FOLLOWED_BY,
}
