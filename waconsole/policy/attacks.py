"""The attacks of `attacks.toml` as statements. Pure: `service_attack` makes what they are tried on, `doctor --attack` replays them.

An attack is its name and a list of statements: the last one is what must not succeed, those before it prepare it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("attacks.toml")

_LINK: Final = """{verb} INTO chain_link (seq, room, row_kind, row_id, body_hash, key_id, prev_mac, mac)
SELECT seq + 1, 'policy', '{kind}', {row}, randomblob(32), key_id, mac, randomblob(32)
  FROM chain_link ORDER BY seq DESC LIMIT 1"""
_NEXT: Final = "(SELECT max(id) + 1 FROM policy_version)"
_SEAL: Final = f"""{{verb}} INTO policy_seal (id, first_id, last_id, chain_seq)
SELECT max(id) + 1, max(last_id) + 1, {_NEXT}, (SELECT max(seq) FROM chain_link) FROM policy_seal"""
# A version by hand that would be taken, were its link not made up.
_COLUMNS: Final[Mapping[str, str]] = {
    "id": _NEXT,
    "name": "'send.gap'",
    "version": "(SELECT max(version) + 1 FROM policy_version WHERE name = 'send.gap')",
    "value": "'{\"hours\": 0}'",
    "says": "''",
    "valid_from": "1",
    "set_by": "'attack-one'",
    "set_at": "1",
    "reason": "'attack'",
    "proposal_id": "NULL",
    "confirmed_by": "NULL",
    "solo": "0",
    "second": "0",
    "solo_seconds": "NULL",
}


@cache
def attacks() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(name, statements) of every attack of the file, in order."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["attack"]
    return tuple((f"policy: {row['name']}", tuple(_statements(row))) for row in rows)


def _statements(row: Mapping[str, Any]) -> list[str]:
    if "version" in row:
        return version_statements(
            row["version"], row.get("verb", "INSERT"), is_sealed=row.get("sealed", True)
        )
    prepared = [_LINK.format(verb="INSERT", kind=row["link"][0], row=row["link"][1])] if "link" in row else []
    return [*prepared, row["sql"]]


def version_statements(
    changed: Mapping[str, str], verb: str = "INSERT", *, is_sealed: bool = True
) -> list[str]:
    """A link and a seal made up for a version written by hand, and that version with some of its columns `changed`."""
    columns = {**_COLUMNS, **changed}
    found = (
        [_LINK.format(verb="INSERT", kind="version", row=_NEXT), _SEAL.format(verb="INSERT")]
        if is_sealed
        else []
    )
    return [
        *found,
        f"{verb} INTO policy_version ({', '.join(columns)}) VALUES ({', '.join(columns.values())})",
    ]
