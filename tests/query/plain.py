"""The language once more, in plain Python over rows that were read once: what the SQL is held against.

It knows no SQL, no compiler and no declared field: only the tree, and the rules of docs/query.md.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.inbox import words
from waconsole.members.model import e164
from waconsole.query.tree import All, AnyOf, Comparison, Form, Node, Not, Text
from waconsole.query.values import Duration, Moment, Never, Number

S: Final = 1_000_000
SPANS: Final = {"s": S, "m": 60 * S, "h": 3600 * S, "d": 86_400 * S, "w": 7 * 86_400 * S}
SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
TABLES: Final = (
    "message", "alias", "member", "conversation", "work_item", "own_tag", "consent", "membership", "outgoing", "delivery", "number",
    "reaction", "note", "lease", "media",
)  # fmt: skip
Row = dict[str, Any]


def fold(text: str) -> str:
    """For names: compatibility forms made plain, case folded, spaces squeezed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Rows:
    """Every row of the ledger in lists of dicts, and the instant and zone that questions are asked in."""

    def __init__(self, tx: Transaction, now: int, zone: tzinfo, me: int) -> None:
        self.now, self.zone, self.me = now - now % S, zone, me
        self.table = {name: [dict(row) for row in tx.rows(f'SELECT * FROM "{name}"')] for name in TABLES}
        self.table["group"] = [dict(row) for row in tx.rows('SELECT * FROM "group"')]
        self.by_id = {name: {row["id"]: row for row in rows} for name, rows in self.table.items()}
        self.tags: dict[int, set[str]] = {}
        for row in self.table["own_tag"]:
            self.tags.setdefault(row["member_id"], set()).add(row["name"])

    def author(self, message: Row) -> Row | None:
        alias = self.by_id["alias"].get(message["alias_id"])
        return None if alias is None else self.by_id["member"][alias["member_id"]]

    def group_of(self, conversation_id: int) -> Row | None:
        return self.by_id["group"].get(self.by_id["conversation"][conversation_id]["group_id"])

    def is_named(self, alias: Row, name: str) -> bool:
        """Whether an alias is meant by a number, a name or a ref."""
        member = self.by_id["member"][alias["member_id"]]
        phone = e164(name)
        if phone:
            return any(
                a["kind"] == "phone" and a["value"] == phone
                for a in self.table["alias"] if a["member_id"] == member["id"]
            )  # fmt: skip
        return (
            fold(alias["value"]) == fold(name)
            or (alias["kind"] == "phone" and fold(member["name"]) == fold(name) != "")
            or member["ref"] == name
        )

    def said(self, member_id: int) -> list[Row]:
        mine = {a["id"] for a in self.table["alias"] if a["member_id"] == member_id}
        return [
            m for m in self.table["message"]
            if m["alias_id"] in mine and m["direction"] == "in" and m["kind"] != "system" and m["sent_at"] <= self.now
        ]  # fmt: skip

    def window(self, written: str) -> tuple[int, int]:
        word = written.split()
        local = datetime.fromtimestamp(self.now // S, self.zone)
        midnight = local.replace(hour=0, minute=0, second=0)
        if written == "ever":
            return -(1 << 80), self.now
        if written == "today":
            return int(midnight.timestamp()) * S, self.now
        if written == "this_week":
            return int((midnight - timedelta(days=local.weekday())).timestamp()) * S, self.now
        if written == "this_month":
            return int(midnight.replace(day=1).timestamp()) * S, self.now
        if word[0] == "since":
            return int(datetime.fromisoformat(word[1]).replace(tzinfo=self.zone).timestamp()) * S, self.now
        return self.now - int(written[:-1]) * SPANS[written[-1]], self.now


def holds(node: Node, subject: str, row: Row, rows: Rows) -> bool:
    """Whether a row of a subject meets a tree."""
    match node:
        case Not(part):
            return not holds(part, subject, row, rows)
        case All(parts):
            return all(holds(part, subject, row, rows) for part in parts)
        case AnyOf(parts):
            return any(holds(part, subject, row, rows) for part in parts)
        case Form(name, value):
            return bool(FORMS[subject, name](row, value, rows))
        case Comparison():
            return _compares(node, VALUES[subject, node.field](row, node, rows), rows)
        case Text(found):
            return TEXTS[subject](row, [(word.text, word.quoted) for word in found], rows)


def _compares(leaf: Comparison, value: Any, rows: Rows) -> bool:
    """`never` is None in a field of ages, no value is None elsewhere."""
    has_never = leaf.field in ("first_inbound", "last_inbound")
    if isinstance(leaf.operand, Never):
        return (value is None) == (leaf.sign == "=")
    if value is None:
        return has_never and leaf.sign in (">", ">=", "!=")
    if isinstance(leaf.operand, Moment):
        day = datetime.fromtimestamp(value // S, rows.zone).date()
        wanted = datetime.fromtimestamp(rows.now // S, rows.zone).date()
        word, _, back = leaf.operand.written.partition("-")
        if word == "today":
            wanted -= timedelta(days=int(back[:-1] or 0) if back else 0)
        else:
            wanted = datetime.fromisoformat(leaf.operand.written).date()
        return SIGNS[leaf.sign](day, wanted)
    if isinstance(leaf.operand, Duration):
        return SIGNS[leaf.sign](value, leaf.operand.count * SPANS[leaf.operand.unit])
    assert isinstance(leaf.operand, Number)
    return SIGNS[leaf.sign](value, leaf.operand.value)


def _speaks(language: str, wanted: str) -> bool:
    said, wanted = language.lower().replace("_", "-"), wanted.lower()
    return said == wanted or said.startswith(wanted + "-")


def _in(conversation_id: int, value: str, rows: Rows) -> bool:
    group = rows.group_of(conversation_id)
    return group is not None and (fold(group["name"]) == fold(value) or group["ref"] == value)


def _is_unread(m: Row, rows: Rows) -> bool:
    c = rows.by_id["conversation"][m["conversation_id"]]
    is_later = (m["sent_at"], m["id"]) > (c["read_through_at"], c["read_through_id"])
    return m["direction"] == "in" and m["kind"] != "system" and is_later


def _is_mine(c: Row, rows: Rows) -> bool:
    return c["assigned_to"] == rows.me or any(
        one["object_id"] == c["id"] and one["operator_id"] == rows.me and one["expires_at"] > rows.now
        for one in rows.table["lease"]
    )


def _items(message_id: int, rows: Rows) -> list[Row]:
    return [i for i in rows.table["work_item"] if i["message_id"] == message_id]


def _message_is(m: Row, value: str, rows: Rows) -> bool:
    c = rows.by_id["conversation"][m["conversation_id"]]
    is_so: dict[str, bool] = {
        "owed": any(i["state"] == "open" for i in _items(m["id"], rows)),
        "unread": _is_unread(m, rows),
        "mine": _is_mine(c, rows),
        "edited": m["edited"] == 1,
        "ours": m["direction"] == "out",
        "muted": c["muted"] == 1,
    }
    return is_so[value]


def _message_has(m: Row, value: str, rows: Rows) -> bool:
    def hangs(table: str) -> list[Row]:
        return [one for one in rows.table[table] if one["message_id"] == m["id"]]

    return {
        "media": lambda: bool(hangs("media")),
        "item": lambda: bool(_items(m["id"], rows)),
        "link": lambda: "http://" in m["text"] or "https://" in m["text"],
        "reaction": lambda: any(one["emoji"] for one in hangs("reaction")),
        "note": lambda: any(not one["withdrawn"] for one in hangs("note")),
    }[value]()


def _of_author(m: Row, rows: Rows, test: Callable[[Row], bool]) -> bool:
    member = rows.author(m)
    return member is not None and test(member)


def _wrote(m: Row, value: str, rows: Rows) -> bool:
    alias = rows.by_id["alias"].get(m["alias_id"])
    return alias is not None and rows.is_named(alias, value)


def _conversation_is(c: Row, value: str, rows: Rows) -> bool:
    now = rows.now
    is_so: dict[str, bool] = {
        "owed": c["owed"] > 0 and not c["muted"] and c["snoozed_until"] <= now,
        "unread": c["unread"] > 0,
        "mine": _is_mine(c, rows),
        "muted": c["muted"] == 1,
        "snoozed": c["snoozed_until"] > now,
        "late": c["owed_until"] is not None and c["owed_until"] <= now,
        "join": _has_item(c, "join", rows),
        "draft": c["draft"] != "",
    }
    return is_so[value]


def _has_item(c: Row, kind: str, rows: Rows) -> bool:
    return any(
        i["conversation_id"] == c["id"] and i["state"] == "open" and i["kind"] == kind
        for i in rows.table["work_item"]
    )


def _item_is(i: Row, value: str, rows: Rows) -> bool:
    if value == "late":
        return bool(i["state"] == "open" and i["owed_until"] <= rows.now)
    return bool(i["state"] == {"owed": "open"}.get(value, value))


def _consent(p: Row, value: str, rows: Rows) -> bool:
    """A stop that no later resume lifted outranks everything, else the latest word."""
    said = [c for c in rows.table["consent"] if c["member_id"] == p["id"] and c["decided_at"] <= rows.now]
    said.sort(key=lambda c: (c["decided_at"], c["id"]))
    stops = [c for c in said if c["state"] == "stop"]
    resumes = [c["decided_at"] for c in said if c["state"] == "resume"]
    if any(not any(at > stop["decided_at"] for at in resumes) for stop in stops):
        return value == "stop"
    others = [c["state"] for c in said if c["state"] != "stop"]
    if not others:
        return False
    return bool({"marketing": "yes"}.get(value, value) == {"resume": "yes"}.get(others[-1], others[-1]))


def _belongs(p: Row, value: str, rows: Rows, *, admin: bool = False) -> bool:
    for one in rows.table["membership"]:
        group = rows.by_id["group"][one["group_id"]]
        is_group = fold(group["name"]) == fold(value) or group["ref"] == value
        if (
            one["member_id"] == p["id"]
            and one["joined_at"] <= rows.now
            and (one["left_at"] is None or one["left_at"] > rows.now)
            and is_group
            and (not admin or one["role"] == "admin")
        ):
            return True
    return False


def _recipient(o: Row, value: str, rows: Rows) -> bool:
    c = rows.by_id["conversation"][o["conversation_id"]]
    if _in(c["id"], value, rows):
        return True
    return any(a["member_id"] == c["member_id"] and rows.is_named(a, value) for a in rows.table["alias"])


def _delivered(o: Row, value: str, rows: Rows) -> bool:
    found = [d for d in rows.table["delivery"] if d["wamid"] == o["wamid"]]
    return any(d["failed_at"] is not None if value == "failed" else d["status"] == value for d in found)


def _outgoing_is(o: Row, value: str, _: Rows) -> bool:
    waiting = ("draft", "scheduled", "queued", "sending", "held", "unknown")
    return o["state"] in waiting if value == "waiting" else bool(o["state"] == value)


def _leaves_by(o: Row, value: str, rows: Rows) -> bool:
    number = rows.by_id["number"][o["number_id"]]
    words = {number["ref"], number["phone_number_id"], number["phone"]}
    return (
        value in words or e164(value) in words - {None} or _ascii_lower(value) == _ascii_lower(number["name"])
    )


def _inbound(p: Row, leaf: Comparison, rows: Rows) -> int:
    by_name = {one.name: one.value for one in leaf.arguments}
    start, end = rows.window(by_name[""])
    found = [m for m in rows.said(p["id"]) if start <= m["sent_at"] <= end]
    if "group" in by_name:
        found = [m for m in found if _in(m["conversation_id"], by_name["group"], rows)]
    return len(found)


def _ago(at: int, rows: Rows) -> int | None:
    return rows.now - at if at <= rows.now else None


def _ahead(at: int | None, rows: Rows) -> int | None:
    return at - rows.now if at is not None and at > rows.now else None


def _typed(found: list[tuple[str, bool]]) -> str:
    return " ".join(f'"{text}"' if is_quoted else text for text, is_quoted in found)


def _in_text(text: str, found: list[tuple[str, bool]], kind: str = "text") -> bool:
    return kind != "system" and words.matches(words.terms(_typed(found)), text)


def _conversation_text(c: Row, found: list[tuple[str, bool]], rows: Rows) -> bool:
    name = fold(" ".join(text for text, _ in found))
    group, member = rows.by_id["group"].get(c["group_id"]), rows.by_id["member"].get(c["member_id"])
    if any(one is not None and name in fold(one["name"]) for one in (group, member)):
        return True
    return any(
        m["conversation_id"] == c["id"] and _in_text(m["text"], found, m["kind"])
        for m in rows.table["message"]
    )


def _member_text(p: Row, found: list[tuple[str, bool]], rows: Rows) -> bool:
    names = [fold(p["name"])] + [fold(a["value"]) for a in rows.table["alias"] if a["member_id"] == p["id"]]
    return all(any(fold(text) in name for name in names) for text, _ in found)


def _ascii_lower(text: str) -> str:
    return "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in text)


def _message(i: Row, rows: Rows) -> Row:
    return rows.by_id["message"][i["message_id"]]


FORMS: Final[dict[tuple[str, str], Callable[[Row, str, Rows], bool]]] = {
    ("message", "is"): _message_is,
    ("message", "has"): _message_has,
    ("message", "kind"): lambda m, v, r: m["kind"] == v,
    ("message", "in"): lambda m, v, r: _in(m["conversation_id"], v, r),
    ("message", "from"): _wrote,
    ("message", "item"): lambda m, v, r: any(i["kind"] == v for i in _items(m["id"], r)),
    ("message", "tag"): lambda m, v, r: _of_author(m, r, lambda p: v in r.tags.get(p["id"], ())),
    ("message", "lang"): lambda m, v, r: _of_author(m, r, lambda p: _speaks(p["language"], v)),
    ("message", "text"): lambda m, v, r: _in_text(m["text"], [(v, " " in v)], m["kind"]),
    ("conversation", "is"): _conversation_is,
    ("conversation", "in"): lambda c, v, r: _in(c["id"], v, r),
    ("conversation", "from"): lambda c, v, r: any(
        m["conversation_id"] == c["id"] and _wrote(m, v, r) for m in r.table["message"]
    ),
    ("conversation", "item"): _has_item,
    ("conversation", "tag"): lambda c, v, r: v in r.tags.get(c["member_id"], ()),
    ("item", "is"): _item_is,
    ("item", "kind"): lambda i, v, r: i["kind"] == v,
    ("item", "rule"): lambda i, v, r: i["rule"] == v,
    ("item", "in"): lambda i, v, r: _in(i["conversation_id"], v, r),
    ("item", "from"): lambda i, v, r: _wrote(_message(i, r), v, r),
    ("item", "tag"): lambda i, v, r: _of_author(_message(i, r), r, lambda p: v in r.tags.get(p["id"], ())),
    ("item", "lang"): lambda i, v, r: _of_author(_message(i, r), r, lambda p: _speaks(p["language"], v)),
    ("member", "tag"): lambda p, v, r: v in r.tags.get(p["id"], ()),
    ("member", "lang"): lambda p, v, r: _speaks(p["language"], v),
    ("member", "zone"): lambda p, v, r: p["timezone"].lower() == v.lower(),
    ("member", "from"): lambda p, v, r: any(
        a["member_id"] == p["id"] and r.is_named(a, v) for a in r.table["alias"]
    ),
    ("member", "consent"): _consent,
    ("member", "in"): _belongs,
    ("member", "admin"): lambda p, v, r: _belongs(p, v, r, admin=True),
    ("outgoing", "is"): _outgoing_is,
    ("outgoing", "state"): _outgoing_is,
    ("outgoing", "delivery"): _delivered,
    ("outgoing", "purpose"): lambda o, v, r: o["purpose"] == v,
    ("outgoing", "lane"): lambda o, v, r: ("reply", "service", "campaign")[o["lane"]] == v,
    ("outgoing", "kind"): lambda o, v, r: o["kind"] == v,
    ("outgoing", "template"): lambda o, v, r: o["template_name"] == v,
    ("outgoing", "campaign"): lambda o, v, r: o["campaign"] == v,
    ("outgoing", "driver"): lambda o, v, r: o["driver"] == v,
    ("outgoing", "number"): _leaves_by,
    ("outgoing", "reason"): lambda o, v, r: o["state_reason"] == v,
    ("outgoing", "to"): _recipient,
    ("outgoing", "in"): lambda o, v, r: _in(o["conversation_id"], v, r),
    ("outgoing", "text"): lambda o, v, r: _ascii_lower(v) in _ascii_lower(o["text"]),
}  # fmt: skip
VALUES: Final[dict[tuple[str, str], Callable[[Row, Comparison, Rows], Any]]] = {
    ("message", "age"): lambda m, _, r: _ago(m["sent_at"], r),
    ("message", "at"): lambda m, _, r: m["sent_at"] if m["sent_at"] <= r.now else None,
    ("conversation", "age"): lambda c, _, r: _ago(c["last_at"], r),
    ("conversation", "window"): lambda c, _, r: _ahead(c["window_until"], r),
    ("conversation", "unread"): lambda c, _, r: c["unread"],
    ("conversation", "owed"): lambda c, _, r: c["owed"],
    ("item", "age"): lambda i, _, r: _ago(i["asked_at"], r),
    ("item", "left"): lambda i, _, r: _ahead(i["owed_until"], r),
    ("item", "window"): lambda i, _, r: _ahead(r.by_id["conversation"][i["conversation_id"]]["window_until"], r),
    ("member", "inbound"): _inbound,
    ("member", "first_inbound"): lambda p, _, r: max((r.now - m["sent_at"] for m in r.said(p["id"])), default=None),
    ("member", "last_inbound"): lambda p, _, r: min((r.now - m["sent_at"] for m in r.said(p["id"])), default=None),
    ("outgoing", "age"): lambda o, _, r: _ago(o["written_at"], r),
}  # fmt: skip
TEXTS: Final[dict[str, Callable[[Row, list[tuple[str, bool]], Rows], bool]]] = {
    "message": lambda m, found, r: _in_text(m["text"], found, m["kind"]),
    "item": lambda i, found, r: _in_text(_message(i, r)["text"], found, _message(i, r)["kind"]),
    "conversation": _conversation_text,
    "member": _member_text,
    "outgoing": lambda o, found, r: all(_ascii_lower(t) in _ascii_lower(o["text"]) for t, _ in found),
}  # fmt: skip
TABLE_OF: Final = {
    "message": "message", "conversation": "conversation", "item": "work_item", "member": "member", "outgoing": "outgoing",
}  # fmt: skip
