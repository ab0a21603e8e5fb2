"""A third opinion: DuckDB is asked what columns and SQLite agree on."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.segments.columns_against_rows import by_rows, question
from tests.segments.crowds import NOW, Crowd, empty_ledger
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.segments.service_columns import Columns

SCORED: Final = (
    "SELECT member, 1 + 5 * (rank() OVER (ORDER BY f) - 1) // count(*) OVER () AS score"
    " FROM (SELECT member, count(*) AS f FROM orders WHERE happened BETWEEN $now - 365 * $day AND $now GROUP BY member)"
)
LEAVES: Final = {
    "clicks(category=serum, 30d)>=1": (
        "SELECT member FROM clicks WHERE category = 'serum' AND happened BETWEEN $now - 30 * $day AND $now GROUP BY member"
    ),
    "orders(365d)>=2": (
        "SELECT member FROM orders WHERE happened BETWEEN $now - 365 * $day AND $now GROUP BY member HAVING count(*) >= 2"
    ),
    "spend(365d)>100.50 HKD": (
        "SELECT member FROM orders AS o WHERE currency = 'HKD' AND happened BETWEEN $now - 365 * $day AND $now GROUP BY member"
        " HAVING sum(total - coalesce((SELECT sum(amount) FROM refunds AS r WHERE r.order_id = o.id AND r.happened <= $now), 0)) > 10050"
    ),
    "coupon_share(ever)>=50%": (
        "SELECT member FROM orders WHERE happened <= $now GROUP BY member"
        " HAVING 2 * count(*) FILTER (id IN (SELECT order_id FROM lines WHERE coupon <> '')) >= count(*)"
    ),
    "last_push<=7d": "SELECT DISTINCT member FROM pushes WHERE happened BETWEEN $now - 7 * $day AND $now",
    "rfm_f(365d)>=4": f"SELECT member FROM ({SCORED}) WHERE score >= 4",
    "distinct(clicks.category, ever)>=2": (
        "SELECT member FROM clicks WHERE category <> '' AND happened <= $now GROUP BY member HAVING count(DISTINCT category) >= 2"
    ),
}  # fmt: skip
TABLES: Final = {
    "orders": "SELECT id, member_id AS member, ordered_at AS happened, currency, total_minor AS total FROM visible_order",
    "lines": "SELECT order_id, coupon FROM visible_order_line",
    "refunds": "SELECT order_id, refunded_at AS happened, amount_minor AS amount FROM visible_refund",
    "clicks": "SELECT member_id AS member, clicked_at AS happened, category FROM visible_click",
    "pushes": "SELECT member_id AS member, sent_at AS happened FROM direct_send WHERE is_marketing = 1",
    "members": "SELECT id FROM visible_member WHERE id NOT IN (SELECT id FROM erased_member)",
}


def _copied(tx: Transaction) -> Any:
    import duckdb

    engine = duckdb.connect()
    for name, sql in TABLES.items():
        found = tx.rows(f"{sql} LIMIT 1000000")
        kinds = ", ".join(
            f"{column} {'VARCHAR' if isinstance(value, str) else 'BIGINT'}"
            for column, value in zip(found[0].keys(), found[0], strict=True)
        )
        engine.execute(f"CREATE TABLE {name} ({kinds})")
        engine.executemany(
            f"INSERT INTO {name} VALUES ({', '.join('?' for _ in found[0])})", [tuple(row) for row in found]
        )
    return engine


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_duckdb_names_whom_columns_and_rows_name(seed: int) -> None:
    with empty_ledger() as tx:
        crowd = Crowd(tx, seed)
        crowd.add_members(60)
        crowd.add_products()
        crowd.add_facts(150)
        crowd.seal_import()
        third = _copied(tx)
        for now in (NOW, NOW - 30 * DAY, NOW + HOUR):
            for rule, sql in LEAVES.items():
                asked = question(tx, rule, now=now)
                wanted = {"now": now, **({"day": DAY} if "$day" in sql else {})}
                named = f"SELECT id FROM members WHERE id IN (SELECT member FROM ({sql})) ORDER BY id"
                ids = [row[0] for row in third.execute(named, wanted).fetchall()]

                assert Columns().matches(tx, asked).ids() == by_rows(tx, asked) == ids, rule
