"""What the sample community's money begins with: who decides, what is earned, what was proposed. `sample.toml` says it.

All of it is sealed with the key of one installation, so it cannot lie in the sample itself: a copy is handed in
that has just been opened, and the services that every ledger uses act in it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from waconsole import clock
from waconsole.cashback import (
    service_deciding,
    service_evidence,
    service_exporting,
    service_paying,
    service_reconciling,
    service_schemes,
    store_batches,
    store_lines,
    store_schemes,
)
from waconsole.cashback.days import first_instant
from waconsole.cashback.earning import Terms
from waconsole.cashback.model import ACCRUED, CONFIRMED, EXPORTED, RETURNED
from waconsole.cashback.paying import ExportRow
from waconsole.cashback.reconciling import Told
from waconsole.database.connection import Database, Row, Transaction
from waconsole.money import Money, parse, parse_rate
from waconsole.operators import authority, service_known, service_passphrase
from waconsole.operators.service_known import Wanted
from waconsole.operators.store_sign_in import Hashed
from waconsole.settings.secrets import Secret
from waconsole.sync import earning

from . import inviting
from .build import sample
from .shop import ZONE

DISPUTE: Final = "dispute"


def passphrases() -> dict[str, str]:
    """The passphrases of those who decide, by their names."""
    return {one["name"]: one["passphrase"] for one in sample()["money"]["operator"]}


async def hashed() -> list[Hashed]:
    """The passphrases as they are kept, in the order of their operators; slow on purpose, so begin it early."""
    secrets = [Secret(one, "sample") for one in passphrases().values()]
    return await asyncio.gather(*(asyncio.to_thread(service_passphrase.hashed, one) for one in secrets))


async def begin(database: Database, kept: list[Hashed], *, now: int) -> None:
    """Let the sample's operators decide, its ambassadors earn, one batch be paid, and proposals wait for a second person.

    `kept` is what `hashed` answers.
    """
    money = sample()["money"]
    paid_at = now - money["payout"]["days"] * clock.DAY
    await database.write(lambda tx: _people_and_terms(tx, kept, now=paid_at - clock.DAY))
    await earning.catch_up(database, now=paid_at)
    file = database.path.with_name(money["payout"]["file"])
    await service_exporting.export_to(database, file, lambda tx: _paid(tx, file, now=paid_at))
    await database.write(lambda tx: _came_back(tx, now=paid_at + clock.DAY))
    await earning.catch_up(database, now=now - clock.DAY)
    await database.write(lambda tx: _decisions(tx, now=now))
    await earning.catch_up(database, now=now)
    await inviting.begin(database, now=now)


def _people_and_terms(tx: Transaction, kept: list[Hashed], *, now: int) -> None:
    money = sample()["money"]
    owner = str(money["operator"][0]["name"])
    for one, passphrase in zip(money["operator"], kept, strict=True):
        limits = service_known.amounts(one["limits"])
        wanted = Wanted(one["name"], one["role"], one.get("member"), limits)
        service_known.add(tx, None if one["name"] == owner else owner, wanted, passphrase, now=now)
    actor = authority.deciding(tx, owner, now=now)
    authority.authorize(tx, actor, "schemes.add", now=now)
    authority.authorize(tx, actor, "ambassadors.add", now=now)
    for one in money["scheme"]:
        service_schemes.add_scheme(tx, actor, one["name"], _terms(one, now=now), now=now)
    starts = {one["name"]: _began(one, now=now) for one in money["scheme"]}
    for one in money["ambassador"]:
        group = one.get("group")
        service_schemes.add_ambassador(
            tx, actor, one["member"], one["scheme"],
            None if group is None else store_schemes.group_named(tx, group),
            valid_from=starts[one["scheme"]], now=now,
        )  # fmt: skip


def _began(scheme: dict[str, Any], *, now: int) -> int:
    today = datetime.fromtimestamp(now // clock.SECOND, ZoneInfo(ZONE)).date()
    return first_instant(f"{today - timedelta(scheme['from_days'])}", ZONE)


def _terms(scheme: dict[str, Any], *, now: int) -> Terms:
    return Terms(
        basis=scheme["basis"],
        return_days=scheme["return_days"],
        starts_at=_began(scheme, now=now),
        rate=parse_rate(scheme["rate"]),
        cap=_money(scheme.get("cap")),
        budget=_money(scheme.get("budget")),
    )


def _money(text: str | None) -> Money | None:
    return None if text is None else parse(text)


def _paid(tx: Transaction, file: Path, *, now: int) -> tuple[ExportRow, bytes]:
    """Propose, approve, batch and export what had matured by then in one currency."""
    paid = sample()["money"]["payout"]
    proposer = authority.deciding(tx, paid["proposed_by"], now=now)
    owner = authority.deciding(tx, paid["approved_by"], now=now)
    lines = [
        row["line"]
        for row in _lines(tx)
        if _is_ready(row, paid["scheme"], now=now) and row["currency"] == paid["currency"]
    ]
    service_deciding.decide(tx, proposer, "propose", lines, now=now)
    service_deciding.decide(tx, owner, "approve", lines, now=now)
    batch = service_paying.batch(tx, owner, paid["currency"], now=now).row
    return service_exporting.export(
        tx, owner, batch.ref, count=batch.payout_count, sum_minor=batch.sum_minor, file=file, now=now
    )


def _came_back(tx: Transaction, *, now: int) -> None:
    """The provider's answer to that batch: all of it arrived, but what `returned` names."""
    paid = sample()["money"]["payout"]
    owner = authority.deciding(tx, paid["approved_by"], now=now)
    (batch,) = store_batches.batches(tx)
    told = [
        Told(
            place,
            row["line"],
            RETURNED if row["order_reference"] in paid["returned"] else CONFIRMED,
            "",
            "",
            "",
        )
        for place, row in enumerate((row for row in _lines(tx) if row["state"] == EXPORTED), 2)
    ]
    service_reconciling.reconcile(tx, owner, batch["batch"], told, now=now)


def _decisions(tx: Transaction, *, now: int) -> None:
    for one in sample()["money"]["decision"]:
        actor, at = authority.deciding(tx, one["by"], now=now), now - one["hours_ago"] * clock.HOUR
        lines = [
            row["line"]
            for row in _lines(tx)
            if row["order_reference"] in one.get("orders", ()) or _is_ready(row, one.get("scheme"), now=at)
        ]
        if one["verb"] == DISPUTE:
            for line in lines:
                service_evidence.dispute(tx, actor, line, reason=one["reason"], now=at)
        else:
            service_deciding.decide(tx, actor, one["verb"], lines, now=at, reason=one.get("reason", ""))


def _lines(tx: Transaction) -> list[Row]:
    return store_lines.lines(tx, state=None, payee_root_id=None, scheme_id=None, limit=None)[1]


def _is_ready(row: Row, scheme: str | None, *, now: int) -> bool:
    """Whether a line of a scheme may be proposed, and approved as soon as it is."""
    is_open = row["state"] == ACCRUED and not row["held"] and row["reversed_minor"] < row["amount_minor"]
    return row["scheme"] == scheme and is_open and row["matures_at"] <= now
