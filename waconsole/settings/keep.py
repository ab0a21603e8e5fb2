"""Keep a secret where it is looked for: in the desktop's keyring, else in a file that only its owner may read."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from waconsole.errors import Refused
from waconsole.settings.forms import SECRET, WANTED, fits
from waconsole.settings.secrets import KEYRING, SECRET_LENGTH_MAX, SERVICE, file_secrets
from waconsole.settings.write import write_setting

MODE: Final = 0o600


def keep_secret(name: str, value: str, file: Path) -> str:
    """Keep `value` as the secret `name` (`cloud.token`); answers where: `keyring`, or the file.

    Raises Refused when it is no secret, or when neither place takes it; no error holds it.
    """
    if not value or len(value) > SECRET_LENGTH_MAX or not fits(SECRET, value):
        raise Refused(
            f"That is not what {name} can be: write {WANTED[SECRET]}, up to {SECRET_LENGTH_MAX:,} signs."
        )
    if _in_keyring(name, value):
        return KEYRING
    _, fault = file_secrets(file)
    if fault:
        raise Refused(fault)
    _must_be_ours(file)
    section, _, key = name.partition(".")
    write_setting(file, section, key, value, shown='"…"')
    return str(file)


def _in_keyring(name: str, value: str) -> bool:
    """Whether the desktop's keyring took it, and gives it again."""
    if find_spec(KEYRING) is None:
        return False
    try:
        import keyring

        keyring.set_password(SERVICE, name, value)
        return bool(keyring.get_password(SERVICE, name) == value)
    except Exception:  # each desktop's backend fails in a way of its own
        return False


def _must_be_ours(file: Path) -> None:
    """Make an empty file with nobody else's rights before anything is written into it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, MODE))
    except OSError as error:
        raise Refused(f"The secrets file {file} cannot be written: {error.strerror}.") from None
