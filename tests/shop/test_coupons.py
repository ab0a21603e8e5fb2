"""Coupons: filled from a file, given once, redeemed by an order, expired, reinstated, withdrawn; the tables hold it too."""

from __future__ import annotations

import sqlite3

import pytest

from tests.invites.programmes import BETO, LIN, NOW, invite_ledger, order, person, who
from waconsole.clock import DAY, HOUR, SECOND, iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.shop import service_coupon_lists, service_coupons, store, store_coupons
from waconsole.shop.coupons import Pool, read_codes, said_of
from waconsole.shop.store import LineRow


def fill(
    tx: Transaction, *codes: str, pool: str = "spring", face: str | None = None
) -> service_coupons.Filled:
    return service_coupons.fill(
        tx, who(tx), pool, list(read_codes(codes)), face=face, cost=None, valid_days=None, now=NOW
    )


def pool(tx: Transaction) -> Pool:
    return store_coupons.pool_named(tx, "Spring")


def carry(tx: Transaction, reference: str, coupon: str) -> None:
    row = store.order_named(tx, reference)
    assert row is not None
    store.add_lines(tx, [LineRow(row["id"], "", "", coupon, 1, None, 0)])


def test_codes_of_a_file_are_foreign_and_come_once() -> None:
    with invite_ledger() as tx:
        first = fill(
            tx,
            "\ufeffA1",
            "",
            " B2 ",
            "A1",
            "x" * 65,
            "two words",
            "a\u202eb",
            "a\x1bb",
            "ÉTÉ-25",
            face="50 HKD",
        )
        assert (first.rows, first.new, first.unchanged) == (8, 3, 1)
        assert [line for line, _ in first.rejected] == [5, 6, 7, 8]
        assert fill(tx, "A1", "B2", "ÉTÉ-25", "C3")[2:] == (1, 3, [])
        assert fill(tx, "A1", pool="other").rejected == [(1, "This code is in another pool already.")]
        shown = service_coupon_lists.pools(tx)[0]
        assert (shown["face"], shown["cost"], shown["free"], shown["valid_days"]) == (
            "50.00 HKD", {"minor": 5000, "currency": "HKD"}, 4, 7,
        )  # fmt: skip
        with pytest.raises(Refused, match="says another --face"):
            fill(tx, "D4", face="20 %")


@pytest.mark.parametrize(
    ("face", "cost", "days", "says"),
    [
        ("0 HKD", None, None, "not more than nothing"),
        ("120 %", None, None, "at most 100 %"),
        ("50 HKD", "5 USD", None, "one currency"),
        (None, None, 8, "1 to 7 days"),
        (None, None, 0, "1 to 7 days"),
    ],
)
def test_what_a_pool_cannot_say(face: str | None, cost: str | None, days: int | None, says: str) -> None:
    with pytest.raises(Refused, match=says):
        said_of(face, cost, days, days_max=7)


def test_a_code_is_given_once_for_one_reason_and_a_pool_runs_dry() -> None:
    with invite_ledger() as tx:
        lin, beto = person(tx, LIN), person(tx, BETO)
        fill(tx, "A1", "B2")
        first = service_coupons.issue(tx, pool(tx), lin, "reward:1", NOW + 7)
        again = service_coupons.issue(tx, pool(tx), lin, "reward:1", NOW + DAY)
        assert first is not None and first == again
        assert (first.code, first.state, first.issued_at, first.expires_at) == (
            "A1",
            "issued",
            NOW,
            NOW + 7 * DAY,
        )
        second = service_coupons.issue(tx, pool(tx), beto, "reward:2", NOW)
        assert second is not None and second.code == "B2"
        assert service_coupons.issue(tx, pool(tx), beto, "reward:3", NOW) is None


def test_an_order_that_carries_the_code_redeems_it_also_when_it_is_told_late() -> None:
    with invite_ledger() as tx:
        lin = person(tx, LIN)
        fill(tx, "A1", "B2", "C3", "D4")
        for number in range(4):
            service_coupons.issue(tx, pool(tx), lin, f"reward:{number}", NOW)
        order(tx, "O0", BETO, iso(NOW - HOUR), "10.00 HKD")
        order(tx, "O1", BETO, iso(NOW + HOUR), "10.00 HKD")
        order(tx, "O2", LIN, iso(NOW + 7 * DAY - SECOND), "10.00 HKD")
        order(tx, "O3", LIN, iso(NOW + 7 * DAY), "10.00 HKD")
        for reference, coupon in (("O0", "d4"), ("O1", "a1"), ("O1", "WELCOME, b2"), ("O3", "D4")):
            carry(tx, reference, coupon)
        later = NOW + 8 * DAY
        redeemed = service_coupons.redeem_told(tx, later)
        assert [(one.code, one.order_reference, one.redeemed_at) for one in redeemed] == [
            ("A1", "O1", NOW + HOUR), ("B2", "O1", NOW + HOUR),
        ]  # fmt: skip
        assert [one.code for one in service_coupons.expire_due(tx, later)] == ["C3", "D4"]
        carry(tx, "O2", "C3")
        assert [(one.code, one.state) for one in service_coupons.redeem_told(tx, later)] == [
            ("C3", "redeemed")
        ]
        assert service_coupons.redeem_told(tx, later) == service_coupons.expire_due(tx, later) == []
        steps = [row["step"] for row in store_coupons.steps(tx, store_coupons.coupon_coded(tx, "C3").id)]
        assert steps == ["issued", "expired", "redeemed"]


def test_an_expired_code_is_reinstated_and_an_unused_one_withdrawn() -> None:
    with invite_ledger() as tx:
        lin = person(tx, LIN)
        fill(tx, "A1", "B2", "C3")
        given = service_coupons.issue(tx, pool(tx), lin, "reward:1", NOW)
        assert given is not None
        with pytest.raises(Refused, match="only what expired"):
            service_coupons.reinstate(tx, given, 3, reason="late parcel", now=NOW)
        later = NOW + 7 * DAY
        gone = service_coupons.expire_due(tx, later)[0]
        with pytest.raises(Refused, match="1 to 7 days"):
            service_coupons.reinstate(tx, gone, 8, reason="late parcel", now=later)
        again = service_coupons.reinstate(tx, gone, 3, reason="late parcel", actor=who(tx), now=later)
        assert (again.state, again.expires_at) == ("issued", later + 3 * DAY)
        back = service_coupons.withdraw(tx, again, reason="refunded", now=later)
        assert service_coupons.withdraw(tx, back, reason="refunded", now=later) == back
        assert service_coupons.withdraw_free(tx, who(tx), "spring", reason="campaign over", now=later) == 2
        with pytest.raises(Refused, match="Write why"):
            service_coupons.withdraw_free(tx, who(tx), "spring", reason=" ", now=later)


def test_by_hand_a_code_is_redeemed_in_a_known_order_before_it_expires() -> None:
    with invite_ledger() as tx:
        lin = person(tx, LIN)
        fill(tx, "A1", "B2")
        service_coupons.issue(tx, pool(tx), lin, "reward:1", NOW)
        order(tx, "O1", LIN, iso(NOW + HOUR), "10.00 HKD")
        order(tx, "O2", LIN, iso(NOW + 7 * DAY), "10.00 HKD")
        for code, reference, error, says in (
            ("Z9", "O1", NotFound, "no coupon"),
            ("A1", "O9", NotFound, "no order"),
            ("B2", "O1", Refused, "is free"),
            ("A1", "O2", Refused, "expired on"),
        ):
            with pytest.raises(error, match=says):
                service_coupons.redeem(tx, who(tx), code, reference, now=NOW + 8 * DAY)
        assert service_coupons.redeem(tx, who(tx), "a1", "O1", now=NOW + DAY)[1] is True
        assert service_coupons.redeem(tx, who(tx), "A1", "O1", now=NOW + DAY)[1] is False


RAW = (
    "DELETE FROM coupon",
    "UPDATE coupon SET code = 'X' WHERE code = 'A1'",
    "UPDATE coupon SET state = 'free' WHERE code = 'A1'",
    "UPDATE coupon SET member_id = member_id + 1 WHERE code = 'A1'",
    "UPDATE coupon SET state = 'redeemed', order_reference = 'O', redeemed_at = expires_at WHERE code = 'A1'",
    "UPDATE coupon SET state = 'issued', member_id = 1, source = 'reward:1', issued_at = 1, expires_at = 2 WHERE code = 'B2'",
    "INSERT OR REPLACE INTO coupon (id, pool_id, code, state, added_at) VALUES (1, 1, 'A1', 'free', 1)",
    "INSERT INTO coupon (id, pool_id, code, state, source, added_at) VALUES (3, 1, 'C3', 'free', 's', 1)",
    "UPDATE coupon_pool SET cost_minor = 1",
    "DELETE FROM coupon_pool",
    "UPDATE coupon_step SET reason = ''",
    "DELETE FROM coupon_step",
    "INSERT INTO coupon_step (id, coupon_id, step, effective_at, recorded_at) VALUES (2, 1, 'redeemed', 1, 1)",
)


@pytest.mark.parametrize("pragmas", ["ON", "OFF"])
def test_the_tables_refuse_what_no_step_does(pragmas: str) -> None:
    with invite_ledger() as tx:
        fill(tx, "A1", "B2")
        service_coupons.issue(tx, pool(tx), person(tx, LIN), "reward:1", NOW)
        tx.execute("COMMIT")
        for pragma in ("foreign_keys", "recursive_triggers"):
            tx.execute(f"PRAGMA {pragma} = {pragmas}")
        tx.execute("BEGIN")
        for sql in RAW:
            with pytest.raises(sqlite3.IntegrityError):
                tx.execute(sql)
                pytest.fail(sql)
