"""Kinds of links in words."""

from collections.abc import Mapping

from services.consultation.consultations.links.domain import LinkKind, Relation
from shared.problems import Words

LINK_WORDS: Mapping[LinkKind, Words] = {
    LinkKind.RELATED: Words("Hör ihop med", "Related to"),
    LinkKind.DUPLICATE_OF: Words("Samma fråga som", "Duplicate of"),
    LinkKind.FOLLOWS: Words("Följer på", "Follows"),
}
RELATION_WORDS: Mapping[Relation, Words] = {
    Relation.RELATED: Words("Hör ihop med", "Related to"),
    Relation.DUPLICATE_OF: Words("Samma fråga som", "Duplicate of"),
    Relation.HAS_DUPLICATE: Words("Har samma fråga ställd på nytt i", "Has a duplicate in"),
    Relation.FOLLOWS: Words("Följer på", "Follows"),
    Relation.FOLLOWED_BY: Words("Följs av", "Followed by"),
    Relation.PREVIOUS_ROUND: Words("Omgången före", "The round before"),
    Relation.NEXT_ROUND: Words("Omgången efter", "The round after"),
}
