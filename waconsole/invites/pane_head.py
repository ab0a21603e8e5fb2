"""The line above the lists: what is held and when it is decided on next, what waits for somebody, what a budget has left."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.invites import store_pane_beside
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, piece
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.text import _, safe

SUMS_SHOWN_MAX: Final = 2
SENTENCE_MAX: Final = 160


class Head(NamedTuple):
    """What the line says: `sums` are (currency, rewards, minor units) of held cashback; `why_not` why nobody acts here."""

    sums: tuple[tuple[str, int, int], ...] = ()
    due_at: int | None = None
    late: int = 0
    why_not: str = ""
    is_known: bool = False


def read(tx: Transaction, name: str | None, *, now: int, read_only: bool) -> Head:
    """What stands above the lists for the operator called `name`."""
    due_at, late = store_pane_beside.next_due(tx, now=now)
    head = Head(tuple(store_pane_beside.held_sums(tx)), due_at, late, is_known=True)
    if read_only:
        return head._replace(why_not=_("open for reading only"))
    if name is None:
        return head._replace(why_not=_("nobody is signed in: `:sign-in NAME`"))
    try:
        authority.deciding(tx, name, now=now)
    except WaconsoleError as refusal:
        return head._replace(why_not=str(refusal)[:SENTENCE_MAX])
    return head


def pieces(
    head: Head, counts: dict[str, int], budget: tuple[str, Money, Money] | None, zone: tzinfo
) -> tuple[list[Piece], list[Piece]]:
    """(left, right) of the line; `budget` is (programme, left, given) of the row under the cursor."""
    if not head.is_known:
        return [], []
    held = counts.get("held", 0)
    words = _("held {count}").format(count=f"{held:,}")
    left = [piece(safe(words), "title" if held else "muted")]
    for place, (code, _rewards, minor) in enumerate(head.sums[:SUMS_SHOWN_MAX]):
        left.append(
            piece(safe(str(Money(minor, code))), "title" if not place else "muted", 3 if place else 1)
        )
    if len(head.sums) > SUMS_SHOWN_MAX:
        words = _("and {count} more").format(count=len(head.sums) - SUMS_SHOWN_MAX)
        left.append(piece(safe(words), "muted", 5))
    if head.late:
        words = _("{count} late: `:invites settle`").format(count=f"{head.late:,}")
        left.append(piece(safe(f"{glyph('clock')} {words}"), "overdue", 4))
    elif head.due_at is not None:
        words = _("next {at}").format(at=ages.exact(head.due_at, zone))
        left.append(piece(safe(f"{glyph('clock')} {words}"), "muted", 4))
    right: list[Piece] = []
    if budget is not None:
        name, rest, given = budget
        shown = _("{name}: {left} of {given} left").format(name=name, left=rest, given=given)
        right.append(piece(safe(shown), "overdue" if rest.minor <= 0 else "muted", 2))
    for key, sentence in (("proofs", _("proofs {count}")), ("joins", _("requests {count}"))):
        if count := counts.get(key, 0):
            right.append(piece(safe(f"{glyph('owed')} {sentence.format(count=f'{count:,}')}"), "owed", 3))
    if head.why_not:
        left.append(piece(safe(f"{glyph('refused')} {head.why_not}"), "refused"))
    return left, right
