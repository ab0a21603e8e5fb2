"""Who may decide what: every role against every act, on one's own, on what one proposed, over a limit, on a copy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.operators.staff import add, add_member, set_solo, staff
from waconsole.clock import HOUR
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.money import Money
from waconsole.operators import service, service_known, store_known, store_sign_in
from waconsole.operators.authority import (
    ADOPTION,
    ALLOWED,
    PENDING,
    Forbidden,
    Matter,
    Solo,
    authorize,
    check_solo,
    deciding,
    solo,
)
from waconsole.operators.roles import ROLES
from waconsole.operators.store import Operator

# By the community's rules, written down once more: role by role what it may do.
AMBASSADOR = {"cashback.approve", "cashback.reject", "cashback.undo"}
MODERATOR = AMBASSADOR | {
    *("cashback.propose", "cashback.hold", "cashback.ask", "cashback.split", "cashback.batch"),
    *("cashback.export", "cashback.reconcile", "policy.confirm"),
    *(
        "codes.revoke",
        "coupons.add",
        "coupons.withdraw",
        "invites.correct",
        "invites.issue",
        "proofs.decide",
        "groups.invite",
    ),
    *("fraud.release", "fraud.void", "fraud.freeze", "fraud.unfreeze", "fraud.block", "fraud.ask"),
    *("fraud.escalate", "fraud.snooze", "fraud.appeal", "fraud.undo", "segments.save", "segments.send"),
}
OWNER = MODERATOR | {
    *("schemes.add", "ambassadors.add", "operators.add", "operators.limit", "operators.link"),
    *("programmes.add", "programmes.activate", "programmes.end", "fraud.rules"),
    *(
        "operators.passphrase",
        "operators.retire",
        "policy.set",
        "member.erase",
        "ledger.adopt",
        "ledger.rotate_key",
    ),
}
MAY = {"owner": OWNER, "moderator": MODERATOR, "ambassador": AMBASSADOR}
ACTS = sorted(OWNER)
CASES = (
    "other",
    "own",
    "own merged later",
    "own before",
    "proposed",
    "over",
    "at the limit",
    "no limit",
    "copy",
    "unknown",
)


class House:
    """One ledger with somebody of each role, each a member with a limit of 100.00 EUR a day, and a colleague."""

    def __init__(self, tx: Transaction) -> None:
        """Make them."""
        self.tx = tx
        self.members = {role: add_member(tx, f"m-{role}") for role in ROLES}
        self.later = {role: add_member(tx, f"later-{role}", merged_into=self.members[role]) for role in ROLES}
        self.stranger = add_member(tx, "m-stranger")
        self.people: dict[str, Operator] = {}
        for role in ROLES:
            name = "Ana" if role == "owner" else role
            self.people[role] = add(tx, name, role, "100 EUR", member=f"m-{role}")
        self.colleague = add(tx, "Cy", "moderator", "100 EUR")

    def refusal(self, role: str, act: str, case: str) -> str | None:
        """The rule that refuses, or None."""
        euros, other = Money(1_000, "EUR"), self.colleague.id
        matter = Matter(payee_id=self.stranger, proposed_by=other, amount=euros)
        if case.startswith("own"):
            payee = self.later[role] if case == "own merged later" else self.members[role]
            if (
                case == "own before"
            ):  # the operator is linked to the row that was merged, the payee is its root
                payee = self.members[role]
                service_known.link(self.tx, "Ana", self.people[role].name, f"later-{role}", now=NOW)
            matter = Matter(payee_id=payee, proposed_by=other, amount=euros)
        if case == "proposed":
            matter = Matter(payee_id=self.stranger, proposed_by=self.people[role].id, amount=euros)
        if case in ("over", "at the limit"):
            spent = 9_001 if case == "over" else 9_000
            matter = Matter(payee_id=self.stranger, proposed_by=other, amount=euros, spent_today_minor=spent)
        if case == "no limit":
            matter = Matter(payee_id=self.stranger, proposed_by=other, amount=Money(1, "HKD"))
        if case == "copy":
            facts.set_fact(self.tx, ADOPTION, PENDING)
        try:
            authorize(
                self.tx, self.people[role], "cashback.grab" if case == "unknown" else act, matter, now=NOW
            )
        except Forbidden as forbidden:
            assert str(forbidden).endswith(".")
            return forbidden.rule
        return None


def expected(role: str, act: str, case: str) -> str | None:
    """What the rules say, without asking the program."""
    if case == "unknown":
        return "act"
    if act not in MAY[role]:
        return "role"
    if case == "copy" and act in (
        *("cashback.approve", "cashback.batch", "cashback.export"),
        *("fraud.release", "programmes.activate", "invites.issue"),
    ):
        return "adoption"
    if case.startswith("own") and act in (
        "cashback.approve",
        "cashback.reject",
        "cashback.split",
        "cashback.undo",
        "invites.issue",
        *("fraud.release", "fraud.unfreeze", "fraud.void", "fraud.block", "fraud.undo"),
    ):
        return "four_eyes.payee"
    if case == "proposed" and act in (
        *("cashback.approve", "policy.confirm"),
        *("fraud.release", "programmes.activate", "invites.issue"),
    ):
        return "four_eyes.proposer"
    if case == "over" and act in ("cashback.approve", "invites.issue"):
        return "limit.day"
    if case == "no limit" and act in ("cashback.approve", "invites.issue"):
        return "limit.none"
    return None


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """The same for every case: each is taken back."""
    with staff() as tx:
        yield House(tx)


def test_the_matrix_is_the_one_of_the_rules() -> None:
    assert set(ALLOWED) == OWNER
    assert {role: {act for act, roles in ALLOWED.items() if role in roles} for role in ROLES} == MAY


@pytest.mark.parametrize("case", CASES)
def test_every_role_and_every_act_is_as_the_rules_say(house: House, case: str) -> None:
    wrong = []
    for role, act in product(ROLES, ACTS):
        house.tx.execute("SAVEPOINT one")
        found = house.refusal(role, act, case)
        house.tx.execute("ROLLBACK TO one")
        if found != expected(role, act, case):
            wrong.append((role, act, found, expected(role, act, case)))
    assert wrong == []


def test_whoever_is_no_operator_any_more_may_nothing(house: House) -> None:
    tx = house.tx
    tx.execute("SAVEPOINT one")
    bare = service.add(tx, "Bare", "owner", now=NOW)
    service_known.retire(tx, "Ana", "Cy", now=NOW)
    rules = []
    for who in (bare, house.colleague, Operator(99, "op-99", "Nobody", "owner")):
        for act in ACTS:
            with pytest.raises(Forbidden) as refused:
                authorize(tx, who, act, now=NOW)
            rules.append(refused.value.rule)
    tx.execute("ROLLBACK TO one")

    assert rules == [*["passphrase"] * len(ACTS), *["retired"] * len(ACTS), *["operator"] * len(ACTS)]


def test_a_role_that_somebody_carries_counts_for_nothing(house: House) -> None:
    ambassador = house.people["ambassador"]
    promoted = Operator(ambassador.id, ambassador.ref, ambassador.name, "owner")

    with pytest.raises(Forbidden, match="ambassador is an ambassador: this is for an owner"):
        authorize(house.tx, promoted, "policy.set", now=NOW)


def test_two_names_of_one_person_are_no_four_eyes(house: House) -> None:
    tx = house.tx
    tx.execute("SAVEPOINT one")
    second = add_member(tx, "second")
    twin = add(tx, "Twin", "moderator", member="second")
    tx.execute(
        "UPDATE member SET merged_into = :into WHERE id = :id", {"into": house.members["owner"], "id": second}
    )
    with pytest.raises(Forbidden) as refused:
        authorize(tx, house.people["owner"], "cashback.approve", Matter(proposed_by=twin.id), now=NOW)
    tx.execute("ROLLBACK TO one")

    assert refused.value.rule == "four_eyes.proposer"


def test_who_decides_is_named_known_and_has_a_passphrase(house: House) -> None:
    tx = house.tx
    tx.execute("SAVEPOINT one")
    service.add(tx, "Bare", "owner", now=NOW)

    assert deciding(tx, "Ana", now=NOW) == house.people["owner"]
    with pytest.raises(Refused, match="Name who decides: --as OPERATOR"):
        deciding(tx, None, now=NOW)
    with pytest.raises(NotFound, match="No operator is called Zoe"):
        deciding(tx, "Zoe", now=NOW)
    with pytest.raises(Forbidden, match="Bare has no passphrase"):
        deciding(tx, "Bare", now=NOW)
    tx.execute("ROLLBACK TO one")


def test_solo_mode_lets_one_who_is_alone_approve_after_cooling_off() -> None:
    with staff() as tx:
        ana = add(tx, "Ana", "owner", "100 EUR", member=None)
        check_solo(tx, {"on": True, "cooling_off_hours": 24}, now=NOW)
        set_solo(tx, on=True)
        later = NOW + 24 * HOUR
        own = Matter(proposed_by=ana.id, amount=Money(1, "EUR"), recorded_solo=True)

        assert solo(tx, now=later - 1) is None
        assert solo(tx, now=later) == Solo(2, 86_400)
        authorize(tx, ana, "cashback.approve", own, now=later)
        with pytest.raises(Forbidden, match="proposed this"):
            authorize(tx, ana, "cashback.approve", own, now=later - 1)
        unmarked = Matter(proposed_by=ana.id, amount=Money(1, "EUR"))
        with pytest.raises(Forbidden, match="proposed this"):
            authorize(tx, ana, "cashback.approve", unmarked, now=later)


def test_nobody_approves_their_own_money_in_solo_mode_either() -> None:
    with staff() as tx:
        me = add_member(tx, "me")
        ana = add(tx, "Ana", "owner", "100 EUR", member="me")
        set_solo(tx, on=True)
        own = Matter(payee_id=me, proposed_by=ana.id, recorded_solo=True)

        with pytest.raises(Forbidden) as refused:
            authorize(tx, ana, "cashback.approve", own, now=NOW + 24 * HOUR)

        assert refused.value.rule == "four_eyes.payee"


def test_a_second_operator_ends_solo_mode_for_good() -> None:
    with staff() as tx:
        add(tx, "Ana")
        set_solo(tx, on=True)
        later = NOW + 24 * HOUR
        assert solo(tx, now=later) is not None
        wanted = service_known.Wanted("Bo", "moderator")
        kept = store_sign_in.passphrase(tx, 1)

        _, says = service_known.add(tx, "Ana", wanted, kept, now=later)

        assert says == (service_known.SOLO_ENDS,)
        assert solo(tx, now=later) is None
        service_known.retire(tx, "Ana", "Bo", now=later + 1)
        assert solo(tx, now=later + 48 * HOUR) is None
        set_solo(tx, on=True, at=later + 2)
        assert solo(tx, now=later + 48 * HOUR) is not None


def test_solo_mode_is_set_only_by_who_is_alone_and_cools_off() -> None:
    on = {"on": True, "cooling_off_hours": 24}
    with staff() as tx:
        with pytest.raises(Refused, match="for an owner with a passphrase"):
            check_solo(tx, on, now=NOW)
        add(tx, "Ana")
        for bad in (
            {"on": 1, "cooling_off_hours": 24},
            {"on": True},
            {**on, "cooling_off_hours": 0},
            {**on, "cooling_off_hours": True},
        ):
            with pytest.raises(Refused):
                check_solo(tx, bad, now=NOW)
        add(tx, "Bo", "moderator")
        with pytest.raises(Forbidden, match="there are Ana, Bo"):
            check_solo(tx, on, now=NOW)
        check_solo(tx, {**on, "on": False}, now=NOW)


def test_the_views_say_who_is_active_and_which_limit_holds(house: House) -> None:
    tx = house.tx
    tx.execute("SAVEPOINT one")
    service_known.set_limits(tx, "Ana", "Cy", service_known.amounts(["5 EUR", "700 JPY"]), now=NOW)
    service_known.retire(tx, "Ana", "moderator", now=NOW)
    service.add(tx, "Bare", "owner", now=NOW)
    names = [row["name"] for row in tx.rows("SELECT name FROM active_operator ORDER BY id LIMIT 9")]
    limits = [one[1:] for one in store_known.limits(tx) if one[0] == house.colleague.id]
    tx.execute("ROLLBACK TO one")

    assert names == ["Ana", "ambassador", "Cy"]
    assert limits == [("EUR", 500), ("JPY", 700)]


def test_the_handbook_shows_the_matrix_that_counts() -> None:
    page = Path(__file__).parents[2] / "docs" / "operators.md"
    told: dict[str, frozenset[str]] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 4 and "." in cells[0]:
            told[cells[0]] = frozenset(
                role for role, cell in zip(ROLES, cells[1:], strict=True) if cell == "yes"
            )
    assert told == dict(ALLOWED)
