"""What became of a message of ours, below its thread: our effort and why, WhatsApp's word, and what to do."""

from __future__ import annotations

from typing import Final

from waconsole.clock import moment
from waconsole.database.connection import Transaction
from waconsole.inbox.pane_block import Line
from waconsole.inbox.pane_rows import Voice
from waconsole.inbox.pane_words import sent_sign, sent_words
from waconsole.inbox.store_pane_thread import TickState
from waconsole.inbox.store_thread import Entry
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.outbox.error_words import error_words
from waconsole.outbox.outcome_words import reason_words, state_sentence
from waconsole.text import _, safe

REASON_CHARACTERS_MAX: Final = 400
DONE: Final = "accepted"


def outcome_lines(tx: Transaction, entry: Entry, voice: Voice) -> list[Line]:
    """A line for what became of it with its times, and one for what that means where it is not plain."""
    sign, role = sent_sign(entry)
    dot = f" {glyph('separator')} "
    said = [sent_words(entry), *_times(tx, entry, voice)]
    lines: list[Line] = [(Cell(safe(f"{glyph(sign)} {dot.join(said)}"), role),)]
    reached = entry.reached
    code = reached.error if reached is not None and reached.is_failed else entry.out_code
    if code is not None:
        words = error_words(code)
        lines.append((Cell(safe(f"{code} {words.happened} {words.advice}"), "muted"),))
    elif entry.out_state != DONE:
        lines.append((Cell(safe(state_sentence(entry.out_state, entry.out_reason)), "muted"),))
    if entry.out_reason and reason_words(entry.out_reason) is None:
        own = voice.text(entry.out_reason[:REASON_CHARACTERS_MAX])
        lines.append((Cell(safe(_("in its own words: {words}").format(words=own)), "muted"),))
    return lines


def tick_line(tick: TickState, voice: Voice) -> Line:
    """The blue tick of a received message, or what came of asking for it."""
    if tick.given_at is not None:
        given = moment(tick.given_at, voice.zone)
        time = f"{given.day} {given:%b %H:%M:%S}"
        if tick.by_hand is None:
            said = _("they see that it was read: blue tick of {time}").format(time=time)
        else:
            who = voice.text(tick.by_hand[:REASON_CHARACTERS_MAX])
            said = _("they see that it was read: blue tick by {who}, {time}").format(who=who, time=time)
        return (Cell(safe(f"{glyph('done')} {said}"), "done"),)
    words = {
        "refused": _("WhatsApp refused the blue tick: {reason}"),
        "unsent": _("WhatsApp could not be reached for the blue tick: {reason}"),
        "unknown": _("Whether the blue tick was given is not known: {reason}"),
    }.get(tick.outcome, _("The blue tick is asked for."))
    reason = voice.text(tick.detail[:REASON_CHARACTERS_MAX])
    return (Cell(safe(words.format(reason=reason)), "muted"),)


def _times(tx: Transaction, entry: Entry, voice: Voice) -> list[str]:
    """When WhatsApp says that it was delivered and read: of a group, when the first did."""
    if entry.wamid is None:
        return []
    row = tx.one(
        "SELECT min(delivered_at) AS delivered, min(read_at) AS seen FROM delivery WHERE wamid = :wamid",
        {"wamid": entry.wamid},
    )
    assert row is not None
    found = ((_("delivered {time}"), row["delivered"]), (_("read {time}"), row["seen"]))
    return [words.format(time=f"{moment(at, voice.zone):%H:%M:%S}") for words, at in found if at is not None]
