"""`fraud queue|show|take|decide …`: the review desk."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
