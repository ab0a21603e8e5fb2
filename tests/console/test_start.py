"""What the first frame loads: a module more here is a start that is slower for everybody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
# Each is loaded by the act that needs it, or on a thread once the first frame stands.
LATER = (
    "aiohttp",
    "httpx",
    "lark",
    "phonenumbers",
    "pydantic",
    "secrets",
    "starlette",
    "textual.widgets._text_area",
    "textual.widgets._markdown",
    "waconsole.cli.config",
    "waconsole.cli.doctor",
    "waconsole.console.commandline",
    "waconsole.console.palette",
    "waconsole.inbox.fields",
    "waconsole.inbox.search",
    "waconsole.inbox.service",
    "waconsole.inbox.service_reply",
    "waconsole.kit.choose",
    "waconsole.kit.compose",
    "waconsole.kit.prompt",
    "waconsole.kit.reader",
    "waconsole.kit.sheet",
    "waconsole.members.service",
    "waconsole.operators.service",
    "waconsole.query",
    "waconsole.sync",
    "waconsole.whatsapp",
    "webbrowser",
)


def test_the_first_frame_loads_nothing_that_can_come_later() -> None:
    asks = (
        "import sys\n"
        "from waconsole.cli import run\n"
        "from waconsole.console import app, launch\n"
        "from waconsole.inbox import pane\n"
        f"print(*[name for name in {LATER!r} if name in sys.modules])"
    )

    said = subprocess.run(
        [sys.executable, "-c", asks],
        cwd=HOME,
        env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == []
