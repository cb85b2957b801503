"""What in a text may lead to somebody, as far as a machine can tell. Pure.

It refuses more than it need: to write a date in words costs a moment, a published number can't be called back. It finds
no name that it hasn't been told of and no story that only one person has, which is why a second person reads the text.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.identity import blot_out, passes_for_identity
from shared.problems import Words


class Lead(StrEnum):
    """What has been found."""

    PERSON_NUMBER = "person_number"
    PHONE_NUMBER = "phone_number"
    EMAIL_ADDRESS = "email_address"
    CONSULTATION_NUMBER = "consultation_number"
    CASE_REFERENCE = "case_reference"
    RECORD_ID = "record_id"
    KNOWN_NAME = "known_name"


LEAD_WORDS: Mapping[Lead, Words] = {
    Lead.PERSON_NUMBER: Words(
        "Något som kan vara ett person- eller samordningsnummer", "What may be an identity number"
    ),
    Lead.PHONE_NUMBER: Words("Ett telefonnummer", "A phone number"),
    Lead.EMAIL_ADDRESS: Words("En e-postadress", "An e-mail address"),
    Lead.CONSULTATION_NUMBER: Words("Ett samrådsnummer", "The number of a consultation"),
    Lead.CASE_REFERENCE: Words("En ärendebeteckning", "The id of a case"),
    Lead.RECORD_ID: Words("Ett id i systemet", "An id in the system"),
    Lead.KNOWN_NAME: Words(
        "En handläggare i samrådet, eller den som frågade", "A handler of the consultation, or who asked"
    ),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the consultation behind a text: ids of its case, persons who handled it, and who asked."""

    references: Sequence[str] = ()
    persons: Sequence[str] = ()
    organisations: Sequence[str] = ()


NOTHING_KNOWN = Known()

_GAP = r"[\W_]{0,3}"
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\W_]{1,3}(?=[0-9])")
_TIME_OF_DAY = re.compile(r"(?<![\d.])(?:[01]?\d|2[0-3])[.:][0-5]\d(?![\d.])", re.ASCII)
_IN_NUMBERS = r"[\s()\-/.\u2010-\u2015\u2212]{0,3}"
_PATTERNS = {
    Lead.PHONE_NUMBER: re.compile(
        rf"(?<!\w)(?:\+{_IN_NUMBERS}|00)[1-9](?:{_IN_NUMBERS}[0-9]){{6,13}}"
        rf"|(?<![\w.,])0{_IN_NUMBERS}[1-9](?:{_IN_NUMBERS}[0-9]){{6,9}}(?![0-9])"
    ),
    Lead.EMAIL_ADDRESS: re.compile(r"@|\w\s?[(\[{]\s?at\s?[)\]}]\s?\w", re.IGNORECASE),
    Lead.CONSULTATION_NUMBER: re.compile(
        rf"(?<!\w)S[0-9]{{2}}{_GAP}[0-9A-HJKMNP-TV-Z]{{4}}{_GAP}[0-9A-HJKMNP-TV-Z]{{4}}(?!\w)", re.IGNORECASE
    ),
    Lead.CASE_REFERENCE: re.compile(
        r"(?<!\w)(?:dnr|diarie(?:nr|nummer)|(?:arende|mal|referens|ref)(?:nr|nummer|-?id)|case (?:no|number|id))"
        r"(?!\w)[\s.:#-]{0,3}[\w/:.-]{0,40}[0-9]",
        re.IGNORECASE,
    ),
    Lead.RECORD_ID: re.compile(
        r"(?<![0-9a-f])[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE
    ),
}
# Of what somebody is called these words tell nothing; of the last one every entry speaks.
_TELLING_NOTHING = frozenset(
    ("kommun", "kommuns", "stad", "stads", "region", "handlaggare", "socialtjansten", "arbetsformedlingen")
)
_PARTS = re.compile(r"[^\W_]+")
_SHORTEST = 3
"""Letters and digits: a case that is called 7 would refuse every text."""


def leads_in(text: str, known: Known = NOTHING_KNOWN) -> list[Lead]:
    """All kinds of lead that the text holds, each once; empty when a machine finds none."""
    plain = _plain(text)
    found = {Lead.PERSON_NUMBER} if _holds_identity(plain) else set()
    without_times = _TIME_OF_DAY.sub(" kl ", plain)
    found |= {lead for lead, pattern in _PATTERNS.items() if pattern.search(without_times)}
    if any(pattern.search(plain) for pattern in _references(known.references)):
        found.add(Lead.CASE_REFERENCE)
    if any(pattern.search(plain) for pattern in (*_persons(known.persons), *_organisations(known.organisations))):
        found.add(Lead.KNOWN_NAME)
    return [lead for lead in Lead if lead in found]


def _plain(text: str) -> str:
    """Without accents and invisible characters, digits of every script as ASCII, letters as their simplest form."""
    apart = unicodedata.normalize("NFKD", text)
    seen = (each for each in apart if unicodedata.category(each) not in ("Mn", "Me", "Cf"))
    return "".join(str(unicodedata.digit(each)) if each.isdigit() else each for each in seen)


def _holds_identity(plain: str) -> bool:
    usual = unicodedata.normalize("NFKC", plain)
    return blot_out(usual) != usual or passes_for_identity(_BETWEEN_DIGITS.sub("-", plain))


def _references(references: Iterable[str]) -> Iterable[re.Pattern[str]]:
    for reference in references:
        kept = [each for each in _plain(reference) if each.isalnum()]
        if len(kept) < _SHORTEST:
            continue
        # A reference of digits alone would otherwise be found in any enumeration.
        gap = r"[\W_]?" if all(each.isdigit() for each in kept) else _GAP
        yield re.compile(rf"(?<!\w){gap.join(map(re.escape, kept))}(?!\w)", re.IGNORECASE)


def _persons(names: Iterable[str]) -> Iterable[re.Pattern[str]]:
    """The whole, however its parts are set apart, and each of several names by itself, also in the genitive."""
    for name in names:
        plain = _plain(name)
        parts, words = _PARTS.findall(plain), plain.split()
        if sum(map(len, parts)) >= _SHORTEST:
            whole = r"[\W_]{1,3}".join(map(re.escape, parts))
            yield re.compile(rf"(?<!\w){whole}s?(?!\w)", re.IGNORECASE)
        if len(words) > 1:
            telling = [each for each in words if len(each) >= _SHORTEST and each.lower() not in _TELLING_NOTHING]
            yield from (_called([each]) for each in telling)


def _organisations(names: Iterable[str]) -> Iterable[re.Pattern[str]]:
    """What an organisation is called without what kind of one it is: Umea of Umeå kommun."""
    for name in names:
        words = [each for each in _plain(name).split() if each.lower() not in _TELLING_NOTHING]
        if sum(map(len, words)) >= _SHORTEST:
            yield _called([*words[:-1], words[-1].removesuffix("s")])


def _called(words: Sequence[str]) -> re.Pattern[str]:
    """As it is written, or in capitals: in small letters it may be any word, as of Mark or Berg."""
    small, capital = (r"\s+".join(map(re.escape, each)) for each in (words, [each.upper() for each in words]))
    return re.compile(rf"(?<!\w)(?:{small}s?|{capital}S?)(?!\w)")
