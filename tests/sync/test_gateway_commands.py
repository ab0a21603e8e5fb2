"""The gateway's commands: the risk said aloud, the one setting written, the phone paired."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import NOW
from tests.whatsapp.waha import BASE, KEY, Waha
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Invocation
from waconsole.database.connection import Database
from waconsole.errors import Refused
from waconsole.settings import GatewaySettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.settings.write import write_switch
from waconsole.sync import commands_gateway
from waconsole.sync.commands_gateway import GATEWAY, PHRASE
from waconsole.whatsapp.gateway import driver
from waconsole.whatsapp.gateway.client import Client
from waconsole.whatsapp.gateway.pairing import drawn

NOBODY: Any = None  # these commands read no ledger


@contextmanager
def answering(waha: Waha, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def clients(settings: GatewaySettings) -> tuple[Client, Client]:
        driver.check(settings)
        transport = httpx.MockTransport(waha.handle)
        return Client(BASE, Secret(KEY), transport=transport), Client(BASE, Secret(KEY), transport=transport)

    monkeypatch.setattr(driver, "_clients", clients)
    monkeypatch.setattr(commands_gateway, "ASKED_SECONDS", 0.001)
    yield


async def run(verb: str, *, enabled: bool = True, said: list[str] | None = None, **values: Any) -> Answer:
    """One command as it is called, without a ledger."""
    settings = Settings(gateway=GatewaySettings(enabled=enabled, base_url=BASE, api_key=Secret(KEY, "test")))
    say = (said if said is not None else []).append
    call = Invocation(values, NOW, None, settings, say, lambda _, __: None, lambda: False)
    command = next(one for one in GATEWAY if one.words[1] == verb)
    database: Database = NOBODY
    return await command.work(database, call)


SERVER = (200, {"version": "2026.7.1", "engine": "GOWS"})


def session(state: str, **more: Any) -> tuple[int, Any]:
    return 200, {"name": "default", "status": state, **more}


async def test_status_says_what_answers_and_whose_phone_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    me = {"id": "15550009999@c.us", "pushName": "Shop"}
    waha = Waha({"GET /api/server/version": SERVER, "GET /api/sessions/default": session("WORKING", me=me)})

    with answering(waha, monkeypatch):
        answer = await run("status", enabled=False)

    assert answer.document == {
        "enabled": False, "session": "default", "state": "WORKING", "phone": "+15550009999", "name": "Shop",
        "version": "2026.7.1", "engine": "GOWS", "new_enough": False,
    }  # fmt: skip
    assert answer.exit_code == EXIT_DONE
    assert "older than 2026.8.2" in " ".join(answer.lines) and "gateway enable" in " ".join(answer.lines)


async def test_status_says_when_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    waha = Waha({"GET /api/server/version": httpx.ConnectError("no")})

    with answering(waha, monkeypatch), pytest.raises(Refused, match=r"gateway\.base_url"):
        await run("status")


async def test_pairing_draws_each_new_code_until_the_phone_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter(["STOPPED", "STARTING", "SCAN_QR_CODE", "SCAN_QR_CODE", "WORKING"])
    codes = iter(["2@one", "2@two"])
    waha = Waha({
        "GET /api/sessions/default": lambda _: session(next(states)),
        "GET /api/default/auth/qr": lambda _: (200, {"value": next(codes)}),
    })  # fmt: skip
    said: list[str] = []

    with answering(waha, monkeypatch):
        answer = await run("pair", said=said, inverted=False, once=False)

    assert (answer.document["state"], answer.exit_code) == ("WORKING", EXIT_DONE)
    assert "POST /api/sessions/default/start" in waha.paths()
    assert said == [
        line
        for code in ("2@one", "2@two")
        for line in (next(one for one in said if "Linked devices" in one), *drawn(code))
    ]


async def test_a_script_takes_the_code_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    waha = Waha({
        "GET /api/sessions/default": session("SCAN_QR_CODE"), "GET /api/default/auth/qr": (200, {"value": "2@one"}),
    })  # fmt: skip

    with answering(waha, monkeypatch):
        answer = await run("pair", inverted=True, once=True)

    assert (answer.document, answer.exit_code) == ({"state": "SCAN_QR_CODE", "qr": "2@one"}, EXIT_PARTLY)
    assert answer.lines == tuple(drawn("2@one", inverted=True))


async def test_starting_and_pairing_want_the_gateway_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(Waha(), monkeypatch):
        for verb in ("start", "pair"):
            with pytest.raises(Refused, match="may be banned"):
                await run(verb, enabled=False, inverted=False, once=False)


class Typed(io.StringIO):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "flag", "enabled"),
    [
        (Typed(f"{PHRASE}\n"), False, True),
        (Typed("yes\n"), False, False),
        (io.StringIO(f"{PHRASE}\n"), False, False),  # nobody is asked: no terminal
        (io.StringIO(""), True, True),
    ],
)
async def test_the_risk_is_said_and_wants_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: io.StringIO, flag: bool, enabled: bool
) -> None:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("WACONSOLE_CONFIG", str(path))
    monkeypatch.setattr("sys.stdin", typed)

    try:
        await run("enable", yes_the_number_may_be_banned=flag)
    except Refused as refused:
        assert not enabled, refused

    assert path.exists() == enabled
    if enabled:
        assert tomllib.loads(path.read_text())["gateway"] == {"enabled": True}
        await run("disable")
        assert tomllib.loads(path.read_text())["gateway"] == {"enabled": False}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[gateway]\nenabled = true\n"),
        ('[cloud]\nwaba_id = "2"', '[cloud]\nwaba_id = "2"\n\n[gateway]\nenabled = true\n'),
        ("[gateway]\nenabled = false # risky\n", "[gateway]\nenabled = true # risky\n"),
        ('# mine\n[gateway]\nsession = "a"\n[sync]\nauto = true\n',
         '# mine\n[gateway]\nenabled = true\nsession = "a"\n[sync]\nauto = true\n'),
    ],
)  # fmt: skip
def test_one_setting_is_written_and_the_rest_stays(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "config.toml"
    if before:
        path.write_text(before)

    write_switch(path, "gateway", "enabled", True)

    assert path.read_text() == after
    assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    "odd", ["gateway = {enabled = false}\n", "gateway.enabled = false\n", "not toml", "gateway = 1\n"]
)
def test_a_file_that_is_written_otherwise_is_left_alone(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(odd)

    with pytest.raises(Refused, match="yourself"):
        write_switch(path, "gateway", "enabled", True)

    assert path.read_text() == odd


def test_a_code_is_drawn_in_half_blocks_with_light_around_it() -> None:
    lines = drawn("2@abc")
    dark = drawn("2@abc", inverted=True)

    assert {len(line) for line in lines} == {25} and len(lines) == 13
    assert set("".join(lines)) <= set("█▀▄ ")
    assert lines[0] == "█" * 25 and dark[0] == " " * 25
