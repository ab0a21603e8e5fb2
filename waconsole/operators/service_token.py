"""The file of a sign-in: a token that nobody but its owner reads, in the folder of this account's state."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Final, NamedTuple

from waconsole.errors import Refused

FOLDER: Final = "sign-ins"
FILE_BYTES_MAX: Final = 1_000
TOKEN_BYTES: Final = 32


class Kept(NamedTuple):
    """What the file holds: the token, and when it was last used (microseconds UTC)."""

    token: bytes
    used_at: int

    def __repr__(self) -> str:
        """Never the token."""
        return f"<sign-in used at {self.used_at}>"


def file_of(installation: str, operator_id: int) -> Path:
    """Where the sign-in of an operator at an installation of a ledger is kept."""
    import platformdirs

    return platformdirs.user_state_path("waconsole") / FOLDER / f"{installation}-{operator_id}.json"


def kept(installation: str, operator_id: int) -> Kept | None:
    """What is kept, or None. Raises Refused for a file that others may read, or that cannot be read."""
    file = file_of(installation, operator_id)
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"The sign-in {file} cannot be read: {error.strerror}.") from None
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise Refused(
                f"The sign-in {file} is open to others, so it is not used: remove it, and sign in anew."
            )
        text = opened.read(FILE_BYTES_MAX)
    with contextlib.suppress(ValueError, KeyError, TypeError):
        found = json.loads(text)
        token = bytes.fromhex(found["token"])
        if len(token) == TOKEN_BYTES and isinstance(found["used_at"], int):
            return Kept(token, found["used_at"])
    return None


def keep(installation: str, operator_id: int, kept_now: Kept) -> None:
    """Write the file anew; nobody ever reads half of it. Raises Refused."""
    file = file_of(installation, operator_id)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            json.dump({"token": kept_now.token.hex(), "used_at": kept_now.used_at}, opened)
        os.replace(part, file)
    except OSError as error:
        raise Refused(f"The sign-in {file} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)


def drop(installation: str, operator_id: int) -> None:
    """Remove the file. Raises Refused when that cannot be done."""
    file = file_of(installation, operator_id)
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"The sign-in {file} cannot be removed: {error.strerror}.") from None
