"""From words to what is asked: each leaf checked against the fields that are declared. Pure.

Unknown fields, arguments, states and units, missing windows and what belongs to another subject are errors
with a place. A group, tag or name nobody has is none: it is simply found nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from waconsole.query.fields import Asked, Field, Parameter, Vocabulary
from waconsole.query.mistakes import Place, QueryError, nearest
from waconsole.query.tree import Argument, Comparison, Form, Leaf, Text
from waconsole.query.values import (
    UNITS,
    WINDOW_WORDS,
    Amount,
    Duration,
    Moment,
    Name,
    Never,
    Number,
    Operand,
    Share,
    Times,
    Window,
    operand_of,
    window_of,
)

_WANTED: Final[Mapping[str, tuple[type, str]]] = {
    "number": (Number, "a number, as in >= 2"),
    "span": (Duration, f"a span of time: a number with {', '.join(UNITS)}, as in < 2d"),
    "share": (Share, "a share, as in > 70%"),
    "amount": (Amount, "an amount with its currency, as in >= 199 HKD"),
    "times": (Times, "so many times the mean, as in > 2x avg"),
    "moment": (Moment, "a day or an instant, as in >= 2026-11-20, today or now-2h"),
    "layer": (Name, "a name"),
}

PERCENT_MAX: Final = 100


def asked(leaf: Leaf, subject: str, vocabulary: Vocabulary) -> Asked:
    """What a leaf asks of a subject. Raises QueryError."""
    if isinstance(leaf, Text):
        return Asked(leaf, words=leaf.words)
    if isinstance(leaf, Form):
        return _form(leaf, _field(leaf.field, _name_place(leaf), subject, vocabulary))
    return _comparison(leaf, _field(leaf.field, leaf.field_place, subject, vocabulary), vocabulary)


def _name_place(leaf: Form) -> Place:
    return Place(leaf.place.start, leaf.place.start + len(leaf.field))


def _field(name: str, place: Place, subject: str, vocabulary: Vocabulary) -> Field:
    known = vocabulary.of_subject(subject)
    if name in known:
        return known[name]
    plural = vocabulary.subject(subject).plural
    if others := vocabulary.known_to(name):
        where = " or ".join(vocabulary.subjects[one].plural for one in others)
        raise QueryError(f"{name} can be asked of {where}, not of {plural}.", place)
    raise QueryError(
        f"There is no field {name!r} for {plural}{nearest(name, known) or '; put text with such signs in quotes.'}",
        place,
    )


def _form(leaf: Form, field: Field) -> Asked:
    if not field.is_form:
        raise QueryError(
            f"{field.name} is followed by a sign, not by a colon: write {field.example} ({field.says})",
            leaf.place,
        )
    value = leaf.value
    if field.states:
        value = value.casefold()
        if value not in field.states:
            raise QueryError(_no_such(f"{field.name}:", leaf.value, tuple(field.states)), leaf.value_place)
    return Asked(leaf, field, value)


def _no_such(what: str, value: str, known: tuple[str, ...]) -> str:
    meant = nearest(value, known)
    return f"{what} does not know {value!r}" + (meant or f"; it takes {', '.join(known)}.")


def _comparison(leaf: Comparison, field: Field, vocabulary: Vocabulary) -> Asked:
    if field.is_form:
        raise QueryError(
            f"{field.name} is followed by a colon, not by {leaf.sign!r}: write {field.example} ({field.says})",
            leaf.place,
        )
    window, arguments = _arguments(leaf, field)
    operand = _operand(leaf, field)
    digits = 0
    if isinstance(operand, Amount):
        if operand.currency not in vocabulary.currencies:
            meant = nearest(operand.currency, vocabulary.currencies)
            raise QueryError(
                f"There is no currency {operand.currency}{meant or ' here.'}", leaf.operand_place
            )
        digits = vocabulary.currencies[operand.currency]
    return Asked(leaf, field, str(operand), leaf.sign, operand, window, arguments, minor_digits=digits)


def _operand(leaf: Comparison, field: Field) -> Operand:
    operand, place = leaf.operand, leaf.operand_place
    if isinstance(operand, Never) and field.kind == "layer":
        operand = Name("never")
    if isinstance(operand, Never):
        if not field.is_never:
            raise QueryError(
                f"{field.name} is not compared with never: it takes {_WANTED[field.kind][1]}.", place
            )
        if leaf.sign not in ("=", "!="):
            raise QueryError("never is compared with = or != only.", place)
        return operand
    wanted, says = _WANTED[field.kind]
    if isinstance(operand, wanted):
        _check_most(operand, place, field)
        return _layer(leaf, field, operand) if isinstance(operand, Name) else operand
    raise QueryError(f"{field.name} is compared with {says}, not with {str(operand)!r}.", place)


def _check_most(operand: Operand, place: Place, field: Field) -> None:
    if isinstance(operand, Share) and operand.percent > PERCENT_MAX:
        raise QueryError(f"A share is at most {PERCENT_MAX}%.", place)
    if field.most is not None and isinstance(operand, Number) and operand.value > field.most:
        raise QueryError(f"{field.name} is at most {field.most}.", place)


def _layer(leaf: Comparison, field: Field, operand: Name) -> Name:
    """A measure whose value is one of a few names, as in rfm_layer(30d) = champions."""
    if leaf.sign not in ("=", "!="):
        raise QueryError(f"{field.name} is compared with = or != only.", leaf.operand_place)
    if field.states and operand.text.casefold() not in field.states:
        raise QueryError(_no_such(field.name, operand.text, tuple(field.states)), leaf.operand_place)
    return Name(operand.text.casefold())


def _arguments(leaf: Comparison, field: Field) -> tuple[Window | None, dict[str, str]]:
    window: Window | None = None
    found: dict[str, str] = {}
    known = {one.name: one for one in field.parameters}
    plain = [one for one in field.parameters if one.is_plain]
    for one in leaf.arguments:
        if not one.name and (of_time := window_of(one.value)):
            if not field.has_window or window is not None:
                why = "takes no window" if not field.has_window else "takes one window"
                raise QueryError(f"{field.name} {why}: write {field.example}", one.place)
            if of_time.is_nothing:
                raise QueryError(
                    f"A window of {one.value} holds nothing: write one like 24h or 30d.", one.place
                )
            window = of_time
            continue
        parameter = (
            known.get(one.name) if one.name else next((it for it in plain if it.name not in found), None)
        )
        if parameter is None:
            raise _unknown_argument(one, field, known)
        if parameter.name in found:
            raise QueryError(f"{field.name} is given {one.name}= twice.", one.place)
        found[parameter.name] = _argument_value(one, parameter, field)
    if field.has_window and window is None:
        raise QueryError(
            f"{field.name} needs a window of time in brackets, as in {field.example}: Nh, Nd, {', '.join(WINDOW_WORDS)} or since YYYY-MM-DD.",
            leaf.field_place,
        )
    for parameter in field.parameters:
        if parameter.is_required and parameter.name not in found:
            raise QueryError(f"{field.name} needs {parameter.says}, as in {field.example}.", leaf.field_place)
    return window, found


def _unknown_argument(one: Argument, field: Field, known: Mapping[str, Parameter]) -> QueryError:
    if not one.name:
        if field.has_window:
            return QueryError(
                f"{one.value!r} is no window of time: write Nh, Nd, {', '.join(WINDOW_WORDS)} or since YYYY-MM-DD.",
                one.place,
            )
        return QueryError(
            f"{field.name} takes no {one.value!r} in brackets: write {field.example}", one.place
        )
    takes = ", ".join(f"{name}=" for name, it in known.items() if not it.is_plain)
    sentence = f"{field.name} takes no {one.name}={nearest(one.name, known) or (f'; it takes {takes}.' if takes else '.')}"
    return QueryError(sentence, one.place)


def _argument_value(one: Argument, parameter: Parameter, field: Field) -> str:
    if parameter.values:
        value = one.value.casefold()
        if value not in parameter.values:
            asked_for = field.name if parameter.is_plain else f"{field.name}({parameter.name}=)"
            raise QueryError(_no_such(asked_for, one.value, parameter.values), one.place)
        return value
    if parameter.kind is not None and not isinstance(operand_of(one.value), _WANTED[parameter.kind][0]):
        raise QueryError(
            f"{parameter.name}= of {field.name} is {parameter.says}, not {one.value!r}: write {field.example}",
            one.place,
        )
    return one.value
