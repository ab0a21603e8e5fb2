"""Secrets: where they lie, and a wrapper that never shows one by accident.

A secret comes from its environment variable, else from the desktop's keyring (service `waconsole`,
name `cloud.token`) when the package `keyring` is installed, else from `secrets.toml` beside the
settings file, which nobody but its owner may read. It is looked up when it is first asked for, so
that a start pays for none of it.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NoReturn

from waconsole.errors import Refused

SERVICE: Final = "waconsole"
KEYRING: Final = "keyring"
NOWHERE: Final = "not set"
FILE_NAME: Final = "secrets.toml"
FILE_BYTES_MAX: Final = 1 << 16
SECRET_LENGTH_MAX: Final = 4096
SHOWN: Final = "<secret>"

# (the secret, where it came from); an empty secret is none.
Place = tuple[str, str]


class Secret:
    """A text that is shown nowhere: only `reveal()` gives it, to the one who needs it at that moment.

    Never keep what `reveal()` gives in a variable: a traceback with variables would show it.
    """

    __slots__ = ("_find", "_place")

    def __init__(self, value: str = "", source: str = "", *, find: Callable[[], Place] | None = None) -> None:
        """A secret that is known (`value`), or one that `find` looks up once, when it is asked for."""
        self._place: Place | None = (value, source or NOWHERE) if find is None else None
        self._find = find

    def _found(self) -> Place:
        if self._place is None:
            assert self._find is not None
            self._place = self._find()
        return self._place

    def reveal(self) -> str:
        """The secret itself, empty when there is none. Raises Refused when its place may not be used."""
        return self._found()[0]

    @property
    def source(self) -> str:
        """Where it came from: a variable, `keyring` or a file. Raises Refused like `reveal`."""
        return self._found()[1]

    def __bool__(self) -> bool:
        """Whether there is one. Raises Refused like `reveal`."""
        return bool(self.reveal())

    def __repr__(self) -> str:
        """Never the secret, nor whether there is one."""
        return SHOWN

    def __deepcopy__(self, memo: object) -> Secret:
        """Itself: `dataclasses.asdict` copies what it finds."""
        return self

    def __reduce__(self) -> NoReturn:
        """A secret is not written anywhere."""
        raise TypeError("a secret is not pickled")


def secret(name: str, variable: str, environ: Mapping[str, str], file: Path) -> Secret:
    """The secret `name` (`cloud.token`) of its variable, else a handle that looks further when asked."""
    if environ.get(variable):
        return Secret(environ[variable].strip(), variable)
    return Secret(find=lambda: _from_keyring(name) or _from_file(name, file) or ("", NOWHERE))


def _from_keyring(name: str) -> Place | None:
    """What the desktop's keyring holds; a locked or broken keyring holds nothing."""
    if find_spec(KEYRING) is None:
        return None
    try:
        import keyring

        found = keyring.get_password(SERVICE, name)
    except Exception:  # each desktop's backend fails in a way of its own
        return None
    return (found.strip(), KEYRING) if found else None


def _from_file(name: str, file: Path) -> Place | None:
    found, fault = file_secrets(file)
    if fault:
        raise Refused(fault)
    return (found[name].reveal(), str(file)) if name in found else None


def file_secrets(file: Path) -> tuple[dict[str, Secret], str]:
    """(the secrets of the file by `section.key`, a sentence about what is wrong or empty).

    Nothing is raised, so that no traceback ever stands on what was read.
    """
    try:
        with open(file, "rb") as opened:
            if fault := _unsafe(os.fstat(opened.fileno()), file):
                return {}, fault
            tables = tomllib.loads(opened.read(FILE_BYTES_MAX + 1)[:FILE_BYTES_MAX].decode("utf-8"))
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"The secrets file {file} cannot be read: {error.strerror}."
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}, f'The secrets file {file} is not valid TOML: write lines like token = "…" below [cloud].'
    found: dict[str, Secret] = {}
    for section, table in tables.items():
        for key, value in table.items() if isinstance(table, dict) else ():
            if not isinstance(value, str) or len(value) > SECRET_LENGTH_MAX:
                return {}, f"{section}.{key} in {file} is no secret: write it as a text in quotes."
            found[f"{section}.{key}"] = Secret(value.strip(), str(file))
    return found, ""


def _unsafe(status: os.stat_result, file: Path) -> str:
    if not stat.S_ISREG(status.st_mode):
        return f"The secrets file {file} is no plain file."
    if status.st_uid not in (os.geteuid(), 0):
        return f"The secrets file {file} belongs to somebody else, so it is not read."
    if status.st_mode & 0o077:
        return f"The secrets file {file} is open to others, so it is not read: say `chmod 600 {file}`."
    return ""
