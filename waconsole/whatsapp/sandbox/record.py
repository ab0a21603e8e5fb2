"""The sandbox's own record of what it accepted, which nobody can change afterwards: lines of JSON, in a file on request.

A line is written before the answer to the message is, so that whatever a sender believes, this is what happened.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.people import Accepted

ROWS_MAX: Final = 10_000  # of one answer
MODE: Final = 0o600


def body_hash(message: Accepted) -> str:
    """SHA-256 (hex) of what a message says: the same for the same words, whatever its opaque text."""
    said = {"type": message.send.type, "body": message.send.body, "reply_to": message.send.reply_to}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def record_row(message: Accepted) -> dict[str, Any]:
    """One line: `at` is microseconds UTC by the sandbox's clock."""
    return {
        "id": message.id,
        "to": message.to,
        "opaque": message.opaque,
        "type": message.send.type,
        "sha256": body_hash(message),
        "at": message.at,
    }


class Record:
    """Appends to a file, when there is one; nothing is ever rewritten."""

    def __init__(self, path: Path | None) -> None:
        """Raises Refused when the file cannot be opened."""
        self._file: int | None = None
        if path is None:
            return
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
        except OSError as error:
            raise Refused(f"The record cannot be written to {path}: {error.strerror}.") from error

    def add(self, message: Accepted) -> None:
        """Write one accepted message; it is with the system when this returns, whoever is killed then."""
        self.add_row(record_row(message))

    def add_row(self, row: Mapping[str, Any]) -> None:
        """The same for a line that is made already."""
        if self._file is not None:
            os.write(self._file, json.dumps(row).encode("ascii") + b"\n")

    def close(self) -> None:
        """Nothing more will come."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
