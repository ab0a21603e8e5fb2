"""A proof, a channel or an invitation to a group in full."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any

from waconsole.invites.pane_lines import Line, pair, pairs
from waconsole.invites.pane_rows import verdict_cell
from waconsole.invites.pane_words import held_words, invitation_state, person, standing_cell, state_word
from waconsole.invites.store_pane import InvitationView, ProofView
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.money import Money
from waconsole.outbox.outcome_words import reason_words
from waconsole.text import _, safe
from waconsole.whatsapp.files import path_of
from waconsole.whatsapp.limits import in_words


def proof(one: ProofView, zone: tzinfo, folder: Path, *, is_revealed: bool) -> list[Line]:
    """The lines of a proof's sheet: nothing is read out of the picture."""
    dot, stands = f" {glyph('separator')} ", standing_cell(one.state)
    found: list[Line] = [
        (
            Cell(stands.text, stands.role),
            Cell(safe(f"{dot}{person(one.name, one.phone, is_revealed=is_revealed)}"), "title"),
        ),
        (Cell(safe(f"{one.ref}{dot}{one.programme}"), "muted"),),
        (),
        pair(_("came"), ages.exact(one.came_at, zone)),
        pair(_("picture"), _picture(one, folder, zone)),
    ]
    if one.sha256:
        found.append(pair(_("sha-256"), one.sha256, "muted"))
    if one.again:
        words = _("{ref} had the same bytes before, from the same member")
        if not one.is_again_own:
            words = _("{ref} had the same bytes before, from somebody else")
        role = "owed" if one.is_again_own else "refused"
        found.append(pair(_("before"), f"{glyph('risk')} {words.format(ref=one.again)}", role))
    if one.decided_at is not None:
        said = f"{one.decided_by}, {ages.exact(one.decided_at, zone)}: {held_words(one.reason, is_revealed=is_revealed)}"
        found.append(pair(_("decided"), said))
        return found
    words = _(
        "The friend's own message with a code is the proof; what is accepted here changes no invite by itself."
    )
    return [*found, (), (Cell(safe(words), "muted"),)]


def _picture(one: ProofView, folder: Path, zone: tzinfo) -> str:
    if one.deleted_at is not None:
        return _("taken away {at}").format(at=ages.exact(one.deleted_at, zone))
    if one.sha256 and path_of(folder, one.sha256) is not None:
        size = in_words(one.byte_count) if one.byte_count else ""
        return _("kept beside the ledger {size}").format(size=size).strip()
    return _("not here")


def channel(found: Mapping[str, Any]) -> list[Line]:
    """The lines of a channel's sheet: every share with what it is of."""
    rate, left, buyers = found["join_rate"], found["first_week_leavers"], found["buyers"]
    lines: list[Line] = [
        (Cell(safe(found["channel"] or _("(no channel)")), "title"),),
        (),
        pair(
            _("asked"),
            _("{count}, {people} people").format(
                count=f"{found['attempts']:,}", people=f"{found['people']:,}"
            ),
        ),
        pair(_("came"), _of(rate) + (f", {state_word(rate['verdict'])}" if rate["verdict"] else "")),
        pair(_("left"), _("{share} within their first week").format(share=_of(left))),
        pair(
            _("orders"),
            _("{count}; ordered at all: {share}").format(count=f"{found['orders']:,}", share=_of(buyers)),
        ),
    ]
    lines += pairs(
        _("costs"), [f"{one['what']} {Money(**one['amount'])}" for one in found["costs"]] or [_("none known")]
    )
    low, high = (Money(**found["target"][end]) for end in ("low", "high"))
    for place, one in enumerate(found["cost_per_join"]):
        verdict = verdict_cell(one["verdict"])
        said = _("{each} = {sum} over {count}").format(
            each=Money(**one["amount"]),
            sum=Money(one["numerator_minor"], one["amount"]["currency"]),
            count=one["denominator"],
        )
        lines.append(pair(_("a join") if not place else "", f"{said}  {verdict.text}".rstrip(), verdict.role))
    lines.append(pair(_("target"), _("{low} to {high} a join").format(low=low, high=high), "muted"))
    if found["messages_without_price"]:
        words = _("{count} messages without a price are not in the sum")
        lines.append(pair(_("look"), words.format(count=f"{found['messages_without_price']:,}"), "owed"))
    return lines


def _of(share: Mapping[str, Any]) -> str:
    percent = "" if share["percent"] is None else f" ({share['percent']:.1f} %)"
    return (
        _("{part} of {whole}").format(part=f"{share['numerator']:,}", whole=f"{share['denominator']:,}")
        + percent
    )


def invitation(one: InvitationView, zone: tzinfo, *, is_revealed: bool) -> list[Line]:
    """The lines of an invitation's sheet."""
    dot, stands = f" {glyph('separator')} ", invitation_state(one.state)
    known = reason_words(one.state_reason) if one.state_reason else None
    why = f": {known}" if known else ""
    found: list[Line] = [
        (
            Cell(stands.text, stands.role),
            Cell(safe(f"{dot}{person(one.name, one.phone, is_revealed=is_revealed)}"), "title"),
        ),
        (Cell(safe(f"{one.ref}{dot}{one.group}"), "muted"),),
        (),
        pair(_("play"), f"{state_word(one.play)}{dot}{one.channel}"),
        pair(_("asked"), f"{ages.exact(one.invited_at, zone)} {one.operator}"),
        pair(_("message"), f"{stands.text}{why}", stands.role),
    ]
    if one.joined_at is not None:
        left = "" if one.left_at is None else _(", left {at}").format(at=ages.exact(one.left_at, zone))
        found.append(pair(_("came"), f"{ages.exact(one.joined_at, zone)}{left}"))
    else:
        found.append(pair(_("came"), _("not yet; nobody asks them again for 30 days"), "muted"))
    return found
