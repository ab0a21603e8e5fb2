"""`fraud rules|backtest …`: what signals weigh, and what another rule would have done."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
