"""A shop with a group, members who ordered, and an owner and a moderator who may decide."""

from __future__ import annotations

from typing import Final

from tests.conftest import NOW
from tests.policy.ledgers import OWNER, PASSPHRASE, SECOND
from waconsole import catalogue
from waconsole.cli.parse import parse
from waconsole.clock import DAY, HOUR
from waconsole.command import Answer, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.groups import store as groups
from waconsole.groups import store_live, store_standing
from waconsole.inbox import store_conversations as conversations
from waconsole.invites import store_programmes as programmes
from waconsole.invites.store_programmes import Programme, Step
from waconsole.members import store as members
from waconsole.members import store_consent
from waconsole.money import parse as money
from waconsole.operators import service as operators
from waconsole.operators import service_known
from waconsole.operators.service_known import Wanted
from waconsole.outbox import store_numbers
from waconsole.policy import service as policy
from waconsole.settings import Settings
from waconsole.shop import store as shop

GROUP: Final = "R1JPVVAtRkFLRS0wMDE"
LINK: Final = "https://chat.whatsapp.com/RUN"


async def say(database: Database, *words: str, by: str | None = OWNER, now: int = NOW) -> Answer:
    """A command as it is typed."""
    command, values = parse(words, catalogue.commands())
    said: list[str] = []
    call = Invocation(
        values=values, now=now, operator=by, settings=Settings(), say=said.append,
        progress=lambda done, total: None, cancelled=lambda: False, limit=values.get("limit"),
    )  # fmt: skip
    answer = await command.work(database, call)
    return answer._replace(lines=(*answer.lines, *said))


def shop_of(tx: Transaction) -> int:
    """The operators, our number and the group; answers the group's id."""
    service_known.add(tx, None, Wanted(OWNER, "owner"), PASSPHRASE, now=NOW)
    service_known.add(tx, OWNER, Wanted(SECOND, "moderator"), PASSPHRASE, now=NOW)
    number_id = store_numbers.ensure_number(
        tx, phone_number_id="100000000000001", waba_id="2", name="shop", phone=None, now=NOW
    )
    group = store_live.ensure_group(tx, GROUP, now=NOW, number_id=number_id)
    store_standing.told_settings(tx, group["id"], subject="Runners", at=NOW - 90 * DAY)
    store_standing.told_link(tx, group["id"], LINK, at=NOW - 90 * DAY)
    return int(group["id"])


def person(tx: Transaction, place: int, *, consent: str | None = "yes", is_open: bool = True) -> int:
    """Somebody with a number, who wrote within the day; answers the member's row."""
    phone = f"+3363998{place:04d}"
    member_id = members.ensure_member(
        tx, phone=phone, bsuid=None, name=f"Person {place}", origin="live", now=NOW, seen_at=NOW - DAY
    )
    if consent is not None:
        store_consent.add_consent(
            tx, member_id=member_id, purpose="marketing", state=consent, source="form", decided_at=NOW - 100 * DAY,
            now=NOW, origin="live",
        )  # fmt: skip
    number_id = store_numbers.cloud_number(tx)
    assert number_id is not None
    thread = conversations.add_member_conversation(
        tx, number_id=number_id, member_id=member_id, member_ref=members.member_by_id(tx, member_id).ref
    )
    if is_open:
        tx.execute("UPDATE conversation SET window_until = ? WHERE id = ?", (NOW + 20 * HOUR, thread))
    return member_id


def order(tx: Transaction, member_id: int, days_ago: int, total: str = "100.00 EUR") -> None:
    """An order so many days ago."""
    amount, row_id = money(total), shop.next_order_id(tx)
    at = NOW - days_ago * DAY
    shop.add_orders(
        tx,
        [shop.OrderRow(row_id, f"O{row_id}", member_id, at, amount.currency, amount.minor, "import", NOW, 0)],
    )


def stay(tx: Transaction, group_id: int, member_id: int, since: int, until: int | None = None) -> None:
    """A stay in a group."""
    groups.add_stints(tx, group_id, [groups.Stint(member_id, since, until)], origin="live")


def programme(tx: Transaction, name: str, *, at: int = NOW - 100 * DAY) -> int:
    """A programme that runs since `at`; answers its row."""
    ana = operators.acting(tx, OWNER, now=NOW)
    policy.set_version(
        tx, f"invites.programme.{name}", {"counted_action": "messaged"}, says="A test.", reason="a test", valid_from=0,
        set_by=ana, now=NOW,
    )  # fmt: skip
    row_id, step_id = programmes.next_id(tx, "programme"), programmes.next_id(tx, "programme_step")
    programmes.add_programme(tx, Programme(row_id, programmes.ref_of(name), name, ana.id, at))
    programmes.add_step(tx, Step(step_id, row_id, "activated", 1, "{}", 0, ana.id, None, 0, "", at))
    return row_id


def invite(
    tx: Transaction,
    programme_id: int,
    referrer: int,
    invitee: int,
    days_ago: int,
    channel: str,
    *,
    came: bool = True,
) -> int:
    """Somebody invited somebody so many days ago; who came did so at once."""
    at = NOW - days_ago * DAY
    return tx.insert(
        """
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, channel, confidence, origin,
                            recorded_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, 'exact', 'import', ?)
        """,
        (
            f"i-{referrer}-{invitee}-{at}-{channel}",
            programme_id,
            referrer,
            invitee,
            at,
            at if came else None,
            channel,
            NOW,
        ),
    )
