"""The fence around the rooms: the house keeps every rule, and every rule sees a planted violation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import fence
from tests.house import House, layer, standing

Rule = Callable[[House], list[str]]

SOUND = {
    "__init__.py": '"""A house."""\n__version__ = "1"\n',
    "errors.py": '"""Errors."""\n',
    "clock.py": '"""The clock."""\nimport time\nNOW = time.time()\n',
    "settings/__init__.py": '"""Settings."""\nfrom waconsole.errors import Refused\n',
    "settings/read.py": '"""From the environment."""\nimport os\n',
    "command.py": '"""Commands."""\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n'
    "    from waconsole.database.connection import Database\n",
    "database/connection.py": '"""The engine."""\nimport sqlite3\n',
    "kit/pane.py": '"""Panes."""\nimport textual\n',
    "kit/list.py": '"""Lists may lean on panes here."""\nfrom waconsole.kit.pane import Pane\n',
    "query/words.py": '"""The language."""\nimport re\n',
    "members/store.py": '"""Rows."""\nfrom waconsole.database.connection import Transaction\n'
    'ADD = "INSERT INTO member (name) VALUES (:name) ON CONFLICT (name) DO UPDATE SET name = :name"\n',
    "members/migrations/001.sql": "CREATE TABLE member (name TEXT) STRICT;\n",
    "inbox/model.py": '"""Rules."""\nfrom waconsole.clock import NOW\n',
    "inbox/chat/read.py": '"""A pure sub-package."""\nfrom waconsole.inbox.model import rule\n',
    "inbox/fields.py": '"""Fields."""\nfrom waconsole.query.words import Term\n',
    "inbox/store_items.py": '"""Rows."""\nSET = "UPDATE work_item SET state = :state"\n',
    "inbox/store_list.py": '"""Rows that lean on rows."""\nfrom waconsole.inbox import store_items\n',
    "inbox/migrations/001.sql": "CREATE TABLE work_item (state TEXT) STRICT;\n",
    "inbox/migrations/sqlite/001.sql": "CREATE VIRTUAL TABLE words USING fts5 (text);\n",
    "inbox/service.py": '"""Verbs."""\nfrom waconsole.inbox import store_list\nfrom waconsole.members import store\n',
    "inbox/commands.py": '"""Words."""\nfrom waconsole.command import Command\nfrom waconsole.inbox import service\n',
    "inbox/pane_list.py": '"""A screen."""\nimport textual\nfrom waconsole.inbox import commands\n',
    "inbox/pane.py": '"""A screen over another."""\nfrom waconsole.inbox.pane_list import List\n',
    "sync/intake.py": '"""What comes in."""\nimport os\nfrom waconsole.inbox import service\n',
    "catalogue.py": '"""Rooms."""\nfrom importlib import import_module\nROOM = import_module("waconsole.inbox")\n',
    "cli/run.py": '"""Without a screen."""\nfrom waconsole import __version__, catalogue\n',
    "console/app.py": '"""The screen."""\nimport textual\nfrom waconsole.cli.run import parser\n',
    "__main__.py": '"""The door."""\nimport waconsole.cli.run\nfrom waconsole.console import app\n',
}


def built(root: Path, files: dict[str, str]) -> House:
    """A small sound house in `root`, with `files` laid over it."""
    for name, text in {**SOUND, **files}.items():
        path = root / "waconsole" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return House(root / "waconsole")


@pytest.fixture(scope="module")
def house() -> House:
    """The real one."""
    return standing()


@pytest.mark.parametrize("rule", fence.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(house: House, rule: Rule) -> None:
    assert rule(house) == []


@pytest.mark.parametrize("rule", fence.RULES, ids=lambda rule: rule.__name__)
def test_a_sound_small_house_keeps_the_rule(tmp_path: Path, rule: Rule) -> None:
    assert rule(built(tmp_path, {})) == []


PLANTED: list[tuple[Rule, str, str, str]] = [
    (fence.stands_somewhere, "utils.py", '"""Utils."""', "utils stands on no floor"),
    (fence.stands_somewhere, "billing/model.py", '"""Bills."""', "billing.model stands on no floor"),
    # up, sideways, up inside a room; late and type-only imports count
    (
        fence.imports_go_down,
        "members/service.py",
        "from waconsole.inbox import model",
        "members.service imports inbox.model",
    ),
    (
        fence.imports_go_down,
        "inbox/service.py",
        "from waconsole.groups import store",
        "inbox.service imports groups",
    ),
    (
        fence.imports_go_down,
        "inbox/service.py",
        "import waconsole.fraud.model",
        "inbox.service imports fraud",
    ),
    (
        fence.imports_go_down,
        "inbox/model.py",
        "from waconsole.inbox.store_items import SET",
        "inbox.model imports inbox.store_items",
    ),
    (
        fence.imports_go_down,
        "inbox/chat/read.py",
        "from waconsole.inbox import service",
        "inbox.chat.read imports inbox.service",
    ),
    (
        fence.imports_go_down,
        "inbox/service.py",
        "def f():\n    from waconsole.inbox import pane",
        "inbox.service imports inbox.pane",
    ),
    (
        fence.imports_go_down,
        "inbox/store_items.py",
        "from waconsole.inbox import commands",
        "inbox.store_items imports inbox.commands",
    ),
    (
        fence.imports_go_down,
        "members/store.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from waconsole.sync.intake import X",
        "members.store imports sync.intake",
    ),
    (fence.imports_go_down, "errors.py", "from waconsole.settings import X", "errors imports settings"),
    (
        fence.imports_go_down,
        "cli/run.py",
        "def f():\n    from waconsole.console import app",
        "cli.run imports console.app",
    ),
    (
        fence.imports_go_down,
        "kit/list.py",
        "from waconsole.database import connection",
        "kit.list imports database.connection",
    ),
    (
        fence.imports_go_down,
        "__init__.py",
        "from waconsole.errors import Refused",
        "waconsole imports errors",
    ),
    (
        fence.imports_are_absolute,
        "inbox/service.py",
        "from . import model",
        "inbox.service line 1: import by full name",
    ),
    (
        fence.imports_are_seen,
        "inbox/service.py",
        'import importlib\nimportlib.import_module("waconsole.groups.store")',
        "inbox.service imports by a name made at run time",
    ),
    *(
        (
            fence.pure_files_touch_nothing,
            "inbox/model.py",
            f"import {name}",
            f"inbox.model is pure and imports {name}",
        )
        for name in sorted(fence.IMPURE)
    ),
    (fence.pure_files_touch_nothing, "text.py", "def f():\n    import os", "text is pure and imports os"),
    (
        fence.pure_files_touch_nothing,
        "query/words.py",
        "from time import time",
        "query.words is pure and imports time",
    ),
    (
        fence.pure_files_touch_nothing,
        "inbox/fields.py",
        "import sqlite3.dbapi2",
        "inbox.fields is pure and imports sqlite3",
    ),
    (
        fence.pure_files_touch_nothing,
        "inbox/fields.py",
        "from waconsole.database.connection import Row",
        "inbox.fields is pure and imports database.connection",
    ),
    (
        fence.only_screens_know_textual,
        "inbox/service.py",
        "from textual.app import App",
        "inbox.service imports textual",
    ),
    (
        fence.only_screens_know_textual,
        "cli/run.py",
        "def f():\n    import textual",
        "cli.run imports textual",
    ),
    (fence.only_screens_know_textual, "sync/intake.py", "import textual", "sync.intake imports textual"),
    (
        fence.only_the_clock_asks_the_time,
        "sync/intake.py",
        "import datetime\n\nNOW = datetime.datetime.now()",
        "sync.intake line 3: datetime.datetime.now asks the machine for the time",
    ),
    (
        fence.only_the_clock_asks_the_time,
        "kit/list.py",
        "import time\n\nNOW = time.time_ns()",
        "kit.list line 3: time.time_ns asks the machine for the time",
    ),
    (
        fence.no_circles,
        "inbox/store_items.py",
        "from waconsole.inbox import store_list",
        "inbox.store_list → inbox.store_items → inbox.store_list",
    ),
    (fence.no_circles, "kit/pane.py", "import waconsole.kit.list", "kit.list → kit.pane → kit.list"),
    (
        fence.one_writer_per_table,
        "inbox/store_list.py",
        'X = "DELETE FROM work_item"',
        "work_item is written by inbox.store_items, inbox.store_list",
    ),
    (
        fence.one_writer_per_table,
        "inbox/store_list.py",
        'X = f"UPDATE member SET {1}"',
        "inbox.store_list writes member, which members owns",
    ),
    (
        fence.one_writer_per_table,
        "sync/intake.py",
        'X = "INSERT OR IGNORE INTO words (text) VALUES (1)"',
        "sync.intake writes words, which inbox owns",
    ),
    (
        fence.one_writer_per_table,
        "inbox/service.py",
        'X = """\n REPLACE INTO words"""',
        "inbox.service writes words and is no store",
    ),
    (
        fence.one_writer_per_table,
        "inbox/store_list.py",
        'X = f"DELETE FROM {1}"',
        "inbox.store_list writes a table whose name it puts together",
    ),
    (
        fence.migrations_keep_to_their_room,
        "inbox/migrations/sqlite/002.sql",
        "CREATE TRIGGER t AFTER INSERT ON work_item BEGIN UPDATE member SET name = ''; END;",
        "inbox/migrations/sqlite/002.sql writes member, which members owns",
    ),
    (fence.files_are_small_and_say_what_they_are, "inbox/model.py", "X = 1", "inbox.model has no docstring"),
    (
        fence.files_are_small_and_say_what_they_are,
        "inbox/model.py",
        '"""Long."""' + "\n" * 300,
        "inbox.model has 301 lines",
    ),
    (
        fence.files_are_small_and_say_what_they_are,
        "inbox/model.py",
        '"""Long."""\ndef f():\n' + "    x = 1\n" * 70,
        "inbox.model: f has 71 lines",
    ),
]


@pytest.mark.parametrize(
    ("rule", "name", "text", "sentence"), PLANTED, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_planted_violation_is_seen(tmp_path: Path, rule: Rule, name: str, text: str, sentence: str) -> None:
    assert sentence in rule(built(tmp_path, {name: text + "\n"}))


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, *_rest in PLANTED} == set(fence.RULES)


def test_every_exception_is_still_needed(house: House) -> None:
    imported = {(it.dotted, ".".join(found.target)) for it in house.modules for found in house.ours(it)}

    assert set(fence.EXCEPTIONS) <= imported


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model", 0),
        ("chat_read", 0),
        ("fields", 0),
        ("store_items", 1),
        ("search", 1),
        ("service_reply", 2),
        ("commands", 3),
        ("thread_pane", 4),
    ],
)
def test_a_file_name_says_its_layer(name: str, expected: int) -> None:
    assert layer(("inbox", name)) == expected
