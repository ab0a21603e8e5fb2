"""What may be written next: fields, their values, units and windows, and the real values of the ledger.

Cheap enough for every key: real values are read by prefix, a few at a time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from waconsole.query.fields import Field, Source, Vocabulary
from waconsole.query.tree import QUOTES, quoted
from waconsole.query.values import MOMENT_WORDS, UNITS, WINDOW_WORDS
from waconsole.text import SafeText, _, safe

CANDIDATES_MAX: Final = 40
VALUES_MAX: Final = 12
VALUE_CHARACTERS_MAX: Final = 120
_BEYOND: Final = "\U0010ffff"
_NAME: Final = re.compile(r"(-*)([A-Za-z_][A-Za-z0-9_]*)?\Z")
_FORM: Final = re.compile(r"-*([A-Za-z_][A-Za-z0-9_]*):(?!//)(\S*)\Z")
_SIGN: Final = re.compile(r"-*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\([^()]*\)\s*)?(?:<=|>=|!=|<|>|=)\s*(\S*)\Z")
_CALL: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\(([^()]*)\Z")
_OPEN_QUOTE: Final = re.compile(rf"[{QUOTES}]")


class Tx(Protocol):
    """What is asked of a transaction."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may stand in place of the characters `start` up to `stop`, and what it says.

    `insert` can be shown as it is; a real name that cannot is written by its ref.
    """

    insert: SafeText
    says: SafeText
    start: int
    stop: int

    def put_in(self, text: str) -> str:
        """The whole query with the candidate in its place."""
        return f"{text[: self.start]}{self.insert}{text[self.stop :]}"


def complete(
    text: str, cursor: int, subject: str, vocabulary: Vocabulary, tx: Tx | None = None
) -> list[Candidate]:
    """What may stand where `cursor` is in `text`; without `tx` no real values are looked up."""
    before = text[:cursor]
    found: list[Candidate] = []
    for one in _candidates(before, subject, vocabulary, tx):
        if one.insert != before[one.start : one.stop] and one not in found:
            found.append(one)
        if len(found) == CANDIDATES_MAX:
            break
    return found


def _candidates(before: str, subject: str, vocabulary: Vocabulary, tx: Tx | None) -> Iterator[Candidate]:
    fields = vocabulary.of_subject(subject)
    masked, quote = _masked(before)
    stop = len(before)
    if called := _CALL.search(masked):
        if field := fields.get(called[1].casefold()):
            yield from _arguments(field, before, called.start(2), tx)
    elif form := _FORM.search(masked):
        if field := fields.get(form[1].casefold()):
            yield from _values(field, before[form.start(2) : stop], form.start(2), stop, tx)
    elif compared := _SIGN.search(masked):
        if field := fields.get(compared[1].casefold()):
            yield from _operands(field, before[compared.start(2) : stop], compared.start(2), stop)
    elif quote is None and (name := _NAME.search(before)) and _begins(before, name.start()):
        begun = (name[2] or "").casefold()
        start = stop - len(begun)
        for field in sorted(fields.values(), key=lambda one: one.name):
            if field.name.startswith(begun):
                yield Candidate(SafeText(_opening(field)), safe(_(field.says)), start, stop)


def _masked(before: str) -> tuple[str, int | None]:
    """The text with what stands in quotes made letters, and where a quote is still open."""
    masked, place, opened = [], 0, None
    while found := _OPEN_QUOTE.search(before, place):
        closing = re.compile(rf"(?:[^{QUOTES}\\]|\\.)*([{QUOTES}]|\Z)", re.DOTALL).match(before, found.end())
        stop = closing.end() if closing else len(before)
        masked += [before[place : found.start()], "x" * (stop - found.start())]
        if closing is None or not closing[1]:
            opened = found.start()
        place = stop
    return "".join(masked) + before[place:], opened


def _begins(before: str, start: int) -> bool:
    """Whether a leaf may begin there."""
    return start == 0 or before[start - 1].isspace() or before[start - 1] == "("


def _opening(field: Field) -> str:
    if field.is_form:
        return f"{field.name}:"
    return f"{field.name}(" if field.has_window or field.parameters else field.name


def _values(field: Field, typed: str, start: int, stop: int, tx: Tx | None) -> Iterator[Candidate]:
    begun = typed.lstrip(QUOTES)
    for name, state in field.states.items():
        if name.startswith(begun.casefold()):
            yield Candidate(SafeText(name), safe(_(state.says)), start, stop)
    if field.source is not None and tx is not None:
        for value in real_values(field.source, begun, tx):
            yield Candidate(value, safe(_(field.says)), start, stop)


def real_values(source: Source, begun: str, tx: Tx) -> list[SafeText]:
    """Values of the ledger that begin with `begun`, as they are written in a query, quoted where they must be."""
    low = " ".join(unicodedata.normalize("NFKC", begun).casefold().split()) if source.folds else begun
    rows = tx.execute(source.sql, {"begun": low, "beyond": low + _BEYOND, "limit": VALUES_MAX}).fetchall()
    found: list[SafeText] = []
    for value, ref in rows:
        shown = safe(value)
        if shown == value and len(value) <= VALUE_CHARACTERS_MAX:
            found.append(SafeText(_as_written(value)))
        elif ref:
            found.append(SafeText(_as_written(safe(ref))))
    return found


def _as_written(value: str) -> str:
    return value if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*", value) else quoted(value)


def _operands(field: Field, typed: str, start: int, stop: int) -> Iterator[Candidate]:
    words: list[tuple[str, str]] = []
    number = re.match(r"[0-9]*(?:\.[0-9]+)?", typed)
    count = number[0] if number else ""
    if field.kind == "span":
        words = [(f"{count or 2}{unit}", _UNIT_SAYS[unit]) for unit in UNITS]
    elif field.kind == "share":
        words = [(f"{count or 70}%", "a share")]
    elif field.kind == "times":
        words = [(f"{count or 2}x avg", "times the mean of everybody")]
    elif field.kind == "moment":
        words = [*((word, "a moment") for word in MOMENT_WORDS), ("today-7d", "seven days before today")]
    elif field.kind == "layer":
        words = [(name, state.says) for name, state in field.states.items()]
    if field.is_never:
        words.append(("never", "it has not happened"))
    for word, says in words:
        if word.startswith(typed.casefold()):
            yield Candidate(SafeText(word), safe(_(says)), start, stop)


_UNIT_SAYS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days of 24 hours", "w": "weeks"}


def _arguments(field: Field, before: str, inner: int, tx: Tx | None) -> Iterator[Candidate]:
    """Inside the brackets of a measure: its arguments, their values, its windows."""
    masked, _quote = _masked(before)
    start = max(inner, masked.rfind(",", inner) + 1)
    start += len(before[start:]) - len(before[start:].lstrip())
    stop, piece = len(before), before[start:]
    name, equals, typed = piece.partition("=")
    if equals:
        parameter = next((one for one in field.parameters if one.name == name.strip().casefold()), None)
        if parameter is None:
            return
        at = stop - len(typed)
        for value in parameter.values:
            if value.startswith(typed.casefold()):
                yield Candidate(SafeText(value), safe(_(parameter.says)), at, stop)
        if parameter.source is not None and tx is not None:
            for real in real_values(parameter.source, typed.lstrip(QUOTES), tx):
                yield Candidate(real, safe(_(parameter.says)), at, stop)
        return
    for parameter in field.parameters:
        words = parameter.values if parameter.is_plain else (f"{parameter.name}=",)
        for word in words:
            if word.startswith(piece.casefold()):
                yield Candidate(SafeText(word), safe(_(parameter.says)), start, stop)
    if field.has_window:
        count = re.match(r"[0-9]*", piece)
        digits = count[0] if count else ""
        for word in (f"{digits or 7}d", f"{digits or 24}h", *WINDOW_WORDS, "since "):
            if word.startswith(piece.casefold()):
                yield Candidate(SafeText(word), safe(_("a window of time")), start, stop)
