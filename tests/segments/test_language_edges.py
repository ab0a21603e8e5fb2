"""Every bound of what members may be asked, on both of its sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from tests.segments import behaviour
from tests.segments.behaviour import NOW
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, SECOND, parse_iso
from waconsole.database.connection import Transaction
from waconsole.query.mistakes import QueryError
from waconsole.segments import rfm, service_asking
from waconsole.segments.service_asking import Asking, Rows

UTC: Final = "UTC"


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Three members who did nothing yet."""
    with behaviour.empty() as tx:
        behaviour.add_people(tx, 3)
        yield tx


def _named(tx: Transaction, rule: str, *, now: int = NOW, zone: str = UTC) -> set[int]:
    asking = Asking(catalogue.vocabulary(), now, ZoneInfo(zone))
    return set(Rows(tx, service_asking.read(tx, rule, asking)).ids())


def _order(
    tx: Transaction, member: int, at: int, total: int = 10_000, currency: str = "HKD", *, coupon: str = "",
    quantity: int = 0, price: int | None = None,
) -> None:  # fmt: skip
    place = tx.insert(
        """
        INSERT INTO "order" (reference, member_id, ordered_at, currency, total_minor, origin, recorded_at)
        VALUES ('O' || (SELECT count(*) FROM "order"), ?, ?, ?, ?, 'import', 0)
        """,
        (member, at, currency, total),
    )
    tx.execute(
        "INSERT INTO order_line (order_id, coupon, quantity, unit_price_minor) VALUES (?, ?, ?, ?)",
        (place, coupon, quantity, price),
    )


def _refund(tx: Transaction, order: int, at: int, minor: int) -> None:
    tx.execute(
        """
        INSERT INTO refund (reference, refunded_at, amount, amount_minor, order_id, line, origin, recorded_at)
        VALUES ('O', ?, 'x' || (SELECT count(*) FROM refund), ?, ?, 1, 'import', 0)
        """,
        (at, minor, order),
    )


HAPPENS: Final = {
    "clicks": "INSERT INTO click (member_id, clicked_at, recorded_at) VALUES (?, ?, 0)",
    "carts": "INSERT INTO cart (member_id, changed_at, state, recorded_at) VALUES (?, ?, 'open', 0)",
    "pushes": "INSERT INTO elsewhere_push (member_id, sent_at, purpose, recorded_at) VALUES (?, ?, 'marketing', 0)",
    "inbound": "INSERT INTO elsewhere_message (member_id, said_at, recorded_at) VALUES (?, ?, 0)",
}


def _happens(tx: Transaction, what: str, member: int, at: int) -> None:
    if what == "orders":
        _order(tx, member, at)
    else:
        tx.execute(HAPPENS[what], (member, at))


@pytest.mark.parametrize("what", ["orders", *HAPPENS])
@pytest.mark.parametrize(("window", "span"), [("7d", 7 * DAY), ("36h", 36 * HOUR)])
def test_both_ends_of_a_window_belong_and_nothing_after_now_counts(
    tx: Transaction, what: str, window: str, span: int
) -> None:
    for member, at in ((1, NOW - span), (2, NOW - span - SECOND), (3, NOW + SECOND)):
        _happens(tx, what, member, at)

    assert _named(tx, f"{what}({window}) = 1") == {1}
    assert _named(tx, f"{what}(ever) = 1") == {1, 2}
    assert _named(tx, f"{what}(ever) = 1", now=NOW + SECOND) == {1, 2, 3}
    assert _named(tx, f"{what}({window}) = 0", now=NOW + SECOND) == {1, 2}


@pytest.mark.parametrize("what", ["order", "click", "cart", "push", "inbound"])
def test_an_age_is_exact_to_the_second_and_never_is_infinitely_long_ago(tx: Transaction, what: str) -> None:
    kind = {"push": "pushes", "inbound": "inbound"}.get(what, f"{what}s")
    _happens(tx, kind, 1, NOW - 36 * HOUR)
    _happens(tx, kind, 2, NOW - 36 * HOUR - SECOND)

    assert _named(tx, f"last_{what} > 36h") == {2, 3}
    assert _named(tx, f"last_{what} >= 36h") == {1, 2, 3}
    assert _named(tx, f"first_{what} <= 36h") == {1}
    assert _named(tx, f"first_{what} = 36h") == {1}
    assert _named(tx, f"last_{what} = never") == {3} == _named(tx, f"not first_{what} != never")


def test_new_dormant_and_silent_hold_on_their_last_second(tx: Transaction) -> None:
    for member, days, off in ((1, 30, 0), (2, 30, 1)):
        _order(tx, member, NOW - days * DAY - off * SECOND)
    assert _named(tx, "is:new") == {1}

    tx.execute("DELETE FROM order_line"), tx.execute('DELETE FROM "order"')
    for member, age in ((1, 60 * DAY), (2, 90 * DAY), (3, 90 * DAY + SECOND)):
        _order(tx, member, NOW - age)
    assert _named(tx, "is:dormant") == {1, 2}
    assert _named(tx, "is:dormant", now=NOW - SECOND) == {2, 3}

    for what, member in (("clicks", 1), ("carts", 2)):
        _happens(tx, what, member, NOW - 7 * DAY)
    assert _named(tx, "is:silent") == {3}
    assert _named(tx, "is:silent", now=NOW + SECOND) == {1, 2, 3}
    _happens(tx, "inbound", 3, NOW)
    assert _named(tx, "is:silent") == set()


def test_a_share_of_exactly_so_much_is_not_more_and_one_of_nothing_has_no_value(tx: Transaction) -> None:
    for place in range(10):
        _order(tx, 1, NOW - place, coupon="SAVE" if place < 7 else "")
        _order(tx, 2, NOW - place, coupon="SAVE" if place < 8 else "")

    assert _named(tx, "coupon_share(180d) > 70%") == {2}
    assert _named(tx, "coupon_share(180d) >= 70%") == {1, 2}
    assert _named(tx, "coupon_share(180d) = 70%") == {1}
    assert _named(tx, "coupon_share(180d) <= 100%") == {1, 2}
    assert _named(tx, "not coupon_share(180d) <= 100%") == {3}


def test_money_is_of_one_currency_net_of_refunds_and_compared_exactly(tx: Transaction) -> None:
    _order(tx, 1, NOW - DAY, 50_000)
    _order(tx, 1, NOW - DAY, 99_999, "JPY")
    _order(tx, 2, NOW - DAY, 50_001)
    _refund(tx, 3, NOW, 1)
    _order(tx, 3, NOW - DAY, 50_000)
    _refund(tx, 4, NOW + SECOND, 50_000)

    assert _named(tx, "spend(7d) >= 500 HKD") == {1, 2, 3}
    assert _named(tx, "spend(7d) > 500 HKD", now=NOW - SECOND) == {2}
    assert _named(tx, "spend(7d) > 499.995 HKD and spend(7d) < 500.005 HKD") == {1, 2, 3}
    assert _named(tx, "spend(7d) >= 99999 JPY") == {1}
    assert _named(tx, "spend(7d) = 0 JPY") == {2, 3}
    assert _named(tx, "spend(7d) = 0 HKD", now=NOW + SECOND) == {3}
    assert _named(tx, "avg_order(7d) > 0 JPY") == {1}
    assert _named(tx, "refunds(ever) = 1") == {2}


def test_a_mean_is_compared_as_a_fraction(tx: Transaction) -> None:
    for total in (1, 0, 0):
        _order(tx, 1, NOW, total)

    assert _named(tx, "avg_order(ever) > 0.003333 HKD") == {1}
    assert _named(tx, "avg_order(ever) < 0.003334 HKD") == {1}
    assert _named(tx, "avg_order(ever) >= 0.01 HKD") == set()


def test_twice_the_mean_is_not_more_than_twice_the_mean(tx: Transaction) -> None:
    """Three units at 400, nine at 100 and three at 300: 3,000 for fifteen, 200 each."""
    _order(tx, 1, NOW, quantity=3, price=400)
    _order(tx, 2, NOW, quantity=9, price=100)
    _order(tx, 3, NOW, quantity=3, price=300)

    assert _named(tx, "unit_price(ever, currency=HKD) > 2x avg") == set()
    assert _named(tx, "unit_price(ever, currency=HKD) >= 2x avg") == {1}
    assert _named(tx, "unit_price(ever) = 2x avg") == {1}
    assert _named(tx, "unit_price(ever) = 0.5x avg") == {2}
    assert _named(tx, "unit_price(ever) > 1.499999x avg") == {1, 3}
    _order(tx, 3, NOW, 1, "JPY")
    with pytest.raises(QueryError, match="several currencies"):
        _named(tx, "unit_price(ever) = 2x avg")


def test_scores_count_who_is_strictly_lower(tx: Transaction) -> None:
    for member, count in ((1, 1), (2, 1), (3, 2)):
        for _ in range(count):
            _order(tx, member, NOW - member)

    assert [_named(tx, f"rfm_f(30d) = {score}") for score in (1, 4)] == [{1, 2}, {3}]
    assert [_named(tx, f"rfm_r(30d) = {score}") for score in (1, 2, 4)] == [{3}, {2}, {1}]
    assert _named(tx, "rfm_layer(30d) = at_risk") == {3}
    assert _named(tx, "rfm_layer(30d) = new") == {1}
    assert _named(tx, "rfm_m(30d, currency=JPY) >= 1") == set()
    assert _named(tx, "not rfm_m(30d, currency=JPY) >= 1") == {1, 2, 3}


@pytest.mark.parametrize(
    ("zone", "now", "begins"),
    [
        ("Asia/Hong_Kong", "2026-11-26T12:00:00Z", "2026-11-25T16:00:00Z"),
        ("Europe/Paris", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z"),  # a day of 25 hours
        ("Europe/Paris", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z"),  # of 23
        ("America/New_York", "2026-11-01T22:00:00Z", "2026-11-01T04:00:00Z"),
        (
            "Australia/Lord_Howe",
            "2026-10-04T12:00:00Z",
            "2026-10-03T13:30:00Z",
        ),  # its clock moves half an hour
    ],
)
def test_today_begins_at_local_midnight_and_a_day_of_hours_never_does(
    tx: Transaction, zone: str, now: str, begins: str
) -> None:
    at, midnight = parse_iso(now), parse_iso(begins)
    _happens(tx, "clicks", 1, midnight)
    _happens(tx, "clicks", 2, midnight - SECOND)
    _happens(tx, "clicks", 3, at - 86_400 * SECOND)
    day = now[:10]

    assert _named(tx, "clicks(today) = 1", now=at, zone=zone) == {1}
    assert _named(tx, f"clicks(since {day}) = 1", now=at, zone=zone) == {1}
    assert 3 in _named(tx, "clicks(1d) = 1", now=at, zone=zone)


def test_a_week_begins_on_monday_and_a_month_on_its_first(tx: Transaction) -> None:
    monday, first = parse_iso("2026-11-22T16:00:00Z"), parse_iso("2026-10-31T16:00:00Z")
    for member, at in ((1, monday), (2, monday - SECOND), (3, first - SECOND)):
        _happens(tx, "clicks", member, at)

    assert _named(tx, "clicks(this_week) = 1", zone="Asia/Hong_Kong") == {1}
    assert _named(tx, "clicks(this_month) = 1", zone="Asia/Hong_Kong") == {1, 2}


def test_whoever_joins_or_leaves_after_now_is_taken_as_they_are_now(tx: Transaction) -> None:
    tx.execute(
        "INSERT INTO \"group\" (id, ref, name, folded, driver, origin, added_at) VALUES (1, 'g', 'Lyon', 'lyon', 'human', 'import', 0)"
    )
    for member, joined, left in ((1, NOW, None), (2, NOW + SECOND, None), (3, 0, NOW)):
        tx.execute(
            """
            INSERT INTO membership (group_id, member_id, role, joined_at, left_at, origin)
            VALUES (1, ?, 'admin', ?, ?, 'import')
            """,
            (member, joined, left),
        )

    assert _named(tx, "in:Lyon") == {1} == _named(tx, "admin:lyon")
    assert _named(tx, "in:Lyon", now=NOW - SECOND) == {3}
    assert _named(tx, "in:nowhere") == set()


def test_a_push_is_direct_marketing_that_left_or_may_have(tx: Transaction) -> None:
    tx.execute("INSERT INTO number (id, ref, name, driver, added_at) VALUES (1, 'n', 'n', 'cloud', 0)")
    for place, who in ((1, "member_id"), (2, "group_id")):
        tx.execute(
            f"INSERT INTO conversation (id, ref, number_id, {who}) VALUES (?, ?, 1, 1)", (place, f"c-{place}")
        )
    sent = [
        (1, "accepted", "marketing"), (1, "unknown", "marketing"), (1, "queued", "marketing"), (1, "refused", "marketing"),
        (1, "accepted", "service"), (1, "accepted", "invitation"), (2, "accepted", "marketing"),
    ]  # fmt: skip
    for place, (conversation, state, purpose) in enumerate(sent, 1):
        tx.execute(
            """
            INSERT INTO outgoing (id, ref, number_id, conversation_id, driver, kind, text, purpose, state, written_at, origin)
            VALUES (?, ?, 1, ?, 'cloud', 'text', 'x', ?, ?, ?, 'live')
            """,
            (place, f"out-{place}", conversation, purpose, state, NOW - 37 * HOUR),
        )
    tx.execute(
        "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (1, 1, 'o', 'w', ?)",
        (NOW - 36 * HOUR + 999_999,),
    )

    assert _named(tx, "pushes(ever) = 2") == {1} == _named(tx, "pushes(36h) = 1")
    assert _named(tx, "last_push = 36h") == {1} == _named(tx, "first_push = 37h")
    assert _named(tx, "pushes(ever) = 0") == {2, 3}


def test_what_members_wrote_here_and_elsewhere_is_one_count(tx: Transaction) -> None:
    tx.execute("INSERT INTO conversation (id, ref, number_id, member_id) VALUES (1, 'c', 1, 1)")
    alias = tx.value("SELECT id FROM alias WHERE member_id = 1")
    for place, (direction, kind) in enumerate(
        (("in", "text"), ("out", "text"), ("in", "system"), ("in", "media"))
    ):
        tx.execute(
            """
            INSERT INTO message (conversation_id, alias_id, direction, kind, text, sent_at, origin)
            VALUES (1, ?, ?, ?, '', ?, 'live')
            """,
            (alias, direction, kind, NOW - place * SECOND),
        )
    _happens(tx, "inbound", 1, NOW - DAY)
    _happens(tx, "inbound", 2, NOW - 8 * DAY)

    assert _named(tx, "inbound(ever) = 3") == {1} == _named(tx, "inbound(3h) = 2")
    assert _named(tx, "last_inbound = 0s and first_inbound = 1d") == {1}
    assert _named(tx, "is:silent") == {2, 3}


def test_cut_points_are_a_policy_and_layers_stay_whole_under_any() -> None:
    others = rfm.cuts_of({"layers": [{"name": "loyal", "r_min": 2, "f_min": 2}, {"name": "new", "f_max": 1}]})

    for cuts in (rfm.FIRST, others):
        found = {rfm.layer(r, f, cuts) for r in range(1, 6) for f in range(1, 6)}
        assert found <= set(rfm.LAYERS) - {"never"}
    assert rfm.layer(2, 2, others) == "loyal"
    assert rfm.layer(1, 1, others) == "new"
    assert rfm.layer(1, 2, others) == "hibernating"
    assert rfm.layer(None, None, others) == "never"
    assert [rfm.layer(r, f) for r, f in ((4, 4), (4, 3), (4, 2), (3, 3), (3, 2), (2, 3), (2, 2))] == [
        "champions", "loyal", "new", "loyal", "hibernating", "at_risk", "hibernating",
    ]  # fmt: skip


def test_a_device_is_borne_by_a_contacts_file_and_by_an_invite_from_its_time(tx: Transaction) -> None:
    one, two, three = sorted(_named(tx, ""))
    tx.execute("UPDATE member SET device = 'd1' WHERE id IN (?, ?)", (one, three))
    assert _named(tx, "shared:device", now=NOW - DAY) == {one, three}
    tx.execute("UPDATE member SET device = '' WHERE id = ?", (three,))
    tx.execute(
        """
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, confidence, device, origin, recorded_at)
        VALUES ('i', 1, ?, ?, ?, 'exact', 'd1', 'import', 0)
        """,
        (three, two, NOW),
    )

    assert _named(tx, "shared:device", now=NOW) == {one, two}
    assert _named(tx, "shared:device", now=NOW - SECOND) == set()
