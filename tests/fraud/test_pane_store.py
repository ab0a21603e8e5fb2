"""What the fraud pane reads and says: its tabs and order, reasons, the plan of a sheet, the evidence line by line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import pytest

from tests.fraud.desk import NOW, decide, desk_ledger, done, item, operator, person
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.fraud import (
    pane_around,
    pane_evidence,
    pane_head,
    pane_many,
    pane_rows,
    service_desk,
    service_taking,
    store_pane,
    store_reviews,
    store_stakes,
    timeline,
)
from waconsole.fraud.deciding import FROZEN
from waconsole.fraud.pane import in_place
from waconsole.fraud.pane_evidence import Look
from waconsole.fraud.pane_many import TOGGLE, Deed, Me
from waconsole.fraud.pane_reasons import Reason, completions, own, parsed
from waconsole.fraud.service_acts import consequence
from waconsole.fraud.stakes import Amounts, Stakes
from waconsole.fraud.store_reviews import Person


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with desk_ledger() as found:
        yield found


def mixed(tx: Transaction) -> dict[str, int]:
    """An open, a taken, an escalated, a snoozed, one that came back, a frozen and a voided item."""
    names = ("open", "taken", "escalated", "snoozed", "back", "frozen", "void")
    found = {
        name: item(tx, name, [10 * place, 10 * place + 1], held=1000 * place)
        for place, name in enumerate(names, 1)
    }
    service_taking.take(tx, operator(tx, "kim"), "taken", now=NOW)
    done(tx, "kim", "escalate", "escalated")
    done(tx, "kim", "snooze", "snoozed", until=NOW + DAY)
    done(tx, "kim", "snooze", "back", until=NOW - HOUR, now=NOW - 2 * HOUR)
    done(tx, "kim", "freeze", "frozen")
    done(tx, "kim", "void", "void", reason="ring")
    return found


def test_each_tab_lists_what_it_counts(tx: Transaction) -> None:
    mixed(tx)
    kim = operator(tx, "kim").id
    listed = {tab: [one.ref for one in store_pane.items(tx, tab, kim, now=NOW)] for tab in store_pane.TABS}

    assert store_pane.counts(tx, kim, now=NOW) == {tab: len(refs) for tab, refs in listed.items()}
    assert listed["waiting"] == ["open", "taken", "back"]
    assert listed["mine"] == ["taken"]
    assert (listed["escalated"], listed["snoozed"]) == (["escalated"], ["snoozed"])
    assert (listed["frozen"], listed["decided"]) == (["frozen"], ["frozen", "void"])
    assert len(listed["all"]) == 7


def test_a_row_says_what_one_must_know_first(tx: Transaction) -> None:
    ids = mixed(tx)
    ids["large"] = item(tx, "large", [80, 81], held=900_000)
    decide(tx, "kim", "void", "large")
    ends, held = service_desk.timing(tx, now=NOW), store_pane.held(tx, list(ids.values()))
    rows = {
        one.item.ref: [
            str(cell.text)
            for cell in pane_rows.item_row(
                one, held.get(one.item.id, {}), ends, NOW, UTC, me=0, is_revealed=False
            ).cells
        ]
        for one in store_pane.views(tx, list(ids.values()), now=NOW)
    }

    assert rows["open"] == ["10.00 HKD", "5h", "19h", "▲ ring of 2", ""]
    assert rows["taken"][4] == "taken by kim"
    assert rows["escalated"][2:] == ["", "◆ ring of 2", "with an owner"]
    assert rows["snoozed"][3:] == ["◷ ring of 2", "until 27 Nov 2026 12:00"]
    assert rows["large"] == ["9000.00 HKD", "5h", "19h", "◆ proposed by kim", "void: ring of 2"]
    assert rows["frozen"][3:] == ["‖ frozen, ring of 2", "by kim: other"]
    assert rows["void"][3:] == ["✓ void, ring of 2", "by kim: ring"]
    assert store_stakes.stakes(tx, [ids["large"]], now=NOW)[ids["large"]].held == held[ids["large"]]


def test_the_line_above_says_how_many_wait_what_hangs_on_them_and_what_rules_found(tx: Transaction) -> None:
    mixed(tx)
    head = pane_head.read(tx, "abe", now=NOW, zone=UTC, read_only=False)
    left, right = pane_head.pieces(head, NOW, UTC)
    said = [cell.text for one in (*left, *right) for cell in one.cells]

    assert said[:3] == ["open 3", "held 80.00 HKD", "oldest 5h (hold at 24 h)"]
    assert said[3].startswith("✗ abe")
    assert said[4:] == ["rules today  ring 7"]
    assert pane_head.pieces(pane_head.Head(), NOW, UTC) == ([], [])


def test_what_left_the_list_stays_where_it_stood() -> None:
    assert list(in_place([1, 2, 3, 4, 5], [1, 3, 5], {2, 4})) == [1, 2, 3, 4, 5]
    assert list(in_place([1, 2, 3], [9, 3], {1, 2})) == [1, 2, 9, 3]
    assert list(in_place([1, 2, 3], [3, 1], {2})) == [3, 1, 2]
    assert list(in_place([1, 2], [], {1, 2})) == [1, 2]
    assert list(in_place([1, 2, 3], [1], {3})) == [1, 3]


KNOWN = ["household", "office", "ring", "shared_address", "shared_device", "other"]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", Reason("ring", is_own=True)),
        ("household", Reason("household")),
        (" House ", Reason("household")),
        ("shared address", None),
        ("shared_a they moved in", Reason("shared_address", "they moved in")),
        ("off: same desk: all of them", Reason("office", "same desk: all of them")),
        ("nonsense", None),
        ("shared", None),
        (":", None),
    ],
)
def test_a_reason_is_a_code_of_the_list_or_its_beginning(typed: str, reason: Reason | None) -> None:
    if reason is None:
        with pytest.raises(Refused):
            parsed(typed, KNOWN, "ring")
    else:
        assert parsed(typed, KNOWN, "ring") == reason


def test_an_item_suggests_a_reason_and_nothing_but_counter_evidence_lets_money_go() -> None:
    assert own("void", KNOWN, "ring", [], []) == "ring"
    assert own("void", KNOWN, "pattern", ["fraud.signal.shared_device"], []) == "shared_device"
    assert own("freeze", KNOWN, "pattern", [], []) == "household"
    assert own("release", KNOWN, "ring", ["fraud.signal.ring"], []) == ""
    assert own("release", KNOWN, "ring", [], ["fraud.counter.household"]) == "household"
    assert own("release", ["old_customer"], "ring", [], ["fraud.counter.old_customers"]) == "old_customer"
    with pytest.raises(Refused, match="Say why"):
        parsed("", KNOWN, "")
    assert completions("sha", KNOWN) == ["shared_address", "shared_device"]
    assert completions("", KNOWN) == KNOWN
    assert completions("office they", KNOWN) == []


def test_the_sheet_leaves_out_who_may_not_be_decided_on_and_shows_people_and_sum(tx: Transaction) -> None:
    ids = mixed(tx)
    item(tx, "own", [1, 90], held=5)
    views = store_pane.views(tx, list(ids.values()), now=NOW)
    lee = operator(tx, "lee").id
    own_id = store_pane.id_named(tx, "own")
    assert own_id is not None
    views += store_pane.views(tx, [own_id], now=NOW)
    me = Me(lee, about=frozenset(store_reviews.about(tx, lee)))
    deed = Deed("void", Reason("ring", "seen", is_own=True))

    chosen = pane_many.plan(deed, views, me, ["ring"], gone=1)
    assert [one.view.item.ref for one in chosen.items] == ["open", "snoozed", "back", "frozen"]
    assert {str(reason) for _count, reason in chosen.excluded} == {
        "no longer there",
        "it is about you: somebody else decides on it",
        "kim has taken it",
        "it is with the owners",
        "It is decided already (void): `waconsole fraud appeal` opens it again.",
    }

    chosen_ids = [one.view.item.id for one in chosen.items]
    people, held = store_reviews.people(tx, chosen_ids), store_pane.held(tx, chosen_ids)
    together: Amounts = store_stakes.held_together(tx, chosen_ids)
    sheet = pane_many.proposal(deed, chosen, people, held, together, {"HKD": 5500}, is_revealed=False)
    assert (sheet.verb, sheet.count, sheet.things) == ("Void", 4, "items")
    assert dict(sheet.figures)["held"] == "160.00 HKD"  # type: ignore[index]
    assert dict(sheet.figures)["people"] == "8"  # type: ignore[index]
    assert dict(sheet.figures)["note"] == "seen"  # type: ignore[index]
    assert dict(sheet.figures)["second"].startswith("▲ 1 need another operator")  # type: ignore[index]

    assert pane_many.settled(TOGGLE, views) == "freeze"
    assert pane_many.settled(TOGGLE, [one for one in views if one.item.ref == "frozen"]) == "unfreeze"


def test_a_freeze_spares_friends_who_only_came_as_the_desk_does(tx: Transaction) -> None:
    row = item(tx, "star", [30, 31, 32], role="invitee", held=100)
    deed = Deed("freeze", Reason("velocity"))
    views = store_pane.views(tx, [row], now=NOW)
    chosen = pane_many.plan(deed, views, Me(operator(tx, "kim").id), ["velocity"])
    people = store_reviews.people(tx, [row])
    sheet = pane_many.proposal(deed, chosen, people, {}, {}, {}, is_revealed=False)
    assert (sheet.verb, sheet.count, sheet.things) == ("Freeze", 1, "person")

    done(tx, "kim", "freeze", "star")
    assert store_pane.views(tx, [row], now=NOW)[0].frozen == sheet.count


def test_the_evidence_masks_what_is_private_and_opens_rows(tx: Transaction) -> None:
    tx.execute("UPDATE member SET name = 'Lin Chan +85291000099' WHERE id = ?", (person(tx, 40),))
    row = item(tx, "ring", [40, 41, 42], held=300, address="7 Nathan Rd")
    tx.execute("UPDATE signal SET says = '+85291000040 says so' WHERE review_id = ?", (row,))
    found = service_desk.show(tx, "ring", now=NOW, operator="abe")

    def text(look: Look) -> str:
        lines = [
            *pane_evidence.matter(found, look),
            *pane_around.around(found, look),
            *pane_evidence.acts(found, look),
        ]
        return "\n".join(f"{one.head} {one.text.text}" for one in lines)

    shown = text(Look(UTC, keys={"void": "x"}))
    assert "+8529100004" not in shown and "7 Nathan Rd" not in shown and "Chan" not in shown
    assert "A → B → C → A" in shown
    assert "held 3.00 HKD, released 3.00, worst 3.00" in shown
    assert "linked address: A B C" in shown
    assert "invites 3, came 3, orders 0" in shown
    assert "✗ void: abe" in shown

    opened = text(Look(UTC, is_revealed=True, attribute="+address", unfolded=frozenset({"signal:ring"})))
    assert "Lin Chan" in opened and "+85291000040 says so" in opened
    assert "address “7 nathan rd”: A B C" in opened.casefold() or "7 Nathan Rd" in opened
    assert "invite i-40-41: invited" in opened
    assert pane_around.looks(found) == ["", "+address"]
    assert "without device" in text(Look(UTC, attribute="-device"))


def test_going_through_time_counts_what_had_happened_by_then() -> None:
    amount = {"amount": "1.00 HKD", "minor": 100, "currency": "HKD"}
    events = [
        {"kind": kind, "amount": amount if kind in ("ordered", "refunded") else None}
        for kind in ("invited", "joined", "ordered", "ordered", "refunded", "decided")
    ]

    assert timeline.place(None, 6) == 5
    assert (timeline.place(-1, 6), timeline.place(9, 6)) == (0, 5)
    assert list(timeline.window(0, 6, 3)) == [0, 1, 2]
    assert list(timeline.window(5, 6, 3)) == [3, 4, 5]
    assert list(timeline.window(3, 6, 3)) == [2, 3, 4]
    assert list(timeline.window(1, 2, 3)) == [0, 1]
    reached = timeline.reached(events, 4)
    assert (reached.counts["ordered"], reached.ordered, reached.refunded) == (2, {"HKD": 200}, {"HKD": 100})
    assert timeline.reached(events, 1).ordered == {}


def test_what_hangs_together_is_found_however_far(tx: Transaction) -> None:
    first = item(tx, "one", [50, 51])
    second = item(tx, "two", [51, 52], address="9 Elm St")
    third = item(tx, "three", [53, 54], address="9 Elm St")
    item(tx, "four", [55, 56])

    assert list(store_pane.connected(tx, first)) == [first, second, third]
    done(tx, "kim", "void", "two")
    assert list(store_pane.connected(tx, first)) == [first]


def test_an_outcome_says_what_follows_also_where_nothing_is_held() -> None:
    ann = Person(1, 2, 2, "m-ann", "Ann", None, "referrer", 1, FROZEN)
    held, nothing = Stakes({"HKD": 500}, {}, {}), Stakes({"HKD": 0}, {}, {})
    assert consequence("void", [ann], held).startswith("5.00 HKD is void, and what was paid is taken back.")
    assert consequence("void", [ann], nothing).startswith("Nothing is held; what was paid is taken back.")
    assert consequence("release", [ann], nothing).endswith("is paid when it is due. 1 person goes on.")
    assert consequence("ask", [ann, ann], nothing).startswith("2 people get a neutral question")
