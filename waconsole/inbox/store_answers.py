"""Messages, items and members as the command line answers them: one dict per row, foreign text raw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction

IDS_AT_ONCE: Final = 500

_MESSAGE = """
    SELECT m.id, coalesce(g.whatsapp_id, g.name) AS "group", c.ref AS conversation, p.ref AS member, p.id AS member_id,
           coalesce(a.value, '') AS "from", m.sent_at, m.text, m.kind, m.edited, m.direction, m.type,
           coalesce(m.wamid, o.wamid) AS wamid, f.kind AS media_kind,
           f.name AS media_name, f.mime AS media_mime, f.sha256 AS media_sha256, f.byte_count AS media_size,
           f.state AS media_state, f.reason AS media_reason, f.media_id AS media_id,
           (SELECT value FROM alias WHERE member_id = a.member_id AND kind = 'bsuid' AND seen_until IS NULL
             ORDER BY id DESC LIMIT 1) AS bsuid
      FROM visible_message AS m
      JOIN conversation AS c ON c.id = m.conversation_id
      LEFT JOIN "group" AS g ON g.id = c.group_id
      LEFT JOIN alias AS a ON a.id = m.alias_id
      LEFT JOIN member AS p ON p.id = a.member_id
      LEFT JOIN media AS f ON f.message_id = m.id
      LEFT JOIN outgoing AS o ON o.message_id = m.id
"""


_VOTES = """
    SELECT message_id, choice, sum(votes) AS votes FROM poll_vote WHERE message_id IN ({marks})
     GROUP BY message_id, choice ORDER BY message_id, votes DESC, choice
"""


def message_rows(tx: Transaction, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Message rows in the order of `ids`."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = ids[start : start + IDS_AT_ONCE]
        marks = ", ".join("?" * len(part))
        items = _items(tx, part, marks)
        reactions = _reactions(tx, part, marks)
        for row in tx.rows(f"{_MESSAGE} WHERE m.id IN ({marks})", part):
            found[row["id"]] = _message(row, items.get(row["id"], []), reactions.get(row["id"], []))
        for vote in tx.rows(_VOTES.format(marks=marks), part):
            found[vote["message_id"]]["votes"].append({"choice": vote["choice"], "votes": vote["votes"]})
    return [found[key] for key in ids if key in found]


def _items(tx: Transaction, part: Sequence[int], marks: str) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = tx.rows(
        f"SELECT message_id, ref, kind, state, owed_until FROM visible_item WHERE message_id IN ({marks}) ORDER BY id",
        part,
    )
    for row in rows:
        item = {
            "item": row["ref"],
            "kind": row["kind"],
            "state": row["state"],
            "owed_until": iso(row["owed_until"]),
        }
        found.setdefault(row["message_id"], []).append(item)
    return found


def _reactions(tx: Transaction, part: Sequence[int], marks: str) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = tx.rows(
        'SELECT r.message_id, a.value AS "from", r.emoji FROM reaction AS r JOIN alias AS a ON a.id = r.alias_id '
        f"WHERE r.message_id IN ({marks}) AND r.emoji <> '' ORDER BY r.id",
        part,
    )
    for row in rows:
        found.setdefault(row["message_id"], []).append({"from": row["from"], "emoji": row["emoji"]})
    ours = tx.rows(
        "SELECT r.message_id, r.emoji, coalesce(n.phone, '') AS phone FROM shown_own_reaction AS r "
        "JOIN message AS m ON m.id = r.message_id JOIN conversation AS c ON c.id = m.conversation_id "
        "JOIN number AS n ON n.id = c.number_id "
        f"WHERE r.message_id IN ({marks})",
        part,
    )
    for row in ours:
        found.setdefault(row["message_id"], []).append({"from": row["phone"], "emoji": row["emoji"]})
    return found


def _media(row: Row) -> dict[str, Any] | None:
    """The file of a message: `state` is kept, waiting or gone; of an import it is kept where there is a copy."""
    if row["media_kind"] is None:
        return None
    return {
        "kind": row["media_kind"],
        "name": row["media_name"],
        "mime": row["media_mime"],
        "size": row["media_size"],
        "sha256": row["media_sha256"],
        "media_id": row["media_id"],
        "state": row["media_state"] or ("kept" if row["media_sha256"] else ""),
        "reason": row["media_reason"],
    }


def _message(row: Row, items: list[dict[str, Any]], reactions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "group": row["group"],
        "conversation": row["conversation"],
        "member": row["member"],
        "from": row["from"],
        "at": iso(row["sent_at"]),
        "text": row["text"],
        "kind": row["kind"],
        "edited": bool(row["edited"]),
        "items": items,
        "wamid": row["wamid"],
        "type": row["type"] or row["media_kind"] or row["kind"],
        "direction": row["direction"] if row["direction"] != "none" else None,
        "bsuid": row["bsuid"],
        "deleted": row["kind"] == "deleted",
        "reactions": reactions,
        "votes": [],
        "media": _media(row),
    }


def item_rows(tx: Transaction, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Work item rows in the order of `ids`."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = ids[start : start + IDS_AT_ONCE]
        rows = tx.rows(
            "SELECT id, ref, kind, message_id, state, owed_until, rule, rule_version FROM visible_item "
            f"WHERE id IN ({', '.join('?' * len(part))})",
            part,
        )
        for row in rows:
            found[row["id"]] = {
                "item": row["ref"],
                "kind": row["kind"],
                "message": row["message_id"],
                "state": row["state"],
                "owed_until": iso(row["owed_until"]),
                "rule": row["rule"],
                "rule_version": row["rule_version"],
            }
    return [found[key] for key in ids if key in found]


_MEMBER = """
    SELECT p.id, p.ref, p.name,
           (SELECT phone FROM member_phone WHERE member_id = p.id) AS phone,
           (SELECT value FROM alias WHERE member_id = p.id AND kind = 'bsuid' AND seen_until IS NULL
             ORDER BY id DESC LIMIT 1) AS bsuid,
           (SELECT value FROM alias WHERE member_id = p.id AND kind = 'username' AND seen_until IS NULL
             ORDER BY id DESC LIMIT 1) AS username,
           p.language, p.timezone
      FROM visible_member AS p
"""


def member_rows(tx: Transaction, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Member rows in the order of `ids`."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = ids[start : start + IDS_AT_ONCE]
        marks = ", ".join("?" * len(part))
        tags = _words(tx, f"SELECT member_id, name FROM tag WHERE member_id IN ({marks}) ORDER BY name", part)
        groups = _words(
            tx,
            "SELECT DISTINCT p.member_id, coalesce(g.whatsapp_id, g.name) AS name FROM present_membership AS p "
            f"JOIN visible_group AS g ON g.id = p.group_id WHERE p.member_id IN ({marks}) ORDER BY name",
            part,
        )
        words = {
            row["member_id"]: row["word"]
            for row in tx.rows(
                "SELECT member_id, word FROM consent_in_force WHERE purpose = 'marketing' "
                f"AND word IN ('stop', 'resume') AND member_id IN ({marks})",
                part,
            )
        }
        for row in tx.rows(f"{_MEMBER} WHERE p.id IN ({marks})", part):
            found[row["id"]] = {
                "member": row["ref"],
                "phone": row["phone"],
                "name": row["name"],
                "tags": tags.get(row["id"], []),
                "bsuid": row["bsuid"],
                "username": row["username"],
                "marketing": words.get(row["id"]),
                "groups": groups.get(row["id"], []),
                "language": row["language"],
                "timezone": row["timezone"],
            }
    return [found[key] for key in ids if key in found]


def _words(tx: Transaction, sql: str, part: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in tx.rows(sql, part):
        found.setdefault(row["member_id"], []).append(row["name"])
    return found
