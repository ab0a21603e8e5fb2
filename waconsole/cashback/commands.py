"""Cashback as it is typed."""

from __future__ import annotations

from typing import Final

from waconsole.cashback import commands_deciding, commands_lines, commands_paying, commands_schemes
from waconsole.command import Command

COMMANDS: Final[list[Command]] = [
    *commands_schemes.COMMANDS,
    *commands_lines.COMMANDS,
    *commands_deciding.COMMANDS,
    *commands_paying.COMMANDS,
]
