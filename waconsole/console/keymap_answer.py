"""`keys list|check`: every act with its keys, and what is wrong in a keymap file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from waconsole.cli.own import Called
from waconsole.command import EXIT_DONE, EXIT_REFUSED, Answer, listed
from waconsole.console.keymap import Keymap, keymap_of
from waconsole.console.keymap_acts import Acts, all_acts
from waconsole.console.keymap_names import shown
from waconsole.console.keymap_place import keymap_path
from waconsole.settings import BUILT_IN

KEYS_CELLS = 18
ID_CELLS = 24


def keys(what: str, called: Called) -> Answer:
    """Answer `keys list` or `keys check`. Raises Refused for a file that cannot be read."""
    return _check(called) if what == "check" else _list(called)


def _list(called: Called) -> Answer:
    acts = all_acts()
    path, is_named = keymap_path(called.settings(), called.environ)
    keymap = keymap_of(path, acts) if is_named or path.exists() else Keymap({}, {}, ())
    rows = list(_rows(acts, keymap, path))
    document = listed(rows, called.options["limit"])
    where = ""
    lines: list[str] = []
    for row in document["rows"]:
        if row["where"] != where:
            lines += ["", where] if (where := row["where"]) and lines else [where]
        keys_shown = ", ".join(row["keys"]) or "-"
        own = "" if row["source"] == BUILT_IN else f"  ({row['source']})"
        lines.append(f"  {keys_shown:<{KEYS_CELLS}} {row['id']:<{ID_CELLS}} {row['act']}{own}")
    if keymap.faults:
        called.talk.say(f"{path} has {len(keymap.faults)} faults: `waconsole keys check` says which.")
    return Answer(document, tuple(lines))


def _rows(acts: Acts, keymap: Keymap, path: Path) -> list[dict[str, Any]]:
    """One row for each act, in the order of the places that have them."""
    rows = []
    for act in acts.by_id.values():
        line = keymap.lines.get(act.id)
        given = f"{path}:{line}" if line else str(path)
        rows.append(
            {
                "id": act.id,
                "keys": [shown(sequence) for sequence in keymap.of(act)],
                "built_in": [shown(sequence) for sequence in act.built_in],
                "act": act.title,
                "says": act.says,
                "where": act.where,
                "source": given if act.id in keymap.keys else BUILT_IN,
                "fixed": act.is_fixed,
            }
        )
    places = list(dict.fromkeys(act.where for act in acts.by_id.values()))
    return sorted(rows, key=lambda row: places.index(str(row["where"])))


def _check(called: Called) -> Answer:
    chosen = called.values.get("file")
    path, is_named = (
        (Path(chosen).expanduser(), True) if chosen else keymap_path(called.settings(), called.environ)
    )
    if not is_named and not path.exists():
        document = {"ok": True, "path": str(path), "given": 0, "faults": []}
        return Answer(document, (f"There is no {path}: every key is as built in.",))
    keymap = keymap_of(path)
    faults = [{"line": one.line, "id": one.id or None, "says": one.says} for one in keymap.faults]
    document = {"ok": not faults, "path": str(path), "given": len(keymap.keys), "faults": faults}
    if not faults:
        return Answer(
            document, (f"{path} is sound: it gives {len(keymap.keys)} acts other keys.",), EXIT_DONE
        )
    lines = [f"{path}{f':{one.line}' if one.line else ''}: {one.says}" for one in keymap.faults]
    lines.append(f"{len(faults)} refused, {len(keymap.keys)} in force.")
    return Answer(document, tuple(lines), EXIT_REFUSED)
