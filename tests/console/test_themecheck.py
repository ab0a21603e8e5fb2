"""Checking themes: what can be read, what can be told apart by which eyes, and what is wrong on which line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.color import Color

from tests.console.shell import console
from waconsole.__main__ import main
from waconsole.console import themes
from waconsole.console.themecheck import APART_MIN, Checked, check, check_file
from waconsole.console.themecheck_colours import MOST_EYES, VISIONS, apart, seen
from waconsole.kit.contrast import contrast
from waconsole.kit.roles import ROLES

HOUSE = sorted(path.stem for path in themes.packaged_dir().glob("*.toml"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's theme folder on a machine without any other."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / "waconsole" / "themes"
    place.mkdir(parents=True)
    return place


def checked(path: Path, text: str) -> Checked:
    """The check of one theme file."""
    path.write_text(text, encoding="utf-8")
    return check_file(path, themes.theme_files(None, {})[0])


def test_the_house_has_a_pair_for_eyes_without_a_colour_and_one_of_high_contrast() -> None:
    loaded = themes.load(None, {})
    promised = {name: theme.file.promises for name, theme in loaded.by_name.items() if theme.file.promises}

    assert promised == {
        "wa-cb-dark": {"colour-blind"}, "wa-cb-light": {"colour-blind"}, "wa-contrast": {"contrast"},
    }  # fmt: skip
    assert [loaded.named(name).textual.dark for name in ("wa-cb-dark", "wa-cb-light")] == [True, False]


@pytest.mark.parametrize("name", HOUSE)
def test_the_houses_own_themes_can_be_read_and_told_apart(folder: Path, name: str) -> None:
    theme = themes.load(None, {}).named(name)

    assert check(theme).faults == ()
    assert all(theme.textual.variables[f"role-{role}"] for role in ROLES)


def test_contrast_and_distance_agree_with_published_figures() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # WCAG's grey example
    assert apart("#ffffff", "#000000") == pytest.approx(1.0, abs=1e-4)
    # OKLab of pure red by its author's table: L 0.628, a 0.225, b 0.126.
    assert apart("#ff0000", "#000000") == pytest.approx((0.628**2 + 0.225**2 + 0.126**2) ** 0.5, abs=0.002)


@pytest.mark.parametrize("vision", VISIONS)
def test_every_vision_sees_grey_as_grey(vision: str) -> None:
    grey = Color.parse("#808080").normalized[0]
    light = ((grey + 0.055) / 1.055) ** 2.4

    assert seen("#808080", vision) == pytest.approx((light, light, light), abs=1e-4)


def test_red_and_green_come_together_where_a_colour_is_missing() -> None:
    red, green = "#c85a5a", "#7d8a3c"

    assert apart(red, green) > 0.15
    assert apart(red, green, "deuteranopia") < apart(red, green) / 2
    assert apart(red, green, "tritanopia") > 0.1


def test_a_colour_too_faint_is_said_with_its_ground_and_line(folder: Path) -> None:
    found = checked(folder / "mine.toml", 'name = "mine"\n\n[roles]\nmuted = "#222222"\n')

    says = {fault.says: fault.line for fault in found.faults}
    assert says["muted on background has a contrast of 1.1, below 4.5."] == 4


def test_states_that_look_alike_are_said_for_the_eyes_that_confuse_them(folder: Path) -> None:
    # Told apart by most eyes; without red or green they are one colour.
    found = checked(
        folder / "mine.toml",
        'name = "mine"\n[roles]\noverdue = "#f59259"\ndone = "#97be62"\n',
    )

    assert found.apart is not None and found.apart[MOST_EYES] >= APART_MIN
    says = [fault.says for fault in found.faults]
    assert any(one.startswith("overdue and done look alike with deuteranopia: 0.0") for one in says)
    assert not any(one.startswith("overdue and done look alike:") for one in says)


def test_a_theme_is_held_to_what_it_promises(folder: Path) -> None:
    dark = checked(folder / "a.toml", 'name = "a"\nextends = "wa-dark"\n')
    both = checked(
        folder / "b.toml", 'name = "b"\nextends = "wa-dark"\npromises = ["contrast", "colour-blind"]\n'
    )

    assert dark.faults == ()
    says = " ".join(fault.says for fault in both.faults)
    assert "below 7.0." in says
    assert "look alike with tritanopia: 0.05" in says and "below 0.10." in says


def test_every_fault_of_a_file_is_said_with_its_line(folder: Path) -> None:
    found = checked(
        folder / "mine.toml",
        'name = "mine"\nextnds = "wa-dark"\n[roles]\nowd = "#fff"\ndone = "#ggg"\n\n[glyphs]\nowed = "🔥"\n',
    )

    assert [(fault.line, fault.says) for fault in found.faults] == [
        (2, "A theme does not know extnds. The nearest is extends."),
        (4, "[roles] does not know owd. The nearest is owed."),
        (5, "roles.done is not a colour: #ggg. Write it like #1a2b3c."),
        (8, "glyphs.owed must be one visible sign, one cell wide."),
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('name = "mine"\nextends = "nrod"', 2, "extends nrod, which is missing. The nearest is nord."),
        ('name = "mine"\nextends = "mine"', 2, "extends mine, which is missing."),
        ('name = "mine"\n[roles\n', 2, "cannot be read"),
        ('name = "mine"\npromises = ["beauty"]', 2, "promises must be a list of colour-blind or contrast."),
    ],
)
def test_a_file_that_cannot_be_used_says_why(folder: Path, text: str, line: int, says: str) -> None:
    (fault,) = checked(folder / "mine.toml", text).faults

    assert says in fault.says
    assert fault.line == line


def test_the_command_checks_every_theme_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").write_text('name = "mine"\nextends = "wa-cb-dark"\n')
    assert main(["themes", "check"]) == 0
    assert "✓ mine" in capsys.readouterr().out

    (folder / "bad.toml").write_text('name = "bad"\n[roles]\nmuted = "#222222"\n')
    (folder / "dark.toml").write_text('name = "wa-dark"\n')
    assert main(["themes", "check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in document["themes"] if not one["ok"]] == ["bad", "wa-dark"]
    assert "house's own" in document["themes"][-1]["faults"][0]["says"]


def test_the_command_checks_the_files_it_is_given(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text('name = "a"\nextends = "b"\n')
    (tmp_path / "b.toml").write_text('name = "b"\n[roles]\nmuted = "#222222"\n')

    assert main(["themes", "check", str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), "--json"]) == 1
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["themes"]}

    assert set(found) == {"a", "b"}
    assert {fault["line"] for fault in found["a"]["faults"]} == {None}  # b.toml brings it about
    assert {fault["line"] for fault in found["b"]["faults"]} == {3}
    assert main(["themes", "check", str(tmp_path / "nothing.toml")]) == 1


def test_the_list_names_every_theme(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").write_text('name = "mine"\ndark = false\n')

    assert main(["themes", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}

    assert set(rows) == {*HOUSE, "mine"}
    assert (rows["mine"]["dark"], rows["mine"]["path"]) == (False, str(folder / "mine.toml"))
    assert rows["wa-dark"]["chosen"]


async def test_a_theme_of_the_operators_is_offered_and_shown(ledger_path: Path, folder: Path) -> None:
    (folder / "mine.toml").write_text('name = "mine"\n[colors]\nbackground = "#000000"\n')
    async with console(ledger_path) as shell:
        await shell.press("ctrl+p")
        await shell.type("theme mine", "enter")

        assert shell.app.theme == "mine"
        assert shell.app.theme_variables["background"].lower() == "#000000"


async def test_an_unknown_theme_names_the_check_when_a_file_is_broken(
    ledger_path: Path, folder: Path
) -> None:
    (folder / "mine.toml").write_text('name = "mine"\n[roles]\nowed = "red"\nmuted = 1\n')
    async with console(ledger_path) as shell:
        await shell.press("colon")
        await shell.type("theme mine", "enter")

        assert "There is no theme mine." in shell.last_line
