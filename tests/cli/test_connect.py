"""`connect --check`, and where the wizard keeps what it is told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from waconsole.errors import Refused
from waconsole.settings.keep import keep_secret
from waconsole.settings.read import read_settings
from waconsole.settings.write import write_setting
from waconsole.sync.connecting_fields import FIELDS, kept, reread, standing

BEFORE = '# mine\n[shop]\ntimezone = "Europe/Paris"  # here\n\n[cloud]   # ours\nwaba_id = "1" # old\n'


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file with comments."""
    path = tmp_path / "config.toml"
    path.write_text(BEFORE)
    monkeypatch.setenv("WACONSOLE_CONFIG", str(path))
    for name in ("TOKEN", "APP_SECRET", "VERIFY_TOKEN"):
        monkeypatch.delenv(f"WACONSOLE_CLOUD__{name}", raising=False)
    return path


def test_without_a_terminal_it_asks_nothing_and_says_what_is_missing(say: Say, config: Path) -> None:
    for words in (("connect", "--check", "--json"), ("connect", "--json")):
        said = say(*words)
        assert said.code == 3
        assert [step["step"] for step in said.document["steps"]] == [
            "token", "number", "account", "app_secret", "verify_token", "receiver", "gateway",
        ]  # fmt: skip
        assert [step["ok"] for step in said.document["steps"]] == [*[False] * 6, True]
    assert "✗ token: There is no access token." in say("connect").out


def test_replay_is_also_a_word_of_its_own(say: Say) -> None:
    said = say("--json", "replay", "--since", "2026-11-26T12:00:00Z")

    assert (said.code, said.document) == (0, {"processed": 0, "quarantined": 0})
    assert say("--json", "replay").code == 2


def test_answers_are_kept_where_they_belong_and_comments_stay(config: Path, tmp_path: Path) -> None:
    environ = {"WACONSOLE_CONFIG": str(config)}
    by_name = {field.name: field for field in FIELDS}

    for name, answer in (
        ("cloud.waba_id", "200"), ("cloud.phone_number_id", "100"), ("receiver.public_url", "https://wa.example.org"),
        ("cloud.token", "EAAB#not\"a'comment"), ("cloud.app_secret", "qqzz"), ("cloud.verify_token", ""),
    ):  # fmt: skip
        says = kept(by_name[name], answer, environ)
        assert not answer or not by_name[name].is_secret or answer not in says

    settings = reread(environ, read_settings(environ))
    text = config.read_text()
    assert all(words in text for words in ("# mine", 'timezone = "Europe/Paris"  # here', "[cloud]   # ours", 'waba_id = "200" # old'))  # fmt: skip
    assert settings.receiver.public_url == "https://wa.example.org"
    assert settings.cloud.token.reveal() == "EAAB#not\"a'comment" and "EAAB" not in text
    assert len(settings.cloud.verify_token.reveal()) > 16  # made up
    assert stat.S_IMODE((tmp_path / "secrets.toml").stat().st_mode) == 0o600
    assert standing(by_name["cloud.token"], settings) == f"set ({tmp_path / 'secrets.toml'})"


def test_what_does_not_fit_is_refused_and_nothing_is_written(config: Path, tmp_path: Path) -> None:
    environ = {"WACONSOLE_CONFIG": str(config)}
    by_name = {field.name: field for field in FIELDS}
    for name, answer in (("cloud.waba_id", "12 x"), ("receiver.public_url", "http://wa.example.org"), ("cloud.token", "tök")):  # fmt: skip
        with pytest.raises(Refused, match="That is not what"):
            kept(by_name[name], answer, environ)
    with pytest.raises(Refused, match="would win"):
        kept(by_name["cloud.token"], "good", {**environ, "WACONSOLE_CLOUD__TOKEN": "other"})
    assert config.read_text() == BEFORE and not (tmp_path / "secrets.toml").exists()


def test_a_secrets_file_that_others_can_read_takes_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("")
    file.chmod(0o644)

    with pytest.raises(Refused, match="open to others"):
        keep_secret("cloud.token", "good", file)

    file.chmod(0o600)
    file.write_text('cloud.token = "x"\n')  # a way of its own
    with pytest.raises(Refused) as refused:
        keep_secret("cloud.token", "very secret", file)
    assert "very secret" not in str(refused.value)


def test_a_value_with_a_hash_in_it_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[console]\ntheme = 'a # b'   # of ours\n")

    write_setting(path, "console", "theme", 'c "quoted"')

    assert path.read_text() == '[console]\ntheme = "c \\"quoted\\""   # of ours\n'
