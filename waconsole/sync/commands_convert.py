"""`outbox convert`: a message whose service window has closed goes as a template; and `send many`, one template to a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from waconsole.command import Answer, Argument, Command, Invocation, Work
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, UsageError
from waconsole.text import safe

if TYPE_CHECKING:
    from waconsole.outbox.service_bulk import Query
    from waconsole.outbox.service_bulk import Wanted as Bulk
    from waconsole.query.fields import Vocabulary
    from waconsole.sync.sending_template import Wanted

TEMPLATE: Final = (
    Argument("--language", "its language, as de or en_US", required=True, metavar="L"),
    Argument("--param", "NAME=VALUE, or VALUE by place; once for each", many=True, metavar="VALUE"),
    Argument("--header-link", "the public address of the file in its header", metavar="URL"),
    Argument(
        "--button", "INDEX=VALUE: what fills a button, counted from 0", many=True, metavar="INDEX=VALUE"
    ),
)


def _wanted(call: Invocation, name: str) -> Wanted:
    from waconsole.sync.sending_template import Wanted

    values = call.values
    return Wanted(
        name,
        values["language"],
        tuple(values["param"] or ()),
        tuple(button(one) for one in values["button"] or ()),
        values["header_link"] or "",
    )


def button(text: str) -> tuple[int, str]:
    place, equals, value = text.partition("=")
    if not equals or not place.strip().isdecimal():
        raise UsageError(f"{text!r} is no button: write --button INDEX=VALUE, counted from 0.")
    return int(place), value


async def _convert(database: Database, call: Invocation) -> Answer:
    from waconsole.inbox import service_live
    from waconsole.operators import service as operators
    from waconsole.outbox import service_convert, store, store_rows
    from waconsole.sync.sending_template import template_of

    wanted = _wanted(call, call.values["template"])

    def work(tx: Transaction) -> dict[str, Any]:
        outgoing_id = store_rows.outgoing_named(tx, call.values["outgoing"])
        old = store_rows.outgoing_row(tx, outgoing_id)
        template = template_of(tx, wanted, old["number_id"])

        def show(conversation_id: int) -> int:
            return service_live.add_ours(tx, conversation_id=conversation_id, content=template, at=call.now)

        who = operators.acting(tx, call.operator, now=call.now)
        new_id = service_convert.convert(tx, who, outgoing_id, template, now=call.now, show=show)
        return {**store.outgoing_rows(tx, [new_id])[0], "replaces": str(old["ref"])}

    row = await database.write(work)
    line = f"{row['outgoing']} is {row['state']} in the place of {row['replaces']}."
    return Answer(row, (line,))


def _many(vocabulary: Callable[[], Vocabulary]) -> Work:
    async def work(database: Database, call: Invocation) -> Answer:
        from waconsole.inbox.store_conversations import add_member_conversations
        from waconsole.outbox.service_bulk import enqueue_all

        members = _members(vocabulary(), call)
        if call.values["dry_run"]:
            count = await database.stream(lambda tx: _count(tx, members))
            return Answer({"count": count, "queued": 0}, (f"{count:,} members match; nothing was queued.",))
        asked = await database.write(lambda tx: _asked(tx, call))
        done = await enqueue_all(
            database, members, asked, open_threads=add_member_conversations, now=call.now, progress=call.progress,
            cancelled=call.cancelled,
        )  # fmt: skip
        document = {"count": done.count, "queued": done.added, "key": asked.key, "campaign": asked.campaign}
        again = "" if done.added else " They were queued before: nothing was added."
        return Answer(document, (f"{done.count:,} messages of {safe(asked.key)} wait to be sent.{again}",))

    return work


def _members(vocabulary: Vocabulary, call: Invocation) -> Query:
    """The members the query finds, as SQL."""
    from waconsole.outbox.service_bulk import Query
    from waconsole.query.compile import compile_query

    zone = ZoneInfo(call.settings.shop.timezone or "UTC")
    compiled = compile_query(
        call.values["to_query"], "members", vocabulary, now=call.now, zone=zone, operator_id=0
    )
    of = vocabulary.subject("members")
    return Query(f"SELECT {of.key} AS id FROM {of.rows} WHERE {compiled.where}", compiled.parameters)


def _count(tx: Transaction, members: Query) -> int:
    return int(tx.value(f"SELECT count(DISTINCT id) FROM ({members.sql}) AS wanted", members.parameters))


def _asked(tx: Transaction, call: Invocation) -> Bulk:
    """What is said to all of them: the template as it was filled, by our number."""
    from waconsole.operators import service as operators
    from waconsole.outbox.service_bulk import Wanted as Bulk
    from waconsole.sync.sending import our_number, purpose_of
    from waconsole.sync.sending_template import template_of

    number_id = our_number(tx, call.settings, now=call.now)
    if number_id is None:
        raise Refused("There is no number of the Cloud API to send with: set cloud.phone_number_id first.")
    template = template_of(tx, _wanted(call, call.values["name"]), number_id)
    key = call.values["key"]
    who = operators.acting(tx, call.operator, now=call.now)
    return Bulk(
        key, number_id, template, purpose_of(template, "service"), campaign=call.values["campaign"] or key,
        operator_id=who.id,
    )  # fmt: skip


def commands(vocabulary: Callable[[], Vocabulary]) -> list[Command]:
    """The commands, over what `vocabulary` declares once it is asked."""
    return [
        Command(("outbox", "convert"), "Send a template in the place of a message that waits.", _convert, (
            Argument("outgoing", "the message's ref, its beginning, or its wamid"),
            Argument("--template", "the template's name", required=True, metavar="NAME"), *TEMPLATE,
        )),
        Command(("send", "many"), "Queue an approved template for every member a query finds.", _many(vocabulary), (
            Argument("--to-query", "whom: a query of members", required=True, metavar="QUERY"),
            Argument("--name", "the template's name", required=True), *TEMPLATE,
            Argument("--key", "what this sending is called: the same again adds nothing", required=True),
            Argument("--campaign", "the campaign it belongs to; without it, the key"),
            Argument("--dry-run", "only count whom the query finds", kind="flag"),
        )),
    ]  # fmt: skip
