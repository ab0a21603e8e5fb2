"""Sending as it is typed: `send text --to MEMBER|GROUP --text T [--reply-to WAMID]`."""

from __future__ import annotations

from typing import Final

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.text import safe


async def _text(database: Database, call: Invocation) -> Answer:
    from waconsole.sync.sending import BY_HAND, send_text  # every other command does without

    to, quoted = call.values["to"], call.values["reply_to"]
    sending = await send_text(
        database,
        call.settings,
        to,
        call.values["text"],
        reply_to=quoted,
        operator=call.operator,
        now=call.now,
    )
    if quoted and not sending.quotes:
        call.say(f"{quoted} is no message of this thread: it goes without the quote.")
    ref, who = sending.outgoing, safe(to)
    sentences = {
        "queued": f"{ref} is queued for {who}: `waconsole sync --once` sends it.",
        "held": f"{ref} is held: the service window of {who} is closed, and then only a template can go."
        f" When they have written, `waconsole outbox release {ref}` queues it again.",
        "refused": f"{ref} was refused: {sending.reason}.",
    }
    by_hand = f"{ref} is a task for a human hand, as nothing else reaches {who}: `waconsole tasks list`."
    said = (
        by_hand if sending.reason == BY_HAND else sentences.get(sending.state, f"{ref} is {sending.state}.")
    )
    return Answer({"outgoing": ref, "state": sending.state, "reason": sending.reason}, (said,))


SEND: Final[list[Command]] = [
    Command(("send", "text"), "Send a text to a member or a group.", _text, (
        Argument("--to", "a number with +, a BSUID, WhatsApp's id of a group, or a name", required=True, metavar="WHO"),
        Argument("--text", "what to say", required=True),
        Argument("--reply-to", "the wamid of the message it quotes", metavar="WAMID"),
    )),
]  # fmt: skip
