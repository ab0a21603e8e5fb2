"""`segments send`: one template to a segment, each in words of their own, visible all at once; and `segments sends`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, Work, listed
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.query.values import moment_of
from waconsole.segments.commands_asking import ENGINE, asking_of, with_places
from waconsole.segments.commands_waterfall import reason_words
from waconsole.text import safe

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary
    from waconsole.segments.service_asking import Asking, Engine
    from waconsole.segments.service_sending import Plan
    from waconsole.segments.service_waterfall import Chosen
    from waconsole.whatsapp.content import Template

LANGUAGES_TOLD_MAX: Final = 8
Words = Callable[[], "Vocabulary"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One sending as it was typed: the template with marks in its places, and when it is to leave (None: now)."""

    plan: Plan
    chosen: Chosen
    template: Template
    key: str
    not_before: int | None


def commands(words: Words) -> list[Command]:
    """The commands, over what `words` declares once it is asked."""
    return [
        Command(("segments", "send"), "Queue a template for everybody of a segment who may get it, all at once.",
                _send(words), (
                    Argument("segment", "a segment's name, or a rule"),
                    Argument("--template", "the template's name", required=True, metavar="NAME"),
                    Argument("--language", "its language; else the only one it has", metavar="L"),
                    Argument("--param", "NAME=VALUE, or VALUE by place, {name|there} filled for each; once for each",
                             many=True, metavar="VALUE"),
                    Argument("--button", "INDEX=VALUE: what fills a button, counted from 0", many=True, metavar="INDEX=VALUE"),
                    Argument("--header-link", "the public address of the file in its header", metavar="URL"),
                    Argument("--at", "when it leaves, in the shop's zone; else as soon as it can", metavar="DATE"),
                    Argument("--window", "each gets it in the hours of this preset where they live: tuesday, office, …",
                             metavar="PRESET"),
                    Argument("--wait-quiet", "who is in quiet hours gets it when they end", kind="flag"),
                    Argument("--key", "what this sending is called: the same again adds nothing", metavar="KEY"),
                    Argument("--dry-run", "queue nothing: who would get it, and what four of them would read", kind="flag"),
                    ENGINE,
                )),
        Command(("segments", "withdraw"), "Take a message to a segment back: what has not left is cancelled.", _withdraw,
                (Argument("key", "what the sending is called: `segments sends` shows it"),)),
        Command(("segments", "sends"), "What was sent to segments: each with its version, its waterfall, who was kept out.",
                _sends, writes=False),
    ]  # fmt: skip


def _send(words: Words) -> Work:
    @with_places
    async def send(database: Database, call: Invocation) -> Answer:
        from waconsole.inbox.store_conversations import add_member_conversations
        from waconsole.outbox.service_bulk import Wanted, enqueue_all
        from waconsole.segments import service_asking, service_sending, store_sending
        from waconsole.sync.sending import our_number, purpose_of

        _, engine = service_asking.engine_named(call.values["engine"])
        is_trial = call.values["dry_run"]
        if is_trial:
            asked = await database.stream(lambda tx: _asked(tx, call, words(), engine))
            return await database.read(lambda tx: _trial(tx, asked))
        number_id = await database.write(lambda tx: our_number(tx, call.settings, now=call.now))
        if number_id is None:
            raise Refused(
                "There is no number of the Cloud API to send with: set cloud.phone_number_id first."
            )
        actor = await database.write(lambda tx: service_sending.may(tx, call.operator, now=call.now))
        asked = await database.stream(lambda tx: _asked(tx, call, words(), engine))
        known = await database.read(lambda tx: store_sending.send_by_ref(tx, asked.key))
        if known is not None and known["withdrawn"]:
            raise Refused(f"{asked.key} was withdrawn: say --key to send the same again.")
        if known is not None and known["opened_at"] is not None:
            document = {**_row(known), "queued": 0}
            return Answer(document, (safe(f"{asked.key} was queued before: nothing was added."),))
        plan = asked.plan
        await service_sending.record(
            database, asked.key, plan, asked.chosen, asked.template.language, actor, now=call.now,
            not_before=asked.not_before, cancelled=call.cancelled,
        )  # fmt: skip
        segment, version = plan.target.segment, plan.target.version
        wanted = Wanted(
            asked.key, number_id, plan.letters, purpose_of(asked.template, "service"), campaign=asked.key,
            operator_id=actor.id, segment=segment or plan.target.rule, not_before=asked.not_before,
            rule=f"segment:{segment}" if segment else "segments.send", rule_version=version,
        )  # fmt: skip
        done = await enqueue_all(
            database, plan.ids, wanted, open_threads=add_member_conversations, now=call.now, progress=call.progress,
            cancelled=call.cancelled,
        )  # fmt: skip
        document = {**service_sending.document_of(plan), "key": asked.key, "queued": done.added}
        return Answer(
            document, (*_lines(plan), safe(f"{done.count:,} messages of {asked.key} wait to be sent."))
        )

    return send


def _asked(tx: Transaction, call: Invocation, vocabulary: Vocabulary, engine: Engine) -> Asked:
    from waconsole.outbox.eligible import MARKETING
    from waconsole.segments import service_sending, service_waterfall
    from waconsole.segments.variables import marked
    from waconsole.sync.commands_convert import button
    from waconsole.sync.sending_template import Wanted, template_of

    values = call.values
    asking = asking_of(tx, call, vocabulary)
    not_before = _instant(values["at"], asking)
    chosen = service_waterfall.chosen(tx, values["template"])
    if not chosen.is_template:
        raise Refused("A segment is written to with a template: name one with --template.")
    parameters, buttons = tuple(values["param"] or ()), tuple(button(one) for one in values["button"] or ())
    blanks = marked(parameters, buttons)
    language = values["language"] or _only_language(tx, chosen.name)
    wanted = Wanted(chosen.name, language, blanks.parameters, blanks.buttons, values["header_link"] or "")
    template = template_of(tx, wanted, _account(tx, wanted.name, language))
    if not template.category:  # nobody told of this one by this account: what the others are, it is
        template = replace(template, category=chosen.category or MARKETING)
    window = values["window"]
    as_typed = json.dumps([parameters, buttons, values["header_link"] or "", window], ensure_ascii=False)
    target = service_sending.target_of(tx, values["segment"], asking)
    then = service_sending.as_of(asking, not_before)
    plan = service_sending.plan(
        tx, target, then, engine, chosen, template, blanks, as_typed=as_typed,
        waits=values["wait_quiet"] or window is not None,
    )  # fmt: skip
    if window is not None:
        service_sending.wait_for(tx, plan, window, then)
    key = values["key"] or service_sending.key_of(target, template, as_typed, asking, not_before)
    return Asked(
        plan, replace(chosen, category=template.category or chosen.category), template, key, not_before
    )


def _account(tx: Transaction, name: str, language: str) -> int | None:
    """Our number whose account has the template; None for one of a list that names no account."""
    from waconsole.outbox import store as outbox
    from waconsole.outbox import store_templates

    number_id = outbox.cloud_number(tx)
    if number_id is None:
        return None
    account = str(outbox.number_row(tx, number_id)["waba_id"] or "")
    is_ours = store_templates.template_row(tx, account, name, language) is not None
    return number_id if is_ours or store_templates.template_row(tx, "", name, language) is None else None


def _instant(said: str | None, asking: Asking) -> int | None:
    if said is None:
        return None
    moment = moment_of(said)
    if moment is None:
        raise Refused(f"{said} is no instant: write it like 2026-12-01T10:00.")
    at = moment.bounds(asking.now, asking.zone)[0]
    if at <= asking.now:
        raise Refused(f"{said} has passed: choose an instant to come, or leave --at out to send now.")
    return at


def _only_language(tx: Transaction, name: str) -> str:
    from waconsole.outbox import store_templates

    languages = sorted({str(row["language"]) for row in store_templates.templates_named(tx, name)})
    if len(languages) != 1:
        there = ", ".join(safe(one) for one in languages[:LANGUAGES_TOLD_MAX])
        raise Refused(f"The template {name} is there in {there}: name one with --language.")
    return languages[0]


def _trial(tx: Transaction, asked: Asked) -> Answer:
    """What sending would do, and what the recipients read with whom something goes wrong first."""
    from waconsole.segments import service_sending, store_segments

    found = service_sending.previews_of(asked.plan)
    people = {row["id"]: row for row in store_segments.people(tx, [one.member_id for one in found])}
    rows = [
        {"why": one.why, "member": people[one.member_id]["member"], "phone": people[one.member_id]["phone"], "text": one.text}
        for one in found
    ]  # fmt: skip
    document = {**service_sending.document_of(asked.plan), "key": asked.key, "queued": 0, "previews": rows}
    lines = [f"{row['why']}: {row['member']}  {row['text']}" for row in rows]
    return Answer(document, (*_lines(asked.plan), *(safe(line) for line in lines), "Nothing was queued."))


def _lines(plan: Plan) -> list[str]:
    lines = [f"{plan.fallen.match:>11,}  match"]
    lines += [
        f"{-one.excluded:>11,}  {reason_words(one.reason)}" for one in plan.fallen.steps() if one.excluded
    ]
    if plan.without:
        lines.append(f"{-plan.without:>11,}  a value is missing, or too long")
    return [*lines, f"{len(plan.ids):>11,}  get it"]


async def _withdraw(database: Database, call: Invocation) -> Answer:
    from waconsole.segments import service_withdrawing

    found = await service_withdrawing.withdraw(
        database, call.values["key"], operator=call.operator, now=call.now
    )
    document = {"key": found.ref, "withdrawn": found.cancelled, "gone": found.gone}
    return Answer(document, (safe(f"{found.ref}: {found.said}"),))


async def _sends(database: Database, call: Invocation) -> Answer:
    from waconsole.segments import store_sending

    rows = await database.read(
        lambda tx: [_row(row) for row in store_sending.sends(tx) if row["opened_at"] is not None]
    )
    document = listed(rows, call.limit)
    lines = tuple(
        safe(
            f"{row['at']}  {row['count']:>9,}  {row['key']}  {row['template']}  {row['segment'] or row['rule']}"
            f"{'  withdrawn' if row['withdrawn'] else ''}"
        )
        for row in document["rows"]
    )
    return Answer(document, lines or ("Nothing was sent to a segment yet.",))


def _row(row: Row) -> dict[str, Any]:
    return {
        "key": row["ref"], "segment": row["segment"] or None, "version": row["version"] or None, "rule": row["rule"],
        "template": row["template"], "language": row["language"], "match": row["matched"], "steps": json.loads(row["steps"]),
        "reached": row["reached"], "without_value": row["without"], "count": row["row_count"], "held_out": row["held_out"],
        "withdrawn": bool(row["withdrawn"]), "at": iso(row["asked_at"]), "not_before": iso(row["not_before"]) if row["not_before"] else None,
    }  # fmt: skip
