"""Who sends: the name a process leaves in its attempts, and whether the process of such a name is gone.

A process is its machine, the machine's boot, its id and when it began: an id comes back, the four
together do not.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_BOOT_CHARACTERS: Final = 8
_BEGAN_FIELD: Final = 19  # of /proc/<pid>/stat, counted behind the program's name in brackets
_ENDED: Final = "ZX"  # ended, and only its parent has not noticed yet
_RUNS = count(1)


def owner() -> str:
    """This process: `host:boot:pid:began`."""
    return f"{socket.gethostname()}:{_boot()}:{os.getpid()}:{_began(os.getpid())}"


def run_of(process: str) -> str:
    """One run of a process that sends: two runs in one process are two owners."""
    return f"{process}/{next(_RUNS)}"


def is_gone(name: str) -> bool:
    """Whether whoever left this name has died; False when that cannot be known from here.

    A name of another form was given by whoever holds the drain lock of its number: it is gone.
    """
    process, _, _ = name.rpartition("/")
    parts = (process or name).rsplit(":", 3)
    if len(parts) != 4 or not parts[2].isdecimal():
        return True
    host, boot, pid, began = parts
    if host != socket.gethostname():
        return False
    if boot != _boot():
        return True
    return not _is_alive(int(pid), began)


@cache
def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()[:_BOOT_CHARACTERS]
    except OSError:
        return "-"


def _began(pid: int) -> str:
    """When a process began, in ticks since the boot; `-` where the machine does not tell, "" when it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "-"
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in _ENDED else fields[_BEGAN_FIELD]


def _is_alive(pid: int, began: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return "-" in (began, _began(pid)) or _began(pid) == began
