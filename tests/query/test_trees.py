"""Random trees: the SQL answers what plain Python answers over the same rows, and so does an explanation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from tests.inbox.ledger_builder import NOW
from tests.query import small_ledger
from tests.query.plain import FORMS, TABLE_OF, TEXTS, VALUES, Rows, holds
from waconsole import catalogue
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.database.migrate import migrate
from waconsole.invites import fields as invites_fields
from waconsole.outbox import fields_members
from waconsole.query.compile import compile_query
from waconsole.query.explain import explain
from waconsole.query.fields import Field
from waconsole.query.parse import NESTING_MAX, parse
from waconsole.query.tree import (
    Argument,
    Comparison,
    Form,
    Node,
    Not,
    Text,
    Word,
    any_of,
    every,
    leaves,
    written,
)
from waconsole.query.values import operand_of
from waconsole.segments import fields as segments_fields
from waconsole.shop import fields as shop_fields

BEHAVIOUR: Final = (shop_fields, fields_members, invites_fields, segments_fields)
TREES: Final = 2_000
EXPLAINED_EVERY: Final = 10
ZONE: Final = ZoneInfo("Asia/Hong_Kong")
AT: Final = NOW + 999_999  # within the second: times are whole seconds
ME: Final = 1
WINDOWS: Final = (
    "1h",
    "24h",
    "7d",
    "30d",
    "2d",
    "ever",
    "today",
    "this_week",
    "this_month",
    "since 2026-11-13",
    "since 2027-01-01",
)
SPANS: Final = ("0s", "1m", "60m", "2h", "1d", "24h", "7d", "168h", "52w")
WORDS: Final = (
    "taille",
    "tail",
    "refund",
    "refunds",
    "essaye",
    "多少",
    "no_t",
    "paula",
    "alpha",
    "ete",
    "100",
    "lyon",
)
PHRASES: Final = ("taille 2", "refund", "Beta 3", "elle taille", "or", "off_x")
PEOPLE: Final = (*small_ledger.NAMES, "+33 6 39 98 00 17", "m-1-0", "nobody", "%", "'; DROP TABLE member; --")
GROUPS: Final = (*small_ledger.GROUPS, "ALPHA", "été", "g-0001", "nowhere", "%")
VALUES_OF: Final = {
    "in": GROUPS, "admin": GROUPS, "from": PEOPLE, "to": (*PEOPLE, *GROUPS), "tag": (*small_ledger.TAGS, "none", "%"),
    "lang": ("fr", "pt", "PT", "pt-br", "zh", "p", "%"), "zone": ("europe/paris", "Asia/Hong_Kong", "UTC"),
    "rule": ("hand", "q.en.1", "none"), "number": ("shop lyon", "By Hand", "+33 1 55 50 00 99", small_ledger.NUMBER, "number-hand", "none", "%"),
     "campaign": ("autumn", "none"), "template": ("hello", "none"),
     "reason": ("template_needed", "operator", "none"), "text": (*WORDS, "taille 2"),
}  # fmt: skip


class Ledger:
    """The small ledger in memory of the process, and its rows."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, AT, ZONE, ME)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Filled once."""
    path: Path = tmp_path_factory.mktemp("trees") / "ledger.db"
    with ExitStack() as stack:
        connection = connect(path, read_only=False)
        stack.callback(connection.close)
        tx = Transaction(connection, lambda: False)
        migrate(tx, catalogue.migrations())
        small_ledger.build(tx)
        yield Ledger(tx)


def _fields(subject: str) -> dict[str, Field]:
    """What may be asked, but for how members behave: tests/segments asks that."""
    behaviour = {(one.subject, one.name) for room in BEHAVIOUR for one in room.FIELDS}
    fields = catalogue.vocabulary().of_subject(subject)
    return {name: one for name, one in fields.items() if (subject, name) not in behaviour}


def _leaf(dice: random.Random, subject: str) -> Node:
    fields = _fields(subject)
    roll = dice.random()
    if roll < 0.15:
        found = [Word(dice.choice(WORDS)) for _ in range(dice.choice((1, 1, 2)))]
        return Text((*found, Word(dice.choice(PHRASES), True)) if dice.random() < 0.3 else tuple(found))
    field = fields[dice.choice(sorted(fields))]
    if field.is_form:
        return Form(field.name, dice.choice(tuple(field.states) or VALUES_OF[field.name]))
    arguments: list[Argument] = []
    if field.has_window:
        arguments.append(Argument("", dice.choice(WINDOWS)))
        if dice.random() < 0.4:
            arguments.insert(dice.randrange(2), Argument("group", dice.choice(GROUPS)))
    sign = dice.choice(("<", "<=", ">", ">=", "=", "!="))
    if field.kind == "number":
        text = dice.choice(("0", "1", "2", "5", "30", "2.5"))
    elif field.kind == "moment":
        text = dice.choice(("today", "today-1d", "today-7d", "2026-11-20", "2026-11-13", "2027-01-01"))
    elif field.is_never and dice.random() < 0.2:
        text, sign = "never", dice.choice(("=", "!="))
    else:
        text = dice.choice(SPANS)
    return Comparison(field.name, sign, operand_of(text), tuple(arguments))


def _tree(dice: random.Random, subject: str, depth: int) -> Node:
    roll = dice.random()
    if depth == 0 or roll < 0.3:
        return _leaf(dice, subject)
    if roll < 0.5:
        return Not(_tree(dice, subject, depth - 1))
    parts = [_tree(dice, subject, depth - 1) for _ in range(dice.choice((2, 2, 3)))]
    return every(parts) if roll < 0.78 else any_of(parts)


def test_every_declared_field_is_known_to_the_plain_evaluator() -> None:
    vocabulary = catalogue.vocabulary()

    assert {(subject, name) for subject in vocabulary.fields for name in _fields(subject)} == (
        FORMS.keys() | VALUES.keys()
    )
    assert vocabulary.subjects.keys() == TEXTS.keys()


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in (1, 2, 3))])
def test_random_trees_answer_as_plain_python_does(ledger: Ledger, part: int) -> None:
    dice = random.Random(part)
    vocabulary, subjects = catalogue.vocabulary(), sorted(TABLE_OF)
    matched = 0
    for number in range(TREES // 4):
        subject = subjects[number % len(subjects)]
        tree = _tree(dice, subject, dice.choice((0, 1, 2, 3)))
        query = written(tree)
        compiled = compile_query(query, subject, vocabulary, now=AT, zone=ZONE, operator_id=ME)
        of = vocabulary.subjects[subject]
        sql = f"SELECT {of.key} FROM {of.rows} WHERE {compiled.where}"
        found = {row[0] for row in ledger.tx.rows(sql, compiled.parameters)}
        rows = ledger.rows.table[TABLE_OF[subject]]
        expected = {row["id"] for row in rows if holds(tree, subject, row, ledger.rows)}

        assert found == expected, f"{subject}: {query}"
        matched += 0 < len(found) < len(rows)
        if number % EXPLAINED_EVERY == 0:
            row_id = dice.choice(rows)["id"]
            why = explain(ledger.tx, query, subject, row_id, vocabulary, now=AT, zone=ZONE, operator_id=ME)
            assert why.matches == (row_id in expected), f"{subject} {row_id}: {query}"
            for leaf, said in zip(leaves(tree), why.leaves, strict=True):
                row = ledger.rows.by_id[TABLE_OF[subject]][row_id]
                assert said.is_true == holds(leaf, subject, row, ledger.rows), f"{subject} {row_id}: {said}"
    assert matched > TREES // 4 // 3  # they tell rows apart
    assert AT % SECOND


@pytest.mark.parametrize("opening", ["not ", "-", "inbound(7d)>=1 or (lang:fr -("])
def test_what_is_nested_as_deep_as_may_be_is_answered(ledger: Ledger, opening: str) -> None:
    """SQLite's parser holds 100 things at once, and a NOT or an OR before a bracket is one of them on every level."""
    brackets = opening.count("(lang") * 2
    times = NESTING_MAX // (brackets * 3 // 2 or 1)
    query = opening * times + "consent:yes" + ")" * brackets * times
    vocabulary = catalogue.vocabulary()
    compiled = compile_query(query, "member", vocabulary, now=AT, zone=ZONE)
    of = vocabulary.subjects["member"]
    sql = f"SELECT {of.key} FROM {of.rows} WHERE {compiled.where}"

    assert {row[0] for row in ledger.tx.rows(sql, compiled.parameters)} == {
        row["id"]
        for row in ledger.rows.table[TABLE_OF["member"]]
        if holds(parse(query), "member", row, ledger.rows)
    }


def test_what_looks_like_an_injection_is_only_text(ledger: Ledger) -> None:
    before = ledger.tx.value("SELECT count(*) FROM member")
    for text in INJECTIONS:
        for subject in TABLE_OF:
            for query in (
                f'in:"{text}"' if subject != "item" else f'rule:"{text}"',
                f'"{text}"',
                f'-from:"{text}"' if subject in ("member", "message") else f'-in:"{text}"',
            ):
                compiled = compile_query(query, subject, catalogue.vocabulary(), now=AT)
                of = catalogue.vocabulary().subjects[subject]
                ledger.tx.rows(f"SELECT {of.key} FROM {of.rows} WHERE {compiled.where}", compiled.parameters)

                assert "zork" not in compiled.where, query
    assert ledger.tx.value("SELECT count(*) FROM member") == before


INJECTIONS: Final = (
    "zork'; DROP TABLE member; --", "zork') OR 1=1 --", "zork* OR b", "zork NEAR(a b)", "zork:q0", "{zork}", "zork%_!",
    "zork) UNION SELECT 1 --", "zork \\\\", "zork?1", "zork\x01", "{now} zork", "zork AND NOT x", "^zork",
)  # fmt: skip
