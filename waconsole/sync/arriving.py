"""Let invites catch up with the friends who wrote: read first, then written in short transactions, in turn.

Somebody new who sent no code is asked once who sent them, where the shop wants that (`referral.ask_who`): a message like
any other, with every rule of sending, inside the service window their own message opened.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient, WaconsoleError
from waconsole.fraud.service_sweep import check_edge, sweep
from waconsole.inbox import service_live
from waconsole.invites import service_arrivals, service_share, share, store_arrivals
from waconsole.invites.service_arrivals import ASK_WHO, Taken
from waconsole.invites.store_arrivals import Wrote
from waconsole.members import store as members
from waconsole.outbox import service as outbox
from waconsole.outbox import store_numbers
from waconsole.policy import store as policy
from waconsole.sync import notice_rows, process_rules
from waconsole.whatsapp.content import Text

STEP: Final = 4  # messages: below 10 ms
AT_ONCE: Final = 48  # in one transaction, unless somebody waits
SERVICE: Final = "service"
UNREAD: Final = "Nobody could read who sent a friend: `waconsole invites add` says it by hand."


async def catch_up_arrivals(
    database: Database, *, now: int, stop: Callable[[], bool] = lambda: False
) -> Taken:
    """Read every live message that is unread; repeating it changes nothing.

    It stops between two transactions when `stop` says so, and goes on from there the next time.
    """
    done = Taken()
    found, through = await database.stream(service_arrivals.look)
    suspicious = False

    def some(tx: Transaction, start: int) -> int:
        """Steps until somebody waits; answers how far it came."""
        nonlocal suspicious
        for begin in range(start, min(start + AT_ONCE, len(found)), STEP):
            take(tx, found[begin : begin + STEP].tolist(), done, now=now)
            suspicious |= any(check_edge(tx, one) for one in done.made)
            done.made.clear()
            start = begin + STEP
            if tx.somebody_waits():
                break
        return start

    start = 0
    while start < len(found):
        if stop():
            return done
        start = await database.write(partial(some, start=start))
    if through > await database.read(store_arrivals.mark):  # what is no live message is passed over at once
        await database.write(lambda tx: store_arrivals.set_mark(tx, through))
    if suspicious:  # whoever makes haste is frozen now, and not when the next sweep is due
        await sweep(database, now=now)
    return done


def take(tx: Transaction, message_ids: list[int], done: Taken, *, now: int) -> None:
    """Read some messages and ask whoever is to be asked, in the caller's transaction.

    One that cannot be read for a reason that will not pass holds up no other: an operator is told.
    """
    for message_id in message_ids:
        tx.execute("SAVEPOINT arrival")
        try:
            service_arrivals.take(tx, [message_id], done, now=now)
            for one in done.to_ask:
                _ask(tx, one, now=now)
                done.asked += 1
        except Transient:
            raise
        except WaconsoleError as error:
            tx.execute("ROLLBACK TO arrival")
            store_arrivals.set_mark(tx, message_id)
            notice_rows.add(
                tx, key=f"arrival|{message_id}", at=now, now=now, level="warning", subject="member",
                named=f"message {message_id}", sentence=UNREAD, detail=str(error),
            )  # fmt: skip
        tx.execute("RELEASE arrival")
        done.to_ask.clear()


def _ask(tx: Transaction, one: Wrote, *, now: int) -> None:
    """Ask in the friend's language, once: the row that says so is unique."""
    driver = str(store_numbers.number_row(tx, one.number_id)["driver"])
    member = members.member_by_id(tx, one.root_id)
    language = process_rules.rules_in_force(tx, now=now).opt_out.language_by(member.language, member.phone)
    known = service_share.texts(tx, now=now)
    spoken = share.language_of(language or "", known)
    text = known[spoken].get("ask", "") or known[share.ENGLISH]["ask"]
    _, version = policy.in_force(tx, ASK_WHO, now=now)
    message_id = None
    if driver != "human":
        message_id = service_live.add_ours(tx, conversation_id=one.conversation_id, text=text, at=now)
    outgoing_id = outbox.enqueue(
        tx, number_id=one.number_id, conversation_id=one.conversation_id, message_id=message_id, driver=driver,
        content=Text(text), purpose=SERVICE, answers_id=one.id, operator_id=None, now=now, rule=ASK_WHO,
        rule_version=version,
    )  # fmt: skip
    store_arrivals.add_asked(
        tx, one.member_id, outgoing_id, asked_at=one.sent_at, rule_version=version, now=now
    )
