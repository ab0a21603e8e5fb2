"""`invites ask|channels|proofs …`: invitations to groups, where people come from, pictures sent as proof."""

from __future__ import annotations

from typing import Final

from waconsole.command import Command

COMMANDS: Final[list[Command]] = []
