"""How a query is read: words side by side, quotes, signs, minus."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from waconsole.clock import DAY, HOUR
from waconsole.errors import Refused
from waconsole.query.compile import Field, Scope, compile_query
from waconsole.query.words import QUERY_CHARACTERS_MAX, TERMS_MAX, Term, parse, span

FIELDS = {
    "is": Field("is", "a state", lambda _, value, scope: f"state = {scope.bind(value)}", ("owed", "unread")),
    "age": Field(
        "age", "time", lambda op, value, scope: f"age {op} {scope.bind(span(value))}", operators=("<", ">")
    ),
}


def _text(terms: Sequence[Term], scope: Scope) -> str:
    return " AND ".join(f"text = {scope.bind(term.value)}" for term in terms)


def _compiled(query: str) -> tuple[str, dict[str, object]]:
    compiled = compile_query(query, FIELDS, _text, now=0)
    return compiled.where, compiled.parameters


def test_words_stand_side_by_side() -> None:
    found = [
        (term.field, term.op, term.value, term.negated)
        for term in parse('is:owed -in:"Mamans 3" age<2d "taille 2" prix')
    ]

    assert found == [
        ("is", ":", "owed", False), ("in", ":", "Mamans 3", True), ("age", "<", "2d", False),
        ("", ":", "taille 2", False), ("", ":", "prix", False),
    ]  # fmt: skip


def test_and_is_understood_and_not_turns_round() -> None:
    assert [(term.value, term.negated) for term in parse("a AND not b not -c")] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]


@pytest.mark.parametrize("text", ["rendez-vous", "-5", "10:30", "http://x.y/z", "c'est", "a:b:c"])
def test_every_word_is_something(text: str) -> None:
    assert len(parse(text)) == 1


def test_values_never_become_sql() -> None:
    where, parameters = _compiled("is:owed x');DROP")

    assert "DROP" not in where
    assert list(parameters.values()) == ["x');DROP", "owed"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("ist:owed", "did you mean is"),
        ("is:unreed", "did you mean unread"),
        ("age:2d", "age<"),
        ("age<2", "units|s, m, h, d or w"),
        ("age<", "lacks its value"),
        ('"open', "opened and not closed"),
        ("a or b", "“or”"),
        ("x " * (QUERY_CHARACTERS_MAX // 2 + 1), "shorten"),
        ("x " * (TERMS_MAX + 1), "shorten"),
    ],
)
def test_what_is_not_understood_is_refused_in_words(query: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        _compiled(query)


def test_spans_have_units() -> None:
    assert (span("36h"), span("2d")) == (36 * HOUR, 2 * DAY)
