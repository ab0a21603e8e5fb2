"""The words of `docs/glossary.md` are the words of the house: what it says not to say, nobody says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.house import House, Module, called, standing, walked

HOME: Final = Path(__file__).parents[1]

# (where, word): reason. `where` ends in `*` for everything that begins with it.
EXCEPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("kit.prompt*", "label"): "the text before the line one types on, as in every toolkit",
    ("settings*", "session"): "the gateway's own word for the phone it is linked to",
    ("sync.gateway*", "session"): "the same, handed to the driver",
    ("outbox.store_numbers", "session"): "the same: a gateway's number is named by it",
}
# Sentences for an operator: gettext, and the expected errors, whose text is one.
SENTENCES: Final = frozenset(
    {"_", "ngettext", "Refused", "NotFound", "Undone", "Transient", "Permanent", "UsageError"}
)
UNREAD_ROOMS: Final = frozenset({"whatsapp"})  # wire payloads use WhatsApp's words
SQL_WORDS: Final = frozenset("primary unique check constraint foreign create as select from with".split())

_CREATE: Final = re.compile(
    r"CREATE\s+(?:VIRTUAL\s+)?(TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?(\w+)\"?(.*?);", re.S | re.I
)
_ADDED: Final = re.compile(
    r"ALTER\s+TABLE\s+\"?(\w+)\"?\s+(?:ADD|RENAME)\s+(?:COLUMN\s+)?(?:\w+\s+TO\s+)?\"?(\w+)", re.I
)


@dataclass(frozen=True)
class Use:
    """A name or a sentence, and where it stands."""

    where: str
    text: str


def banned(glossary: str) -> dict[str, str]:
    """Every word not to say, with what to say for it, from the tables of the glossary."""
    words: dict[str, str] = {}
    for line in glossary.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("**"):
            words |= {
                word.strip().lower(): cells[0].replace("**", "")
                for word in cells[2].split(",")
                if word.strip()
            }
    return words


def parts(name: str) -> list[str]:
    """`take_lease`, `TakeLease` and `TAKE_LEASE` as words."""
    return (
        re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", name).replace("_", " ").lower().split()
    )


def columns(sql: str) -> Iterator[tuple[str, str]]:
    """Every table and view with each of its columns, and with itself."""
    sql = re.sub(r"--[^\n]*", "", sql)
    for kind, name, body in _CREATE.findall(sql):
        yield name, name
        if kind.upper() == "VIEW":
            yield from ((name, found) for found in re.findall(r"\b[Aa][Ss]\s+\"?(\w+)", body))
            chosen = body.partition("SELECT")[2].partition("FROM")[0].strip()
            yield from ((name, found) for found in re.findall(r"(\w+)\s*(?:,|$)", chosen))
        else:
            for line in _top_level(body.partition("(")[2]):
                word = line.strip().strip('"').split(maxsplit=1)
                if word and word[0].strip('"').lower() not in SQL_WORDS:
                    yield name, re.sub(r"\W.*", "", word[0].strip('"'))
    yield from _ADDED.findall(sql)


def _top_level(body: str) -> list[str]:
    """The parts of a column list, cut at the commas outside of brackets."""
    depth, cuts = 0, [-1]
    for place, letter in enumerate(body):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            body = body[:place]
            break
        if letter == "," and depth == 0:
            cuts.append(place)
    return [body[start + 1 : end] for start, end in zip(cuts, [*cuts[1:], len(body)], strict=True)]


def names(tree: ast.AST) -> Iterator[str]:
    """Public names a module gives to others: classes, functions, their arguments, attributes, constants."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_") and not node.name.endswith("__"):
                continue
            yield node.name
            if isinstance(node, ast.ClassDef):
                yield from names(node)
                continue
            arguments = node.args
            yield from (it.arg for it in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
            for inner in walked(node):
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                    yield inner.attr
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (it.id for it in ast.walk(target) if isinstance(it, ast.Name))


def sentences(module: Module) -> Iterator[str]:
    """What an operator reads: gettext sentences, expected errors, help texts."""
    for node in module.nodes:
        if isinstance(node, ast.Call):
            name = called(node.func).rpartition(".")[2]
            read = [node.args[0]] if name in SENTENCES and node.args else []
            read += [keyword.value for keyword in node.keywords if keyword.arg == "help"]
            for text in read:
                yield " ".join(
                    str(it.value)
                    for it in ast.walk(text)
                    if isinstance(it, ast.Constant) and isinstance(it.value, str)
                )


def uses(home: Path) -> Iterator[tuple[Use, list[str]]]:
    """Everything the glossary speaks about below `home`, each with its words."""
    house = home / "waconsole"
    for script in sorted(house.glob("*/migrations/**/*.sql")):
        if script.relative_to(house).parts[0] not in UNREAD_ROOMS:
            for table, name in columns(script.read_text(encoding="utf-8")):
                yield Use(f"table {table}", name), parts(name)
    for module in (standing() if home == HOME else House(house)).modules:
        file = module.path.relative_to(house).with_suffix("").parts
        if file[0] in UNREAD_ROOMS:
            continue
        where = ".".join(file)
        for public in [*file, *(it for it in names(module.tree) if not it.startswith("_"))]:
            yield Use(where, public), parts(public)
        for sentence in sentences(module):
            yield Use(where, sentence), re.findall(r"\w+", sentence.lower())
    for page in [*sorted((home / "docs").rglob("*.md")), home / "README.md", home / "CHANGELOG.md"]:
        if page.exists() and page.name != "glossary.md":
            text = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", page.read_text(encoding="utf-8"), flags=re.S)
            for line in text.splitlines():
                yield Use(str(page.relative_to(home)), line.strip()), re.findall(r"\w+", line.lower())


@cache
def heard(home: Path) -> list[tuple[Use, list[str]]]:
    """The uses of a house, read once: nobody builds on it while it is tested."""
    return list(uses(home))


def is_excepted(where: str, word: str, exceptions: Iterable[tuple[str, str]]) -> bool:
    """Whether one of `exceptions` lets `word` stand at `where`."""
    return any(
        word == allowed and (where == place or (place.endswith("*") and where.startswith(place[:-1])))
        for place, allowed in exceptions
    )


def misused(home: Path, exceptions: Iterable[tuple[str, str]] = tuple(EXCEPTIONS)) -> list[str]:
    """Every use of a word that the glossary says not to say."""
    words = banned((home / "docs" / "glossary.md").read_text(encoding="utf-8"))
    plural = {f"{word}{'es' if word.endswith('s') else 's'}": word for word in words} | {
        word: word for word in words
    }
    wrong = []
    for use, found in heard(home):
        for word in dict.fromkeys(plural[it] for it in found if it in plural):
            if not is_excepted(use.where, word, exceptions):
                wrong.append(f"{use.where}: {use.text!r} says {word}: say {words[word]}")
    return wrong


def test_the_house_speaks_by_its_glossary() -> None:
    assert misused(HOME) == []


def test_the_glossary_names_what_not_to_say() -> None:
    words = banned((HOME / "docs" / "glossary.md").read_text(encoding="utf-8"))

    assert {"user", "customer", "agent", "referee", "bonus", "rebate", "coins", "withdrawal"} <= words.keys()
    assert {"job", "hsm", "session", "audience", "lift", "claim", "label"} <= words.keys()


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "waconsole/a/migrations/001.sql",
            "CREATE TABLE customer (id INTEGER);",
            "table customer: 'customer' says",
        ),
        (
            "waconsole/a/migrations/001.sql",
            "CREATE TABLE t (\n id INTEGER, -- it, is\n user_id INTEGER);",
            "table t: 'user_id' says",
        ),
        (
            "waconsole/a/migrations/001.sql",
            "CREATE TABLE t (a TEXT CHECK (a IN ('x', 'y')), job TEXT) STRICT;",
            "table t: 'job' says",
        ),
        (
            "waconsole/a/migrations/001.sql",
            "CREATE VIEW v AS SELECT id AS agent_id FROM t;",
            "table v: 'agent_id' says",
        ),
        (
            "waconsole/a/migrations/001.sql",
            "CREATE VIEW v AS SELECT id, label FROM t;",
            "table v: 'label' says",
        ),
        (
            "waconsole/a/migrations/sqlite/001.sql",
            "CREATE VIRTUAL TABLE f USING fts5 (claim);",
            "table f: 'claim' says",
        ),
        (
            "waconsole/a/migrations/002.sql",
            "ALTER TABLE t ADD COLUMN bonus_minor INTEGER;",
            "table t: 'bonus_minor' says",
        ),
        ("waconsole/a/jobs.py", "", "a.jobs: 'jobs' says job: say task"),
        ("waconsole/a/b.py", "class AudienceLift:\n    pass", "a.b: 'AudienceLift' says audience"),
        ("waconsole/a/b.py", "class HSMTemplate:\n    pass", "a.b: 'HSMTemplate' says hsm"),
        ("waconsole/a/b.py", "async def f(*, customer_ref): ...", "a.b: 'customer_ref' says customer"),
        ("waconsole/a/b.py", "class A:\n    session: int", "a.b: 'session' says session"),
        (
            "waconsole/a/b.py",
            "class A:\n    def __init__(self):\n        self.agents = 1",
            "a.b: 'agents' says agent",
        ),
        ("waconsole/a/b.py", "REBATES_MAX = 1", "a.b: 'REBATES_MAX' says rebate"),
        ("waconsole/a/b.py", '_x = _("This User is muted.")', "a.b: 'This User is muted.' says user"),
        ("waconsole/a/b.py", 'raise Refused(f"No {1} customers.")', "a.b: 'No   customers.' says customer"),
        ("waconsole/a/b.py", '_x = f(help="the bonuses")', "a.b: 'the bonuses' says bonus"),
        ("docs/a.md", "The withdrawal\nis `coins` late.", "docs/a.md: 'The withdrawal' says withdrawal"),
    ],
)
def test_a_planted_word_is_heard(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    _lay(tmp_path, {name: text})

    assert [wrong for wrong in misused(tmp_path) if wrong.startswith(sentence)], misused(tmp_path)


def test_what_is_not_of_the_house_is_not_heard(tmp_path: Path) -> None:
    _lay(
        tmp_path,
        {
            "waconsole/whatsapp/cloud.py": "class User: ...",
            "waconsole/a/b.py": '"""A user."""\ndef f():\n    label = "customer"\n\ndef _user(): ...\nagenda = 1',
            "waconsole/a/migrations/001.sql": "CREATE TABLE t (id INTEGER, -- of a user\n reclaimed TEXT);",
            "docs/a.md": "`session` and [it](https://user.example)",
        },
    )

    assert misused(tmp_path) == []


def test_every_exception_gives_its_reason_and_is_needed() -> None:
    for exception, reason in EXCEPTIONS.items():
        others = [other for other in EXCEPTIONS if other != exception]

        assert len(reason.split()) > 3
        assert misused(HOME, others) != misused(HOME), exception


def _lay(root: Path, files: dict[str, str]) -> None:
    glossary = (HOME / "docs" / "glossary.md").read_text(encoding="utf-8")
    for name, text in {**files, "docs/glossary.md": glossary}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
