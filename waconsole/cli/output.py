"""What leaves on stdout and stderr: one JSON document or safe lines, and the talk beside it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from waconsole.errors import Permanent
from waconsole.text import safe

PROGRESS_SECONDS: Final = 0.1
PROGRESS_STILL_SECONDS: Final = 5.0

# JSON escapes C0 itself. These would reach a terminal, or cannot be encoded.
_ESCAPED: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def json_text(document: Mapping[str, Any]) -> str:
    """`document` on one line: every script as it is, controls and bidi controls as `\\uXXXX`."""
    import json  # most commands, and the console, say no JSON

    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def prepare_streams(*, as_json: bool) -> None:
    """JSON is UTF-8 whatever the locale says; other text never fails for want of a letter."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        if as_json:
            sys.stdout.reconfigure(encoding="utf-8", errors="strict")
        else:
            sys.stdout.reconfigure(errors="backslashreplace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def print_document(document: Mapping[str, Any]) -> None:
    """Write the one JSON document of a command to stdout."""
    _write(json_text(document) + "\n")


def print_lines(lines: Iterable[str]) -> None:
    """Write what a person reads to stdout, each line through `safe`."""
    _write("".join(f"{safe(line)}\n" for line in lines))


def print_text(text: str) -> None:
    """Write our own text, such as help, to stdout."""
    _write(text + "\n")


def _write(text: str) -> None:
    """Raises Permanent when stdout cannot take it; a reader that has gone away is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
    except OSError as error:
        _let_go_of_stdout()
        raise Permanent(f"The answer could not be written: {error.strerror}.") from error


def _let_go_of_stdout() -> None:
    """Send what is left to nowhere, so that nothing fails once more when the program ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class Talk:
    """Sentences and progress on stderr. `still` writes a line every 5 s where a counter would move."""

    def __init__(self, *, still: bool = False) -> None:
        """Progress is shown on a terminal only."""
        self._still = still
        self._shown = 0
        self._next_at = time.monotonic() + (PROGRESS_STILL_SECONDS if still else PROGRESS_SECONDS)
        self._on_terminal = sys.stderr is not None and sys.stderr.isatty()

    def say(self, sentence: str) -> None:
        """Write one sentence."""
        self.clear()
        with contextlib.suppress(OSError):
            print(safe(sentence), file=sys.stderr, flush=True)

    def progress(self, done: int, total: int) -> None:
        """Show how far long work came."""
        if not self._on_terminal or time.monotonic() < self._next_at:
            return
        text = f"{done:,} of {total:,}" if total else f"{done:,}"
        self._next_at = time.monotonic() + (PROGRESS_STILL_SECONDS if self._still else PROGRESS_SECONDS)
        with contextlib.suppress(OSError):
            if self._still:
                print(text, file=sys.stderr, flush=True)
            else:
                print("\r" + text.ljust(self._shown), end="", file=sys.stderr, flush=True)
                self._shown = len(text)

    def clear(self) -> None:
        """Take the counter off the line."""
        if self._shown:
            with contextlib.suppress(OSError):
                print("\r" + " " * self._shown + "\r", end="", file=sys.stderr, flush=True)
            self._shown = 0
