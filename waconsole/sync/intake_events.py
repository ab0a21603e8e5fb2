"""What WhatsApp tells of groups, templates, accounts and numbers: it acts at once, and an operator is told."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.groups import service_joins, service_results
from waconsole.groups import store_live as groups
from waconsole.groups.told import Told
from waconsole.outbox import service_accounts, service_templates, store_numbers
from waconsole.outbox.service_templates import Word
from waconsole.sync import notice_rows
from waconsole.sync.intake_people import Person, person
from waconsole.whatsapp.classify import rule_of
from waconsole.whatsapp.doors import Person as Seen
from waconsole.whatsapp.driver import Action
from waconsole.whatsapp.events import Event, JoinRequested
from waconsole.whatsapp.events_standing import AccountChanged, ErrorTold, GroupChanged, TemplateChanged

# What a template's word means to whoever sends with it: how loud, and the sentence.
_STATUS: Final = {
    "PAUSED": ("warning", "WhatsApp has paused this template: what waits for it is held."),
    "DISABLED": ("alarm", "WhatsApp has disabled this template for good: what waits for it is held."),
    "REJECTED": ("warning", "WhatsApp does not take this template."),
    "FLAGGED": ("warning", "WhatsApp has flagged this template: it may be paused soon."),
    "LIMIT_EXCEEDED": (
        "warning",
        "This template has reached a limit of WhatsApp's: what waits for it is held.",
    ),
    "LOCKED": ("warning", "WhatsApp has locked this template: what waits for it is held."),
    "DELETED": ("warning", "This template was deleted: what waits for it is held."),
    "PENDING_DELETION": ("warning", "This template is being deleted: what waits for it is held."),
    "ARCHIVED": ("warning", "WhatsApp has archived this template: it is deleted after 28 days."),
}
_QUALITY: Final = {
    "YELLOW": ("warning", "People like this template less: WhatsApp may pause it."),
    "RED": ("alarm", "People dislike this template: WhatsApp is about to pause it."),
}
ERROR_OF_NUMBER: Final = "WhatsApp tells of an error that belongs to no message."


def take(tx: Transaction, event: Event, number_id: int | None, *, now: int) -> str:
    """Take in an event of a group, a template, an account or a number. Answers why it is only kept, or an empty text."""
    if isinstance(event, GroupChanged):
        told = service_results.heard(tx, event, number_id, now=now)
        if told is not None:
            say(tx, told, at=event.at, subject="group", now=now)
    elif isinstance(event, TemplateChanged):
        try:
            _template(tx, event, now=now)
        except NotFound as error:
            return str(error)
    elif isinstance(event, AccountChanged):
        _account(tx, event, now=now)
    elif isinstance(event, ErrorTold):
        _error(tx, event, number_id, now=now)
    else:
        return f"Nothing of this version takes {type(event).__name__} of this number."
    return ""


def say(tx: Transaction, told: Told, *, at: int, subject: str, now: int) -> None:
    """Tell an operator what a group's event means."""
    notice_rows.add(
        tx, key=told.key, at=at, now=now, level=told.level, subject=subject, named=told.named,
        sentence=told.sentence, detail=told.detail,
    )  # fmt: skip


def grow_overdue(tx: Transaction, *, now: int) -> int:
    """Tell of every request whose deadline has passed; answers how many there were."""
    found = service_results.grow_overdue(tx, now=now)
    for told in found:
        say(tx, told, at=now, subject="request", now=now)
    return len(found)


def _template(tx: Transaction, event: TemplateChanged, *, now: int) -> None:
    word = service_templates.heard(tx, event, now=now)
    if word is None:
        return
    level, sentence = _of_template(word)
    if not sentence:
        return
    if word.waiting and level != "note":
        sentence += f" {word.waiting:,} wait for it." if word.waiting > 1 else " One message waits for it."
    at = now if event.at is None else event.at
    notice_rows.add(
        tx, key=f"template|{event.waba_id}|{word.name}|{word.language}|{word.part}|{word.value}|{at}", at=at, now=now,
        level=level, subject="template", named=f"{word.name} ({word.language})", sentence=sentence, detail=word.reason,
    )  # fmt: skip


def _of_template(word: Word) -> tuple[str, str]:
    """(level, sentence) of a word on a template; no sentence where nobody needs one."""
    if word.value == word.before and word.part != "components":
        return "note", ""
    if word.part == "status":
        return _STATUS.get(word.value, ("note", f"WhatsApp says of this template: {word.value.lower()}."))
    if word.part == "quality":
        return _QUALITY.get(word.value, ("note", f"The quality of this template: {word.value.lower()}."))
    moved = (
        f"from {word.before.lower()} to {word.value.lower()}" if word.before else f"to {word.value.lower()}"
    )
    if word.part == "category":
        held = "what was written for it before is held until an operator has looked"
        return "warning", f"WhatsApp has moved this template {moved}: another price, other rules; {held}."
    if word.part == "coming":
        return "warning", f"WhatsApp will move this template {moved}."
    return "note", "The words of this template have changed: `waconsole templates sync` fetches them."


def _account(tx: Transaction, event: AccountChanged, *, now: int) -> None:
    means = service_accounts.heard(tx, event, now=now)
    if means is None:
        return
    at = now if event.at is None else event.at
    subject = "number" if event.phone else "account"
    notice_rows.add(
        tx, key=f"account|{event.account_id}|{event.field}|{event.event}|{event.phone}|{at}", at=at, now=now,
        level=means.level, subject=subject, named=event.phone or event.account_id, sentence=means.sentence,
        detail=event.detail,
    )  # fmt: skip


def _error(tx: Transaction, event: ErrorTold, number_id: int | None, *, now: int) -> None:
    """An error with no message: the same one is told once a day. One that stops a number in an answer stops it here."""
    rule = rule_of(event.code)
    is_stop = event.code is not None and rule.action is Action.STOP and not rule.campaign
    if is_stop and number_id is not None and not store_numbers.number_row(tx, number_id)["stopped_reason"]:
        store_numbers.set_number_stopped(tx, number_id, event.detail or f"error {event.code}", now)
    day = now // 86_400_000_000
    code = "" if event.code is None else f" (error {event.code})"
    notice_rows.add(
        tx, key=f"error|{number_id or 0}|{event.field}|{event.code}|{day}", at=now, now=now, level="warning",
        subject="error", named="", sentence=f"{ERROR_OF_NUMBER[:-1]}{code}.", detail=event.detail,
    )  # fmt: skip


def join(
    tx: Transaction, event: JoinRequested, number_id: int | None, *, now: int
) -> tuple[Row, Person] | None:
    """Take in that somebody asks to come in, or does no longer: (group, who) where they ask."""
    who = person(tx, event.sender, at=event.at, now=now)
    group = groups.ensure_group(tx, event.group_id, now=now, number_id=number_id)
    sender = event.sender
    service_joins.heard(
        tx, group["id"], event.request_id, event.action, member_id=who.member_id, alias_id=who.alias_id,
        person=Seen(sender.phone, sender.bsuid, sender.lid, sender.username), channel=event.channel, at=event.at,
    )  # fmt: skip
    return (group, who) if event.action == "created" else None
