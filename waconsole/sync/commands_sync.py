"""Both roads as they are typed: `sync --once`, or `sync --watch` until stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from waconsole.clock import iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, Work
from waconsole.database.connection import Database
from waconsole.errors import UsageError
from waconsole.outbox.store_former import former_advice

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary


def _syncing(words: Callable[[], Vocabulary]) -> Work:
    async def sync(database: Database, call: Invocation) -> Answer:
        return await _sync(database, call, words)

    return sync


async def _sync(database: Database, call: Invocation, words: Callable[[], Vocabulary]) -> Answer:
    from waconsole.sync import watching  # httpx and the shapes of webhooks load with it
    from waconsole.sync.left_waiting import why_waiting

    once, watch = call.values["once"], call.values["watch"]
    if once == watch:
        raise UsageError("Say --once, or --watch to go on until stopped.")
    clock = watching.running_clock(call.now)
    ours = call.settings.cloud.phone_number_id
    if advice := await database.read(lambda tx: former_advice(tx, ours)):
        call.say(advice)
    if once:
        synced = await watching.sync_once(
            database, call.settings, clock=clock, stop=call.cancelled, words=words
        )
    else:
        synced = await watching.keep_in_sync(
            database, call.settings, clock=clock, stop=call.cancelled, say=call.say, words=words
        )
    document: dict[str, Any] = {
        name: getattr(synced, name)
        for name in ("sent", "unknown", "failed", "received", "processed", "quarantined")
    }
    out = f"{synced.sent:,} sent, {synced.unknown:,} unknown, {synced.failed:,} failed"
    come = f"{synced.received:,} received, {synced.processed:,} processed, {synced.quarantined:,} quarantined"
    if synced.trying:
        document["trying"] = synced.trying
        come += f", {synced.trying:,} tried again later"
    if synced.said:
        call.say(synced.said)
    if synced.trouble and once:
        call.say(synced.trouble)
    if once:
        for sentence in await database.read(lambda tx: why_waiting(tx, now=clock())):
            call.say(sentence)
    if once and call.settings.gateway.enabled:
        from waconsole.sync.gateway_waits import waits  # most shops have none

        if left := await database.read(lambda tx: waits(tx, now=clock())):
            document["waits"] = [
                {
                    "number": one.number,
                    "messages": one.messages,
                    "until": iso(one.until),
                    "reason": one.sentence,
                }
                for one in left
            ]
            for one in left:
                call.say(one.sentence)
    partly = (
        synced.unknown or synced.failed or synced.quarantined or synced.trying or (once and synced.trouble)
    )
    return Answer(document, (f"{out}; {come}.",), EXIT_PARTLY if partly else EXIT_DONE)


def commands(words: Callable[[], Vocabulary]) -> list[Command]:
    """The command, over what `words` declares once a rule of a tag is asked."""
    return [
        Command(("sync",), "Send what is queued, and take in what came.", _syncing(words), (
            Argument("--once", "until nothing is due", kind="flag"),
            Argument("--watch", "until stopped", kind="flag"),
        ), on_screen=False),
    ]  # fmt: skip
