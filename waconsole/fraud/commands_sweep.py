"""`fraud sweep`: look through all invites for what does not fit."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
