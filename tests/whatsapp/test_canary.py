"""A token and an app secret of a known value, and every place they must never turn up in."""

from __future__ import annotations

import io
import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console
from rich.traceback import Traceback
from textual.app import App

from tests.whatsapp.graph import Graph
from waconsole.__main__ import main
from waconsole.errors import Refused
from waconsole.kit import clipboard
from waconsole.settings import Settings
from waconsole.settings.read import read_settings
from waconsole.whatsapp.cloud import client as cloud_client
from waconsole.whatsapp.cloud.driver import CloudDriver, open_cloud
from waconsole.whatsapp.content import Text
from waconsole.whatsapp.driver import Message, Recipient

TOKEN = "EAAcanary0123456789"
APP_SECRET = "c4n4ry5ecret"
CANARIES = (TOKEN, APP_SECRET)
MESSAGE = Message(Recipient("phone", "+15550001111"), Text("Hello"), "wa1:x:1:1")


def settings_of(url: str, tmp_path: Path) -> Settings:
    return read_settings(
        {
            "WACONSOLE_CONFIG": str(config(tmp_path)),
            "WACONSOLE_CLOUD__BASE_URL": url,
            "WACONSOLE_CLOUD__PHONE_NUMBER_ID": "100000000000001",
            "WACONSOLE_CLOUD__TOKEN": TOKEN,
            "WACONSOLE_CLOUD__APP_SECRET": APP_SECRET,
        }
    )


# Files of secrets that are refused; the variables of the frames that do so are shown too.
FAULTY = ('[cloud]\ntoken = "{0}', '[cloud]\ntoken = ["{0}"]\napp_secret = "{1}"\n', "[cloud]\ntoken = {0}\n")


def write(path: Path, form: str) -> None:
    path.write_text(form.format(*CANARIES), encoding="utf-8")
    path.chmod(0o600)


def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text("", encoding="utf-8")
    return path


def shown(error: BaseException) -> str:
    """A traceback with the variables of every frame, as the standard library and rich print it."""
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next  # the test's own frame knows everything
    plain = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    out = io.StringIO()
    rich = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=10_000
    )
    Console(file=out, width=200).print(rich)
    return plain + out.getvalue()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything anybody logs, at the lowest level."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


def silent(text: str) -> bool:
    return not any(canary in text for canary in CANARIES)


async def test_no_log_line_and_no_repr_shows_a_secret(
    graph: Graph, tmp_path: Path, logged: io.StringIO
) -> None:
    settings = settings_of(graph.url, tmp_path)
    graph.answer(200, {"messages": [{"id": "wamid.A"}]})
    graph.answer(401, {"error": {"code": 190, "message": "bad token"}})
    graph.answers.append(None)

    async with open_cloud(settings.cloud) as driver:
        verdicts = [await driver.send(MESSAGE) for _ in range(3)]
        assert isinstance(driver, CloudDriver)
        told = repr([settings, driver, vars(driver), driver._client, vars(driver._client), verdicts])
        told += repr(vars(vars(driver._client)["_client"]))

    assert [it.headers["authorization"] for it in graph.asked] == [f"Bearer {TOKEN}"] * 3
    assert "POST" in logged.getvalue()  # httpx and its transport did log
    assert silent(logged.getvalue() + told)


async def test_no_traceback_shows_a_secret(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(graph.url, tmp_path)
    errors: list[BaseException] = []

    def broken(error: BaseException, *, sending: bool) -> None:
        errors.append(error)
        raise RuntimeError("a bug of ours") from error

    graph.answers = [None]
    monkeypatch.setattr(cloud_client, "classify_failure", broken)
    with pytest.raises(RuntimeError) as raised:
        async with open_cloud(settings.cloud) as driver:
            await driver.send(MESSAGE)

    assert errors
    assert silent(shown(raised.value))


def test_a_refused_setting_shows_no_secret_in_its_traceback(tmp_path: Path) -> None:
    environ = {"WACONSOLE_CONFIG": str(config(tmp_path))}
    for form in FAULTY:
        write(tmp_path / "secrets.toml", form)
        with pytest.raises(Refused) as refused:
            read_settings(environ).cloud.token.reveal()
        assert silent(shown(refused.value))


# What fails in these belongs to the screen's own start: its crash shows the variables of every frame.
STARTING: Final = (
    "waconsole.settings.read.file_values",
    "waconsole.console.zone.ZoneInfo",
    "waconsole.console.themes.built",
    "waconsole.console.keymap_place.config_path",
    "waconsole.console.launch.run_app",
)


@pytest.mark.parametrize(
    "place", [*STARTING[:2], *(pytest.param(one, marks=pytest.mark.slow) for one in STARTING[2:])]
)
def test_a_crash_while_the_screen_starts_shows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("WACONSOLE_CONFIG", str(config(tmp_path)))
    monkeypatch.setenv("WACONSOLE_CLOUD__TOKEN", TOKEN)
    monkeypatch.setenv("WACONSOLE_CLOUD__APP_SECRET", APP_SECRET)
    monkeypatch.setenv("TZ", "UTC")
    ledger = str(tmp_path / "ledger.db")
    assert main(["--ledger", ledger, "init"]) == 0
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(place, broken)
    with pytest.raises(RuntimeError, match="a bug of ours") as raised:
        main(["--ledger", ledger])

    told = shown(raised.value)
    assert "environment" in told or place.endswith("run_app")
    assert silent(told)


async def test_a_crash_while_copying_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WACONSOLE_CLOUD__TOKEN", TOKEN)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("shutil.which", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError) as raised:
        await clipboard.copy(App[None](), "a text")

    assert silent(shown(raised.value))


@pytest.mark.parametrize(
    "words", [("config", "show", "--json"), ("config", "check"), ("doctor", "--json"), ("nope",)]
)
def test_no_command_shows_a_secret_it_was_given(
    tmp_path: Path,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WACONSOLE_CONFIG", str(config(tmp_path)))
    monkeypatch.setenv("WACONSOLE_CLOUD__TOKEN", TOKEN)
    monkeypatch.setenv("WACONSOLE_CLOUD__APP_SECRET", APP_SECRET)

    main(["--ledger", str(tmp_path / "ledger.db"), *words])

    shown = "".join(capfd.readouterr())
    assert silent(shown)
    assert shown


def test_no_command_takes_a_secret_as_an_argument(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    done = capfd.readouterr().out

    assert not {"--token", "--app-secret", "--verify-token"} & set(done.split())
