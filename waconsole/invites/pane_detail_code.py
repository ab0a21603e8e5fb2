"""A code in full: whose it is, what came by it, and what its owner shares; its QR code as lines for the screen."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import service_share, store_codes
from waconsole.invites.pane_lines import Line, pair
from waconsole.invites.pane_rows import code_state
from waconsole.invites.pane_words import held_words, person, standing_cell
from waconsole.invites.share import Kit
from waconsole.invites.store_pane import CodeView
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, _, safe

SHARED_CHARACTERS_MAX: Final = 2_000


def lines(tx: Transaction, one: CodeView, zone: tzinfo, *, now: int, is_revealed: bool) -> list[Line]:
    """The lines of its sheet."""
    state, dot = code_state(one, now), f" {glyph('separator')} "
    stands = standing_cell(state)
    said = stands.text
    if one.revoked_at is not None and state == "revoked":
        said = safe(
            f"{said}, {ages.exact(one.revoked_at, zone)}: {held_words(one.reason, is_revealed=is_revealed)}"
        )
    elif one.expires_at is not None:
        said = safe(f"{said}, {_('until {at}').format(at=ages.exact(one.expires_at, zone))}")
    found: list[Line] = [
        (
            Cell(safe(one.code), "title"),
            Cell(safe(f"{dot}{person(one.name, one.phone, is_revealed=is_revealed)}")),
        ),
        (Cell(safe(f"{one.programme}{dot}{one.channel or _('their own')}"), "muted"),),
        (),
        pair(_("stands"), said, stands.role),
        pair(_("given"), ages.exact(one.made_at, zone)),
        pair(_("came"), _("{count} by it").format(count=f"{one.came:,}")),
    ]
    if state != "in_force":
        return found
    try:
        kit = kit_of(tx, one.id, now=now)
    except Refused as refusal:
        return [*found, pair(_("shared"), str(refusal), "refused")]
    if kit.is_nowhere:
        found.append(pair(_("look"), nowhere(), "owed"))
    return [
        *found,
        (),
        pair(_("friend"), kit.first[:SHARED_CHARACTERS_MAX]),
        pair(_("link"), kit.landing or kit.link, "accent"),
        pair(_("message"), kit.message[:SHARED_CHARACTERS_MAX]),
    ]


def nowhere() -> SafeText:
    """Why a link leads to nobody."""
    words = _(
        "the phone of our number is not known, so the link leads to nobody: `:numbers add ID --phone +…`"
    )
    return safe(f"{glyph('risk')} {words}")


def kit_of(tx: Transaction, code_id: int, *, now: int) -> Kit:
    """What goes with a code. Raises Refused where it is not in force."""
    return service_share.kit(tx, store_codes.code_by_id(tx, code_id), now=now)


def drawn(kit: Kit, *, is_light: bool) -> tuple[list[Cell], list[Cell]]:
    """The QR code of a code's link for a terminal of that ground, and what stands below it."""
    from waconsole.whatsapp.gateway.pairing import drawn as lines_of  # only who draws one needs it

    more = [Cell(safe(kit.landing or kit.link), "muted")]
    if kit.is_nowhere:
        more.append(Cell(nowhere(), "owed"))
    return [Cell(safe(line)) for line in lines_of(kit.link, inverted=is_light)], more
