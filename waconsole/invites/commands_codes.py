"""`invites code|qr|share …`: codes, links, and what a member is given to share."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
