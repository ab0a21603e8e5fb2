"""Settings: where each value comes from, and what is said of a faulty one."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say
from waconsole.errors import Refused
from waconsole.settings import SECTIONS, Settings, declared
from waconsole.settings.model import faults, settings_model
from waconsole.settings.read import ledger_path, read_settings
from waconsole.settings.secrets import Secret


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file of this test's own; it holds what the shop's owner wrote."""
    path = tmp_path / "config.toml"
    path.write_text('[shop]\ntimezone = "Asia/Taipei"\n\n[inbox]\nrest_seconds = 3\n', encoding="utf-8")
    monkeypatch.setenv("WACONSOLE_CONFIG", str(path))
    return path


def rows(say: Say, *words: str) -> dict[str, Any]:
    return {row["name"]: row for row in say("config", "show", "--json", *words).document["rows"]}


def test_every_value_says_where_it_came_from(
    say: Say, file: Path, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WACONSOLE_INBOX__MASK_PHONES", "no")

    shown = rows(say, "--theme", "wa-light")

    assert {name: (row["value"], row["source"]) for name, row in shown.items()} == {
        "ledger.path": (str(ledger_path), "command line"),
        "shop.timezone": ("Asia/Taipei", str(file)),
        "shop.region": ("", "built in"),
        "shop.shopify_secret": ("", "not set"),
        "shop.shopify_secret_previous": ("", "not set"),
        "shop.woocommerce_secret": ("", "not set"),
        "shop.woocommerce_secret_previous": ("", "not set"),
        "shop.generic_secret": ("", "not set"),
        "shop.generic_secret_previous": ("", "not set"),
        "inbox.rest_seconds": (3.0, str(file)),
        "inbox.mask_phones": (False, "WACONSOLE_INBOX__MASK_PHONES"),
        "console.theme": ("wa-light", "command line"),
        "console.motion": ("full", "built in"),
        "console.cursor": (True, "built in"),
        "console.mouse": (True, "built in"),
        "console.emoji": ("full", "built in"),
        "console.keymap": ("", "built in"),
        "cloud.base_url": ("https://graph.facebook.com", "built in"),
        "cloud.graph_version": ("v26.0", "built in"),
        "cloud.phone_number_id": ("", "built in"),
        "cloud.waba_id": ("", "built in"),
        "cloud.token": ("", "not set"),
        "cloud.app_secret": ("", "not set"),
        "cloud.app_secret_previous": ("", "not set"),
        "cloud.verify_token": ("", "not set"),
        "gateway.enabled": (False, "built in"),
        "gateway.base_url": ("http://127.0.0.1:3000", "built in"),
        "gateway.session": ("default", "built in"),
        "gateway.api_key": ("", "not set"),
        "gateway.hmac_key": ("", "not set"),
        "gateway.hmac_key_previous": ("", "not set"),
        "receiver.host": ("127.0.0.1", "built in"),
        "receiver.port": (8470, "built in"),
        "receiver.public_url": ("", "built in"),
        "receiver.auto": (False, "built in"),
        "sync.auto": (True, "built in"),
        "sync.blue_tick": ("reply", "built in"),
    }


def test_every_setting_is_also_a_variable_that_outranks_the_file(file: Path) -> None:
    values = {"shop.timezone": "Europe/Paris", "shop.region": "FR", "console.motion": "reduced"}
    values |= {"console.emoji": "names", "receiver.host": "::1", "receiver.port": "9000"}
    values |= {
        "cloud.base_url": "http://127.0.0.1:9",
        "gateway.base_url": "http://[::1]:9",
        "receiver.public_url": "https://wa.example/hook",
    }
    values |= {"cloud.graph_version": "v27.0", "receiver.auto": "yes", "sync.blue_tick": "never"}
    for one in declared():
        raw = values.get(one.name) or (
            {True: "no", False: "yes"}[one.built_in] if isinstance(one.built_in, bool) else "7"
        )

        settings = read_settings({"WACONSOLE_CONFIG": str(file), one.variable: raw})

        assert settings.source(one.name) == one.variable
        value = settings.value(one.name)
        assert (value.reveal() if isinstance(value, Secret) else value) in (raw, raw == "yes", 7.0, 9000)


def test_the_ledger_is_named_by_option_then_variable_then_setting(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[ledger]\npath = "~/file.db"\n', encoding="utf-8")
    environ = {"WACONSOLE_CONFIG": str(config)}
    section = environ | {"WACONSOLE_LEDGER__PATH": "section.db"}
    variable = section | {"WACONSOLE_LEDGER": "variable.db"}

    assert ledger_path(read_settings(environ)) == (Path("~/file.db").expanduser(), False)
    assert ledger_path(read_settings(section)) == (Path("section.db"), False)
    assert ledger_path(read_settings(variable)) == (Path("variable.db"), False)
    assert ledger_path(read_settings(variable, chosen={"ledger.path": "option.db"})) == (
        Path("option.db"),
        False,
    )


def test_without_a_choice_the_ledger_is_in_a_private_folder_of_ours(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "new" / "data"))

    made = say("init", "--json", ledger=None).document["ledger"]

    assert made == str(tmp_path / "new/data/waconsole/ledger.db")
    for folder in (tmp_path / "new", tmp_path / "new/data", tmp_path / "new/data/waconsole"):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[inbox]\nrest_secnds = 1\n", "did you mean inbox.rest_seconds?"),
        ("[console]\nrest_seconds = 1\n", "did you mean inbox.rest_seconds?"),
        ('[inbox]\nrest_seconds = "two"\n', "write a number of 0 or more"),
        ("[inbox]\nrest_seconds = -1\n", "write a number of 0 or more"),
        ("[inbox]\nrest_seconds = nan\n", "write a number of 0 or more"),
        ("[inbox]\nmask_phones = 1\n", "write true or false."),
        ("[inbox]\nmask_phones = [true]\n", "write true or false."),
        ('[console]\nmotion = "slow"\n', "write full or reduced."),
        ('[shop]\ntimezone = "Mars/Olympus"\n', "write a time zone like Europe/Paris."),
        ('[shop]\ntimezone = "../etc/passwd"\n', "write a time zone like Europe/Paris."),
        ('[shop]\nregion = "France"\n', "write a country's two letters, like FR."),
        ("[shop]\ntimezone = 1\n", "write a time zone like Europe/Paris."),
        ("[receiver]\nport = 0\n", "write a port from 1 to 65535."),
        ("[receiver]\nport = true\n", "write a port from 1 to 65535."),
        ('[receiver]\nport = "70000"\n', "write a port from 1 to 65535."),
        ('[receiver]\nhost = "a b"\n', "write a host name or an address"),
        ('[cloud]\nphone_number_id = "+33 6"\n', "write its digits in quotes"),
        ('[cloud]\ngraph_version = "26"\n', "write a version of the Graph API like v26.0."),
        ('[cloud]\ntoken = "EAAfake"\n', "is a secret: move it to secrets.toml"),
        ("shop = 1\n", "No setting is called shop"),
        ("[shop\n", "not valid TOML"),
    ],
)
def test_a_faulty_file_is_said_in_one_sentence_and_its_line_by_check(
    say: Say, file: Path, text: str, says: str
) -> None:
    file.write_text(text, encoding="utf-8")

    command, check = say("find", "hello", "--json"), say("config", "check", "--json")

    assert (command.code, check.code) == (1, 1)
    assert says in command.document["error"]
    assert check.document["ok"] is False
    fault = check.document["faults"][0]
    assert fault["line"] == text.rstrip("\n").count("\n") + 1
    if text != "shop = 1\n":
        assert says in fault["says"]


def test_a_section_nobody_knows_is_said_with_the_nearest(say: Say, file: Path) -> None:
    file.write_text("\n[inbx]\nrest_seconds = 1\n", encoding="utf-8")

    assert "inbx.rest_seconds" in say("find", "hello").err
    assert say("config", "check", "--json").document["faults"] == [
        {"setting": "inbx", "line": 2, "says": "No setting is called inbx (line 2): did you mean inbox?"}
    ]


def test_a_variable_nobody_knows_is_refused_with_the_nearest(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WACONSOLE_INBOX__MASK_FONES", "no")

    said = say("find", "hello")

    assert said.code == 1
    assert "WACONSOLE_INBOX__MASK_FONES: did you mean WACONSOLE_INBOX__MASK_PHONES?" in said.err
    assert say("config", "check").code == 1
    assert say("config", "path").code == 0


def test_check_finds_every_fault_at_once(file: Path) -> None:
    file.write_text('[inbox]\nrest_seconds = "a"\nnope = 1\n[console]\nmouse = 3\n', encoding="utf-8")

    assert [(fault.name, fault.line) for fault in faults(file, {})] == [
        ("inbox.rest_seconds", 2),
        ("inbox.nope", 3),
        ("console.mouse", 5),
    ]


def test_a_sound_file_is_called_sound(say: Say, file: Path) -> None:
    said = say("config", "check", "--json")

    assert (said.code, said.document) == (0, {"ok": True, "path": str(file), "faults": []})
    assert say("config", "path", "--json").document == {"path": str(file), "exists": True}


def test_a_named_file_must_be_there(say: Say, file: Path) -> None:
    file.unlink()

    assert "cannot be read" in say("find", "hello").err
    assert say("config", "check").code == 1
    assert say("config", "path", "--json").document == {"path": str(file), "exists": False}


def test_the_model_and_the_quick_reader_agree_on_what_stands_there(file: Path) -> None:
    built_in = settings_model()().model_dump()
    written = settings_model().model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).model_dump()
    quick, read = Settings(), read_settings({"WACONSOLE_CONFIG": str(file)})

    assert set(built_in) == set(SECTIONS)
    assert {one.key for one in declared() if one.is_secret} & set(built_in["cloud"]) == set()
    for one in [one for one in declared() if not one.is_secret]:
        assert built_in[one.section][one.key] == quick.value(one.name) == one.built_in
        assert written[one.section][one.key] == read.value(one.name)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    for content in (b"\xff\xfe", b"#" * (1 << 21)):
        config.write_bytes(content)
        with pytest.raises(Refused):
            read_settings({"WACONSOLE_CONFIG": str(config)})
