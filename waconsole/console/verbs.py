"""What can be said on the `:` line: the rooms' commands, and the few verbs of the screen itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from waconsole.command import Argument, Command
from waconsole.console.panes import PANES
from waconsole.errors import Refused
from waconsole.text import _

if TYPE_CHECKING:
    from waconsole.console.app import ConsoleApp

Act = Callable[["ConsoleApp", Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ScreenVerb:
    """A verb that acts on the screen and not on the ledger."""

    words: tuple[str, ...]
    help: str
    act: Act
    arguments: tuple[Argument, ...] = ()


async def _leave(app: ConsoleApp, _values: Mapping[str, Any]) -> None:
    await app.action_leave()


async def _theme(app: ConsoleApp, values: Mapping[str, Any]) -> None:
    if values["name"] is None:
        names = ", ".join(sorted(app.appearance.themes.by_name))
        app.say(_("Themes: {names}.").format(names=names), "advice")
    else:
        app.appearance.use(values["name"])


async def _help(app: ConsoleApp, _values: Mapping[str, Any]) -> None:
    app.action_help()


async def _sign_in(app: ConsoleApp, values: Mapping[str, Any]) -> None:
    from waconsole.console.signing import sign_in

    await sign_in(app, values)


async def _sign_out(app: ConsoleApp, values: Mapping[str, Any]) -> None:
    from waconsole.console.signing import sign_out

    await sign_out(app, values)


async def _connect(app: ConsoleApp, _values: Mapping[str, Any]) -> None:
    from waconsole.console.connecting import ConnectSheet

    if app.demo:
        raise Refused(_("The demo has a WhatsApp of its own: a number is connected in a console without it."))
    app.push_screen(ConnectSheet(app.desk.settings))


def _to(name: str) -> Act:
    async def act(app: ConsoleApp, _values: Mapping[str, Any]) -> None:
        await app.show_pane(name)

    return act


def _in_segments(action: str) -> Act:
    async def act(app: ConsoleApp, _values: Mapping[str, Any]) -> None:
        if app.deck.pane.NAME != "segments":
            await app.show_pane("segments")
        await app.run_action(action, app.deck.pane)

    return act


def screen_verbs() -> list[ScreenVerb]:
    """The verbs of the screen."""
    return [
        ScreenVerb(("quit",), _("Leave the console."), _leave),
        ScreenVerb(("q",), _("Leave the console."), _leave),
        ScreenVerb(("help",), _("What can be done here."), _help),
        ScreenVerb(
            ("tree",), _("Edit the rule of a segment as a tree, or as text again."), _in_segments("tree")
        ),
        ScreenVerb(
            ("diff",), _("What changed in the segment since it was saved before."), _in_segments("diff")
        ),
        ScreenVerb(("connect",), _("Connect a number of WhatsApp's, and try each step."), _connect),
        ScreenVerb(
            ("sign-in",),
            _("Prove who you are: you act in this console until you sign out."),
            _sign_in,
            (Argument("operator", _("your name here")),),
        ),
        ScreenVerb(("sign-out",), _("Let nobody be named in this console any more."), _sign_out),
        ScreenVerb(
            ("theme",),
            _("Show another theme; without a name, say which there are."),
            _theme,
            (Argument("name", _("the theme's name"), optional=True),),
        ),
        *(
            ScreenVerb((entry.name,), entry.says, _to(entry.name))
            for entry in PANES
            if entry.name not in ("search", "sync")  # commands are called so
        ),
    ]


AnyVerb = Command | ScreenVerb
