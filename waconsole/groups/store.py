"""Group rows and who belongs to them since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.groups.stays import Stay
from waconsole.members.model import folded

GROUPS_MAX: Final = 100_000
MATCHES_SHOWN_MAX: Final = 5
MATCHES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Group:
    """A WhatsApp group as this ledger knows it."""

    id: int
    ref: str
    name: str
    purpose: str
    kpi: str
    language: str
    timezone: str
    driver: str
    exported_at: int | None


@dataclass(frozen=True, slots=True)
class Stint:
    """One stay of a member in a group; times in microseconds UTC."""

    member_id: int
    joined_at: int
    left_at: int | None
    role: str = "member"
    entry_channel: str = ""


_COLUMNS = "id, ref, name, purpose, kpi, language, timezone, driver, exported_at"


def _group(row: Row) -> Group:
    return Group(**dict(row))


def groups(tx: Transaction) -> list[Group]:
    """Every visible group, by name."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM visible_group ORDER BY folded, id LIMIT :limit", {"limit": GROUPS_MAX}
    )
    return [_group(row) for row in rows]


def group_named(tx: Transaction, name: str) -> Group:
    """The one group that `name` names: a ref, WhatsApp's id or a unique name. Raises NotFound, listing what matches."""
    found = _only(_named(tx, "visible_group", name), name)
    if found is None:
        raise NotFound(f"No group is called {name}: `waconsole groups list` shows them.")
    return found


def group_by_name(tx: Transaction, name: str) -> Group | None:
    """As `group_named`, also while its first import is not sealed; None when there is no such group."""
    return _only(_named(tx, '"group"', name), name)


def _named(tx: Transaction, table: str, name: str) -> list[Group]:
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM {table} WHERE ref = :name OR folded = :folded OR whatsapp_id = :name ORDER BY id LIMIT :limit",
        {"name": name, "folded": folded(name), "limit": MATCHES_MAX},
    )
    return [_group(row) for row in rows]


def _only(found: list[Group], name: str) -> Group | None:
    """The one group meant: by its ref, else by its exact name, else by its name in any case."""
    for means in (lambda group: group.ref == name, lambda group: group.name == name, lambda _: True):
        matching = [group for group in found if means(group)]
        if len(matching) == 1:
            return matching[0]
        if matching:
            several = ", ".join(f"{group.ref} ({group.name})" for group in matching[:MATCHES_SHOWN_MAX])
            raise NotFound(f"{name} names more than one group: {several}. Name one by its ref.")
    return None


def group_by_id(tx: Transaction, group_id: int) -> Group:
    """The group of that id. Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM visible_group WHERE id = :id", {"id": group_id})
    if row is None:
        raise NotFound("That group is not in this ledger.")
    return _group(row)


def add_group(
    tx: Transaction,
    *,
    ref: str,
    name: str,
    driver: str,
    origin: str,
    now: int,
    run_id: int = 0,
    whatsapp_id: str | None = None,
) -> int:
    """Write a new group and answer its id."""
    return tx.insert(
        """
        INSERT INTO "group" (ref, name, folded, driver, whatsapp_id, origin, added_at, import_run_id)
        VALUES (:ref, :name, :folded, :driver, :whatsapp_id, :origin, :now, :run_id)
        """,
        {
            "ref": ref,
            "name": name,
            "folded": folded(name),
            "driver": driver,
            "origin": origin,
            "now": now,
            "run_id": run_id,
            "whatsapp_id": whatsapp_id,
        },
    )


def describe(tx: Transaction, group_id: int, *, purpose: str, kpi: str, language: str, timezone: str) -> bool:
    """Set what a group is for; an empty word changes nothing. True when a row changed."""
    cursor = tx.execute(
        """
        UPDATE "group"
           SET purpose = CASE WHEN :purpose <> '' THEN :purpose ELSE purpose END,
               kpi = CASE WHEN :kpi <> '' THEN :kpi ELSE kpi END,
               language = CASE WHEN :language <> '' THEN :language ELSE language END,
               timezone = CASE WHEN :timezone <> '' THEN :timezone ELSE timezone END
         WHERE id = :id
        """,
        {"id": group_id, "purpose": purpose, "kpi": kpi, "language": language, "timezone": timezone},
    )
    return cursor.rowcount > 0


def set_description(tx: Transaction, group_id: int, words: Mapping[str, str]) -> None:
    """Write purpose, KPI, language and zone exactly as given."""
    tx.execute(
        """
        UPDATE "group" SET purpose = :purpose, kpi = :kpi, language = :language, timezone = :timezone WHERE id = :id
        """,
        {**words, "id": group_id},
    )


def rename(tx: Transaction, group_id: int, name: str) -> None:
    """Call a group `name`."""
    tx.execute(
        'UPDATE "group" SET name = :name, folded = :folded WHERE id = :id',
        {"id": group_id, "name": name, "folded": folded(name)},
    )


def set_columns(tx: Transaction, group_id: int, columns: Mapping[str, object]) -> None:
    """Write how a group stands at WhatsApp (`store_standing` says which columns)."""
    words = ", ".join(f"{column} = :{column}" for column in columns)
    tx.execute(f'UPDATE "group" SET {words} WHERE id = :in_id', {**columns, "in_id": group_id})


def mark_exported(tx: Transaction, group_id: int, through: int) -> None:
    """Remember how far the newest imported export of a group reaches."""
    tx.execute(
        'UPDATE "group" SET exported_at = :through WHERE id = :id AND coalesce(exported_at, 0) < :through',
        {"id": group_id, "through": through},
    )


def add_stints(tx: Transaction, group_id: int, stints: Iterable[Stint], *, origin: str) -> None:
    """Merge stays read from an export into the memberships; the same export again changes nothing.

    A stay that touches a known one widens it: the earlier joining and the later leaving count.
    """
    for stint in stints:
        known = tx.one(
            """
            SELECT id, joined_at, left_at
              FROM membership
             WHERE group_id = :group_id AND member_id = :member_id
               AND joined_at <= :until AND coalesce(left_at, :forever) >= :from
             ORDER BY joined_at
             LIMIT 1
            """,
            {
                "group_id": group_id,
                "member_id": stint.member_id,
                "until": stint.left_at if stint.left_at is not None else _FOREVER,
                "from": stint.joined_at,
                "forever": _FOREVER,
            },
        )
        if known is None:
            _insert_stint(tx, group_id, stint, origin=origin)
        else:
            _widen(tx, known, stint)


_FOREVER: Final = 9_223_372_036_854_775_807


def _insert_stint(tx: Transaction, group_id: int, stint: Stint, *, origin: str) -> None:
    tx.execute(
        """
        INSERT INTO membership (group_id, member_id, role, joined_at, left_at, entry_channel, origin)
        VALUES (:group_id, :member_id, :role, :joined_at, :left_at, :entry_channel, :origin)
            ON CONFLICT (group_id, member_id, joined_at) DO NOTHING
        """,
        {
            "group_id": group_id,
            "member_id": stint.member_id,
            "role": stint.role,
            "joined_at": stint.joined_at,
            "left_at": stint.left_at,
            "entry_channel": stint.entry_channel,
            "origin": origin,
        },
    )


def _widen(tx: Transaction, known: Row, stint: Stint) -> None:
    tx.execute(
        """
        UPDATE membership
           SET joined_at = min(joined_at, :joined_at),
               left_at = :left_at,
               role = CASE WHEN :role = 'admin' THEN 'admin' ELSE role END,
               entry_channel = CASE WHEN entry_channel = '' THEN :entry_channel ELSE entry_channel END
         WHERE id = :id
        """,
        {
            "id": known["id"],
            "joined_at": stint.joined_at,
            "left_at": known["left_at"]
            if stint.left_at is None and known["left_at"] is not None
            else stint.left_at,
            "role": stint.role,
            "entry_channel": stint.entry_channel,
        },
    )


def end_stay(tx: Transaction, membership_id: int, left_at: int) -> None:
    """A stay is over since `left_at`."""
    tx.execute(
        "UPDATE membership SET left_at = :at WHERE id = :id AND joined_at <= :at",
        {"id": membership_id, "at": left_at},
    )


def set_live_stays(tx: Transaction, group_id: int, member_id: int, stays: Sequence[Stay]) -> None:
    """Write the stays that WhatsApp itself told of a member, in place of those told before."""
    tx.execute(
        "DELETE FROM membership WHERE group_id = :group_id AND member_id = :member_id AND origin = 'live'",
        {"group_id": group_id, "member_id": member_id},
    )
    for stay in stays:
        stint = Stint(member_id, stay.joined_at, stay.left_at, entry_channel=stay.channel)
        _insert_stint(tx, group_id, stint, origin="live")


def set_role(tx: Transaction, group_id: int, member_id: int, role: str) -> None:
    """What somebody is in a group they are in now, as WhatsApp tells it: member or admin."""
    tx.execute(
        """
        UPDATE membership SET role = :role WHERE group_id = :group_id AND left_at IS NULL AND role <> :role
           AND member_id IN (SELECT o.id FROM member_root AS r JOIN member_root AS o USING (root_id) WHERE r.id = :id)
        """,
        {"group_id": group_id, "id": member_id, "role": role},
    )


def members_count(tx: Transaction, group_id: int) -> int:
    """How many belong to the group now, as far as this ledger knows."""
    return int(
        tx.value("SELECT count(*) FROM present_membership WHERE group_id = :id", {"id": group_id}) or 0
    )


def remove_run(tx: Transaction, run_id: int) -> None:
    """Take out the groups that only an unsealed run knew (their conversations are gone already)."""
    tx.execute('DELETE FROM "group" WHERE import_run_id = :run_id', {"run_id": run_id})


def end_row(tx: Transaction, group_id: int) -> None:
    """A group's row ends, with who was in it: it is another group's from now on."""
    tx.execute("DELETE FROM membership WHERE group_id = :id", {"id": group_id})
    tx.execute('DELETE FROM "group" WHERE id = :id', {"id": group_id})
