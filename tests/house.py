"""The house as the fence sees it: its floors, its files, what each imports and which tables it writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Final

Name = tuple[str, ...]  # ("inbox", "store_items") for waconsole/inbox/store_items.py

FLOORS: Final[Sequence[frozenset[str]]] = tuple(
    frozenset(floor.split())
    for floor in (
        "errors money clock settings text command",
        "database whatsapp query kit",
        "chain",
        "quoted operators policy",
        "members ledger",
        "shop outbox",
        "inbox groups invites fraud cashback segments campaigns triggers loyalty content insight",
        "sync",
        "catalogue",
        "console cli __main__",
    )
)
# Some floors have an order of their own, low to high: words are built from words, whoever sets a policy is an
# operator, and the entrance chooses the way in. The command line stands below the screen, so it can never import it.
ORDERED: Final = (
    ("errors", "money", "clock", "text", "settings", "command"),
    ("quoted", "operators", "policy"),
    ("cli", "console", "__main__"),
)

# Inside a room, low to high; every other file of a room is pure (0).
LAYERS: Final = ("store", "service", "commands", "pane")
LAYER_BY_NAME: Final[Mapping[Name, str]] = {
    ("inbox", "search"): "store",  # the index is a table: it is written and read here
    ("inbox", "search_page"): "store",
    ("policy", "library"): "service",  # loads the bundled presets, decides, records
    ("operators", "authority"): "service",  # asks the ledger before somebody decides
    ("operators", "desk"): "service",  # what a pane is handed: it carries the database
}

# Doors, screens and ways in: they may touch the outside. Every other room holds business rules.
DOORS: Final = frozenset({"database", "whatsapp", "kit", "sync", "catalogue", "console", "cli", "__main__"})
# These have no store, service and pane: inside them only circles are forbidden.
UNLAYERED: Final = frozenset({"database", "whatsapp", "query", "kit", "console", "cli"})

# A writer whose table name is put together; the tables it may mean.
WRITES_BY_NAME: Final[Mapping[str, frozenset[str]]] = {
    "inbox.search": frozenset({"search_word", "search_beginning"}),
}

WRITE: Final = re.compile(
    r"\b(?:(?:INSERT(?:\s+OR\s+[A-Z]+)?|REPLACE)\s+INTO|UPDATE(?:\s+OR\s+[A-Z]+)?|DELETE\s+FROM)\s+[\"\[`]?([a-z_][a-z0-9_]*|\{\})"
)
_TABLE: Final = re.compile(
    r"\bCREATE\s+(?:VIRTUAL\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[\"\[`]?([a-z_][a-z0-9_]*)", re.I
)


@dataclass(frozen=True)
class Import:
    """One import: what it names, and whether it happens when the module is loaded."""

    target: Name
    at_load: bool


@dataclass(frozen=True)
class Module:
    """A source file of the house."""

    path: Path
    name: Name
    source: str
    tree: ast.Module = field(repr=False)

    @property
    def dotted(self) -> str:
        """`inbox.store_items`."""
        return ".".join(self.name) or "waconsole"

    @property
    def room(self) -> str:
        """The folder (or file) that stands on a floor."""
        return self.name[0] if self.name else ""

    @cached_property
    def imports(self) -> list[Import]:
        """Every import, wherever it stands."""
        return list(_imports(self.tree, at_load=True))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """The whole tree, walked once for every rule."""
        return walked(self.tree)


class House:
    """All modules below `root`, the folder of the package `waconsole`."""

    def __init__(self, root: Path) -> None:
        """Read and parse every module once."""
        self.root = root
        self.modules = [_module(path, root) for path in sorted(root.rglob("*.py"))]
        self.by_name = {module.name: module for module in self.modules}

    def ours(self, module: Module) -> Iterator[Import]:
        """The imports of house modules, each as the module it reaches."""
        for found in module.imports:
            if found.target[0] == "waconsole":
                inner = found.target[1:]
                yield Import(inner if inner in self.by_name else inner[:-1], found.at_load)


@cache
def standing() -> House:
    """The real house: read once for all who ask about it."""
    return House(Path(__file__).parents[1] / "waconsole")


def walked(tree: ast.AST) -> list[ast.AST]:
    """The nodes of `ast.walk` in its turn and a third of its time; whether a name is read or written is no node here."""
    nodes = [tree]
    for node in nodes:
        for name in node._fields:
            part = None if name == "ctx" else getattr(node, name, None)
            if isinstance(part, list):
                nodes += [it for it in part if isinstance(it, ast.AST)]
            elif isinstance(part, ast.AST):
                nodes.append(part)
    return nodes


def _module(path: Path, root: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    source = path.read_text(encoding="utf-8")
    return Module(path, parts[:-1] if parts[-1] == "__init__" else parts, source, ast.parse(source))


def _imports(node: ast.AST, *, at_load: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(tuple(alias.name.split(".")), at_load) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.level == 0 and child.module:
            base = tuple(child.module.split("."))
            yield from (Import((*base, alias.name), at_load) for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            yield from _imports(ast.Module(child.body, []), at_load=False)
            yield from _imports(ast.Module(child.orelse, []), at_load=at_load)
        elif not isinstance(child, ast.expr):  # no statement stands in an expression
            late = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _imports(child, at_load=at_load and not late)


def floor(room: str) -> int | None:
    """The floor a room stands on, or None."""
    return next((level for level, rooms in enumerate(FLOORS) if room in rooms), None)


def layer(name: Name) -> int:
    """How high a file stands in its own room: 0 is pure."""
    if not name or name[0] in UNLAYERED:
        return 0
    if name in LAYER_BY_NAME:
        return LAYERS.index(LAYER_BY_NAME[name]) + 1
    words = [word for part in name[1:] for word in (part.split("_")[0], part.split("_")[-1])]
    return max((LAYERS.index(word) + 1 for word in words if word in LAYERS), default=0)


def is_pure(name: Name) -> bool:
    """Whether a file holds rules only: no clock, no SQL connection, no screen."""
    return bool(name) and name[0] not in DOORS and layer(name) == 0


def tables(house: House) -> dict[str, str]:
    """Every table of every room's migrations, with the room that owns it."""
    owners: dict[str, str] = {}
    for script in sorted(house.root.glob("*/migrations/**/*.sql")):
        room = script.relative_to(house.root).parts[0]
        owners |= dict.fromkeys(_TABLE.findall(script.read_text(encoding="utf-8")), room)
    return owners


def _sql(module: Module) -> Iterator[str]:
    """Every string of a module that is not a docstring, with `{}` for what is put in."""
    skipped = {id(it.value) for it in module.nodes if isinstance(it, ast.Expr)}
    for node in module.nodes:
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


def called(function: ast.expr) -> str:
    """What a call names: `time.time`; `()` stands for whatever is no name."""
    if isinstance(function, ast.Attribute):
        return f"{called(function.value)}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else "()"


def writers(house: House) -> dict[str, set[Name]]:
    """Which modules write which table; `{}` stands for a name that is put together unannounced."""
    found: dict[str, set[Name]] = {}
    for module in house.modules:
        for sql in _sql(module):
            for table in WRITE.findall(sql):
                named = WRITES_BY_NAME.get(module.dotted, frozenset({"{}"})) if table == "{}" else {table}
                for name in named:
                    found.setdefault(name, set()).add(module.name)
    return found
