"""What a command is: its words, its arguments, its answer.

Every room that acts declares `COMMANDS` in its `commands.py`. The command line, the `:` line of
the console and the palette are all built from these declarations: there is no second list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from waconsole.errors import Refused

if TYPE_CHECKING:
    from waconsole.database.connection import Database
    from waconsole.settings import Settings
    from waconsole.settings.secrets import Secret

EXIT_DONE: Final = 0
EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_PARTLY: Final = 3


class Argument(NamedTuple):
    """One argument of a command, in argparse's terms.

    `name` is `file` for a positional and `--group` for an option. `kind` is `text`, `integer`
    or `flag`. `many` takes one or more words.
    """

    name: str
    help: str
    kind: str = "text"
    default: str | int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    optional: bool = False
    many: bool = False
    metavar: str = ""

    @property
    def key(self) -> str:
        """The name under which the value stands in `Invocation.values`."""
        return self.name.lstrip("-").replace("-", "_")


class Answer(NamedTuple):
    """What a command answers: one JSON document, the sentences a person reads, an exit code."""

    document: Mapping[str, Any]
    lines: tuple[str, ...] = ()
    exit_code: int = EXIT_DONE


async def nobody_answers(words: str, new: bool) -> Secret:
    """The answer of who cannot be asked for a secret."""
    raise Refused(f"{words} is asked for, and nobody can be asked here.")


class Invocation(NamedTuple):
    """A command as it was called.

    `now` is an instant in microseconds UTC; `operator` the name given with `--as`, or None;
    `say` writes one sentence of progress or advice (stderr on the command line, the status line
    on the screen); `cancelled` is asked between the chunks of long work; `secret` asks whoever called for a
    passphrase, in words, and for a new one twice.
    """

    values: Mapping[str, Any]
    now: int
    operator: str | None
    settings: Settings
    say: Callable[[str], None]
    progress: Callable[[int, int], None]
    cancelled: Callable[[], bool]
    limit: int | None = None
    secret: Callable[[str, bool], Awaitable[Secret]] = nobody_answers


Work = Callable[["Database", Invocation], Awaitable[Answer]]


class Command(NamedTuple):
    """A verb an operator can say: `waconsole import chat FILE`, or `:import chat FILE`.

    `words` are the verb words; `work` does it on an open ledger. `writes` is False for commands
    that only read: they are allowed with `--read-only` and never make an operator.
    """

    words: tuple[str, ...]
    help: str
    work: Work
    arguments: tuple[Argument, ...] = ()
    writes: bool = True
    on_screen: bool = True

    @property
    def title(self) -> str:
        """The verb as it is typed."""
        return " ".join(self.words)


def listed(rows: Sequence[Mapping[str, Any]], limit: int | None) -> dict[str, Any]:
    """The document of a list: its exact count, the rows up to `limit`, and whether it was cut."""
    shown = list(rows[:limit])
    document: dict[str, Any] = {"count": len(rows), "rows": shown}
    if len(shown) < len(rows):
        document["truncated"] = True
    return document
