"""Secrets: where they are looked for, and that nothing ever shows one."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.cli.conftest import Say
from waconsole.errors import Refused
from waconsole.settings import declared
from waconsole.settings.read import read_settings
from waconsole.settings.secrets import Secret

CANARY = "EAAcanary0123456789"
NAMES = [one.name for one in declared() if one.is_secret]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of secrets of mode 600 beside a settings file that need not be there."""
    monkeypatch.setenv("WACONSOLE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    return written(tmp_path / "secrets.toml", f'[cloud]\ntoken = "{CANARY}"\n')


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def environ(file: Path, **more: str) -> dict[str, str]:
    return {"WACONSOLE_CONFIG": str(file.with_name("config.toml")), **more}


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A desktop's keyring: what it holds by `service/name`."""
    holds: dict[str, str] = {}
    module = ModuleType("keyring")
    module.__spec__ = sys.__spec__

    def get_password(service: str, name: str) -> str | None:
        if holds.get("locked"):
            raise RuntimeError(CANARY)
        return holds.get(f"{service}/{name}")

    module.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    return holds


def test_a_variable_outranks_the_keyring_and_the_keyring_the_file(
    file: Path, keyring: dict[str, str]
) -> None:
    keyring["waconsole/cloud.token"] = "from the keyring"
    variable = environ(file, WACONSOLE_CLOUD__TOKEN="from outside\n")

    outside = read_settings(variable).cloud.token
    kept = read_settings(environ(file)).cloud.token
    assert (kept.reveal(), kept.source) == ("from the keyring", "keyring")
    keyring.clear()
    filed = read_settings(environ(file)).cloud.token

    assert (outside.reveal(), outside.source) == ("from outside", "WACONSOLE_CLOUD__TOKEN")
    assert (kept.reveal(), kept.source) == ("from the keyring", "keyring")  # asked once, then known
    assert (filed.reveal(), filed.source) == (CANARY, str(file))


def test_a_locked_keyring_holds_nothing(file: Path, keyring: dict[str, str]) -> None:
    keyring["locked"] = "yes"

    assert read_settings(environ(file)).cloud.token.source == str(file)


def test_a_secret_nobody_gave_is_empty(file: Path) -> None:
    secret = read_settings(environ(file)).cloud.app_secret

    assert (bool(secret), secret.reveal(), secret.source) == (False, "", "not set")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(say: Say, file: Path, mode: int) -> None:
    file.chmod(mode)

    with pytest.raises(Refused, match="open to others, so it is not read: say `chmod 600"):
        read_settings(environ(file)).cloud.token.reveal()

    shown = {row["name"]: row for row in say("config", "show", "--json").document["rows"]}
    assert shown["cloud.token"]["value"] == ""
    assert "open to others" in shown["cloud.token"]["source"]
    assert "open to others" in say("config", "check", "--json").document["faults"][0]["says"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"[cloud\n{CANARY}", "is not valid TOML"),
        (f"[cloud]\ntoken = {CANARY}", "is not valid TOML"),
        ("[cloud]\ntoken = 123456789", "cloud.token in"),
        (f'[cloud]\ntoken = ["{CANARY}"]', "cloud.token in"),
        ('[cloud]\ntoken = "' + "x" * 5000 + '"', "cloud.token in"),
    ],
)
def test_a_faulty_file_of_secrets_is_said_without_a_word_of_it(
    say: Say, file: Path, text: str, says: str
) -> None:
    written(file, text)

    said = [say("config", "check"), say("config", "show")]

    assert says in said[0].out
    assert CANARY not in "".join(one.out + one.err for one in said)


def test_a_secret_nobody_knows_is_said(say: Say, file: Path) -> None:
    written(file, f'[cloud]\ntokn = "{CANARY}"\n')

    says = say("config", "check", "--json").document["faults"][0]["says"]

    assert says.startswith("No secret is called cloud.tokn")
    assert CANARY not in says


def test_a_folder_or_a_link_to_nothing_is_no_file_of_secrets(file: Path) -> None:
    file.unlink()
    file.mkdir(mode=0o700)

    with pytest.raises(Refused, match=r"cannot be read|no plain file"):
        read_settings(environ(file)).cloud.token.reveal()


@pytest.mark.parametrize("name", NAMES)
def test_config_never_shows_a_secret(
    say: Say, file: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = next(one.variable for one in declared() if one.name == name)
    monkeypatch.setenv(variable, CANARY)

    said = [say("config", word, *json_) for word in ("show", "check", "path") for json_ in ((), ("--json",))]

    assert CANARY not in "".join(one.out + one.err for one in said)
    row = next(row for row in json.loads(said[1].out)["rows"] if row["name"] == name)
    assert (row["value"], row["source"]) == ("set", variable)


def test_a_secret_in_the_settings_file_is_refused_unseen(say: Say, file: Path) -> None:
    file.with_name("config.toml").write_text(f'[cloud]\ntoken = "{CANARY}"\n', encoding="utf-8")

    said = [say("config", "show"), say("config", "check"), say("find", "hello", "--json")]

    assert [one.code for one in said] == [1, 1, 1]
    assert all("move it to secrets.toml" in one.out + one.err for one in said)
    assert CANARY not in "".join(one.out + one.err for one in said)


def test_a_faulty_secret_outside_is_refused_unseen(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WACONSOLE_CLOUD__TOKEN", f"{CANARY}\nX-Evil: 1")

    said = say("config", "show")

    assert (said.code, "write a text without line breaks" in said.err) == (1, True)
    assert CANARY not in said.out + said.err


def test_a_secret_shows_itself_in_no_way_but_one(file: Path) -> None:
    secret = read_settings(environ(file)).cloud.token
    settings = read_settings(environ(file, WACONSOLE_CLOUD__TOKEN=CANARY))
    asked: list[Any] = [secret, Secret(CANARY), settings, settings.cloud, dataclasses.asdict(settings)]

    assert secret.reveal() == CANARY
    for one in asked:
        assert CANARY not in f"{one!r} {one!s} {one} {copy.deepcopy(one)!r}"
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps(Secret(CANARY))
