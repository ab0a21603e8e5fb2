"""A rule as an outline: an edit of a line is an edit of the text, and the text reads back as the same outline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from waconsole.query.parse import parse
from waconsole.query.tree import EVERYTHING, Node, written
from waconsole.segments import outline
from waconsole.segments.outline import AND, OR, Path, lines_of

RULE: Final = "lang:fr and (tag:a or not tag:b) and not (tag:c and not tag:d)"


def test_each_condition_and_each_group_has_a_line() -> None:
    lines = lines_of(parse(RULE))
    said = [(one.depth, one.joint, one.nots, one.kind, one.text) for one in lines]
    assert said == [
        (0, "", 0, "leaf", "lang:fr"), (0, "and", 0, "any", ""), (1, "", 0, "leaf", "tag:a"), (1, "or", 1, "leaf", "tag:b"),
        (0, "and", 1, "all", ""), (1, "", 0, "leaf", "tag:c"), (1, "and", 1, "leaf", "tag:d"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "edit", "wanted"),
    [
        (0, outline.negated, "not lang:fr and (tag:a or not tag:b) and not (tag:c and not tag:d)"),
        (3, outline.negated, "lang:fr and (tag:a or tag:b) and not (tag:c and not tag:d)"),
        (2, outline.removed, "lang:fr and not tag:b and not (tag:c and not tag:d)"),
        (5, outline.removed, "lang:fr and (tag:a or not tag:b) and not not tag:d"),
        (1, outline.swapped, "lang:fr and tag:a and not tag:b and not (tag:c and not tag:d)"),
        (4, outline.swapped, "lang:fr and (tag:a or not tag:b) and not (tag:c or not tag:d)"),
    ],
)
def test_an_edit_is_what_it_says(place: int, edit: Callable[[Node, Path], Node], wanted: str) -> None:
    tree = parse(RULE)
    assert edit(tree, lines_of(tree)[place].path) == parse(wanted)


def test_whatever_is_done_to_a_line_reads_back_as_itself() -> None:
    tree, more = parse(RULE), parse("tag:e or tag:f")
    for line in lines_of(tree):
        for edited in (
            outline.negated(tree, line.path), outline.removed(tree, line.path), outline.swapped(tree, line.path),
            outline.joined(tree, line.path, AND, more), outline.joined(tree, line.path, OR, more),
        ):  # fmt: skip
            assert parse(written(edited)) == edited
    assert outline.removed(parse("lang:fr"), ()) == EVERYTHING
