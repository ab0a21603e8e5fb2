"""Merging two members who are one person, and taking them apart: explicit, recorded, undone exactly."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members import store, store_aliases, store_consent, store_merge, store_rows
from waconsole.members.model import e164, folded
from waconsole.members.store_merge import Merge
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

MERGE, UNMERGE, SPLIT = "merge members", "unmerge members", "split member"
STRICTER: Final = ("stop", "no", "yes", None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a merge or a split: who stands for the person, who was merged or left, what moved."""

    person: store.Member
    other: store.Member
    moved: dict[str, int]


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a merge would do, before it is done. Names raw; `consent` as (theirs, ours, then)."""

    member: store.Member
    into: store.Member
    carried: dict[str, int]
    filled: tuple[str, ...]
    consent: tuple[str | None, str | None, str | None]


def prospect(tx: Transaction, member_id: int, into_id: int) -> Prospect:
    """What merging one member into another would do. Raises Refused, NotFound."""
    member, into = store.member_by_id(tx, member_id), store.member_by_id(tx, into_id)
    _are_two(member, into)
    theirs, ours = (store_rows.words_of(tx, one.id) for one in (member, into))
    words = (store.consent_in_force(tx, member.id), store.consent_in_force(tx, into.id))
    return Prospect(
        member,
        into,
        store_merge.carried(tx, member.id),
        tuple(name for name, word in theirs.items() if word and not ours[name]),
        (*words, min(words, key=STRICTER.index)),
    )


def _are_two(member: store.Member, into: store.Member) -> None:
    if member.id == into.id:
        raise Refused(f"{member.name or member.ref} is one member already: name two.")


async def merge(database: Database, who: str, into: str, *, operator: str | None, now: int) -> Outcome:
    """Merge the member `who` names into the one `into` names: one row stands for both from now on.

    Aliases, tags, memberships and threads are read as that row's; of the consents the stricter is in
    force. Raises Refused, NotFound.
    """

    def work(tx: Transaction) -> Outcome:
        acting = operators.acting(tx, operator, now=now)
        member, person = store.member_named(tx, who), store.member_named(tx, into)
        _are_two(member, person)
        owned = _owned(tx, member.id, member.id)
        merged = store_merge.merge(tx, member.id, person.id, operator_id=acting.id, now=now)
        after = {"standing": 1, "member": member.ref, "into": person.ref, "alias_ids": owned, **merged.moved}
        operators.record(
            tx, acting, MERGE, [Act("merge", merged.id, {**after, "standing": 0}, after)], now=now
        )
        return Outcome(store.member_by_id(tx, person.id), member, dict(merged.moved))

    return await database.write(work)


def _owned(tx: Transaction, member_id: int, root_id: int) -> list[int]:
    """The ids of the aliases of a row and of those merged into it."""
    rows = set(store_merge.below(tx, member_id))
    return [row["id"] for row in store_aliases.own_aliases(tx, root_id) if row["owner_id"] in rows]


async def unmerge(database: Database, who: str, *, operator: str | None, now: int) -> Outcome:
    """Take a merge back: `who` names the merged member by ref, number or BSUID, or a person of one merge.

    What the merged row brought goes with it; a stop said since stands for both. Raises Refused, NotFound.
    """

    def work(tx: Transaction) -> Outcome:
        acting = operators.acting(tx, operator, now=now)
        return _part(tx, acting, _merge_meant(tx, who), now=now)

    return await database.write(work)


def _part(tx: Transaction, acting: Operator, standing: Merge, *, now: int) -> Outcome:
    root = store_rows.root_of(tx, standing.into_id)
    before = {"standing": 1, "alias_ids": _owned(tx, standing.member_id, root)}
    store_merge.part(tx, standing, now=now)
    operators.record(
        tx, acting, UNMERGE, [Act("merge", standing.id, before, {**before, "standing": 0})], now=now
    )
    moved = store_merge.carried(tx, standing.member_id)
    return Outcome(store.member_by_id(tx, root), store.member_by_id(tx, standing.member_id), moved)


def _merge_meant(tx: Transaction, who: str) -> Merge:
    """The standing merge of the row that `who` names, or the only one of a person."""
    phone = e164(who)
    named = store_merge.row_named(tx, who, phone or who)
    found = None if named is None else store_merge.merge_of(tx, named)
    if found is not None and found.rule != store_merge.SPLIT_UNDONE:
        return found
    person = store.member_named(tx, who)
    merges = store_merge.merges_into(tx, person.id)
    if not merges:
        raise Refused(
            f"{person.name or person.ref} was not merged with anybody: there is nothing to take back."
        )
    if len(merges) > 1:
        refs = ", ".join(store_merge.refs(tx, [one.member_id for one in merges]))
        raise Refused(f"Several members were merged into {person.name or person.ref}: name one of {refs}.")
    return merges[0]


async def split(
    database: Database, who: str, names: Sequence[str], *, operator: str | None, now: int
) -> Outcome:
    """Let some aliases of a member stand for somebody else.

    Where they are all that a merged row brought, that merge is taken back. Else a new member bears
    them; a stop that stands holds for both. Raises Refused, NotFound.
    """

    def work(tx: Transaction) -> Outcome:
        acting = operators.acting(tx, operator, now=now)
        person = store.member_named(tx, who)
        known = store_aliases.own_aliases(tx, person.id)
        chosen = _chosen(person, known, names)
        ids = {row["id"] for row in chosen}
        for one in store_merge.merges_into(tx, person.id):
            if set(_owned(tx, one.member_id, person.id)) == ids:
                return _part(tx, acting, one, now=now)
        return _leave(tx, acting, person, chosen, now=now)

    return await database.write(work)


def _chosen(person: store.Member, known: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """The aliases that `names` mean, in any spelling of a number or a name."""
    chosen: dict[int, Row] = {}
    for name in names:
        phone, wanted = e164(name), folded(name)
        found = [
            row
            for row in known
            if row["value"] in (name, phone) or (row["kind"] == "name" and row["folded"] == wanted)
        ]
        if not found:
            raise NotFound(
                f"{person.name or person.ref} is not known as {name}: `members show` lists what is."
            )
        chosen |= {row["id"]: row for row in found}
    if len(chosen) == len(known):
        raise Refused(f"Nothing would be left of {person.name or person.ref}: leave at least one alias.")
    return list(chosen.values())


def _leave(
    tx: Transaction, acting: Operator, person: store.Member, chosen: Sequence[Row], *, now: int
) -> Outcome:
    ids = [row["id"] for row in chosen]
    other = store_rows.add_member(
        tx,
        ref=f"m-{secrets.token_hex(6)}",
        name=next((row["value"] for row in chosen if row["kind"] == "name"), ""),
        origin=chosen[0]["origin"],
        now=now,
    )
    store_aliases.hand_over(tx, ids, other)
    stops = [
        store_consent.copy_word(tx, other, word, now=now)
        for word in store_consent.standing_stops(tx, person.id)
    ]
    before = {"member_id": person.id, "aliases": [[row["id"], row["owner_id"]] for row in chosen]}
    after = {"member_id": other, "aliases": [[alias, other] for alias in ids], "stops": stops}
    operators.record(tx, acting, SPLIT, [Act("split", other, before, after)], now=now)
    moved = store_merge.carried(tx, other)
    return Outcome(store.member_by_id(tx, person.id), store.member_by_id(tx, other), moved)


def restore_merge(
    tx: Transaction, merge_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a merge or its taking back; False when one of the two has been merged or split since."""
    found = store_merge.merge_by_id(tx, merge_id)
    if found is None or (found.parted_at is None) != bool(expected["standing"]):
        return False
    if _owned(tx, found.member_id, store_rows.root_of(tx, found.member_id)) != expected["alias_ids"]:
        return False
    if not values["standing"]:
        store_merge.part(tx, found, now=found.merged_at)  # it never was
        return True
    if store_merge.merge_of(tx, found.member_id) is not None:
        return False
    if store_rows.root_of(tx, found.into_id) == found.member_id:
        return False
    store_merge.rejoin(tx, merge_id)
    return True


def restore_split(
    tx: Transaction, member_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a split; False when what left has been merged, split or added to since."""
    before, after, stops = values["aliases"], expected["aliases"], expected["stops"]
    assert isinstance(before, list) and isinstance(after, list) and isinstance(stops, list)
    owned = [row["id"] for row in store_aliases.own_aliases(tx, member_id) if row["owner_id"] == member_id]
    if store_rows.rows_of(tx, member_id) != [member_id] or owned != [alias for alias, _ in sorted(after)]:
        return False
    for alias, owner_id in before:
        store_aliases.hand_back(tx, [alias], owner_id=owner_id, root_id=store_rows.root_of(tx, owner_id))
    store_consent.take_back(tx, [key for key in stops if key is not None])
    store_merge.fold_away(tx, member_id, int(str(values["member_id"])), operator_id=None)
    return True


RESTORES: Final[dict[str, operators.Restore]] = {"merge": restore_merge, "split": restore_split}
