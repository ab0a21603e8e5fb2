"""Paint the README's picture: the console on the sample community. Run: python docs/picture.py"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from sample_db.ledger import build
from waconsole import catalogue
from waconsole.clock import parse_iso
from waconsole.console.app import ConsoleApp
from waconsole.operators.desk import Desk
from waconsole.settings import Settings

ANCHOR = parse_iso("2026-11-26T15:00:00Z")
SIZE = (120, 34)
HERE = Path(__file__).parent


async def paint(name: str, keys: tuple[str, ...], size: tuple[int, int] = SIZE) -> None:
    """Open the console on a fresh sample, press `keys`, and keep what is seen as an SVG."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.db"
        await asyncio.to_thread(build, ledger, anchor=ANCHOR)
        async with catalogue.open_ledger(ledger, now=ANCHOR) as database:
            desk = Desk(
                database, Settings(), None, lambda: ANCHOR, ZoneInfo("Europe/Paris"), read_only=False,
                vocabulary=catalogue.vocabulary,
            )  # fmt: skip
            app = ConsoleApp(desk)
            async with app.run_test(size=size) as pilot:
                await pilot.pause(1)
                for key in keys:
                    await pilot.press(key)
                    await pilot.pause(0.4)
                await pilot.pause(1)
                svg = app.export_screenshot(title="waconsole")
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(paint("inbox", ("right_square_bracket", "j", "j")))
    if convert := shutil.which("rsvg-convert"):
        subprocess.run([convert, str(HERE / "inbox.svg"), "-o", "/tmp/inbox.png"], check=True)
