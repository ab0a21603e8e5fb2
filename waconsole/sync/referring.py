"""Let cashback know who referred a buyer: the invite that counts becomes a word on whose their orders are.

Only where a scheme pays on the orders of the referred, and only for its ambassadors' friends. What an operator said of a
buyer stands above any invite. Every word is made from the facts, so that repeating it, or doing it in two processes,
changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from waconsole.cashback import model, service_earning, store_marks, store_schemes
from waconsole.cashback.earning import REFERRED
from waconsole.cashback.lines import ATTRIBUTION, AttributionRow, sealed
from waconsole.chain import service as chain
from waconsole.database.connection import Database, Row, Transaction
from waconsole.invites import store_invites, store_programmes
from waconsole.invites.earning import version_at
from waconsole.invites.service_senders import programme_by_id
from waconsole.invites.store_invites import Standing
from waconsole.invites.terms import LAST

ORIGIN: Final = "invites"
MARK: Final = "referred"
BUYERS_MAX: Final = 1_000_000
STEP: Final = 8  # buyers: below 10 ms
AT_ONCE: Final = 48  # in one transaction, unless somebody waits
DISPUTED, VOID = "disputed", "void"
_NOBODY: Final = "no invite of theirs counts any more"


async def catch_up_referred(database: Database, *, now: int, stop: Callable[[], bool] = lambda: False) -> int:
    """Write whose buyers' orders are as invites stand now; answers how many words. Raises Refused without the books' key."""
    facts, buyers = await database.stream(look)
    if not facts:
        return 0

    def some(tx: Transaction, start: int) -> tuple[int, int]:
        """Steps until somebody waits; answers how far it came, and how many words it wrote."""
        count = 0
        for begin in range(start, min(start + AT_ONCE, len(buyers)), STEP):
            count += write(tx, buyers[begin : begin + STEP], now=now)
            start = begin + STEP
            if tx.somebody_waits():
                break
        return start, count

    start = words = 0
    while start < len(buyers):
        if stop():
            return words
        start, more = await database.write(partial(some, start=start))
        words += more
    await database.write(lambda tx: store_marks.keep_marks(tx, {MARK: facts}))
    return words


def look(tx: Transaction) -> tuple[str, list[int]]:
    """(How the facts stand, the buyers to look at); both empty where nothing changed since, or nobody pays for it."""
    who = service_earning.roster(tx)
    paying = {one.id for one in who.schemes.values() if REFERRED in one.bases()}
    roots = sorted({one.root_id for one in who.ambassadors if one.scheme_id in paying})
    if not roots:
        return "", []
    facts = _facts(tx)
    return ("", []) if store_marks.marks(tx).get(MARK) == facts else (facts, _buyers(tx, roots))


def _facts(tx: Transaction) -> str:
    """Something that changes whenever other invites count: what only comes in is counted, what changes is an act."""
    row = tx.one(
        """
        SELECT (SELECT max(id) FROM invite), (SELECT max(id) FROM act), (SELECT max(id) FROM arrival),
               (SELECT max(id) FROM review_decision), (SELECT max(id) FROM programme_step)
        """
    )
    assert row is not None
    parts = [*row, store_marks.people_facts(tx), store_marks.roster_facts(tx), store_marks.run_facts(tx)]
    return "|".join(str(part) for part in parts)


def _buyers(tx: Transaction, roots: Sequence[int]) -> list[int]:
    """Friends of some persons, and whoever an invite was said to have brought before."""
    rows = tx.rows(
        """
        SELECT b.root_id
          FROM json_each(:roots) AS wanted
         CROSS JOIN member_root AS a ON a.root_id = wanted.value
         CROSS JOIN invite AS i ON i.referrer_id = a.id
         CROSS JOIN member_root AS b ON b.id = i.invitee_id
         UNION
        SELECT b.root_id FROM attribution AS t JOIN member_root AS b ON b.id = t.buyer_id WHERE t.origin = :origin
         LIMIT :limit
        """,
        {"roots": json.dumps(list(roots)), "origin": ORIGIN, "limit": BUYERS_MAX},
    )
    return [row["root_id"] for row in rows]


def write(tx: Transaction, buyers: Sequence[int], *, now: int) -> int:
    """Write the words that some buyers lack; answers how many."""
    known: dict[int, list[Row]] = {}
    for row in store_schemes.attributions(tx, buyers):
        known.setdefault(row["root_id"], []).append(row)
    count = 0
    for buyer in buyers:
        words = known.get(buyer, [])
        if any(word["origin"] != ORIGIN for word in words):
            continue  # a person said so: that stands
        wanted = _wanted(tx, buyer)
        for valid_from in sorted({*wanted, *(word["valid_from"] for word in words)}):
            referrer, invite = _at(wanted, valid_from)
            if referrer != _said(words, valid_from):
                _add(tx, buyer, referrer, valid_from, invite, now=now)
                count += 1
    return count


def _wanted(tx: Transaction, buyer: int) -> dict[int, tuple[int, str]]:
    """(Whose a buyer's orders are, by which invite) from which instant on, as their invites stand.

    Under first touch the earliest invite has them for good; under last touch each later one takes them over.
    """
    counting = [one for one in store_invites.invites_to(tx, buyer) if _counts(one)]
    void = _void(tx, [one.id for one in counting])
    counting = [one for one in counting if one.id not in void]
    counting.sort(key=lambda one: (one.invited_at, one.ref))
    if not counting:
        return {}
    first = counting[0]
    programme = programme_by_id(tx, first.programme_id)
    version = version_at(store_programmes.versions(tx, programme), first.invited_at)
    if version is None or version.terms.attribution != LAST:
        return {first.invited_at: (first.referrer_id, first.ref)}
    return {
        one.invited_at: (one.referrer_id, one.ref)
        for one in reversed(counting)  # of one second the one whose name comes first
        if one.programme_id == first.programme_id
    }


def _counts(one: Standing) -> bool:
    return (
        not one.refusal
        and one.arrived_at is not None
        and one.confidence != DISPUTED
        and one.referrer_id != one.invitee_id
    )


def _void(tx: Transaction, invite_ids: Iterable[int]) -> set[int]:
    """Those of some invites that the review desk has voided."""
    rows = tx.rows(
        """
        SELECT DISTINCT invite_id FROM invite_gate
         WHERE invite_id IN (SELECT value FROM json_each(:ids)) AND verdict = :void
         LIMIT :limit
        """,
        {"ids": json.dumps(list(invite_ids)), "void": VOID, "limit": BUYERS_MAX},
    )
    return {row["invite_id"] for row in rows}


def _at(wanted: Mapping[int, tuple[int, str]], at: int) -> tuple[int | None, str]:
    last = max((one for one in wanted if one <= at), default=None)
    return (None, "") if last is None else wanted[last]


def _said(words: Sequence[Row], at: int) -> int | None:
    """Whose the orders of an instant are by the words there are: the latest `valid_from`, of those the last word."""
    last = max(
        (word for word in words if word["valid_from"] <= at),
        key=lambda word: (word["valid_from"], word["id"]),
        default=None,
    )
    return None if last is None else last["referrer_root_id"]


def _add(
    tx: Transaction, buyer: int, referrer: int | None, valid_from: int, invite: str, *, now: int
) -> None:
    reason = _NOBODY if referrer is None else f"invite {invite}"
    row = AttributionRow(
        store_schemes.next_id(tx, ATTRIBUTION), buyer, referrer, valid_from, ORIGIN, reason, None, now
    )
    store_schemes.add_attribution(tx, row, chain.append(tx, model.ROOM, ATTRIBUTION, row.id, sealed(row)))
