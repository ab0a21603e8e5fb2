"""A rule that is being composed: what it says, what it said before each edit, and where it was saved. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from waconsole.text import SafeText, _, safe

EDITS_MAX: Final = 500


@dataclass(slots=True)
class Draft:
    """One rule. `name` and `version` are those of the segment it was opened from, "" and 0 for a new one."""

    name: str = ""
    version: int = 0
    saved: str = ""
    text: str = ""
    before: list[str] = field(default_factory=list)

    @property
    def edits(self) -> int:
        """How many edits are not saved."""
        return len(self.before) if self.text != self.saved else 0

    def change(self, text: str) -> bool:
        """Say something else; whether it is something else."""
        text = text.strip()
        if text == self.text:
            return False
        self.before = [*self.before[-EDITS_MAX:], self.text]
        self.text = text
        return True

    def take_back(self) -> bool:
        """Say what was said before the last edit; whether there was one."""
        if not self.before:
            return False
        self.text = self.before.pop()
        return True

    def kept(self, name: str, version: int) -> None:
        """It is saved."""
        self.name, self.version, self.saved, self.before = name, version, self.text, []

    def title(self) -> SafeText:
        """Its name, and how far it is from what was saved."""
        name = self.name or _("new rule")
        if not self.edits:
            return safe(f"{name} v{self.version}" if self.version else name)
        words = _("draft, {count} edit") if self.edits == 1 else _("draft, {count} edits")
        return safe(f"{name} ({words.format(count=self.edits)})")
