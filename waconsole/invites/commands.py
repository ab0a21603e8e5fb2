"""Every command of the room: programmes, codes, invites, invitations to groups."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command
from waconsole.invites import commands_codes, commands_groups, commands_invites, commands_programmes

COMMANDS: Final[list[Command]] = [
    *commands_programmes.COMMANDS,
    *commands_invites.COMMANDS,
    *commands_codes.COMMANDS,
    *commands_groups.COMMANDS,
]
