"""Cashback as it is decided on, typed."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
