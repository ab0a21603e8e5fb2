"""Ask members into a group: each by a message of their own, or by a person's voice, in short transactions.

Whether a message may leave is asked of the outbox when it is queued and again when it is sent; who cannot be reached
now is left out with its reason, and nothing of them is written.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.inbox import service_live, service_reply
from waconsole.inbox import store_conversations as conversations
from waconsole.invites import plays
from waconsole.invites import service_invitations as invitations
from waconsole.invites.service_invitations import Candidate, LeftOut, Plan
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.outbox import service as sending
from waconsole.outbox import store as outbox
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.sync.sending import our_number, thread_with
from waconsole.sync.sending_template import Wanted, template_of
from waconsole.text import stored
from waconsole.whatsapp.content import Content, Template, Text

ACT: Final = "groups.invite"
PURPOSE: Final = "invitation"
TEXT: Final = "invitations.text_"
VOICE: Final = "invitations.voice"
ENGLISH: Final = "en"
AT_ONCE: Final = 8  # in one transaction
INVITED_MAX: Final = 500  # by one asking
GOING: Final = ("queued", "scheduled")
HUMAN: Final = "human"


@dataclass(frozen=True, slots=True)
class Asking:
    """What was asked for: `members` for the play `other`, a template instead of the text policy has, the group's link."""

    group: str
    play: str
    channel: str = ""
    members: tuple[str, ...] = ()
    template: str = ""
    language: str = ""
    parameters: tuple[str, ...] = ()
    link: str = ""
    count_max: int | None = None
    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who was asked, or would be: the invitation, its message and state, the task where a person speaks."""

    ref: str
    name: str
    phone: str | None
    invitation: str
    outgoing: str
    state: str
    reason: str
    task: str | None


@dataclass(slots=True)
class Asked:
    """What an asking came to."""

    plan: Plan
    channel: str
    invited: list[Invited] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    not_reached: int = 0  # chosen, and beyond the number that was asked for


class _Tried(Exception):
    """Carries what came of a dry run out of its transaction, which is rolled back."""


async def ask(
    database: Database, settings: Settings, asking: Asking, *, operator: str | None, now: int
) -> Asked:
    """Ask those a play chooses into a group. Raises Refused, NotFound; then nobody was asked.

    A dry run says what would come of it and writes nothing; it needs nobody's name.
    """

    def begin(tx: Transaction) -> Plan:
        if not asking.is_dry:
            authority.authorize(tx, authority.deciding(tx, operator, now=now), ACT, now=now)
        return invitations.plan(tx, asking.group, asking.play, asking.members, now=now)

    plan = await database.stream(begin)  # every order is looked at
    link = asking.link or plan.group.invite_link
    if not link and not asking.template:
        sentence = (
            f"Nobody here knows the link to {plan.group.name}: `waconsole groups invite-link` asks WhatsApp for it,"
            " --link names it."
        )
        if not asking.is_dry:
            raise Refused(sentence)
        plan.advice = " ".join(filter(None, (plan.advice, sentence)))
    found = Asked(plan, asking.channel or plays.CHANNELS.get(asking.play, plays.CHANNEL))
    found.left_out += plan.left_out
    wanted = plan.candidates[: min(asking.count_max or INVITED_MAX, INVITED_MAX)]
    run = _Run(settings, asking, found, link, f"round-{secrets.token_hex(6)}", operator, now)
    for start in range(0, len(wanted), AT_ONCE):
        await run.some(database, wanted[start : start + AT_ONCE])
    found.not_reached = len(plan.candidates) - len(wanted)
    return found


@dataclass(slots=True)
class _Run:
    """One asking; all of it is one stroke."""

    settings: Settings
    asking: Asking
    found: Asked
    link: str
    round: str
    operator: str | None
    now: int
    stroke: str | None = None

    async def some(self, database: Database, candidates: Sequence[Candidate]) -> None:
        """Ask these people, in one transaction."""
        came: list[Invited | LeftOut] = []

        def work(tx: Transaction) -> str | None:
            came.clear()
            stroke = self._all(tx, candidates, came)
            if self.asking.is_dry:
                raise _Tried
            return stroke

        with contextlib.suppress(_Tried):
            self.stroke = await database.write(work)
        self.found.invited += [one for one in came if isinstance(one, Invited)]
        self.found.left_out += [one for one in came if isinstance(one, LeftOut)]

    def _all(
        self, tx: Transaction, candidates: Sequence[Candidate], came: list[Invited | LeftOut]
    ) -> str | None:
        if self.asking.is_dry:
            actor = operators.acting(tx, self.operator, now=self.now)
        else:
            actor = authority.deciding(tx, self.operator, now=self.now)
            authority.authorize(tx, actor, ACT, now=self.now)
        number_id = our_number(tx, self.settings, now=self.now)
        acts: list[Act] = []
        for one in candidates:
            tx.execute("SAVEPOINT inviting")
            outcome, done = self._one(tx, actor, one, number_id)
            if isinstance(outcome, LeftOut):
                tx.execute("ROLLBACK TO inviting")
            tx.execute("RELEASE inviting")
            came.append(outcome)
            acts += done
        if not acts:
            return self.stroke
        return operators.record(tx, actor, "invite", acts, now=self.now, stroke=self.stroke)

    def _one(
        self, tx: Transaction, actor: Operator, one: Candidate, number_id: int | None
    ) -> tuple[Invited | LeftOut, list[Act]]:
        by_hand = self.asking.play == plays.HIGH_VALUE
        conversation_id = _thread(tx, one, None if by_hand else number_id, by_hand=by_hand, now=self.now)
        thread = conversations.conversation(tx, conversation_id)
        driver = HUMAN if by_hand else service_reply.driver_of(tx, conversation_id)
        content, rule, version = self._content(tx, one, number_id, by_hand=by_hand)
        message_id = None
        if driver != HUMAN:
            message_id = service_live.add_ours(
                tx, conversation_id=conversation_id, content=content, at=self.now
            )
        # What a rule of ours chose is asked again at send as nobody's talk: without consent it does not leave.
        outgoing_id = sending.enqueue(
            tx, number_id=thread["number_id"], conversation_id=conversation_id, message_id=message_id, driver=driver,
            content=content, purpose=PURPOSE, answers_id=None, operator_id=actor.id if driver == HUMAN else None,
            now=self.now, rule=rule, rule_version=version,
        )  # fmt: skip
        row = outbox.outgoing_rows(tx, [outgoing_id])[0]
        if row["state"] not in GOING:
            return LeftOut(one.ref, one.name, one.phone, row["reason"] or row["state"]), []
        written = invitations.record(
            tx, self.found.plan, one, channel=self.found.channel, round_ref=self.round, outgoing_id=outgoing_id,
            operator_id=actor.id, now=self.now,
        )  # fmt: skip
        if written is None:
            return LeftOut(one.ref, one.name, one.phone, plays.INVITED), []
        task_id = outbox.task_of_outgoing(tx, outgoing_id)
        task = None if task_id is None else outbox.task_by_id(tx, task_id).ref
        asked = Invited(
            one.ref, one.name, one.phone, written[0], row["outgoing"], row["state"], row["reason"], task
        )
        return asked, [written[1], *_backwards(tx, actor, outgoing_id, task_id, now=self.now)]

    def _content(
        self, tx: Transaction, one: Candidate, number_id: int | None, *, by_hand: bool
    ) -> tuple[Content, str, int]:
        """What is said, and the policy its words are of; a template's are WhatsApp's."""
        group = self.found.plan.group.name
        if self.asking.template and not by_hand:
            filled = tuple(self._filled(word, one, group) for word in self.asking.parameters)
            language = self.asking.language or one.language or ENGLISH
            content: Template = template_of(tx, Wanted(self.asking.template, language, filled), number_id)
            return content, f"template.{self.asking.template}", 0
        name, words, version = VOICE, "", 0
        if by_hand:
            value, version = policy.in_force(tx, VOICE, now=self.now)
            words = str(value["value"])
        else:
            name, words, version = _words(tx, one.language, now=self.now)
        return Text(stored(self._filled(words, one, group))), name, version

    def _filled(self, words: str, one: Candidate, group: str) -> str:
        return plays.text_of(words, name=one.name, group=group, link=self.link)


def _words(tx: Transaction, language: str, *, now: int) -> tuple[str, str, int]:
    """(policy, text, version) of an invitation in that language, else in English."""
    for one in dict.fromkeys((language, language.partition("-")[0], ENGLISH)):
        if not one:
            continue
        try:
            value, version = policy.in_force(tx, f"{TEXT}{one}", now=now)
        except NotFound:
            continue
        return f"{TEXT}{one}", str(value["value"]), version
    raise NotFound("There are no words of an invitation: `waconsole policy list invitations` shows them.")


def _thread(tx: Transaction, one: Candidate, number_id: int | None, *, by_hand: bool, now: int) -> int:
    """The conversation in which somebody is asked; what a person says stands in that of the human hand."""
    if not by_hand:
        return thread_with(tx, one.ref, number_id, now=now)
    hand = outbox.hand_number_id(tx)
    known = conversations.with_member(tx, number_id=hand, member_id=one.member_id)
    if known is not None:
        return known
    return conversations.add_member_conversation(
        tx, number_id=hand, member_id=one.member_id, member_ref=one.ref
    )


def _backwards(
    tx: Transaction, actor: Operator, outgoing_id: int, task_id: int | None, *, now: int
) -> list[Act]:
    """The acts whose undoing takes a message back that has not left, and its task."""
    undone = {"state": "cancelled", "state_reason": "undone"}
    acts = [Act("outgoing", outgoing_id, undone, outbox.outgoing_columns(tx, outgoing_id))]
    if task_id is not None:
        offered = outbox.task_columns(tx, task_id)
        refused = {"state": "refused", "decided_at": now, "decided_by": actor.id, "reason": "undone"}
        acts.append(Act("task", task_id, {**offered, **refused}, offered))
    return acts


def as_document(found: Asked, asking: Asking) -> dict[str, object]:
    """What came of an asking, as JSON; names raw."""
    plan = found.plan
    return {
        "group": plan.group.ref,
        "group_name": plan.group.name,
        "play": plan.play,
        "channel": found.channel,
        "dry_run": asking.is_dry,
        "invited": [
            {
                "invitee": {"member": one.ref, "phone": one.phone}, "name": one.name,
                "invitation": None if asking.is_dry else one.invitation,
                "outgoing": None if asking.is_dry else one.outgoing, "state": one.state, "reason": one.reason,
                "task": None if asking.is_dry else one.task, "by_hand": one.task is not None,
            }
            for one in found.invited
        ],
        "left_out": [
            {"invitee": {"member": one.ref, "phone": one.phone}, "name": one.name, "reason": one.reason}
            for one in found.left_out
        ],
        "beyond_limit": found.not_reached,
        "rounds_this_week": plan.rounds + (0 if asking.is_dry or not found.invited else 1),
        "policies": dict(plan.bounds.versions),
    }  # fmt: skip
