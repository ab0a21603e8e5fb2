"""What the top line says of WhatsApp: a sign, words, how much waits. Never by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.clock import DAY, HOUR, MINUTE, SECOND
from waconsole.kit.cells import cut
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, _, safe

REASON_CELLS_MAX: Final = 34
EXACT_SECONDS: Final = 10  # beyond, ages go in steps of ten seconds: a line need not tick


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of the road to WhatsApp at a moment.

    `exchanged_at` is the last answer or webhook, in microseconds UTC; `phase` is what this console
    does: `off`, `starting`, `on`, `elsewhere` (another process sends for the number) or `trouble`. `copied`
    counts what is held because this ledger is a copy. `paused` says that an operator or a breaker lets nothing
    leave; `unknown` counts what may have arrived or not.
    """

    phase: str
    waiting: int = 0
    stopped: str = ""
    unreached: bool = False
    exchanged_at: int | None = None
    copied: int = 0
    paused: bool = False
    unknown: int = 0

    @property
    def is_offline(self) -> bool:
        """Whether something waits because it could not leave."""
        return self.unreached and self.waiting > 0


def sight_piece(sight: Sight, now: int) -> Piece:
    """The piece of the top line for what is known."""
    sign, word, role = _state(sight)
    cells = [Cell(safe(f"{glyph(sign)} {word}"), role)]
    if sight.waiting:
        cells.append(Cell(safe("  " + _("{count} waiting").format(count=f"{sight.waiting:,}")), "held"))
    elif (
        sight.exchanged_at is not None
        and not (sight.stopped or sight.paused)
        and sight.phase in ("on", "elsewhere")
    ):
        words = _("sync elsewhere {age}") if sight.phase == "elsewhere" else _("sync {age}")
        cells.append(Cell(safe("  " + words.format(age=age(now - sight.exchanged_at))), "muted"))
    if sight.unknown:
        words = _("{count} unknown").format(count=f"{sight.unknown:,}")
        cells.append(Cell(safe(f"  {glyph('unknown')} {words}"), "unknown"))
    return Piece(tuple(cells))


def _state(sight: Sight) -> tuple[str, str, str]:
    """(sign, word, role)."""
    if sight.paused:
        return "held", _("paused"), "overdue"
    if sight.stopped:
        reason = cut(safe(sight.stopped), REASON_CELLS_MAX, ellipsis=glyph("ellipsis"))
        return "held", _("number stopped: {reason}").format(reason=reason), "refused"
    if sight.copied:
        return "held", _("copied ledger: {count} held").format(count=f"{sight.copied:,}"), "held"
    if sight.phase == "trouble":
        return "held", _("sync stands still"), "refused"
    if sight.phase == "off":
        return "held", _("sync off here"), "held"
    if sight.is_offline:
        return "offline", _("offline"), "held"
    if sight.exchanged_at is not None:
        return "online", _("online"), "done"
    if sight.phase == "starting":
        return "clock", _("sync starts"), "muted"
    return "clock", _("sync ready"), "muted"


def age(span: int) -> SafeText:
    """How long ago, coarser as it grows: `2 s`, `40 s`, `3 min`, `2 h`, `5 d`."""
    seconds = max(0, span) // SECOND
    if seconds < EXACT_SECONDS:
        return safe(_("{count} s").format(count=seconds))
    if span < MINUTE:
        return safe(_("{count} s").format(count=seconds - seconds % EXACT_SECONDS))
    if span < HOUR:
        return safe(_("{count} min").format(count=span // MINUTE))
    if span < DAY:
        return safe(_("{count} h").format(count=span // HOUR))
    return safe(_("{count} d").format(count=f"{span // DAY:,}"))
