"""How a query is read: precedence, forms, quotes, comments; what reads back as the same tree; what is refused."""

from __future__ import annotations

import string
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waconsole.errors import Refused
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import LEAVES_MAX, NESTING_MAX, QUERY_CHARACTERS_MAX, parse
from waconsole.query.tree import (
    EVERYTHING,
    All,
    AnyOf,
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
from waconsole.query.values import (
    Amount,
    Duration,
    Moment,
    Name,
    Never,
    Number,
    Share,
    Times,
    operand_of,
    window_of,
)

SECONDS_MAX = 1.0


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a b or c d", "(a and b) or (c and d)"),
        ("a OR b And c", "a or (b c)"),
        ("not a b", "(not a) b"),
        ("-a or b", "(-a) or b"),
        ("NOT (a or b)", "-(a or b)"),
        ("a - (b or is:owed)", "a not (b or is:owed)"),
        ("- orders(7d) >= 1", "not orders(7d) >= 1"),
        ("not not a", "--a"),
        ("is:owed(x)", "is:owed x"),
        ("(is:owed)or(is:late)", "is:owed or is:late"),
        ("is:owed # what is owed\n age<2d", "is:owed age<2d"),
        ("# nothing", ""),
        ("  ", ""),
        ("IS:owed Age < 2D", "is:owed age<2d"),
        ("“two words”", '"two words"'),
        ("clicks( category = sunscreen , 7d )>=2", 'clicks(category="sunscreen", 7d) >= 2'),
        ("spend(30d)>=199 HKD x", "spend(30d) >= 199 HKD and x"),
        ("n>2 AND x", "n>2 x"),
    ],
)
def test_two_ways_to_say_one_thing(text: str, same: str) -> None:
    assert parse(text) == parse(same)


def test_not_binds_tighter_than_and_and_and_than_or() -> None:
    tree = parse("-is:a is:b or is:c")

    assert tree == AnyOf((All((Not(Form("is", "a")), Form("is", "b"))), Form("is", "c")))


def test_words_of_one_conjunction_are_looked_for_together() -> None:
    assert parse('taille is:owed "2 ans"') == All(
        (Text((Word("taille"), Word("2 ans", True))), Form("is", "owed"))
    )
    assert parse("") == EVERYTHING


@pytest.mark.parametrize(
    "text", ["rendez-vous", "-5", "10:30", "http://x.y/z", "c'est", "a#b", "#1 x"[1:], "¿qué?", "瓶"]
)
def test_a_word_is_a_word(text: str) -> None:
    assert isinstance(next(leaves(parse(text))), Text)


@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("2", Number(Decimal(2))),
        ("1.5", Number(Decimal("1.5"))),
        ("36h", Duration(36, "h")),
        ("70%", Share(Decimal(70))),
        ("199 HKD", Amount(Decimal(199), "HKD")),
        ("199.50HKD", Amount(Decimal("199.50"), "HKD")),
        ("2x avg", Times(Decimal(2))),
        ("never", Never()),
        ("2026-11-20", Moment("2026-11-20")),
        ("today-7d", Moment("today-7d")),
        ('"2026-11-20 10:00"', Moment("2026-11-20 10:00")),
        ('"2d"', Name("2d")),
        ("champions", Name("champions")),
        ("2026-13-40", Name("2026-13-40")),
        ("2z", Name("2z")),
    ],
)
def test_a_value_is_known_by_its_form(text: str, operand: object) -> None:
    found = parse(f"f = {text}")

    assert isinstance(found, Comparison)
    assert found.operand == operand


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "=", "!="])
def test_a_sign_is_exactly_what_is_written(sign: str) -> None:
    for text in (f"f{sign}2", f"f {sign} 2", f"f(7d){sign}2"):
        found = parse(text)
        assert isinstance(found, Comparison)
        assert (found.field, found.sign) == ("f", sign)


def test_every_leaf_knows_its_place() -> None:
    text = '(a or -in:"Été 3") clicks(x=1, 7d) >= 2'
    found = list(leaves(parse(text)))

    assert [text[leaf.place.start : leaf.place.stop] for leaf in found] == [
        "a", 'in:"Été 3"', "clicks(x=1, 7d) >= 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 10_000_000, "shorten it"),
        ("(" * 1_000 + "x" + ")" * 1_000, "nested more than 40"),
        ("-" * 1_000 + "x", "nested more than 40"),
        ("not " * 1_000 + "x", "nested more than 40"),
        ("(" * (NESTING_MAX + 1) + "x" + ")" * (NESTING_MAX + 1), "nested more than 40"),
        ("x " * (LEAVES_MAX + 1), "shorter"),
        ("x or " * LEAVES_MAX + "x", "shorter"),
        ("(" * 9_000, "not closed"),
        ('"' + "\\" * 9_000, "not closed"),
    ],
    ids=["10 MB", "brackets", "minus", "not", "one too deep", "words", "or", "open", "backslashes"],
)
def test_too_much_is_refused_in_words_and_soon(text: str, sentence: str) -> None:
    began = time.perf_counter()

    with pytest.raises(Refused, match=sentence):
        parse(text)

    assert time.perf_counter() - began < SECONDS_MAX


def test_what_is_just_not_too_much_is_taken() -> None:
    assert parse("(" * NESTING_MAX + "x" + ")" * NESTING_MAX) == parse("x")
    assert len(list(leaves(parse("is:x or " * (LEAVES_MAX - 1) + "is:x")))) == LEAVES_MAX
    assert written(parse("x" * QUERY_CHARACTERS_MAX)) == "x" * QUERY_CHARACTERS_MAX


_names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
_free = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_bare = st.text(string.ascii_letters + string.digits + "'é瓶-+@.,!?%", min_size=1, max_size=8).filter(
    lambda text: text.casefold() not in ("and", "or", "not") and text[0] != "-"
)
_signs = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])
_whole = st.integers(0, 999_999)
_operands = st.one_of(
    st.builds(lambda n: Number(Decimal(n).scaleb(-2)), _whole),
    st.builds(Duration, _whole, st.sampled_from("smhdw")),
    st.builds(lambda n: Share(Decimal(n)), _whole),
    st.builds(lambda n: Amount(Decimal(n).scaleb(-2), "HKD"), _whole),
    st.builds(lambda n: Times(Decimal(n)), _whole),
    st.just(Never()),
    st.sampled_from([Moment("today"), Moment("now-2h"), Moment("2026-11-20"), Moment("2026-11-20 10:00")]),
    _free.map(lambda text: operand_of(text, quoted=True)),
)
_windows = st.sampled_from(["30d", "24h", "ever", "this_week", "since 2026-11-01"])
_arguments = st.one_of(
    st.builds(Argument, st.just(""), _windows),
    st.builds(Argument, _names, _free),
    st.builds(Argument, st.just(""), _free.filter(lambda text: window_of(text) is None)),
)
_words = st.one_of(st.builds(Word, _bare), st.builds(Word, _free, st.just(True)))
_leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(lambda words: Text(tuple(words)), st.lists(_words, min_size=1, max_size=3)),
    st.builds(Form, _names, _free),
    st.builds(Comparison, _names, _signs, _operands, st.lists(_arguments, max_size=3).map(tuple)),
)
_trees = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=4).map(every),
        st.lists(inner, min_size=2, max_size=4).map(any_of),
    ),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None)
@given(_trees)
def test_a_tree_written_down_reads_as_the_same_tree(tree: Node) -> None:
    assert parse(written(tree)) == tree


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        tree = parse(text)
    except QueryError as error:
        assert str(error)
        line, carets = error.underlined()
        assert "^" in carets
        assert "\n" not in line
    else:
        assert parse(written(tree)) == tree
