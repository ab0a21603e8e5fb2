"""Merging members and taking them apart: what follows, what is in force, and that undo is exact."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import NOW
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused, Undone
from waconsole.groups import store as groups
from waconsole.groups.store import Stint
from waconsole.members import service, service_merge, store
from waconsole.members.store_merge_check import crooked
from waconsole.operators import service as operators

PHONES: Final = ("+33639980001", "+33639980002", "+33639980003", "+33639980004")
NAMES: Final = ("Inès", "", "Paula", "Inès K.")
GROUPS: Final = ((0, 1), (1, 2), (2,), (0, 3))  # who is in which group


def people(tx: Transaction) -> list[int]:
    """Four members with BSUIDs, two in common groups, two with a common tag."""
    ids = []
    for place, phone in enumerate(PHONES):
        ids.append(
            store.ensure_member(
                tx, phone=phone, bsuid=f"FR.{place}", name=NAMES[place], language=("fr", "", "de", "")[place],
                origin="live", now=NOW, seen_at=NOW - DAY,
            )
        )  # fmt: skip
    for place, members in enumerate(GROUPS):
        group = groups.add_group(
            tx, ref=f"g{place}", name=f"Group {place}", driver="human", origin="live", now=NOW
        )
        groups.add_stints(
            tx, group, [Stint(ids[one], one * DAY, None, "member") for one in members], origin="live"
        )
    for one, name, at in ((0, "vip", 5), (1, "vip", 3), (1, "late", 4), (2, "vip", 9)):
        store.add_tag(tx, ids[one], name, now=at * DAY)
    said: dict[str, Any] = {"purpose": "marketing", "source": "test", "now": NOW, "origin": "live"}
    store.add_consent(tx, member_id=ids[0], state="yes", decided_at=9 * DAY, **said)
    store.add_consent(tx, member_id=ids[1], state="no", decided_at=2 * DAY, **said)
    store.add_consent(tx, member_id=ids[2], state="stop", decided_at=DAY, **said)
    return ids


async def filled(database: Database) -> list[str]:
    """The refs of `people`."""
    ids = await database.write(people)
    return await database.read(lambda tx: [store.member_by_id(tx, key).ref for key in ids])


def seen(tx: Transaction) -> dict[str, list[tuple[object, ...]]]:
    """Everything other rooms read of members, through the names they read it by."""
    queries = {
        "members": "SELECT * FROM visible_member ORDER BY id",
        "words": "SELECT id, name, folded, language, timezone, address, payment, device FROM member"
        " WHERE merged_into IS NULL ORDER BY id",
        "aliases": "SELECT * FROM alias ORDER BY id",
        "tags": "SELECT member_id, name, by_hand, tagged_at FROM tag ORDER BY member_id, name",
        "consent": "SELECT * FROM consent_in_force ORDER BY member_id",
        "memberships": "SELECT * FROM present_membership ORDER BY group_id, member_id",
    }
    return {name: [tuple(row) for row in tx.execute(sql)] for name, sql in queries.items()}


async def merge(database: Database, who: str, into: str, **options: Any) -> service_merge.Outcome:
    return await service_merge.merge(database, who, into, **{"operator": None, "now": NOW, **options})


async def undo(database: Database) -> str:
    return (await catalogue.undo(database, operator=None, now=NOW))[0]


async def in_force(database: Database, who: str) -> str | None:
    return await database.read(lambda tx: store.consent_in_force(tx, store.member_named(tx, who).id))


async def test_what_hangs_on_a_member_follows(database: Database) -> None:
    await filled(database)

    outcome = await merge(database, PHONES[1], PHONES[0])

    assert outcome.moved == {"rows": 1, "aliases": 2, "tags": 2, "consents": 1}

    def work(tx: Transaction) -> None:
        person = store.member_named(tx, PHONES[0])
        assert store.member_named(tx, PHONES[1]).id == person.id
        assert store.member_by_alias(tx, "bsuid", "FR.1") == person.id
        assert [one["value"] for one in store.aliases(tx, person.id)] == [
            PHONES[0],
            "FR.0",
            PHONES[1],
            "FR.1",
        ] or {one["value"] for one in store.aliases(tx, person.id)} == {PHONES[0], "FR.0", PHONES[1], "FR.1"}
        rows = tx.rows(
            "SELECT name, tagged_at FROM tag WHERE member_id = :id ORDER BY name", {"id": person.id}
        )
        assert [tuple(row) for row in rows] == [("late", 4 * DAY), ("vip", 3 * DAY)]
        rows = tx.rows(
            "SELECT group_id FROM present_membership WHERE member_id = :id ORDER BY group_id",
            {"id": person.id},
        )
        assert [row[0] for row in rows] == [1, 2, 4]
        assert groups.members_count(tx, 1) == 1

    await database.read(work)


async def test_the_ref_of_a_merged_member_names_the_person(database: Database) -> None:
    refs = await filled(database)
    await merge(database, refs[1], refs[0])
    await merge(database, refs[0], refs[2])

    def work(tx: Transaction) -> None:
        person = store.member_named(tx, refs[2])
        assert store.member_named(tx, refs[1]) == person
        assert store.member_by_id(tx, 2) == person

    await database.read(work)


async def test_the_merged_fill_what_is_empty_and_take_it_back(database: Database) -> None:
    refs = await filled(database)

    await merge(database, refs[0], refs[1])

    person = await database.read(lambda tx: store.member_named(tx, refs[1]))
    assert (person.ref, person.name, person.language) == (refs[1], "Inès", "fr")

    await undo(database)

    alone = await database.read(lambda tx: store.member_named(tx, refs[1]))
    assert (alone.name, alone.language) == ("", "")


@pytest.mark.parametrize(
    ("pair", "then"), [((0, 1), "no"), ((1, 0), "no"), ((0, 2), "stop"), ((2, 0), "stop"), ((0, 3), "yes")]
)
async def test_of_two_consents_the_stricter_is_in_force(
    database: Database, pair: tuple[int, int], then: str
) -> None:
    refs = await filled(database)

    def work(tx: Transaction) -> service_merge.Prospect:
        ids = [store.member_named(tx, refs[one]).id for one in pair]
        return service_merge.prospect(tx, *ids)

    assert (await database.read(work)).consent[2] == then
    await merge(database, refs[pair[0]], refs[pair[1]])

    assert await in_force(database, refs[pair[1]]) == then


async def test_what_a_person_says_after_a_merge_is_said_for_both(database: Database) -> None:
    refs = await filled(database)
    await merge(database, refs[1], refs[0])
    said: dict[str, Any] = {
        "member_id": 1,
        "purpose": "marketing",
        "source": "word",
        "now": NOW,
        "origin": "live",
    }

    await database.write(lambda tx: store.add_consent(tx, state="yes", decided_at=NOW + DAY, **said))
    assert await in_force(database, refs[0]) == "yes"

    await merge(database, refs[3], refs[0], now=NOW + 2 * DAY)
    assert await in_force(database, refs[0]) == "yes", (
        "a merge with somebody who said nothing changes nothing"
    )

    await database.write(lambda tx: store.add_consent(tx, state="stop", decided_at=NOW + 3 * DAY, **said))
    assert await in_force(database, refs[0]) == "stop"


async def test_a_stop_before_a_merge_is_lifted_by_the_person_alone(database: Database) -> None:
    refs = await filled(database)
    await merge(database, refs[2], refs[0])
    said: dict[str, Any] = {
        "member_id": 1,
        "purpose": "marketing",
        "source": "word",
        "now": NOW,
        "origin": "live",
    }

    await database.write(lambda tx: store.add_consent(tx, state="resume", decided_at=NOW - DAY, **said))
    assert await in_force(database, refs[0]) == "stop", "said before they were one: of another number"

    await database.write(lambda tx: store.add_consent(tx, state="resume", decided_at=NOW + DAY, **said))
    assert await in_force(database, refs[0]) == "yes"


async def test_a_stop_said_while_they_were_one_goes_with_both(database: Database) -> None:
    refs = await filled(database)
    await merge(database, refs[3], refs[0])
    await database.write(
        lambda tx: store.add_consent(
            tx,
            member_id=1,
            purpose="marketing",
            state="stop",
            source="word",
            decided_at=NOW + DAY,
            now=NOW + DAY,
            origin="live",
        )
    )

    await service_merge.unmerge(database, refs[3], operator=None, now=NOW + 2 * DAY)

    assert await in_force(database, refs[0]) == "stop"
    assert await in_force(database, refs[3]) == "stop"


async def test_a_merge_is_undone_exactly_after_other_acts(database: Database) -> None:
    refs = await filled(database)
    before = await database.read(seen)
    await merge(database, refs[1], refs[0])
    await service.tag(database, [1], "vip", False, operator=None, now=NOW)
    await service.tag(database, [4], "new", True, operator=None, now=NOW)

    assert [await undo(database) for _ in range(3)] == ["tag", "untag", "merge members"]
    assert await database.read(seen) == before


async def test_an_undo_that_no_longer_fits_is_refused(database: Database) -> None:
    refs = await filled(database)
    await database.write(lambda tx: [operators.add(tx, name, "owner", now=NOW) for name in ("Ana", "Bo")])
    await merge(database, refs[1], refs[0], operator="Ana")
    await service_merge.split(database, refs[0], ["FR.1"], operator="Bo", now=NOW)

    with pytest.raises(Undone, match="changed again since"):
        await catalogue.undo(database, operator="Ana", now=NOW)


async def test_one_member_cannot_be_merged_into_itself(database: Database) -> None:
    refs = await filled(database)
    await merge(database, refs[1], refs[0])

    with pytest.raises(Refused, match="one member already"):
        await merge(database, PHONES[1], PHONES[0])


async def test_unmerging_names_the_merged_one(database: Database) -> None:
    refs = await filled(database)
    with pytest.raises(Refused, match="nothing to take back"):
        await service_merge.unmerge(database, refs[0], operator=None, now=NOW)
    before = await database.read(seen)
    await merge(database, refs[1], refs[0])
    await merge(database, refs[2], refs[0])
    with pytest.raises(Refused, match=f"name one of {refs[1]}, {refs[2]}"):
        await service_merge.unmerge(database, refs[0], operator=None, now=NOW)

    await service_merge.unmerge(database, PHONES[1], operator=None, now=NOW)
    await service_merge.unmerge(database, refs[0], operator=None, now=NOW)

    assert await database.read(seen) == before


async def test_splitting_an_alias_makes_a_member_of_it(database: Database) -> None:
    refs = await filled(database)
    before = await database.read(seen)

    outcome = await service_merge.split(database, refs[2], ["fr.2", "FR.2"][1:], operator=None, now=NOW)

    assert outcome.person.ref == refs[2]
    assert await database.read(lambda tx: store.member_by_alias(tx, "bsuid", "FR.2")) == outcome.other.id
    assert await in_force(database, outcome.other.ref) == "stop"

    await undo(database)

    assert await database.read(seen) == before
    assert (await database.read(lambda tx: store.member_named(tx, outcome.other.ref))).ref == refs[2]


async def test_splitting_all_that_a_merge_brought_takes_the_merge_back(database: Database) -> None:
    refs = await filled(database)
    before = await database.read(seen)
    await merge(database, refs[1], refs[0])

    outcome = await service_merge.split(
        database, refs[0], ["+33 6 39 98 00 02", "FR.1"], operator=None, now=NOW
    )

    assert outcome.other.ref == refs[1]
    assert await database.read(seen) == before


async def test_a_split_names_known_aliases_and_leaves_one(database: Database) -> None:
    refs = await filled(database)
    with pytest.raises(NotFound, match="is not known as Zoé"):
        await service_merge.split(database, refs[0], ["Zoé"], operator=None, now=NOW)
    with pytest.raises(Refused, match="leave at least one alias"):
        await service_merge.split(database, refs[0], [PHONES[0], "FR.0"], operator=None, now=NOW)


_ONE = st.integers(0, 3)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), _ONE, _ONE),
        st.tuples(st.just("unmerge"), _ONE, _ONE),
        st.tuples(st.just("split"), _ONE, st.booleans()),
        st.tuples(st.just("tag"), _ONE, st.booleans()),
        st.tuples(st.just("undo"), _ONE, _ONE),
    ),
    max_size=12,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_was_merged_and_split_undo_brings_back_the_beginning(
    acts: list[tuple[str, int, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    asyncio.run(_there_and_back(tmp_path_factory.mktemp("ledger") / "ledger.db", acts))


async def _there_and_back(path: Path, acts: list[tuple[str, int, Any]]) -> None:
    async with catalogue.open_ledger(path, now=NOW) as database:
        refs = await filled(database)
        states = [await database.read(seen)]
        for place, act in enumerate(acts):
            if act[0] == "undo":
                if len(states) > 1:
                    await undo(database)
                    states.pop()
                    assert await database.read(seen) == states[-1]
                continue
            try:
                done = await _act(database, refs, act, now=NOW + place * DAY)
            except Refused:
                done = False
            if done:
                states.append(await database.read(seen))
            else:
                assert await database.read(seen) == states[-1], "what is refused changes nothing"
            assert await database.read(crooked) == []
        while len(states) > 1:
            await undo(database)
            states.pop()
            assert await database.read(seen) == states[-1]
            assert await database.read(crooked) == []
        with pytest.raises(Undone):
            await undo(database)


async def _act(database: Database, refs: list[str], act: tuple[str, int, Any], *, now: int) -> bool:
    """Do one act; True when it changed something."""
    verb, one, other = act
    if verb == "merge":
        await service_merge.merge(database, refs[one], refs[other], operator=None, now=now)
    elif verb == "unmerge":
        await service_merge.unmerge(database, refs[one], operator=None, now=now)
    elif verb == "split":
        names = [PHONES[one]] if other else [f"FR.{one}"]
        await service_merge.split(database, PHONES[one], names, operator=None, now=now)
    else:
        key = await database.read(lambda tx: store.member_named(tx, refs[one]).id)
        return bool(await service.tag(database, [key], "vip", other, operator=None, now=now))
    return True


DAMAGES: Final = (
    ("UPDATE member SET merged_into = NULL WHERE id = 1", "stands for itself, and its merges say"),
    ("UPDATE member SET merged_into = 4 WHERE id = 1", "stands under"),
    ("UPDATE member SET merged_into = 1 WHERE id = 4", "its merges say for itself"),
    ("UPDATE member SET one_since = 5 WHERE id = 1", "does not know since when it is one with"),
    ("UPDATE member SET one_since = 5 WHERE id = 3", "does not know since when it stands for others"),
    ("UPDATE merge SET parted_at = 1 WHERE member_id = 1", "its merges say for itself"),
    ("INSERT INTO merge (member_id, into_id, merged_at) VALUES (3, 1, 1)", "go in a circle"),
    ("UPDATE alias SET member_id = 1 WHERE moved_from = 1", "hang on another row"),
)


@pytest.mark.parametrize(("damage", "says"), DAMAGES)
async def test_pointers_that_disagree_with_the_merges_are_told(
    database: Database, damage: str, says: str
) -> None:
    refs = await filled(database)
    await service_merge.merge(database, refs[0], refs[1], operator=None, now=NOW)
    await service_merge.merge(database, refs[1], refs[2], operator=None, now=NOW + DAY)
    assert await database.read(crooked) == []

    await database.write(lambda tx: tx.execute(damage))

    assert says in "; ".join(await database.read(crooked))
