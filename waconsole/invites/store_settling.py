"""What decides on invites, as it is read: attempts with the first thing each invitee did, gates, and what changes them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.invites.terms import FIRST_ORDER, JOINED_GROUP, MESSAGED
from waconsole.invites.verdict import GATE_HELD, GATE_VOID, Attempt, Event, Gates

GATES_MAX: Final = 10_000_000

# The first thing of each kind that an invitee `b` did at or after the invite `i`.
_FIRST: Final = {
    FIRST_ORDER: """
        SELECT o.id
          FROM member_root AS r
         CROSS JOIN "order" AS o ON o.member_id = r.id
         WHERE r.root_id = b.root_id AND o.ordered_at >= i.invited_at AND o.ordered_at <= :now
           AND o.import_run_id NOT IN (SELECT id FROM open_run)
         ORDER BY o.ordered_at, o.reference LIMIT 1
    """,
    JOINED_GROUP: """
        SELECT min(m.joined_at)
          FROM member_root AS r
         CROSS JOIN membership AS m ON m.member_id = r.id
         WHERE r.root_id = b.root_id AND m.joined_at >= i.invited_at AND m.joined_at <= :now
           AND m.group_id IN (SELECT id FROM visible_group)
    """,
    MESSAGED: """
        SELECT min(at) FROM (
            SELECT min(m.sent_at) AS at
              FROM alias AS a
             CROSS JOIN visible_message AS m ON m.alias_id = a.id
             CROSS JOIN visible_conversation AS c ON c.id = m.conversation_id AND c.member_id IS NOT NULL
             WHERE a.member_id = b.root_id AND m.direction = 'in' AND m.kind <> 'system'
               AND m.sent_at >= i.invited_at AND m.sent_at <= :now
             UNION ALL
            SELECT min(e.said_at)
              FROM member_root AS r
             CROSS JOIN elsewhere_message AS e ON e.member_id = r.id
             WHERE r.root_id = b.root_id AND e.group_id IS NULL
               AND e.said_at >= i.invited_at AND e.said_at <= :now
               AND e.import_run_id NOT IN (SELECT id FROM open_run))
    """,
}


def attempts(
    tx: Transaction, programme_id: int, action: str, *, now: int, begins: int | None, ends: int | None
) -> Iterator[tuple[Attempt, int | None]]:
    """The invites of a programme that there may be something to decide on, each with what its invitee did first.

    That is an order's id, or an instant. Left out is who did nothing yet and was invited once, in the programme's time:
    from `begins` on and before `ends`, where there are such.
    """
    cursor = tx.execute(
        f"""
        SELECT * FROM (
            SELECT i.id, i.ref, a.root_id AS referrer, b.root_id AS invitee, i.invited_at, i.arrived_at, i.refusal,
                   i.confidence = 'disputed' AS is_disputed, ({_FIRST[action]}) AS did
              FROM invite AS i
              JOIN member_root AS a ON a.id = i.referrer_id
              JOIN member_root AS b ON b.id = i.invitee_id
             WHERE i.programme_id = :programme AND i.invited_at <= :now
               AND i.import_run_id NOT IN (SELECT id FROM open_run)) AS found
         WHERE found.did IS NOT NULL OR found.refusal <> '' OR found.referrer = found.invitee
            OR found.invited_at < :begins OR found.invited_at >= :ends
            OR EXISTS (SELECT 1 FROM invite_state AS s WHERE s.id = found.id)
            OR EXISTS (SELECT 1
                         FROM member_root AS r
                        CROSS JOIN invite AS o ON o.invitee_id = r.id
                        WHERE r.root_id = found.invitee AND o.id <> found.id AND o.programme_id = :programme
                          AND o.import_run_id NOT IN (SELECT id FROM open_run))
        """,
        {"programme": programme_id, "now": now, "begins": begins, "ends": ends},
    )
    cursor.row_factory = None
    return ((Attempt._make(row[:8]), row[8]) for row in cursor)


def orders(tx: Transaction, order_ids: Iterable[int], *, now: int) -> dict[int, Event]:
    """Orders as events, net of the refunds up to `now`."""
    found: dict[int, Event] = {}
    for order_id in order_ids:
        row = tx.one(
            """
            SELECT o.ordered_at, o.reference, o.currency, o.total_minor, coalesce(sum(f.amount_minor), 0), max(f.refunded_at)
              FROM "order" AS o
              LEFT JOIN refund AS f
                ON f.order_id = o.id AND f.refusal = '' AND f.refunded_at <= :now
               AND f.import_run_id NOT IN (SELECT id FROM open_run)
             WHERE o.id = :id
             GROUP BY o.id
            """,
            {"id": order_id, "now": now},
        )
        if row is not None:
            at, reference, currency, gross, refunded, refunded_at = row
            found[order_id] = Event(
                at, reference, FIRST_ORDER, order_id, currency, gross, refunded, refunded_at
            )
    return found


def gates(tx: Transaction) -> Gates:
    """What the review desk says of invites and people: of several words the hardest."""
    invites: dict[int, tuple[str, str]] = {}
    rows = tx.rows(
        """
        SELECT invite_id, verdict, coalesce(reason, '') AS reason FROM invite_gate
         WHERE verdict IN ('held', 'void') ORDER BY invite_id, verdict, reason LIMIT ?
        """,
        (GATES_MAX,),
    )
    for row in rows:
        known = invites.get(row["invite_id"], ("", ""))[0]
        if known != GATE_VOID:
            verdict = GATE_VOID if row["verdict"] == GATE_VOID else GATE_HELD
            invites[row["invite_id"]] = (verdict, row["reason"])
    people: dict[int, str] = {}
    for row in tx.rows("SELECT member_id, kind FROM member_gate ORDER BY kind DESC LIMIT ?", (GATES_MAX,)):
        people[row["member_id"]] = row["kind"]  # blocked comes last, and outweighs
    return Gates(invites, people)


_FACTS: Final = (
    "SELECT coalesce(max(id), 0), count(*), count(sealed_at), (SELECT count(*) FROM open_run) FROM import_run",
    "SELECT (SELECT max(id) FROM invite), (SELECT max(id) FROM programme_step), (SELECT max(id) FROM policy_version)",
    "SELECT max(id) FROM invite_word",
    "SELECT max(id), sum(withdrawn) FROM invite_issue",
    'SELECT (SELECT max(id) FROM "order"), (SELECT max(id) FROM refund)',
    "SELECT count(*) FROM refund WHERE order_id IS NULL AND refusal = ''",
    "SELECT count(*), max(id), count(parted_at), max(parted_at) FROM merge",
    "SELECT (SELECT max(id) FROM review), (SELECT max(id) FROM review_decision), (SELECT max(id) FROM review_invite)",
    "SELECT count(*), max(id), count(ended_at) FROM standing",
    "SELECT count(*), sum(state = 'decided'), count(gone_at), coalesce(sum(gone_at), 0) FROM review",
    "SELECT (SELECT max(id) FROM membership), (SELECT max(id) FROM message), (SELECT max(id) FROM coupon_step)",
    "SELECT max(id) FROM elsewhere_message",
    "SELECT (SELECT count(*) FROM coupon WHERE state = 'free'), (SELECT max(id) FROM coupon)",
)


def facts_key(tx: Transaction) -> str:
    """Something that changes whenever anything does that decides on invites, but the time and what settling writes."""
    return "|".join("/".join(str(value) for value in tuple(tx.one(sql) or ())) for sql in _FACTS[:-3])


def beside_key(tx: Transaction) -> str:
    """As `facts_key`, of what may let through what waited: who joined, who wrote, what a pool has."""
    return "|".join("/".join(str(value) for value in tuple(tx.one(sql) or ())) for sql in _FACTS[-3:])


def operator_name(tx: Transaction, operator_id: int) -> str:
    """What an operator is called."""
    return str(tx.value("SELECT name FROM known_operator WHERE id = ?", (operator_id,)) or "")


def next_due(tx: Transaction, *, now: int) -> int | None:
    """The first instant up to `now` at which an invite whose return window was open is to be decided on, if any.

    A code that is over is due as well.
    """
    found = tx.value(
        """
        SELECT min(due_at) FROM invite_state
         WHERE state IN ('qualified', 'held') AND due_at <= :now AND reason = 'return window'
        """,
        {"now": now},
    )
    if found is None:
        found = tx.value(
            "SELECT min(expires_at) FROM coupon WHERE state = 'issued' AND expires_at <= :now", {"now": now}
        )
    return None if found is None else int(found)


def mark(tx: Transaction) -> tuple[str, int]:
    """(the facts the last settling stands on, its instant)."""
    row = tx.one("SELECT facts, settled_at FROM settle_mark WHERE id = 1")
    return ("", 0) if row is None else (row["facts"], row["settled_at"])


def put_mark(tx: Transaction, facts: str, *, now: int) -> None:
    """Write down what this settling stands on."""
    tx.execute(
        """
        INSERT INTO settle_mark (id, facts, settled_at) VALUES (1, :facts, :now)
            ON CONFLICT (id) DO UPDATE SET facts = excluded.facts, settled_at = excluded.settled_at
        """,
        {"facts": facts, "now": now},
    )


def last_recorded_at(tx: Transaction) -> int:
    """When the last import began, or the last order, refund or invite came: nothing of before is of later than that."""
    return int(
        tx.value(
            """
            SELECT max(coalesce((SELECT max(begun_at) FROM import_run), 0),
                       coalesce((SELECT recorded_at FROM "order" ORDER BY id DESC LIMIT 1), 0),
                       coalesce((SELECT recorded_at FROM refund ORDER BY id DESC LIMIT 1), 0),
                       coalesce((SELECT recorded_at FROM invite ORDER BY id DESC LIMIT 1), 0))
            """
        )
    )


def has_invites(tx: Transaction) -> bool:
    """Whether anybody was ever invited."""
    return (
        tx.value("SELECT 1 FROM invite WHERE import_run_id NOT IN (SELECT id FROM open_run) LIMIT 1")
        is not None
    )


def has_coupons(tx: Transaction) -> bool:
    """Whether any code was ever given to somebody."""
    return tx.value("SELECT 1 FROM coupon WHERE issued_at IS NOT NULL LIMIT 1") is not None
