"""Who brought whom in the sample community: a programme, what it earned, and what the review desk finds in it.

`shop/invites.csv` holds friends of friends, four people who invite one another in a circle at one address, somebody with
fifty-two friends within an hour, and somebody who was a customer long before. What becomes of them follows from the rules.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from waconsole.database.connection import Database, Transaction
from waconsole.invites import service_programmes
from waconsole.invites.terms_words import parse_set
from waconsole.operators import authority
from waconsole.sync import settling
from waconsole.sync.intake_chat import Talk
from waconsole.sync.intake_shop import ShopImport, import_shop

from .build import sample
from .shop import ZONE, shop_csv


async def begin(database: Database, *, now: int) -> None:
    """Make the sample's programme, import its invites, look through them, and settle what is due."""
    programme = sample()["programme"]

    def made(tx: Transaction) -> None:
        owner = authority.deciding(tx, programme["owner"], now=now)
        authority.authorize(tx, owner, "programmes.add", now=now)
        service_programmes.create(
            tx,
            owner,
            programme["name"],
            parse_set(programme["terms"]),
            valid_from=None,
            is_draft=False,
            now=now,
        )

    await database.write(made)
    file = database.path.with_name("invites.csv")
    file.write_text(shop_csv("invites", now), encoding="utf-8")
    talk = Talk(lambda _: None, lambda _done, _of: None, lambda: False)
    await import_shop(database, ShopImport("invites", file, ZoneInfo(ZONE)), talk, now=now)
    await settling.sweep_and_settle(database, now=now)
