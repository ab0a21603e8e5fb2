"""What an operator says of an invite: somebody else brought them, it is in dispute, or nobody's message told it.

Rows are never taken out: what counts no more says why, and undo puts it back as it was.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.invites import codes, service_issuing, store_arrivals, store_codes, store_invites
from waconsole.invites.model import InviteRow, invite_ref
from waconsole.invites.service_arrivals import MANUAL, objection_to
from waconsole.invites.service_codes import spelled
from waconsole.invites.service_senders import Sender, programme_by_id
from waconsole.invites.store_invites import Standing
from waconsole.invites.store_programmes import Programme, programme_named
from waconsole.members import store as members
from waconsole.members.model import e164, folded
from waconsole.members.store import Member
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

KIND: Final = "invite"
DISPUTED: Final = "disputed"
TAKEN_BACK: Final = "It was taken back."
REASON_LENGTH_MAX: Final = 500
LIVE: Final = "live"
BY_HAND: Final = "written by hand"


class Said(NamedTuple):
    """An invite after somebody's word on it, the one it took the place of, and whether anything changed."""

    invite: Standing
    instead_of: Standing | None
    changed: bool


def correct(tx: Transaction, actor: Operator, ref: str, who: str, *, reason: str, now: int) -> Said:
    """Say that `who` brought the invitee: their invite counts, the other one no more. Raises Refused, NotFound.

    To name who stands there already ends a dispute.
    """
    why, before, member = _reason(reason), store_invites.invite_named(tx, ref), members.member_named(tx, who)
    if member.id == before.invitee_id:
        raise Refused("Nobody brings themselves: name another member.")
    if member.id == before.referrer_id:
        if before.confidence != DISPUTED:
            raise Refused("They stand as who brought them already: nothing was changed.")
        acts = [_put(tx, before, MANUAL, "")]
        _word(tx, actor, before.id, "corrected", before.id, why, now=now)
        operators.record(tx, actor, "correct invite", acts, now=now)
        return Said(store_invites.standing(tx, before.id), None, True)
    acts = [_put(tx, before, before.confidence, f"Corrected, another brought them: {why}")]
    programme = programme_by_id(tx, before.programme_id)
    after_id, act = _counting(tx, before, programme, member, now=now)
    _word(tx, actor, before.id, "corrected", after_id, why, now=now)
    operators.record(tx, actor, "correct invite", [*acts, act], now=now)
    return Said(store_invites.standing(tx, after_id), store_invites.standing(tx, before.id), True)


def _counting(
    tx: Transaction, before: Standing, programme: Programme, member: Member, *, now: int
) -> tuple[int, Act]:
    """The invite by which another member brought the same friend at the same time, new or again."""
    invitee = members.member_by_id(tx, before.invitee_id)
    row = InviteRow(
        invite_ref(programme.ref, member.ref, invitee.ref, before.invited_at, before.channel), programme.id, member.id,
        invitee.id, before.invited_at, before.arrived_at, before.channel, MANUAL, "", "", "", LIVE, now, 0,
    )  # fmt: skip
    for other in store_invites.invites_to(tx, before.invitee_id):
        if _is_row(other, row):
            return other.id, _put(tx, other, MANUAL, "")
    return _added(tx, row, "")


def _is_row(one: Standing, row: InviteRow) -> bool:
    """Whether an invite is the one that would be written."""
    own = (row.programme_id, row.referrer_id, row.invited_at, row.channel)
    return (one.programme_id, one.referrer_id, one.invited_at, one.channel) == own


def _added(tx: Transaction, row: InviteRow, refusal: str, code_id: int | None = None) -> tuple[int, Act]:
    found = store_invites.add_arrived(tx, row, code_id=code_id, refusal=refusal, proof="")
    if found is None:
        raise Refused("There is such an invite already: `waconsole invites list` shows it.")
    withdrawn = {"confidence": MANUAL, "refusal": TAKEN_BACK}
    return found, Act(KIND, found, withdrawn, {"confidence": MANUAL, "refusal": refusal})


def dispute(tx: Transaction, actor: Operator, ref: str, *, reason: str, now: int) -> Said:
    """Say that an invite is in dispute: what it earns is held until it is corrected. Raises Refused, NotFound."""
    why, before = _reason(reason), store_invites.invite_named(tx, ref)
    if before.confidence == DISPUTED:
        raise Refused("This invite is in dispute already: `waconsole invites correct` ends it.")
    act = _put(tx, before, DISPUTED, before.refusal)
    _word(tx, actor, before.id, "disputed", None, why, now=now)
    operators.record(tx, actor, "dispute invite", [act], now=now)
    return Said(store_invites.standing(tx, before.id), None, True)


def add(
    tx: Transaction,
    actor: Operator,
    referrer: str,
    invitee: str,
    programme: str,
    *,
    at: int | None,
    reason: str,
    now: int,
) -> Said:
    """Write by hand that `referrer` (a member, or a code of theirs) brought `invitee` at `at`. Raises Refused, NotFound.

    What cannot earn is written with its sentence. An invitee that nobody knows is a new member when a number names them.
    """
    why, under = _reason(reason or BY_HAND), programme_named(tx, programme)
    invited_at = (now if at is None else at) // SECOND * SECOND
    if invited_at > now:
        raise Refused("That is yet to come: name a time that has been.")
    sender, refusal = _sender(tx, referrer, under)
    friend = _friend(tx, invitee, now=now)
    others = store_invites.invites_to(tx, friend.id)
    for other in others:
        if (other.programme_id, other.referrer_id) == (under.id, sender.member_id) and not other.refusal:
            return Said(other, None, False)
    refusal = refusal or objection_to(
        tx, sender, under, root_id=friend.id, at=invited_at, first_at=invited_at, others=others, code_days=0
    )
    own = members.member_by_id(tx, sender.member_id)
    row = InviteRow(
        invite_ref(under.ref, own.ref, friend.ref, invited_at, ""), under.id, own.id, friend.id, invited_at, invited_at, "",
        MANUAL, "", "", "", LIVE, now, 0,
    )  # fmt: skip
    again = next((one for one in others if _is_row(one, row)), None)
    if again is not None:  # it was taken back, or refused: a person's word counts now
        found, act = again.id, _put(tx, again, MANUAL, refusal)
    else:
        found, act = _added(tx, row, refusal, None if sender.code is None else sender.code.id)
    _word(tx, actor, found, "added", None, why, now=now)
    operators.record(tx, actor, "add invite", [act], now=now)
    return Said(store_invites.standing(tx, found), None, True)


def _sender(tx: Transaction, who: str, under: Programme) -> tuple[Sender, str]:
    """Who brings, and what speaks against it: their code may be of another programme."""
    signs = spelled(who)
    if codes.is_code(signs[: codes.LENGTH]):
        code = store_codes.codes_named(tx, [signs]).get(signs)
        if code is not None and code.programme_id != under.id:
            return Sender(
                code.member_id, under.id
            ), f"{code.code} is a code of {code.programme}, not of {under.name}."
        if code is not None:
            return Sender(code.member_id, under.id, code), ""
    return Sender(members.member_named(tx, who).id, under.id), ""


def _friend(tx: Transaction, who: str, *, now: int) -> Member:
    try:
        return members.member_named(tx, who)
    except NotFound:
        phone = e164(who)
        if phone is None or store_arrivals.named_whole(tx, folded(who)):
            raise
    made = members.ensure_member(tx, phone=phone, bsuid=None, name="", origin=LIVE, now=now, seen_at=now)
    return members.member_by_id(tx, made)


def _put(tx: Transaction, one: Standing, confidence: str, refusal: str) -> Act:
    store_invites.set_word(tx, one.id, confidence=confidence, refusal=refusal)
    return Act(
        KIND,
        one.id,
        {"confidence": one.confidence, "refusal": one.refusal},
        {"confidence": confidence, "refusal": refusal},
    )


def _word(
    tx: Transaction,
    actor: Operator,
    invite_id: int,
    word: str,
    instead_id: int | None,
    reason: str,
    *,
    now: int,
) -> None:
    store_arrivals.add_word(
        tx,
        invite_id=invite_id,
        word=word,
        instead_id=instead_id,
        reason=reason,
        operator_id=actor.id,
        now=now,
    )


def _reason(text: str) -> str:
    if not text.strip() or len(text) > REASON_LENGTH_MAX:
        raise Refused(f"Say why, in at most {REASON_LENGTH_MAX} signs: write --reason WHY.")
    return text.strip()


def restore(tx: Transaction, invite_id: int, values: dict[str, object], expected: dict[str, object]) -> bool:
    """Undo for words on invites; False when somebody said another since."""
    one = store_invites.standing(tx, invite_id)
    if {"confidence": one.confidence, "refusal": one.refusal} != expected:
        return False
    store_invites.set_word(
        tx, invite_id, confidence=str(values["confidence"]), refusal=str(values["refusal"])
    )
    return True


RESTORES: Final[dict[str, operators.Restore]] = {KIND: restore, **service_issuing.RESTORES}
