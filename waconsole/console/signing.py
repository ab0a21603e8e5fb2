"""Sign in and out in the console: the passphrase is asked on a hidden line of its own and kept nowhere.

Who signs in acts in every pane until they sign out, leave, or nothing was typed for as long as a sign-in lasts idle.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from waconsole.errors import Refused
from waconsole.kit.entry import Entry
from waconsole.kit.line import SafeLine, key_line
from waconsole.operators import service_sign_in
from waconsole.settings.secrets import Secret
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.console.app import ConsoleApp


SECONDS_PER_MINUTE: Final = 60


class PassphraseSheet(ModalScreen[Secret | None]):
    """Asks for a passphrase in `words`, for a new one twice; None when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", _("Back"), id="passphrase.back", tooltip=_("Leave without an answer.")),
    ]
    DEFAULT_CSS = """
    PassphraseSheet { align: center bottom; background: $background 60%; }
    PassphraseSheet > Vertical {
        width: 100%; max-width: 90; height: auto; background: $panel; border-top: solid $role-accent; padding: 0 2 1 2;
    }
    PassphraseSheet .passphrase--asks { color: $role-title; text-style: bold; margin-bottom: 1; }
    PassphraseSheet Entry { background: $background; }
    PassphraseSheet KeyLine { margin-top: 1; }
    """

    def __init__(self, words: SafeText, *, new: bool) -> None:
        """`words` say whose passphrase is asked for."""
        super().__init__()
        self._words = words
        self._is_new = new
        self._first: Secret | None = None

    def compose(self) -> ComposeResult:
        """What is asked, the hidden line, the keys."""
        with Vertical():
            yield SafeLine(self._words, classes="passphrase--asks")
            yield Entry(password=True, compact=True)
            yield key_line(("enter", _("Answer")), ("esc", _("Back")))

    def on_mount(self) -> None:
        """The typing can begin."""
        self.query_one(Entry).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take it from the line at once; a new one is typed once more."""
        message.stop()
        answer, message.input.value = Secret(message.value, "console"), ""
        message.value = ""
        if not self._is_new:
            self.dismiss(answer)
        elif self._first is None:
            self._first = answer
            self._ask(_("{words}, once more").format(words=self._words))
        elif self._first.reveal() == answer.reveal():
            self.dismiss(answer)
        else:
            self._first = None
            self._ask(_("These two were not the same. {words}").format(words=self._words))

    def _ask(self, words: str) -> None:
        self.query_one(".passphrase--asks", SafeLine).show(safe(words))

    def action_leave(self) -> None:
        """Leave it."""
        self.query_one(Entry).value = ""
        self.dismiss(None)


async def ask(app: ConsoleApp, words: str, new: bool) -> Secret:
    """A passphrase, asked on the screen. Raises Refused when it is not given."""
    answer = await app.push_screen_wait(PassphraseSheet(safe(words), new=new))
    if answer is None:
        raise Refused(_("Nothing was changed: the passphrase was not given."))
    return answer


async def sign_in(app: ConsoleApp, values: Mapping[str, Any]) -> None:
    """`:sign-in NAME`: from now on they act in this console."""
    desk, name = app.desk, str(values["operator"])
    if desk.read_only:
        raise Refused(_("This console only reads: nobody decides in it, so nobody signs in."))
    known = await desk.database.read(lambda tx: service_sign_in.check(tx, name, None, now=desk.clock()))
    secret = await ask(app, _("{name}'s passphrase").format(name=known.name), False)
    await service_sign_in.prove(desk.database, known, secret, now=desk.clock())
    desk.operator = known.name
    app.ledger_changed()
    app.say(_("{name} acts here now, until `:sign-out`.").format(name=known.name))


async def end_idle(app: ConsoleApp) -> None:
    """Sign out who has pressed no key for as long as a sign-in lasts; a name that nobody proves stays."""
    desk, name = app.desk, app.desk.operator
    if name is None or desk.read_only:
        return
    minutes = await desk.database.read(lambda tx: service_sign_in.idle_minutes(tx, name, now=desk.clock()))
    if minutes is None or time.monotonic() - app.key_at < minutes * SECONDS_PER_MINUTE:
        return
    desk.operator = None
    app.ledger_changed()
    words = _("{name} was signed out after {minutes} minutes without a key: `:sign-in {name}`.")
    app.say(words.format(name=name, minutes=minutes), "advice")


async def sign_out(app: ConsoleApp, _values: Mapping[str, Any]) -> None:
    """`:sign-out`: nobody is named here any more."""
    if app.desk.operator is None:
        app.say(_("Nobody is signed in here."), "advice")
        return
    app.desk.operator = None
    app.ledger_changed()
    app.say(_("Signed out: nothing is decided here until somebody signs in."))
