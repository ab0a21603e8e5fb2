"""Where a ledger is at home: on this machine, at this path, in this file. A copy is at home nowhere.

Two copies of one ledger would send the same messages. Nothing inside a file tells it from its copy, so the ledger keeps
a fingerprint of its place. A moved or renamed file has another place and counts as a copy too: the operator
knows whether the other one is gone, the program does not.

An older copy that is written over its own original (`cp COPY LEDGER`) stays in its place. It is told by the side file: that
one keeps how far sending had come when the ledger was last closed, and a ledger that knows less is a copy.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final

MACHINE_FILES: Final = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
DIGITS: Final = 16
MARK: Final = "-turn"  # the side file that stands beside every ledger that was written
MARK_BYTES: Final = 20
NOWHERE: Final = "0" * DIGITS
"""What a backup holds: wherever it is opened, it is a copy."""


def home_of(path: Path) -> str:
    """The fingerprint of the place of the file at `path`: 16 hex digits. Raises OSError when it is not there.

    The device is left out: its number changes with every start of many machines.
    """
    place = f"{_machine()}\0{os.path.realpath(path)}\0{path.stat().st_ino}"
    return hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:DIGITS]


def _machine() -> str:
    """This machine's own id; empty where it has none."""
    for file in MACHINE_FILES:
        with contextlib.suppress(OSError):
            if found := file.read_text(encoding="ascii", errors="replace").strip():
                return found
    return ""


def came_to(path: Path) -> int:
    """How far the ledger at `path` had come when it was last closed here; 0 when nobody kept it."""
    with contextlib.suppress(OSError, ValueError), open(f"{path}{MARK}", "rb") as file:
        return int(file.read(MARK_BYTES) or b"0")
    return 0


def keep_came_to(path: Path, count: int) -> None:
    """Keep how far the ledger has come, beside it. What cannot be written is not kept: then less is told, nothing is lost."""
    if came_to(path) == count:
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(f"{path}{MARK}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, b"%020d" % count, 0)
        finally:
            os.close(descriptor)
