"""Goals: rings, clusters and haste beside networkx and rustworkx, in one process from the same integer columns; a sweep
of a cold ledger from end to end; one invite probed as it comes in.

The graph is made by rules of its own, as in `baselines/b5_fraud.py`: nearly a forest, with rings, bursts and devices
that are shared. Rows are written bare: what is measured is reading.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks import fraud_proof
from benchmarks.place import HOME, Place
from benchmarks.report import Report, p95
from waconsole import catalogue
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud import bursts, clusters, graph
from waconsole.fraud.service_sweep import check_edge, sweep

Column = NDArray[np.int64]
Result = TypeVar("Result")

NETWORKX_TIMES_MIN: Final = 50
RUSTWORKX_TIMES_MIN: Final = 10
END_TO_END_MAX_S: Final = 6
PROBE_MAX_US: Final = 250
PROBES: Final = 2_000
ROUNDS: Final = 3
DAY: Final = 86_400
NOW: Final = fraud_proof.NOW // SECOND


@dataclass(frozen=True)
class Made:
    """A graph in columns: who, whom, when; each person's device and payment handle; and who shares something with whom."""

    count: int
    who: Column
    whom: Column
    at: Column
    device: Column
    payment: Column
    ones: Column
    others: Column


def made(count: int, seed: int = 7) -> Made:
    """`count` people, everybody brought by somebody before them; rings, bursts and shared devices in between."""
    dice = np.random.default_rng(seed)
    whom = np.arange(2, count + 1)
    who = np.floor((whom - 1) * dice.random(count - 1) ** 2.2).astype(np.int64) + 1
    at = NOW - (dice.random(count - 1) * 365 * DAY).astype(np.int64)
    parts = [(who, whom, at)]
    for _ in range(max(20, count // 2_000)):
        people = dice.choice(count, int(dice.integers(3, 9)), replace=False) + 1
        began = NOW - int(dice.integers(DAY, 30 * DAY))
        parts.append((people, np.roll(people, -1), began + np.arange(len(people)) * 60))
    for _ in range(max(5, count // 20_000)):
        size, one = int(dice.integers(60, 200)), int(dice.integers(1, count))
        others = dice.integers(one, count, size) + 1
        parts.append((np.full(size, one), others, NOW - 9 * DAY + np.sort(dice.integers(0, 2_400, size))))
    # Neighbours live together or use one device, and some handles are passed round: about a tie a person.
    place = np.arange(count)
    address = np.where(dice.random(count) < 0.85, place // 2, place + count)
    device = np.where(dice.random(count) < 0.7, place // 3, place + count)
    payment = np.where(dice.random(count) < 0.7, (place + 1) // 3, place + count)
    for _ in range(max(10, count // 3_000)):
        payment[dice.choice(count, int(dice.integers(4, 30)), replace=False)] = int(
            dice.integers(count, 2 * count)
        )
    pairs = [clusters.stars(place, keys + 1) for keys in (address, device, payment)]
    ones, others = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    who, whom, at = (np.concatenate([part[place] for part in parts]).astype(np.int64) for place in range(3))
    return Made(count, who, whom, at, device, payment, ones, others)


def run(report: Report, place: Place) -> None:
    """As many edges as there are messages: in memory beside two libraries, then from a ledger."""
    report.begin(f"Graph of {place.messages:,} invites, in memory")
    it = made(place.messages)
    stages(report, it)
    report.begin("The same from a ledger")
    path = place.folder / "fraud.db"
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    asyncio.run(_lay(path, it))
    _cold(path)
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.fraud", str(path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=HOME,
    )
    seconds, probe, slow, *lines = said.stdout.splitlines()
    for line in lines:
        name, _, took = line.partition(" ")
        report.say(f"stage {name}", f"{float(took):,.0f} ms")
    report.goal("sweep of a cold ledger, end to end", float(seconds), END_TO_END_MAX_S, "s")
    report.goal(
        "one invite probed, store time", float(probe), PROBE_MAX_US, "us", f"95 % below {float(slow):,.0f} us"
    )
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()


def stages(report: Report, it: Made) -> None:
    """Rings, clusters and haste, each beside what a library takes from the same columns, its graph included."""
    ours, found = _best(lambda: graph.rings(it.who, it.whom))
    report.say("rings: peel, then Tarjan", f"{ours * 1e3:,.1f} ms", f"{len(found):,} rings")
    for name, took in (("networkx", _networkx_rings), ("rustworkx", _rustworkx_rings)):
        _beside(report, "rings", name, lambda: took(it), ours, len(found))
    ours, groups = _best(lambda: _clusters(it))
    report.say(
        "clusters: the smallest in reach",
        f"{ours * 1e3:,.1f} ms",
        f"{groups:,} clusters, {len(it.ones):,} ties",
    )
    for name, took in (("networkx", _networkx_clusters), ("rustworkx", _rustworkx_clusters)):
        _beside(report, "clusters", name, lambda: took(it), ours, groups)
    ours, hasty = _best(lambda: bursts.hasty(it.who, it.at, attempts=51, seconds=3_600))
    theirs, looped = _best(lambda: _windows(it), rounds=1)
    assert set(hasty) == looped
    report.say("haste: counts, sort, shift", f"{ours * 1e3:,.1f} ms", f"{len(hasty):,} people")
    report.say("  a window per person, in a loop", f"{theirs * 1e3:,.0f} ms", f"{theirs / ours:,.0f} x")


def _beside(
    report: Report, what: str, name: str, work: Callable[[], int], ours: float, expected: int
) -> None:
    theirs, count = _best(work, rounds=1)
    assert count == expected, f"{name} finds {count}, not {expected}"
    least = NETWORKX_TIMES_MIN if name == "networkx" else RUSTWORKX_TIMES_MIN
    report.goal(
        f"{what} against {name}", theirs / ours, least, "x", f"{name} {theirs * 1e3:,.0f} ms", at_least=True
    )


def _networkx_rings(it: Made) -> int:
    import networkx

    edges = networkx.DiGraph(zip(it.who.tolist(), it.whom.tolist(), strict=True))
    return sum(len(part) > 1 for part in networkx.strongly_connected_components(edges))


def _rustworkx_rings(it: Made) -> int:
    import rustworkx

    edges = rustworkx.PyDiGraph()
    edges.add_nodes_from(range(it.count + 1))
    edges.add_edges_from_no_data(list(zip(it.who.tolist(), it.whom.tolist(), strict=True)))
    return sum(len(part) > 1 for part in rustworkx.strongly_connected_components(edges))


def _clusters(it: Made) -> int:
    first = clusters.smallest_in_reach(it.ones, it.others, it.count)
    return int((np.bincount(first) > 1).sum())


def _networkx_clusters(it: Made) -> int:
    import networkx

    ties = networkx.Graph(zip(it.ones.tolist(), it.others.tolist(), strict=True))
    return sum(len(part) > 1 for part in networkx.connected_components(ties))


def _rustworkx_clusters(it: Made) -> int:
    import rustworkx

    ties = rustworkx.PyGraph()
    ties.add_nodes_from(range(it.count))
    ties.add_edges_from_no_data(list(zip(it.ones.tolist(), it.others.tolist(), strict=True)))
    return sum(len(part) > 1 for part in rustworkx.connected_components(ties))


def _windows(it: Made) -> set[int]:
    """Haste as it is written without columns: everybody's attempts in order, one window moved along."""
    by_person: dict[int, list[int]] = {}
    for one, at in zip(it.who.tolist(), it.at.tolist(), strict=True):
        by_person.setdefault(one, []).append(at)
    found = set()
    for one, times in by_person.items():
        times.sort()
        if any(times[place + 50] - times[place] < 3_600 for place in range(len(times) - 50)):
            found.add(one)
    return found


def _best(work: Callable[[], Result], *, rounds: int = ROUNDS) -> tuple[float, Result]:
    """The median of some rounds in seconds, and what came of the last."""
    took = []
    for _ in range(rounds):
        gc.collect()
        began = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - began)
    return statistics.median(took), result


# --- from a ledger


async def _lay(path: Path, it: Made) -> None:
    async with catalogue.open_ledger(path, now=fraud_proof.NOW) as database:
        await database.write(fraud_proof.lay_programme)
        await database.write(lambda tx: _rows(tx, it))


def _rows(tx: Transaction, it: Made) -> None:
    people = range(1, it.count + 1)
    tx.executemany(
        "INSERT INTO member (id, ref, payment, device, origin, added_at) VALUES (?, ?, ?, ?, 'import', 0)",
        (
            (one, f"m-{one:012x}", f"card {payment}", f"device {device}")
            for one, payment, device in zip(people, it.payment.tolist(), it.device.tolist(), strict=True)
        ),
    )
    tx.executemany(
        "INSERT INTO alias (member_id, kind, value, folded, group_id, origin) VALUES (?, 'phone', ?, ?, 0, 'import')",
        ((one, f"+8526{one:07}", f"+8526{one:07}") for one in people),
    )
    edges = zip(it.who.tolist(), it.whom.tolist(), (it.at * SECOND).tolist(), strict=True)
    tx.executemany(
        """
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, confidence, origin, recorded_at)
        VALUES (?, 1, ?, ?, ?, ?, 'exact', 'import', ?)
            ON CONFLICT DO NOTHING
        """,
        (
            (f"i-{place:012x}", one, other, at, at, fraud_proof.NOW)
            for place, (one, other, at) in enumerate(edges)
        ),
    )
    buyers = np.flatnonzero(np.random.default_rng(3).random(len(it.whom)) < 0.5)
    after = ((it.at[buyers] + 20 * DAY) * SECOND).tolist()
    tx.executemany(
        """
        INSERT INTO "order" (reference, member_id, ordered_at, currency, total_minor, origin, recorded_at)
        VALUES (?, ?, ?, 'HKD', 50000, 'import', ?)
        """,
        (
            (f"o{place}", one, at, fraud_proof.NOW)
            for place, (one, at) in enumerate(zip(it.whom[buyers].tolist(), after, strict=True))
        ),
    )


def _cold(path: Path) -> None:
    """Let the operating system forget the file, so that it is read from the disk."""
    if hasattr(os, "posix_fadvise"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


async def _swept(path: Path) -> None:
    async with catalogue.open_ledger(path, now=fraud_proof.NOW) as database:
        began = time.perf_counter()
        swept = await sweep(database, now=fraud_proof.NOW)
        seconds = time.perf_counter() - began
        ids: list[Any] = await database.read(
            lambda tx: [
                row[0] for row in tx.rows("SELECT id FROM invite ORDER BY id DESC LIMIT ?", (PROBES,))
            ]
        )
        took = await database.read(lambda tx: [_probed(tx, one) for one in ids])
    print(seconds)
    print(statistics.mean(took))
    print(p95(took))
    for name, ms in swept.ms.items():
        print(name, ms)
    print("items", len(swept.items))


def _probed(tx: Transaction, invite_id: int) -> float:
    """Microseconds of this thread's own: what others do on the machine meanwhile is not the store's."""
    began = time.thread_time()
    check_edge(tx, invite_id)
    return (time.thread_time() - began) * 1e6


if __name__ == "__main__":
    asyncio.run(_swept(Path(sys.argv[1])))
