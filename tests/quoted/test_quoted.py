"""No code path from anything that decides leads to a quoted figure: neither by an import, nor by a text, nor by a table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, Module, Name, standing, tables
from waconsole import catalogue
from waconsole.quoted import reading

HOUSE = Path(catalogue.__file__).parent
ROOM = "quoted"
# Who may show them: the list of rooms, which the ways in are built from, and panes, which nothing that decides imports.
SHOWN_BY = frozenset({("catalogue",)})


@pytest.fixture(scope="module")
def house() -> House:
    return standing()


def shows(name: Name) -> bool:
    """Whether a module may import the room."""
    return name in SHOWN_BY or name[0] == ROOM or any(part.startswith("pane") for part in name)


def decides(name: Name) -> bool:
    """Whether a module is none of those that only show, and no way in."""
    return not shows(name) and name[0] not in ("cli", "console", "__main__")


def reached(house: House, start: Name) -> set[Name]:
    """Every module that loading or running one may import, however far, the ways in that list rooms left out."""
    seen: set[Name] = set()
    left = [start]
    while left:
        name = left.pop()
        if name in seen or name not in house.by_name:
            continue
        seen.add(name)
        left += [found.target for found in house.ours(house.by_name[name])]
        left += [name[:place] for place in range(1, len(name))]
    return seen


def texts(module: Module) -> Iterator[str]:
    """Every text of a module, with the parts of those that are put together; its docstrings left out."""
    docstrings = {id(node.value) for node in module.nodes if isinstance(node, ast.Expr)}
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def faults(house: House) -> list[str]:
    """Every way from something that decides to a quoted figure."""
    found = []
    for module in house.modules:
        name = module.name
        if not name:
            continue
        if not shows(name):
            found += [
                f"{module.dotted} imports {'.'.join(one.target)}"
                for one in house.ours(module)
                if one.target[:1] == (ROOM,)
            ]
        if decides(name):
            found += [f"{module.dotted} says {text!r}" for text in texts(module) if _names_it(text)]
    return found


def _names_it(text: str) -> bool:
    lowered = text.lower()
    return text == ROOM or any(
        word in lowered for word in ("waconsole.quoted", "quoted_figure", "figures.toml", "quoted/")
    )


def test_nothing_that_decides_imports_them_or_names_where_they_are(house: House) -> None:
    assert faults(house) == []


def test_nothing_that_decides_reaches_them_through_others(house: House) -> None:
    deciding = [module.name for module in house.modules if module.name and decides(module.name)]
    assert len(deciding) > 200
    into_catalogue = {name for name in deciding if ("catalogue",) in reached(house, name)}
    assert into_catalogue == set(), "the list of rooms stands above whatever decides"
    for name in deciding:
        assert not any(one[:1] == (ROOM,) for one in reached(house, name)), name


def test_there_is_no_table_of_them_and_no_sql(house: House) -> None:
    assert ROOM not in tables(house).values()
    assert not any("quoted" in name for name in tables(house))
    assert not list(HOUSE.glob("quoted/**/*.sql"))
    for script in HOUSE.glob("*/migrations/**/*.sql"):
        assert "quoted_figure" not in script.read_text(encoding="utf-8")
    for module in house.modules:
        if module.room == ROOM:
            assert not any(
                word in text for text in texts(module) for word in ("SELECT ", "INSERT ", "UPDATE ")
            )
            assert not [
                one for one in module.imports if one.at_load and one.target[:2] == ("waconsole", "database")
            ]


def test_no_policy_holds_one_of_them() -> None:
    for file in (HOUSE / "policy").rglob("*.toml"):
        written = file.read_text(encoding="utf-8")
        assert "figures" not in written.replace("own figures", "").replace("quoted figures", "").replace(
            "Meta's figures", ""
        )


@pytest.mark.parametrize(
    "planted",
    [
        "from waconsole.quoted import reading\n",
        "def decide() -> int:\n    from waconsole.quoted.reading import figures\n    return len(figures())\n",
        'from importlib import import_module\nfound = import_module("waconsole.quoted.reading")\n',
        'from pathlib import Path\nfile = Path(__file__).parents[1] / "quoted" / "figures.toml"\n',
        'def decide(tx: object) -> str:\n    return "SELECT value FROM quoted_figure"\n',
    ],
)
def test_a_way_that_is_planted_is_found(tmp_path: Path, planted: str) -> None:
    for name, source in {
        "quoted/reading.py": '"""Figures."""\n',
        "fraud/service.py": f'"""Fraud."""\n{planted}',
        "fraud/pane.py": '"""Shown."""\nfrom waconsole.quoted import reading\n',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source, encoding="utf-8")
    found = faults(House(tmp_path))
    assert {fault.split()[0] for fault in found} == {"fraud.service"}


def test_a_figure_is_a_text_with_its_source_and_its_standing() -> None:
    found = reading.figures()
    assert len(found) > 150 and len({one.name for one in found}) == len(found)
    for one in found:
        assert all(part and part == str(part) for part in one), one
        assert one.says.endswith(".") and one.source[3] == "-", one
        assert set(one.articles.split()) <= {"000", "001", "002", "003", "004"}, one
    assert [one.name for one in reading.beginning("PRO-02")] == [
        f"promotion.{name}"
        for name in (
            *("beauty_conversion", "beauty_order_value", "courses_conversion", "courses_order_value"),
            *("food_conversion", "food_order_value"),
        )
    ]
