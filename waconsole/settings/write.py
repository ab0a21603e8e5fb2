"""One setting written into the settings file, everything else in it left as it stands."""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from pathlib import Path
from typing import Final

from waconsole.errors import Refused
from waconsole.settings.read import FILE_BYTES_MAX

MODE: Final = 0o600
_VALUE: Final = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s#"']+)"""


def write_switch(path: Path, section: str, key: str, on: bool) -> None:
    """Set `section.key` to true or false. Raises Refused when the file cannot be read, understood or written."""
    write_setting(path, section, key, on)


def write_setting(path: Path, section: str, key: str, written: str | bool | int, *, shown: str = "") -> None:
    """Set `section.key`; every other line, comments too, stays. Raises Refused as above; `shown` stands there for a secret."""
    value = json.dumps(written, ensure_ascii=True)
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The settings file {path} cannot be read: it was left alone.") from error
    if len(before) > FILE_BYTES_MAX:
        raise Refused(f"{path} is no settings file: it is larger than {FILE_BYTES_MAX:,} bytes.")
    after = _changed(before, section, key, value)
    if not _differs_in_that_alone(before, after, section, key, written):
        raise Refused(
            f"Write {key} = {shown or value} below [{section}] in {path} yourself: it is written in a way of its own."
        )
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else MODE
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refused(f"The settings file {path} cannot be written: {error.strerror}.") from error


def _changed(text: str, section: str, key: str, value: str) -> str:
    """`text` with the setting: on its line, else as the first of its table, else as a table at the end."""
    lines = text.splitlines(keepends=True)
    inside, head = "", None
    for place, line in enumerate(lines):
        if table := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            inside = table[1]
            head = place if inside == section and head is None else head
        elif inside == section and (
            found := re.match(rf"(\s*{key}\s*=\s*){_VALUE}(\s*(?:#.*)?)$", line, re.S)
        ):
            lines[place] = f"{found[1]}{value}{found[2]}"
            return "".join(lines)
    if head is not None:
        lines[head] = lines[head].rstrip("\n") + "\n"
        lines.insert(head + 1, f"{key} = {value}\n")
        return "".join(lines)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}[{section}]\n{key} = {value}\n"


def _differs_in_that_alone(
    before: str, after: str, section: str, key: str, written: str | bool | int
) -> bool:
    try:
        was, now = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    table = was.setdefault(section, {})
    if not isinstance(table, dict):
        return False
    table[key] = written
    return was == now
