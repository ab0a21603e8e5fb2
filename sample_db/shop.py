"""The sample shop's own files: products, orders, refunds and invites as `waconsole import` takes them, always fresh.

`shop/orders.csv` and its sisters say how long before the anchor's day something was (`21d 09:12`, at that time
in the shop's zone); nothing is of the anchor's day, so that nothing lies ahead of it.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

HERE: Final = Path(__file__).parent / "shop"
ZONE: Final = "Europe/Paris"
KINDS: Final = ("products", "orders", "refunds")
_SAYS_WHEN: Final = {"orders": "ordered_at", "refunds": "refunded_at", "invites": "invited_at"}


def shop_csv(kind: str, anchor: int) -> str:
    """One of `KINDS`, or invites, at `anchor` (microseconds UTC), with times of the shop's zone."""
    text = (HERE / f"{kind}.csv").read_text(encoding="utf-8")
    when = _SAYS_WHEN.get(kind)
    if when is None:
        return text
    today = datetime.fromtimestamp(anchor // 1_000_000, ZoneInfo(ZONE)).date()
    rows = csv.reader(io.StringIO(text))
    head = next(rows)
    place = head.index("ago")
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([when if name == "ago" else name for name in head])
    for row in rows:
        days, time = row[place].split("d ")
        writer.writerow([*row[:place], f"{today - timedelta(int(days))} {time}", *row[place + 1 :]])
    return written.getvalue()
