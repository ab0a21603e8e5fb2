"""The kit in a real terminal: what the bytes are, and where the cursor stands."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
PROGRAM = """
from tests.kit.screens import HOSTILE, KitApp, text_row
from textual.widgets import Static
from waconsole.kit.columns import Column
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import HeldRows
from waconsole.kit.terminal import show_cursor

class Shown(KitApp):
    def compose(self):
        yield RowList(HeldRows([text_row(n, f"{n}", HOSTILE) for n in range(50)]), [Column("no", 4), Column("text")])
        yield Static(HOSTILE, markup=False)

    def on_mount(self):
        show_cursor(self)

Shown().run()
"""
# What Textual itself says to the terminal: CSI sequences and its queries; pyte knows fewer than we send.
STEERING = re.compile(
    rb"\x1b\[[0-9;:<>=?$]*[ -/]*[@-~]|\x1b[=>78]|\x1b_[^\x1b]*\x1b\\|\x1bP[^\x1b]*\x1b\\"
    rb"|\x1b\]22;[a-z-]*\x07"
)
UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=?]?[0-9;]*[$upqt]|\x1b\[[<>=][0-9;]*[a-zA-Z]")
RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def read_until_quiet(terminal: int, quiet_seconds: float, seconds_max: float = 15) -> bytes:
    """All bytes until none came for `quiet_seconds`, the first ones awaited for `seconds_max`."""
    got = b""
    end = time.monotonic() + seconds_max
    while time.monotonic() < end:
        if select.select([terminal], [], [], quiet_seconds if got else 0.5)[0]:
            got += os.read(terminal, 1 << 16)
        elif got:
            break
    return got


def test_no_raw_control_reaches_the_terminal_and_its_cursor_follows_the_row() -> None:
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=side, stdout=side, stderr=side, env=environment, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip
    try:
        os.close(side)
        painted = read_until_quiet(main, 1.0)
        screen = pyte.Screen(80, 24)
        stream = pyte.ByteStream(screen)
        stream.feed(UNKNOWN_TO_PYTE.sub(b"", painted))
        assert "A" in "".join(screen.display)
        for row in (1, 2):
            os.write(main, b"j")
            moved = read_until_quiet(main, 0.3)
            painted += moved
            stream.feed(UNKNOWN_TO_PYTE.sub(b"", moved))
            assert (screen.cursor.y, screen.cursor.hidden) == (row, False)
        assert b"\x1b[31mC" not in painted
        left = STEERING.sub(b"", painted).decode("utf-8", "strict")
        assert RAW.findall(left) == [], [
            left[max(0, m.start() - 30) : m.end() + 30] for m in RAW.finditer(left)
        ]
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        os.close(main)
