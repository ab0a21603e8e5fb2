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
        columns = [
            row["name"]
            for row in tx.rows("SELECT name, type FROM pragma_table_info(:table)", {"table": name})
            if row["type"] in ("TEXT", "BLOB") and f"{name}.{row['name']}" not in passed_over
        ]
        whole = " || ' ' || ".join(f"coalesce(CAST(\"{column}\" AS TEXT), '')" for column in columns)
        named, wanted = traces.condition(f"({whole})")
        if not columns or not wanted:
            continue
        chosen = ", ".join(f'"{column}"' for column in columns)
        for row in tx.execute(f'SELECT rowid, {chosen} FROM "{name}" WHERE {named}', wanted):
            for column, value in zip(columns, tuple(row)[1:], strict=True):
                if value is not None and traces.found_in(_text(value)):
                    found.setdefault(f"{name}.{column}", []).append(row[0])
    return found


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
