"""The chain: links follow each other, keys lie outside, and whoever changes anything is told."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from tests.ledger.books import INSTALLATION, NOW, books, fill, first_bad, tampered
from waconsole.chain import seal, service, service_keys, store
from waconsole.chain.seal import Unsound
from waconsole.database import facts
from waconsole.errors import Refused, UsageError
from waconsole.ledger.service_verify import verify


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for keys."""
    monkeypatch.setenv("WACONSOLE_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "chain-keys"


def test_a_key_is_a_file_of_ours_alone_named_by_the_installation(keys: Path) -> None:
    with books() as tx:
        service_keys._found.clear()
        service.append(tx, "test", "row", 1, bytes(32))
    (file,) = keys.iterdir()
    assert file.name == f"{INSTALLATION}-1.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    service_keys._found.clear()
    file.chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"):
        service_keys.key(f"{INSTALLATION}-1")


def test_nothing_is_sealed_when_the_key_is_gone_and_no_second_one_is_drawn(keys: Path) -> None:
    with books() as tx:
        service_keys._found.clear()
        service.append(tx, "test", "row", 1, bytes(32))
        service_keys._found.clear()
        shutil.rmtree(keys)
        with pytest.raises(Refused, match="not on this machine"):
            service.append(tx, "test", "row", 2, bytes(32))
        assert not keys.exists()
        with pytest.raises(Unsound, match="not on this machine"):
            verify(tx, {})


def test_a_ledger_without_an_installation_seals_nothing(keys: Path) -> None:
    with books() as tx:
        tx.execute("DELETE FROM ledger_fact")
        with pytest.raises(Refused, match="no installation id"):
            service.append(tx, "test", "row", 1, bytes(32))


def test_after_a_rotation_the_old_key_proves_the_past_and_seals_nothing_more(keys: Path) -> None:
    with books() as tx:
        fill(tx, 3)
        assert service.rotate(tx) == f"{INSTALLATION}-2"
        fill(tx, 6)
        assert {row["key_id"] for row in tx.rows("SELECT key_id FROM chain_link")} == {
            f"{INSTALLATION}-1",
            f"{INSTALLATION}-2",
        }
        assert first_bad(tx) is None
        last = store.head(tx)
        assert last is not None
        forged = seal.mac_of(
            b"k" * 32, last.mac, seq=last.seq + 1, row_id=9, hashed=bytes(32),
            kind=seal.kind_words("chain", "key", f"{INSTALLATION}-1"),
        )  # fmt: skip
        store.add_links(
            tx,
            [seal.Link(last.seq + 1, "chain", "key", 9, bytes(32), f"{INSTALLATION}-1", last.mac, forged)],
        )
        with pytest.raises(Unsound, match="not in use there"):
            verify(tx, {})


def test_a_copy_goes_on_with_a_key_of_its_own_and_proves_all_of_it(keys: Path) -> None:
    with books() as tx:
        fill(tx, 3)
        facts.set_fact(tx, facts.INSTALLATION, "f" * 16)
        fill(tx, 6)
        assert store.head(tx).key_id == f"{'f' * 16}-1"  # type: ignore[union-attr]
        assert first_bad(tx) is None


def test_an_anchor_tells_an_older_copy_and_a_chain_written_anew() -> None:
    with books() as tx:
        service.anchor_check(tx, service.anchor(tx, now=NOW))
        fill(tx, 3)
        line = service.anchor(tx, now=NOW)
        service.anchor_check(tx, line)
        fill(tx, 5)
        service.anchor_check(tx, line)
        later = service.anchor(tx, now=NOW)
    with books() as tx:
        fill(tx, 3)
        with pytest.raises(Unsound, match="older copy"):
            service.anchor_check(tx, later)
        seq, mac = seal.read_anchor(line)  # type: ignore[misc]
        with pytest.raises(Unsound, match="written anew"):
            service.anchor_check(tx, seal.anchor_line(seq, mac[::-1], day="2026-11-26"))
        for odd in ("", "waconsole", line + " x", line[:-2], line.replace("waconsole", "other")):
            with pytest.raises(UsageError):
                service.anchor_check(tx, odd)


def test_only_what_is_new_is_verified_since_the_last_point_and_the_point_is_sealed() -> None:
    with books() as tx:
        fill(tx, 5)
        found = verify(tx, {}, since_last=True)
        assert (found.since_seq, found.transfer_seq) == (0, 5)
        service.keep_point(tx, link_seq=found.link_seq, transfer_seq=found.transfer_seq, now=NOW)
        fill(tx, 8)
        again = verify(tx, {}, since_last=True)
        assert (again.since_seq, again.transfer_seq) == (5, 8)
        tx.execute("SAVEPOINT one")
        tampered(tx, "UPDATE transfer SET amount = 1 WHERE seq = 7")
        with pytest.raises(Unsound, match="Transfer 7"):
            verify(tx, {}, since_last=True)
        tx.execute("ROLLBACK TO one")
        tampered(tx, "UPDATE balance SET credits_posted = 1 WHERE id = 2")
        with pytest.raises(Unsound, match="balance of account 2"):
            verify(tx, {}, since_last=True)
        tx.execute("ROLLBACK TO one")
        tampered(tx, "UPDATE chain_point SET transfer_seq = 7")
        with pytest.raises(Unsound, match="somebody else"):
            verify(tx, {}, since_last=True)


def test_every_point_is_held_against_the_chain_when_all_of_it_is_verified() -> None:
    with books() as tx:
        fill(tx, 5)
        for upto in (5, 8):
            fill(tx, upto)
            found = verify(tx, {})
            service.keep_point(tx, link_seq=found.link_seq, transfer_seq=found.transfer_seq, now=NOW)
        verify(tx, {})
        tx.execute("SAVEPOINT one")
        for change in (
            "verified_at = 7",
            "transfer_seq = 7",
            "link_seq = link_seq - 1",
            "mac = zeroblob(32)",
        ):
            tampered(tx, f"UPDATE chain_point SET {change} WHERE id = 1")
            with pytest.raises(Unsound, match="verification"):
                verify(tx, {})
            tx.execute("ROLLBACK TO one")


def test_a_row_of_another_room_is_held_against_its_link() -> None:
    from waconsole.chain.service_verify import SealedRow

    with books() as tx:
        hashed = seal.body_hash(("a", 1, None))
        link = service.append(tx, "policy", "version", 7, hashed)
        rows = [SealedRow(link, 7, hashed)]
        sealed = {("policy", "version"): lambda tx, after: iter(rows)}
        verify(tx, sealed)
        for wrong in (
            [],
            [SealedRow(link, 7, seal.body_hash(("b", 1, None)))],
            [SealedRow(link, 8, hashed)],
            [SealedRow(None, 8, hashed), *rows],
            [*rows, SealedRow(None, 8, hashed)],
        ):
            rows = wrong
            with pytest.raises(Unsound):
                verify(tx, sealed)


def test_what_is_told_names_a_table_that_there_is() -> None:
    from waconsole import catalogue
    from waconsole.chain.service_verify import SealedRow
    from waconsole.cli.verify import SEALED_TABLES, TABLES

    assert set(SEALED_TABLES) <= set(catalogue.sealed())
    assert {SEALED_TABLES.get(kind, kind[1]) for kind in catalogue.sealed()} <= set(TABLES)
    unsealed = {("cashback", "export"): lambda tx, after: iter([SealedRow(None, 7, bytes(32))])}
    with books() as tx:
        with pytest.raises(Unsound, match="Row 7 of batch_export was never sealed") as found:
            verify(tx, unsealed, tables=SEALED_TABLES)
        assert found.value.table == "batch_export"
