"""Every kind of value, over fields that are declared here: exact comparisons, no value, arguments, several rooms."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from typing import Final

import pytest

from waconsole.query.compile import check, compile_query
from waconsole.query.explain import explain
from waconsole.query.fields import (
    Asked,
    Field,
    Kind,
    Parameter,
    Relation,
    Scope,
    State,
    Subject,
    Vocabulary,
)

ROWS: Final = (
    # id, count, part, whole, minor, layer
    (1, 0, 7, 10, 19_900, "champions"),
    (2, 2, 71, 100, 19_901, "new"),
    (3, 3, 0, 0, 0, "never"),
    (4, None, None, None, None, None),
)
HKD: Final = {"HKD": 2, "JPY": 0}


def _number(column: str) -> Relation:
    return Relation(lambda _, __: f"SELECT id, {column} AS value FROM t WHERE id <> 4")


def _field(
    name: str, kind: Kind, relation: Relation, example: str, *parameters: Parameter, **states: State
) -> Field:
    return Field(
        "thing", name, f"the {name}", kind, example, relation=relation, parameters=parameters, states=states,
        has_window=bool(parameters),
    )  # fmt: skip


def _distinct(asked: Asked, scope: Scope) -> str:
    assert asked.window is not None
    start, _ = asked.window.bounds(scope.now, scope.zone)
    column = {"t.count": "count", "t.minor": "minor"}[asked.arguments["what"]]
    return f"SELECT id, {column} AS value FROM t WHERE {scope.bind(start)} < 1"


def _in_currency(asked: Asked, scope: Scope) -> str:
    code = str(asked.operand).rpartition(" ")[2]
    return f"SELECT id, minor AS value FROM t WHERE {scope.bind(code)} = 'HKD' AND id < 4"


SHARE: Final = Relation(
    lambda _, __: "SELECT id, part AS value, whole AS per FROM t", absent=None, is_ratio=True
)
STATES: Final = {name: State(f"it is {name}", lambda _: "1") for name in ("champions", "new", "never")}
WHAT: Final = Parameter(
    "what", "what is counted", values=("t.count", "t.minor"), is_plain=True, is_required=True
)
FIELDS: Final = (
    _field("count", "number", _number("count"), "count>=2"),
    _field("part", "share", SHARE, "part>70%"),
    _field("spend", "amount", Relation(_in_currency), "spend>=199 HKD"),
    _field("layer", "layer", Relation(lambda _, __: "SELECT id, layer AS value FROM t", absent=None), "layer = new", **STATES),
    _field("distinct", "number", Relation(_distinct), "distinct(t.count, 7d)>=2", WHAT),
    Field("thing", "ratio", "times the mean", "times", "ratio>2x avg",
          condition=lambda asked, scope: f"t.id = {scope.bind(asked.value)}"),
    Field("thing", "is", "a state", "state", "is:odd", states={"odd": State("odd", lambda _: "t.id % 2 = 1")}),
    Field("thing", "is", "a state", "state", "is:odd",
          states={"first": State("the first", lambda scope: f"t.id = {scope.bind(1)}")}),
)  # fmt: skip
THING: Final = Subject(
    "thing", "things", "a thing", "t", "t.id", "t.id", lambda words, scope: f"t.layer = {scope.bind(words[0].text)}",
    "its layer", "t.layer",
)  # fmt: skip
VOCABULARY: Final = Vocabulary.of([THING], FIELDS, HKD)


@pytest.fixture
def things() -> Iterator[sqlite3.Connection]:
    """Four rows; the last has no values."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE TABLE t (id INTEGER, count INTEGER, part INTEGER, whole INTEGER, minor INTEGER, layer TEXT)"
        )
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", ROWS)
        yield connection


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("count>=2", [2, 3]),
        ("count<2", [1, 4]),
        ("count=0", [1, 4]),
        ("count!=0", [2, 3]),
        ("count>1.5", [2, 3]),
        ("count<=2.5", [1, 2, 4]),
        ("part>70%", [2]),
        ("part>=70%", [1, 2]),
        ("part<=70.5%", [1]),
        ("not part>70%", [1, 3, 4]),
        ("not part<=70%", [2, 3, 4]),
        ("part!=70%", [2]),
        ("spend>=199 HKD", [1, 2]),
        ("spend>199 HKD", [2]),
        ("spend=199.01 HKD", [2]),
        ("spend>199.005 HKD", [2]),
        ("spend<1 JPY", [1, 2, 3, 4]),
        ("layer=new", [2]),
        ("layer!=NEW", [1, 3]),
        ("layer='never'".replace("'", '"'), [3]),
        ("distinct(t.count, 7d)>=2", []),
        ("distinct(t.count, ever)>=2", [2, 3]),
        ("distinct(since 2026-01-01, t.count)>=2", []),
        ("is:odd", [1, 3]),
        ("is:first", [1]),
        ("champions or is:first", [1]),
    ],
)
def test_a_comparison_is_exact_and_no_value_is_false(
    things: sqlite3.Connection, query: str, ids: list[int]
) -> None:
    compiled = compile_query(query, "thing", VOCABULARY, now=10**15)
    found = things.execute(
        f"SELECT t.id FROM t WHERE {compiled.where} ORDER BY t.id", compiled.parameters
    ).fetchall()

    assert [row[0] for row in found] == ids
    for row_id in range(1, 5):
        assert explain(things, query, "thing", row_id, VOCABULARY, now=10**15, zone=UTC).matches == (
            row_id in ids
        )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            "spend>=199",
            "spend is compared with an amount with its currency, as in >= 199 HKD, not with '199'.",
        ),
        (
            "spend>=199 hkd",
            "spend is compared with an amount with its currency, as in >= 199 HKD, not with '199'.",
        ),
        ("spend>=199 HKE", "There is no currency HKE; did you mean HKD?"),
        ("spend>=199 XXX", "There is no currency XXX here."),
        ("layer=gold", "layer does not know 'gold'; it takes champions, new, never."),
        ("layer>new", "layer is compared with = or != only."),
        ("distinct(ever)>1", "distinct needs what is counted, as in distinct(t.count, 7d)>=2."),
        ("distinct(t.cunt, ever)>1", "distinct does not know 't.cunt'; did you mean t.count?"),
        ("count(7d)>1", "count takes no window: write count>=2"),
        ("count(x)>1", "count takes no 'x' in brackets: write count>=2"),
        ("ratio>2", "ratio is compared with so many times the mean, as in > 2x avg, not with '2'."),
    ],
)
def test_what_does_not_fit_is_said(query: str, sentence: str) -> None:
    assert str(check(query, "thing", VOCABULARY)[0]) == sentence


@pytest.mark.parametrize(
    ("query", "row_id", "value", "threshold"),
    [
        ("count>=2", 2, 2, 2),
        ("count>=2.5", 4, 0, 2.5),
        ("part>70%", 1, "70%", "70%"),
        ("part>70%", 3, None, "70%"),
        ("spend>199 HKD", 2, "199.01 HKD", "199 HKD"),
        ("layer=new", 3, "never", "new"),
        ("is:odd", 1, True, "odd"),
        ("champions", 1, "champions", "champions"),
    ],
)
def test_a_value_is_shown_as_what_it_is(
    things: sqlite3.Connection, query: str, row_id: int, value: object, threshold: object
) -> None:
    (leaf,) = explain(things, query, "thing", row_id, VOCABULARY, now=10**15, zone=UTC).leaves

    assert (leaf.value, leaf.threshold) == (value, threshold)


def test_one_field_cannot_be_declared_twice() -> None:
    with pytest.raises(AssertionError, match="declared twice"):
        Vocabulary.of([THING], [*FIELDS, FIELDS[0]])
