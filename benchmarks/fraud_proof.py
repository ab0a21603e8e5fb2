"""Proof of the sweep: fraud and innocents planted by rules that are not its own, seed after seed, and what came of it.

For each pattern: how many were planted, how many an open item names (at least half of its people), and the 95 %
interval of that share (Wilson 1927). An item is right when at least half of whom it names are in something.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.report import Report
from sample_db.fraud_community import Community, Person
from sample_db.fraud_plants import PROGRAMME, plant
from waconsole import catalogue
from waconsole.clock import SECOND, parse_iso
from waconsole.database.connection import Transaction
from waconsole.fraud.service_sweep import sweep
from waconsole.invites import service_programmes
from waconsole.members.likeness import address_key
from waconsole.operators import service as operators

NOW: Final = parse_iso("2026-11-26T12:00:00Z")
SEEDS: Final = 20
PEOPLE: Final = {
    0.001: 60_000,
    0.01: 20_000,
}  # honest ones, by prevalence: so many that a few patterns are that few
Z: Final = 1.959964  # of a 95 % interval
GOAL: Final = 0.9


@dataclass
class Judged:
    """What came of communities: planted and found of each pattern, right and wrong items of each kind, freezes."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    innocents: Counter[str] = field(default_factory=Counter)
    suspected: Counter[str] = field(default_factory=Counter)
    frozen_innocents: int = 0
    recalls: list[float] = field(default_factory=list)
    precisions: list[float] = field(default_factory=list)


def judge(it: Community, items: Sequence[Mapping[str, Any]], so_far: Judged) -> None:
    """Hold the items of one community against what was planted in it."""
    named = [{one["phone"] for one in item["members"]} for item in items]
    everybody = set().union(*named) if named else set()
    guilty = {phone for one in it.planted if one.is_fraud for phone in (*one.phones, *one.others)}
    frauds = [one for one in it.planted if one.is_fraud]
    hits = 0
    for one in frauds:
        so_far.planted[one.kind] += 1
        is_found = any(len(people & set(one.phones)) * 2 >= len(one.phones) for people in named)
        so_far.found[one.kind] += is_found
        hits += is_found
    right = 0
    for item, people in zip(items, named, strict=True):
        is_right = len(people & guilty) * 2 >= len(people)
        (so_far.right if is_right else so_far.wrong)[item["kind"]] += 1
        right += is_right
        so_far.frozen_innocents += sum(one["phone"] not in guilty for one in item["frozen"])
    for one in it.planted:
        if not one.is_fraud:
            so_far.innocents[one.kind] += 1
            so_far.suspected[one.kind] += bool(set(one.phones) & everybody)
    so_far.recalls.append(hits / len(frauds))
    so_far.precisions.append(right / len(items) if items else 1.0)


def interval(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return middle - reach, middle + reach


def lay(tx: Transaction, it: Community) -> None:
    """The rows that importing the four files comes to, written at once."""
    ids = {one.phone: place for place, one in enumerate(it.people, start=1)}
    ids |= {one.former: ids[one.phone] for one in it.people if one.former}
    base = int(tx.value("SELECT coalesce(max(id), 0) FROM member"))
    tx.executemany(
        "INSERT INTO member (id, ref, address, payment, device, origin, added_at) VALUES (?, ?, ?, ?, ?, 'import', 0)",
        [
            (base + ids[one.phone], f"m-{one.phone}", one.address, one.payment, one.device)
            for one in it.people
        ],
    )
    tx.executemany(
        """
        INSERT INTO alias (member_id, kind, value, folded, group_id, seen_until, origin)
        VALUES (?, 'phone', ?, ?, 0, ?, 'import')
        """,
        [
            (base + place, phone, phone, None if phone in {it.people[place - 1].phone} else 0)
            for phone, place in ids.items()
        ],
    )
    by_phone = {one.phone: one for one in it.people}

    def attributes(one: Person) -> tuple[str, str, str]:
        whole = by_phone.get(one.phone, one)
        return address_key(whole.address), whole.payment, whole.device

    tx.executemany(
        """
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, channel, confidence, address,
                            payment, device, origin, recorded_at)
        VALUES (?, 1, ?, ?, ?, ?, 'whatsapp', 'exact', ?, ?, ?, 'import', ?)
            ON CONFLICT DO NOTHING
        """,
        [
            (
                f"i-{place}",
                *(base + ids[who.phone], base + ids[whom.phone], at * SECOND, at * SECOND),
                *attributes(whom),
                NOW,
            )
            for place, (who, whom, at) in enumerate(it.invites)
        ],
    )
    tx.executemany(
        """
        INSERT INTO "order" (id, reference, member_id, ordered_at, currency, total_minor, origin, recorded_at)
        VALUES (?, ?, ?, ?, 'HKD', ?, 'import', ?)
        """,
        [
            (place, name, base + ids[who.phone], at * SECOND, minor, NOW)
            for place, (name, who, at, minor) in enumerate(it.orders, start=1)
        ],
    )
    of = {name: place for place, (name, *_) in enumerate(it.orders, start=1)}
    tx.executemany(
        """
        INSERT INTO refund (reference, refunded_at, amount, amount_minor, order_id, line, origin, recorded_at)
        VALUES (?, ?, ?, ?, ?, 2, 'import', ?)
        """,
        [(name, at * SECOND, str(minor), minor, of[name], NOW) for name, at, minor in it.refunds],
    )


def lay_programme(tx: Transaction) -> None:
    """The one programme everybody is brought for."""
    terms = {"minimum": "199.00 HKD", "reward.each": "cashback 30.00 HKD", "budget": "40000.00 HKD"}
    ann = operators.acting(tx, None, now=NOW)
    service_programmes.create(tx, ann, PROGRAMME, terms, valid_from=None, is_draft=True, now=NOW)


async def prove(seed: int, prevalence: float, people: int, so_far: Judged, folder: Path) -> Community:
    """One community from its seed, swept once."""
    it = plant(seed, people=people, prevalence=prevalence, now=NOW // SECOND)
    path = folder / f"{seed}-{prevalence}.db"
    async with catalogue.open_ledger(path, now=NOW) as database:
        await database.write(lay_programme)
        await database.write(lambda tx: lay(tx, it))
        judge(it, (await sweep(database, now=NOW)).items, so_far)
    for left in folder.glob(f"{path.name}*"):
        left.unlink()
    return it


def run(report: Report, seeds: Sequence[int], scale: float, folder: Path) -> None:
    """Every seed at every prevalence; each pattern with its n and interval, whether it meets the goal or not."""
    for prevalence, whole in PEOPLE.items():
        so_far, invites, shares, people = Judged(), 0, [], int(whole * scale)
        report.begin(
            f"Planted at {prevalence:.1%} of the invites, {len(seeds)} seeds, {people:,} honest people"
        )
        for seed in seeds:
            it = asyncio.run(prove(seed, prevalence, people, so_far, folder))
            invites += len(it.invites)
            shares.append(it.share)
        report.say("invites in all", f"{invites:,}", f"seeds {', '.join(map(str, seeds))}")
        report.say(
            "fraud among them, median", f"{median(shares):.2%}", f"{min(shares):.2%} to {max(shares):.2%}"
        )
        for kind, of in sorted(so_far.planted.items()):
            low, high = interval(so_far.found[kind], of)
            report.say(
                f"{kind}: named in an item", f"{so_far.found[kind]} of {of}", f"{low:.2f} to {high:.2f}"
            )
        for kind in sorted(so_far.right.keys() | so_far.wrong.keys()):
            of = so_far.right[kind] + so_far.wrong[kind]
            low, high = interval(so_far.right[kind], of)
            report.say(
                f"items of kind {kind}: right", f"{so_far.right[kind]} of {of}", f"{low:.2f} to {high:.2f}"
            )
        for kind, of in sorted(so_far.innocents.items()):
            low, high = interval(so_far.suspected[kind], of)
            report.say(f"{kind}: suspected", f"{so_far.suspected[kind]} of {of}", f"{low:.2f} to {high:.2f}")
        report.goal("median recall into the queue", median(so_far.recalls), GOAL, "", at_least=True)
        report.goal("median precision of the queue", median(so_far.precisions), GOAL, "", at_least=True)
        report.goal("innocents frozen by a rule", so_far.frozen_innocents, 0, "people")


def main(words: Sequence[str] | None = None) -> int:
    """`python -m benchmarks.fraud_proof [--seeds N] [--scale X]`; the seeds are drawn anew and printed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fraud_proof", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the people")
    parser.add_argument("--seed", type=int, action="append", help="this one, and no other")
    options = parser.parse_args(words)
    seeds = options.seed or [secrets.randbelow(2**31) for _ in range(options.seeds)]
    report = Report()
    with tempfile.TemporaryDirectory(prefix="waconsole-fraud-") as name:
        run(report, seeds, options.scale, Path(name))
    report.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
