"""A rule as an outline: a line for each condition and each group, and what can be done to a line. Pure.

What an edit answers is a tree again; written down it reads as the same tree, so that text and outline stay in step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from waconsole.query.tree import EVERYTHING, All, AnyOf, Node, Not, any_of, every, written

AND, OR = "and", "or"
LEAF, ALL_OF, ANY_OF = "leaf", "all", "any"
INDENT_CELLS: Final = 2

Path = tuple[int, ...]
"""Which part of each group, from the top down; the part of a `Not` is number 0."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `node` holds its nots too; `joint` is what joins it to the line before it in its group, "" for the first."""

    path: Path
    depth: int
    node: Node
    kind: str
    nots: int
    joint: str

    @property
    def text(self) -> str:
        """A condition as it is written, without its nots; "" for a group."""
        return written(_bare(self.node)) if self.kind == LEAF else ""


def lines_of(tree: Node) -> list[Line]:
    """Every line from the top down; the group at the top has none of its own."""
    if isinstance(tree, All | AnyOf):
        return list(_parts(tree, (), 0))
    return list(_lines(tree, (), 0, ""))


def _parts(group: All | AnyOf, path: Path, depth: int) -> Iterator[Line]:
    joint = OR if isinstance(group, AnyOf) else AND
    for place, part in enumerate(group.parts):
        yield from _lines(part, (*path, place), depth, joint if place else "")


def _lines(node: Node, path: Path, depth: int, joint: str) -> Iterator[Line]:
    nots, inner, inside = 0, node, path
    while isinstance(inner, Not):
        nots, inner, inside = nots + 1, inner.part, (*inside, 0)
    if isinstance(inner, All | AnyOf):
        yield Line(path, depth, node, ANY_OF if isinstance(inner, AnyOf) else ALL_OF, nots, joint)
        yield from _parts(inner, inside, depth + 1)
    else:
        yield Line(path, depth, node, LEAF, nots, joint)


def _bare(node: Node) -> Node:
    while isinstance(node, Not):
        node = node.part
    return node


def at(tree: Node, path: Path) -> Node:
    """What stands at a place. Raises IndexError where nothing does."""
    for place in path:
        if isinstance(tree, Not):
            tree = tree.part
        elif isinstance(tree, All | AnyOf):
            tree = tree.parts[place]
        else:
            raise IndexError(path)
    return tree


def replaced(tree: Node, path: Path, node: Node | None) -> Node:
    """The tree with `node` in a place, or nothing there: a group that is left with one part is that part."""
    found = _replaced(tree, path, node)
    return EVERYTHING if found is None else found


def _replaced(tree: Node, path: Path, node: Node | None) -> Node | None:
    if not path:
        return node
    place, *rest = path
    if isinstance(tree, Not):
        part = _replaced(tree.part, tuple(rest), node)
        return None if part is None else Not(part)
    if not isinstance(tree, All | AnyOf):
        raise IndexError(path)
    changed = _replaced(tree.parts[place], tuple(rest), node)
    parts = [*tree.parts[:place], *(() if changed is None else (changed,)), *tree.parts[place + 1 :]]
    if not parts:
        return None
    return any_of(parts) if isinstance(tree, AnyOf) else every(parts)


def removed(tree: Node, path: Path) -> Node:
    """The tree without a line, and what stands under it; without the last one it is everybody."""
    return replaced(tree, path, None)


def negated(tree: Node, path: Path) -> Node:
    """The tree with a line turned round: one that says not says so no more."""
    node = at(tree, path)
    return replaced(tree, path, node.part if isinstance(node, Not) else Not(node))


def joined(tree: Node, path: Path, joint: str, node: Node) -> Node:
    """The tree with `node` beside a line: both must hold (`and`), or one of them (`or`)."""
    if tree == EVERYTHING:
        return node
    old = at(tree, path)
    return replaced(tree, path, every((old, node)) if joint == AND else any_of((old, node)))


def swapped(tree: Node, path: Path) -> Node:
    """The tree with a line's group turned from all of into any of, or back; a group's own line turns itself."""
    node = at(tree, path)
    depth = 0
    while isinstance(node, Not):
        node, depth = node.part, depth + 1
    if isinstance(node, All | AnyOf):
        return replaced(tree, (*path, *(0,) * depth), _turned(node))
    for length in range(len(path) - 1, -1, -1):
        group = at(tree, path[:length])
        if isinstance(group, All | AnyOf):
            return replaced(tree, path[:length], _turned(group))
    return tree


def _turned(group: All | AnyOf) -> Node:
    return every(group.parts) if isinstance(group, AnyOf) else any_of(group.parts)
