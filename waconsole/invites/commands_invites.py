"""`invites list|show|settle`: who brought whom and what it earned."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
