"""Import runs: bulk work in chunks that becomes visible in one last small transaction.

While a run is open nobody sees its rows (the `visible_…` views leave them out). A run whose
worker died is resumed by the same import, or swept. Rejected rows of a run are kept with their
line and reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Row, Transaction

PULSE_SILENT_MAX: Final = 2 * MINUTE
RUNS_LISTED_MAX: Final = 1000
RELEASED: Final = "released"


@dataclass(frozen=True, slots=True)
class Run:
    """An import run; times in microseconds UTC."""

    id: int
    ref: str
    kind: str
    target: str
    source: str
    sha256: str
    state: str
    worker: str
    begun_at: int
    pulse_at: int
    summary: dict[str, Any]


def worker_name() -> str:
    """This process, so that another can tell whether it still lives: host, boot, process."""
    return f"{socket.gethostname()}|{_boot()}|{os.getpid()}"


def is_alive(run: Run, *, now: int) -> bool:
    """Whether the run's worker still works: its process lives here, or its pulse is fresh elsewhere."""
    if run.worker == RELEASED:
        return False
    host, boot, process = run.worker.split("|")
    if host != socket.gethostname():
        return now - run.pulse_at < PULSE_SILENT_MAX
    if boot != _boot():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def open_runs(tx: Transaction) -> list[Run]:
    """Every run that is neither sealed nor swept."""
    rows = tx.rows(
        """
        SELECT id, ref, kind, target, source, sha256, state, worker, begun_at, pulse_at, summary
          FROM import_run
         WHERE state = 'open'
         ORDER BY id
         LIMIT :limit
        """,
        {"limit": RUNS_LISTED_MAX},
    )
    return [_run(row) for row in rows]


def open_run_of(tx: Transaction, target: str) -> Run | None:
    """The open run that writes into `target`, if there is one."""
    return next((run for run in open_runs(tx) if run.target == target), None)


def _run(row: Row) -> Run:
    fields = dict(row)
    fields["summary"] = json.loads(fields["summary"])
    return Run(**fields)


def begin(tx: Transaction, *, kind: str, target: str, source: str, sha256: str, now: int) -> int:
    """Open a run for this process and answer its id. The database allows one open run per target."""
    number = tx.value("SELECT count(*) FROM import_run")
    facts = f"{target}|{sha256}|{now}|{number}"
    return tx.insert(
        """
        INSERT INTO import_run (ref, kind, target, source, sha256, state, worker, begun_at, pulse_at)
        VALUES (:ref, :kind, :target, :source, :sha256, 'open', :worker, :now, :now)
        """,
        {
            "ref": "run-" + hashlib.sha256(facts.encode("utf-8", "replace")).hexdigest()[:16],
            "kind": kind,
            "target": target,
            "source": source,
            "sha256": sha256,
            "worker": worker_name(),
            "now": now,
        },
    )


def take_over(tx: Transaction, run_id: int, *, now: int) -> None:
    """Let another process go on with a dead run; it reads the file from its beginning again."""
    tx.execute("DELETE FROM reject WHERE import_run_id = :id", {"id": run_id})
    tx.execute(
        "UPDATE import_run SET worker = :worker, pulse_at = :now WHERE id = :id AND state = 'open'",
        {"worker": worker_name(), "now": now, "id": run_id},
    )


def go_on(tx: Transaction, run_id: int, *, now: int) -> None:
    """Let another process go on with a dead run from where its `summary` says; what it rejected stands."""
    tx.execute(
        "UPDATE import_run SET worker = :worker, pulse_at = :now WHERE id = :id AND state = 'open'",
        {"worker": worker_name(), "now": now, "id": run_id},
    )


def pulse(tx: Transaction, run_id: int, *, now: int, summary: dict[str, Any]) -> None:
    """Say that the run lives, and how far it came."""
    tx.execute(
        "UPDATE import_run SET pulse_at = :now, summary = :summary WHERE id = :id AND state = 'open'",
        {"now": now, "summary": json.dumps(summary, sort_keys=True), "id": run_id},
    )


def seal(tx: Transaction, run_id: int, *, now: int, summary: dict[str, Any]) -> None:
    """Make the run's rows visible, all at once."""
    tx.execute(
        """
        UPDATE import_run
           SET state = 'sealed', worker = '', sealed_at = :now, pulse_at = :now, summary = :summary
         WHERE id = :id AND state = 'open'
        """,
        {"now": now, "summary": json.dumps(summary, sort_keys=True), "id": run_id},
    )


def mark_swept(tx: Transaction, run_id: int, *, now: int) -> None:
    """Close a run whose rows have all been taken out again."""
    tx.execute("DELETE FROM reject WHERE import_run_id = :id", {"id": run_id})
    tx.execute(
        "UPDATE import_run SET state = 'swept', sealed_at = :now WHERE id = :id AND state = 'open'",
        {"now": now, "id": run_id},
    )


def add_rejects(tx: Transaction, run_id: int, rejects: Sequence[tuple[int, str, str]]) -> None:
    """Keep rejected rows: (line, reason, text as it stood)."""
    tx.executemany(
        "INSERT INTO reject (import_run_id, line, reason, text) VALUES (?, ?, ?, ?)",
        [(run_id, line, reason, text) for line, reason, text in rejects],
    )


def rejects(tx: Transaction, run_id: int, *, limit: int) -> list[tuple[int, str, str]]:
    """The rejected rows of a run: (line, reason, text), in order of line."""
    rows = tx.rows(
        "SELECT line, reason, text FROM reject WHERE import_run_id = :id ORDER BY line, id LIMIT :limit",
        {"id": run_id, "limit": limit},
    )
    return [(row["line"], row["reason"], row["text"]) for row in rows]


def release(tx: Transaction, run_id: int) -> None:
    """Let go of an open run whose work was stopped: it can be resumed or swept at once."""
    tx.execute(
        "UPDATE import_run SET worker = :worker WHERE id = :id AND state = 'open'",
        {"worker": RELEASED, "id": run_id},
    )
