"""Keys of the chain: outside the ledger, found by the installation id of the ledger they belong to.

A key is kept in the desktop's keyring where the package `keyring` works, else in a file of mode 0600 in
the folder `chain-keys` beside the settings file. Its id is `INSTALLATION-N`: N counts rotations. A key is never
written over: a second one under the same id would make what the first one sealed unprovable.
"""

from __future__ import annotations

import contextlib
import os
import stat
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from waconsole.errors import Refused
from waconsole.settings.environment import ENVIRONMENT
from waconsole.settings.read import CONFIG_VARIABLE, config_path
from waconsole.settings.secrets import KEYRING, SERVICE

KEY_BYTES: Final = 32
FOLDER: Final = "chain-keys"
FILE_BYTES_MAX: Final = 200
PLACES_MAX: Final = 16

_PLACE_VARIABLES: Final = (CONFIG_VARIABLE, "XDG_CONFIG_HOME", "HOME")

_found: Final[dict[tuple[Path, str], bytes]] = {}


def folder() -> Path:
    """Where the files of keys are: beside the settings file."""
    return _folder(tuple(ENVIRONMENT.get(name) for name in _PLACE_VARIABLES))


@lru_cache(PLACES_MAX)
def _folder(_place: tuple[str | None, ...]) -> Path:
    """Asked for with every link: the same as long as what it follows from is."""
    return config_path(ENVIRONMENT).with_name(FOLDER)


def key(key_id: str) -> bytes | None:
    """The key called `key_id`, or None when it is not on this machine. Raises Refused for an unsafe file."""
    place = folder()
    known = _found.get((place, key_id))
    if known is None:
        known = _from_keyring(key_id) or _from_file(place / f"{key_id}.key")
        if known is not None:
            _found[place, key_id] = known
    return known


def make(key_id: str) -> bytes:
    """The key called `key_id`, drawn at random unless there is one already. Raises Refused when no place takes it."""
    known = key(key_id)
    if known is not None:
        return known
    drawn = os.urandom(KEY_BYTES)
    if not _into_keyring(key_id, drawn):
        _into_file(folder() / f"{key_id}.key", drawn)
    return key(key_id) or drawn


def _read(text: str) -> bytes | None:
    with contextlib.suppress(ValueError):
        found = bytes.fromhex(text.strip())
        if len(found) == KEY_BYTES:
            return found
    return None


def _from_keyring(key_id: str) -> bytes | None:
    if find_spec(KEYRING) is None:
        return None
    try:
        import keyring

        return _read(keyring.get_password(SERVICE, f"chain.{key_id}") or "")
    except Exception:  # each desktop's backend fails in a way of its own
        return None


def _into_keyring(key_id: str, drawn: bytes) -> bool:
    if find_spec(KEYRING) is None:
        return False
    try:
        import keyring

        keyring.set_password(SERVICE, f"chain.{key_id}", drawn.hex())
    except Exception:  # each desktop's backend fails in a way of its own
        return False
    return _from_keyring(key_id) == drawn


def _from_file(file: Path) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
                raise Refused(f"The key {file} is open to others, so it is not used: say `chmod 600 {file}`.")
            found = _read(opened.read(FILE_BYTES_MAX).decode("ascii", "replace"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"The key {file} cannot be read: {error.strerror}.") from None
    if found is None:
        raise Refused(f"The key {file} is damaged: put it back from a backup of your settings.")
    return found


def _into_file(file: Path, drawn: bytes) -> None:
    """Write a new file under a name of its own, then give it its name: nobody ever reads half a key."""
    part = file.with_name(f".{file.name}.{os.urandom(4).hex()}.part")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, drawn.hex().encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with contextlib.suppress(FileExistsError):  # somebody else was quicker: theirs is the key
            os.link(part, file)
        _settle(file.parent)
    except OSError as error:
        raise Refused(f"The key {file} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)


def _settle(place: Path) -> None:
    """The name reaches the disk before anything is sealed with the key."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lend(key_id: str) -> None:
    """A key for this process alone, kept nowhere: for a copy that is thrown away."""
    _found[folder(), key_id] = os.urandom(KEY_BYTES)
