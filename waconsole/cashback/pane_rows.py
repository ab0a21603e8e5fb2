"""How a line reads in the list, and how all lines of one payee do."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from waconsole.cashback.model import ACCRUED, PROPOSED
from waconsole.cashback.store_pane import LineView, PayeeView
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Record
from waconsole.kit.rows import Cell, Row
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.money import decimal
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 200
COLUMNS: Final = (
    Column(_("age"), 6, "right"),
    Column(_("amount"), 12, "right"),
    Column(_("currency"), 6),
    Column(_("state"), 11, priority=2),
    Column(_("order"), 14, priority=3),
    Column(_("look at"), 12, priority=1),
    Column(_("scheme"), 12, priority=5),
    Column(_("number"), 16, priority=4),
    Column(_("ambassador")),
)
_SIGNS: Final = {
    "accrued": ("clock", "muted"),
    "proposed": ("owed", "owed"),
    "approved": ("done", "done"),
    "rejected": ("refused", "dim"),
    "batched": ("here", "mine"),
    "exported": ("here", "mine"),
    "confirmed": ("done", "dim"),
    "failed": ("refused", "refused"),
    "returned": ("refused", "refused"),
}


def state_word(state: str) -> str:
    """The word for how a line stands."""
    words = {
        "accrued": _("earned"),
        "proposed": _("proposed"),
        "approved": _("approved"),
        "rejected": _("rejected"),
        "batched": _("in a batch"),
        "exported": _("exported"),
        "confirmed": _("paid"),
        "failed": _("failed"),
        "returned": _("came back"),
    }
    return words[state]


def state_cell(state: str, held: int) -> Cell:
    """How a line stands: a sign and a word. What is held says so before anything else."""
    if held:
        return Cell(safe(f"{glyph('held')} {_('held')}"), "held")
    sign, role = _SIGNS[state]
    return Cell(safe(f"{glyph(sign)} {state_word(state)}"), role)


def shown_minor(one: LineView) -> int:
    """What there is to decide on while nobody has, and what is left of the line after that."""
    return one.open_minor if one.state in (ACCRUED, PROPOSED) else one.amount_minor - one.reversed_minor


def who(name: str, phone: str | None, *, is_revealed: bool) -> SafeText:
    """A payee's name as a shared screen may show it; the number where there is none."""
    if not name.strip():
        return number(phone, is_revealed=is_revealed) or safe(_("no name"))
    return safe((name if is_revealed else masked_text(name))[:NAME_CHARACTERS_MAX])


def number(phone: str | None, *, is_revealed: bool) -> SafeText:
    """A payee's number, masked unless it is revealed; "" where none is known."""
    if phone is None:
        return SafeText("")
    return safe(phone) if is_revealed else masked(phone)


def _warning(one: LineView, refused: str) -> Cell:
    risk = glyph("risk")
    if refused:
        return Cell(safe(f"{glyph('refused')} {_('refused')}"), "refused")
    if one.is_disputed:
        return Cell(safe(f"{risk} {_('disputed')}"), "owed")
    if one.reversed_minor:
        return Cell(safe(f"{risk} {_('refunded')}"), "owed")
    if one.is_own_order:
        return Cell(safe(f"{risk} {_('own order')}"), "muted")
    return Cell(SafeText(""))


def line_row(one: LineView, now: int, zone: tzinfo, *, is_revealed: bool, refused: str = "") -> Row:
    """A line as a row; `refused` is why an act of this operator's was refused."""
    state = state_cell(one.state, one.held)
    if one.state == ACCRUED and not one.held and one.matures_at > now:
        state = Cell(safe(f"{glyph('clock')} {_('returnable')}"), "dim")
    return Row(
        one.id,
        (
            Cell(ages.ago(one.decided_at, now, zone), "muted"),
            Cell(safe(decimal(shown_minor(one), one.currency)), "title"),
            Cell(safe(one.currency), "muted"),
            state,
            Cell(safe(one.reference or one.period), "muted"),
            _warning(one, refused),
            Cell(safe(one.scheme), "muted"),
            Cell(number(one.phone, is_revealed=is_revealed), "muted"),
            Cell(who(one.name, one.phone, is_revealed=is_revealed)),
        ),
    )


def payee_row(one: PayeeView, now: int, zone: tzinfo, *, is_revealed: bool) -> Row:
    """All that is to be decided on of one payee, scheme and currency, as a row."""
    words = _("{count} line") if one.lines == 1 else _("{count} lines")
    warning = Cell(SafeText(""))
    if one.disputed:
        warning = Cell(safe(f"{glyph('risk')} {_('disputed')}"), "owed")
    return Row(
        one.id,
        (
            Cell(ages.ago(one.waits_since, now, zone), "muted"),
            Cell(safe(decimal(one.open_minor, one.currency)), "title"),
            Cell(safe(one.currency), "muted"),
            Cell(safe(words.format(count=f"{one.lines:,}")), "accent"),
            Cell(SafeText("")),
            warning,
            Cell(safe(one.scheme), "muted"),
            Cell(number(one.phone, is_revealed=is_revealed), "muted"),
            Cell(who(one.name, one.phone, is_revealed=is_revealed)),
        ),
    )


def line_record(one: LineView) -> Record:
    """A line as it is copied: the number in full."""
    amount = decimal(shown_minor(one), one.currency)
    return {
        "text": f"{one.ref}  {amount} {one.currency}  {one.name or one.phone or ''}".rstrip(),
        "line": one.ref,
        "payee": one.phone or "",
        "name": one.name,
        "amount": decimal(one.amount_minor, one.currency),
        "reversed": decimal(one.reversed_minor, one.currency),
        "currency": one.currency,
        "state": one.state,
        "held": bool(one.held),
        "order": one.reference or "",
        "month": one.period,
        "scheme": one.scheme,
        "version": one.version,
    }


def payee_record(one: PayeeView) -> Record:
    """All lines of one payee as they are copied."""
    amount = decimal(one.open_minor, one.currency)
    return {
        "text": f"{amount} {one.currency}  {one.lines}  {one.name or one.phone or ''}".rstrip(),
        "payee": one.phone or "",
        "name": one.name,
        "amount": amount,
        "currency": one.currency,
        "lines": one.lines,
        "scheme": one.scheme,
    }
