"""How far sweeps came: what the last one had seen, so that nobody sweeps where nothing came in."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction

# All that a sweep reads, in short; the time of day changes nothing of it but which policies are in force.
_FACTS: Final = (
    "SELECT coalesce(max(id), 0), count(*), count(sealed_at), (SELECT count(*) FROM open_run) FROM import_run",
    'SELECT (SELECT max(id) FROM invite), (SELECT max(id) FROM "order"), (SELECT max(id) FROM refund)',
    "SELECT count(*) FROM refund WHERE order_id IS NULL AND refusal = ''",
    "SELECT count(*), max(id), count(parted_at), max(parted_at) FROM merge",
    "SELECT (SELECT max(id) FROM message), (SELECT max(id) FROM elsewhere_message), (SELECT max(id) FROM membership)",
    "SELECT (SELECT max(id) FROM alias), (SELECT max(id) FROM programme_step)",
)
_POLICIES: Final = "SELECT max(id), count(*) FROM policy_version WHERE valid_from <= :now"
# The last of what came; nothing of before is of later than that.
_LAST: Final = """
    SELECT max(coalesce((SELECT max(begun_at) FROM import_run), 0),
               coalesce((SELECT recorded_at FROM "order" ORDER BY id DESC LIMIT 1), 0),
               coalesce((SELECT recorded_at FROM refund ORDER BY id DESC LIMIT 1), 0),
               coalesce((SELECT recorded_at FROM invite ORDER BY id DESC LIMIT 1), 0))
"""


def facts_key(tx: Transaction, *, now: int) -> str:
    """Something that changes whenever a sweep at `now` may find something else."""
    found = [tx.one(sql) for sql in _FACTS]
    found.append(tx.one(_POLICIES, {"now": now}))
    return "|".join("/".join(str(value) for value in tuple(row or ())) for row in found)


def is_swept(tx: Transaction, *, now: int) -> bool:
    """Whether the last sweep has seen all there is at `now`."""
    row = tx.one("SELECT facts, swept_at FROM sweep_mark WHERE id = 1")
    return (
        row is not None
        and row["swept_at"] <= now
        and int(tx.value(_LAST)) <= row["swept_at"]
        and row["facts"] == facts_key(tx, now=now)
    )


def put_mark(tx: Transaction, facts: str, *, now: int) -> None:
    """Write down what a sweep had seen."""
    tx.execute(
        """
        INSERT INTO sweep_mark (id, facts, swept_at) VALUES (1, :facts, :now)
            ON CONFLICT (id) DO UPDATE SET facts = excluded.facts, swept_at = excluded.swept_at
        """,
        {"facts": facts, "now": now},
    )
