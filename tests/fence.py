"""The house rules, read from the source itself: which file may import, write and be how large.

Folders are rooms and rooms stand on floors. An import may only go down: to a room on a lower
floor, or to a lower file of the same room. Every rule is a function of a `House` and answers the
sentences of what is wrong, so that a test can plant a violation in a tree of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from tests.house import (
    DOORS,
    LAYERS,
    ORDERED,
    WRITE,
    House,
    Name,
    called,
    floor,
    is_pure,
    layer,
    tables,
    writers,
)

IMPURE: Final = frozenset({"textual", "aiosqlite", "sqlite3", "httpx", "asyncio", "time", "random", "os"})
MAY_BE_IMPURE: Final = frozenset({"clock", "settings"})  # the machine's time; files and environment
SCREENS: Final = frozenset({"kit", "console"})

# Each with its reason.
EXCEPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("command", "database.connection"): "an invocation is handed the database; only its type is named",
    ("inbox.fields", "inbox.search"): "`text` is asked of the index; only its SQL condition is taken",
}
STORE: Final = LAYERS.index("store") + 1
ERASING: Final = "store_erasing"  # a person is taken out of every table of a room in one place
PANE: Final = LAYERS.index("pane") + 1

MODULE_LINES_MAX: Final = 300
FUNCTION_LINES_MAX: Final = 70

_THE_TIME: Final = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
    | {f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")}
)


def stands_somewhere(house: House) -> list[str]:
    """Every room stands on a floor."""
    return [f"{it.dotted} stands on no floor" for it in house.modules if it.name and floor(it.room) is None]


def imports_go_down(house: House) -> list[str]:
    """No import goes up or sideways."""
    wrong = []
    for module in house.modules:
        for found in house.ours(module):
            there = ".".join(found.target)
            if (module.dotted, there) in EXCEPTIONS or not found.target:
                continue
            if not module.name or not _is_down(module.name, found.target):
                wrong.append(f"{module.dotted} imports {there}")
    return wrong


def _is_down(here: Name, there: Name) -> bool:
    if here[0] == there[0]:
        return layer(there) <= layer(here)  # equals may lean on each other, in no circle
    above, below = floor(here[0]), floor(there[0])
    if above is None or below is None:
        return False
    for order in ORDERED:
        if here[0] in order and there[0] in order:
            return order.index(there[0]) < order.index(here[0])
    return below < above


def imports_are_absolute(house: House) -> list[str]:
    """No relative import: every import says where it goes."""
    return [
        f"{module.dotted} line {node.lineno}: import by full name"
        for module in house.modules
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def imports_are_seen(house: House) -> list[str]:
    """Only the catalogue imports by a name put together at run time: what is hidden is not fenced."""
    return [
        f"{module.dotted} imports by a name made at run time"
        for module in house.modules
        for node in module.nodes
        if isinstance(node, ast.Call)
        and called(node.func).split(".")[-1] in {"import_module", "__import__"}
        and module.name != ("catalogue",)
    ]


def pure_files_touch_nothing(house: House) -> list[str]:
    """Rules import neither the outside nor a file that does."""
    wrong = []
    for module in house.modules:
        if not is_pure(module.name) or module.room in MAY_BE_IMPURE:
            continue
        outside = {found.target[0] for found in module.imports} & IMPURE
        wrong += [f"{module.dotted} is pure and imports {name}" for name in sorted(outside)]
        for found in house.ours(module):
            there = ".".join(found.target)
            if found.target and not is_pure(found.target) and (module.dotted, there) not in EXCEPTIONS:
                wrong.append(f"{module.dotted} is pure and imports {there}")
    return wrong


def only_screens_know_textual(house: House) -> list[str]:
    """The kit, the console and panes import textual; nothing else does."""
    return [
        f"{module.dotted} imports textual"
        for module in house.modules
        if module.room not in SCREENS and layer(module.name) != PANE
        if any(found.target[0] == "textual" for found in module.imports)
    ]


def only_the_clock_asks_the_time(house: House) -> list[str]:
    """`now` is an argument everywhere else."""
    return [
        f"{module.dotted} line {node.lineno}: {called(node.func)} asks the machine for the time"
        for module in house.modules
        if module.name != ("clock",)
        for node in module.nodes
        if isinstance(node, ast.Call) and ".".join(called(node.func).split(".")[-2:]) in _THE_TIME
    ]


def no_circles(house: House) -> list[str]:
    """No module is loaded by a module that it loads itself."""
    loads = {
        it.name: {found.target for found in house.ours(it) if found.at_load and found.target != it.name}
        for it in house.modules
    }
    wrong: list[str] = []
    closed: set[Name] = set()

    def walk(name: Name, trail: list[Name]) -> None:
        if name in trail:
            circle = [*trail[trail.index(name) :], name]
            wrong.append(" → ".join(".".join(step) or "waconsole" for step in circle))
        elif name not in closed:
            for there in sorted(loads.get(name, ())):
                walk(there, [*trail, name])
            closed.add(name)

    for name in loads:
        walk(name, [])
    return wrong


def one_writer_per_table(house: House) -> list[str]:
    """A table is written by one store (and by `ERASING`), in the room whose migrations make it."""
    owners = tables(house)
    wrong = []
    for table, who in sorted(writers(house).items()):
        names = sorted(".".join(name) for name in who)
        if table == "{}":
            wrong += [f"{name} writes a table whose name it puts together" for name in names]
            continue
        if len([name for name in who if name[-1] != ERASING]) > 1:
            wrong.append(f"{table} is written by {', '.join(names)}")
        for name in sorted(who):
            if owners.get(table, name[0]) != name[0]:
                wrong.append(f"{'.'.join(name)} writes {table}, which {owners[table]} owns")
            elif name[0] not in DOORS and layer(name) != STORE:
                wrong.append(f"{'.'.join(name)} writes {table} and is no store")
    return wrong


def migrations_keep_to_their_room(house: House) -> list[str]:
    """A script (a trigger too) writes only tables of its own room."""
    owners = tables(house)
    return [
        f"{script.relative_to(house.root)} writes {table}, which {owners[table]} owns"
        for script in sorted(house.root.glob("*/migrations/**/*.sql"))
        for table in WRITE.findall(script.read_text(encoding="utf-8"))
        if owners.get(table, script.relative_to(house.root).parts[0])
        != script.relative_to(house.root).parts[0]
    ]


def files_are_small_and_say_what_they_are(house: House) -> list[str]:
    """Modules and functions within their limits, and a docstring on every module."""
    wrong = []
    for module in house.modules:
        lines = module.source.count("\n")
        if lines > MODULE_LINES_MAX:
            wrong.append(f"{module.dotted} has {lines} lines")
        if ast.get_docstring(module.tree) is None:
            wrong.append(f"{module.dotted} has no docstring")
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    wrong.append(f"{module.dotted}: {node.name} has {length} lines")
    return wrong


RULES: Final = (
    stands_somewhere,
    imports_go_down,
    imports_are_absolute,
    imports_are_seen,
    pure_files_touch_nothing,
    only_screens_know_textual,
    only_the_clock_asks_the_time,
    no_circles,
    one_writer_per_table,
    migrations_keep_to_their_room,
    files_are_small_and_say_what_they_are,
)
