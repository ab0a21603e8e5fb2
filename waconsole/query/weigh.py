"""Ask a tree of what is measured in Python: compiled once, asked of many things. Pure: no SQL, no ledger.

A leaf compares one measure. Whoever asks hands in a reader, which answers a measure as a whole number and what it is
of: a share is compared as the one over the other, everything else as the number, and of none (0) there is no value. So
every comparison is exact, in whole numbers. Beside what is written out a comparison may name a number that whoever
asks has: `silent >= people_min`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from waconsole.query.bind import asked
from waconsole.query.compile import exact
from waconsole.query.fields import Vocabulary
from waconsole.query.mistakes import QueryError, nearest
from waconsole.query.tree import All, AnyOf, Argument, Comparison, Node, Not, leaves
from waconsole.query.values import Name, Operand, Share, operand_of

Numbers = Mapping[str, Operand]
Exact = int | Fraction  # whole numbers as they are: they are compared and looked up by the thousand
Arguments = tuple[Exact, ...]
NOTHING: Final[Numbers] = MappingProxyType({})
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


class Measure(NamedTuple):
    """What is measured: a field, and its arguments in the order they are declared in.

    Spans are in microseconds, shares in percent.
    """

    field: str
    arguments: Arguments = ()


Reader = Callable[[Measure], Sequence[Any]]  # a whole number, what it is of; more is not looked at
Test = Callable[[Reader], bool]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A tree that can be asked: `holds` says whether it is so of what a reader reads."""

    tree: Node
    holds: Test
    leaves: Mapping[int, tuple[Measure, Test, str, Fraction]]
    """Of each comparison, by its leaf's identity: the measure, the comparison alone, its sign, its threshold."""

    @property
    def measures(self) -> list[Measure]:
        """What it asks for, from left to right, each once."""
        return list(dict.fromkeys(self.leaves[id(leaf)][0] for leaf in leaves(self.tree)))

    def said(self, read: Reader) -> list[Measure]:
        """The measures of the comparisons that hold and do not stand under a `not`: what it rests on."""
        found = (self.leaves[id(leaf)] for leaf in _plain(self.tree))
        return list(dict.fromkeys(measure for measure, test, *_ in found if test(read)))

    def least(self, field: str) -> dict[Arguments, int]:
        """The smallest whole values, by arguments, without which it cannot hold."""
        return _least(self.tree, field, self.leaves)


def weigh(tree: Node, subject: str, vocabulary: Vocabulary, numbers: Numbers = NOTHING) -> Weighed:
    """Compile a tree. Raises QueryError for what the subject's fields do not know, and for words without a field."""
    tree = filled(tree, numbers)
    known: dict[int, tuple[Measure, Test, str, Fraction]] = {}
    for leaf in leaves(tree):
        one = asked(leaf, subject, vocabulary)
        if not isinstance(leaf, Comparison) or one.field is None:
            sentence = "Words alone ask nothing here: compare a field with something, as in people >= 5."
            raise QueryError(sentence, leaf.place)
        arguments = tuple(
            _argument_value(operand_of(one.arguments.get(each.name, each.otherwise)))
            for each in one.field.parameters
        )
        measure, threshold = Measure(one.field.name, arguments), exact(one.operand, one.minor_digits)
        test = _test(measure, leaf.sign, threshold, is_share=one.field.kind == "share")
        known[id(leaf)] = (measure, test, leaf.sign, threshold)
    return Weighed(tree, _joined(tree, known), known)


def _argument_value(operand: Operand) -> Exact:
    value = Fraction(operand.percent) if isinstance(operand, Share) else exact(operand, 0)
    return value.numerator if value.denominator == 1 else value


def filled(node: Node, numbers: Numbers) -> Node:
    """The tree with numbers in place of their names, after signs and in brackets. Raises QueryError for another name."""
    match node:
        case Not(part):
            return Not(filled(part, numbers))
        case All(parts):
            return All(tuple(filled(part, numbers) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(filled(part, numbers) for part in parts))
    if not isinstance(node, Comparison):
        return node
    operand = node.operand
    if isinstance(operand, Name) and numbers:
        if operand.text not in numbers:
            meant = nearest(operand.text, numbers) or f"; there are {', '.join(numbers)}."
            raise QueryError(f"There is no number {operand.text!r}{meant}", node.operand_place)
        operand = numbers[operand.text]
    return replace(node, operand=operand, arguments=tuple(_argument(one, numbers) for one in node.arguments))


def _argument(one: Argument, numbers: Numbers) -> Argument:
    number = numbers.get(one.value)
    return one if number is None else replace(one, value=str(number))


def _test(measure: Measure, sign: str, threshold: Fraction, *, is_share: bool) -> Test:
    compared, over, under = _COMPARED[sign], threshold.numerator, threshold.denominator

    def of_share(read: Reader) -> bool:
        found = read(measure)
        return found[1] > 0 and compared(found[0] * under, over * found[1])

    def of_number(read: Reader) -> bool:
        found = read(measure)
        return found[1] > 0 and compared(found[0] * under, over)

    return of_share if is_share else of_number


def _joined(node: Node, known: Mapping[int, tuple[Measure, Test, str, Fraction]]) -> Test:
    match node:
        case Not(part):
            inner = _joined(part, known)
            return lambda read: not inner(read)
        case All(parts):
            return _until(tuple(_joined(part, known) for part in parts), ends=False)
        case AnyOf(parts):
            return _until(tuple(_joined(part, known) for part in parts), ends=True)
    return known[id(node)][1]


def _until(tests: Sequence[Test], *, ends: bool) -> Test:
    """Ask one after the other until an answer settles it: the first falsehood of a conjunction, the first truth else."""

    def test(read: Reader) -> bool:
        for one in tests:
            if one(read) is ends:
                return ends
        return not ends

    return test


def _plain(node: Node) -> Iterator[Node]:
    """The leaves that do not stand under a `not`."""
    if isinstance(node, All | AnyOf):
        for part in node.parts:
            yield from _plain(part)
    elif not isinstance(node, Not):
        yield node


def _least(
    node: Node, field: str, known: Mapping[int, tuple[Measure, Test, str, Fraction]]
) -> dict[Arguments, int]:
    if isinstance(node, Not):
        return {}
    if isinstance(node, All | AnyOf):
        each = [_least(part, field, known) for part in node.parts]
        found: dict[Arguments, int] = {}
        for key in dict.fromkeys(key for one in each for key in one):
            values = [one[key] for one in each if key in one]
            if isinstance(node, All):
                found[key] = max(values)
            elif len(values) == len(each):
                found[key] = min(values)
        return found
    measure, _, sign, threshold = known[id(node)]
    if measure.field != field or sign not in (">", ">=", "="):
        return {}
    return {measure.arguments: threshold.__floor__() + 1 if sign == ">" else threshold.__ceil__()}
