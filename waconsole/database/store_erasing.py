"""What imports and exports keep of a person: rejected lines, names of files. And a look for whatever is left of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.store_exports import exports
from waconsole.database.traces import Erased, Traces

GONE: Final = "Erased."
# Tokens alone stand in the index, and those are taken out one by one; SQLite's own tables hold no words.
_UNREAD: Final = ("search_", "sqlite_")


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Empty rejected lines that name the person, and take their name out of the names of files."""
    named, wanted = traces.condition("text")
    also, _ = traces.condition("reason")
    ids = [
        row["id"]
        for row in tx.execute(f"SELECT id, text, reason FROM reject WHERE {named} OR {also}", wanted)
        if traces.found_in(row["text"]) or traces.found_in(row["reason"])
    ]
    tx.executemany("UPDATE reject SET text = '', reason = ? WHERE id = ?", [(GONE, key) for key in ids])
    erased.count("reject", len(ids))
    named, wanted = traces.condition("source")
    also, _ = traces.condition("summary")
    runs = [
        (traces.without(row["source"]), traces.without(row["summary"]), row["id"])
        for row in tx.execute(f"SELECT id, source, summary FROM import_run WHERE {named} OR {also}", wanted)
        if traces.found_in(row["source"]) or traces.found_in(row["summary"])
    ]
    tx.executemany("UPDATE import_run SET source = ?, summary = ? WHERE id = ?", runs)
    erased.count("import_run", len(runs))
    for export in exports(tx):
        if traces.found_in(export["file"]):
            tx.execute(
                "UPDATE export_run SET file = :file WHERE id = :id",
                {"file": traces.without(export["file"]), "id": export["id"]},
            )
            erased.count("export_run", 1)


def mentions(tx: Transaction, traces: Traces, *, passed_over: Collection[str]) -> dict[str, list[int]]:
    """Where the person is still named: the rowids by `table.column`, everywhere but in those `passed_over`."""
    found: dict[str, list[int]] = {}
    tables = tx.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr = 0")
    for name in sorted(row["name"] for row in tables):
        if name.startswith(_UNREAD):
            continue
        columns = tx.rows("SELECT name, type FROM pragma_table_info(:table)", {"table": name})
        for column in (row["name"] for row in columns if row["type"] in ("TEXT", "BLOB")):
            if f"{name}.{column}" in passed_over:
                continue
            named, wanted = traces.condition(f'CAST("{column}" AS TEXT)')
            rows = tx.execute(f'SELECT rowid, "{column}" FROM "{name}" WHERE {named}', wanted)
            if ids := [row[0] for row in rows if traces.found_in(_text(row[1]))]:
                found[f"{name}.{column}"] = ids
    return found


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
