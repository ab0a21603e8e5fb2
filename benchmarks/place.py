"""Where a run keeps its exports and its ledger, and the product's own import that fills it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import chats
from benchmarks.chats import Chat

HOME: Final = Path(__file__).resolve().parents[1]
SIDE_FILES: Final = ("", "-wal", "-shm", "-turn", "-queue")


@dataclass(frozen=True, slots=True)
class Imported:
    """What the import of every export took; `apart` is CPU seconds by stage.

    Processes the import starts are in `children_cpu_seconds`, and in the peak with their own.
    """

    seconds: float
    cpu_seconds: float
    children_cpu_seconds: float
    messages: int
    rows: int
    peak_bytes: int
    apart: dict[str, float]


class Place:
    """A folder with the exports of `messages` messages and the ledger made of them."""

    def __init__(self, folder: Path, messages: int) -> None:
        """Nothing is made before it is asked for."""
        self.folder, self.messages = folder, messages
        self.ledger = folder / "ledger.db"
        self._imported: Imported | None = None

    def chats(self) -> list[Chat]:
        """The exports, written when they are missing."""
        return chats.written(self.folder / "chats", self.messages)

    def imported(self, *, again: bool = False) -> Imported:
        """The ledger, filled by an import in a process of its own; a kept one is used unless `again`."""
        record = self.folder / "import.json"
        if self._imported is None and not again and record.exists() and self.ledger.exists():
            self._imported = Imported(**json.loads(record.read_text("utf-8")))
            if self._imported.messages != self.messages:
                self._imported = None
        if self._imported is None:
            self.chats()
            record.unlink(missing_ok=True)
            for ending in SIDE_FILES:
                Path(f"{self.ledger}{ending}").unlink(missing_ok=True)
            self._imported = _import(self.ledger, self.folder / "chats", self.messages)
            record.write_text(json.dumps(asdict(self._imported)), "utf-8")
        return self._imported


def _import(ledger: Path, folder: Path, messages: int) -> Imported:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.import_worker", str(ledger), str(folder), str(messages)],
        cwd=HOME, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return Imported(**json.loads(done.stdout))
