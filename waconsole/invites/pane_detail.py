"""One row of the invites pane in full; an invite with every step, its order, its rewards and what the desk says of it."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Any, Final, NamedTuple

from waconsole.clock import parse_iso
from waconsole.database.connection import Transaction
from waconsole.invites import pane_detail_code, pane_detail_programme, pane_detail_rest, service_listing
from waconsole.invites import store_pane_beside as store
from waconsole.invites.pane_lines import Line, pair, pairs
from waconsole.invites.pane_rows import ChannelView, ProgrammeView, View
from waconsole.invites.pane_words import (
    confidence_word,
    earned_words,
    held_words,
    pair_of,
    person,
    standing_cell,
    state_word,
)
from waconsole.invites.sentences import sentence
from waconsole.invites.store_pane import CodeView, InvitationView, InviteView, ProofView
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.money import Money
from waconsole.text import SafeText, _, safe

STEPS_SHOWN_MAX: Final = 40
REFERRER: Final = "referrer"


class Told(NamedTuple):
    """What a row is called, and its lines."""

    title: SafeText
    lines: list[Line]


class Eye(NamedTuple):
    """How it is looked at: when, in which zone, whether numbers are shown in full, where pictures lie."""

    now: int
    zone: tzinfo
    is_revealed: bool
    folder: Path


def told(tx: Transaction, one: View, eye: Eye) -> Told:
    """Everything there is to read of a row. Raises NotFound and Refused."""
    match one:
        case ProgrammeView():
            lines = pane_detail_programme.lines(tx, one, eye.zone, now=eye.now)
            return Told(safe(one.name), lines)
        case InviteView():
            return Told(safe(one.ref), _invite(tx, one, eye))
        case CodeView():
            return Told(
                safe(one.code),
                pane_detail_code.lines(tx, one, eye.zone, now=eye.now, is_revealed=eye.is_revealed),
            )
        case ProofView():
            lines = pane_detail_rest.proof(one, eye.zone, eye.folder, is_revealed=eye.is_revealed)
            return Told(safe(one.ref), lines)
        case ChannelView():
            return Told(safe(one.row["channel"] or _("(no channel)")), pane_detail_rest.channel(one.row))
        case InvitationView():
            return Told(
                safe(one.ref), pane_detail_rest.invitation(one, eye.zone, is_revealed=eye.is_revealed)
            )


def _invite(tx: Transaction, one: InviteView, eye: Eye) -> list[Line]:
    document = service_listing.invite(tx, one.ref)
    dot = f" {glyph('separator')} "
    version = f" v{document['version']}" if document["version"] else ""
    head: list[Line] = [
        (
            Cell(safe(document["reward_text"] or earned_words(one) or _("earns nothing now")), "title"),
            Cell(safe(f"{dot}{pair_of(one, is_revealed=eye.is_revealed)}")),
        ),
        (Cell(safe(f"{one.ref}{dot}{one.programme}{version}"), "muted"),),
        (),
        pair(_("stands"), _standing(one, eye), standing_cell(one.state).role),
        *([pair("", says, "muted")] if (says := sentence(one.state, one.reason)) != one.reason else ()),
        pair(_("from"), person(one.referrer, one.referrer_phone, is_revealed=eye.is_revealed)),
        pair(_("friend"), person(one.invitee, one.invitee_phone, is_revealed=eye.is_revealed)),
        pair(_("came"), _came(tx, one, eye)),
    ]
    if (order := store.order_of(tx, one.id)) is not None:
        net = Money(order["total_minor"] - order["refunded_minor"], order["currency"])
        total = Money(order["total_minor"], order["currency"])
        kept = "" if net == total else _(", {net} after refunds").format(net=net)
        said = f"{order['reference']}{dot}{total}{kept}{dot}{ages.exact(order['ordered_at'], eye.zone)}"
        head.append(pair(_("order"), said))
    return [*head, *_review(tx, one, eye), *_said(tx, one, eye), *_rewards(document), *_steps(document, eye)]


def _standing(one: InviteView, eye: Eye) -> str:
    said = str(standing_cell(one.state).text)
    if one.reason:
        said += f": {held_words(one.reason, is_revealed=eye.is_revealed)}"
    if one.due_at is not None and one.state in ("qualified", "held"):
        is_over = one.due_at <= eye.now
        words = _(", its return window ended {at}") if is_over else _(", decided on from {at} on")
        said += words.format(at=ages.exact(one.due_at, eye.zone))
    return said


def _came(tx: Transaction, one: InviteView, eye: Eye) -> str:
    dot = f" {glyph('separator')} "
    parts = [_("invited {at}").format(at=ages.exact(one.invited_at, eye.zone))]
    if one.arrived_at is None:
        parts.append(_("not here yet"))
    elif one.arrived_at != one.invited_at:
        parts.append(_("here {at}").format(at=ages.exact(one.arrived_at, eye.zone)))
    if code := store.code_of(tx, one.id):
        parts.append(_("by {code}").format(code=code))
    parts += [one.channel] if one.channel else []
    parts.append(confidence_word(one.confidence))
    return dot.join(parts)


def _review(tx: Transaction, one: InviteView, eye: Eye) -> list[Line]:
    """What the review desk says of it, and of who brought them."""
    verdicts = {"held": _("open"), "void": _("voided"), "release": _("released")}
    found = [
        f"{row['kind']} {row['review_ref']}: {verdicts[row['verdict']]}"
        + (f" ({held_words(row['reason'], is_revealed=eye.is_revealed)})" if row["reason"] else "")
        for row in store.gates(tx, one.id)
    ]
    words = {
        "frozen": _("its referrer is frozen by {review}"),
        "blocked": _("its referrer is blocked by {review}"),
    }
    found += [
        words.get(row["kind"], "{review}").format(review=row["review_ref"])
        for row in store.standing_of(tx, one.id)
    ]
    return pairs(_("review"), found, "owed")


def _said(tx: Transaction, one: InviteView, eye: Eye) -> list[Line]:
    """What operators said of it."""
    words = {"disputed": _("disputed"), "corrected": _("corrected"), "added": _("written by hand")}
    return pairs(
        _("said"),
        [
            f"{words[row['word']]}{_over(row['word'], one)}: {held_words(row['reason'], is_revealed=eye.is_revealed)} "
            f"({row['operator']}, {ages.exact(row['recorded_at'], eye.zone)})"
            for row in store.words(tx, one.id)
        ],
    )


def _over(word: str, one: InviteView) -> str:
    """What is added to a dispute that has ended."""
    return _(" (no longer)") if word == "disputed" != one.confidence else ""


def slot_word(slot: str, side: str) -> str:
    """What a reward is for: each friend, the N-th one, or the friend's own."""
    if side != REFERRER:
        return _("for the friend")
    return _("each") if slot == "each" else _("rung {number}").format(number=slot)


def reward_word(state: str) -> str:
    """How a reward stands."""
    words = {"pending": _("held"), "posted": _("paid"), "voided": _("voided"), "reversed": _("taken back")}
    return words.get(state) or state_word(state)


def _rewards(document: dict[str, Any]) -> list[Line]:
    """Every reward there was, and the transfers that moved it."""
    found: list[Line] = []
    for one in document["history"]:
        again = _(", round {number}").format(number=one["round"]) if one["round"] > 1 else ""
        said = f"{slot_word(one['slot'], one['side'])}: {one['text']}, {reward_word(one['state'])}{again}"
        found.append(pair(_("rewards") if not found else "", said))
        found += [
            pair("", f"  {step['step']} {step['transfer']}", "muted")
            for step in one["steps"]
            if step["transfer"]
        ]
    return found


def _steps(document: dict[str, Any], eye: Eye) -> list[Line]:
    """What brought it where it stands, each with the rule that decided and its version."""
    found: list[Line] = [()] if document["steps"] else []
    steps = document["steps"]
    if len(steps) > STEPS_SHOWN_MAX:
        words = _("{count} steps before: `:invites show {ref}`")
        found.append(
            pair("", words.format(count=len(steps) - STEPS_SHOWN_MAX, ref=document["invite"]), "muted")
        )
    for place, one in enumerate(steps[-STEPS_SHOWN_MAX:]):
        why = f": {held_words(one['reason'], is_revealed=eye.is_revealed)}" if one["reason"] else ""
        rule = f"  {one['rule']} v{one['version']}" if one["rule"] else ""
        by = "" if one["by"] == "rule" else f"  {one['by']}"
        before = state_word(one["before"])
        said = f"{ages.exact(parse_iso(one['at']), eye.zone)}  {before} → {state_word(one['after'])}{why}{rule}{by}"
        found.append(pair(_("steps") if not place else "", said, "" if one["reason"] else "muted"))
    return found
