"""What a room pays that only names a driver, a verdict or a setting: nothing of the wire."""

from __future__ import annotations

from tests.test_imports import loaded, packages

NAMED = "settings settings.read whatsapp.capability whatsapp.driver whatsapp.events whatsapp.classify"


def test_naming_the_driver_and_its_verdicts_loads_no_wire() -> None:
    words = [f"import waconsole.{name}" for name in (*NAMED.split(), "whatsapp.cloud.driver")]

    assert packages(loaded("-c", "; ".join(words))) == frozenset()


def test_reading_a_webhook_loads_no_wire_either() -> None:
    names = packages(loaded("-c", "import waconsole.whatsapp.webhook"))

    assert "pydantic" in names
    assert not names & {"httpx", "starlette", "uvicorn", "textual"}
