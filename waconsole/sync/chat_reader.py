"""A large chat export read in a process of its own, so that reading and writing have a core each.

In one process they take turns: reading is Python, and every row that is written has to wait for it. So from
`APART_FROM_BYTES` on a second Python reads, triages and splits into words, and hands over whole chunks
through a pipe that holds less than one: it is never more than a chunk ahead, and memory stays bounded.

The second process opens no ledger, has no terminal (its output is the pipe, its errors go nowhere) and lives
no longer than this one: it ends when its pipes close, however we died. It is started with our interpreter and
our import paths, be it from a source tree or an installed script. A small export is read on a thread before a
process would have started.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import traceback
from datetime import tzinfo
from pathlib import Path
from typing import IO, Final

from waconsole.errors import Refused, Transient
from waconsole.inbox.chat_dialect import dialects
from waconsole.inbox.chat_export import Export, open_export
from waconsole.inbox.chat_survey import Survey
from waconsole.inbox.words import tokens
from waconsole.sync.chat_chunks import Chunk, ChunkReader, Drawing

APART_FROM_BYTES: Final = 1024 * 1024  # about 10,000 lines; the start takes the time of reading 5,000
END_SECONDS: Final = 10.0
_BEGIN: Final = "import sys; sys.path[:] = sys.argv[1:]; from waconsole.sync.chat_reader import answer_parent; answer_parent()"
_Asked = tuple[Path, Survey, tzinfo, Drawing, int]
_Answer = Chunk | Refused | str | None  # a str is a bug's traceback, None the end of the file


class ApartReader:
    """As `ChunkReader`, in another process; started before the file is looked at, so that its start takes no time."""

    def __init__(self, path: Path) -> None:
        """Start the process, which waits for `ask`. `path` is the .txt or .zip. Raises OSError."""
        self._path = path.absolute()
        house = str(Path(__file__).parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _BEGIN, *map(os.path.abspath, sys.path), house],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C and a closing terminal are for us: our end is the end of its pipes
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._asked, self._answers = self._process.stdin, self._process.stdout

    def ask(self, found: Survey, zone: tzinfo, drawing: Drawing, size: int) -> None:
        """Let it begin to read, in chunks of `size` lines."""
        with contextlib.suppress(BrokenPipeError):  # it died: `next_chunk` says so
            pickle.dump((self._path, found, zone, drawing, size), self._asked, pickle.HIGHEST_PROTOCOL)
            self._asked.flush()

    def next_chunk(self) -> Chunk | None:
        """The next part, or None at the end. Raises what reading raised there, Transient when the process is gone."""
        try:
            answer: _Answer = pickle.load(self._answers)
        except (EOFError, pickle.UnpicklingError, ValueError, OSError) as error:
            raise Transient(
                "Reading the chat was stopped from outside and nothing is shown of it: import the same file again to"
                " go on, or `waconsole doctor --sweep` to take it out."
            ) from error
        if isinstance(answer, Refused):
            raise answer
        if isinstance(answer, str):
            raise RuntimeError(f"The process that reads the chat failed.\n{answer}")
        return answer

    def stop(self) -> None:
        """End the process, wherever it is; a `next_chunk` that waits on another thread ends too."""
        self._process.kill()
        self._process.wait(END_SECONDS)

    def close(self) -> None:
        """As `stop`, and let go of the pipes. No `next_chunk` may be waiting."""
        self.stop()
        with contextlib.suppress(BrokenPipeError):
            self._asked.close()
        self._answers.close()


Reader = ChunkReader | ApartReader


def apart_reader(export: Export) -> ApartReader | None:
    """A process for reading a large export; None for a small one, and where no process can be had."""
    if export.chat_bytes < APART_FROM_BYTES or not sys.executable or hasattr(sys, "frozen"):
        return None
    try:
        return ApartReader(export.path)
    except OSError:
        return None


def answer_parent() -> None:
    """All that the second process does: read what it is asked for, answer chunk by chunk, end."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    dialects()
    tokens("é")  # what is built on first use is ready when the question comes
    with contextlib.suppress(EOFError, BrokenPipeError):  # nobody asks, or listens any more
        _answer(asked, answers)
    os._exit(0)  # without another try to flush what nobody reads


def _answer(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Write the chunks of the export that is asked for, then None, or why there are no more."""
    last: Refused | str | None = None
    try:
        wanted: _Asked = pickle.load(asked)
        path, found, zone, drawing, size = wanted
        with open_export(path) as export:
            reader = ChunkReader(export, found, zone, drawing, size)
            while (chunk := reader.next_chunk()) is not None:
                pickle.dump(chunk, answers, pickle.HIGHEST_PROTOCOL)
                answers.flush()
    except (EOFError, BrokenPipeError):
        raise
    except Refused as refused:
        last = Refused(str(refused))
    except Exception:  # a bug: the parent raises it where it is seen
        last = traceback.format_exc()
    pickle.dump(last, answers)
    answers.flush()
