"""Rows of facts as columns: what is not sealed, what was touched since, and all of it when it is sealed anew.

Rows of an open run are read too, with the run that hides them: they come to count without being written again.
A fact carries the member row it came under, never the person: merging two people changes no column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.segments.columns import (
    AT,
    BASE,
    MEMBER,
    ROW,
    UNPRICED,
    WORD_KINDS,
    Fact,
    Numbers,
    narrow,
    times,
)
from waconsole.segments.store_columns_due import next_id
from waconsole.segments.store_columns_words import Words

ROWS_AT_ONCE: Final = 65_536
FEW_PARTS: Final = 1 << 15
"""So few are put in order by counting them."""
NOTHING: Final = "nothing"
PARTED: Final = "\x1f"
EPOCH: Final = BASE * SECOND


def _hidden_by(*owners: str) -> str:
    """The open run that hides a row, or 0."""
    cases = " ".join(
        f"WHEN {one}.import_run_id IN (SELECT id FROM open_run) THEN {one}.import_run_id" for one in owners
    )
    return f"CASE {cases} ELSE 0 END"


# id, member row, instant, run that hides it, word of its part, extras
_ROWS: Final = {
    "order": f"""
        SELECT o.id, o.member_id, o.ordered_at, {_hidden_by("o")}, o.currency, o.total_minor
          FROM "order" AS o WHERE {{which}}""",
    "line": f"""
        SELECT l.id, o.member_id, o.ordered_at, {_hidden_by("l", "o")}, l.category, l.order_id, l.product,
               l.quantity, coalesce(l.unit_price_minor, {UNPRICED}), o.currency
          FROM order_line AS l CROSS JOIN "order" AS o ON o.id = l.order_id WHERE {{which}}""",
    "coupon": f"""
        SELECT l.id, o.member_id, o.ordered_at, {_hidden_by("l", "o")}, 0, l.order_id
          FROM order_line AS l CROSS JOIN "order" AS o ON o.id = l.order_id WHERE l.coupon <> '' AND {{which}}""",
    "refund": f"""
        SELECT f.id, o.member_id, f.refunded_at, {_hidden_by("f", "o")}, o.currency, o.ordered_at, f.amount_minor
          FROM refund AS f CROSS JOIN "order" AS o ON o.id = f.order_id
         WHERE f.refusal = '' AND {{which}}""",
    "click": f"""
        SELECT c.id, c.member_id, c.clicked_at, {_hidden_by("c")}, c.category, c.product
          FROM click AS c WHERE {{which}}""",
    "cart": f"""
        SELECT c.id, c.member_id, c.changed_at, {_hidden_by("c")}, c.state FROM cart AS c WHERE {{which}}""",
    "invite": f"""
        SELECT i.id, i.referrer_id, i.invited_at, {_hidden_by("i")}, 0, i.invitee_id
          FROM invite AS i WHERE {{which}}""",
    "push": f"""
        SELECT e.id, e.member_id, e.sent_at, {_hidden_by("e")}, e.purpose FROM elsewhere_push AS e WHERE {{which}}""",
    "consent": """
        SELECT c.id, c.member_id, c.decided_at, 0, c.state FROM consent AS c
         WHERE c.purpose = 'marketing' AND {which}""",
    "heard": f"""
        SELECT e.id, e.member_id, e.said_at, {_hidden_by("e")}, 0 FROM elsewhere_message AS e WHERE {{which}}""",
    "message": f"""
        SELECT x.id, x.alias_id, x.sent_at, {_hidden_by("x")}, 0 FROM message AS x
         WHERE x.direction = 'in' AND x.kind <> 'system' AND x.alias_id IS NOT NULL AND {{which}}""",
    "member": f"""
        SELECT m.id, m.id, {EPOCH}, {_hidden_by("m")}, 0, m.language, m.timezone FROM member AS m WHERE {{which}}""",
}
_LETTER: Final = {
    "order": "o", "line": "l", "coupon": "l", "refund": "f", "click": "c", "cart": "c", "invite": "i", "push": "e", "consent": "c", "heard": "e",
    "message": "x", "member": "m",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a fact: its columns, the number of each row's part, and the run that hides it (0: none)."""

    columns: dict[str, Numbers]
    part: Numbers
    run: Numbers

    def __len__(self) -> int:
        return int(self.part.size)

    def only(self, which: Numbers | slice) -> Rows:
        """Those rows, by truth values or places."""
        return Rows(
            {name: one[which] for name, one in self.columns.items()}, self.part[which], self.run[which]
        )


def by_part(rows: Rows) -> Iterator[tuple[int, Rows]]:
    """The rows of each part, in their order."""
    if not len(rows):
        return
    if (rows.part == rows.part[0]).all():
        yield int(rows.part[0]), rows
        return
    numbers, place = np.unique(rows.part, return_inverse=True)
    order = np.argsort(place.astype(np.int16 if numbers.size < FEW_PARTS else np.int32), kind="stable")
    ordered = rows.only(order)
    bounds = np.searchsorted(ordered.part, numbers).tolist()
    for number, start, stop in zip(numbers.tolist(), bounds, [*bounds[1:], len(rows)], strict=True):
        yield number, ordered.only(np.s_[start:stop])


def rows_between(tx: Transaction, fact: Fact, words: Words, *, after: int, through: int) -> Rows:
    """The rows above one id up to another. Raises Unfit."""
    found: list[Rows] = []
    which = f"{_LETTER[fact.name]}.id BETWEEN :first AND :last"  # without a LIMIT they are not copied first
    while (first := next_id(tx, fact.name, after, through)) is not None:
        after = min(first + ROWS_AT_ONCE - 1, through)
        some = _rows(tx, fact, words, which, {"first": first, "last": after})
        if some is not None:
            found.append(some)
    return joined(fact, found)


def rows_by_id(tx: Transaction, fact: Fact, words: Words, ids: Sequence[int]) -> Rows:
    """The rows of those ids that are still there. Raises Unfit."""
    which = f"{_LETTER[fact.name]}.id IN (SELECT value FROM json_each(:ids))"
    found = (
        _rows(tx, fact, words, which, {"ids": json.dumps(ids[start : start + ROWS_AT_ONCE])})
        for start in range(0, len(ids), ROWS_AT_ONCE)
    )
    return joined(fact, [one for one in found if one is not None])


def _rows(
    tx: Transaction, fact: Fact, words: Words, which: str, wanted: Mapping[str, Any], *, as_json: bool = False
) -> Rows | None:
    """Some rows, each column as one text: to make an object of every number takes longer than to read it.

    Words are parted by a letter that hardly one of them has; where one has it, they are read `as_json`.
    """
    hides = "number" if tx.value("SELECT 1 FROM open_run LIMIT 1") else NOTHING
    kinds = ["number", "number", "time", hides, fact.part or NOTHING, *(kind for _, kind in fact.extras)]
    names = [f"v{place}" for place in range(len(kinds))]
    gathered = ", ".join(
        _gathered(name, kind, as_json=as_json) for name, kind in zip(names, kinds, strict=True)
    )
    inner = _ROWS[fact.name].format(which=which)
    texts = tx.execute(
        f"WITH rows ({', '.join(names)}) AS ({inner}) SELECT {gathered} FROM rows", wanted
    ).fetchone()
    if texts is None or texts[0] is None:
        return None
    count = texts[0].count(",") + 1
    columns_read = []
    for text, kind in zip(texts, kinds, strict=True):
        if kind == NOTHING:
            columns_read.append(np.zeros(count, np.int32))
        elif kind not in WORD_KINDS:
            columns_read.append(_parsed(text, kind))
        else:
            said = json.loads(text) if as_json else (text or "").split(PARTED)
            if len(said) != count:
                return _rows(tx, fact, words, which, wanted, as_json=True)
            columns_read.append(words.numbers(tx, kind, said))
    row, member, at, run, part, *extras = columns_read
    columns: dict[str, Numbers] = {ROW: narrow(row), MEMBER: member.astype(np.int32), AT: at}
    columns |= {name: narrow(one) for (name, _), one in zip(fact.extras, extras, strict=True)}
    return Rows(columns, part.astype(np.int32), narrow(run))


def _gathered(name: str, kind: str, *, as_json: bool) -> str:
    if kind == NOTHING:
        return "''"
    if kind not in WORD_KINDS:
        return f"group_concat({name})"
    return (
        f"json_group_array({name})" if as_json else f"group_concat({name}, '{PARTED}')"
    )  # none of them is NULL


def _parsed(text: str, kind: str) -> Numbers:
    found: Numbers = np.fromstring(text, np.int64, sep=",")
    return times(found) if kind == "time" else found


def joined(fact: Fact, several: Sequence[Rows]) -> Rows:
    """All of some rows, one after another."""
    if not several:
        none: Numbers = np.zeros(0, np.int32)
        empty: dict[str, Numbers] = {}
        for name in fact.columns:
            empty[name] = none
        return Rows(empty, none, none)
    return Rows(
        {name: np.concatenate([one.columns[name] for one in several]) for name in fact.columns},
        np.concatenate([one.part for one in several]),
        np.concatenate([one.run for one in several]),
    )


def person_of_alias(tx: Transaction, size: int) -> Numbers:
    """Who stands for the person of each alias, by the alias's id."""
    row = tx.one("SELECT group_concat(id), group_concat(member_id) FROM alias")
    if row is None or row[0] is None:
        return np.zeros(1, np.int32)
    ids, members = (_parsed(text, "number") for text in row)
    found = np.zeros(int(ids.max()) + 1, np.int32)
    found[ids] = members
    assert int(found.max()) < size
    return found


def merged(tx: Transaction) -> list[tuple[int, int]]:
    """(row, who stands for it) of every member row that does not stand for itself."""
    return [
        (row[0], row[1])
        for row in tx.execute(
            """
            SELECT DISTINCT m.id, m.merged_into
              FROM merge AS g
             CROSS JOIN member AS m ON m.id = g.member_id
             WHERE g.parted_at IS NULL AND m.merged_into IS NOT NULL
            """
        )
    ]


def ever_merged(tx: Transaction) -> list[int]:
    """Who stands for a person that a merge ever touched, taken back or not."""
    return [
        row[0]
        for row in tx.execute(
            """
            SELECT DISTINCT r.root_id
              FROM (SELECT member_id AS id FROM merge UNION SELECT into_id FROM merge) AS g
             CROSS JOIN member_root AS r ON r.id = g.id
            """
        )
    ]


def erased(tx: Transaction) -> list[int]:
    """Member rows of people who were erased: no rule names them."""
    return [row[0] for row in tx.execute("SELECT id FROM erased_member")]


def last_member(tx: Transaction) -> int:
    """The highest id of a member row."""
    return int(tx.value("SELECT coalesce(max(id), 0) FROM member"))


def sent_here(tx: Transaction) -> tuple[Numbers, Numbers]:
    """(person, second) of the direct messages of purpose marketing that left from here or may have. Raises Unfit."""
    found = tx.execute(
        "SELECT member_id, sent_at FROM direct_send WHERE outgoing_id IS NOT NULL AND is_marketing = 1"
    ).fetchall()
    return np.asarray([row[0] for row in found], np.int32), times([row[1] for row in found])


def category_of_product(tx: Transaction) -> dict[str, str]:
    """The category of each product that has one."""
    return {
        row[0]: row[1]
        for row in tx.execute("SELECT product, category FROM visible_product WHERE category <> ''")
    }
