"""`connect`: a number of our own, asked for step by step, and every step tried at once. It needs no ledger."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Any, Final

from waconsole.cli.own import Called, Own
from waconsole.cli.passphrases import interruptible
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument
from waconsole.errors import Refused
from waconsole.settings import Settings

if TYPE_CHECKING:
    from waconsole.sync.connecting_fields import Field
    from waconsole.sync.connecting_step import Step

TRIES_MAX: Final = 20
GOOD: Final = "✓"
BAD: Final = "✗"


async def _connect(called: Called) -> Answer:
    if called.values["check"] or called.options["json"] or not sys.stdin.isatty():
        return await _check(called)
    return await _wizard(called)


async def _check(called: Called) -> Answer:
    """Try everything with what is set."""
    from waconsole.sync.connecting import checked_steps

    found: list[Step] = []
    settings = called.settings()

    async def work() -> None:
        async for step in checked_steps(settings):
            found.append(step)

    await called.stop.during(work(), lambda: None)
    return _answer(found)


def _answer(found: list[Step]) -> Answer:
    document: dict[str, Any] = {"steps": [step.row() for step in found]}
    lines = [_line(step) for step in found]
    ok = all(step.ok for step in found)
    lines.append(
        "Everything is connected: `waconsole receive`, and `waconsole` or `waconsole sync --watch`."
        if ok
        else "Not everything is connected yet: `waconsole connect` asks for what is missing."
    )
    return Answer(document, tuple(lines), EXIT_DONE if ok else EXIT_PARTLY)


def _line(step: Step) -> str:
    return f"{GOOD if step.ok else BAD} {step.step}: {step.says}"


async def _wizard(called: Called) -> Answer:
    """Ask for each setting, keep it, and try it at once."""
    from waconsole.sync.connecting import checked_steps
    from waconsole.sync.connecting_fields import FIELDS

    settings = called.settings()
    say = called.talk.say
    say("A number of WhatsApp's Cloud API is connected in a few steps; each is tried at once.")
    say("Enter alone keeps what stands there. Ctrl-C leaves; what was answered until then is kept.")
    for place, field in enumerate(FIELDS, 1):
        settings = await _ask(called, field, f"{place}/{len(FIELDS)}", settings)
    return _answer([step async for step in checked_steps(settings)])


async def _ask(called: Called, field: Field, place: str, settings: Settings) -> Settings:
    """One setting: asked for until its steps are well, or the operator goes on."""
    from waconsole.sync.connecting import checked_step
    from waconsole.sync.connecting_fields import FIELDS, kept, reread, standing

    say = called.talk.say
    for _ in range(TRIES_MAX):
        before = standing(field, settings)
        say(f"{place}  {field.name}: {field.asks}{f' [{before}]' if before else ''}")
        answer = _typed(is_secret=field.is_secret)
        if answer or not (before or field.is_optional):
            try:
                say(kept(field, answer, called.environ))
            except Refused as refused:
                say(f"{BAD} {refused}")
                if answer or field.name != "cloud.phone_number_id":
                    continue
                return settings
            settings = reread(called.environ, settings)
        elif field.is_optional and not before:
            return settings
        steps = [await checked_step(name, settings) for name in field.steps]
        for step in steps:
            say(_line(step))
        if all(step.ok for step in steps):
            return settings
        say("Enter goes on all the same; anything else asks again.")
        if not _typed(is_secret=False):
            return settings
        if any(step.step == "number" and not step.ok for step in steps):
            settings = await _ask(called, FIELDS[0], place, settings)
    return settings


def _typed(*, is_secret: bool) -> str:
    """One line from the terminal; a secret is not shown. Ctrl-C ends the wizard at once."""
    with interruptible():
        try:
            return (getpass.getpass("  hidden: ") if is_secret else input("  > ")).strip()
        except EOFError:
            raise Refused("Nobody answers: what was answered until then is kept.") from None


CONNECT: Final = Own(
    ("connect",),
    "Connect a number of WhatsApp's: asks for what Meta gave you, and tries each step.",
    _connect,
    (Argument("--check", "ask nothing: try every step with what is set", kind="flag"),),
)
