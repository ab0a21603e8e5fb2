"""The service window in words: how long WhatsApp takes a free text, and what becomes of a reply before it is written."""

from __future__ import annotations

from typing import Final

from waconsole.clock import HOUR
from waconsole.inbox.model import until_words
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, piece
from waconsole.outbox.outcome_words import state_word
from waconsole.text import SafeText, _, safe

SHORT_MAX: Final = 2 * HOUR  # so little of a window is a risk


def is_closed(driver: str, window_until: int | None, now: int) -> bool:
    """Whether an API reaches the conversation and WhatsApp takes only templates there now."""
    return driver == "cloud" and (window_until is None or window_until <= now)


def window_piece(driver: str, window_until: int | None, now: int) -> Piece | None:
    """The piece of a thread's head; None where there is no window."""
    if driver == "human":
        return None
    if is_closed(driver, window_until, now):
        return piece(safe(f"{glyph('held')} {_('window closed: a template is needed')}"), "held", 1)
    if window_until is None or window_until <= now:
        return None
    words = _("window {left}").format(left=until_words(window_until, now))
    is_short = window_until - now < SHORT_MAX
    return piece(
        safe(f"{glyph('risk' if is_short else 'clock')} {words}"), "owed" if is_short else "muted", 1
    )


def fate(driver: str, window_until: int | None, stopped: str, now: int) -> SafeText:
    """What becomes of a reply once it is queued; `stopped` is why the number stands still, raw, or ""."""
    if driver == "human":
        return safe(_("The API cannot reach this: it becomes a task for a human hand."))
    if is_closed(driver, window_until, now):
        return safe(_("Window closed: it is held until they write. Only a template goes."))
    if stopped:
        return safe(_("The number is stopped, so it waits: {reason}").format(reason=safe(stopped)))
    if window_until is None:
        return safe(_("It goes by API."))
    words = _("It goes by API, at once. The window is open for {left}.")
    return safe(words.format(left=until_words(window_until, now).strip()))


def queued_words(queued: tuple[str, str]) -> str:
    """What became of a reply that was just queued: (its task's or its own state, the reason)."""
    state, reason = queued
    if state == "offered":
        return _("Queued as a task for a human hand.")
    if reason == "template_needed":
        return _("The reply is held: the service window is closed. Only a template reaches them now.")
    return _("The reply is queued.") if state == "queued" else state_word(state)
