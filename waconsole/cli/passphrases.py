"""Where the command line takes a passphrase from: an open file, a variable, the terminal or stdin. Never a word.

The first line of `--passphrase-fd` is the actor's; whoever needs another one (a new operator's) takes the next line.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from waconsole.errors import Refused, UsageError
from waconsole.settings.secrets import Secret

VARIABLE: Final = "WACONSOLE_PASSPHRASE"
OPTION: Final = "--passphrase-fd"
LINE_BYTES_MAX: Final = 4_096
STDIN_SECONDS_MAX: Final = 10.0
STDIN_SHORT_SECONDS: Final = 2.0  # where the variable can stand in
TRIES_MAX: Final = 3


class Passphrases:
    """The passphrases of one call, each handed out once."""

    def __init__(self, options: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        """`options` are the global ones. Raises UsageError for a file number that is none."""
        self._file: int | None = options["passphrase_fd"]
        self._environ = environ
        self._is_variable_taken = False
        if self._file is not None and self._file < 0:
            raise UsageError(f"{OPTION} takes the number of an open file, like 3.")

    def actor(self) -> Secret | None:
        """What proves who acts: the next line of the file, else the variable; None where neither is given. Raises Refused."""
        if self._file is not None:
            return self._of_file(self._file) or Secret()
        if self._environ.get(VARIABLE):
            self._is_variable_taken = True
            return Secret(self._environ[VARIABLE], VARIABLE)
        return None

    async def ask(self, words: str, new: bool) -> Secret:
        """A passphrase that a command asks for, in `words`; a new one is typed twice. Raises Refused.

        The next line of the file, else the terminal or a line of stdin, else the variable when it has proved nobody.
        """
        found = None if self._file is None else self._of_file(self._file)
        variable = "" if self._is_variable_taken else self._environ.get(VARIABLE, "")
        is_terminal = sys.stdin is not None and sys.stdin.isatty()
        if found is None and is_terminal and (new or not variable):
            return typed(words, new=new)
        if found is None and not is_terminal and self._file != 0:
            seconds = STDIN_SHORT_SECONDS if variable else STDIN_SECONDS_MAX
            found = await asyncio.to_thread(_of_stdin, seconds)
        if found is None and variable:
            self._is_variable_taken = True
            found = Secret(variable, VARIABLE)
        if found is None:
            raise Refused(
                f"{words} is needed: type it in a terminal, or hand it in with {OPTION} N or on stdin."
            )
        return found

    @staticmethod
    def _of_file(number: int) -> Secret | None:
        try:
            return _line(number)
        except OSError as error:
            raise Refused(f"{OPTION} {number} cannot be read: {error.strerror}.") from None


def _of_stdin(seconds: float) -> Secret | None:
    try:
        number = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    import select

    try:
        readable, _, _ = select.select([number], [], [], seconds)
        return _line(number) if readable else None
    except (OSError, ValueError):
        return None


def _line(number: int) -> Secret | None:
    """The next line of an open file, byte by byte so that what follows stays there; None at its end. Raises Refused."""
    line = bytearray()
    while (one := os.read(number, 1)) not in (b"", b"\n"):
        line += one
        if len(line) > LINE_BYTES_MAX:
            raise Refused("A passphrase is not that long.")
    if not line and not one:
        return None
    try:
        return Secret(line.removesuffix(b"\r").decode(), "file")
    except UnicodeDecodeError:
        pass
    raise Refused("A passphrase is text in UTF-8.")


def typed(words: str, *, new: bool) -> Secret:
    """A passphrase from the terminal, not shown; a new one twice. Raises Refused."""
    for _ in range(TRIES_MAX):
        found = _hidden(f"{words}: ")
        if not new or _hidden(f"{words}, once more: ").reveal() == found.reveal():
            return found
        sys.stderr.write("These two are not the same.\n")
    raise Refused("Twice the same passphrase is needed: nothing was changed.")


def _hidden(prompt: str) -> Secret:
    import getpass

    with interruptible():
        try:
            return Secret(getpass.getpass(prompt), "terminal")
        except EOFError:
            pass
    raise Refused("Nobody answers: nothing was changed.")


@contextmanager
def interruptible() -> Iterator[None]:
    """While a line is waited for nothing else is at work: Ctrl-C is heard here and not by the loop."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
