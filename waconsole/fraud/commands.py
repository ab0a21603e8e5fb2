"""Every command of the room: sweeping, deciding, rules."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command
from waconsole.fraud import commands_deciding, commands_rules, commands_sweep

COMMANDS: Final[list[Command]] = [
    *commands_sweep.COMMANDS,
    *commands_deciding.COMMANDS,
    *commands_rules.COMMANDS,
]
