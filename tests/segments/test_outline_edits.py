"""A rule as an outline: every edit is a rule again, and text and outline say the same."""

from __future__ import annotations

import random

import pytest

from tests.segments.rules_at_random import Rules
from waconsole.query.parse import parse
from waconsole.query.tree import EVERYTHING, Node, leaves, written
from waconsole.segments import outline
from waconsole.segments.outline import AND, OR, lines_of
from waconsole.segments.pane_draft import EDITS_MAX, Draft
from waconsole.segments.pane_rows import line_words
from waconsole.segments.pane_words import difference, on_the_line

RULE = "tag:a and not (tag:b or tag:c tag:d) and tag:e"


def read(tree: Node) -> list[str]:
    """The outline as it reads."""
    return [line_words(one) for one in lines_of(tree)]


def place(tree: Node, words: str) -> outline.Path:
    """The line that reads so."""
    return next(one.path for one in lines_of(tree) if line_words(one).strip() == words)


def test_a_rule_reads_as_lines_with_what_joins_them() -> None:
    assert read(parse(RULE)) == [
        "tag:a", "and not any of", "  tag:b", "  or all of", "    tag:c", "    and tag:d", "and tag:e",
    ]  # fmt: skip
    assert read(parse("not not tag:a")) == ["not not tag:a"]
    assert read(EVERYTHING) == []


@pytest.mark.parametrize(
    ("line", "edit", "expected"),
    [
        ("and tag:e", outline.removed, "tag:a -(tag:b or tag:c tag:d)"),
        ("and not any of", outline.removed, "tag:a tag:e"),
        ("tag:b", outline.removed, "tag:a -(tag:c tag:d) tag:e"),
        ("tag:b", outline.negated, "tag:a -(-tag:b or tag:c tag:d) tag:e"),
        ("and not any of", outline.negated, "tag:a (tag:b or tag:c tag:d) tag:e"),
        ("and not any of", outline.swapped, "tag:a -(tag:b tag:c tag:d) tag:e"),
        ("and tag:e", outline.swapped, "tag:a or -(tag:b or tag:c tag:d) or tag:e"),
        ("tag:b", lambda tree, path: outline.joined(tree, path, AND, parse("tag:x")),
         "tag:a -(tag:b tag:x or tag:c tag:d) tag:e"),
        ("tag:b", lambda tree, path: outline.joined(tree, path, OR, parse("tag:x")),
         "tag:a -(tag:b or tag:x or tag:c tag:d) tag:e"),
        ("and tag:e", lambda tree, path: outline.joined(tree, path, OR, parse("tag:x")),
         "tag:a -(tag:b or tag:c tag:d) (tag:e or tag:x)"),
        ("tag:a", lambda tree, path: outline.replaced(tree, path, parse("tag:x or tag:y")),
         "(tag:x or tag:y) -(tag:b or tag:c tag:d) tag:e"),
    ],
)  # fmt: skip
def test_a_line_is_edited_in_its_place(line: str, edit: object, expected: str) -> None:
    tree = parse(RULE)
    assert callable(edit)

    assert written(edit(tree, place(tree, line))) == expected


def test_the_last_line_taken_out_leaves_everybody() -> None:
    assert outline.removed(parse("not tag:a"), ()) == EVERYTHING
    assert outline.joined(EVERYTHING, (), AND, parse("tag:a")) == parse("tag:a")
    assert outline.swapped(parse("tag:a"), ()) == parse("tag:a")
    with pytest.raises(IndexError):
        outline.at(parse("tag:a"), (0,))


@pytest.mark.parametrize("seed", range(4))
def test_text_and_outline_stay_in_step_through_any_edits(seed: int) -> None:
    chance, rules = random.Random(seed), Rules(seed)
    tree = parse(rules.tree())
    for _ in range(60):
        lines = lines_of(tree)
        path = chance.choice(lines).path if lines else ()
        edit = chance.choice((outline.negated, outline.swapped, outline.removed, None, None, None))
        new = parse(rules.leaf())
        tree = outline.joined(tree, path, chance.choice((AND, OR)), new) if edit is None else edit(tree, path)
        assert parse(written(tree)) == tree
        assert len([one for one in lines_of(tree) if one.text]) == len(list(leaves(tree)))
        for line in lines_of(tree):
            assert outline.at(tree, line.path) == line.node
        if len(lines_of(tree)) > 30:
            tree = parse(rules.leaf())


def test_a_draft_knows_what_it_said_before_each_edit() -> None:
    draft = Draft("Hesitant", 2, "tag:a", "tag:a")
    assert draft.title() == "Hesitant v2"
    assert draft.change("tag:b") and not draft.change(" tag:b ")
    assert draft.title() == "Hesitant (draft, 1 edit)"
    assert draft.take_back() and draft.text == "tag:a" and not draft.edits and not draft.take_back()
    for number in range(EDITS_MAX + 5):
        draft.change(f"tag:t{number}")
    assert len(draft.before) <= EDITS_MAX + 1
    draft.kept("Other", 1)
    assert draft.title() == "Other v1"


def test_two_rules_are_compared_line_by_line_and_a_rule_is_one_word_of_a_command() -> None:
    lines = difference("tag:a tag:b", "tag:a tag:c")
    assert [(one.text, one.role) for one in lines] == [
        ("  tag:a", "muted"), ("- and tag:b", "refused"), ("+ and tag:c", "done"),
    ]  # fmt: skip
    said = on_the_line('in:"Mamans Lyon 3"  tag:a').strip('"')
    assert parse(said) == parse('in:"Mamans Lyon 3" tag:a')
