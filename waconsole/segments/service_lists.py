"""Lists of members in and out of the house: matched against who is known, and written to a file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from waconsole.database import failures
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.members.model import e164
from waconsole.segments import lists, store_segments
from waconsole.segments.lists import Matched

FILE_BYTES_MAX: Final = 256 << 20
FORMS: Final = (".csv", ".jsonl")
PRIVATE: Final = 0o600


def read_list(path: Path) -> list[tuple[int, str]]:
    """(line, what it names) of a file. Raises Refused."""
    try:
        if not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"{path} is no list of members." if path.exists() else f"There is no file {path}.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise failures.os_in_words(error, path) from error
    except UnicodeDecodeError:
        raise Refused(f"{path.name} is not UTF-8 text: save it as CSV UTF-8.") from None
    return list(lists.names_in(text))


def matched(tx: Transaction, named: Sequence[tuple[int, str]], *, region: str | None) -> Matched:
    """Who of a list is known here; a number in any spelling, a ref as it is."""
    phones = {value: phone for _, value in named if (phone := e164(value, region)) is not None}
    by_phone = store_segments.refs_of_phones(tx, list(dict.fromkeys(phones.values())))
    by_ref = store_segments.known_refs(tx, [value for _, value in named if value not in phones])
    refs: dict[str, None] = {}
    unknown: list[tuple[int, str]] = []
    twice = 0
    for line, value in named:
        ref = by_phone.get(phones[value]) if value in phones else by_ref.get(value)
        if ref is None:
            unknown.append((line, value))
        elif ref in refs:
            twice += 1
        else:
            refs[ref] = None
    return Matched(len(named), tuple(refs), twice, tuple(unknown))


def form_of(path: Path) -> str:
    """The form a file is written in, by its name. Raises Refused."""
    if path.suffix.lower() not in FORMS:
        raise Refused(f"{path.name} ends neither in {' nor in '.join(FORMS)}: that says how it is written.")
    return path.suffix.lower()


def rows_of(tx: Transaction, ids: Sequence[int]) -> list[dict[str, Any]]:
    """What is written of each of these members, by column."""
    return [{name: row[name] for name in lists.WRITTEN} for row in store_segments.people(tx, ids)]


def write(file: Path, content: bytes) -> str:
    """Write a new file, readable by us alone; answers its SHA-256. Raises Refused."""
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE), "wb") as out:
            out.write(content)
    except FileExistsError:
        raise Refused(f"{file} is there already: name a file that is not.") from None
    except OSError as error:
        raise failures.os_in_words(error, file) from error
    return hashlib.sha256(content).hexdigest()
