"""Finding: queries over every subject, the search, and why a row matches; ids first, rows by key after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused, Transient
from waconsole.inbox import search, store_find, store_items, store_messages, words
from waconsole.inbox import store_answers as answers
from waconsole.inbox.model import BY_HAND
from waconsole.members import store as members
from waconsole.outbox import store_rows as outgoing
from waconsole.policy import store as policy
from waconsole.query.compile import compile_query
from waconsole.query.explain import Explanation
from waconsole.query.explain import explain as explain_query
from waconsole.query.fields import Vocabulary

QUERY_SECONDS_MAX: Final = 30.0
ROWS_MAX: Final = 100_000_000
SCANNED_AT_ONCE: Final = 50_000
EXACT_CHARACTERS_MAX: Final = 500

Rows = Callable[[Transaction, Sequence[int]], list[dict[str, Any]]]
ROWS: Final[dict[str, Rows]] = {
    "messages": answers.message_rows,
    "members": answers.member_rows,
    "items": answers.item_rows,
    "conversations": store_find.conversation_rows,
    "outgoing": outgoing.outgoing_rows,
}
SUBJECTS: Final = tuple(ROWS)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, where, and in which words: `now` in microseconds UTC, `zone` the shop's."""

    vocabulary: Vocabulary
    now: int
    zone: tzinfo = UTC
    operator_id: int = 0


def find(
    tx: Transaction, query: str, subject: str, asking: Asking, *, limit: int | None
) -> tuple[int, list[dict[str, Any]]]:
    """(exact count, rows) of a query over a subject of `SUBJECTS`; newest first.

    Raises QueryError for what it does not know, Transient when it takes longer than `QUERY_SECONDS_MAX`.
    """
    compiled = compile_query(
        query, subject, asking.vocabulary, now=asking.now, zone=asking.zone, operator_id=asking.operator_id,
        known=asking.vocabulary.known(tx, asking.now, asking.zone),
    )  # fmt: skip
    of = asking.vocabulary.subject(subject)
    where = f"({compiled.where})"
    if of.name == "message" and "kind" not in compiled.fields:
        where += " AND m.kind <> 'system'"
    sql = f"SELECT {of.key} FROM {of.rows} WHERE {where} ORDER BY {of.order} LIMIT {ROWS_MAX}"
    with tx.limited(QUERY_SECONDS_MAX):
        ids = [row[0] for row in tx.rows(sql, compiled.parameters)]
    return len(ids), ROWS[of.plural](tx, ids[:limit])


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


async def search_exactly(
    database: Database,
    text: str,
    *,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
    limit: int | None,
) -> tuple[int, list[dict[str, Any]]]:
    """(exact count, rows) of the messages that hold `text` character by character, newest first.

    No index knows this: every text is read, `SCANNED_AT_ONCE` messages in one go. Raises Refused for no text
    or too much, Transient when it was stopped.
    """
    if not text or len(text) > EXACT_CHARACTERS_MAX:
        raise Refused(f"Exact text has 1 to {EXACT_CHARACTERS_MAX} characters.")
    last = await database.stream(store_find.last_message_id)
    found: list[tuple[int, int]] = []
    for above in range(0, last, SCANNED_AT_ONCE):
        through = min(above + SCANNED_AT_ONCE, last)
        found += await database.stream(_scan(text, above, through))
        progress(through, last)
        if cancelled():
            raise Transient(f"The search was stopped after {through:,} of {last:,} messages.")
    ids = [message_id for _, message_id in sorted(found, reverse=True)]
    rows = await database.stream(lambda tx: answers.message_rows(tx, ids[:limit]))
    return len(ids), rows


def _scan(text: str, above: int, through: int) -> Callable[[Transaction], list[tuple[int, int]]]:
    return lambda tx: store_find.holding_exactly(tx, text, above=above, through=through)


def explain(tx: Transaction, query: str, name: str, subject: str | None, asking: Asking) -> Explanation:
    """Why the row called `name` matches a query or not; without a subject, the one whose rows are called so.

    Raises NotFound, or QueryError.
    """
    known = [subject] if subject else _subjects_called(name)
    for place, one in enumerate(known, 1):
        try:
            row_id = row_named(tx, one, name)
        except NotFound:
            if place == len(known):
                raise
            continue
        with tx.limited(QUERY_SECONDS_MAX):
            return explain_query(
                tx, query, one, row_id, asking.vocabulary,
                now=asking.now, zone=asking.zone, operator_id=asking.operator_id,
                known=asking.vocabulary.known(tx, asking.now, asking.zone),
            )  # fmt: skip
    raise AssertionError(name)


def _subjects_called(name: str) -> Sequence[str]:
    """The subjects to look through for a name, the likeliest first."""
    if name.isdigit():
        return ("messages", "members")
    if name.startswith("item-"):
        return ("items",)
    return ("members", "conversations", "outgoing", "items")


def row_named(tx: Transaction, subject: str, name: str) -> int:
    """The id of a row as `find` calls it: an id, a ref, a wamid, a number, a name. Raises NotFound."""
    if subject == "members":
        return members.member_named(tx, name).id
    if subject == "items":
        return item_named(tx, name)
    if subject == "conversations":
        return conversation_named(tx, name)
    if subject == "outgoing":
        return outgoing.outgoing_named(tx, name)
    row = tx.one(
        "SELECT id FROM visible_message WHERE id = :id OR wamid = :name LIMIT 1",
        {"id": _id(name), "name": name},
    )
    if row is None:
        raise NotFound(f"No message is called {name}: `waconsole find` shows their ids.")
    return int(row["id"])


def _id(name: str) -> int:
    return int(name) if name.isascii() and name.isdigit() and len(name) < 19 else -1


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
        {"name": name, "message": _id(name)},
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
