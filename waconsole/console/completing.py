"""What a `:` line may become: verbs, options, and values that can be known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from waconsole.cli.parse import Verb, find_verb
from waconsole.command import Argument
from waconsole.console.words import quoted
from waconsole.errors import UsageError

FILES_SEEN_MAX: Final = 2_000
FILE_ENDINGS: Final = (".txt", ".zip", ".csv")
GROUP_KEYS: Final = frozenset({"group", "conversation"})

Names = Callable[[str], Sequence[str]]


def complete(typed: str, verbs: Sequence[Verb], names: Names) -> Iterator[str]:
    """Whole lines that `typed` may become. `names` answers the values of an argument by its key."""
    try:
        verb, rest = find_verb(typed.split(), verbs)
    except UsageError:
        verb, rest = None, []
    title = " ".join(verb.words) if verb is not None else ""
    if verb is None or typed.strip() == typed == title:
        for one in verbs:
            line = " ".join(one.words)
            if line.startswith(typed.lstrip()) and line != typed:
                yield line + (" " if one.arguments else "")
        if verb is None:
            return
    head, _space, last = typed.rpartition(" ")
    if not _space:
        return
    before = rest[:-1] if last else rest
    yield from (f"{head} {text}" for text in _words(verb, before, last, names))


def _words(verb: Verb, before: Sequence[str], last: str, names: Names) -> Iterator[str]:
    """What the last word may become."""
    options = {one.name: one for one in verb.arguments if one.name.startswith("--")}
    if before and (option := options.get(before[-1])) is not None and option.kind != "flag":
        yield from _values(option, last, names)
        return
    if last.startswith("--") or (not last and before):
        yield from (name + " " for name in options if name.startswith(last) and name not in before)
        if last:
            return
    places = [one for one in verb.arguments if not one.name.startswith("--")]
    if places:
        yield from _values(places[0], last, names)


def _values(argument: Argument, last: str, names: Names) -> Iterator[str]:
    if argument.choices:
        yield from (one for one in argument.choices if one.startswith(last) and one != last)
    elif argument.key == "file":
        yield from _files(last)
    else:
        begun = last.lstrip("\"'").casefold()
        for name in names(argument.key):
            if name.casefold().startswith(begun):
                yield quoted(name)


def _files(typed: str) -> Iterator[str]:
    """Folders and importable files that begin so. A folder is looked at as far as `FILES_SEEN_MAX`."""
    folder, _slash, begun = typed.rpartition("/")
    place = Path(f"{folder}/" if _slash else ".").expanduser()
    try:
        with os.scandir(place) as entries:
            found = sorted(
                (entry.name, entry.is_dir())
                for entry in islice(entries, FILES_SEEN_MAX)
                if entry.name.startswith(begun) and (begun or not entry.name.startswith("."))
            )
    except OSError:
        return
    for name, is_folder in found:
        path = f"{folder}{_slash}{name}"
        if is_folder:
            yield f"{path}/"
        elif name.lower().endswith(FILE_ENDINGS):
            yield quoted(path)
