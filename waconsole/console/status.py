"""The first and the last line of the console: counters, hints, and where the operator is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.binding import Binding

from waconsole.clock import moment
from waconsole.console.keymap_live import LiveKeys
from waconsole.inbox.store_list import Counters
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, piece
from waconsole.kit.pane import PaneStatus
from waconsole.kit.rows import Cell
from waconsole.kit.statusline import Hint, Status, StatusLine
from waconsole.kit.topline import Counter
from waconsole.operators.desk import Desk
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.console.syncing_words import Sight
    from waconsole.operators.store import Operator

HELP_PLACE = 4


class ConsoleStatus(StatusLine):
    """The status line; on a ledger with a test clock it says what time that clock stands at."""

    test_clock: SafeText = SafeText("")

    def _facts(self) -> list[Piece]:
        facts = super()._facts()
        if self.test_clock:
            facts.append(piece(self.test_clock, "owed"))
        return facts


def test_clock_words(desk: Desk) -> SafeText:
    """`test clock 2026-11-26 12:00Z`; "" on a ledger that keeps the machine's time."""
    if not desk.test_clock:
        return SafeText("")
    when = moment(desk.clock())
    return safe(f"{glyph('clock')} {_('test clock')} {when:%Y-%m-%d %H:%M}Z")


def counted(counters: Counters) -> list[Counter]:
    """The counters of the top line."""
    return [
        Counter(safe(_("owed")), counters.owed, "owed" if counters.owed else ""),
        Counter(safe(_("unread")), counters.unread, "unread" if counters.unread else "", priority=2),
        Counter(safe(_("tasks")), counters.tasks, "held" if counters.tasks else "", priority=3),
    ]


def state_of(demo: bool, sight: Sight | None, desk: Desk) -> Piece | None:
    """The end of the top line: that this is a demo, and how WhatsApp is reached."""
    cells = [Cell(safe(_("demo")), "accent")] if demo else []
    if sight is not None:
        from waconsole.console.syncing_words import sight_piece

        cells += [Cell(SafeText("  "))] if demo else []
        cells += sight_piece(sight, desk.clock()).cells
    return Piece(tuple(cells)) if cells else None


def status_of(title: str, status: PaneStatus, desk: Desk, role: str, tasks: int) -> Status:
    """What the status line says of a pane on this desk."""
    return Status(
        pane=safe(title),
        filter=status.filter,
        row=status.row,
        rows=status.rows or 0,
        is_exact=status.rows is not None,
        marked=status.marks,
        tasks=tasks,
        role=safe(role),
        is_read_only=desk.read_only,
    )


def who_words(operator: Operator | None, desk: Desk) -> str:
    """Who acts here: the role, and the name of who signed in or was named."""
    if operator is None:
        return ""
    return operator.role if desk.operator is None else f"{operator.name}, {operator.role}"


def hints(bindings: Iterable[Binding], help_key: Binding, keys: LiveKeys) -> list[Hint]:
    """The keys worth knowing in a pane, help among the first so that a narrow screen keeps it."""
    shown = list({binding.id: binding for binding in bindings if binding.show}.values())
    shown.insert(min(HELP_PLACE, len(shown)), help_key)
    return [Hint(safe(key), safe(one.description.lower())) for one in shown if (key := keys.shown(one))]
