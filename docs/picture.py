"""Paint the README's pictures: the console on the sample community. Run: python docs/picture.py"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from waconsole import catalogue
from waconsole.clock import parse_iso
from waconsole.console.app import ConsoleApp
from waconsole.console.demo import keys_in
from waconsole.console.demo_sample import begin_money, copy_sample
from waconsole.operators.desk import Desk
from waconsole.settings import Settings

ANCHOR = parse_iso("2026-11-26T15:00:00Z")
SIZE = (120, 34)
HERE = Path(__file__).parent


async def paint(name: str, keys: tuple[str, ...], size: tuple[int, int] = SIZE) -> None:
    """Open the console on a fresh sample, press `keys`, and keep what is seen as an SVG."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.db"
        await asyncio.to_thread(copy_sample, ANCHOR, ledger)
        with keys_in(Path(folder)):
            await begin_money(ledger, now=ANCHOR)
        async with catalogue.open_ledger(ledger, now=ANCHOR) as database:
            desk = Desk(
                database, Settings(), "Claire", lambda: ANCHOR, ZoneInfo("Europe/Paris"), read_only=False,
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


async def main() -> None:
    """The panes the README shows."""
    await paint("inbox", ("right_square_bracket", "j", "j"))
    await paint("cashback", ("g", "c", *("j",) * 8))
    await paint("ledger", ("g", "l", *("tab",) * 3, *("j",) * 3))
    await paint("fraud", ("g", "f"))


if __name__ == "__main__":
    asyncio.run(main())
    if convert := shutil.which("rsvg-convert"):
        for name in ("inbox", "cashback", "ledger", "fraud"):
            subprocess.run([convert, str(HERE / f"{name}.svg"), "-o", f"/tmp/{name}.png"], check=True)
