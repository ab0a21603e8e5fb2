"""How programmes, invites, codes, proofs, channels and invitations read as one line, and as what is copied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final, NamedTuple

from waconsole.invites.kinds import CHANNEL, CODE, INVITATION, INVITE, JOIN, PROGRAMME, PROOF
from waconsole.invites.pane_words import (
    NOTHING,
    at_most,
    confidence_word,
    earned_words,
    held_words,
    invitation_state,
    proof_state,
    sign_cell,
    standing_cell,
    state_word,
    who,
)
from waconsole.invites.store_pane import CodeView, InvitationView, InviteView, ProofView
from waconsole.invites.verdict import RETURNS
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.rows import Cell, Row
from waconsole.money import Money
from waconsole.text import SafeText, _, safe
from waconsole.whatsapp.limits import in_words

WAITING: Final = ("qualified", "held")
COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    PROGRAMME: (
        Column(_("state"), 11),
        Column(_("invites"), 7, "right"),
        Column(_("held"), 6, "right", priority=2),
        Column(_("earned"), 6, "right", priority=1),
        Column(_("budget left"), 13, "right"),
        Column(_("programme")),
    ),
    INVITE: (
        Column(_("age"), 6, "right"),
        Column(_("state"), 11),
        Column(_("reward"), 12, "right"),
        Column(_("due"), 4, "right", priority=4),
        Column(_("reason"), 14, priority=2),
        Column(_("sure"), 8, priority=6),
        Column(_("channel"), 11, priority=5),
        Column(_("programme"), 12, priority=3),
        Column(_("invited by"), 16),
        Column(_("friend")),
    ),
    CODE: (
        Column(_("age"), 6, "right"),
        Column(_("state"), 10),
        Column(_("came"), 6, "right"),
        Column(_("code"), 10),
        Column(_("place"), 11, priority=1),
        Column(_("programme"), 12, priority=2),
        Column(_("who")),
    ),
    PROOF: (
        Column(_("age"), 6, "right"),
        Column(_("state"), 11),
        Column(_("came before"), 13, priority=1),
        Column(_("size"), 9, "right", priority=3),
        Column(_("programme"), 12, priority=2),
        Column(_("reason"), 16, priority=4),
        Column(_("who")),
    ),
    CHANNEL: (
        Column(_("asked"), 6, "right"),
        Column(_("came"), 6, "right"),
        Column(_("share"), 8, "right", priority=3),
        Column(_("left"), 6, "right", priority=4),
        Column(_("orders"), 6, "right", priority=2),
        Column(_("a join"), 12, "right"),
        Column(_("target"), 9, priority=1),
        Column(_("channel")),
    ),
    INVITATION: (
        Column(_("age"), 6, "right"),
        Column(_("play"), 10),
        Column(_("message"), 11),
        Column(_("came"), 7, priority=1),
        Column(_("channel"), 11, priority=3),
        Column(_("group"), 18, priority=2),
        Column(_("who")),
    ),
    JOIN: (Column(""),),
}


class ProgrammeView(NamedTuple):
    """A programme in the list; `counts` are its invites by state, `left` what its budget has left."""

    id: int
    name: str
    ref: str
    state: str
    version: int
    version_state: str
    says: str
    counts: Mapping[str, int]
    budget: Money | None
    left: Money | None


class ChannelView(NamedTuple):
    """A channel with its row of the report."""

    id: int
    row: Mapping[str, Any]


View = ProgrammeView | InviteView | CodeView | ProofView | ChannelView | InvitationView


def row(one: View, now: int, zone: tzinfo, *, is_revealed: bool) -> Row:
    """A line of any list."""
    match one:
        case ProgrammeView():
            return _programme(one)
        case InviteView():
            return _invite(one, now, zone, is_revealed=is_revealed)
        case CodeView():
            return _code(one, now, zone, is_revealed=is_revealed)
        case ProofView():
            return _proof(one, now, zone, is_revealed=is_revealed)
        case ChannelView():
            return _channel(one)
        case InvitationView():
            return _invitation(one, now, zone, is_revealed=is_revealed)


def _number(count: int) -> Cell:
    return Cell(safe(f"{count:,}"), "" if count else "dim")


def _programme(one: ProgrammeView) -> Row:
    counts = one.counts
    given = sum(counts.get(state, 0) for state in ("earned", "issued", "redeemed", "expired"))
    left = NOTHING
    if one.left is not None:
        left = Cell(safe(str(one.left)), "overdue" if one.left.minor <= 0 else "title")
    return Row(
        one.id,
        (
            sign_cell(one.state, one.version_state, one.version),
            _number(sum(counts.values())),
            Cell(safe(f"{counts.get('held', 0):,}"), "held" if counts.get("held") else "dim"),
            _number(given),
            left,
            Cell(safe(at_most(one.name)), "" if one.state == "active" else "muted"),
        ),
    )


def _invite(one: InviteView, now: int, zone: tzinfo, *, is_revealed: bool) -> Row:
    due = NOTHING
    if one.due_at is not None and one.state in WAITING and (one.due_at > now or one.reason in ("", RETURNS)):
        due = ages.left(one.due_at, now)
    role = "" if one.state not in ("refused", "reversed") else "dim"
    return Row(
        one.id,
        (
            Cell(ages.ago(one.invited_at, now, zone), "muted"),
            standing_cell(one.state),
            Cell(safe(earned_words(one)), "title"),
            due,
            Cell(held_words(one.reason, is_revealed=is_revealed), "muted"),
            Cell(safe(confidence_word(one.confidence)), "owed" if one.confidence == "disputed" else "muted"),
            Cell(safe(at_most(one.channel)), "muted"),
            Cell(safe(at_most(one.programme)), "muted"),
            Cell(who(one.referrer, one.referrer_phone, is_revealed=is_revealed)),
            Cell(who(one.invitee, one.invitee_phone, is_revealed=is_revealed)),
        ),
        role=role,
    )


def code_state(one: CodeView, now: int) -> str:
    """`in_force`, `revoked` or `expired`."""
    if one.expires_at is not None and one.expires_at <= now:
        return "expired"
    if one.revoked_at is not None:
        return "expired" if one.reason == "expired" else "revoked"
    return "in_force"


def _code(one: CodeView, now: int, zone: tzinfo, *, is_revealed: bool) -> Row:
    state = code_state(one, now)
    return Row(
        one.id,
        (
            Cell(ages.ago(one.made_at, now, zone), "muted"),
            standing_cell(state),
            _number(one.came),
            Cell(safe(one.code), "title"),
            Cell(safe(at_most(one.channel)), "muted"),
            Cell(safe(at_most(one.programme)), "muted"),
            Cell(who(one.name, one.phone, is_revealed=is_revealed)),
        ),
        role="" if state == "in_force" else "dim",
    )


def _proof(one: ProofView, now: int, zone: tzinfo, *, is_revealed: bool) -> Row:
    again = NOTHING
    if one.again:
        words = _("from them") if one.is_again_own else _("from another")
        again = Cell(safe(words), "owed" if one.is_again_own else "refused")
    return Row(
        one.id,
        (
            Cell(ages.ago(one.came_at, now, zone), "muted"),
            proof_state(one.state),
            again,
            Cell(safe(in_words(one.byte_count) if one.byte_count else _("not here")), "muted"),
            Cell(safe(at_most(one.programme)), "muted"),
            Cell(held_words(one.reason, is_revealed=is_revealed), "muted"),
            Cell(who(one.name, one.phone, is_revealed=is_revealed)),
        ),
        role="" if one.state == "waiting" else "dim",
    )


def _channel(one: ChannelView) -> Row:
    found = one.row
    each = next(iter(found["cost_per_join"]), None)
    percent = found["join_rate"]["percent"]
    verdict = (each or {}).get("verdict")
    return Row(
        one.id,
        (
            _number(found["attempts"]),
            _number(found["joins"]),
            Cell(safe("" if percent is None else f"{percent:.1f} %"), "muted"),
            _number(found["first_week_leavers"]["numerator"]),
            _number(found["orders"]),
            Cell(safe("" if each is None else str(Money(**each["amount"]))), "title"),
            verdict_cell(verdict),
            Cell(safe(at_most(found["channel"]) or _("(no channel)"))),
        ),
    )


def verdict_cell(verdict: str | None) -> Cell:
    """Where the cost of a join lies in its target, as a sign and a word."""
    return NOTHING if verdict is None else standing_cell(verdict)


def _invitation(one: InvitationView, now: int, zone: tzinfo, *, is_revealed: bool) -> Row:
    came = NOTHING
    if one.joined_at is not None:
        came = Cell(
            SafeText(_("left") if one.left_at is not None else _("came")), "dim" if one.left_at else "done"
        )
    return Row(
        one.id,
        (
            Cell(ages.ago(one.invited_at, now, zone), "muted"),
            Cell(safe(state_word(one.play))),
            invitation_state(one.state),
            came,
            Cell(safe(at_most(one.channel)), "muted"),
            Cell(safe(at_most(one.group)), "muted"),
            Cell(who(one.name, one.phone, is_revealed=is_revealed)),
        ),
    )
