"""Out of the console into the clipboard: a native tool where there is one, else the terminal (OSC 52)."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from textual.app import App

from waconsole.errors import Refused
from waconsole.settings.environment import ENVIRONMENT
from waconsole.text import _

# What terminals take in one OSC 52: 100,000 bytes of base64 with its frame (k9s and go-osc52 keep to it).
TERMINAL_BYTES_MAX: Final = 74_994
TOOL_SECONDS_MAX: Final = 2.0

# A pasted escape sequence would be obeyed by whatever it is pasted into.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Tool = tuple[str, ...]


def tools(environ: Mapping[str, str], platform: str) -> Sequence[Tool]:
    """The native tools that could reach the clipboard of this session, the best first."""
    found: list[Tool] = []
    if platform == "darwin" and not environ.get("SSH_CONNECTION"):
        found.append(("pbcopy",))
    if environ.get("WAYLAND_DISPLAY"):
        found.append(("wl-copy",))
    if environ.get("DISPLAY"):
        found += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return found


async def copy(app: App[Any], text: str, *, environ: Mapping[str, str] = ENVIRONMENT) -> str:
    """Put `text` into the clipboard without control characters; answers the sentence to say.

    Raises Refused when only the terminal could take it and it is longer than `TERMINAL_BYTES_MAX`.
    """
    text = _CONTROLS.sub("", text.replace("\r\n", "\n"))
    done = _("Copied {count} characters.").format(count=f"{len(text):,}")
    for tool in tools(environ, sys.platform):
        if shutil.which(tool[0]) is not None:
            taken: bool = await asyncio.to_thread(_hand_over, tool, text)
            if taken:
                return done
    size = len(text.encode("utf-8", "replace"))
    if size > TERMINAL_BYTES_MAX:
        raise Refused(
            _("A terminal's clipboard takes {most} bytes and this has {size}: copy fewer rows.").format(
                most=f"{TERMINAL_BYTES_MAX:,}", size=f"{size:,}"
            )
        )
    app.copy_to_clipboard(text)
    return _("Copied {count} characters, if the terminal allows it.").format(count=f"{len(text):,}")


def _hand_over(tool: Tool, text: str) -> bool:
    """Whether `tool` took the text. Its output goes nowhere: xclip lives on and would hold it open."""
    try:
        done = subprocess.run(
            tool,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TOOL_SECONDS_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
