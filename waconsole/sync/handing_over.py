"""What this ledger knows of one person, to be handed over to them: by `members export`, before they are erased or without.

It is theirs, so it is whole and raw: who they are, what they agreed to, what they wrote and what was written to them
and about them, what they bought, what the books hold for them. Nobody else's words are in it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.database.traces import Traces, marks
from waconsole.errors import Refused
from waconsole.ledger import service_reading, store_erasing
from waconsole.ledger.export import guarded
from waconsole.members import store as members
from waconsole.members import store_erasing as people

CSV_COLUMNS: Final = ("part", "at", "what", "value")
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"
_WRITTEN: Final = "IN (SELECT id FROM alias WHERE member_id = :root)"
_THREADS: Final = f"IN (SELECT id FROM conversation WHERE member_id {_AMONG})"

# Each part of the answer and how it is read; what ends in `_at` or is `since` or `until` is an instant.
_PARTS: Final[Mapping[str, str]] = {
    "profile": f"""
        SELECT ref AS member, name, language, timezone, address, payment, device, added_at, origin
          FROM member WHERE id {_AMONG} ORDER BY id
        """,
    "aliases": """
        SELECT a.kind, a.value, g.name AS "group", a.seen_from AS seen_from_at, a.seen_until AS seen_until_at
          FROM alias AS a LEFT JOIN "group" AS g ON g.id = a.group_id WHERE a.member_id = :root ORDER BY a.id
        """,
    "tags": f"SELECT name, by_hand, tagged_at, expires_at FROM own_tag WHERE member_id {_AMONG} ORDER BY id",
    "former_tags": f"""
        SELECT name, by_hand, tagged_at, ended_at, ended_by FROM tag_change WHERE member_id {_AMONG} ORDER BY id
        """,
    "consent": f"""
        SELECT purpose, state, source, text_version, decided_at, recorded_at
          FROM consent WHERE member_id {_AMONG} ORDER BY decided_at, id
        """,
    "messages": f"""
        SELECT m.id AS message, c.ref AS conversation, g.name AS "group", m.direction, m.kind, m.text, m.edited,
               m.wamid, f.name AS file, f.mime, f.sha256, m.sent_at
          FROM visible_message AS m
          JOIN conversation AS c ON c.id = m.conversation_id
          LEFT JOIN "group" AS g ON g.id = c.group_id
          LEFT JOIN media AS f ON f.message_id = m.id
         WHERE (m.alias_id {_WRITTEN} AND m.kind <> 'system') OR m.conversation_id {_THREADS}
         ORDER BY m.sent_at, m.id
        """,
    "changes": f"""
        SELECT kind, target, text, changed_at FROM message_change WHERE alias_id {_WRITTEN} ORDER BY changed_at, id
        """,
    "reactions": f"SELECT message_id AS message, emoji, reacted_at FROM reaction WHERE alias_id {_WRITTEN} ORDER BY id",
    "votes": f"SELECT message_id AS message, choice FROM poll_vote WHERE alias_id {_WRITTEN} ORDER BY id",
    "outgoing": f"""
        SELECT ref AS outgoing, purpose, kind, text, body, template_name, template_language, state, written_at
          FROM visible_outgoing WHERE conversation_id {_THREADS} ORDER BY written_at, id
        """,
    "notes": f"SELECT text, written_at FROM note WHERE conversation_id {_THREADS} AND withdrawn = 0 ORDER BY id",
    "suppressions": f"""
        SELECT scope, reason, code, since, until, lifted_at FROM suppression WHERE member_id {_AMONG} ORDER BY id
        """,
    "memberships": f"""
        SELECT g.name AS "group", m.role, m.entry_channel, m.joined_at, m.left_at
          FROM membership AS m JOIN "group" AS g ON g.id = m.group_id WHERE m.member_id {_AMONG} ORDER BY m.joined_at
        """,
    "join_requests": f"""
        SELECT g.name AS "group", j.state, j.person, j.reason, j.asked_at, j.decided_at
          FROM join_request AS j JOIN "group" AS g ON g.id = j.group_id WHERE j.member_id {_AMONG} ORDER BY j.id
        """,
    "moderation": f"""
        SELECT g.name AS "group", s.step, s.state, s.reason, s.taken_at, s.until_at, s.ended_at
          FROM moderation_step AS s JOIN "group" AS g ON g.id = s.group_id WHERE s.member_id {_AMONG} ORDER BY s.id
        """,
    "orders": f"""
        SELECT reference, currency, total_minor, ordered_at FROM "order" WHERE member_id {_AMONG} ORDER BY ordered_at
        """,
    "order_lines": f"""
        SELECT o.reference, l.category, l.product, l.coupon, l.quantity, l.unit_price_minor, o.currency
          FROM order_line AS l JOIN "order" AS o ON o.id = l.order_id WHERE o.member_id {_AMONG} ORDER BY l.id
        """,
    "refunds": """
        SELECT reference, refund_ref, currency, amount_minor, refunded_at FROM visible_refund
         WHERE member_id = :root ORDER BY refunded_at
        """,
    "clicks": f"SELECT category, product, url, clicked_at FROM click WHERE member_id {_AMONG} ORDER BY clicked_at",
    "carts": f"SELECT state, changed_at FROM cart WHERE member_id {_AMONG} ORDER BY changed_at",
    "cashback": f"""
        SELECT l.ref AS line, l.currency, l.amount_minor, s.state, l.ordered_at, l.accrued_at
          FROM cashback_line AS l LEFT JOIN line_state AS s ON s.id = l.id WHERE l.payee_id {_AMONG} ORDER BY l.id
        """,
    "invites": f"""
        SELECT i.ref AS invite, p.name AS programme, CASE WHEN i.invitee_id {_AMONG} THEN 'invitee' ELSE 'referrer' END AS side,
               i.channel, i.confidence, CASE WHEN i.invitee_id {_AMONG} THEN i.address ELSE '' END AS address,
               CASE WHEN i.invitee_id {_AMONG} THEN i.payment ELSE '' END AS payment,
               CASE WHEN i.invitee_id {_AMONG} THEN i.device ELSE '' END AS device, s.state, s.reason, i.invited_at,
               i.arrived_at
          FROM invite AS i
          JOIN invite_standing AS s ON s.id = i.id
          JOIN known_programme AS p ON p.id = i.programme_id
         WHERE i.referrer_id {_AMONG} OR i.invitee_id {_AMONG}
         ORDER BY i.invited_at, i.id
        """,
    "rewards": f"""
        SELECT w.ref AS reward, p.name AS programme, w.kind, w.currency, w.amount_minor, w.state, w.effective_at,
               w.expires_at
          FROM reward AS w JOIN known_programme AS p ON p.id = w.programme_id
         WHERE w.member_id {_AMONG} ORDER BY w.id
        """,
    "reviews": f"""
        SELECT v.ref AS review, v.kind, v.state, coalesce(d.outcome, '') AS outcome, v.found_at, d.decided_at
          FROM review AS v LEFT JOIN review_decision AS d ON d.id = v.decision_id
         WHERE v.id IN (SELECT review_id FROM review_member WHERE member_id {_AMONG}) ORDER BY v.id
        """,
    "memos": """
        SELECT t.ref AS transfer, m.words, t.effective_at FROM transfer_memo AS m JOIN transfer AS t ON t.seq = m.id
         WHERE t.debit_id IN (SELECT id FROM account WHERE name IN (SELECT value FROM json_each(:accounts)))
            OR t.credit_id IN (SELECT id FROM account WHERE name IN (SELECT value FROM json_each(:accounts)))
         ORDER BY t.seq
        """,
    "acts": f"""
        SELECT a.verb, a.object_kind, a.rule, a.rule_version, a.decided_at FROM act AS a
         WHERE (a.object_kind IN ('tag', 'split') AND a.object_id {_AMONG})
            OR (a.object_kind IN ('conversation', 'lease') AND a.object_id {_THREADS})
            OR (a.object_kind = 'moderation'
                AND a.object_id IN (SELECT id FROM moderation_step WHERE member_id {_AMONG}))
         ORDER BY a.id
        """,
}


def document(tx: Transaction, who: str, *, now: int) -> dict[str, Any]:
    """All that is known of the person whom `who` names. Raises NotFound, and Refused for one who was erased."""
    member = members.member_named(tx, who)
    if people.is_erased(tx, member.id):
        raise Refused(f"{member.ref} was erased: nothing is known of them.")
    traces = people.traces_of(tx, member.id)
    accounts = [name for name, _ in store_erasing.account_names(tx, traces)]
    wanted = {"ids": marks(traces.member_ids), "root": traces.root_id, "accounts": json.dumps(accounts)}
    whole: dict[str, Any] = {"member": traces.ref, "exported_at": iso(now)}
    for part, sql in _PARTS.items():
        found = tx.execute(sql, {name: value for name, value in wanted.items() if f":{name}" in sql})
        whole[part] = [_row(dict(row)) for row in found]
    whole["ledger"] = _books(tx, traces)
    return whole


def _row(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        name: iso(value)
        if isinstance(value, int) and (name.endswith("_at") or name in ("since", "until"))
        else value
        for name, value in columns.items()
    }


def _books(tx: Transaction, traces: Traces) -> list[dict[str, Any]]:
    """A statement of each account of theirs."""
    return [
        {
            "account": name,
            "currency": currency,
            "transfers": service_reading.statement(tx, name, currency, alone=True),
        }
        for name, currency in store_erasing.account_names(tx, traces)
    ]


def csv_text(whole: Mapping[str, Any]) -> str:
    """The same as a table of four columns, which no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for row in _table(whole):
        writer.writerow([guarded(cell) for cell in row])
    return out.getvalue()


def _table(whole: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for part, rows in whole.items():
        if not isinstance(rows, list):
            continue
        for row in rows:
            at = next((str(value) for name, value in row.items() if name.endswith("_at") and value), "")
            for name, value in row.items():
                if value not in (None, ""):
                    shown = value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
                    yield part, at, name, str(shown)
