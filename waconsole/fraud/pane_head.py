"""The line above the list: how many wait, what hangs on them, how long the oldest has waited, what rules found today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

from waconsole.clock import HOUR, instant, moment
from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.fraud import service_desk, store_pane, store_stakes
from waconsole.fraud.pane_reasons import rule_word
from waconsole.fraud.pane_rows import largest
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, piece
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.text import _, safe

RULES_SHOWN_MAX: Final = 4
SUMS_SHOWN_MAX: Final = 3
SENTENCE_MAX: Final = 200


class Head(NamedTuple):
    """What the line says. `held` counts a reward once that several items hold; `why_not`: nothing can be decided here."""

    waiting: int = 0
    held: Mapping[str, int] = {}
    oldest_at: int | None = None
    timeout: str = ""
    traffic: tuple[tuple[str, int], ...] = ()
    why_not: str = ""
    is_known: bool = False


def read(tx: Transaction, name: str | None, *, now: int, zone: tzinfo, read_only: bool) -> Head:
    """What stands above the list for the operator called `name`."""
    waiting = store_pane.items(tx, store_pane.WAITING, 0, now=now)
    ends = service_desk.timing(tx, now=now)
    midnight = instant(moment(now, zone).replace(hour=0, minute=0, second=0, microsecond=0))
    words = _("{word} at {hours} h")
    return Head(
        waiting=len(waiting),
        held=store_stakes.held_together(tx, [one.id for one in waiting]),
        oldest_at=min((one.found_at for one in waiting), default=None),
        timeout=words.format(word=ends.word, hours=ends.waits // HOUR),
        traffic=tuple(store_pane.traffic(tx, since=midnight)),
        why_not=_("open for reading only") if read_only else _why_not(tx, name, now=now),
        is_known=True,
    )


def _why_not(tx: Transaction, name: str | None, *, now: int) -> str:
    if name is None:
        return _("nobody is signed in: `:sign-in NAME`")
    try:
        authority.authorize(tx, authority.deciding(tx, name, now=now), "fraud.freeze", now=now)
    except WaconsoleError as refusal:
        return str(refusal)[:SENTENCE_MAX]
    return ""


def pieces(head: Head, now: int, zone: tzinfo) -> tuple[list[Piece], list[Piece]]:
    """(left, right) of the line."""
    if not head.is_known:
        return [], []
    left = [piece(safe(_("open {count}").format(count=f"{head.waiting:,}")), "title")]
    most = largest(head.held)
    if most is not None:
        more = len(head.held) - 1
        also = _(" and {count} currencies more").format(count=more) if more else ""
        left.append(piece(safe(_("held {sum}").format(sum=most) + also), "title", 1))
    if head.oldest_at is not None:
        words = _("oldest {age} ({timeout})")
        age = ages.ago(head.oldest_at, now, zone)
        left.append(piece(safe(words.format(age=age, timeout=head.timeout)), "muted", 3))
    if head.why_not:
        left.append(piece(safe(f"{glyph('refused')} {head.why_not}"), "refused"))
    return left, _traffic(head.traffic)


def _traffic(traffic: Sequence[tuple[str, int]]) -> list[Piece]:
    if not traffic:
        return [piece(safe(_("no rule spoke today")), "dim", 5)]
    # The label goes with the first rule: where that has no room, there is nothing to be labelled.
    found: list[Piece] = []
    for place, (rule, count) in enumerate(traffic[:RULES_SHOWN_MAX]):
        words = f"{rule_word(rule).replace('_', ' ')} {count:,}"
        found.append(piece(safe(words if place else f"{_('rules today')}  {words}"), "muted", 4 + place))
    if len(traffic) > RULES_SHOWN_MAX:
        words = _("and {count} rules more").format(count=len(traffic) - RULES_SHOWN_MAX)
        found.append(piece(safe(words), "muted", 4 + RULES_SHOWN_MAX))
    return found


def marked_piece(count: int, amounts: Mapping[str, int]) -> Piece:
    """How many are marked, and what waits for them together."""
    shown = [_("marked {count}").format(count=f"{count:,}")]
    sums = sorted(amounts.items(), key=lambda one: one[0])
    shown += [str(Money(minor, code)) for code, minor in sums[:SUMS_SHOWN_MAX] if minor]
    return piece(safe(f" {glyph('separator')} ".join(shown)), "marked")
