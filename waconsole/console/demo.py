"""The demo: the console on a private copy of the sample ledger, with a WhatsApp of its own; gone afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Final

from waconsole import clock
from waconsole.cli.passphrases import Passphrases
from waconsole.console.demo_road import road
from waconsole.console.demo_sample import begin_money, copy_sample, passphrases
from waconsole.console.keymap_place import FILE_NAME as KEYMAP
from waconsole.console.launch import SIGNALS, open_console, said_on_stderr
from waconsole.settings import Settings
from waconsole.settings.environment import ENVIRONMENT
from waconsole.settings.read import CONFIG_VARIABLE, config_path

PREFIX: Final = "waconsole-demo-"
EXIT_BY_SIGNAL: Final = 128


def run(settings: Settings, *, now: int | None, read_only: bool, operator: str | None) -> int:
    """Open the demo at `now` (None: the machine's time); answers the exit code.

    Without `operator` the owner is signed in: whoever of the sample has a passphrase proves it as everywhere.
    """

    def work() -> int:
        with private_folder() as folder, keys_in(folder):
            ledger = sample_in(folder, now=now)
            asyncio.run(_begin(ledger, now=clock.now() if now is None else now))
            ours = road(settings, folder, now=now)
            known = passphrases()
            who = operator or next(iter(known))
            print(_who_is_here(known), file=sys.stderr, flush=True)
            # A file that is exported by its name alone lies beside the ledger, and goes with it.
            with handed_in(who) as proof, chdir(folder):
                return open_console(
                    ledger, ours.settings, now=now, read_only=read_only, operator=who, demo=True,
                    beside=ours.syncing, proof=proof,
                )  # fmt: skip

    try:
        return said_on_stderr(work)
    except _Ended as ended:
        return EXIT_BY_SIGNAL + ended.number


async def _begin(ledger: Path, *, now: int) -> None:
    """Let the copy begin, while a thread loads the screen."""
    await asyncio.gather(begin_money(ledger, now=now), asyncio.to_thread(_load_screen))


def _load_screen() -> None:
    import waconsole.console.app  # noqa: F401


def _who_is_here(known: Mapping[str, str]) -> str:
    """The passphrases of the sample, for who wants to sign in as somebody else: they stand there before and after the screen."""
    said = ", ".join(f"{name} “{passphrase}”" for name, passphrase in known.items())
    return f"Who decides in this demo, and their passphrases for `:sign-in NAME`: {said}."


def sample_in(folder: Path, *, now: int | None) -> Path:
    """The sample community of the hour of `now`, in a ledger in `folder`."""
    anchor = clock.now() if now is None else now
    ledger = folder / "ledger.db"
    copy_sample(anchor - anchor % clock.HOUR, ledger)
    return ledger


@contextmanager
def handed_in(operator: str) -> Iterator[Passphrases]:
    """What proves that an operator of the sample acts, by the road of `--passphrase-fd`."""
    ours, theirs = os.pipe()
    try:
        os.write(theirs, f"{passphrases().get(operator, '')}\n".encode())
        yield Passphrases({"passphrase_fd": ours}, {})
    finally:
        os.close(ours)
        os.close(theirs)


@contextmanager
def keys_in(folder: Path) -> Iterator[None]:
    """Keep the chain's key beside the demo's ledger: it goes with it, and who syncs beside the console finds it there.

    The operator's keymap counts here, too.
    """
    config = folder / "config.toml"
    config.touch(mode=0o600)
    keymap = config_path(ENVIRONMENT).with_name(KEYMAP)
    if keymap.exists():
        config.with_name(KEYMAP).symlink_to(keymap.resolve())
    before = os.environ.get(CONFIG_VARIABLE)
    os.environ[CONFIG_VARIABLE] = str(config)
    try:
        yield
    finally:
        if before is None:
            del os.environ[CONFIG_VARIABLE]
        else:
            os.environ[CONFIG_VARIABLE] = before


class _Ended(BaseException):
    """A signal came while there was no screen yet to hear it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of our own (0700) that is gone afterwards, also when a signal ends us."""

    def end(number: int, _frame: object) -> None:
        raise _Ended(number)

    before = {number: signal.signal(number, end) for number in SIGNALS}
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
            yield Path(folder)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
