"""A programme from its first command to the books, as it is typed: both sides of every boundary, and a chat that tells who came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import NOW
from tests.invites.asking import say
from tests.invites.programmes import PASSPHRASE
from tests.policy.ledgers import OWNER
from waconsole.database.connection import Database
from waconsole.operators import service_known
from waconsole.operators.service_known import Wanted

LIN, EVE = "+85291234567", "+85291230000"
FRIENDS = [f"+852910000{place:02}" for place in range(16)]


async def tell(database: Database, tmp_path: Path, kind: str, *lines: str, more: tuple[str, ...] = ()) -> Any:
    file = tmp_path / f"{kind}.{'txt' if kind == 'chat' else 'csv'}"
    file.write_text("\n".join((*lines, "")))
    return (await say(database, "import", kind, str(file), *more)).document


async def standing(database: Database, name: str) -> dict[str, tuple[str, str | None, int | None]]:
    rows = (await say(database, "invites", "list", "--programme", name)).document["rows"]
    return {
        row["invitee"]["phone"]: (row["state"], row["reason"], row["reward"] and row["reward"]["minor"])
        for row in rows
    }


async def balance(database: Database, of: str = LIN) -> int:
    return int((await say(database, "ledger", "balance", of)).document["balance_minor"])


async def test_a_ladder_with_a_cap_by_commands_from_files_to_the_wallet(
    database: Database, tmp_path: Path
) -> None:
    await database.write(lambda tx: service_known.add(tx, None, Wanted(OWNER, "owner"), PASSPHRASE, now=NOW))
    terms = ("minimum=199.00 HKD", "reward.each=cashback 8.00 HKD", "reward.2=cashback 20.00 HKD", "cap=10")
    await say(
        database,
        "invites",
        "programme",
        "create",
        "spring",
        *(word for one in terms for word in ("--set", one)),
    )
    invites = [f"{LIN},{friend},2026-10-01T10:00:00Z,spring," for friend in FRIENDS[:12]]
    await tell(
        database, tmp_path, "invites", "referrer_phone,invitee_phone,invited_at,programme,channel", *invites
    )
    totals = ["199.00", "198.99", *["250.00"] * 10]
    orders = [
        f"O{place},{FRIENDS[place]},2026-10-02T{place:02}:00:00Z,HKD,{total}"
        for place, total in enumerate(totals)
    ]
    await tell(database, tmp_path, "orders", "reference,phone,ordered_at,currency,total", *orders)

    await say(database, "invites", "settle")

    found = await standing(database, "spring")
    earned = ("earned", None, 800)
    assert [found[friend] for friend in FRIENDS[:12]] == [
        earned, ("refused", "minimum", None), ("earned", None, 2800), *[earned] * 8, ("refused", "cap", None),
    ]  # fmt: skip
    assert await balance(database) == 10 * 800 + 2000

    # 51.00 of 250.00 leaves 199.00, 51.01 a cent too little: its place goes to the eleventh, the rung stays reached.
    refunds = ("O2,2026-11-20T00:00:00Z,51.00", "O3,2026-11-20T00:00:00Z,51.01")
    await tell(database, tmp_path, "refunds", "reference,refunded_at,amount", *refunds)
    done = (await say(database, "invites", "settle")).document["settled"]

    found = await standing(database, "spring")
    assert (done["reversed"], done["posted"]) == (1, 1)
    assert found[FRIENDS[2]] == ("earned", None, 2800)
    assert (found[FRIENDS[3]], found[FRIENDS[11]]) == (("reversed", "refunded", None), earned)
    assert await balance(database) == 10_000
    again = (await say(database, "invites", "settle")).document["settled"]
    assert set(again.values()) == {0}


async def test_whoever_a_chat_tells_to_have_joined_after_the_invite_counts(
    database: Database, tmp_path: Path
) -> None:
    await database.write(lambda tx: service_known.add(tx, None, Wanted(OWNER, "owner"), PASSPHRASE, now=NOW))
    terms = ("counted_action=joined_group", "reward.each=points 50", "return_window=2d")
    await say(
        database,
        "invites",
        "programme",
        "create",
        "club",
        *(word for one in terms for word in ("--set", one)),
    )
    invites = [f"{LIN},{friend},2026-11-01T10:00:00Z,club," for friend in FRIENDS[:4]]
    await tell(
        database, tmp_path, "invites", "referrer_phone,invitee_phone,invited_at,programme,channel", *invites
    )
    await tell(
        database, tmp_path, "chat",
        f'2026-11-01, 09:00 - {EVE} created group "Club"',
        f"2026-11-01, 09:30 - {EVE} added {FRIENDS[0]}",
        f"2026-11-02, 18:00 - {FRIENDS[1]} joined using this group's invite link",
        f"2026-11-02, 19:00 - {EVE} added {FRIENDS[2]}",
        f"2026-11-03, 18:00 - {FRIENDS[3]}: I was here all along",
        more=("--group", "Club", "--date-order", "ymd", "--timezone", "UTC"),
    )  # fmt: skip

    await say(database, "invites", "settle")

    found = await standing(database, "club")
    assert [found[friend][0] for friend in FRIENDS[:4]] == ["joined", "earned", "earned", "joined"]
    assert await balance(database) == 100
