"""The line below the first: that everything, a number or a campaign is paused. Gone while nothing is."""

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

    def tell(self, alarms: Alarms, key: str) -> None:
        """Say what is paused now; `key` is how the key that pauses and resumes everything is read."""
        sentence = banner_sentence(alarms, key)
        if sentence == self.sentence:
            return
        self.sentence = sentence
        self.show(sentence)
        self.set_class(bool(sentence), "-alarmed")


def banner_sentence(alarms: Alarms, key: str) -> SafeText:
    """The widest pause in a sentence, and how many others there are; "" while nothing is paused."""
    if not alarms.paused:
        return SafeText("")
    from waconsole.outbox.alarms import alarm_sentence

    words = f"{glyph('held')} {alarm_sentence(alarms.paused[0])}"
    if alarms.is_all_paused and key:
        words += " " + _("{key} lets it go on.").format(key=key)
    if others := len(alarms.paused) - 1:
        words += " " + _("(and {count} more, in Sync)").format(count=f"{others:,}")
    return safe(words)
