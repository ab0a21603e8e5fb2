"""Finding: queries over messages, members and items, and the search; ids first, rows by key after."""

from __future__ import annotations

from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.inbox import fields, search, store_items, store_messages, words
from waconsole.inbox import store_answers as answers
from waconsole.inbox.model import BY_HAND
from waconsole.policy import store as policy
from waconsole.query.compile import Compiled, compile_query

SUBJECTS: Final = ("messages", "members", "items")
ROWS_MAX: Final = 100_000_000


def find(
    tx: Transaction, query: str, subject: str, *, now: int, operator_id: int, limit: int | None
) -> tuple[int, list[dict[str, Any]]]:
    """(exact count, rows) of a query over a subject; newest first. Raises Refused for what it does not know."""
    if subject == "members":
        compiled = compile_query(query, fields.MEMBERS, fields.member_text, now=now, operator_id=operator_id)
        ids = _ids(tx, f"SELECT p.id FROM visible_member AS p WHERE {compiled.where} ORDER BY p.id", compiled)
        return len(ids), answers.member_rows(tx, ids[:limit])
    if subject == "items":
        compiled = compile_query(query, fields.ITEMS, fields.item_text, now=now, operator_id=operator_id)
        sql = (
            "SELECT i.id FROM visible_item AS i JOIN visible_message AS m ON m.id = i.message_id "
            f"WHERE {compiled.where} ORDER BY i.asked_at DESC, i.id DESC"
        )
        ids = _ids(tx, sql, compiled)
        return len(ids), answers.item_rows(tx, ids[:limit])
    compiled = compile_query(query, fields.MESSAGES, fields.message_text, now=now, operator_id=operator_id)
    people = "" if "kind" in compiled.fields else " AND m.kind <> 'system'"
    sql = f"SELECT m.id FROM visible_message AS m WHERE ({compiled.where}){people} ORDER BY m.sent_at DESC, m.id DESC"
    ids = _ids(tx, sql, compiled)
    return len(ids), answers.message_rows(tx, ids[:limit])


def _ids(tx: Transaction, sql: str, compiled: Compiled) -> list[int]:
    return [row[0] for row in tx.rows(f"{sql} LIMIT {ROWS_MAX}", compiled.parameters)]


def search_messages(tx: Transaction, text: str, *, limit: int | None) -> tuple[int, list[dict[str, Any]]]:
    """(exact count, rows) of a search, newest first. Raises Refused for text too short to search."""
    terms = words.terms(text)
    condition, parameters = search.match_sql(terms)
    ids = [
        row[0]
        for row in tx.rows(
            f"SELECT m.id FROM visible_message AS m WHERE {condition} ORDER BY m.sent_at DESC, m.id DESC LIMIT {ROWS_MAX}",
            parameters,
        )
    ]
    return len(ids), answers.message_rows(tx, ids[:limit])


def explain_item(tx: Transaction, item_id: int, *, now: int) -> dict[str, Any]:
    """Why an item was drawn: the rule, its version, what it says, and the words that matched."""
    item = store_items.item_by_id(tx, item_id)
    message = store_messages.place_of(tx, item["message_id"])
    says = "An operator made this item by hand."
    if item["rule"] != BY_HAND:
        try:
            says = policy.in_force(tx, f"triage.{item['rule']}", now=now)[0]["says"]
        except NotFound:
            says = "The rule is no longer in force."
    return {
        "item": item["ref"],
        "kind": item["kind"],
        "state": item["state"],
        "message": item["message_id"],
        "text": message["text"],
        "rule": item["rule"],
        "rule_version": item["rule_version"],
        "says": says,
        "evidence": item["evidence"],
    }


def item_named(tx: Transaction, name: str) -> int:
    """The id of the item called by its ref, or by its message's id when that has one item. Raises NotFound."""
    rows = tx.rows(
        "SELECT id FROM visible_item WHERE ref = :name OR message_id = :message ORDER BY ref <> :name LIMIT 2",
        {"name": name, "message": int(name) if name.isdigit() and len(name) < 19 else -1},
    )
    if not rows:
        raise NotFound(f"No item is called {name}: `waconsole find '' --in items` shows them.")
    return int(rows[0]["id"])


def conversation_named(tx: Transaction, name: str) -> int:
    """The id of the conversation called by its ref, its group's name, or its id. Raises NotFound."""
    from waconsole.members.model import folded

    rows = tx.rows(
        """
        SELECT c.id
          FROM visible_conversation AS c
          LEFT JOIN visible_group AS g ON g.id = c.group_id
         WHERE c.ref = :name OR g.ref = :name OR g.folded = :folded
         LIMIT 2
        """,
        {"name": name, "folded": folded(name)},
    )
    if not rows:
        raise NotFound(f"No conversation is called {name}: `waconsole groups list` shows the groups.")
    if len(rows) > 1:
        raise NotFound(f"{name} names more than one conversation: name one by its ref.")
    return int(rows[0]["id"])
