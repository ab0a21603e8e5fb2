"""The console: it collects what the rooms offer, and decides nothing."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole import catalogue
from waconsole.console.frame import ConsoleFrame
from waconsole.console.keys import LEAVE, SHELL_BINDINGS
from waconsole.console.panes import PANES
from waconsole.kit.pane import CommandWanted, PaneWanted
from waconsole.kit.typing import takes_text
from waconsole.kit.worker import in_worker
from waconsole.text import _

if TYPE_CHECKING:
    from waconsole.console.candidates import Candidate
    from waconsole.console.commandline import CommandLine
    from waconsole.console.running import Running
    from waconsole.kit.prompt import Prompt

DRAFT_SECONDS: Final = 0.2
RECENT_MAX: Final = 20


class ConsoleApp(ConsoleFrame):
    """The screen shell: panes, commands, help, palette, undo, leaving."""

    BINDINGS: ClassVar[list[BindingType]] = SHELL_BINDINGS

    # Panes

    async def show_pane(self, name: str, place: dict[str, Any] | None = None) -> None:
        """Bring a pane into sight, and go to a place there."""
        await self.deck.show(name, place)
        self.show_where()

    async def on_pane_wanted(self, message: PaneWanted) -> None:
        """A pane sends the operator to another one."""
        message.stop()
        await self.show_pane(message.name, message.place)

    async def action_pane(self, name: str) -> None:
        """Open the pane called `name`."""
        await self.show_pane(name)

    async def action_previous(self) -> None:
        """Go back to the pane before."""
        if self.deck.previous is None:
            self.say(_("This is the first pane you have opened."), "advice")
        else:
            await self.show_pane(self.deck.previous)

    # Finding and saying

    @cached_property
    def command_line(self) -> CommandLine:
        """The `:` line, loaded when it is first needed."""
        from waconsole.console.commandline import CommandLine

        return CommandLine(self)

    def action_command(self) -> None:
        """Type a command."""
        self.command_line.open()

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Nothing is done while it is typed."""
        message.stop()

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Do what was typed."""
        message.stop()
        self.deck.pane.shown()
        in_worker(self, partial(self.command_line.run, message.text), group="command")

    def on_command_wanted(self, message: CommandWanted) -> None:
        """A pane wants a command done."""
        message.stop()
        in_worker(self, partial(self.command_line.run, message.line), group="command")

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Back to the pane."""
        message.stop()
        self.deck.pane.shown()

    def action_help(self) -> None:
        """Say what can be done here, and do what is chosen."""
        from waconsole.console.helping import doables
        from waconsole.kit.help import Help

        acts = {one.id: one for one in doables(self)}

        def chosen(wanted: str | None) -> None:
            if wanted is not None:
                self.call_later(self.run_action, acts[wanted].action, acts[wanted].node)

        self.push_screen(Help([one.entry for one in acts.values()]), chosen)

    def action_palette(self) -> None:
        """Find anything."""
        from waconsole.console.candidates import looked_up, offered
        from waconsole.console.palette import Palette

        def chosen(candidate: Candidate | None) -> None:
            if candidate is not None:
                self.recent = [candidate.id, *(one for one in self.recent if one != candidate.id)][
                    :RECENT_MAX
                ]
                self.call_later(candidate.do)

        self.push_screen(Palette(offered(self), self.recent, lambda text: looked_up(self, text)), chosen)

    # Pausing, undo and leaving

    def action_pause_all(self) -> None:
        """Pause everything, once it is agreed to; or let everything go on."""
        self.pause_key.press()

    async def action_undo(self) -> None:
        """Take the last act back."""
        desk = self.desk
        verb, count, withdrawn = await catalogue.undo(desk.database, operator=desk.operator, now=desk.clock())
        said = _("Undone: {verb} ({count}).").format(verb=verb, count=f"{count:,}")
        self.say(" ".join((said, *(f"{one.said}." for one in withdrawn))))
        if withdrawn:
            from waconsole.outbox import service_batches

            self.run_worker(service_batches.sweep_all(desk.database), group="sweep")

    def _at_work(self) -> Running | None:
        """The command at work; asked without loading the `:` line."""
        line = self.__dict__.get("command_line")
        return None if line is None else line.running

    def stops_work(self) -> bool:
        """Escape in a pane stops the command at work; elsewhere it means what it means there."""
        running = self._at_work()
        if running is None or takes_text(self.focused) or len(self.screen_stack) > 1:
            return False
        running.stop()
        return True

    async def action_leave(self) -> None:
        """Leave, whatever is open; a reply being written is kept as a draft, work ends at its next safe place."""
        if (running := self._at_work()) is not None:
            running.stop()
            await running.wait()
        if (keep := getattr(self.focused, "action_keep", None)) is not None:
            keep()
            await asyncio.sleep(DRAFT_SECONDS)
        self.exit(return_code=0)

    def action_help_quit(self) -> None:
        """Ctrl-C leaves nothing half done: it says how to leave."""
        key = self.key_in_force(LEAVE)
        sentence = _("{key} leaves the console.").format(key=key) if key else _("`:quit` leaves the console.")
        self.say(sentence, "advice")

    def look_idle(self) -> None:
        """Who signed in and has been away for too long is signed out."""
        if self.desk.operator is not None:
            from waconsole.console.signing import end_idle

            in_worker(self, partial(end_idle, self), group="idle", exclusive=True)

    def key_in_force(self, binding: Binding) -> str:
        """How the first key of an act is read; "" when the operator's keymap leaves it none."""
        return self.live_keys.shown(binding)

    def prepare(self) -> None:
        """Load what the first frame did without, on a thread of its own: panes, commands, sheets, the language."""
        from waconsole.console import candidates, commandline, palette  # noqa: F401
        from waconsole.kit import help, reader, sheet  # noqa: F401
        from waconsole.query import complete, explain, parse  # noqa: F401

        for entry in PANES:
            entry.load()
        catalogue.commands()
        catalogue.vocabulary()
        parse.parser()
