"""The trail against who administers its database: whatever is changed is found, and where."""

import asyncio
import hashlib
from datetime import timedelta

import asyncpg
import pytest
from joserfc.jwk import ECKey

from services.consultation.tables import AUDITOR_ROLE, OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE
from shared.clock import system_clock
from shared.database.embedded import SUPERUSER
from shared.database.engine import Database
from shared.sealing.chain import BEGINNING, entry_hash, next_link
from shared.sealing.checkpoints import Checkpoint, CheckpointFault, digest_of, signed
from shared.sealing.erasure import erase_expired
from shared.sealing.sealer import seal
from tests.trail import BEGUN, LENGTH, UMEA, Trail, reworded

pytestmark = pytest.mark.attack

AT = "(SELECT entry_id FROM audit_chain WHERE position = {})"


def found(trail: Trail, *, with_checkpoints: bool = False) -> tuple[int | None, str]:
    """Position and words of the first fault."""
    fault = trail.verified(with_checkpoints=with_checkpoints).fault
    assert fault is not None
    return fault.position, fault.what


def test_a_trail_that_nobody_has_touched_is_whole(trail: Trail) -> None:
    verdict = trail.verified(with_checkpoints=True)

    assert verdict.fault is None
    assert (verdict.records, verdict.position, verdict.waiting) == (LENGTH, LENGTH, 0)
    assert (verdict.checkpoints, verdict.torn) == (2, 0)
    assert trail.verified(first=8).records == LENGTH - 7


# --- editing -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement(107)
def test_an_edited_entry_is_found(trail: Trail) -> None:
    (row,) = trail.as_role(SUPERUSER, f"SELECT entry FROM audit_entry WHERE id = {AT.format(7)}")
    forged = reworded(row["entry"], outcome="refused").replace("'", "''")
    trail.tamper(f"UPDATE audit_entry SET entry = '{forged}', outcome = 'refused' WHERE id = {AT.format(7)}")

    assert found(trail) == (7, "the text of the entry is not the one that was written")

    trail.tamper(f"UPDATE audit_chain SET entry_hash = '\\x{entry_hash(forged).hex()}' WHERE position = 7")
    assert found(trail)[0] == 7

    rows = trail.as_role(SUPERUSER, "SELECT at, entry_hash, link FROM audit_chain WHERE position IN (6, 7) ORDER BY 1")
    link = next_link(rows[0]["link"], 7, rows[1]["at"], rows[1]["entry_hash"])
    trail.tamper(f"UPDATE audit_chain SET link = '\\x{link.hex()}' WHERE position = 7")
    assert found(trail)[0] == 8, "whoever goes on like this has to rewrite the rest"


@pytest.mark.requirement(107)
def test_a_column_that_no_longer_agrees_with_the_entry_is_found(trail: Trail) -> None:
    changes = [
        ("at", "at - interval '1 day'"),
        ("owner_org", "'0007:2021002114'"),
        ("event", "'lookup.read'"),
        ("outcome", "'refused'"),
        ("object_type", "'consultation'"),
        ("object_id", "gen_random_uuid()"),
        ("object_id", "NULL"),
        ("subject", "sha256('somebody else')"),
        ("subject", "NULL"),
    ]
    # From the end, so that each is the first that is wrong.
    for position, (column, value) in zip(range(LENGTH, 0, -1), changes, strict=False):
        trail.tamper(f"UPDATE audit_entry SET {column} = {value} WHERE id = {AT.format(position)}")

        where, what = found(trail)

        assert where == position
        assert f"column {column}" in what


@pytest.mark.requirement(107)
@pytest.mark.parametrize("column", ["org", "id"])
def test_an_entry_moved_to_another_key_is_found(trail: Trail, column: str) -> None:
    value = {"org": "'0007:2021002114'", "id": "gen_random_uuid()"}[column]
    trail.tamper(f"UPDATE audit_entry SET {column} = {value} WHERE id = {AT.format(4)}")
    assert found(trail) == (4, "the entry has been removed")

    # With the chain's own column changed alike, it is the entry's words that tell.
    trail.tamper(
        "UPDATE audit_chain c SET org = e.org, entry_id = e.id FROM audit_entry e "
        "WHERE c.position = 4 AND (e.org, e.id) NOT IN (SELECT org, entry_id FROM audit_chain)"
    )
    assert found(trail) == (4, f"the column {column} is not what the entry's own words say")


# --- deleting, swapping ------------------------------------------------------------------------------------------


@pytest.mark.requirement(107)
def test_a_deleted_entry_is_found_with_its_record_and_without(trail: Trail) -> None:
    trail.tamper(f"DELETE FROM audit_entry WHERE id = {AT.format(6)}")
    assert found(trail) == (6, "the entry has been removed")

    trail.tamper("DELETE FROM audit_chain WHERE position = 6")
    assert found(trail) == (6, "the record is missing")

    trail.tamper("UPDATE audit_chain SET position = position - 1 WHERE position > 6")
    assert found(trail)[0] == 6, "and closing the gap does not help"


@pytest.mark.requirement(107)
def test_swapped_entries_and_swapped_records_are_found(trail: Trail) -> None:
    trail.tamper(
        f"""
        UPDATE audit_entry e SET entry = o.entry FROM audit_entry o
        WHERE (e.id = {AT.format(3)} AND o.id = {AT.format(9)}) OR (e.id = {AT.format(9)} AND o.id = {AT.format(3)})
        """
    )
    assert found(trail) == (3, "the text of the entry is not the one that was written")


@pytest.mark.requirement(107)
def test_swapped_records_of_the_chain_are_found(trail: Trail) -> None:
    trail.tamper(
        "UPDATE audit_chain SET position = 1000 WHERE position = 3",
        "UPDATE audit_chain SET position = 3 WHERE position = 9",
        "UPDATE audit_chain SET position = 9 WHERE position = 1000",
    )
    assert found(trail)[0] == 3


# --- what only checkpoints see -----------------------------------------------------------------------------------


@pytest.mark.requirement(107)
def test_a_truncated_trail_is_found_with_checkpoints_and_only_with_them(trail: Trail) -> None:
    trail.tamper(
        "DELETE FROM audit_entry WHERE (org, id) IN (SELECT org, entry_id FROM audit_chain WHERE position > 8)",
        "DELETE FROM audit_chain WHERE position > 8",
    )

    assert trail.verified().fault is None
    position, what = found(trail, with_checkpoints=True)
    assert position == 8
    assert "signed at position 10" in what


@pytest.mark.requirement(107)
def test_a_trail_written_anew_as_a_whole_is_found_with_checkpoints_and_only_with_them(trail: Trail) -> None:
    rewrite(trail, 2)

    assert trail.verified().fault is None, "without checkpoints there is nothing to hold it to"
    assert found(trail, with_checkpoints=True) == (10, "the chain is not the one that was signed in a checkpoint")


@pytest.mark.requirement(107)
def test_a_changed_chain_gets_no_new_checkpoint(trail: Trail) -> None:
    rewrite(trail, 2)
    trail.write(1)
    trail.seal()
    signed_before = trail.book.path.read_bytes()

    with pytest.raises(CheckpointFault, match=f"position {LENGTH} is not the one that was signed"):
        trail.checkpoint()

    assert trail.book.path.read_bytes() == signed_before


def rewrite(trail: Trail, position: int) -> None:
    """Change one entry, and everything that follows from it, as somebody with all rights in the database can."""
    rows = trail.as_role(
        SUPERUSER,
        "SELECT c.position, c.at, e.org, e.id, e.entry FROM audit_chain c "
        "JOIN audit_entry e ON e.org = c.org AND e.id = c.entry_id ORDER BY c.position",
    )
    link, statements = BEGINNING, []
    for row in rows:
        entry = row["entry"]
        if row["position"] == position:
            entry = reworded(entry, detail={"purpose": "something else"})
            statements.append(f"UPDATE audit_entry SET entry = '{entry}' WHERE id = '{row['id']}'")
        link = next_link(link, row["position"], row["at"], entry_hash(entry))
        statements.append(
            f"UPDATE audit_chain SET entry_hash = '\\x{entry_hash(entry).hex()}', link = '\\x{link.hex()}' "
            f"WHERE position = {row['position']}"
        )
    trail.tamper(*statements)


# --- the checkpoints themselves ----------------------------------------------------------------------------------


@pytest.fixture
def signed_thrice(trail: Trail) -> Trail:
    trail.write(1)
    trail.seal()
    assert trail.checkpoint() is not None
    return trail


def test_checkpoints_that_were_removed_changed_or_moved_are_found(signed_thrice: Trail) -> None:
    trail = signed_thrice
    first, second, third = trail.book.path.read_text("ascii").splitlines()
    header, payload, signature = second.split(".")
    other = ECKey.generate_key("P-256", private=True)
    foreign = Checkpoint(trail.book.origin, LENGTH, bytes(32), digest_of(first), BEGUN)
    elsewhere = Checkpoint("another.trail", LENGTH, bytes(32), digest_of(first), BEGUN)
    spoilt = {
        "in the middle": ([first, third], "line 2: the checkpoint before it is not the one that it names"),
        "at the beginning": ([second, third], "line 1: the checkpoint before it is not the one that it names"),
        "at the end": ([first, second], "checkpoints are gone"),
        "all of them": ([], "checkpoints are gone"),
        "swapped": ([first, third, second], "line 2: the checkpoint before"),
        "twice": ([first, second, second, third], "line 3: it does not lie after the one before"),
        "changed": ([first, f"{header}.{payload[:-2]}AA.{signature}", third], "line 2: its signature does not hold"),
        "by another key": ([first, signed(foreign, other), third], "line 2: it is signed with a key that is not"),
        "of another trail": ([first, signed(elsewhere, trail.key), third], "line 2: it is of another.trail"),
    }
    for name, (lines, words) in spoilt.items():
        trail.book.path.write_text("".join(f"{line}\n" for line in lines), "ascii")
        fault = trail.verified(with_checkpoints=True).fault
        assert fault is not None, name
        assert words in fault.what, name


def test_a_lost_file_of_checkpoints_is_gone_on_with_and_the_loss_is_seen(trail: Trail) -> None:
    trail.book.path.unlink()
    trail.write(1)
    trail.seal()

    made = trail.checkpoint()

    assert made is not None
    assert made.previous is not None
    assert "line 1" in found(trail, with_checkpoints=True)[1]
    assert trail.verified(with_checkpoints=True, first=LENGTH + 1).checkpoints == 1


def test_a_file_that_lacks_its_newest_checkpoints_is_not_gone_on_with(trail: Trail) -> None:
    first = trail.book.path.read_text("ascii").splitlines()[0]
    trail.book.path.write_text(f"{first}\n", "ascii")
    trail.write(1)
    trail.seal()

    with pytest.raises(CheckpointFault, match="put back what is missing"):
        trail.checkpoint()


# --- past the trigger --------------------------------------------------------------------------------------------


@pytest.mark.requirement(107)
def test_an_entry_written_past_the_trigger_is_found(trail: Trail) -> None:
    trail.tamper(
        "INSERT INTO audit_entry SELECT gen_random_uuid(), at, org, owner_org, event, outcome, object_type, object_id, "
        f"subject, entry FROM audit_entry WHERE id = {AT.format(2)}"
    )

    assert "neither sealed nor waiting" in found(trail)[1]


@pytest.mark.requirement(107)
def test_what_happens_to_an_entry_while_it_waits_is_found_before_and_after_it_is_sealed(trail: Trail) -> None:
    (entry,) = trail.write(1)
    forged = reworded(entry.parameters()["audit_entry"], outcome="refused")
    trail.tamper(f"UPDATE audit_entry SET entry = '{forged}', outcome = 'refused' WHERE id = '{entry.id}'")

    fault = trail.verified().fault
    assert fault is not None
    assert (fault.entry, fault.organisation) == (str(entry.id), UMEA)

    assert trail.seal() == 1
    assert found(trail) == (LENGTH + 1, "the text of the entry is not the one that was written")


@pytest.mark.requirement(107)
def test_an_entry_removed_while_it_waits_and_one_taken_from_the_queue_are_found(trail: Trail) -> None:
    one, other = trail.write(2)
    trail.tamper(f"DELETE FROM audit_entry WHERE id = '{one.id}'")
    assert found(trail) == (None, "an entry that waits to be sealed has been removed")

    trail.tamper("DELETE FROM audit_queue")
    fault = trail.verified().fault
    assert fault is not None
    assert fault.entry == str(other.id)


# --- rights ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(107)
@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (RUNTIME_ROLE, "SELECT 1 FROM audit_queue"),
        (
            RUNTIME_ROLE,
            "INSERT INTO audit_queue (org, entry_id, at, entry_hash) VALUES ('x', gen_random_uuid(), now(), '')",
        ),
        (RUNTIME_ROLE, "DELETE FROM audit_queue"),
        (RUNTIME_ROLE, "SELECT 1 FROM audit_chain"),
        (RUNTIME_ROLE, "SELECT 1 FROM audit_checkpoint"),
        (RUNTIME_ROLE, "UPDATE audit_entry SET entry = NULL, erased_at = now()"),
        (WORKER_ROLE, "SELECT entry FROM audit_entry"),
        (WORKER_ROLE, "SELECT subject FROM audit_entry"),
        (WORKER_ROLE, "UPDATE audit_entry SET outcome = 'refused'"),
        (WORKER_ROLE, "UPDATE audit_chain SET link = link"),
        (WORKER_ROLE, "DELETE FROM audit_chain"),
        (WORKER_ROLE, "UPDATE audit_queue SET entry_hash = entry_hash"),
        (WORKER_ROLE, "SELECT person_sealed FROM consultation"),
        (WORKER_ROLE, "SELECT asked_by FROM consultation"),
        (WORKER_ROLE, "SELECT sealed FROM consultation_message"),
        (WORKER_ROLE, "SELECT person_mark FROM lookup"),
        (AUDITOR_ROLE, "UPDATE audit_entry SET entry = NULL, erased_at = now()"),
        (AUDITOR_ROLE, "DELETE FROM audit_entry"),
        (AUDITOR_ROLE, "INSERT INTO audit_chain SELECT * FROM audit_chain"),
        (AUDITOR_ROLE, "SELECT person_mark FROM lookup"),
        (AUDITOR_ROLE, "SELECT person_mark FROM consultation"),
        (AUDITOR_ROLE, "SELECT sealed FROM consultation_message"),
        (AUDITOR_ROLE, "SELECT content FROM disclosure"),
        (AUDITOR_ROLE, "SELECT body FROM idempotency_record"),
    ],
)
def test_a_role_has_no_right_that_it_does_not_need(untouched: Trail, role: str, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        untouched.as_role(role, statement)


@pytest.mark.requirement(107)
@pytest.mark.parametrize("role", [WORKER_ROLE, AUDITOR_ROLE])
def test_worker_and_auditor_write_in_the_trail_as_the_operator_alone(trail: Trail, role: str) -> None:
    statement = (
        "INSERT INTO audit_entry (id, at, org, owner_org, event, outcome, object_type, entry) "
        "VALUES (gen_random_uuid(), now(), '{0}', '{0}', 'lookup.read', 'permitted', 'lookup', '{{}}')"
    )
    trail.as_role(role, "SET app.org = 'operator'", statement.format("operator"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        trail.as_role(role, f"SET app.org = '{UMEA}'", statement.format(UMEA))


@pytest.mark.parametrize("role", [OWNER_ROLE, SUPERUSER])
@pytest.mark.parametrize("table", ["audit_chain", "audit_checkpoint", "audit_entry"])
def test_what_is_sealed_cannot_be_changed_by_mistake(untouched: Trail, role: str, table: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append only"):
        untouched.as_role(role, f"TRUNCATE {table}")
    if role == SUPERUSER:
        with pytest.raises(asyncpg.RaiseError, match="append only"):
            untouched.as_role(role, f"DELETE FROM {table}")


def test_the_hash_is_of_the_bytes_written_whatever_the_writer_says(trail: Trail) -> None:
    (entry,) = trail.write(1, detail={"caseReference": 'Å\u2028ö"\\'})
    (row,) = trail.as_role(SUPERUSER, "SELECT entry_hash FROM audit_queue")
    assert row["entry_hash"] == hashlib.sha256(entry.parameters()["audit_entry"].encode()).digest()


# --- erasure -----------------------------------------------------------------------------------------------------

_ERASE = "UPDATE audit_entry SET entry = NULL, subject = NULL, object_id = NULL, erased_at = now() WHERE id = {}"


def old(trail: Trail, number: int) -> None:
    """Entries that are six years old, sealed."""
    trail.write(number, at=BEGUN - timedelta(days=6 * 366))
    trail.seal()


@pytest.mark.requirement(107)
def test_texts_are_erased_at_the_end_of_their_time_and_the_chain_still_verifies(trail: Trail) -> None:
    old(trail, 3)

    erased = trail.on(WORKER_ROLE, lambda database: erase_expired(database, 5, system_clock))

    assert (erased.number, erased.first, erased.last) == (3, LENGTH + 1, LENGTH + 3)
    assert trail.on(WORKER_ROLE, lambda database: erase_expired(database, 5, system_clock)) is None
    trail.seal()
    verdict = trail.verified(with_checkpoints=True)
    assert verdict.fault is None
    assert verdict.erased == 3
    rows = trail.as_role(SUPERUSER, "SELECT entry, subject, object_id FROM audit_entry WHERE erased_at IS NOT NULL")
    assert [tuple(row) for row in rows] == [(None, None, None)] * 3


@pytest.mark.requirement(107)
def test_an_erasure_that_no_rule_covers_is_found(trail: Trail) -> None:
    trail.as_role(SUPERUSER, _ERASE.format(AT.format(5)))
    assert found(trail) == (5, "the entry has been erased, and no erasure in the trail covers it")

    # Nor does a lawful erasure of older entries cover it.
    old(trail, 2)
    trail.on(WORKER_ROLE, lambda database: erase_expired(database, 5, system_clock))
    assert found(trail)[0] == 5


@pytest.mark.requirement(107)
def test_the_trigger_lets_nothing_pass_but_the_erasure_of_a_sealed_entry(trail: Trail) -> None:
    (waiting,) = trail.write(1)
    erased = "entry = NULL, subject = NULL, object_id = NULL, erased_at = now()"
    for change in (
        f"UPDATE audit_entry SET {erased} WHERE id = '{waiting.id}'",
        f"UPDATE audit_entry SET {erased}, outcome = 'refused' WHERE id = {AT.format(2)}",
        f"UPDATE audit_entry SET {erased}, at = at WHERE id = {AT.format(2)} AND false OR id = '{waiting.id}'",
        f"UPDATE audit_entry SET entry = 'x' WHERE id = {AT.format(2)}",
        f"UPDATE audit_entry SET subject = NULL WHERE id = {AT.format(2)}",
        f"UPDATE audit_entry SET erased_at = now() WHERE id = {AT.format(2)}",
        f"UPDATE audit_entry SET {erased}, id = gen_random_uuid() WHERE id = {AT.format(2)}",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append only"):
            trail.as_role(SUPERUSER, change)


@pytest.mark.requirement(107)
def test_a_forged_erasure_does_not_cover_what_is_younger_than_any_rule(trail: Trail) -> None:
    trail.as_role(SUPERUSER, _ERASE.format(AT.format(5)))
    (forged,) = trail.write(
        event="audit.erased",
        at=BEGUN + timedelta(days=2),
        detail={"rule": "x", "before": (BEGUN + timedelta(days=1)).isoformat(), "number": 1, "first": 5, "last": 5},
    )
    trail.seal()

    fault = trail.verified().fault

    assert fault is not None
    assert fault.entry == str(forged.id)
    assert "erased too soon" in fault.what


def test_two_sealers_never_seal_at_the_same_time(trail: Trail) -> None:
    trail.write(1)

    async def seal_while_another_does() -> tuple[int, int]:
        host = str(trail.postgres.socket_directory)
        other = await asyncpg.connect(database=trail.name, user=WORKER_ROLE, host=host)
        database = Database(trail.url(WORKER_ROLE), pool_size=1)
        try:
            async with other.transaction():
                await other.execute("SELECT pg_advisory_xact_lock(727475, 1)")
                meanwhile = await seal(database)
            return meanwhile, await seal(database)
        finally:
            await database.close()
            await other.close()

    assert asyncio.run(seal_while_another_does()) == (0, 1)
