"""The attacks of `attacks.toml` on decisions and payouts, as statements. Pure; `doctor --attack` replays them on a copy.

A decision written by hand differs in some columns from one that would be taken, were its link not made up: an approval
of the line `proposed` by somebody else than who proposed it. `says` is what the tables say against it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

FILE: Final = Path(__file__).with_name("attacks.toml")

OPERATORS: Final = ("one", "two", "payee", "left")
LINES: Final = (
    "accrued", "proposed", "approved", "rejected", "batched", "exported", "confirmed", "failed", "held", "early", "undone",
)  # fmt: skip
SCHEME: Final = "attacked"

_LINK: Final = """{verb} INTO chain_link (seq, room, row_kind, row_id, body_hash, key_id, prev_mac, mac)
SELECT seq + 1, 'cashback', '{kind}', {row}, randomblob(32), key_id, mac, randomblob(32)
  FROM chain_link ORDER BY seq DESC LIMIT 1"""
_HEAD: Final = "(SELECT max(seq) FROM chain_link)"
_AT: Final = "(SELECT max(decided_at) + 1 FROM line_state)"
_COLUMNS: Final[Mapping[str, str]] = {
    "id": "(SELECT max(id) + 1 FROM line_decision)",
    "line_id": "{line proposed}",
    "kind": "'approved'",
    "state_before": "'proposed'",
    "held_before": "0",
    "round": "1",
    "amount_minor": "100",
    "netted_minor": "0",
    "batch_id": "NULL",
    "undoes_id": "NULL",
    "operator_id": "{operator two}",
    "proposed_by": "{operator one}",
    "proposed_at": "(SELECT proposed_at FROM line_state WHERE id = {line proposed})",
    "approved_by": "{operator two}",
    "approved_at": _AT,
    "solo": "0",
    "solo_version": "NULL",
    "cooling_off": "0",
    "words_hash": "NULL",
    "decided_at": _AT,
    "chain_seq": _HEAD,
}
_NOT_APPROVED: Final[Mapping[str, str]] = {
    "proposed_by": "NULL",
    "proposed_at": "NULL",
    "approved_by": "NULL",
    "approved_at": "NULL",
}


class Attack(NamedTuple):
    """One attack: what it tries, its statements (the last one must not succeed), and the words that refuse it."""

    name: str
    statements: tuple[str, ...]
    says: str


def operator_name(word: str) -> str:
    """The name of an operator of these rows."""
    return f"attack-cashback-{word}"


def line_ref(word: str) -> str:
    """The name of a line of these rows."""
    return f"attacked-{word}"


@cache
def attacks() -> tuple[Attack, ...]:
    """Every attack of the file, in order."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found: list[Attack] = []
    tried = tables["tried"]
    for row in tables["guarded"]:
        table = row["table"]
        verbs = ("delete", "replace", "ignore") if row.get("stays", True) else ("replace", "ignore")
        guarded = [tried["update"].format(table=table, column=one) for one in row["columns"]]
        guarded += [tried[verb].format(table=table) for verb in verbs]
        found += [Attack(f"cashback: {sql}", (sql,), "") for sql in guarded]
    for row in tables["attack"]:
        found += [
            Attack(f"cashback: {row['name']}", tuple(map(named, sql)), row["says"]) for sql in _tried(row)
        ]
    return tuple(found)


def _tried(row: Mapping[str, Any]) -> list[list[str]]:
    if "sql" in row:
        link = [_LINK.format(verb="INSERT", kind=row["link"][0], row=row["link"][1])] if "link" in row else []
        return [[*link, row["sql"]]]
    return [
        decision_statements(row["decision"], verb, is_linked=row.get("linked", True))
        for verb in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE")
    ]


def decision_statements(
    changed: Mapping[str, str], verb: str = "INSERT", *, is_linked: bool = True
) -> list[str]:
    """A link made up for a decision written by hand, and that decision with some of its columns `changed`."""
    approves = changed.get("kind", "'approved'") == "'approved'"
    columns = {**_COLUMNS, **({} if approves else _NOT_APPROVED), **changed}
    found = [_LINK.format(verb="INSERT", kind="decision", row=_COLUMNS["id"])] if is_linked else []
    return [
        *found,
        f"{verb} INTO line_decision ({', '.join(columns)}) VALUES ({', '.join(columns.values())})",
    ]


def named(sql: str) -> str:
    """`sql` with the operators and lines it names by words."""
    for word in OPERATORS:
        sql = sql.replace(
            f"{{operator {word}}}", f"(SELECT id FROM operator WHERE name = '{operator_name(word)}')"
        )
    for word in LINES:
        sql = sql.replace(
            f"{{line {word}}}", f"(SELECT id FROM cashback_line WHERE ref = '{line_ref(word)}')"
        )
    return sql
