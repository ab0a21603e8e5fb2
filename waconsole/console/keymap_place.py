"""Where the operator's keymap lies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from waconsole.settings import Settings
from waconsole.settings.read import config_path

FILE_NAME: Final = "keymap.toml"


def keymap_path(settings: Settings, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """(where the keymap is looked for, whether the operator named the place)."""
    if settings.console.keymap:
        return Path(settings.console.keymap).expanduser(), True
    return config_path(environ).with_name(FILE_NAME), False
