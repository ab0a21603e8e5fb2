"""What tells a person apart, wherever it is written: numbers in any spelling, ids, names. Pure.

Erasing takes out whatever hangs on the person's rows. What is left over is found by these: words of operators that
name the person, raw bodies, files that were rejected, and what others wrote, which is told and not changed.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

PHONE_DIGITS_MIN: Final = 7
ID_CHARACTERS_MIN: Final = 4
NAME_CHARACTERS_MIN: Final = 4  # `May` is a word of every day
LEFT_LISTED_MAX: Final = 1_000
_BETWEEN: Final = r"[\s.\-()/\u00a0\u202f\u2010-\u2015\u200e\u200f\u202a-\u202e\u2066-\u2069]{0,4}"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as it is written out (`+33639980012`) and the part of it that is dialled at home (`639980012`)."""

    e164: str
    national: str


@dataclass(frozen=True)
class Traces:
    """A person: their rows (`root_id` stands for all), their pseudonym `ref`, and all they are known by.

    `names` are those that nobody else in the ledger bears; a shared one tells nobody apart.
    """

    root_id: int
    ref: str
    member_ids: tuple[int, ...]
    refs: tuple[str, ...]
    phones: tuple[Phone, ...] = ()
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        found = [spelt for phone in self.phones for spelt in _spellings(phone)]
        found += [re.escape(_in_wamid(phone)) for phone in self.phones]
        found += [
            rf"(?<!\w){_loosely(form)}(?!\w)"
            for word in sorted(self._words, key=len, reverse=True)
            for form in dict.fromkeys((word, _escaped(word)))
        ]
        return re.compile("|".join(found)) if found else None

    @cached_property
    def _words(self) -> tuple[str, ...]:
        """Ids and names that are long enough to tell somebody; a full name in small letters too."""
        words = [one for one in self.ids if len(one) >= ID_CHARACTERS_MIN]
        for name in self.names:
            if len(name) >= NAME_CHARACTERS_MIN:
                words += [name, name.lower()] if " " in name.strip() else [name]
        return tuple(dict.fromkeys(words))

    def found_in(self, text: str) -> bool:
        """Whether the text names the person."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def without(self, text: str) -> str:
        """The text with the pseudonym wherever it names the person."""
        return text if self._pattern is None else self._pattern.sub(self.ref, text)

    def condition(self, column: str, *, name: str = "trace") -> tuple[str, dict[str, object]]:
        """An SQL condition that is true of every text that may name the person, and its parameters."""
        likes = [f"%{phone.e164[-2:]}%" for phone in self.phones]
        likes += [f"%{_in_wamid(phone)}%" for phone in self.phones]
        for word in self._words:
            likes += [f"%{_like(form)}%" for form in dict.fromkeys((word, _escaped(word)))]
        likes = list(dict.fromkeys(likes))
        if not likes:
            return "0", {}
        parts = [f"{column} LIKE :{name}{place} ESCAPE '\\'" for place in range(len(likes))]
        return f"({' OR '.join(parts)})", {f"{name}{place}": like for place, like in enumerate(likes)}

    def pruned(self, content: bytes) -> bytes:
        """A JSON body without the parts that name the person; the same where it names nobody, empty where nothing can stay.

        The smallest member of a list that names them goes; where it is in no list, the whole body.
        """
        try:
            whole = json.loads(content)
        except (ValueError, RecursionError):
            return b"" if self.found_in(content.decode("utf-8", "replace")) else content
        if not self._named_in(whole):
            return content
        kept = self._prune(whole)
        if self._named_in(kept):
            return b""
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

    def _named_in(self, part: Any) -> bool:
        return any(self.found_in(text) for text in _texts(part))

    def _prune(self, part: Any) -> Any:
        """A copy without the innermost list members that name the person."""
        if isinstance(part, dict):
            return {key: self._prune(value) for key, value in part.items()}
        if isinstance(part, list):
            kept = []
            for one in part:
                rest = self._prune(one)
                if not self._named_in(rest):
                    kept.append(rest)
            return kept
        return part


@dataclass
class Erased:
    """What was taken out: rows by table, the objects whose acts lose their words, copies of files, what is left."""

    rows: dict[str, int] = field(default_factory=dict)
    objects: dict[str, set[int]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)

    def count(self, table: str, rows: int) -> None:
        """So many rows of a table were changed."""
        if rows:
            self.rows[table] = self.rows.get(table, 0) + rows

    def touched(self, kind: str, ids: Sequence[int]) -> None:
        """Acts on these objects lose their words."""
        self.objects.setdefault(kind, set()).update(ids)

    def leave(self, what: str, count: int, *, says: str, refs: Sequence[Any] = ()) -> None:
        """So much could not be taken out, and why."""
        if count:
            self.left.append(
                {"what": what, "count": count, "refs": list(refs)[:LEFT_LISTED_MAX], "says": says}
            )


def marks(ids: Sequence[int]) -> str:
    """Our own ids, as a JSON array for `json_each`."""
    return json.dumps(list(ids))


def _spellings(phone: Phone) -> Iterator[str]:
    """A number abroad and at home, with whatever stands between its digits."""
    digits = re.sub(r"\D", "", phone.e164)
    if len(digits) >= PHONE_DIGITS_MIN:
        yield rf"(?<!\d)(?:\+|00)?{_BETWEEN}{_BETWEEN.join(digits)}(?!\d)"
    if PHONE_DIGITS_MIN <= len(phone.national) < len(digits):
        yield rf"(?<!\d)0?{_BETWEEN}{_BETWEEN.join(phone.national)}(?!\d)"
        country = digits[: -len(phone.national)]
        yield rf"(?<!\d)(?:\+|00)?{_BETWEEN}{_BETWEEN.join(country)}{_BETWEEN}0{_BETWEEN}{_BETWEEN.join(phone.national)}(?!\d)"


def _in_wamid(phone: Phone) -> str:
    """How WhatsApp's message ids hold a number: base64 of a head, the length and the digits, to the last whole group."""
    digits = re.sub(r"\D", "", phone.e164).encode()
    held = b"\x1c\x18" + bytes([len(digits)]) + digits
    return base64.b64encode(held[: len(held) // 3 * 3]).decode()


def _loosely(word: str) -> str:
    """A word in which one space stands for any."""
    return r"\s+".join(re.escape(part) for part in word.split()) or re.escape(word)


def _escaped(word: str) -> str:
    """A word as JSON writes it in ASCII."""
    return json.dumps(word)[1:-1]


def _like(word: str) -> str:
    spaced = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return "%".join(spaced.split()) or spaced


def _texts(part: Any) -> Iterator[str]:
    """Every string and number of a JSON value, names of members too."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield key
            yield from _texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from _texts(one)
    elif isinstance(part, str):
        yield part
    elif isinstance(part, int) and not isinstance(part, bool):
        yield str(part)
