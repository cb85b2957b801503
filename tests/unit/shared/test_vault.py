"""What is stored tells nothing without the keys, and opens only for what it was sealed for."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.vault import CannotOpen, Vault
from tests.sizes import sample_or_full

SEALING, MARKING = bytes(range(32)), bytes(range(32, 64))
VAULT = Vault(SEALING, MARKING)


@given(st.binary(max_size=2000), st.text(max_size=20))
@settings(max_examples=sample_or_full(100, 3000), deadline=None)
def test_what_was_sealed_opens_for_its_purpose(plain: bytes, purpose: str) -> None:
    sealed = VAULT.seal(plain, purpose)

    assert VAULT.open(sealed, purpose) == plain
    assert len(plain) < 8 or plain not in sealed


def test_a_sealed_value_moved_to_another_purpose_does_not_open() -> None:
    sealed = VAULT.seal(b"189001019802", "person-number")

    with pytest.raises(CannotOpen):
        VAULT.open(sealed, "idempotency")


def test_a_value_does_not_open_with_another_key() -> None:
    with pytest.raises(CannotOpen):
        Vault(MARKING, SEALING).open(VAULT.seal(b"plain", "p"), "p")


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert len({VAULT.seal(b"same", "p") for _ in range(100)}) == 100


def test_each_changed_byte_is_noticed() -> None:
    sealed = VAULT.seal(b"plain", "p")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :]
        with pytest.raises(CannotOpen):
            VAULT.open(changed, "p")


def test_a_value_that_was_cut_short_is_noticed_at_every_length() -> None:
    sealed = VAULT.seal(b"plain", "p")
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            VAULT.open(sealed[:length], "p")


def test_a_mark_is_the_same_for_the_same_value_and_keyed() -> None:
    number = "189001019802"
    mark = VAULT.mark(number, "person-number")

    assert mark == Vault(SEALING, MARKING).mark(number, "person-number")
    assert len(mark) == 32
    assert mark != Vault(MARKING, SEALING).mark(number, "person-number")
    assert mark != VAULT.mark(number, "case-reference")
    assert mark != hashlib.sha256(number.encode()).digest()
    assert VAULT.mark("b\0c", "a") == VAULT.mark("b\0c", "a") != VAULT.mark("c", "a\0b!")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_keys_of_another_length_are_refused(length: int) -> None:
    for keys in ((bytes(length), MARKING), (SEALING, bytes(length))):
        with pytest.raises(ValueError, match="32 bytes"):
            Vault(*keys)
