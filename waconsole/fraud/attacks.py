"""The attacks of `attacks.toml` on the review desk, as statements. Pure; `doctor --attack` replays them on a copy.

A decision written by hand differs in some columns from one that would be taken, were its link not made up: a release of
the item `open` by a moderator. `says` is what the tables say against it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

FILE: Final = Path(__file__).with_name("attacks.toml")

OPERATORS: Final = ("one", "two", "insider", "guest", "left")
ITEMS: Final = (
    "open",
    "own",
    "velocity",
    "released",
    "voided",
    "frozen",
    "blocked",
    "escalated",
    "snoozed",
    "proposed",
)

_LINK: Final = """{verb} INTO chain_link (seq, room, row_kind, row_id, body_hash, key_id, prev_mac, mac)
SELECT seq + 1, 'fraud', '{kind}', {row}, randomblob(32), key_id, mac, randomblob(32)
  FROM chain_link ORDER BY seq DESC LIMIT 1"""
_HEAD: Final = "(SELECT max(seq) FROM chain_link)"
_AT: Final = "(SELECT max(decided_at) + 1 FROM review_decision)"
_COLUMNS: Final[Mapping[str, str]] = {
    "id": "(SELECT max(id) + 1 FROM review_decision)",
    "ref": "'rd-attack'",
    "review_id": "{item open}",
    "outcome": "'release'",
    "reason": "'other'",
    "note": "''",
    "rule": "''",
    "rule_version": "0",
    "held_minor": "'{}'",
    "stamp": "'s'",
    "state_before": "'open'",
    "until_at": "NULL",
    "inputs": "'[]'",
    "words_hash": "NULL",
    "proposed_by": "NULL",
    "is_proposal": "0",
    "undoes_id": "NULL",
    "cascade_of": "NULL",
    "operator_id": "{operator one}",
    "decided_at": _AT,
    "recorded_at": _AT,
    "chain_seq": _HEAD,
}
_STANDING: Final[Mapping[str, str]] = {
    "id": "(SELECT max(id) + 1 FROM standing)",
    "member_id": "(SELECT member_id FROM review_member WHERE review_id = {item open})",
    "review_id": "{item open}",
    "kind": "'frozen'",
    "rule": "'attack'",
    "rule_version": "1",
    "decision_id": "NULL",
    "began_at": "0",
    "recorded_at": "0",
    "ended_at": "NULL",
    "ended_by": "NULL",
    "chain_seq": _HEAD,
}


class Attack(NamedTuple):
    """One attack: what it tries, its statements (the last one must not succeed), and the words that refuse it."""

    name: str
    statements: tuple[str, ...]
    says: str


def operator_name(word: str) -> str:
    """The name of an operator of these rows."""
    return f"attack-desk-{word}"


def item_ref(word: str) -> str:
    """The name of an item of these rows."""
    return f"attacked-{word}"


@cache
def attacks() -> tuple[Attack, ...]:
    """Every attack of the file, in order."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found: list[Attack] = []
    tried = tables["tried"]
    for row in tables["guarded"]:
        table = row["table"]
        guarded = [tried["update"].format(table=table, column=one) for one in row["columns"]]
        guarded += [tried[verb].format(table=table) for verb in row.get("verbs", ("delete", "replace"))]
        found += [Attack(f"fraud: {sql}", (named(sql),), "") for sql in guarded]
    for row in tables["attack"]:
        found += [Attack(f"fraud: {row['name']}", tuple(map(named, sql)), row["says"]) for sql in _tried(row)]
    return tuple(found)


def _tried(row: Mapping[str, Any]) -> list[list[str]]:
    if "sql" in row:
        return [[row["sql"]]]
    kind, columns = ("decision", _COLUMNS) if "decision" in row else ("standing", _STANDING)
    table = "review_decision" if kind == "decision" else "standing"
    columns = {**columns, **row[kind]}
    link = [_LINK.format(verb="INSERT", kind=kind, row=columns["id"])] if row.get("linked", True) else []
    return [
        [*link, f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"]
        for verb in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE")
    ]


def named(sql: str) -> str:
    """`sql` with the operators and items it names by words."""
    for word in OPERATORS:
        sql = sql.replace(
            f"{{operator {word}}}", f"(SELECT id FROM operator WHERE name = '{operator_name(word)}')"
        )
    for word in ITEMS:
        sql = sql.replace(f"{{item {word}}}", f"(SELECT id FROM review WHERE ref = '{item_ref(word)}')")
        last = f"(SELECT max(id) FROM review_decision WHERE review_id = (SELECT id FROM review WHERE ref = '{item_ref(word)}'))"
        sql = sql.replace(f"{{decision {word}}}", last)
    return sql
