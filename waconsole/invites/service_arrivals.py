"""Read who sent a friend out of the friend's own first words, and write the invite that makes.

Each live message is read once, in the order in which it came; what it means goes by event time, so that replay, delay
and order change nothing. Nothing of a file or of history is read.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Transaction
from waconsole.invites import store_arrivals, store_invites, store_programmes
from waconsole.invites.arrivals import Arrival, objection
from waconsole.invites.model import InviteRow, invite_ref
from waconsole.invites.reading import read
from waconsole.invites.service_codes import known_at
from waconsole.invites.service_senders import Sender, active, by_code, by_name, programme_by_id
from waconsole.invites.store_arrivals import Wrote
from waconsole.invites.store_invites import Standing
from waconsole.invites.store_programmes import Programme
from waconsole.invites.terms import in_force
from waconsole.members import store as members
from waconsole.policy import store as policy

READ_MAX: Final = 20_000  # messages of one look
CODE_DAYS: Final = "referral.code_days"
ASK_WHO, ASK_DAYS = "referral.ask_who", "referral.ask_answer_days"
AD, ASKED, MANUAL = "ad", "asked", "manual"
LIVE: Final = "live"


@dataclass(slots=True)
class Taken:
    """What was read: how many invites were written (refused ones too), which, and whose question is due."""

    read: int = 0
    invites: int = 0
    refused: int = 0
    asked: int = 0
    to_ask: list[Wrote] = field(default_factory=list)
    made: list[int] = field(default_factory=list)  # ids of invites nobody has looked at yet


@dataclass(frozen=True, slots=True)
class _Rules:
    """The policies that reading goes by, at one instant."""

    code_days: int
    asks: bool
    answer_days: int

    @classmethod
    def at(cls, tx: Transaction, now: int) -> _Rules:
        """Those in force."""
        days, ask, answer = (policy.in_force(tx, name, now=now)[0] for name in (CODE_DAYS, ASK_WHO, ASK_DAYS))
        return cls(int(days["value"]), ask["value"] == "on", int(answer["value"]))


def look(tx: Transaction) -> tuple[array[int], int]:
    """(Messages to read, the last message there is)."""
    after, through = store_arrivals.mark(tx), store_arrivals.last_message(tx)
    if through <= after:
        return array("q"), after
    found = store_arrivals.unread(tx, after, through, limit=READ_MAX)
    return found, through if len(found) < READ_MAX else found[-1]


def take(tx: Transaction, message_ids: Sequence[int], done: Taken, *, now: int) -> None:
    """Read some messages. The caller hands in a few at a time, and asks whom `done.to_ask` names."""
    after = store_arrivals.mark(tx)
    rules = _Rules.at(tx, now)
    for one in store_arrivals.wrote(tx, [each for each in message_ids if each > after]):
        done.read += 1
        _take(tx, one, rules, done, now=now)
    if message_ids:
        store_arrivals.set_mark(tx, message_ids[-1])


def _take(tx: Transaction, one: Wrote, rules: _Rules, done: Taken, *, now: int) -> None:
    found = read(one.text, known_at(tx, one.sent_at))
    question = store_arrivals.asked(tx, one.root_id)
    answers = (
        question is not None
        and question["answered_by"] is None
        and question["asked_at"] < one.sent_at <= question["asked_at"] + rules.answer_days * DAY
    )
    by_ad = store_arrivals.is_by_ad(tx, one.id)
    if not (found.code or found.fault != "none" or answers or by_ad or (rules.asks and question is None)):
        return  # talk of every day
    first_at = store_arrivals.first_direct_at(tx, one.root_id) or one.sent_at
    is_early = one.sent_at - first_at <= rules.code_days * DAY
    sender = by_code(tx, found, one, now=now) if found.code and not found.fault else None
    if sender is not None and found.confidence == "repaired" and not (is_early or answers):
        sender = None  # talk of every day is not searched for slips
    if sender is None and answers:
        sender = by_name(tx, one, now=now)
    if sender is not None:
        said = _Said(sender, ASKED if answers else found.confidence, found.code, AD if by_ad else "")
        _arrive(tx, one, said, rules, first_at, done, now=now)
        if answers and question is not None:
            store_arrivals.set_answered(tx, question["id"], one.id)
        return
    if found.fault in ("unknown", "several") and (is_early or answers):
        store_arrivals.add_arrival(
            tx,
            one,
            outcome=found.fault,
            code=found.code,
            channel=AD if by_ad else "",
            invite_id=None,
            now=now,
        )
    elif by_ad:
        store_arrivals.add_arrival(tx, one, outcome=AD, code="", channel=AD, invite_id=None, now=now)
    if rules.asks and question is None and one.sent_at <= first_at and _is_new(tx, one, now=now):
        done.to_ask.append(one)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a message said, and how sure that is."""

    sender: Sender
    confidence: str
    signs: str
    channel: str


def _is_new(tx: Transaction, one: Wrote, *, now: int) -> bool:
    """Whether a writer may be asked: nothing of them is older, the service window is open, and a programme earns."""
    since = store_arrivals.known_since(tx, one.root_id)
    is_open = one.window_until is not None and now < one.window_until
    if not is_open or (since is not None and since < one.sent_at):
        return False
    return not store_arrivals.is_of_a_file(tx, one.root_id) and bool(active(tx, now=now))


def _arrive(
    tx: Transaction, one: Wrote, said: _Said, rules: _Rules, first_at: int, done: Taken, *, now: int
) -> None:
    """Write the invite an arrival makes; what earns nothing is written with its sentence."""
    sender = said.sender
    programme = programme_by_id(tx, sender.programme_id)
    others = store_invites.invites_to(tx, one.root_id)
    refusal = objection_to(
        tx, sender, programme, root_id=one.root_id, at=one.sent_at, first_at=first_at, others=others,
        code_days=rules.code_days,
    )  # fmt: skip
    channel = said.channel or (sender.place.channel if sender.place is not None else "")
    known = _known(others, sender, one.sent_at, refusal)
    invite_id = known
    if known is None:
        invite_id = store_invites.add_arrived(
            tx, _row(tx, one, said, programme, channel, now=now), code_id=_code_id(sender), refusal=refusal,
            proof=one.wamid,
        )  # fmt: skip
    if invite_id is not None and known is None:
        done.invites += 1
        done.made.append(invite_id)
        done.refused += bool(refusal)
        if not refusal:
            _refuse_later_elsewhere(tx, others, programme, one.sent_at)
    store_arrivals.add_arrival(
        tx, one, outcome=said.confidence, code=said.signs, channel=channel, invite_id=invite_id, now=now
    )


def _code_id(sender: Sender) -> int | None:
    code = sender.place or sender.code
    return None if code is None else code.id


def _row(
    tx: Transaction, one: Wrote, said: _Said, programme: Programme, channel: str, *, now: int
) -> InviteRow:
    proof = one.wamid or f"message-{one.id}"
    own = members.member_by_id(tx, one.root_id)
    referrer = members.member_by_id(tx, said.sender.member_id)
    return InviteRow(
        ref=invite_ref(programme.ref, referrer.ref, f"{own.ref}\x1f{proof}", one.sent_at, channel),
        programme_id=programme.id,
        referrer_id=said.sender.member_id,
        invitee_id=one.member_id,
        invited_at=one.sent_at,
        arrived_at=one.sent_at,
        channel=channel,
        confidence=said.confidence,
        address="",
        payment="",
        device="",
        origin=LIVE,
        recorded_at=now,
        import_run_id=0,
    )


def _known(others: Sequence[Standing], sender: Sender, at: int, refusal: str) -> int | None:
    """The invite that says the same already: of the same two, from before, and no worse."""
    for other in others:
        is_same = (other.programme_id, other.referrer_id) == (sender.programme_id, sender.member_id)
        if (
            is_same
            and other.arrived_at is not None
            and other.arrived_at <= at
            and (refusal or not other.refusal)
        ):
            return other.id
    return None


def objection_to(
    tx: Transaction,
    sender: Sender,
    programme: Programme,
    *,
    root_id: int,
    at: int,
    first_at: int,
    others: Sequence[Standing],
    code_days: int,
) -> str:
    """What speaks against somebody who came at `at`, as a sentence; `others` are the invites to them there are."""
    versions = store_programmes.versions(tx, programme)
    version = in_force(versions, at) or min(versions, key=lambda one: one.valid_from, default=None)
    own, place = sender.code, sender.place
    revoked = next((each for each in (own, place) if each is not None and each.revoked_at is not None), None)
    ends = [store_programmes.ended_at(tx, programme.id), None if version is None else version.terms.ends_at]
    begins_at = None if version is None else version.terms.starts_at or version.valid_from or None
    elsewhere = next(
        (each for each in others if each.programme_id != programme.id and _is_before(each, at)), None
    )
    return objection(
        Arrival(
            at=at,
            code="" if own is None else (place or own).code,
            made_at=0 if own is None else own.made_at,
            revoked_at=None if revoked is None else revoked.revoked_at,
            why_revoked="" if revoked is None else revoked.reason,
            expires_at=None if own is None else own.expires_at,
            is_own=sender.member_id == root_id,
            programme=programme.name,
            begins_at=begins_at,
            older_than=min(at, programme.added_at // SECOND * SECOND) if begins_at is None else begins_at,
            ends_at=min((end for end in ends if end is not None), default=None),
            first_at=first_at,
            known_since=store_arrivals.known_since(tx, root_id) or at,
            code_days=code_days,
            elsewhere="" if elsewhere is None else programme_by_id(tx, elsewhere.programme_id).name,
        )
    )


def _is_before(other: Standing, at: int) -> bool:
    return not other.refusal and other.arrived_at is not None and other.arrived_at < at


def _refuse_later_elsewhere(
    tx: Transaction, others: Sequence[Standing], programme: Programme, at: int
) -> None:
    """What was read before and happened later is refused in another programme: the order of reading changes nothing."""
    for other in others:
        is_later = other.arrived_at is not None and other.arrived_at > at
        if is_later and other.programme_id != programme.id and other.origin == LIVE and not other.refusal:
            sentence = f"They came by {programme.name} before: one friend is brought once."
            store_invites.set_word(tx, other.id, confidence=other.confidence, refusal=sentence)
