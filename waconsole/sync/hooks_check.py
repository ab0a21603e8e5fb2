"""Which shops may post here, and when they last did: a line of `doctor`, never a word against the ledger."""

from __future__ import annotations

from waconsole.clock import iso
from waconsole.database.check import Check
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.settings import Settings
from waconsole.sync.hooks_signed import DOORS, secrets_of


def shop_check(tx: Transaction, settings: Settings) -> Check:
    """What each kind of shop's path is, or that there is none."""
    told, missing, faulty = [], [], ""
    secrets = secrets_of(settings)
    for door in DOORS:
        try:
            is_open = any(secrets[door.source])
        except Refused as refused:  # its place may not be read
            faulty, is_open = str(refused), False
        if not is_open:
            missing.append(f"shop.{door.source}_secret")
            continue
        last = tx.value(
            """
            SELECT max(received_at) FROM inbound
             WHERE source IN ('shopify', 'woocommerce', 'generic') AND source = :source
            """,
            {"source": door.source},
        )
        heard = "nothing came yet" if last is None else f"last heard {iso(last)}"
        told.append(f"{door.path} is open ({heard})")
    if missing:
        told.append(f"without a path, because not set: {', '.join(missing)}")
    return Check("shops", True, faulty or f"Shops' webhooks: {'; '.join(told)}.", advice=bool(faulty))
