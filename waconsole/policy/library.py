"""Bundled presets: the rules and numbers a new ledger starts with, as data files.

A preset is copied into the ledger as a policy version; from then on the ledger's own row counts.
A newer waconsole adds new versions only where no operator has set one.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.policy import store
from waconsole.policy.model import BY_PRESET, Version, version_of
from waconsole.policy.service_sealing import write

_FOLDER: Final = Path(__file__).parent / "presets"
_SHELF: Final = Path(__file__).parent / "shelf"
TRIAGE: Final = "triage"
EVERY: Final = "every"


def digest() -> str:
    """A fingerprint of the bundled files: a ledger that bears it needs no look."""
    sha = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.toml")):
        sha.update(path.name.encode())
        sha.update(path.read_bytes())
    return sha.hexdigest()


def bundled() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, value) of every preset; a value carries at least `version` and `says`.

    What a file says under `every` holds for each of its presets that does not say otherwise.
    """
    for path in sorted(_FOLDER.glob("*.toml")):
        yield from _of_file(path)
    for path in sorted((_FOLDER / TRIAGE).glob("*.toml")):
        for rule in tomllib.loads(path.read_text(encoding="utf-8")).get("rule", []):
            yield f"{TRIAGE}.{rule['id']}", rule


def shelf() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, value) of every preset of the library: rows to copy, none of them in force by itself."""
    for path in sorted(_SHELF.glob("*.toml")):
        yield from _of_file(path)


def _of_file(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    rooms = tomllib.loads(path.read_text(encoding="utf-8"))
    every = rooms.pop(EVERY, {})
    for room, entries in rooms.items():
        yield from ((f"{room}.{key}", {**every, **entry}) for key, entry in entries.items())


def seed(tx: Transaction, *, now: int) -> int:
    """Write the presets the ledger lacks, sealed where it has a key; answers how many. Runs inside the caller's transaction."""
    known = store.latest_versions(tx)
    first = store.next_id(tx)
    rows: list[Version] = []
    for name, value in bundled():
        version, set_by = known.get(name, (0, BY_PRESET))
        if set_by != BY_PRESET or version >= value["version"]:
            continue
        rows.append(
            version_of(
                first + len(rows),
                name,
                value,
                version=value["version"],
                says=value["says"],
                valid_from=0,
                set_by=BY_PRESET,
                set_at=now,
                reason=value.get("reason", ""),
            )
        )
    write(tx, rows)
    return len(rows)
