"""Person numbers at rest: sealed for showing, marked for finding."""

from services.consultation.persons.domain import PersonNumber
from shared.vault import Vault, marked

_PURPOSE = "person-number"


def seal_person(vault: Vault, person: PersonNumber) -> bytes:
    """The number as ciphertext."""
    return vault.seal(person.reveal().encode("ascii"), _PURPOSE)


def open_person(vault: Vault, sealed: bytes) -> PersonNumber:
    """The number again. Raises CannotOpen."""
    return PersonNumber.parse(vault.open(sealed, _PURPOSE).decode("ascii"))


def mark_person(vault: Vault, person: PersonNumber) -> bytes:
    """A keyed mark, the same for the same person in every table."""
    return vault.mark(person.reveal(), _PURPOSE)


def mark_with(marking_key: bytes, person: PersonNumber) -> bytes:
    """The same mark, for who holds the marking key and no more."""
    return marked(marking_key, person.reveal(), _PURPOSE)
