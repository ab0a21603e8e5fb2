"""The environment of this process, for whoever asks it for a variable: it never shows itself.

`os.environ` prints every value it holds, a token among them, wherever the variables of a frame are
shown; a crash of the screen shows them. This is handed on instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Final


class Environment(Mapping[str, str]):
    """`os.environ` as it is at the moment it is asked, read only."""

    __slots__ = ()

    def __getitem__(self, name: str) -> str:
        """The value of a variable. Raises KeyError."""
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        """The names of all variables."""
        return iter(os.environ)

    def __len__(self) -> int:
        """How many there are."""
        return len(os.environ)

    def __repr__(self) -> str:
        """Never a value."""
        return "<environment>"


ENVIRONMENT: Final = Environment()
