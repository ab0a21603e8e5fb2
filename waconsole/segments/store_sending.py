"""Messages to segments: their run rows, who was kept out, and what each member's letter is filled with."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from waconsole.database.connection import Row, Transaction

SENDS_MAX: Final = 100_000
AT_ONCE: Final = 20_000
_SAID: Final = {
    "name": "m.name",
    "first_name": "m.name",
    "ref": "m.ref",
    "phone": "(SELECT phone FROM member_phone WHERE member_id = m.id)",
    "last_product": """
        (SELECT coalesce(nullif(p.name, ''), l.product)
           FROM member_root AS r
          CROSS JOIN "order" AS o
          CROSS JOIN order_line AS l
           LEFT JOIN visible_product AS p ON p.product = l.product
          WHERE r.root_id = m.id AND o.member_id = r.id AND o.ordered_at <= :now AND l.order_id = o.id AND l.product <> ''
            AND o.import_run_id NOT IN (SELECT id FROM open_run)
          ORDER BY o.ordered_at DESC, l.id DESC LIMIT 1)
        """,
    "last_category": """
        (SELECT coalesce(nullif(l.category, ''), p.category)
           FROM member_root AS r
          CROSS JOIN "order" AS o
          CROSS JOIN order_line AS l
           LEFT JOIN visible_product AS p ON p.product = l.product
          WHERE r.root_id = m.id AND o.member_id = r.id AND o.ordered_at <= :now AND l.order_id = o.id
            AND coalesce(nullif(l.category, ''), p.category, '') <> ''
            AND o.import_run_id NOT IN (SELECT id FROM open_run)
          ORDER BY o.ordered_at DESC, l.id DESC LIMIT 1)
        """,
}


def values(
    tx: Transaction, ids: Sequence[int], variables: Collection[str], *, now: int
) -> dict[int, dict[str, str]]:
    """What each of these members' letters is filled with, by variable; what is not known is missing or empty."""
    names = sorted(variables)
    if not names:
        return {}
    columns = ", ".join(f"{_SAID[name]} AS {name}" for name in names)
    found: dict[int, dict[str, str]] = {}
    for start in range(0, len(ids), AT_ONCE):
        cursor = tx.execute(
            f"SELECT m.id, {columns} FROM json_each(:ids) AS j CROSS JOIN member AS m ON m.id = j.value",
            {"ids": json.dumps(list(ids[start : start + AT_ONCE])), "now": now},
        )
        cursor.row_factory = None
        for row in cursor:
            found[row[0]] = {name: value for name, value in zip(names, row[1:], strict=True) if value}
    return found


def send_by_ref(tx: Transaction, ref: str) -> Row | None:
    """The run row of a message to a segment, or None."""
    return tx.one(f"{_ROW} WHERE s.ref = :ref", {"ref": ref})


_ROW: Final = """
    SELECT s.id, s.ref, s.segment, s.version, s.rule, s.template, s.language, s.steps, s.matched, s.reached, s.without,
           s.asked_at, s.not_before, b.opened_at, coalesce(b.row_count, 0) AS row_count, coalesce(b.withdrawn, 0) AS withdrawn,
           (SELECT count(*) FROM segment_holdout WHERE send_id = s.id) AS held_out
      FROM segment_send AS s
      LEFT JOIN outgoing_batch AS b ON b.ref = s.ref
"""


def sends(tx: Transaction) -> list[Row]:
    """Every message to a segment, the latest first."""
    return tx.rows(f"{_ROW} ORDER BY s.id DESC LIMIT :limit", {"limit": SENDS_MAX})


def add_send(tx: Transaction, fields: dict[str, Any]) -> int:
    """Write a run row, or what it says anew where its messages are not seen yet; answers its id."""
    tx.execute(
        """
        INSERT INTO segment_send (ref, segment, version, rule, template, language, steps, matched, reached, without,
                                  operator_id, asked_at, not_before)
        VALUES (:ref, :segment, :version, :rule, :template, :language, :steps, :matched, :reached, :without, :operator_id,
                :now, :not_before)
            ON CONFLICT (ref) DO UPDATE SET steps = excluded.steps, matched = excluded.matched, reached = excluded.reached,
                                            without = excluded.without
        """,
        fields,
    )
    return int(tx.value("SELECT id FROM segment_send WHERE ref = :ref", {"ref": fields["ref"]}))


def keep_out(tx: Transaction, send_id: int, member_ids: Sequence[int]) -> int:
    """Write who would have got it and is kept out to compare; answers how many are new."""
    return tx.execute(
        """
        INSERT INTO segment_holdout (send_id, member_id)
        SELECT :send_id, value FROM json_each(:ids) WHERE true
            ON CONFLICT (send_id, member_id) DO NOTHING
        """,
        {"send_id": send_id, "ids": json.dumps(list(member_ids))},
    ).rowcount
