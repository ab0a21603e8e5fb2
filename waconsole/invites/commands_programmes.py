"""`invites programme …`: what a programme asks for and gives, what it may cost, when it runs."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
