"""The command line: words in, one answer out, an exit code.

Exit codes: 0 done, 1 refused or failed, 2 usage, 3 done with rejects, 128 + N stopped by signal N.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from waconsole import __version__, catalogue, clock
from waconsole.cli import output
from waconsole.cli.ledger import opened
from waconsole.cli.own import Called, Own, Screens
from waconsole.cli.parse import find_verb, parse, split_globals
from waconsole.cli.passphrases import Passphrases
from waconsole.cli.proving import proved
from waconsole.cli.stop import Stop, Stopped
from waconsole.command import EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, Answer, Argument, Command, Invocation
from waconsole.errors import Refused, UsageError, WaconsoleError
from waconsole.settings.environment import ENVIRONMENT
from waconsole.settings.read import ledger_path

EXIT_INTERRUPTED: Final = 130
SIGN_IN: Final = ("sign-in",)  # proves by itself


async def _demo(called: Called) -> Answer:
    """The demo without a screen; with one it is opened before this."""
    assert called.screens.headless is not None
    return await called.stop.during(called.screens.headless(called), lambda: None)


DEMO: Final = Own(
    ("demo",),
    "Open the console on a private copy of the sample ledger, with a WhatsApp of its own.",
    _demo,
    (
        Argument("--headless", "without a screen: members write and are answered", kind="flag"),
        Argument("--seconds", "how long, with --headless (20)", kind="integer"),
        Argument("--seed", "another seed lets members say other things, with --headless (1)", kind="integer"),
    ),
)


@cache
def own_commands() -> tuple[Own, ...]:
    """The commands of the command line itself, loaded with the first word: the screen opens without one."""
    from waconsole.cli.backup import BACKUP
    from waconsole.cli.config import CONFIG
    from waconsole.cli.connect import CONNECT
    from waconsole.cli.doctor import DOCTOR
    from waconsole.cli.ledger import INIT
    from waconsole.cli.looks import LOOKS
    from waconsole.cli.sandbox import SANDBOX
    from waconsole.cli.verify import VERIFY

    return (INIT, DOCTOR, VERIFY, *BACKUP, CONNECT, *CONFIG, *LOOKS, SANDBOX, DEMO)


def main(words: Sequence[str], screens: Screens) -> int:
    """Do what `words` say and answer the exit code. Expected errors become one sentence."""
    as_json = _asks_for_json(words)
    output.prepare_streams(as_json=as_json)
    talk = output.Talk()
    try:
        return _main(words, screens, talk)
    except KeyboardInterrupt:
        return _failed("Stopped.", EXIT_INTERRUPTED, talk, as_json=as_json)
    except Stopped as stopped:
        return _failed(str(stopped), stopped.exit_code, talk, as_json=as_json)
    except WaconsoleError as error:
        code = EXIT_USAGE if isinstance(error, UsageError) else EXIT_REFUSED
        return _failed(str(error), code, talk, as_json=as_json)
    finally:
        talk.clear()


def _failed(sentence: str, code: int, talk: output.Talk, *, as_json: bool) -> int:
    talk.say(f"waconsole: {sentence}")
    if as_json:
        try:
            output.print_document({"error": sentence})
        except WaconsoleError as error:
            talk.say(f"waconsole: {error}")
    return code


def _asks_for_json(words: Sequence[str]) -> bool:
    """Known before anything else, so that a usage error is JSON too."""
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def _main(words: Sequence[str], screens: Screens, talk: output.Talk) -> int:
    _must_be_text(words)
    options, rest = split_globals(words)
    if options["version"]:
        return _said(f"waconsole {__version__}", "version", __version__, options)
    if options["help"]:
        from waconsole.cli.help import help_text

        text = help_text(rest, _everything(), room_of)
        return _said(text, "help", text, options)
    if not rest:
        return _open_screen(None, options, screens, talk)
    own = _own(rest)
    known: list[Own | Command] = [own] if own else _everything()
    verb, values = parse(rest, known)
    if verb is DEMO and not values["headless"]:
        if values["seconds"] is not None or values["seed"] is not None:
            raise UsageError("--seconds and --seed go with --headless: on the screen you leave with ctrl+q.")
        return _open_screen(DEMO, options, screens, talk)
    called = Called(values, options, ENVIRONMENT, talk, Stop(), screens)
    gc.enable()  # what makes garbage begins here
    answer = asyncio.run(_answered(verb, called))
    talk.clear()
    if options["json"]:
        output.print_document(answer.document)
    else:
        output.print_lines(answer.lines)
    return answer.exit_code


def _everything() -> list[Own | Command]:
    return [*own_commands(), *catalogue.commands()]


def _own(rest: Sequence[str]) -> Own | None:
    """A command of our own needs no room to be loaded."""
    try:
        return find_verb(rest, own_commands())[0]
    except UsageError:
        return None


def room_of(verb: object) -> str:
    """The room that declares a command."""
    return str(verb.work.__module__).split(".")[1] if isinstance(verb, Command) else "cli"


def _must_be_text(words: Sequence[str]) -> None:
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise UsageError(f"“{word}” is not valid UTF-8: write it anew, or rename the file.") from None


def _said(text: str, key: str, value: str, options: dict[str, Any]) -> int:
    if options["json"]:
        output.print_document({key: value})
    else:
        output.print_text(text)
    return EXIT_DONE


def _open_screen(demo: Own | None, options: dict[str, Any], screens: Screens, talk: output.Talk) -> int:
    """The console on the ledger, or on the demo's."""
    if options["json"] or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The console needs a terminal: `waconsole --help` lists what works without one.")
    called = Called({}, options, ENVIRONMENT, talk, Stop(), screens)
    settings, now = called.settings(), called.chosen_now()
    read_only, operator = bool(options["read_only"]), options["as"]
    if demo is not None:
        return screens.demo(settings, now, read_only, operator)
    passphrases = Passphrases(options, ENVIRONMENT)
    return screens.console(ledger_path(settings)[0], settings, now, read_only, operator, passphrases)


async def _answered(verb: Own | Command, called: Called) -> Answer:
    return await (verb.run(called) if isinstance(verb, Own) else _work(verb, called))


async def _work(command: Command, called: Called) -> Answer:
    """Run a room's command on the ledger."""
    settings, chosen_now = called.settings(), called.chosen_now()
    if called.options["read_only"] and command.writes:
        raise Refused(f"`{command.title}` changes the ledger: leave out --read-only.")
    talk = output.Talk(still=settings.console.motion == "reduced")
    passphrases = Passphrases(called.options, called.environ)
    async with opened(called) as database:
        database.reads_only = not command.writes
        now = clock.now() if chosen_now is None else chosen_now
        if command.words != SIGN_IN:
            await proved(database, called.options["as"], passphrases, now=now)
        call = Invocation(
            values=called.values,
            now=now,
            operator=called.options["as"],
            settings=settings,
            say=talk.say,
            progress=talk.progress,
            cancelled=called.stop.asked,
            limit=called.options["limit"],
            secret=passphrases.ask,
        )
        try:
            return await called.stop.during(command.work(database, call), database.interrupt_stream)
        finally:
            talk.clear()
