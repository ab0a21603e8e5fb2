"""Deciding at the desk: every outcome and what follows, four eyes, the second person, undo, appeals and time-outs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from tests.fraud.desk import (
    NOW,
    decide,
    desk_ledger,
    done,
    gate,
    invite,
    item,
    kept_from,
    operator,
    person,
    set_policy,
    stands,
    undo,
    why,
)
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import Refused, Undone
from waconsole.fraud import (
    service_deciding,
    service_desk,
    service_standings,
    service_taking,
    store_decisions,
)
from waconsole.fraud.deciding import (
    DECIDED,
    OUTCOMES,
    STATES,
    DecisionRow,
    Standing,
    over_limit,
    reason_code,
    standing_of,
    why_not,
)
from waconsole.fraud.service_deciding import Wanted
from waconsole.fraud.service_standings import Frozen
from waconsole.members import store_merge
from waconsole.operators import authority, store_sign_in

UNTIL = NOW + 2 * DAY


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with desk_ledger() as found:
        yield found


@pytest.mark.parametrize(
    ("outcome", "state", "verdict", "kept"),
    [
        ("release", "decided", "release", set()),
        ("void", "decided", "void", set()),
        ("freeze", "decided", "held", {"frozen"}),
        ("block", "decided", "void", {"blocked"}),
        ("ask", "open", "held", set()),
        ("escalate", "escalated", "held", set()),
        ("snooze", "snoozed", "held", set()),
    ],
)
def test_each_outcome_has_its_consequence(
    tx: Transaction, outcome: str, state: str, verdict: str, kept: set[str]
) -> None:
    item(tx, "ring-a", [2, 3, 4], held=1800)
    assert gate(tx, 2, 3) == {"held"}

    done(tx, "kim", outcome, "ring-a", until=UNTIL if outcome == "snooze" else None)

    assert stands(tx, "ring-a") == (state, "" if outcome == "ask" else outcome)
    assert gate(tx, 2, 3) == {verdict}
    assert set().union(*kept_from(tx).values()) == kept
    assert undo(tx, "kim") == (f"{outcome} review", 1)
    assert (stands(tx, "ring-a"), gate(tx, 2, 3), kept_from(tx)) == (("open", ""), {"held"}, {})


def test_whom_a_rule_froze_is_let_go_by_a_release_and_frozen_again_by_its_undo(tx: Transaction) -> None:
    row = item(tx, "v", [2, 3], kind="velocity", role="invitee")
    referrer = person(tx, 2)
    frozen = [Frozen(row, referrer, "velocity", 1, NOW - HOUR)]
    assert service_standings.freeze(tx, frozen, now=NOW) == 1
    assert service_standings.freeze(tx, frozen, now=NOW) == 0
    assert kept_from(tx) == {referrer: {"frozen"}}

    for outcome in ("release", "unfreeze", "void"):
        done(tx, "kim", outcome, "v")
        assert kept_from(tx) == {}
        assert service_standings.freeze(tx, frozen, now=NOW) == 0
        undo(tx, "kim")
        assert kept_from(tx) == {referrer: {"frozen"}}
        assert tx.value("SELECT max(began_at) FROM standing WHERE ended_at IS NULL") == NOW - HOUR
    done(tx, "kim", "block", "v")
    assert kept_from(tx) == {referrer: {"blocked"}}
    undo(tx, "kim")
    done(tx, "kim", "freeze", "v")
    assert kept_from(tx) == {referrer: {"frozen"}}, "a person may confirm the rule; invitees are spared"
    done(tx, "kim", "unfreeze", "v")
    assert (kept_from(tx), gate(tx, 2, 3)) == ({}, {"release"})


@pytest.mark.parametrize(
    ("outcome", "state", "last"), list(product(OUTCOMES, STATES, ("", "release", "freeze")))
)
def test_a_decided_item_is_decided_on_again_only_after_a_freeze(outcome: str, state: str, last: str) -> None:
    why = why_not(state, last, outcome, is_frozen=True, is_blocked=False)

    if state == DECIDED and (last != "freeze" or outcome in ("freeze", "snooze")):
        assert why
    else:
        assert bool(why) == (outcome == "escalate" and state == "escalated")


def test_an_item_stands_by_its_last_decision_that_is_not_undone() -> None:
    def row(number: int, outcome: str, *, proposal: int = 0, undoes: int | None = None) -> DecisionRow:
        return DecisionRow(number, "r", 1, outcome, "x", "", "", 0, "{}", "s1", "open", NOW if outcome == "snooze" else None,
                           "[]", None, None, proposal, undoes, None, 1, NOW, NOW)  # fmt: skip

    assert standing_of([], "s1") == Standing("open", 0, None)
    assert standing_of([row(1, "void", proposal=1)], "s1") == Standing("open", 0, None)
    assert standing_of([row(1, "void")], "s1") == Standing("decided", 1, None)
    assert standing_of([row(1, "void")], "s2") == Standing("open", 1, None), (
        "evidence that grew opens it again"
    )
    assert standing_of([row(1, "void"), row(2, "undo", undoes=1)], "s1") == Standing("open", 0, None)
    assert standing_of([row(1, "void"), row(2, "appeal")], "s1") == Standing("open", 2, None)
    assert standing_of([row(1, "snooze"), row(2, "ask")], "s1") == Standing("snoozed", 1, NOW)


def test_nobody_decides_on_an_item_they_are_in_also_after_a_merge(tx: Transaction) -> None:
    item(tx, "own", [1, 2])
    item(tx, "later", [3, 4])
    outside = item(tx, "brought", [6, 7])
    tx.execute(
        "INSERT INTO review_invite (review_id, invite_id) VALUES (?, ?)", (outside, invite(tx, 8, 1))
    )  # lee came by one of its invites, though it does not name lee

    for outcome in OUTCOMES:
        until = UNTIL if outcome == "snooze" else None
        assert "lee is a member of this item" in why(tx, "lee", outcome, "own", until=until)
        assert "lee is a member of this item" in why(tx, "lee", outcome, "brought", until=until)
    with pytest.raises(Refused, match="is a member of this item"):
        service_taking.take(tx, operator(tx, "lee"), "own", now=NOW)
    store_merge.merge(tx, person(tx, 1), person(tx, 3), operator_id=operator(tx, "ann").id, now=NOW)
    assert "lee is a member of this item" in why(tx, "lee", "void", "later")
    done(tx, "kim", "void", "own", "later", "brought")


def test_reasons_are_a_closed_list_that_a_refusal_tells(tx: Transaction) -> None:
    item(tx, "a", [2, 3])

    with pytest.raises(Refused, match=r"'it smells' is no reason\. For void there are fraud, .*ring"):
        decide(tx, "kim", "void", "a", reason="it smells")
    with pytest.raises(Refused, match="Say why"):
        decide(tx, "kim", "void", "a", reason=" ")
    with pytest.raises(Refused, match="an outcome is release"):
        decide(tx, "kim", "pay", "a")
    with pytest.raises(Refused, match="--until"):
        decide(tx, "kim", "snooze", "a")
    with pytest.raises(Refused, match="snooze alone"):
        decide(tx, "kim", "void", "a", until=UNTIL)
    assert reason_code(" Self-Referral ") == "self_referral"
    done(tx, "kim", "void", "a", reason="Self-Referral", note="same kitchen")
    row = store_decisions.decisions(tx, 1)[0]
    assert (row["reason"], row["words"], row["by"]) == ("self_referral", "same kitchen", "kim")


def test_roles_decide(tx: Transaction) -> None:
    item(tx, "a", [2, 3])

    with pytest.raises(authority.Forbidden, match="abe is an ambassador"):
        decide(tx, "abe", "release", "a")
    done(tx, "kim", "escalate", "a", reason="unsure")
    assert "this is for an owner" in why(tx, "kim", "release", "a")
    assert "with the owners already" in why(tx, "zoe", "escalate", "a")
    done(tx, "kim", "ask", "a")
    done(tx, "zoe", "release", "a")


def test_one_or_many_each_by_itself_and_one_undo(tx: Transaction) -> None:
    for number in range(3):
        item(tx, f"a{number}", [2 + 2 * number, 3 + 2 * number], held=100)
    done(tx, "zoe", "void", "a1")

    found = decide(tx, "kim", "release", "a0", "a1", "a2", "a2", "nothing")

    assert found.done == ["a0", "a2"]
    assert [one.id for one in found.refused] == ["a1", "nothing"]
    assert "decided already (void)" in found.refused[0].reason
    assert (found.held, len(found.member_ids)) == ({"HKD": 200}, 4)
    assert undo(tx, "kim") == ("release review", 2)
    assert stands(tx, "a0") == ("open", "")


def test_a_lease_keeps_others_off_until_it_ends(tx: Transaction) -> None:
    item(tx, "a", [2, 3])
    until = service_taking.take(tx, operator(tx, "kim"), "a", now=NOW)

    assert until == NOW + HOUR
    assert "kim has taken it until" in why(tx, "zoe", "void", "a")
    with pytest.raises(Refused, match="kim has taken it"):
        service_taking.take(tx, operator(tx, "zoe"), "a", now=NOW)
    with pytest.raises(Refused, match="not taken it"):
        service_taking.give_back(tx, operator(tx, "zoe"), "a", now=NOW)
    service_taking.give_back(tx, operator(tx, "kim"), "a", now=NOW)
    service_taking.take(tx, operator(tx, "kim"), "a", now=NOW)
    done(tx, "zoe", "void", "a", now=until)


@pytest.mark.parametrize(("held", "currency", "proposed"), [(500_000, "HKD", False), (500_001, "HKD", True), (1, "THB", True)])  # fmt: skip
def test_above_the_limit_a_second_person_confirms(
    tx: Transaction, held: int, currency: str, proposed: bool
) -> None:
    item(tx, "a", [2, 3], held=held, currency=currency)
    found = decide(tx, "kim", "release", "a")
    if not proposed:
        assert found.done == ["a"]
        return
    assert (found.done, found.proposed) == ([], ["a"])
    assert (stands(tx, "a"), gate(tx, 2, 3)) == (("open", ""), {"held"})
    assert "kim proposed this already" in why(tx, "kim", "release", "a")
    assert decide(tx, "zoe", "void", "a").proposed == ["a"], "another word is a proposal of its own"
    assert decide(tx, "kim", "release", "a").proposed == ["a"]

    done(tx, "ann", "ask", "a")
    done(tx, "ann", "release", "a")

    assert gate(tx, 2, 3) == {"release"}
    assert undo(tx, "ann") == ("release review", 1)
    assert gate(tx, 2, 3) == {"held"}
    done(tx, "kim", "freeze", "a", reason="ring")


def test_what_was_paid_counts_for_who_takes_it_back(tx: Transaction) -> None:
    item(tx, "a", [2, 3], held=500_001)
    tx.execute(
        "INSERT INTO reward_step (reward_id, step, effective_at, recorded_at) SELECT id, 'posted', ?, ? FROM reward",
        (NOW, NOW),
    )
    tx.execute("UPDATE reward SET state = 'posted'")
    acts = {one["outcome"]: one["second"] for one in service_desk.show(tx, "a", now=NOW)["acts"]}
    assert (acts["void"], acts["block"], acts["release"], acts["freeze"]) == (True, True, False, False)

    found = decide(tx, "kim", "void", "a")
    assert (found.proposed, found.held, found.taken_back) == (["a"], {}, {"HKD": 500_001})
    done(tx, "zoe", "void", "a")
    assert decide(tx, "kim", "release", "a").refused


def test_two_names_of_one_person_are_no_four_eyes(tx: Transaction) -> None:
    item(tx, "a", [7, 8], held=600_000)
    people = {"kim": person(tx, 5), "zoe": person(tx, 6)}
    for name, member in people.items():
        store_sign_in.add_link(tx, operator(tx, name).id, member, set_by=1, now=NOW)
    assert decide(tx, "kim", "release", "a").proposed == ["a"]
    store_merge.merge(tx, people["kim"], people["zoe"], operator_id=operator(tx, "ann").id, now=NOW)

    assert "zoe proposed this: somebody else decides" in why(tx, "zoe", "release", "a")
    done(tx, "ann", "release", "a")


def test_limits_are_compared_currency_by_currency() -> None:
    assert over_limit({}, {}) is None
    assert over_limit({"HKD": 5}, {"HKD": 5}) is None
    assert over_limit({"EUR": 1, "HKD": 6}, {"HKD": 5}) == "EUR"


def test_an_appeal_opens_a_decided_item_with_new_evidence(tx: Transaction) -> None:
    item(tx, "a", [2, 3], held=100)
    ann = operator(tx, "ann")
    found = service_deciding.appeal(tx, ann, "a", "new_evidence", "a bill", now=NOW)
    assert "nothing to appeal" in found.refused[0].reason
    done(tx, "kim", "block", "a", reason="ring")
    with pytest.raises(Refused, match="--evidence"):
        service_deciding.appeal(tx, ann, "a", "new_evidence", " ", now=NOW)

    assert service_deciding.appeal(tx, ann, "a", "new_evidence", "a bill", now=NOW).done == ["a"]

    assert (stands(tx, "a"), gate(tx, 2, 3)) == (("open", "appeal"), {"held"})
    assert set().union(*kept_from(tx).values()) == {"blocked"}, "it is looked at anew, not let go"
    done(tx, "zoe", "release", "a", reason="appeal_upheld")
    assert (kept_from(tx), gate(tx, 2, 3)) == ({}, {"release"})
    assert [row["outcome"] for row in store_decisions.decisions(tx, 1)] == ["block", "appeal", "release"]


def test_a_cascade_takes_along_what_hangs_together_however_far(tx: Transaction) -> None:
    item(tx, "a", [2, 3], held=100)
    item(tx, "b", [3, 4], held=200)
    item(tx, "c", [4, 5], held=300, address="1 high street")
    item(tx, "d", [6, 7], held=400, address="1 high street")
    item(tx, "far", [8, 9], held=500)

    found = decide(tx, "kim", "freeze", "a", reason="ring", cascade=True)

    assert found.done == ["a", "b", "c", "d"]
    assert (found.held, len(found.member_ids)) == ({"HKD": 1000}, 6)
    rows = tx.rows("SELECT cascade_of FROM review_decision ORDER BY id")
    assert [row["cascade_of"] for row in rows] == [None, 1, 1, 1]
    assert undo(tx, "kim") == ("freeze review", 4)
    assert kept_from(tx) == {}


@pytest.mark.parametrize(("word", "state", "verdict"), [("hold", "open", "held"), ("escalate", "escalated", "held"), ("void", "decided", "void")])  # fmt: skip
def test_silence_holds_escalates_or_voids_and_never_pays(
    tx: Transaction, word: str, state: str, verdict: str
) -> None:
    found_at = NOW - 24 * HOUR
    item(tx, "a", [2, 3], held=100, found_at=found_at)
    set_policy(tx, "fraud.timeout", word)

    assert service_deciding.time_out(tx, NOW - SECOND) == []
    assert service_deciding.time_out(tx, NOW) == ([] if word == "hold" else ["a"])
    assert service_deciding.time_out(tx, NOW) == []

    assert (stands(tx, "a")[0], gate(tx, 2, 3)) == (state, {verdict})
    if word == "void":
        assert service_deciding.appeal(tx, operator(tx, "ann"), "a", "mistake", "x", now=NOW).done == ["a"]


def test_what_was_put_off_or_asked_has_its_time_from_then(tx: Transaction) -> None:
    item(tx, "a", [2, 3], found_at=NOW - 10 * DAY)
    set_policy(tx, "fraud.timeout", "void")
    done(tx, "kim", "snooze", "a", until=UNTIL)

    assert service_deciding.time_out(tx, UNTIL + DAY - SECOND) == []
    assert service_deciding.time_out(tx, UNTIL + DAY) == ["a"]


@pytest.mark.parametrize("word", ["release", "pay", "unfreeze"])
def test_a_time_out_that_would_pay_is_refused_by_the_tables(tx: Transaction, word: str) -> None:
    item(tx, "a", [2, 3], found_at=NOW - 10 * DAY)
    set_policy(tx, "fraud.timeout", word)

    with pytest.raises(Refused, match=r"Silence never pays|not whole"):
        service_deciding.time_out(tx, NOW)


def test_evidence_that_grew_since_is_no_ground_for_an_old_undo_or_confirmation(tx: Transaction) -> None:
    row = item(tx, "a", [2, 3], held=600_000)
    assert decide(tx, "kim", "release", "a").proposed == ["a"]
    tx.execute("UPDATE review SET stamp = 's2' WHERE id = ?", (row,))

    assert decide(tx, "zoe", "release", "a").proposed == ["a"], "zoe did not confirm what kim had seen"
    done(tx, "kim", "release", "a")
    tx.execute("UPDATE review SET stamp = 's3', state = 'open' WHERE id = ?", (row,))
    assert gate(tx, 2, 3) == {"held"}
    assert decide(tx, "kim", "void", "a").proposed == ["a"]
    with pytest.raises(Undone):
        undo(tx, "zoe")


def test_wanted_is_read_once(tx: Transaction) -> None:
    assert service_deciding.check(tx, Wanted("void", "RING"), 1, now=NOW).reason == "ring"
    with pytest.raises(Refused, match="At most"):
        service_deciding.check(tx, Wanted("void", "ring"), 10_001, now=NOW)
    with pytest.raises(Refused, match="2,000"):
        service_deciding.check(tx, Wanted("void", "ring", "x" * 2_001), 1, now=NOW)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("fraud.second_above", ["1000.00 HKD", "100.00 HKD"], "named twice"),
        ("fraud.second_above", ["much"], "amount"),
        ("fraud.reasons_void", [], "1 to 100 reasons"),
        ("fraud.reasons_void", ["ring", "!"], "no reason"),
    ],
)
def test_what_the_desk_asks_of_its_policies(name: str, value: list[str], says: str) -> None:
    (check,) = [check for prefix, check in catalogue.checks().items() if name.startswith(prefix)]
    with pytest.raises(Refused, match=says):
        check({"value": value})
    check({"value": ["1000.00 HKD", "0 JPY"] if name == "fraud.second_above" else ["ring"]})
