"""kill -9, over and over, while messages leave and webhooks come in: `python -m benchmarks.crash` (`make crash`).

Pairs of senders and a receiver work on one ledger against a sandbox that loses answers, refuses,
and posts webhooks twice and out of order. The next pair starts while the last one drains, and each
pair dies in the middle. The judge is the sandbox's own record of what it accepted, never a table
of ours. Beside it the retry protocol of a job engine (baselines/crash_loop.py), which must be seen
to double: otherwise the trial would prove nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.screen import environment
from waconsole import catalogue, clock
from waconsole.console.syncing_children import Child, Companion, end_all
from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service
from waconsole.settings import Settings
from waconsole.settings.read import read_settings
from waconsole.sync.sending import send_text
from waconsole.sync.watching import sync_once

HOST: Final = "127.0.0.1"
SECRET: Final = "crash-secret"
KILLS: Final = 500
AT_ONCE: Final = 2
EACH: Final = 12
PEOPLE: Final = 90  # so that nobody is near what one person may be sent (45, then one in six seconds)
CONTROL_CYCLES: Final = 100
RECEIVER_DIES: Final = 0.2
GROWTH_SECONDS_MAX: Final = 3.0
LOOK_SECONDS: Final = 0.002
SETTLE_SECONDS: Final = 90.0
# What the network and WhatsApp do to us: the shares of spikes and of bad evenings.
FAULTS: Final[dict[str, Any]] = {
    "silent": True, "latency_seconds": 0.01, "drop_before": 0.02, "drop_after": 0.03, "server_error_after": 0.02,
    "refuse_code": 130429, "refuse_share": 0.06, "window_hours": 48.0, "webhook_duplicate": 0.2, "webhook_reorder": 0.2,
}  # fmt: skip
CALM: Final[dict[str, Any]] = {"silent": True, "window_hours": 48.0}


@dataclass
class Trial:
    """One run: a ledger, a sandbox with its record, and the processes that are killed."""

    folder: Path
    surroundings: dict[str, str]
    api: httpx.AsyncClient
    dice: random.Random
    receiver: subprocess.Popen[bytes] | None = None
    caught: Counter[str] = field(default_factory=Counter)
    kills: int = 0

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def record(self) -> Path:
        return self.folder / "accepted.jsonl"

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A process of the product on the ledger."""
        argv = [sys.executable, "-P", "-m", "waconsole", "--ledger", str(self.ledger), *words]
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            return subprocess.Popen(argv, env=self.surroundings, stdout=subprocess.DEVNULL, stderr=log)

    def kill(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        """End them as a power cut would, as far as a process can tell."""
        for one in processes:
            if one.poll() is not None:
                raise SystemExit(f"A process ended by itself ({one.returncode}): see {self.folder}.")
            one.send_signal(signal.SIGKILL)
        for one in processes:
            one.wait()
        self.kills += len(processes)

    def size(self) -> int:
        return self.record.stat().st_size if self.record.exists() else 0

    def grown(self, size: int) -> None:
        """Wait until WhatsApp has accepted something more."""
        until = time.monotonic() + GROWTH_SECONDS_MAX
        while self.size() <= size and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)

    async def control(self, act: str, wanted: dict[str, Any]) -> None:
        (await self.api.post(f"/_sandbox/{act}", json=wanted)).raise_for_status()


async def crash(kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Kill `kills` processes while they send; answers what the record and the ledger say afterwards."""
    port, receiver_port = _free_port(), _free_port()
    surroundings = environment() | _addresses(port, receiver_port)
    record = folder / "accepted.jsonl"
    words = ("sandbox", "--port", str(port), "--seed", str(seed), "--record", str(record))
    sandbox = Child(Companion("sandbox", words, surroundings))
    try:
        sandbox.wait_ready()
        async with (
            httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False) as api,
            catalogue.open_ledger(folder / "ledger.db", now=clock.now()) as database,
        ):
            trial = Trial(folder, surroundings, api, random.Random(seed))
            settings = read_settings(surroundings)
            people = await _meet(trial, database, settings)
            began = time.monotonic()
            await _kill_over_and_over(trial, database, settings, people, kills)
            took = time.monotonic() - began
            await _settle(trial, database, settings)
            return await _judged(trial, database) | {"seconds": round(took, 1)}
    finally:
        end_all([sandbox])


def _addresses(port: int, receiver_port: int) -> dict[str, str]:
    return {
        "WACONSOLE_CLOUD__BASE_URL": f"http://{HOST}:{port}",
        "WACONSOLE_CLOUD__PHONE_NUMBER_ID": "100000000000001",
        "WACONSOLE_CLOUD__WABA_ID": "200000000000002",
        "WACONSOLE_CLOUD__TOKEN": SECRET,
        "WACONSOLE_CLOUD__APP_SECRET": SECRET,
        "WACONSOLE_CLOUD__VERIFY_TOKEN": SECRET,
        "WACONSOLE_RECEIVER__PORT": str(receiver_port),
    }


async def _meet(trial: Trial, database: Database, settings: Settings) -> list[str]:
    """Everybody writes to us first, so that we may answer; nothing goes wrong yet."""
    await trial.control("faults", CALM)
    trial.receiver = trial.start("receive")
    people = [f"+3363998{place:04}" for place in range(PEOPLE)]
    await asyncio.sleep(3)
    for phone in people:
        await trial.control("say", {"from": phone, "text": "Hi"})
    for _ in range(100):
        await sync_once(database, settings, clock=clock.now, stop=lambda: False)
        if await database.read(lambda tx: tx.value("SELECT count(*) FROM conversation")) >= PEOPLE:
            break
        await asyncio.sleep(0.2)
    await trial.control("faults", FAULTS)
    return people


async def _kill_over_and_over(
    trial: Trial, database: Database, settings: Settings, people: list[str], kills: int
) -> None:
    number = 0
    working = [trial.start("sync", "--watch") for _ in range(AT_ONCE)]
    while trial.kills < kills:
        for _ in range(EACH):
            number += 1
            await send_text(
                database, settings, people[number % PEOPLE], f"text {number}", reply_to=None, operator=None, now=clock.now()
            )  # fmt: skip
        size = trial.size()
        following = [trial.start("sync", "--watch") for _ in range(AT_ONCE)]
        trial.grown(size)
        await asyncio.sleep(trial.dice.uniform(0.0, 0.25))
        trial.kill(working)
        sending = await database.read(
            lambda tx: tx.value("SELECT count(*) FROM outgoing WHERE state = 'sending'")
        )
        trial.caught["sending"] += sending
        if trial.dice.random() < RECEIVER_DIES and trial.receiver is not None:
            trial.kill([trial.receiver])
            trial.receiver = trial.start("receive")
        working = following
    trial.kill(working)


async def _settle(trial: Trial, database: Database, settings: Settings) -> None:
    """Calm weather: everything leaves, every status comes; then an operator has the silent ones sent again."""
    await trial.control("faults", CALM)
    for is_last in (False, True):
        until = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < until:
            await sync_once(database, settings, clock=clock.now, stop=lambda: False)
            if not await database.read(lambda tx: tx.value(_OPEN)):
                break
            await asyncio.sleep(0.5)
        if not is_last:
            await database.write(_resend_the_silent)
    if trial.receiver is not None:
        trial.receiver.terminate()
        trial.receiver.wait()


_OPEN: Final = "SELECT count(*) FROM outgoing WHERE state IN ('queued', 'scheduled', 'sending', 'unknown')"


def _resend_the_silent(tx: Transaction) -> None:
    acting = operators.acting(tx, None, now=clock.now())
    for row in tx.rows("SELECT id FROM outgoing WHERE state = 'unknown' ORDER BY id"):
        service.resolve(tx, acting, row["id"], "resend", now=clock.now())


async def _judged(trial: Trial, database: Database) -> dict[str, Any]:
    """What WhatsApp accepted against what we meant to send, once each."""
    lines = [json.loads(line) for line in trial.record.read_text(encoding="utf-8").splitlines()]
    taken = Counter(line["opaque"].split(":")[2] for line in lines if line.get("opaque"))
    refs = await database.read(lambda tx: {row["ref"] for row in tx.rows("SELECT ref FROM outgoing")})
    states = await database.read(
        lambda tx: {
            row["state"]: row["n"]
            for row in tx.rows("SELECT state, count(*) AS n FROM outgoing GROUP BY state")
        }
    )
    attempts = await database.read(lambda tx: tx.value("SELECT count(*) FROM attempt"))
    return {
        "kills": trial.kills,
        "messages": len(refs),
        "attempts": attempts,
        "caught sending": trial.caught["sending"],
        "lost": len(refs - taken.keys()),
        "doubled": sum(count > 1 for count in taken.values()),
        "strange": len(taken.keys() - refs),
        "states": states,
        "integrity": await database.read(lambda tx: tx.value("PRAGMA integrity_check")),
    }


def control(cycles: int, folder: Path) -> dict[str, Any]:
    """The retry protocol of job engines, by the program that first measured it, unchanged."""
    program = folder / "crash_loop.py"
    shutil.copyfile(Path(__file__).parent / "baselines" / "crash_loop.py", program)
    done = subprocess.run(
        [sys.executable, str(program), "A", str(cycles)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def main(words: Sequence[str] | None = None) -> int:
    """Run it; 0 when nothing was lost or doubled and the control doubled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--control", type=int, default=CONTROL_CYCLES, metavar="CYCLES", help="two kills each; 0: none"
    )
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="waconsole-crash-") as name:
        folder = Path(name)
        ours = asyncio.run(crash(options.kills, options.seed, folder))
        print("this outbox:   ", json.dumps(ours), flush=True)
        theirs = control(options.control, folder) if options.control else None
        if theirs is not None:
            print("retry protocol:", json.dumps(theirs), flush=True)
    is_sound = (ours["lost"], ours["doubled"], ours["strange"], ours["integrity"]) == (0, 0, 0, "ok")
    proves = theirs is None or theirs["duplicated"] > 0
    print(
        "nothing lost, nothing doubled" if is_sound else "NOT SOUND",
        "" if proves else "- the control did not double",
    )
    return 0 if is_sound and proves else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
