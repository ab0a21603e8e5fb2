"""`docs/keys.md`, written from the bindings: `python -m waconsole.console.keysdoc > docs/keys.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from textual.binding import Binding

from waconsole.console.keymap_acts import SHEETS
from waconsole.console.keymap_live import NO_KEY, LiveKeys
from waconsole.console.keys import SHELL_BINDINGS
from waconsole.console.panes import PANES
from waconsole.kit.bindings import bindings_of, shown_key
from waconsole.kit.listkeys import LIST_BINDINGS
from waconsole.operators.pane_tabs import ViewPane

HEAD = """# Keys

One key means one verb, in every pane. `?` in the console shows what can be done where you are, found by
act or by key, and says why an act cannot be done now. This page is written from the bindings by
`python -m waconsole.console.keysdoc`; a test holds it to them.

## Your own keys

A file `keymap.toml` beside the settings file (`waconsole config path` says where that is; the setting
`console.keymap` names another) gives acts other keys. On each line stand an act's id, the last column below,
and all the keys it shall have:

```toml
inbox.done = "d"              # one key instead of e
inbox.snooze = "s, f5"        # two
pane.inbox = ["1", "g h"]     # g h is one key after another
reply.queue = "ctrl+enter"    # then Enter is free for a new line:
reply.break_line = "enter, ctrl+j"
inbox.mute = []               # none; the palette still finds it
```

Signs stand for themselves (`?`, `E`), other keys have names: `space` `enter` `escape` `tab` `backspace` `delete`
`insert` `home` `end` `pageup` `pagedown` `up` `down` `left` `right` `f1` to `f24` `comma`, alone or behind `ctrl+`,
`alt+` and `shift+`. Some terminals keep combinations for themselves.

`waconsole keys check` says in a sentence, line by line, what of the file is refused: an act nobody knows (and the
nearest one), a key that cannot be read, a key that would mean two things in one pane, a key that begins a
sequence and means something by itself, what belongs to the terminal (`ctrl+a` `ctrl+b` `ctrl+c` `ctrl+s` `ctrl+z`) or
cannot be told from another key (`ctrl+i` is Tab), a sign for what works while you type, `ctrl+q` for anything but
leaving. A sheet is answered with the keys it shows; they cannot be changed. The console starts all the same: it uses
the good lines and says how many it refused. `waconsole keys list` shows the keys in force, with the line each comes from.
"""


def markdown(live: LiveKeys | None = None) -> str:
    """The whole page; `live` are the keys in force, else the built-in ones."""
    return "\n".join(_lines(live or LiveKeys())) + "\n"


def _lines(live: LiveKeys) -> Iterator[str]:
    yield HEAD
    yield from _table("Everywhere", live.live(Binding.make_bindings(SHELL_BINDINGS)))
    yield "## One key after another"
    yield ""
    yield "| keys | act | what it does | id |"
    yield "|---|---|---|---|"
    for chord in live.chords:
        yield f"| `{chord.shown}` | {chord.title} | {chord.tooltip} | `{chord.id}` |"
    yield ""
    yield from _table("Every list", live.live(Binding.make_bindings(LIST_BINDINGS)))
    shared = {binding.id for binding in bindings_of(ViewPane)}
    yield from _table("Members, groups, tasks, outbox, search, acts", live.of(ViewPane))
    for entry in PANES:
        own = [
            binding for binding in live.of(entry.load()) if binding.id not in shared or entry.name == "inbox"
        ]
        if own:
            yield from _table(entry.title, own)
    for title, owner in SHEETS:
        yield from _table(title, live.of(owner))


def _table(title: str, bindings: Iterable[Binding]) -> Iterator[str]:
    """One table: each act once, with all of its keys."""
    acts: dict[str, tuple[list[str], Binding]] = {}
    for binding in bindings:
        keys, _first = acts.setdefault(binding.id or "", ([], binding))
        if binding.key != NO_KEY:
            keys.append(shown_key(binding.key))
    yield f"## {title}"
    yield ""
    yield "| keys | act | what it does | id |"
    yield "|---|---|---|---|"
    for name, (keys, binding) in acts.items():
        shown = ", ".join(f"`{key}`" for key in keys).replace("|", "\\|")
        yield f"| {shown} | {binding.description} | {binding.tooltip} | `{name}` |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(markdown())
