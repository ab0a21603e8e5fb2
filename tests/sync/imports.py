"""Write export files and import them, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.conftest import NOW
from waconsole import catalogue
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import service_find
from waconsole.sync.intake_chat import ChatImport, Imported, Talk, import_chat

HEAD = "20/11/2026, 08:00 - Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them."


def quiet() -> Talk:
    """An import that says nothing and is never stopped."""
    return Talk(lambda _: None, lambda _done, _of: None, lambda: False)


def written(path: Path, *lines: str) -> Path:
    """An export of these lines."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


async def imported(
    database: Database, path: Path, group: str = "Mamans", *, now: int = NOW, me: str = "", **options: Any
) -> Imported:
    """Import a file the way the command does, with the phone's clock in UTC."""
    wanted = ChatImport(path, group, ZoneInfo("UTC"), me=me, **options)
    return await import_chat(database, wanted, quiet(), now=now)


async def found(
    database: Database, query: str = "", *, subject: str = "messages", now: int = NOW
) -> list[dict[str, Any]]:
    """The rows a query finds."""

    def work(tx: Transaction) -> list[dict[str, Any]]:
        asking = service_find.Asking(catalogue.vocabulary(), now)
        return service_find.find(tx, query, subject, asking, limit=None)[1]

    return await database.read(work)


async def texts(database: Database, query: str = "", **options: Any) -> list[str]:
    """The texts a query finds, newest first."""
    return [row["text"] for row in await found(database, query, **options)]
