"""Settings: what an operator may choose for this machine, and where each value came from.

A setting comes from the command line, else from `WACONSOLE_<SECTION>__<KEY>`, else from the
settings file (TOML), else it is what stands here. `read` needs the standard library alone; `model`
explains a faulty file and is loaded for that only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, cast

Value = str | float | bool

PREFIX: Final = "WACONSOLE_"
BUILT_IN: Final = "built in"


def _setting(value: Any, says: str, *, choices: tuple[str, ...] = (), form: str = "") -> Any:
    return field(default=value, metadata={"says": says, "choices": choices, "form": form})


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """Where the ledger is."""

    path: str = _setting("", "the ledger to open; empty: ledger.db in the platform's data folder")


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """What holds for the whole shop."""

    timezone: str = _setting("", "the shop's time zone, like Europe/Paris; empty: the machine's", form="zone")
    region: str = _setting(
        "", "the country of phone numbers written without one, like FR; empty: none", form="region"
    )


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """How reading works."""

    rest_seconds: float = _setting(
        2.0, "seconds the cursor rests on a message before it counts as read; 0: never"
    )
    mask_phones: bool = _setting(True, "hide the middle of phone numbers until they are revealed by key")


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """How the screen looks and behaves."""

    theme: str = _setting("wa-dark", "the theme's name")
    motion: str = _setting("full", "whether anything moves by itself", choices=("full", "reduced"))
    cursor: bool = _setting(True, "let the real terminal cursor follow the row, for screen readers")
    mouse: bool = _setting(True, "listen to the mouse")
    emoji: str = _setting("full", "draw emoji, or their short names", choices=("full", "names"))


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting by section; `sources` says where each value came from, by `section.key`."""

    ledger: LedgerSettings = LedgerSettings()
    shop: ShopSettings = ShopSettings()
    inbox: InboxSettings = InboxSettings()
    console: ConsoleSettings = ConsoleSettings()
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def source(self, name: str) -> str:
        """Where the value of `section.key` came from."""
        return self.sources.get(name, BUILT_IN)

    def value(self, name: str) -> Value:
        """The value of `section.key`."""
        section, _, key = name.partition(".")
        found: Value = getattr(getattr(self, section), key)
        return found


SECTIONS: Final[Mapping[str, Any]] = {
    "ledger": LedgerSettings,
    "shop": ShopSettings,
    "inbox": InboxSettings,
    "console": ConsoleSettings,
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting as it is declared above."""

    section: str
    key: str
    built_in: Value
    says: str
    choices: tuple[str, ...]
    form: str

    @property
    def name(self) -> str:
        """`section.key`."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{PREFIX}{self.section.upper()}__{self.key.upper()}"


def declared() -> Iterator[Declared]:
    """Every setting, in order."""
    for section, kind in SECTIONS.items():
        for one in fields(kind):
            yield Declared(section, one.name, cast("Value", one.default), **one.metadata)
