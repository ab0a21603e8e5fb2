"""`verify`: are the books and the chain what was sealed? It always answers with `ok`, also of a damaged file."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from waconsole import catalogue, clock
from waconsole.chain import service as chain
from waconsole.chain.seal import Unsound
from waconsole.cli.ledger import NO_TEST_CLOCK, has_test_clock, is_missing, opened
from waconsole.cli.own import Called, Own
from waconsole.command import EXIT_DONE, EXIT_REFUSED, Answer, Argument
from waconsole.database import schema
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.database.migrate import is_current
from waconsole.errors import Transient, UsageError, WaconsoleError
from waconsole.ledger import service_verify
from waconsole.ledger.service_verify import Verified
from waconsole.settings.read import ledger_path

TABLES: Final = (
    *(
        "chain_link",
        "chain_point",
        "currency",
        "account",
        "account_closing",
        "transfer",
        "transfer_memo",
        "entry",
    ),
    *("balance", "policy_version", "policy_seal", "policy_proposal", "policy_decision", "operator", "act"),
    *("operator_passphrase", "operator_limit", "operator_link", "operator_retirement", "sign_in", "sign_out"),
    *("sign_in_failure", "adoption", "operator_seal", "act_seal"),
    *(
        "scheme",
        "ambassador",
        "ambassador_ending",
        "attribution",
        "cashback_line",
        "line_reversal",
        "dispute",
    ),
    *("line_state", "line_decision", "decision_words", "line_conflict", "batch", "batch_line", "batch_payee"),
    *("batch_export", "store_credit", "payout_result"),
    *("invite_state", "invite_step", "reward", "reward_step"),
    *("review", "review_member", "review_invite", "signal", "review_decision", "review_words", "standing"),
)
# Where rows stand whose sealed kind is not the table's name: what is told names a table there is.
SEALED_TABLES: Final[Mapping[tuple[str, str], str]] = {
    ("policy", "version"): "policy_version",
    ("policy", "proposal"): "policy_proposal",
    ("policy", "decision"): "policy_decision",
    ("cashback", "line"): "cashback_line",
    ("cashback", "reversal"): "line_reversal",
    ("cashback", "decision"): "line_decision",
    ("cashback", "export"): "batch_export",
    ("cashback", "result"): "payout_result",
    ("fraud", "decision"): "review_decision",
}


async def _verify(called: Called) -> Answer:
    path, _ = ledger_path(called.settings())
    chosen_now, since_last = called.chosen_now(), bool(called.values["since_last"])
    if called.values["anchor"] is not None:
        chain.anchored(called.values["anchor"])
    if is_missing(path) or (not called.options["read_only"] and _is_older(path)):
        async with opened(called):
            pass
    try:
        connection = connect(path, read_only=True)
    except Transient:
        raise
    except WaconsoleError as error:
        return _answer(path, Unsound("file", None, str(error)), 0)
    with contextlib.closing(connection):
        tx = Transaction(connection, lambda: False)
        asking = asyncio.to_thread(
            _examined, tx, called.values["anchor"], since_last=since_last, chosen=chosen_now is not None
        )
        found, count = await called.stop.during(asking, connection.interrupt)
    if isinstance(found, Verified) and not called.options["read_only"] and found.link_seq:
        now = clock.now() if chosen_now is None else chosen_now
        await _keep_point(called, found, now=now)
    return _answer(path, found, count)


def _is_older(path: Path) -> bool:
    """Whether the ledger has to be brought up first; a damaged one is looked at as it is."""
    try:
        with contextlib.closing(connect(path, read_only=True)) as connection:
            return not is_current(Transaction(connection, lambda: False), catalogue.migrations())
    except (WaconsoleError, sqlite3.DatabaseError):
        return False


async def _keep_point(called: Called, found: Verified, *, now: int) -> None:
    """Keep how far all is well, for `--since-last`. Where it cannot be kept, what was found stays true."""
    try:
        async with opened(called) as database:
            await database.write(
                lambda tx: chain.keep_point(
                    tx, link_seq=found.link_seq, transfer_seq=found.transfer_seq, now=now
                )
            )
    except WaconsoleError as error:
        called.talk.say(f"How far all is well was not kept: {error}")


def _examined(
    tx: Transaction, line: str | None, *, since_last: bool, chosen: bool
) -> tuple[Verified | Unsound, int]:
    """(what was found, how many transfers there are), all in one snapshot."""
    count = 0
    try:
        tx.execute("BEGIN")
        if chosen and not has_test_clock(tx):
            raise UsageError(NO_TEST_CLOCK)
        if not is_current(tx, catalogue.migrations()):
            raise Unsound(
                "migration", None, "An older waconsole wrote this ledger: open it once without --read-only."
            )
        count = int(tx.value("SELECT count(*) FROM transfer"))
        if not since_last and (fault := schema.faults(tx, TABLES)):
            raise Unsound("file", None, f"The file is damaged: {fault}.")
        for sentence in schema.differences(tx, catalogue.migrations())[:1]:
            raise Unsound("sqlite_schema", None, sentence)
        found = service_verify.verify(tx, catalogue.sealed(), since_last=since_last, tables=SEALED_TABLES)
        if line is not None:
            chain.anchor_check(tx, line)
        return found, count
    except Unsound as unsound:
        return unsound, count
    except UsageError:
        raise
    except (
        sqlite3.DatabaseError,
        WaconsoleError,
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
    ) as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise
        return Unsound("file", None, f"The ledger cannot be read: {error}".rstrip(".") + "."), count


def _answer(path: Path, found: Verified | Unsound, count: int) -> Answer:
    document: dict[str, Any] = {"ok": isinstance(found, Verified), "transfers": count, "first_bad": None}
    if isinstance(found, Unsound):
        document["first_bad"] = {"table": found.table, "id": found.row_id, "says": found.says}
        return Answer(document, (f"{path} is NOT what was sealed: {found.says}",), EXIT_REFUSED)
    document |= {"links": found.link_seq, "since": found.since_seq}
    since = f" (new since transfer {found.since_seq:,})" if found.since_seq else ""
    return Answer(
        document,
        (f"All {count:,} transfers and {found.link_seq:,} links are what was sealed{since}.",),
        EXIT_DONE,
    )


VERIFY: Final = Own(
    ("verify",),
    "Derive every balance again and hold every sealed row against the chain.",
    _verify,
    (
        Argument("--anchor", "a line `anchor` printed: an older copy is told by it", metavar="LINE"),
        Argument("--since-last", "only what is new since the last time all was well", kind="flag"),
    ),
)
