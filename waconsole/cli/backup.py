"""`backup` and `restore`: the ledger and its files in a place of their own, and the way back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from pathlib import Path
from typing import Any, Final

from waconsole import catalogue, clock
from waconsole.cli.ledger import opened
from waconsole.cli.own import Called, Own
from waconsole.command import Answer, Argument
from waconsole.database import failures
from waconsole.database.backup import back_up, restore
from waconsole.database.store_exports import note_beside
from waconsole.outbox.eligible import NEW_INSTALLATION
from waconsole.outbox.store_rows import held_because
from waconsole.settings.read import ledger_path

FILES_MAX: Final = 10_000_000


async def _backup(called: Called) -> Answer:
    path, _ = ledger_path(called.settings())
    target = Path(called.values["file"])
    await asyncio.to_thread(back_up, path, target)
    if not called.options["read_only"]:
        named = str(target.absolute())
        await asyncio.to_thread(note_beside, path, "backup", named, now=clock.now())
    size = target.stat().st_size
    document: dict[str, Any] = {"file": str(target), "bytes": size, "files": 0}
    lines = [f"{target} holds the ledger as it stood just now, {size:,} bytes, checked."]
    if not called.values["no_files"]:
        document["files"] = await asyncio.to_thread(_copy_files, path, target)
        if document["files"]:
            lines.append(f"{document['files']:,} files of messages are beside it, in {_folder(target)}.")
    elif _folder(path).is_dir():
        lines.append(f"The files of messages stay in {_folder(path)}: copy that folder too.")
    lines.append("Where it is opened, what waits to be sent is held: this ledger sends it.")
    return Answer(document, tuple(lines))


async def _restore(called: Called) -> Answer:
    path, _ = ledger_path(called.settings())
    backup = Path(called.values["file"])
    named = f"{clock.moment(clock.now()):%Y%m%dT%H%M%SZ}"
    restored = await asyncio.to_thread(restore, backup, path, now=named, versions=len(catalogue.migrations()))
    files = await asyncio.to_thread(_copy_files, backup, path)
    async with opened(called, quiet=True) as database:
        held = await database.read(lambda tx: held_because(tx, NEW_INSTALLATION))
    kept = None if restored.kept is None else str(restored.kept)
    lines = [f"{path} is what {backup} held."]
    if kept:
        lines.append(f"The ledger that was there is kept as {kept}.")
    if held:
        lines.append(
            f"{held:,} messages that wait in it are held, as another copy may have sent them:"
            " `waconsole outbox release --all --reason new_installation` when you are sure."
        )
    document = {"ledger": str(path), "kept": kept, "held": held, "files": files}
    return Answer(document, tuple(lines))


def _folder(ledger: Path) -> Path:
    from waconsole.whatsapp.files import folder_of

    return folder_of(ledger)


def _copy_files(ledger: Path, target: Path) -> int:
    """Copy the files of messages that the other side lacks; answers how many. Raises Refused.

    They are named by what is in them, so one that is there is the same one.
    """
    source, folder = _folder(ledger), _folder(target)
    if not source.is_dir():
        return 0
    count = 0
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for file in sorted(source.iterdir())[:FILES_MAX]:
            copied = folder / file.name
            if not file.is_file() or copied.exists():
                continue
            part = folder / f".{file.name}.part"
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
            shutil.copyfile(file, part)
            part.chmod(0o600)
            os.replace(part, copied)
            count += 1
    except OSError as error:
        raise failures.os_in_words(error, folder) from error
    return count


BACKUP: Final = (
    Own(
        ("backup",),
        "The whole ledger in one checked file, and the files of its messages beside it.",
        _backup,
        (
            Argument("file", "the backup; it must not exist yet"),
            Argument("--no-files", "leave out the files of messages", kind="flag"),
        ),
    ),
    Own(
        ("restore",),
        "Put a backup in the ledger's place. The ledger that was there is kept; what waits is held.",
        _restore,
        (Argument("file", "a backup, or a copy of a ledger"),),
    ),
)
