"""What follows when a member ends or resumes marketing: before any other rule is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from waconsole.clock import HOUR
from waconsole.database.connection import Transaction
from waconsole.inbox import service_live, store_live
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox.service_live import Received
from waconsole.inbox.store_live import Change
from waconsole.inbox.triage import Drawn
from waconsole.members import store as members
from waconsole.outbox import service as outbox
from waconsole.outbox import service_acts as outbox_acts
from waconsole.sync.intake_people import LIVE, MARKETING, Person, conversations_of, stop_in_force
from waconsole.sync.intake_words import Heard, language_of
from waconsole.sync.process_rules import Rules
from waconsole.whatsapp.content import Text

KIND: Final = "opt_out"
REASON: Final = "opt_out"
# What is written of our own accord to win somebody over; answers, and what a member ordered, are not.
PURPOSES: Final = ("marketing", "invitation", "points")
# A tap says what its button said, a caption is the member's own words; a place or a card is neither.
READ_TYPES: Final = frozenset({"text", "button", "interactive", "image", "video", "document"})
WHATSAPP: Final = "whatsapp:user_preferences"  # the source of a stop or resume set in WhatsApp itself
State = Literal["stop", "resume"]
STATES: Final[dict[str, State]] = {"stop": "stop", "resume": "resume", "start": "resume"}


@dataclass(frozen=True, slots=True)
class Said:
    """A message that may end or resume marketing: who wrote it, to which number, which message it is."""

    person: Person
    received: Received
    number_id: int
    message_id: int
    is_group: bool


def heard_in(tx: Transaction, said: Said, rules: Rules) -> Heard | None:
    """What a message says of marketing, or None.

    In a group only a stop word alone counts: talk there is not for us. To resume means something
    only for who has stopped.
    """
    if said.received.type not in READ_TYPES:
        return None
    return _heard(tx, said.received.text, said.person, rules, is_group=said.is_group)


def _heard(tx: Transaction, text: str, person: Person, rules: Rules, *, is_group: bool) -> Heard | None:
    heard = rules.opt_out.hear(text, rules.opt_out.language_by(person.language, person.phone))
    if heard is None or (is_group and not (heard.says == "stop" and heard.is_whole)):
        return None
    if heard.says == "start" and stop_in_force(tx, person.member_id) is None:
        return None
    return heard


def act(tx: Transaction, heard: Heard, said: Said, rules: Rules, *, now: int) -> None:
    """Do what the word asks: end or renew consent, refuse what waits, say so once; or ask an operator.

    A stop that was set in WhatsApp itself is lifted there alone: a word against it is for an operator.
    """
    member_id = said.person.member_id
    if not _decided(tx, heard, member_id, said.received.wamid, at=said.received.sent_at, now=now):
        drawn = Drawn(KIND, heard.rule, heard.version, heard.evidence)
        service_live.add_item(
            tx, said.received, said.message_id, drawn, answer_hours=rules.drawing.answer_hours
        )
        return
    stands = stop_in_force(tx, member_id) is not None
    if not said.is_group and stands == (heard.says == "stop"):
        _confirm(tx, heard, said, rules, now=now)


def act_on_edit(
    tx: Transaction, edit: Change, person: Person, number_id: int, rules: Rules, *, is_group: bool, now: int
) -> None:
    """Do what the new text of an edited message asks; the word counts from the time of the edit.

    Before its message is here it ends or resumes marketing, and no more: nothing is there yet to answer
    or to hang an item on. Called again when the message comes, it does the rest; again after that, nothing.
    """
    message = store_live.message_of(tx, edit.target)
    if message is None:
        heard = _heard(tx, edit.text, person, rules, is_group=is_group)
        if heard is not None:
            _decided(tx, heard, person.member_id, edit.wamid, at=edit.changed_at, now=now)
        return
    conversation_id = message["conversation_id"]
    ref = conversations.conversation(tx, conversation_id)["ref"]
    received = Received(
        conversation_id, ref, message["alias_id"], edit.wamid, edit.changed_at, "text", edit.text
    )
    said = Said(person, received, number_id, message["id"], is_group)
    heard = heard_in(tx, said, rules)
    if heard is not None:
        act(tx, heard, said, rules, now=now)


def _decided(tx: Transaction, heard: Heard, member_id: int, wamid: str | None, *, at: int, now: int) -> bool:
    """Write what a word decides; False where an operator has to."""
    before = stop_in_force(tx, member_id)
    mirrored = before is not None and before["source"].startswith(WHATSAPP)
    if heard.says == "unclear" or (heard.says == "start" and mirrored):
        return False
    source = f"word:{heard.rule} v{heard.version} {wamid or ''}".strip()
    decide(tx, member_id, STATES[heard.says], source=source, at=at, now=now)
    return True


def decide(tx: Transaction, member_id: int, state: State, *, source: str, at: int, now: int) -> None:
    """Write that a member stopped or resumed marketing; a stop that stands refuses what waits for them."""
    members.add_consent(
        tx, member_id=member_id, purpose=MARKETING, state=state, source=source, decided_at=at, now=now, origin=LIVE
    )  # fmt: skip
    if stop_in_force(tx, member_id) is not None:
        outbox_acts.refuse_waiting(tx, conversations_of(tx, member_id), PURPOSES, REASON, now=now)


def _confirm(tx: Transaction, heard: Heard, said: Said, rules: Rules, *, now: int) -> None:
    """Tell the member what was understood: inside the service window, in their language, once in so many hours."""
    kind: Literal["confirm", "welcome"] = "confirm" if heard.says == "stop" else "welcome"
    conversation_id = said.received.conversation_id
    window_until = conversations.conversation(tx, conversation_id)["window_until"]
    if window_until is None or window_until <= now:
        return
    if _told_since(tx, conversation_id, kind, now - rules.opt_out.hours * HOUR):
        return
    # A word of one language alone tells what is spoken; a member's language on file goes before that.
    mine = (language_of(said.person.language),) if said.person.language else ()
    text, _ = rules.opt_out.sentence(kind, *mine, heard.language)
    if not text:
        return
    message_id = service_live.add_ours(tx, conversation_id=conversation_id, text=text, at=now)
    outbox.enqueue(
        tx, number_id=said.number_id, conversation_id=conversation_id, message_id=message_id, driver="cloud",
        content=Text(text), purpose="service", answers_id=said.message_id, operator_id=None, now=now,
        rule=f"{heard.rule}.{kind}", rule_version=heard.version,
    )  # fmt: skip


def _told_since(tx: Transaction, conversation_id: int, kind: str, since: int) -> bool:
    return bool(
        tx.value(
            """
            SELECT 1 FROM outgoing
             WHERE conversation_id = :id AND written_at > :since AND rule LIKE 'opt\\_out.%.' || :kind ESCAPE '\\'
             LIMIT 1
            """,
            {"id": conversation_id, "since": since, "kind": kind},
        )
    )
