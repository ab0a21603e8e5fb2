"""Ledgers for the tests of the inbox's screen: a few groups, deterministic, filled through the stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.clock import HOUR, MINUTE, SECOND, parse_iso
from waconsole.database.connection import Database, Transaction
from waconsole.groups import store as groups
from waconsole.inbox import search, store_conversations, store_files, store_items, store_messages
from waconsole.inbox.model import item_ref
from waconsole.inbox.store_files import MediaRow
from waconsole.inbox.store_items import ItemRow
from waconsole.inbox.store_messages import MessageRow
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import store as outbox

NOW: Final = parse_iso("2026-11-20T09:21:00Z")
WINDOW: Final = 20 * HOUR  # what is left of the service window where the API reaches a group


@dataclass(frozen=True, slots=True)
class Said:
    """One message to be written: who (a name, or a number with +), what, minutes before `NOW`.

    `item` is the kind of an open item with `left` minutes until it is owed.
    """

    who: str
    text: str
    ago: int
    item: str = ""
    left: int = 24 * 60
    kind: str = "text"
    direction: str = "in"
    media: tuple[str, str] | None = None
    edited: int = 0


class Builder:
    """Writes groups and what was said in them into an open ledger, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """`tx` is a transaction of a fresh ledger."""
        self.tx = tx
        outbox.ensure_hand(tx, now=NOW)
        self.number = outbox.hand_number_id(tx)
        self.operator = operators.add(tx, "Ana", "owner", now=NOW)
        operators.add(tx, "Bo", "moderator", now=NOW)
        self._groups = 0

    @classmethod
    def more(cls, tx: Transaction, name: str, said: Sequence[Said]) -> None:
        """Further messages in a group that is there."""
        group_id = groups.group_named(tx, name).id
        conversation = store_conversations.conversation_of_group(tx, group_id)
        assert conversation is not None
        build = cls.__new__(cls)
        build.tx = tx
        build._write(conversation, group_id, f"g-{group_id}", said, {})
        store_conversations.refresh_unread(tx, conversation)
        store_conversations.refresh_clocks(tx, conversation)

    def group(
        self, name: str, said: Sequence[Said], *, driver: str = "human", read: int | None = None
    ) -> int:
        """A group with its conversation; `read` is how many of the messages count as read. Answers its id."""
        tx, ref = self.tx, f"g-{self._groups:04}"
        self._groups += 1
        group_id = groups.add_group(tx, ref=ref, name=name, driver=driver, origin="live", now=NOW)
        conversation = store_conversations.add_group_conversation(
            tx, number_id=self._number(driver), group_id=group_id, group_ref=ref, read_through_at=0, run_id=0
        )
        if driver == "cloud":
            tx.execute(
                'UPDATE "group" SET whatsapp_id = :name WHERE id = :id',
                {"name": f"GROUP{ref}", "id": group_id},
            )
            tx.execute(
                "UPDATE conversation SET window_until = :until WHERE id = :id",
                {"until": NOW + WINDOW, "id": conversation},
            )
        rows = self._write(conversation, group_id, ref, said, {})
        through = rows[read - 1] if read else None
        store_conversations.change(
            tx,
            conversation,
            {
                "read_through_at": through.sent_at if through else 0,
                "read_through_id": through.id if through else 0,
            },
        )
        store_conversations.refresh_clocks(tx, conversation)
        return conversation

    def _number(self, driver: str) -> int:
        if driver == "human":
            return self.number
        return outbox.ensure_number(
            self.tx,
            phone_number_id="100000000000001",
            waba_id="200000000000002",
            name="Shop",
            phone=None,
            now=NOW,
        )

    def _write(
        self,
        conversation: int,
        group_id: int,
        ref: str,
        said: Sequence[Said],
        people: dict[str, tuple[int, int]],
    ) -> list[MessageRow]:
        """The messages of a conversation with what hangs on them."""
        tx = self.tx
        first = store_messages.next_message_id(tx)
        rows, items, media = [], [], []
        for message_id, one in enumerate(said, first):
            alias = None if one.kind == "system" else self._person(one.who, group_id, people)
            at = NOW - one.ago * MINUTE
            at -= at % SECOND
            rows.append(MessageRow(message_id, conversation, alias, one.direction, one.kind, one.text, one.edited,
                                   "", at, None, "live", 0))  # fmt: skip
            if one.media is not None:
                media.append(MediaRow(message_id, *one.media, None, None))
            if one.item:
                item = item_ref(f"c-group-{ref}", at, one.who, one.text, one.item, message_id)
                items.append(ItemRow(item, conversation, message_id, one.item, "q.en.1", 1, one.text[:20], at,
                                     NOW + one.left * MINUTE, "live", 0))  # fmt: skip
        found = [row for row in rows if row.kind != "system"]
        keys = dict(
            zip(
                [row.id for row in found],
                search.reserve_keys(tx, [row.sent_at for row in found]),
                strict=True,
            )
        )
        rows = [row._replace(search_key=keys.get(row.id)) for row in rows]
        search.index_messages(tx, [(keys[row.id], row.text) for row in found])
        store_messages.add_messages(tx, rows)
        store_files.add_media(tx, media)
        store_items.add_items(tx, items)
        groups.add_stints(
            tx, group_id,
            [groups.Stint(member, NOW - 1000 * HOUR, None) for _, member in people.values()], origin="live",
        )  # fmt: skip
        store_conversations.refresh_last(tx, conversation, added=len(rows))
        return rows

    def _person(self, who: str, group_id: int, people: dict[str, tuple[int, int]]) -> int:
        if who not in people:
            is_phone = who.startswith("+") and who[1:].isdigit()
            member = members.add_member(
                self.tx,
                ref=f"m-{group_id}-{len(people)}",
                name="" if is_phone else who,
                origin="live",
                now=NOW,
            )
            kind, scope = ("phone", 0) if is_phone else ("name", group_id)
            known = members.alias_id(self.tx, kind, who, scope)
            people[who] = known or (
                members.add_alias(
                    self.tx, member_id=member, kind=kind, value=who, group_id=scope, origin="live"
                ),
                member,
            )
        return people[who][0]


def community(tx: Transaction) -> None:
    """Five groups of an evening: owed, unread, quiet."""
    build = Builder(tx)
    build.group("Mamans Lyon 3", [
        Said("Inès", "Quelqu'un a essayé la taille 2 ?", 20),
        Said("+33639980017", "oui, elle taille petit", 18),
        Said("Inès", "Et c'est quand le prochain arrivage ?", 12, "question", 3),
        Said("Paula", "moi aussi je veux savoir", 11),
        Said("Paula", "et le prix ?", 9, "price", 600),
    ], read=2)  # fmt: skip
    build.group("Skin Club TPE", [
        Said("王小明", "這瓶多少錢？可以用折價券嗎", 100, "price", 9),
        Said("林", "在這裡看 https://shop.example/瓶", 90),
    ], driver="cloud", read=1)  # fmt: skip
    build.group("Complaints Berlin", [
        Said("+4915123456789", "Toujours rien reçu depuis lundi", 500, "complaint", 41),
    ])  # fmt: skip
    build.group("Runners Köln", [
        Said("+4915123456789", "Darf ich auch mitmachen?", 600, "join", 120),
        Said("Jo", "joined using this group's invite link", 590, kind="system"),
        Said("Jo", "", 580, media=("image", "IMG-2041.jpg")),
    ])  # fmt: skip
    build.group("Ambassadors", [Said("Lin C.", "good night", 1260)], read=1)


def triage(tx: Transaction, groups_count: int = 5, items_count: int = 100) -> None:
    """`items_count` open items spread over `groups_count` groups, every second message an item."""
    build = Builder(tx)
    each = items_count // groups_count
    for group in range(groups_count):
        said = []
        for place in range(each):
            left = 10 + place * groups_count + group
            said.append(
                Said(
                    f"Member {place % 7}",
                    f"Is there a class on day {place}?",
                    3000 - place * 2,
                    "question",
                    left,
                )
            )
            said.append(Said(f"Member {place % 5}", "See you there", 2999 - place * 2))
        build.group(f"Group {group}", said)


def long_thread(tx: Transaction, count: int) -> None:
    """One group of `count` messages without items, all read but the last three."""
    build = Builder(tx)
    said = [Said(f"Member {place % 50}", f"message number {place}", count - place) for place in range(count)]
    build.group("Long", said, read=count - 3)


async def filled(database: Database, fill: object, *arguments: int) -> None:
    """Run `fill` in one transaction of `database`."""
    assert callable(fill)
    await database.write(lambda tx: fill(tx, *arguments))
