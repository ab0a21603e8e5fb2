"""Rewards that go out by hand: what waits, who may let it go, up to how much, and until when it is taken back."""

from __future__ import annotations

import sqlite3

import pytest

from tests.invites.programmes import LIN, invite_ledger, person, who
from tests.invites.rewarded import FRIENDS, NOW, REFERRER, START, buys, invite, programme, settle, stands
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import service_issuing, service_sealing, service_words, store_issuing
from waconsole.invites.service_issuing import Issued, issue
from waconsole.operators import service as operators
from waconsole.operators import service_known
from waconsole.policy import store as policy
from waconsole.policy.service import set_version

WAITS = ("held", "waits for an operator")


def by_hand(tx: Transaction, word: str = "by_hand", *, now: int = NOW) -> None:
    """The shop looks at every reward before it goes out, or no longer."""
    value, _ = policy.in_force(tx, service_issuing.POLICY, now=now)
    set_version(
        tx, service_issuing.POLICY, {**value, "value": word}, says=value["says"], reason="we want to look", valid_from=now,
        set_by=who(tx), now=now,
    )  # fmt: skip


def laid(tx: Transaction, count: int = 2, **terms: str) -> list[str]:
    """Friends who bought, all due; by hand."""
    programme(tx, **terms)
    by_hand(tx)
    refs = [invite(tx, friend) for friend in FRIENDS[:count]]
    for place, friend in enumerate(FRIENDS[:count]):
        buys(tx, friend, at=START + (1 + place) * DAY)
    settle(tx)
    return refs


def limit(tx: Transaction, name: str, amount: str) -> None:
    service_known.set_limits(tx, "ann", name, service_known.amounts([amount]), now=NOW)


def refusals(found: Issued) -> list[str]:
    return [one.rule for one in found.refused]


def test_what_is_due_waits_for_a_person_and_goes_out_on_their_word() -> None:
    with invite_ledger() as tx:
        refs = laid(tx, reward_2="cashback 20.00 HKD")
        assert [stands(tx, ref) for ref in refs] == [(*WAITS, 800), (*WAITS, 2800)]
        limit(tx, "mia", "100 HKD")

        assert issue(tx, who(tx, "mia"), [refs[1]], now=NOW).done == [refs[1]]
        settle(tx)

        assert stands(tx, refs[1])[:2] == ("earned", "")  # `each`; the rung waits for the one below it
        found = {(row["invite_id"], row["slot"]): row["state"] for row in tx.rows("SELECT * FROM reward")}
        assert found == {(1, "each"): "pending", (2, "2"): "pending", (2, "each"): "posted"}
        issue(tx, who(tx, "mia"), [refs[0]], now=NOW)
        settle(tx)
        states = [row["state"] for row in tx.rows("SELECT state FROM reward")]
        assert states == ["posted"] * 3
        approved = tx.rows(
            "SELECT DISTINCT approved_by FROM transfer WHERE kind = 'post' AND purpose = 'reward'"
        )
        assert [row[0] for row in approved] == ["mia"]
        for rows in service_sealing.sealed_rows().values():
            assert list(rows(tx, 0)) == []


def test_once_it_is_automatic_again_everything_goes_out() -> None:
    with invite_ledger() as tx:
        refs = laid(tx)
        by_hand(tx, "automatic", now=NOW + DAY)
        settle(tx, NOW + DAY)
        assert [stands(tx, ref)[:2] for ref in refs] == [("earned", "")] * 2


def test_it_is_taken_back_until_something_was_given() -> None:
    with invite_ledger() as tx:
        (ref,) = laid(tx, 1)
        limit(tx, "bob", "100 HKD")
        bob = who(tx, "bob")

        issue(tx, bob, [ref], now=NOW)
        assert refusals(issue(tx, bob, [ref], now=NOW)) == [""]
        operators.undo(tx, bob, service_words.RESTORES, now=NOW)
        settle(tx)
        assert stands(tx, ref)[:2] == WAITS

        issue(tx, bob, [ref], now=NOW)
        settle(tx)
        with pytest.raises(Refused, match="has been changed again"):
            operators.undo(tx, bob, service_words.RESTORES, now=NOW)
        with pytest.raises(sqlite3.IntegrityError, match="only while nothing was given"):
            tx.execute("UPDATE invite_issue SET withdrawn = 1 WHERE withdrawn = 0")


def test_nobody_lets_their_own_go_out_nor_more_than_their_limit() -> None:
    with invite_ledger() as tx:
        refs = laid(tx, 3)
        ann, mia = who(tx), who(tx, "mia")
        assert refusals(issue(tx, mia, refs[:1], now=NOW)) == ["limit.none"]
        limit(tx, "mia", "16.00 HKD")

        found = issue(tx, mia, [*refs, "iv-none"], now=NOW)

        assert (found.done, refusals(found)) == (refs[:2], ["limit.day", ""])
        assert store_issuing.issued_today(tx, mia.id, "HKD", at=NOW) == 1600
        limit(tx, "ann", "100 HKD")
        service_known.link(tx, "bob", "ann", LIN, now=NOW)
        assert refusals(issue(tx, ann, refs[2:], now=NOW)) == ["four_eyes.payee"]
        with pytest.raises(sqlite3.IntegrityError, match="their own reward"):
            invite_id = tx.value("SELECT id FROM invite WHERE ref = ?", (refs[2],))
            store_issuing.add(tx, invite_id, {}, solo=False, operator_id=ann.id, now=NOW)


def test_whoever_wrote_an_invite_by_hand_does_not_let_it_go_out_too() -> None:
    with invite_ledger() as tx:
        laid(tx, 0)
        person(tx, REFERRER)
        said = service_words.add(
            tx, who(tx), REFERRER, FRIENDS[0], "spring", at=START, reason="they told me", now=NOW
        )
        buys(tx, FRIENDS[0])
        settle(tx)
        limit(tx, "ann", "100 HKD")
        limit(tx, "bob", "100 HKD")
        assert refusals(issue(tx, who(tx), [said.invite.ref], now=NOW)) == ["four_eyes.proposer"]
        assert issue(tx, who(tx, "bob"), [said.invite.ref], now=NOW).done == [said.invite.ref]
