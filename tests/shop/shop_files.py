"""Write a shop's files and import them, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.conftest import NOW
from tests.sync.imports import quiet
from waconsole.database.connection import Database, Transaction
from waconsole.shop import service
from waconsole.sync.intake_shop import ShopImport, ShopImported, import_shop

ORDERS = "reference,phone,ordered_at,currency,total,coupon,category,product,quantity,unit_price"
REFUNDS = "reference,refunded_at,amount"
INES, ANA = "+33639981217", "+33639981218"


def order(reference: str, total: str = "30.00", *, phone: str = INES, at: str = "2026-11-01T10:00:00Z",
          currency: str = "EUR", rest: str = ",dress,Robe,1,20.00") -> str:  # fmt: skip
    """A row of an orders file."""
    return f"{reference},{phone},{at},{currency},{total},{rest}"


class Shop:
    """A ledger and a folder to write files in."""

    def __init__(self, database: Database, folder: Path) -> None:
        """Nothing is written before it is imported."""
        self.database, self.folder = database, folder
        self._count = 0

    async def imports(self, kind: str, *lines: str, **options: Any) -> ShopImported:
        """Import a file of these lines."""
        self._count += 1
        path = self.folder / f"{kind}{self._count}.csv"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return await self.file(kind, path, **options)

    async def file(
        self, kind: str, path: Path, *, zone: str = "Europe/Paris", **options: Any
    ) -> ShopImported:
        """Import a file that is there."""
        return await import_shop(
            self.database, ShopImport(kind, path, ZoneInfo(zone), **options), quiet(), now=NOW
        )

    async def orders(self) -> list[dict[str, Any]]:
        """Every order, newest first."""
        return await self.database.read(lambda tx: service.orders(tx, None, limit=None)[1])

    async def order(self, reference: str) -> dict[str, Any]:
        """One order in full."""
        return await self.database.read(lambda tx: service.order(tx, reference))

    async def count(self, sql: str) -> int:
        """What a statement counts."""

        def work(tx: Transaction) -> int:
            return int(tx.value(sql))

        return await self.database.read(work)


def figures(result: ShopImported) -> tuple[int, int, int, list[int]]:
    """rows, new, unchanged, lines of rejects."""
    return result.rows, result.new, result.unchanged, [line for line, _, _ in result.rejected]
