"""The attacks of `attacks.toml` as statements, the books they run on and the pragmas they try. Pure.

An attack is a list of statements: the last one is what must not succeed, those before it prepare it. `tests/ledger` and
`doctor --attack` replay them on a copy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

from waconsole.money import POINTS

PRAGMAS: Final = ("foreign_keys", "recursive_triggers", "ignore_check_constraints")
POSITIONS: Final = tuple(product(("ON", "OFF"), repeat=len(PRAGMAS)))
FILE: Final = Path(__file__).with_name("attacks.toml")

EURO: Final = "EUR"
# word: (currency, limit rule)
ACCOUNTS: Final[Mapping[str, tuple[str, int]]] = {
    "issuer": (POINTS, 0),
    "wallet": (POINTS, 1),
    "poor": (POINTS, 1),
    "other": (POINTS, 0),
    "budget": (POINTS, 2),
    "closed": (POINTS, 0),
    "foreign": (EURO, 0),
}
# word: (verb, debit, credit, amount); a void and a reversal name what they undo
MOVES: Final[Mapping[str, tuple[str, str, str, int]]] = {
    "single": ("post", "issuer", "wallet", 1000),
    "poor-one": ("post", "issuer", "poor", 50),
    "funded": ("post", "budget", "issuer", 100),
    "held": ("pend", "wallet", "issuer", 100),
    "due": ("pend", "wallet", "other", 10),
    "taken": ("pend", "wallet", "other", 20),
    "taken-void": ("void", "taken", "", 20),
    "reversal": ("reverse", "single", "", 300),
}

_LINK: Final = """{verb} INTO chain_link (seq, room, row_kind, row_id, body_hash, key_id, prev_mac, mac)
SELECT seq + 1, 'ledger', '{kind}', {row}, randomblob(32), key_id, mac, randomblob(32)
  FROM chain_link ORDER BY seq DESC LIMIT 1"""
_NEXT: Final = "(SELECT max(seq) + 1 FROM transfer)"
_HEAD: Final = "(SELECT max(seq) FROM chain_link)"
# A transfer by hand that would be taken, were its link not made up.
_COLUMNS: Final[Mapping[str, str]] = {
    "seq": _NEXT,
    "released": "0",
    "recorded_at": "(SELECT max(recorded_at) FROM transfer)",
    "memo_commit": "NULL",
    "body_hash": "randomblob(32)",
    "chain_seq": _HEAD,
    "ref": "'attack'",
    "kind": "'single'",
    "journal": "'attack'",
    "debit_id": "{issuer}",
    "credit_id": "{wallet}",
    "currency": f"'{POINTS}'",
    "amount": "1",
    "pending_seq": "NULL",
    "reverses_seq": "NULL",
    "expires_at": "NULL",
    "purpose": "'attack'",
    "effective_at": "1",
    "actor": "'somebody'",
    "approved_by": "NULL",
}


class Attack(NamedTuple):
    """One attack: what it tries, and its statements."""

    name: str
    statements: tuple[str, ...]


def account_of(word: str) -> str:
    """The name of an account of these books."""
    return f"attacked:{word}"


def ref_of(word: str) -> str:
    """The id of a transfer of these books."""
    return f"attacked-{word}"


@cache
def attacks() -> tuple[Attack, ...]:
    """Every attack of the file, in order."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["attack"]
    return tuple(Attack(row["name"], tuple(named(sql) for sql in _statements(row))) for row in rows)


def _statements(row: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    if "link" in row:
        kind, place = row["link"]
        found.append(_LINK.format(verb="INSERT", kind=kind, row=place))
    if "sql" in row:
        return [*found, row["sql"]]
    return transfer_statements(row["transfer"], row.get("verb", "INSERT"), is_linked=row.get("linked", True))


def transfer_statements(
    changed: Mapping[str, str], verb: str = "INSERT", *, is_linked: bool = True
) -> list[str]:
    """A link made up for a transfer written by hand, and that transfer with some of its columns `changed`."""
    columns = {**_COLUMNS, **changed}
    found = [_LINK.format(verb="INSERT", kind="transfer", row=_NEXT)] if is_linked else []
    return [*found, f"{verb} INTO transfer ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"]


def named(sql: str) -> str:
    """`sql` with the accounts and transfers it names by words."""
    for word in ACCOUNTS:
        sql = sql.replace(f"{{{word}}}", f"(SELECT id FROM account WHERE name = '{account_of(word)}')")
    for word in MOVES:
        sql = sql.replace(f"{{{word}}}", f"(SELECT seq FROM transfer WHERE ref = '{ref_of(word)}')")
    return sql
