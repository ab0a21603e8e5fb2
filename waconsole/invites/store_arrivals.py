"""Live messages that say who sent their writer: which are unread, what they said, who was asked, how far it came."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.database.traces import Erased, Traces, marks
from waconsole.invites import store_codes, store_invites
from waconsole.text import stored

HEADLINE_LENGTH_MAX: Final = 500
NAMED_MAX: Final = 3  # more than one is nobody for sure
NAME_LENGTH_MIN: Final = 3  # shorter names stand in every sentence


class Wrote(NamedTuple):
    """A live message to one of our numbers: `member_id` is its writer's row, `root_id` the person's."""

    id: int
    text: str
    sent_at: int
    wamid: str
    member_id: int
    root_id: int
    conversation_id: int
    number_id: int
    window_until: int | None


def keep_ad(tx: Transaction, message_id: int, referral: Mapping[str, Any], *, now: int) -> None:
    """Write down the ad that a message came by: WhatsApp tells it once."""
    words = {
        "source_type": referral.get("source_type"),
        "source_id": referral.get("source_id"),
        "headline": referral.get("headline"),
        "click_id": referral.get("ctwa_clid"),
    }
    tx.execute(
        """
        INSERT INTO ad_referral (message_id, source_type, source_id, headline, click_id, recorded_at)
        VALUES (:message_id, :source_type, :source_id, :headline, :click_id, :now)
            ON CONFLICT (message_id) DO NOTHING
        """,
        {name: stored(str(word or ""))[:HEADLINE_LENGTH_MAX] for name, word in words.items()}
        | {"message_id": message_id, "now": now},
    )


def is_by_ad(tx: Transaction, message_id: int) -> bool:
    """Whether a message came by an ad."""
    return tx.value("SELECT 1 FROM ad_referral WHERE message_id = ?", (message_id,)) is not None


def mark(tx: Transaction) -> int:
    """The last message that was read."""
    return int(tx.value("SELECT coalesce(max(message_id), 0) FROM arrival_mark"))


def set_mark(tx: Transaction, message_id: int) -> None:
    """Messages up to this one were read."""
    tx.execute(
        """
        INSERT INTO arrival_mark (id, message_id) VALUES (1, :id)
            ON CONFLICT (id) DO UPDATE SET message_id = max(message_id, excluded.message_id)
        """,
        {"id": message_id},
    )


def last_message(tx: Transaction) -> int:
    """The newest message there is."""
    return int(tx.value("SELECT coalesce(max(id), 0) FROM message"))


def unread(tx: Transaction, after: int, through: int, *, limit: int) -> array[int]:
    """Ids of live messages to us alone above one and up to another, oldest first. Nothing of a file or of history."""
    rows = tx.execute(
        """
        SELECT m.id
          FROM message AS m
          JOIN conversation AS c ON c.id = m.conversation_id
         WHERE m.id > :after AND m.id <= :through AND m.direction = 'in' AND m.origin = 'live'
           AND (m.kind = 'text' OR m.kind = 'media') AND c.member_id IS NOT NULL
         ORDER BY m.id
         LIMIT :limit
        """,
        {"after": after, "through": through, "limit": limit},
    )
    return array("q", (row[0] for row in rows))


def wrote(tx: Transaction, message_ids: Sequence[int]) -> list[Wrote]:
    """Some messages with their writers, oldest first."""
    rows = tx.rows(
        """
        SELECT m.id, m.text, m.sent_at, coalesce(m.wamid, '') AS wamid, c.member_id, r.root_id, c.id AS conversation_id,
               c.number_id, c.window_until
          FROM visible_message AS m
          JOIN conversation AS c ON c.id = m.conversation_id
          JOIN member_root AS r ON r.id = c.member_id
         WHERE m.id IN (SELECT value FROM json_each(:ids)) AND m.kind <> 'deleted'
         ORDER BY m.id
         LIMIT :limit
        """,
        {"ids": json.dumps(list(message_ids)), "limit": len(message_ids)},
    )
    return [Wrote(*row) for row in rows]


def first_direct_at(tx: Transaction, root_id: int) -> int | None:
    """When a person first wrote to us alone, live, in history or in a file."""
    found = tx.value(
        "SELECT min(said_at) FROM heard_message WHERE member_id = ? AND group_id IS NULL", (root_id,)
    )
    return None if found is None else int(found)


def known_since(tx: Transaction, root_id: int) -> int | None:
    """The first thing a person did here: a message, in a group too, or an order."""
    found = tx.value(
        """
        SELECT min(at)
          FROM (SELECT min(said_at) AS at FROM heard_message WHERE member_id = :root_id
                UNION ALL
                SELECT min(o.ordered_at)
                  FROM member_root AS r
                 CROSS JOIN visible_order AS o ON o.member_id = r.id
                 WHERE r.root_id = :root_id)
        """,
        {"root_id": root_id},
    )
    return None if found is None else int(found)


def is_of_a_file(tx: Transaction, root_id: int) -> bool:
    """Whether a person was known by a file or by history before they wrote."""
    found = tx.value(
        """
        SELECT 1 FROM member
         WHERE id IN (SELECT id FROM member_root WHERE root_id = ?) AND origin <> 'live'
         LIMIT 1
        """,
        (root_id,),
    )
    return found is not None


def add_arrival(
    tx: Transaction, one: Wrote, *, outcome: str, code: str, channel: str, invite_id: int | None, now: int
) -> None:
    """Write what a message said of who sent its writer; again changes nothing."""
    tx.execute(
        """
        INSERT INTO arrival (message_id, member_id, arrived_at, outcome, code, channel, invite_id, recorded_at)
        VALUES (:message_id, :member_id, :arrived_at, :outcome, :code, :channel, :invite_id, :now)
            ON CONFLICT (message_id) DO NOTHING
        """,
        {
            "message_id": one.id, "member_id": one.member_id, "arrived_at": one.sent_at, "outcome": outcome, "code": code,
            "channel": channel, "invite_id": invite_id, "now": now,
        },
    )  # fmt: skip


def asked(tx: Transaction, root_id: int) -> Row | None:
    """When a person was asked who sent them, and whether they said it: (id, asked_at, answered_by), or None."""
    return tx.one(
        """
        SELECT q.id, q.asked_at, q.answered_by
          FROM member_root AS r
         CROSS JOIN who_asked AS q ON q.member_id = r.id
         WHERE r.root_id = :root_id
         ORDER BY q.asked_at LIMIT 1
        """,
        {"root_id": root_id},
    )


def add_asked(
    tx: Transaction, member_id: int, outgoing_id: int, *, asked_at: int, rule_version: int, now: int
) -> None:
    """Write down that somebody is asked."""
    tx.execute(
        """
        INSERT INTO who_asked (member_id, outgoing_id, asked_at, rule_version, recorded_at)
        VALUES (:member_id, :outgoing_id, :asked_at, :rule_version, :now)
        """,
        {
            "member_id": member_id, "outgoing_id": outgoing_id, "asked_at": asked_at, "rule_version": rule_version,
            "now": now,
        },
    )  # fmt: skip


def set_answered(tx: Transaction, asked_id: int, message_id: int) -> None:
    """Write down which message answered."""
    tx.execute("UPDATE who_asked SET answered_by = ? WHERE id = ?", (message_id, asked_id))


def named_whole(tx: Transaction, folded: str) -> set[int]:
    """Persons who are called exactly so, by their own name or one they were known by."""
    rows = tx.rows(
        """
        SELECT r.root_id
          FROM (SELECT id FROM visible_member WHERE folded = :folded
                UNION
                SELECT member_id FROM alias WHERE kind IN ('name', 'username') AND folded = :folded) AS m
          JOIN member_root AS r ON r.id = m.id
         LIMIT :limit
        """,
        {"folded": folded, "limit": NAMED_MAX},
    )
    return {row["root_id"] for row in rows}


def referrers_named(tx: Transaction, words: str) -> set[int]:
    """Persons with a code in force whose whole name stands among some folded words."""
    rows = tx.rows(
        """
        SELECT DISTINCT r.root_id
          FROM code AS c
          JOIN member_root AS r ON r.id = c.member_id
          JOIN visible_member AS m ON m.id = r.root_id
         WHERE c.revoked_at IS NULL AND length(m.folded) >= :length AND instr(:words, ' ' || m.folded || ' ') > 0
         LIMIT :limit
        """,
        {"words": f" {words} ", "length": NAME_LENGTH_MIN, "limit": NAMED_MAX},
    )
    return {row["root_id"] for row in rows}


def programmes_of(tx: Transaction, root_id: int) -> list[Row]:
    """A person's own codes in force: rows of (id, programme_id)."""
    return tx.rows(
        """
        SELECT c.id, c.programme_id
          FROM member_root AS r
         CROSS JOIN code AS c ON c.member_id = r.id
         WHERE r.root_id = :root_id AND c.revoked_at IS NULL AND c.channel = ''
         ORDER BY c.id LIMIT :limit
        """,
        {"root_id": root_id, "limit": 1_000},
    )


def add_word(
    tx: Transaction,
    *,
    invite_id: int,
    word: str,
    instead_id: int | None,
    reason: str,
    operator_id: int,
    now: int,
) -> None:
    """Write what an operator said of an invite."""
    tx.execute(
        """
        INSERT INTO invite_word (invite_id, word, instead_id, reason, operator_id, recorded_at)
        VALUES (:invite_id, :word, :instead_id, :reason, :operator_id, :now)
        """,
        {
            "invite_id": invite_id, "word": word, "instead_id": instead_id, "reason": reason,
            "operator_id": operator_id, "now": now,
        },
    )  # fmt: skip


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget a person: what their messages said of who sent them, and every reason that names them."""
    ids = {"ids": marks(traces.member_ids)}
    mine = "member_id IN (SELECT value FROM json_each(:ids))"
    ads = tx.execute(
        f"DELETE FROM ad_referral WHERE message_id IN (SELECT message_id FROM arrival WHERE {mine})", ids
    ).rowcount
    erased.count("ad_referral", ads)
    erased.count("arrival", tx.execute(f"DELETE FROM arrival WHERE {mine}", ids).rowcount)
    named, wanted = traces.condition("reason")
    words = [
        (traces.without(row["reason"]), row["id"])
        for row in tx.execute(f"SELECT id, reason FROM invite_word WHERE {named}", wanted)
        if traces.found_in(row["reason"])
    ]
    tx.executemany("UPDATE invite_word SET reason = ? WHERE id = ?", words)
    erased.count("invite_word", len(words))
    store_codes.erase(tx, traces, erased)
    store_invites.erase_words(tx, traces, erased)
