"""What this room knows of a person, and how it forgets it: the row stays, under its ref, and nothing leads to them."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Phone, Traces, marks
from waconsole.members import store_erased, store_rows
from waconsole.members.model import folded

ALIASES_MAX: Final = 10_000
ROWS_MAX: Final = 1_000


def traces_of(tx: Transaction, member_id: int) -> Traces:
    """All that tells the person of a row apart, of every row that is one with it."""
    root = store_rows.root_of(tx, member_id)
    ids = tuple(store_rows.rows_of(tx, root))
    rows = tx.rows(
        "SELECT id, ref, name FROM member WHERE id IN (SELECT value FROM json_each(:ids)) LIMIT :limit",
        {"ids": marks(ids), "limit": ROWS_MAX},
    )
    aliases = _aliases(tx, root)
    numbers = {value for kind, value in aliases if kind in ("phone", "wa_id")}
    names = {value for kind, value in aliases if kind == "name"} | {row["name"] for row in rows}
    return Traces(
        root_id=root,
        ref=next(row["ref"] for row in rows if row["id"] == root),
        member_ids=ids,
        refs=tuple(row["ref"] for row in rows),
        phones=tuple(Phone(number, _national(number)) for number in sorted(numbers)),
        ids=tuple(sorted({value for kind, value in aliases if kind in ("bsuid", "lid", "username")})),
        names=tuple(sorted(name for name in names if name and not _is_shared(tx, name, root))),
    )


def _aliases(tx: Transaction, root: int) -> list[tuple[str, str]]:
    rows = tx.rows(
        "SELECT kind, value FROM alias WHERE member_id = :id ORDER BY id LIMIT :limit",
        {"id": root, "limit": ALIASES_MAX},
    )
    return [(row["kind"], row["value"]) for row in rows]


def _national(number: str) -> str:
    import phonenumbers

    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ""


def _is_shared(tx: Transaction, name: str, root: int) -> bool:
    """Whether somebody else bears the name too."""
    return bool(_bearers(tx, name, root, limit=1))


def namesakes(tx: Transaction, traces: Traces) -> list[str]:
    """Refs of other members who bear a name of theirs: they may be the same person, known in two rows."""
    names = {value for kind, value in _aliases(tx, traces.root_id) if kind == "name"}
    names |= {
        row["name"]
        for row in tx.execute("SELECT name FROM member WHERE root_id = :root", {"root": traces.root_id})
    }
    found = {ref for name in names if name for ref in _bearers(tx, name, traces.root_id, limit=ROWS_MAX)}
    return sorted(found)


def _bearers(tx: Transaction, name: str, root: int, *, limit: int) -> list[str]:
    rows = tx.rows(
        """
        SELECT m.ref FROM member AS m
         WHERE m.id IN (SELECT root_id FROM member WHERE folded = :name AND root_id <> :root
                         UNION
                        SELECT member_id FROM alias
                         WHERE folded = :name AND kind IN ('name', 'username') AND member_id <> :root)
         LIMIT :limit
        """,
        {"name": folded(name), "root": root, "limit": limit},
    )
    return [row["ref"] for row in rows]


def stand_in(tx: Transaction, traces: Traces) -> tuple[int, list[int]]:
    """(the alias that is the pseudonym, those it stands for): what they wrote is theirs by the former from now on."""
    rows = tx.rows(
        "SELECT id FROM alias WHERE member_id = :id ORDER BY id LIMIT :limit",
        {"id": traces.root_id, "limit": ALIASES_MAX},
    )
    alias_id = tx.insert(
        """
        INSERT INTO alias (member_id, kind, value, folded, group_id, origin)
        VALUES (:id, 'name', :ref, :ref, 0, 'import')
        """,
        {"id": traces.root_id, "ref": traces.ref},
    )
    return alias_id, [row["id"] for row in rows]


def is_erased(tx: Transaction, member_id: int) -> bool:
    """Whether the person of a row was erased already."""
    return tx.value("SELECT erased_at FROM member WHERE id = :id", {"id": member_id}) is not None


def erase(tx: Transaction, traces: Traces, erased: Erased, *, stopped_at: int | None, now: int) -> None:
    """Forget names, numbers, ids, tags and consents; keep keyed hashes. Called last: others read the aliases before."""
    ids = {"ids": marks(traces.member_ids)}
    among = "IN (SELECT value FROM json_each(:ids))"
    erased.count(
        "erased_mark", store_erased.mark(tx, _aliases(tx, traces.root_id), stopped_at=stopped_at, now=now)
    )
    for table, sql in (
        ("alias", "DELETE FROM alias WHERE member_id = :root AND NOT (kind = 'name' AND value = :ref)"),
        ("consent", f"DELETE FROM consent WHERE member_id {among}"),
        ("own_tag", f"DELETE FROM own_tag WHERE member_id {among}"),
        ("tag_change", f"DELETE FROM tag_change WHERE member_id {among}"),
        (
            "merge",
            f"UPDATE merge SET filled = '{{}}', moved = '{{}}' WHERE member_id {among} OR into_id {among}",
        ),
    ):
        wanted = {"root": traces.root_id, "ref": traces.ref} if table == "alias" else ids
        erased.count(table, tx.execute(sql, wanted).rowcount)
    erased.count(
        "member",
        tx.execute(
            f"""
            UPDATE member
               SET name = '', folded = '', language = '', timezone = '', address = '', payment = '', device = '',
                   erased_at = :now
             WHERE id {among}
            """,
            {**ids, "now": now},
        ).rowcount,
    )
    for kind in ("tag", "member"):
        erased.touched(kind, traces.member_ids)
    rows = tx.rows(
        f"SELECT id FROM merge WHERE member_id {among} OR into_id {among} LIMIT :limit",
        {**ids, "limit": ROWS_MAX},
    )
    erased.touched("merge", [row["id"] for row in rows])
    erased.touched("split", traces.member_ids)


def stopped_since(tx: Transaction, traces: Traces) -> int | None:
    """When the person said stop, where that stands; None otherwise."""
    value = tx.value(
        """
        SELECT max(decided_at) FROM consent_in_force
         WHERE member_id = :root AND purpose = 'marketing' AND state = 'stop'
        """,
        {"root": traces.root_id},
    )
    return None if value is None else int(value)
