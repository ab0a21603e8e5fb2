"""Connecting a number on the screen: an answer is kept, tried, and what is wrong stands below."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.shell import console
from waconsole.console import connecting
from waconsole.settings import Settings
from waconsole.sync.connecting_step import Step


async def test_answers_are_kept_and_tried_on_the_screen(
    ledger_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("# mine\n")
    monkeypatch.setenv("WACONSOLE_CONFIG", str(config))

    async def tried(name: str, settings: Settings) -> Step:
        known = settings.cloud.token.reveal() == "EAABgood"
        return Step(name, known, "WhatsApp knows it." if known else "WhatsApp refuses the token \x1b[31m.")

    monkeypatch.setattr(connecting, "_tried", tried)
    async with console(ledger_path, size=(80, 24)) as shell:
        await shell.press("colon")
        await shell.type("connect", "enter")
        assert "Connect a number" in shell.text and "cloud.phone_number_id" in shell.text

        await shell.press("enter")
        await shell.type("123x", "enter")
        assert "write digits alone" in shell.text

        await shell.press("enter")
        await shell.type("123", "enter")
        await shell.type("EAABbad", "enter")  # the line of the next setting is open already
        assert "✗ token: WhatsApp refuses the token ␛[31m." in shell.text
        assert "EAABbad" not in shell.text

        await shell.press("enter")
        await shell.type("EAABgood")
        assert "EAABgood" not in shell.text
        await shell.press("enter")
        assert "✓ number: WhatsApp knows it." in shell.text

        await shell.press("escape", "escape")
        assert "Connect a number" not in shell.text
    assert config.read_text() == '# mine\n\n[cloud]\nphone_number_id = "123"\n'
    assert "EAABgood" in (tmp_path / "secrets.toml").read_text()


async def test_the_demo_has_a_whatsapp_of_its_own(ledger_path: Path) -> None:
    async with console(ledger_path, demo=True) as shell:
        await shell.press("colon")
        await shell.type("connect", "enter")
        assert "The demo has a WhatsApp of its own" in shell.last_line
