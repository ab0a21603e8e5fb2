"""Whom a friend's words name: the owner of a code, or, in answer to our question, somebody by number or name."""

from __future__ import annotations

from dataclasses import dataclass

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.invites import store_arrivals, store_codes, store_programmes
from waconsole.invites.answers import numbers_in, words_in
from waconsole.invites.reading import Reading
from waconsole.invites.service_codes import suffixes
from waconsole.invites.share import DASH
from waconsole.invites.store_arrivals import Wrote
from waconsole.invites.store_codes import Code
from waconsole.invites.store_programmes import Programme
from waconsole.invites.terms import Terms, in_force, runs
from waconsole.members import store as members


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent somebody: the person's row, the programme, and the code, where there is one."""

    member_id: int
    programme_id: int
    code: Code | None = None
    place: Code | None = None  # the code of a place that was made from it


def by_code(tx: Transaction, found: Reading, one: Wrote, *, now: int) -> Sender:
    """Whose code was sent; a sign of no place behind it counts for nothing."""
    is_place = bool(found.suffix) and found.suffix in suffixes(tx, now=now).values()
    places = {found.code + DASH + found.suffix} if is_place else set()
    rows = store_codes.codes_named(tx, {found.code, *places})
    own = rows[found.code]
    place = next((rows[name] for name in places if name in rows), None)
    return Sender(own.member_id, own.programme_id, own, place)


def by_name(tx: Transaction, one: Wrote, *, now: int) -> Sender | None:
    """Whom an answer names: a number, a whole name, or somebody with a code among its words. Never one of two."""
    member_id = answered(tx, one.text)
    if member_id is None or member_id == one.root_id:
        return None
    running = {programme.id for programme, _ in active(tx, now=one.sent_at)}
    mine = [row for row in store_arrivals.programmes_of(tx, member_id) if row["programme_id"] in running]
    if len({row["programme_id"] for row in mine}) == 1:
        return Sender(member_id, mine[0]["programme_id"], store_codes.code_by_id(tx, mine[0]["id"]))
    if len(running) == 1 and not mine:
        return Sender(member_id, running.pop())
    return None


def answered(tx: Transaction, text: str) -> int | None:
    """The one person an answer names, or None."""
    named = {
        members.root_of(tx, found)
        for number in numbers_in(text)
        if (found := members.member_by_alias(tx, "phone", number)) is not None
    }
    if not named:
        words = words_in(text)
        named = store_arrivals.named_whole(tx, words) if words else set()
        named = named or store_arrivals.referrers_named(tx, words)
    return named.pop() if len(named) == 1 else None


def active(tx: Transaction, *, now: int) -> list[tuple[Programme, Terms]]:
    """The programmes that earn at `now`, with their terms."""
    found = []
    for one in store_programmes.programmes(tx):
        version = in_force(store_programmes.earning_versions(tx, one), now)
        ended_at = store_programmes.ended_at(tx, one.id)
        if version is not None and runs(version.terms, now) and (ended_at is None or now < ended_at):
            found.append((one, version.terms))
    return found


def programme_by_id(tx: Transaction, programme_id: int) -> Programme:
    """The programme of that id. Raises NotFound."""
    for one in store_programmes.programmes(tx):
        if one.id == programme_id:
            return one
    raise NotFound("That programme is not in this ledger.")
