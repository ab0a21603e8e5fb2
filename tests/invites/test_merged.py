"""People who turn out to be one, before and after rewards were given: whose wallet, whose places, and read by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

from tests.invites.programmes import AMARA, invite_ledger, person
from tests.invites.rewarded import (
    FRIENDS,
    NOW,
    REFERRER,
    START,
    balances,
    buys,
    invite,
    programme,
    settle,
    stands,
)
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.invites import service_listing, service_sealing
from waconsole.invites.model import invite_ref
from waconsole.invites.store_programmes import programme_named
from waconsole.ledger import service_reading
from waconsole.ledger.model import member_account
from waconsole.members import store_merge
from waconsole.members.store import member_by_id
from waconsole.sync import intake_contacts
from waconsole.sync.intake_contacts import Contact, ContactsImported


def _earn(tx: Transaction, place: int, by: str = REFERRER) -> str:
    ref = invite(tx, FRIENDS[place], by=by)
    buys(tx, FRIENDS[place], at=START + (1 + place) * DAY)
    return ref


def _merge(tx: Transaction, who: str, into: str) -> store_merge.Merge:
    return store_merge.merge(
        tx, person(tx, who), person(tx, into), operator_id=None, rule="former phone", now=NOW
    )


def _wallet(tx: Transaction, phone: str) -> str:
    return member_account(str(member_by_id(tx, person(tx, phone)).ref), "payable")


def _balance(tx: Transaction, name: str, **asked: Any) -> int:
    (row,) = service_reading.balances(tx, name, at=None, by_event=False, **asked)
    return int(row["balance_minor"])


def test_a_merged_persons_rewards_are_read_together_before_and_after_the_next_one() -> None:
    with invite_ledger() as tx:
        programme(tx)
        _earn(tx, 0)
        settle(tx)
        old, new = _wallet(tx, REFERRER), _wallet(tx, AMARA)
        _merge(tx, REFERRER, AMARA)

        assert _balance(tx, new) == _balance(tx, AMARA) == _balance(tx, REFERRER) == 800
        _earn(tx, 1)  # the file still names the old number
        settle(tx)

        assert {name: minor for name, (minor, _) in balances(tx).items() if "payable" in name} == {
            f"{old} HKD": 800,
            f"{new} HKD": 800,
        }
        assert _balance(tx, new) == _balance(tx, "00852 9876-5432") == 1600
        assert _balance(tx, old) == 800
        lines = [
            (row["kind"], row["balance_minor"], row["account"])
            for row in service_reading.statement(tx, new, None)
        ]
        assert lines[1:] == [("post", 800, old), ("pending", 800, new), ("post", 1600, new)]
        assert len(service_reading.statement(tx, new, None, alone=True)) == 2


def test_a_merge_that_is_undone_brings_a_reward_back_to_whom_it_is_for() -> None:
    with invite_ledger() as tx:
        programme(tx)
        ref = _earn(tx, 0)
        merge = _merge(tx, REFERRER, AMARA)
        settle(tx)
        new = _wallet(tx, AMARA)
        assert _balance(tx, new) == 800

        store_merge.part(tx, merge, now=NOW)
        settle(tx)

        assert stands(tx, ref) == ("earned", "", 800)
        assert (_balance(tx, new), _balance(tx, _wallet(tx, REFERRER))) == (0, 800)
        assert settle(tx).steps == 0
        for rows in service_sealing.sealed_rows().values():
            assert list(rows(tx, 0)) == []


OLD, NEW = REFERRER, AMARA


def _contacts(tx: Transaction) -> None:
    row = Contact(1, NEW, {"name": "Lin", "phone": NEW}, 0, (OLD,))
    intake_contacts._write(tx, [row], ContactsImported(), "c.csv", now=NOW)


def _file(tx: Transaction) -> None:
    """Both numbers are told to have invited the same friend, at the same time; and each a friend of its own."""
    for one, by in sorted([(0, OLD), (0, NEW), (1, OLD), (2, NEW)], key=lambda it: _ref(tx, *it)):
        invite(tx, FRIENDS[one], by=by)


def _ref(tx: Transaction, place: int, by: str) -> str:
    return invite_ref(programme_named(tx, "spring").ref, by, FRIENDS[place], START, "")


def _orders(tx: Transaction) -> None:
    for place in range(3):
        buys(tx, FRIENDS[place], at=START + (1 + place) * DAY, ref=f"O-{place}")


def _end(facts: Sequence[Callable[[Transaction], None]]) -> tuple[object, ...]:
    with invite_ledger() as tx:
        programme(tx, cap="2")
        for tell in facts:
            tell(tx)
        settle(tx)
        rows = service_listing.invites(tx, state=None, programme=None, limit=None)[1]
        said = sorted(
            (row["invite"], str(row["referrer"]), str(row["invitee"]), row["state"], str(row["reason"]), str(row["reward"]))
            for row in rows
        )  # fmt: skip
        return said, balances(tx)


def test_invites_under_both_numbers_of_a_person_end_the_same_whatever_file_came_first() -> None:
    first, *others = [_end(facts) for facts in permutations([_contacts, _file, _orders])]

    assert all(one == first for one in others)
    assert sorted(row[3] for row in first[0]) == ["earned", "earned", "refused"]  # type: ignore[attr-defined]


def test_a_friend_has_one_referrer_for_ever_whatever_the_programme() -> None:
    def told(*facts: tuple[str, str, int]) -> dict[str, tuple[str, str]]:
        with invite_ledger() as tx:
            programme(tx)
            programme(tx, "autumn")
            refs = {
                f"{name} {by}": invite(tx, FRIENDS[0], by=by, at=START + day * DAY, name=name)
                for name, by, day in facts
            }
            buys(tx, FRIENDS[0], at=START + 3 * DAY)
            buys(tx, FRIENDS[0], at=START + 10 * DAY)
            settle(tx)
            return {key: stands(tx, ref)[:2] for key, ref in refs.items()}

    spring, autumn, mine = ("spring", OLD, 0), ("autumn", AMARA, 5), ("autumn", OLD, 6)
    refused = ("refused", "another referrer")
    assert told(spring, autumn) == told(autumn, spring) == {
        f"spring {OLD}": ("earned", ""), f"autumn {AMARA}": refused,
    }  # fmt: skip
    assert told(spring, mine) == {f"spring {OLD}": ("earned", ""), f"autumn {OLD}": ("earned", "")}
    assert told(autumn) == {f"autumn {AMARA}": ("earned", "")}
    assert told(("spring", OLD, 2), ("autumn", AMARA, 1)) == {
        f"spring {OLD}": refused, f"autumn {AMARA}": ("earned", ""),
    }  # fmt: skip
