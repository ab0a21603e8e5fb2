"""A small ledger with something of everything that can be asked, and every edge of a window in it."""

from __future__ import annotations

import random
from typing import Final

from tests.inbox.ledger_builder import NOW, Builder, Said
from waconsole.clock import DAY, HOUR, MINUTE, SECOND
from waconsole.database.connection import Transaction
from waconsole.groups import store as groups
from waconsole.inbox import store_conversations
from waconsole.outbox import store as outbox

# Minutes before now: at the edges of windows, just beside them, and after now.
AGES: Final = (
    0,
    1,
    59,
    60,
    561,
    562,
    1439,
    1440,
    1441,
    2880,
    10_079,
    10_080,
    10_081,
    43_200,
    500_000,
    -1,
    -90,
)
TEXTS: Final = (
    "Quelqu'un a essayé la taille 2 ?", "oui, elle taille petit", "et le prix ?", "這瓶多少錢？可以用折價券嗎", "refunds please",
    "a refund of 20 %", "see https://shop.example/a_b", "no_t or and", "Été à Lyon", "taille", "退款 什麼時候", "",
)  # fmt: skip
NAMES: Final = ("Inès", "Paula", "王小明", "Jo", "+33639980017", "+4915123456789", "+85291234567", "Ana B")
GROUPS: Final = ("Alpha", "Beta 3", "Été", "100% off_x")
TAGS: Final = ("vip", "Vip", "gold", "a b")
LANGUAGES: Final = ("fr", "pt", "pt-BR", "pt_PT", "ptx", "zh-Hant-HK", "")
NUMBER: Final = "100000000000001"
ZONES: Final = ("Europe/Paris", "Asia/Hong_Kong", "")


def build(tx: Transaction, seed: int = 3) -> None:
    """Fill an empty ledger; the same every time."""
    dice = random.Random(seed)
    make = Builder(tx)
    for place, name in enumerate(GROUPS):
        make.group(name, [_said(dice) for _ in range(60)], driver=("human", "cloud")[place % 2], read=30)
    _people(tx, dice)
    _threads(tx, dice)
    _outgoing(tx, dice)


def _said(dice: random.Random) -> Said:
    kind = dice.choice(("text", "text", "text", "media", "deleted", "poll", "system"))
    return Said(
        dice.choice(NAMES), dice.choice(TEXTS), dice.choice(AGES), dice.choice(("", "", "question", "price", "join")),
        dice.choice((-60, 0, 1, 60, 1440)), kind, "none" if kind == "system" else dice.choice(("in", "in", "in", "out")),
        ("image", "a.jpg") if kind == "media" else None, int(dice.random() < 0.2),
    )  # fmt: skip


def _people(tx: Transaction, dice: random.Random) -> None:
    states, dates = ("yes", "no", "stop", "resume"), (-400 * DAY, -DAY, -SECOND, 0, SECOND, DAY)
    ids = [row[0] for row in tx.rows("SELECT id FROM member ORDER BY id")]
    for member in ids:
        tx.execute(
            "UPDATE member SET language = :language, timezone = :zone WHERE id = :id",
            {
                "id": member,
                "language": dice.choice(LANGUAGES),
                "zone": dice.choice(ZONES),
            },
        )
        for tag in dice.sample(TAGS, dice.randrange(3)):
            tx.execute(
                "INSERT INTO own_tag (member_id, name, tagged_at) VALUES (:id, :tag, :now)",
                {"id": member, "tag": tag, "now": NOW},
            )
        for state, date in zip(dice.choices(states, k=3), dice.sample(dates, 3), strict=True):
            tx.execute(
                """
                INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)
                VALUES (:id, 'marketing', :state, 'file', :at, :at, 'live')
                """,
                {"id": member, "state": state, "at": NOW + date},
            )
    tx.execute("UPDATE membership SET role = 'admin' WHERE (member_id + group_id) % 3 = 0")
    tx.execute("UPDATE membership SET left_at = joined_at WHERE (member_id + group_id) % 5 = 0")
    groups.add_stints(
        tx, 1, [groups.Stint(member, NOW - 10 * HOUR, None) for member in ids[-3:]], origin="live"
    )


def _threads(tx: Transaction, dice: random.Random) -> None:
    number = tx.value("SELECT id FROM number ORDER BY id LIMIT 1")
    for member, ref in [
        (row[0], row[1]) for row in tx.rows("SELECT id, ref FROM member ORDER BY id LIMIT 4")
    ]:
        store_conversations.add_member_conversation(tx, number_id=number, member_id=member, member_ref=ref)
    for (conversation,) in tx.rows("SELECT id FROM conversation ORDER BY id"):
        tx.execute(
            """
            UPDATE conversation
               SET muted = :muted, snoozed_until = :snoozed, assigned_to = :operator, draft = :draft, window_until = :window
             WHERE id = :id
            """,
            {
                "id": conversation,
                "muted": dice.randrange(2),
                "snoozed": NOW + dice.choice((-HOUR, 0, SECOND, HOUR)),
                "operator": dice.choice((None, 1, 2)),
                "draft": dice.choice(("", "hm")),
                "window": dice.choice(
                    (None, NOW - SECOND, NOW, NOW + SECOND, NOW + 2 * HOUR, NOW + 23 * HOUR)
                ),
            },
        )
        if dice.random() < 0.5:
            tx.execute(
                """
                INSERT INTO lease (object_kind, object_id, operator_id, taken_at, expires_at)
                VALUES ('conversation', :id, 1, :from, :until)
                """,
                {"id": conversation, "from": NOW - HOUR, "until": NOW + dice.choice((0, MINUTE))},
            )
    for (message,) in tx.rows("SELECT id FROM message WHERE id % 7 = 0 AND alias_id IS NOT NULL"):
        tx.execute(
            "INSERT INTO reaction (message_id, alias_id, emoji, reacted_at) VALUES (:id, 1, :emoji, :now)",
            {"id": message, "emoji": dice.choice(("", "👍")), "now": NOW},
        )
        tx.execute(
            """
            INSERT INTO note (ref, conversation_id, message_id, operator_id, text, written_at, withdrawn)
            VALUES (:ref, 1, :id, 1, 'x', :now, :withdrawn)
            """,
            {"ref": f"note-{message}", "id": message, "now": NOW, "withdrawn": dice.randrange(2)},
        )
    tx.execute(
        "UPDATE work_item SET state = CASE id % 4 WHEN 0 THEN 'done' WHEN 1 THEN 'dropped' ELSE 'open' END"
    )
    tx.execute("UPDATE work_item SET rule = 'hand' WHERE id % 3 = 0")


def _outgoing(tx: Transaction, dice: random.Random) -> None:
    # Rows of every state stand at once here: the road they would have come is not what is asked about.
    for (trigger,) in tx.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'outgoing'"
    ):
        tx.execute(f"DROP TRIGGER {trigger}")
    outbox.ensure_number(
        tx, phone_number_id=NUMBER, waba_id="200000000000002", name="Shop Lyon", phone="+33155500099", now=NOW
    )
    numbers = [row[0] for row in tx.rows("SELECT id FROM number ORDER BY id")]
    conversations = [row[0] for row in tx.rows("SELECT id FROM conversation ORDER BY id")]
    for place in range(80):
        state = dice.choice(
            ("draft", "queued", "held", "accepted", "unknown", "failed", "refused", "cancelled")
        )
        wamid = f"wamid.{place}" if state == "accepted" else None
        tx.execute(
            """
            INSERT INTO outgoing (ref, number_id, conversation_id, driver, kind, text, purpose, state, state_reason, written_at,
                                  origin, wamid)
            VALUES (:ref, :number, :conversation, :driver, 'text', :text, :purpose, :state, :reason, :at, 'live', :wamid)
            """,
            {
                "ref": f"out-{place}",
                "number": dice.choice(numbers),
                "conversation": dice.choice(conversations),
                "driver": dice.choice(("cloud", "human")),
                "text": dice.choice(TEXTS) or "x",
                "purpose": dice.choice(("reply", "marketing")),
                "state": state,
                "reason": dice.choice(("", "template_needed", "operator")),
                "at": NOW - dice.choice(AGES) * MINUTE,
                "wamid": wamid,
            },
        )
        status = dice.choice(("sent", "delivered", "read", "played", "failed"))
        if wamid:
            failed = status == "failed"
            tx.execute(
                """
                INSERT INTO delivery (wamid, status, rank, failed_at, error_code)
                VALUES (:wamid, :status, :rank, :failed, :code)
                """,
                {
                    "wamid": wamid,
                    "status": "" if failed else status,
                    "rank": 0 if failed else ("sent", "delivered", "read", "played").index(status) + 1,
                    "failed": NOW if failed else None,
                    "code": 131049 if failed else None,
                },
            )
