"""The line below the first: what is paused, and that a copied ledger waits for an owner. Gone while nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from waconsole.kit.glyphs import glyph
from waconsole.kit.line import SafeLine
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.outbox.alarms import Alarms


class Banner(SafeLine):
    """One sentence, seen from every pane."""

    DEFAULT_CSS = """
    Banner { display: none; background: $panel; color: $role-overdue; text-style: bold; padding: 0 1; }
    Banner.-alarmed { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(SafeText(""), id="banner")
        self.sentence = SafeText("")

    def tell(self, alarms: Alarms, key: str, *, is_copy: bool = False) -> None:
        """Say what is paused now; `key` is how the key that pauses and resumes everything is read."""
        sentence = banner_sentence(alarms, key, is_copy=is_copy)
        if sentence == self.sentence:
            return
        self.sentence = sentence
        self.show(sentence)
        self.set_class(bool(sentence), "-alarmed")


def banner_sentence(alarms: Alarms, key: str, *, is_copy: bool = False) -> SafeText:
    """The widest pause in a sentence, and how many others there are; "" while nothing is paused and this is no copy."""
    copy = (
        _("This ledger is a copy: nothing is approved or paid here until an owner says `adopt`.")
        if is_copy
        else ""
    )
    if not alarms.paused:
        return safe(f"{glyph('held')} {copy}" if copy else "")
    from waconsole.outbox.alarms import alarm_sentence

    words = f"{glyph('held')} {alarm_sentence(alarms.paused[0])}"
    if alarms.is_all_paused and key:
        words += " " + _("{key} lets it go on.").format(key=key)
    if others := len(alarms.paused) - 1:
        words += " " + _("(and {count} more, in Sync)").format(count=f"{others:,}")
    return safe(f"{words} {copy}" if copy else words)
