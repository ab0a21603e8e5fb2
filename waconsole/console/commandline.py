"""The `:` line: the same commands as on the command line, with completion and history."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from textual.timer import Timer

from waconsole import catalogue
from waconsole.cli.parse import fill, find_verb
from waconsole.command import EXIT_DONE, Answer, Command
from waconsole.console.completing import GROUP_KEYS, complete
from waconsole.console.running import Running
from waconsole.console.verbs import AnyVerb, ScreenVerb, screen_verbs
from waconsole.console.words import Word, gathered, split
from waconsole.errors import Refused, UsageError, WaconsoleError
from waconsole.inbox import store_pane
from waconsole.kit.history import History
from waconsole.kit.prompt import CANDIDATES_MAX, Prompt
from waconsole.kit.reader import Line, Reader
from waconsole.operators.pane_views import view_names
from waconsole.text import _, safe

if TYPE_CHECKING:
    from waconsole.console.app import ConsoleApp
    from waconsole.settings.secrets import Secret

LINE: Final = ":"
PROGRESS_SECONDS: Final = 0.1
SENTENCE_CHARACTERS_MAX: Final = 100
LIMIT: Final = "--limit"
SIGN_IN: Final = "sign-in"
SIGN_IN_WORDS: Final = 2


class CommandLine:
    """Opens the prompt, runs what is typed, shows the answer. One command works at a time."""

    def __init__(self, app: ConsoleApp) -> None:
        self.running: Running | None = None
        self._app = app
        self._history = History()
        self._verbs: list[AnyVerb] = []
        self._timer: Timer | None = None

    @property
    def verbs(self) -> list[AnyVerb]:
        """Everything that can be said, the rooms' commands first."""
        if not self._verbs:
            commands = [command for command in catalogue.commands() if command.on_screen]
            self._verbs = [*commands, *screen_verbs()]
        return self._verbs

    # Typing

    def open(self, text: str = "") -> None:
        """Ask for a command."""
        prompt = self._app.query_one("#command-line", Prompt)
        prompt.open(safe(LINE), history=self._history, complete=self._complete, text=text)

    def _complete(self, typed: str) -> Sequence[str]:
        return list(islice(complete(typed, self.verbs, self._names), CANDIDATES_MAX))

    def _names(self, key: str) -> Sequence[str]:
        """The values that can be known for an argument."""
        if key == "name":
            return sorted(self._app.appearance.themes.by_name)
        if key == "view":
            return view_names(self._app.desk)
        if key in GROUP_KEYS:
            return store_pane.group_names(self._app.desk.database.pages())
        return ()

    # Running

    async def run(self, line: str) -> None:
        """Do what `line` says; what is wrong with it is said in words."""
        try:
            typed = split(line.strip().removeprefix(LINE))
            if typed:
                await self._run(typed)
        except WaconsoleError as refusal:
            self._app.say(str(refusal), "refused")

    async def _run(self, typed: list[Word]) -> None:
        if typed[0].meant == SIGN_IN and len(typed) > SIGN_IN_WORDS:
            self._history.forget(typed[0].meant)
            raise Refused(_("The passphrase is asked for on a line of its own: say only `sign-in NAME`."))
        verb, rest = self._verb([word.meant for word in typed])
        after = typed[len(typed) - len(rest) :]
        limit, after = _limit(after)
        values = fill(verb, gathered(verb, after))
        if isinstance(verb, ScreenVerb):
            await verb.act(self._app, values)
        else:
            await self._work(verb, values, limit)

    def _verb(self, words: list[str]) -> tuple[AnyVerb, list[str]]:
        """The verb that `words` begin with, and the words after it. Raises Refused, UsageError."""
        try:
            return find_verb(words, self.verbs)
        except UsageError:
            if title := _of_the_shell(words):
                said = _("`waconsole {title}` is typed in a shell, not in the console.").format(title=title)
                raise Refused(said) from None
            raise

    async def _work(self, command: Command, values: dict[str, Any], limit: int | None) -> None:
        if command.writes and self._app.desk.read_only:
            raise Refused(
                _("{title} changes the ledger, which is open for reading only.").format(title=command.title)
            )
        if self.running is not None:
            raise Refused(
                _("{title} is still at work: Escape stops it.").format(title=self.running.command.title)
            )
        running = self.running = Running(command, values, self._app.desk, limit, self._secret)
        self._timer = self._app.set_interval(PROGRESS_SECONDS, self._show_progress)
        try:
            answer = await running.answer()
        except asyncio.CancelledError:
            self._app.say(_("{title} was stopped.").format(title=command.title), "advice")
            return
        finally:
            self.running = None
            self._timer.stop()
            self._app.status_line.say(safe(""))
        self._show(command, answer)

    async def _secret(self, words: str, new: bool) -> Secret:
        from waconsole.console.signing import ask

        return await ask(self._app, words, new)

    def _show_progress(self) -> None:
        if self.running is not None:
            self._app.status_line.say(safe(self.running.words), "accent", seconds=0)

    def _show(self, command: Command, answer: Answer) -> None:
        """A short answer is said, a longer one is a sheet."""
        lines = answer.lines
        if len(lines) > 1 or any(len(line) > SENTENCE_CHARACTERS_MAX for line in lines):
            self._app.push_screen(Reader(safe(command.title), [Line(safe(line)) for line in lines]))
            return
        kind = "done" if answer.exit_code == EXIT_DONE else "advice"
        self._app.say(lines[0] if lines else _("Nothing was found."), kind)


def _of_the_shell(words: list[str]) -> str:
    """The command outside the console that `words` begin with; "" when there is none."""
    from waconsole.cli.run import own_commands

    elsewhere = [own.words for own in own_commands()]
    elsewhere += [command.words for command in catalogue.commands() if not command.on_screen]
    found = next((one for one in elsewhere if one == tuple(words[: len(one)])), ())
    return " ".join(found)


def _limit(words: list[Word]) -> tuple[int | None, list[Word]]:
    """`--limit N` is said anywhere, as on the command line. Raises UsageError."""
    for place, word in enumerate(words):
        name, equals, value = word.meant.partition("=")
        if name == LIMIT:
            text = value if equals else words[place + 1].meant if place + 1 < len(words) else ""
            if not text.isdigit() or not 0 < len(text) < 10 or int(text) < 1:
                raise UsageError(_("--limit takes a number of 1 or more."))
            return int(text), [*words[:place], *words[place + (1 if equals else 2) :]]
    return None, words
