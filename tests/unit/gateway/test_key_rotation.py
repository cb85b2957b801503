"""The issuer's keys from next over active to retired: who signs, what is published, and what is never lost."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from services.__main__ import main
from services.gateway.tokens import rotation as under_test
from services.gateway.tokens.keys import (
    MAX_TOKEN_SECONDS,
    PUBLISHED_AFTER,
    KeysUnusable,
    SigningKeys,
    read_keys,
    read_or_make_keys,
)
from services.gateway.tokens.rotation import SHORTEST_OVERLAP, NotRotated, rotate, rotate_at_once
from shared.tokens.keys import KEEP_SECONDS
from tests.sizes import sample_or_full

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OVERLAP = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "issuer.jwks"


@pytest.fixture
def keys(path: Path, clock: Clock) -> SigningKeys:
    return read_or_make_keys(path, clock)


def published(keys: SigningKeys) -> list[str | None]:
    return [key.kid for key in keys.public().keys]


def signer(keys: SigningKeys) -> str:
    return keys.signing.thumbprint()


def test_a_new_key_is_published_at_once_and_signs_when_the_overlap_is_over(
    keys: SigningKeys, path: Path, clock: Clock
) -> None:
    first = signer(keys)
    done = rotate(path, clock.now, OVERLAP)

    clock.now += SECOND
    assert (signer(keys), published(keys)) == (first, [first, done.made])
    clock.now = START + OVERLAP - SECOND
    assert signer(keys) == first
    clock.now = START + OVERLAP
    assert (signer(keys), published(keys)) == (done.made, [done.made, first])


def test_a_retired_key_is_published_while_its_tokens_may_live_and_dropped_at_the_next_rotation(
    keys: SigningKeys, path: Path, clock: Clock
) -> None:
    first = signer(keys)
    second = rotate(path, clock.now, OVERLAP).made
    last_use = START + OVERLAP
    clock.now = last_use + timedelta(seconds=MAX_TOKEN_SECONDS + KEEP_SECONDS)
    assert published(keys) == [second, first]

    clock.now = last_use + PUBLISHED_AFTER
    assert published(keys) == [second]
    done = rotate(path, clock.now, OVERLAP)

    assert done.dropped == (first,)
    assert first not in path.read_text("utf-8")


def test_gateways_that_share_the_file_agree_on_who_signs_whenever_they_read_it(
    keys: SigningKeys, path: Path, clock: Clock
) -> None:
    rotate(path, clock.now, OVERLAP)
    late = SigningKeys(path, clock)
    for seconds in (1, 2, 300, 599, 600, 601, 4000, 10_000):
        clock.now = START + timedelta(seconds=seconds)
        assert (signer(keys), published(keys)) == (signer(late), published(late))


def test_an_old_file_without_times_is_read_and_rotated(path: Path, clock: Clock) -> None:
    old = [ECKey.generate_key("P-256", private=True) for _ in range(3)]
    path.write_text(json.dumps({"keys": [key.as_dict(private=True) for key in old]}), "utf-8")
    path.chmod(0o600)
    keys = SigningKeys(path, clock)
    names = [key.thumbprint() for key in old]
    assert (signer(keys), published(keys)) == (names[0], names)

    made = rotate(path, clock.now, OVERLAP).made
    clock.now += OVERLAP

    assert (signer(keys), published(keys)) == (made, [made, *names])
    clock.now += PUBLISHED_AFTER
    assert published(keys) == [made]


def test_while_a_key_waits_another_rotation_is_refused_and_changes_nothing(
    keys: SigningKeys, path: Path, clock: Clock
) -> None:
    rotate(path, clock.now, OVERLAP)
    before = path.read_bytes()

    with pytest.raises(NotRotated, match="published already"):
        rotate(path, clock.now + SECOND, OVERLAP)

    assert path.read_bytes() == before


def test_rotations_at_the_same_time_do_not_interleave(keys: SigningKeys, path: Path, clock: Clock) -> None:
    def attempt(_: int) -> bool:
        try:
            rotate(path, clock.now, OVERLAP)
        except NotRotated:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))

    assert outcomes.count(True) == 1
    assert len(read_keys(path, clock.now)) == 2


def test_a_leaked_key_is_replaced_at_once_with_all_others(keys: SigningKeys, path: Path, clock: Clock) -> None:
    first, waiting = signer(keys), rotate(path, clock.now, OVERLAP).made
    done = rotate_at_once(path, clock.now)
    clock.now += SECOND

    assert published(keys) == [signer(keys)] == [done.made]
    assert set(done.dropped) == {first, waiting}


def test_a_gateway_whose_clock_is_behind_signs_with_the_new_key_too(path: Path, clock: Clock) -> None:
    read_or_make_keys(path, clock)
    done = rotate_at_once(path, clock.now)
    clock.now -= timedelta(seconds=30)

    assert signer(SigningKeys(path, clock)) == done.made


@pytest.mark.parametrize("text", ["", "{", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AAAA"}]}', "[]"])
def test_a_file_that_has_become_unusable_is_told_and_the_last_keys_serve_on(
    keys: SigningKeys, path: Path, clock: Clock, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, whole = signer(keys), path.read_text("utf-8")
    path.write_text(text, "utf-8")
    clock.now += SECOND
    assert signer(keys) == first
    assert [str(path) in fault for fault in keys.faults()] == [True]
    assert [record.levelname for record in caplog.records] == ["ERROR"]

    path.write_text(whole, "utf-8")
    clock.now += SECOND
    assert keys.faults() == []


def test_a_file_that_is_gone_or_readable_by_others_is_told(keys: SigningKeys, path: Path, clock: Clock) -> None:
    path.chmod(0o640)
    os.utime(path, (1, 1))
    clock.now += SECOND
    assert "0600" in keys.faults()[0]
    path.unlink()
    clock.now += SECOND
    assert "FileNotFoundError" in keys.faults()[0]


@pytest.mark.parametrize(
    "times",
    [
        {"samrad:activeFrom": "2026-11-20T10:00:00+00:00"},
        {"samrad:retiredFrom": "2026-11-20T08:00:00+00:00"},
        {"samrad:retiredFrom": "2026-11-20T10:00:00+00:00"},
        {"samrad:activeFrom": "2026-11-20T08:00:00"},
        {"samrad:activeFrom": "yesterday"},
        {"samrad:activeFrom": 1},
    ],
    ids=str,
)
def test_times_that_leave_nobody_to_sign_or_are_none_are_refused(
    path: Path, clock: Clock, times: dict[str, Any]
) -> None:
    key = ECKey.generate_key("P-256", private=True)
    path.write_text(json.dumps({"keys": [{**key.as_dict(private=True), **times}]}), "utf-8")
    path.chmod(0o600)

    with pytest.raises(KeysUnusable):
        SigningKeys(path, clock)


def test_the_file_is_looked_at_at_most_once_a_second(
    keys: SigningKeys, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Path] = []
    monkeypatch.setattr("services.gateway.tokens.keys.stamp_of", looks.append)
    for _ in range(50):
        signer(keys)
        clock.now += timedelta(milliseconds=100)

    assert len(looks) == 4


def test_a_crash_while_writing_leaves_the_old_file_and_nothing_beside_it(
    keys: SigningKeys, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def broken(_: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="no space"):
        rotate(path, clock.now, OVERLAP)

    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} == {"issuer.jwks", "issuer.jwks.lock"}


def test_what_is_written_only_the_owner_reads(keys: SigningKeys, path: Path, clock: Clock) -> None:
    rotate(path, clock.now, OVERLAP)

    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}


_STEPS = st.lists(st.tuples(st.integers(0, 7200), st.sampled_from(["wait", "rotate"])), max_size=12)


@given(_STEPS)
@settings(max_examples=sample_or_full(25, 1000), deadline=None)
def test_whenever_keys_are_rotated_one_signs_and_every_living_token_verifies(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    clock, path = Clock(), tmp_path_factory.mktemp("keys") / "issuer.jwks"
    keys = read_or_make_keys(path, clock)
    first_seen: dict[str, datetime] = dict.fromkeys(filter(None, published(keys)), START - SHORTEST_OVERLAP)
    signed: list[tuple[datetime, str]] = []
    for seconds, step in steps:
        if step == "rotate":
            with suppress(NotRotated):
                first_seen[rotate(path, clock.now, SHORTEST_OVERLAP).made] = clock.now
        clock.now += timedelta(seconds=seconds + 1)
        signed.append((clock.now, signer(keys)))
        assert clock.now - first_seen[signer(keys)] >= SHORTEST_OVERLAP
        living = {key for at, key in signed if (clock.now - at).total_seconds() < MAX_TOKEN_SECONDS}
        assert living <= set(published(keys))


# --- from the command line -----------------------------------------------------------------------------------------


@pytest.fixture
def named(path: Path, keys: SigningKeys, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMRAD_GATEWAY_KEYS_FILE", str(path))
    return path


def test_the_command_says_what_happened_and_never_a_private_part(
    named: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "rotate"]) == 0
    said = capsys.readouterr().out
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out

    secrets = re.findall(r'"d": "([^"]+)"', named.read_text("utf-8"))
    assert len(secrets) == 2
    assert "signs from" in said
    assert "Next:" in said
    assert [line.split()[1] for line in listed.splitlines()] == ["active", "next"]
    assert not any(secret in said + listed for secret in secrets)


def test_the_command_refuses_a_second_rotation_and_too_short_an_overlap(
    named: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "rotate", "--overlap", "4"]) == 2
    assert "at least 5 minutes" in capsys.readouterr().err
    assert main(["keys", "rotate", "--overlap", "5"]) == 0
    assert main(["keys", "rotate"]) == 2
    assert "published already" in capsys.readouterr().err


def test_the_command_warns_that_tokens_end_when_keys_are_replaced_at_once(
    named: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "rotate", "--at-once"]) == 0

    said = capsys.readouterr().out
    assert "WARNING" in said
    assert "stop holding" in said
    assert len(json.loads(named.read_text("utf-8"))["keys"]) == 1


def test_the_overlap_is_a_cache_period_at_least() -> None:
    assert timedelta(seconds=KEEP_SECONDS) <= under_test.SHORTEST_OVERLAP <= under_test.USUAL_OVERLAP
