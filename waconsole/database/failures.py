"""What the engine and the disk say when they fail, in one sentence with a way out."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from waconsole.errors import Permanent, Refused, Transient, WaconsoleError

_SENTENCES: Final = {
    "SQLITE_FULL": "The disk is full: nothing of this was kept. Free some space and do it again.",
    "SQLITE_IOERR": "The disk refused to write {path}: nothing of this was kept. Check the disk and its limits.",
    "SQLITE_READONLY": "{path} or its folder is not yours to write, and SQLite writes beside a ledger even to "
    "read it: choose another with --ledger FILE, or copy it to a folder of your own.",
    "SQLITE_CANTOPEN": "{path} cannot be opened: check that its folder exists and that you may write there, "
    "or choose another with --ledger FILE.",
    "SQLITE_PERM": "You may not open {path}: check its owner, or choose another with --ledger FILE.",
    "SQLITE_NOTADB": "{path} is not a waconsole ledger: choose another with --ledger FILE.",
    "SQLITE_CORRUPT": "{path} is damaged: make a copy of it now, then run `waconsole doctor`.",
}


def in_words(error: sqlite3.Error, path: Path) -> WaconsoleError | sqlite3.Error:
    """`error` as an expected error, or itself when it is a bug of ours."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_CONSTRAINT_TRIGGER"):
        return Refused(str(error))
    if name in ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT"):
        return Transient(f"{path} is busy in another program: nothing of this was kept, try again.")
    if name in ("SQLITE_NOMEM", "SQLITE_PROTOCOL"):
        return Transient(
            f"{path} cannot be used for the moment ({error}): nothing of this was kept, try again."
        )
    if name == "SQLITE_INTERRUPT":
        return Transient("The search was stopped.")
    for prefix, sentence in _SENTENCES.items():
        if name.startswith(prefix):
            kind = Permanent if prefix == "SQLITE_CORRUPT" else Refused
            return kind(sentence.format(path=path))
    return error


def os_in_words(error: OSError, path: Path) -> Refused:
    """An error of the operating system about `path`, as one sentence."""
    if isinstance(error, PermissionError):
        return Refused(_SENTENCES["SQLITE_READONLY"].format(path=path))
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Refused(_SENTENCES["SQLITE_CANTOPEN"].format(path=path))
    if isinstance(error, IsADirectoryError):
        return Refused(f"{path} is a folder, not a ledger: choose a file with --ledger FILE.")
    return Refused(f"{path} cannot be used: {error.strerror or error}.")
