"""Reading a JSON object strictly: every key is known, every value of its kind, or it is refused as Meta would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole.whatsapp.sandbox.codes import GraphError

BAD: Final = 100


class Fields:
    """One JSON object of a request. `path` is how Meta names it: `text`, `interactive['action']`."""

    def __init__(self, value: object, path: str) -> None:
        """Raises GraphError when `value` is no object."""
        if not isinstance(value, dict):
            raise GraphError(BAD, f"Param {path} must be a JSON object.")
        self.values: Mapping[str, Any] = value
        self.path = path

    def __contains__(self, key: str) -> bool:
        """Whether the key is there, with a value."""
        return self.values.get(key) is not None

    def name(self, key: str) -> str:
        """How Meta names a key of this object."""
        return f"{self.path}['{key}']" if self.path else key

    def only(self, *known: str) -> None:
        """Raises GraphError when a key is there that is none of `known`."""
        for key in self.values:
            if key not in known:
                where = f' on param "{self.path}"' if self.path else ""
                raise GraphError(BAD, f'Unexpected key "{key}"{where}.')

    def text(self, key: str, *, longest: int, shortest: int = 1, required: bool = True) -> str:
        """A text by its length in characters; empty when it may be left out and is."""
        value = self.values.get(key)
        if value is None and not required:
            return ""
        if value is None:
            raise GraphError(BAD, f"The parameter {self.name(key)} is required.")
        if not isinstance(value, str):
            raise GraphError(BAD, f"Param {self.name(key)} must be a string.")
        if len(value) < shortest or (shortest and not value.strip()):
            raise GraphError(BAD, f"Param {self.name(key)} must be at least {shortest} characters long.")
        if len(value) > longest:
            raise GraphError(BAD, f"Param {self.name(key)} must be at most {longest} characters long.")
        return value

    def word(self, key: str, *known: str, required: bool = True) -> str:
        """One of `known`; empty when it may be left out and is."""
        value = self.values.get(key)
        if value is None and not required:
            return ""
        if value not in known or not isinstance(value, str):
            raise GraphError(BAD, f"Param {self.name(key)} must be one of {{{', '.join(known)}}}.")
        return value

    def number(self, key: str, lowest: float, highest: float, *, whole: bool = False) -> float:
        """A number between two others."""
        value = self.values.get(key)
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not lowest <= value <= highest:
            raise GraphError(BAD, f"Param {self.name(key)} must be a number from {lowest:g} to {highest:g}.")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when it is left out."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise GraphError(BAD, f"Param {self.name(key)} must be a boolean.")
        return value

    def inner(self, key: str) -> Fields:
        """An object within this one. Raises GraphError when it is missing."""
        if key not in self:
            raise GraphError(BAD, f"The parameter {self.name(key)} is required.")
        return Fields(self.values[key], self.name(key))

    def several(self, key: str, *, fewest: int, most: int) -> list[Fields]:
        """A list of objects within this one."""
        value = self.values.get(key)
        if value is None and fewest == 0:
            return []
        if not isinstance(value, list) or not fewest <= len(value) <= most:
            raise GraphError(BAD, f"Param {self.name(key)} must be an array of {fewest} to {most} items.")
        return [Fields(one, f"{self.name(key)}[{place}]") for place, one in enumerate(value)]
