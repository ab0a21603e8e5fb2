"""Attempt rows: what was tried, written before the wire, and what came of it. Their only writer."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.outbox.store_rows import RECIPIENT
from waconsole.whatsapp.classify import action_of
from waconsole.whatsapp.driver import Action

REFUSALS_COUNTED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued message with what is sent to whom; instants in microseconds UTC, `text` raw."""

    id: int
    ref: str
    conversation_id: int
    purpose: str
    state_reason: str
    text: str
    body: str
    window_until: int | None
    phone: str | None
    bsuid: str | None
    group_id: str | None
    reply_to: str | None
    kind: str
    lane: int
    campaign: str
    driver: str
    root_id: int | None
    group_row: int | None

    @property
    def key(self) -> str:
        """Whom it goes to, whatever they are called: `m` and the id of the person, `g` and that of the group."""
        return f"g{self.group_row}" if self.group_row is not None else f"m{self.root_id}"


WAITING: Final = f"""
    SELECT o.id, o.ref, o.conversation_id, o.purpose, o.state_reason, o.text, o.body, c.window_until,
           o.kind, o.lane, o.campaign, o.driver, r.root_id, g.id AS group_row,
           p.value AS phone, b.value AS bsuid, g.whatsapp_id AS group_id,
           coalesce((SELECT wamid FROM visible_message WHERE id = o.answers_id AND conversation_id = o.conversation_id),
                    (SELECT wamid FROM outgoing
                      WHERE message_id = o.answers_id AND conversation_id = o.conversation_id)) AS reply_to
      FROM outgoing AS o
      {RECIPIENT}
"""


class Begun(NamedTuple):
    """An attempt that is about to be made.

    `pair_free_at` is when what the recipient borrowed is paid back, `counted_at` the span of the
    portfolio's reach it counts in, `chosen_id` the id it will have.
    """

    outgoing_id: int
    n: int
    opaque: str
    recipient: str
    pair_free_at: int
    counted_at: int | None
    chosen_id: str | None


def newest(tx: Transaction, outgoing_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """(number, outcome) of the newest attempt of each of these messages that has one, by message."""
    rows = tx.rows(
        """
        SELECT a.outgoing_id, a.n, a.outcome FROM json_each(:ids) AS j CROSS JOIN attempt AS a
         WHERE a.id = (SELECT id FROM attempt WHERE outgoing_id = j.value ORDER BY n DESC LIMIT 1)
         LIMIT :limit
        """,
        {"ids": json.dumps(list(outgoing_ids)), "limit": len(outgoing_ids)},
    )
    return {row["outgoing_id"]: (row["n"], row["outcome"]) for row in rows}


def begin(
    tx: Transaction, begun: Sequence[Begun], *, number_id: int, owner: str, lease_until: int, now: int
) -> dict[int, int]:
    """Write attempts that are about to be made, `owner`'s until `lease_until`; answers their ids, by message.

    One statement for all of them: each more is a moment in which another thread may take over.
    """
    tx.execute(
        """
        INSERT INTO attempt (outgoing_id, n, opaque, recipient, pair_free_at, counted_at, chosen_id,
                             owner, started_at, number_id, lease_until)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'),
               json_extract(value, '$[4]'), json_extract(value, '$[5]'), json_extract(value, '$[6]'),
               :owner, :now, :number_id, :lease_until
          FROM json_each(:begun) ORDER BY key
        """,
        {"begun": json.dumps(begun), "owner": owner, "now": now, "number_id": number_id, "lease_until": lease_until},
    )  # fmt: skip
    rows = tx.rows(
        """
        SELECT a.outgoing_id, a.id FROM json_each(:ids) AS j CROSS JOIN attempt AS a
         WHERE a.outgoing_id = j.value AND a.outcome = '' LIMIT :limit
        """,
        {"ids": json.dumps([one.outgoing_id for one in begun]), "limit": len(begun)},
    )
    return {row["outgoing_id"]: row["id"] for row in rows}


def renew(tx: Transaction, number_id: int, owner: str, *, until: int) -> int:
    """Keep everything that is on its way for `owner` until then; answers how many that is."""
    return tx.execute(
        "UPDATE attempt SET lease_until = :until WHERE number_id = :id AND owner = :owner AND outcome = ''",
        {"until": until, "id": number_id, "owner": owner},
    ).rowcount


def end(
    tx: Transaction,
    attempt_id: int,
    *,
    outcome: str,
    now: int,
    wamid: str | None = None,
    code: int | None = None,
    detail: str = "",
    trace: str = "",
    owner: str = "",
) -> bool:
    """Write what came of an attempt; False when somebody else has ended it (then only `accepted` still counts).

    With an `owner` it must be theirs. What an echo has settled as accepted stays so.
    """
    is_open = (
        tx.value(
            "SELECT 1 FROM attempt WHERE id = :id AND outcome = '' AND (:owner = '' OR owner = :owner)",
            {"id": attempt_id, "owner": owner},
        )
        is not None
    )
    if not is_open and outcome != "accepted":
        return False
    tx.execute(
        """
        UPDATE attempt
           SET outcome = :outcome, ended_at = coalesce(ended_at, :now), wamid = coalesce(wamid, :wamid),
               code = coalesce(:code, code), detail = CASE :detail WHEN '' THEN detail ELSE :detail END,
               trace = CASE :trace WHEN '' THEN trace ELSE :trace END
         WHERE id = :id AND outcome <> 'accepted' AND (outcome = '' OR :outcome = 'accepted')
        """,
        {
            "id": attempt_id,
            "outcome": outcome,
            "now": now,
            "wamid": wamid,
            "code": code,
            "detail": detail,
            "trace": trace,
        },
    )
    return is_open


class Accepted(NamedTuple):
    """An answer by which WhatsApp took a message and said nothing else."""

    attempt_id: int
    outgoing_id: int
    wamid: str


def end_accepted(tx: Transaction, accepted: Sequence[Accepted], *, now: int) -> None:
    """As `end` with `accepted`, for many at once."""
    tx.execute(
        """
        UPDATE attempt
           SET outcome = 'accepted', ended_at = coalesce(ended_at, :now), wamid = coalesce(attempt.wamid, a.wamid)
          FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[2]') AS wamid FROM json_each(:accepted)) AS a
         WHERE attempt.id = a.id AND attempt.outcome <> 'accepted'
        """,
        {"accepted": json.dumps(accepted), "now": now},
    )


def by_opaque(tx: Transaction, opaque: str) -> Row | None:
    """(id, outgoing_id, n, outcome) of the attempt that carried `opaque`, or None."""
    return tx.one(
        "SELECT id, outgoing_id, n, outcome FROM attempt WHERE opaque = :opaque", {"opaque": opaque}
    )


def refusals(tx: Transaction, outgoing_id: int) -> int:
    """How many attempts in a row, up to now, were not sent; those that met a number at a stand do not count."""
    rows = tx.rows(
        "SELECT outcome, code FROM attempt WHERE outgoing_id = :id ORDER BY n DESC LIMIT :limit",
        {"id": outgoing_id, "limit": REFUSALS_COUNTED_MAX},
    )
    count = 0
    for row in rows:
        if row["outcome"] not in ("refused", "unsent"):
            break
        count += row["code"] is None or action_of(row["code"]) is not Action.STOP
    return count


def set_pair_free_at(tx: Transaction, attempt_id: int, at: int) -> None:
    """WhatsApp refused a pair: when what it borrowed is paid back."""
    tx.execute("UPDATE attempt SET pair_free_at = :at WHERE id = :id", {"at": at, "id": attempt_id})


def uncount(tx: Transaction, attempt_id: int) -> int | None:
    """An attempt reached nobody: it counts no longer. Answers the span it was counted in, or None."""
    counted_at = tx.value("SELECT counted_at FROM attempt WHERE id = :id", {"id": attempt_id})
    if counted_at is not None:
        tx.execute("UPDATE attempt SET counted_at = NULL WHERE id = :id", {"id": attempt_id})
    return None if counted_at is None else int(counted_at)


def last_outcome(tx: Transaction, outgoing_id: int) -> str | None:
    """What came of the newest attempt, or None when there was none."""
    value = tx.value(
        "SELECT outcome FROM attempt WHERE outgoing_id = :id ORDER BY n DESC LIMIT 1", {"id": outgoing_id}
    )
    return None if value is None else str(value)


def prove_unsent(tx: Transaction, attempt_id: int) -> bool:
    """A look under the id we chose found nothing: the attempt was not sent. False when it ended otherwise."""
    return (
        tx.execute(
            """
            UPDATE attempt SET outcome = 'unsent'
             WHERE id = :id AND outcome = 'unknown' AND chosen_id IS NOT NULL
            """,
            {"id": attempt_id},
        ).rowcount
        > 0
    )
