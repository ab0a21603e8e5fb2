"""Programmes in the ledger: made, changed, activated by two where they are over budget, ended; and as they are typed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.invites.programmes import AMARA, BETO, LIN, NOW, invite_ledger, order, person, who
from waconsole.__main__ import main
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.invites import service_activating, service_exposure, service_programmes, store_programmes
from waconsole.invites.commands_programmes import _preset, _presets
from waconsole.invites.service_activating import Made
from waconsole.invites.terms import terms_of
from waconsole.invites.terms_words import parse_set
from waconsole.ledger import store as books
from waconsole.ledger import store_balances
from waconsole.operators.authority import Forbidden
from waconsole.policy import service as policy

PASSPHRASE = "a long enough passphrase"


def make(tx: Transaction, *words: str, name: str = "Spring", by: str = "ann", **more: Any) -> Made:
    said = {"valid_from": None, "is_draft": False, "now": NOW} | more
    return service_programmes.create(tx, who(tx, by), name, parse_set(words), **said)


def change(tx: Transaction, *words: str, by: str = "ann", **more: Any) -> Made:
    said = {"valid_from": None, "is_draft": False, "now": NOW} | more
    return service_programmes.change(tx, who(tx, by), "spring", parse_set(words), **said)


def left(tx: Transaction, made: Made) -> int:
    account = books.account_id(tx, made.programme.budget_account, "HKD")
    assert account is not None
    return store_balances.balance(tx, account).available


def test_a_programme_is_complete_and_in_force_at_once_also_for_the_past() -> None:
    with invite_ledger() as tx:
        made = make(tx, "reward.each=cashback 8.00 HKD")
        assert (made.version, made.state, made.is_new) == (1, "active", True)
        assert made.terms == terms_of(
            parse_set(
                [
                    "reward.each=cashback 8 HKD",
                    "minimum=199 HKD",
                    "cap=10",
                    "return_window=14d",
                    "attribution_window=30d",
                ]
            )
        )
        assert not make(tx, "reward.each=cashback 8.00 HKD", name=" SPRING ").is_new
        with pytest.raises(Refused, match="with other terms"):
            make(tx, "reward.each=cashback 9.00 HKD")
        assert make(tx, "reward.each=cashback 8 USD", name="usd").terms.minimum is None
        [one] = store_programmes.earning_versions(tx, made.programme)
        assert (one.valid_from, one.terms) == (0, made.terms)
        dated = make(tx, "reward.each=points 5", name="dated", valid_from=NOW - 9 * DAY)
        assert (
            dated.terms.starts_at
            == store_programmes.versions(tx, dated.programme)[0].valid_from
            == NOW - 9 * DAY
        )
        for name in ("", "a:b", "x" * 61, "a\x1bb"):
            with pytest.raises(Refused, match="name has 1 to 60"):
                make(tx, name=name)


def test_over_its_budget_another_owner_activates_it() -> None:
    with invite_ledger() as tx:
        for phone in (LIN, AMARA):
            person(tx, phone)
        words = ("reward.each=cashback 8 HKD", "cap=10")
        within = make(tx, *words, "budget=80 HKD", name="within")
        assert (within.state, left(tx, within)) == ("active", 8_000)
        over = make(tx, *words, "budget=79.99 HKD")
        assert (over.state, store_programmes.earning_versions(tx, over.programme)) == ("asked", [])
        with pytest.raises(Forbidden, match="proposed this"):
            service_activating.activate(tx, who(tx), "spring", now=NOW + HOUR)
        with pytest.raises(Forbidden, match="moderator"):
            service_activating.activate(tx, who(tx, "mia"), "spring", now=NOW + HOUR)
        done = service_activating.activate(tx, who(tx, "bob"), "spring", reason="agreed", now=NOW + HOUR)
        assert (done.state, done.is_new, left(tx, done)) == ("active", True, 7_999)
        again = service_activating.activate(tx, who(tx), "spring", now=NOW + HOUR)
        assert (again.state, again.is_new) == ("active", False)
        steps = store_programmes.steps(tx, over.programme.id)
        assert [(one.step, one.is_over) for one in steps] == [("asked", 1), ("activated", 1)]
        shown = json.loads(steps[0].exposure)
        assert shown["worst_case"] == {"minor": 8_000, "currency": "HKD"}, "nobody takes part yet: one does"
        assert shown["if_everybody"] == {"minor": 16_000, "currency": "HKD"}
        for phone in (LIN, AMARA):
            tx.execute(
                "INSERT INTO code (code, programme_id, member_id, made_at)"
                " SELECT ?, ?, member_id, 0 FROM alias WHERE value = ?",
                (phone, within.programme.id, phone),
            )
        assert service_exposure.of(tx, within.terms, within.programme).is_over


def test_a_draft_earns_once_it_is_activated() -> None:
    with invite_ledger() as tx:
        made = make(tx, "reward.each=points 5", is_draft=True)
        assert (made.state, store_programmes.steps(tx, made.programme.id)) == ("draft", [])
        assert service_activating.activate(tx, who(tx), "spring", now=NOW).state == "active"
        dear = make(tx, "reward.each=cashback 8 HKD", "budget=1 HKD", name="dear", is_draft=True)
        assert service_activating.activate(tx, who(tx), "dear", now=NOW).state == "asked"
        assert service_activating.activate(tx, who(tx, "bob"), dear.programme.ref, now=NOW).state == "active"


def test_in_solo_mode_one_activates_what_was_slept_over() -> None:
    with invite_ledger(alone=True) as tx:
        policy.set_version(
            tx, "operators.solo", {"on": True, "cooling_off_hours": 24}, says="x", reason="alone",
            valid_from=NOW + DAY, set_by=who(tx), now=NOW,
        )  # fmt: skip
        asked = NOW + 2 * DAY
        assert make(tx, "reward.each=cashback 8 HKD", "budget=1 HKD", now=asked).state == "asked"
        with pytest.raises(Refused, match="slept over"):
            service_activating.activate(tx, who(tx), "spring", now=asked + DAY - 1)
        made = service_activating.activate(tx, who(tx), "spring", now=asked + DAY)
        assert made.state == "active" and store_programmes.steps(tx, made.programme.id)[-1].solo == 1


def test_other_terms_are_another_version_and_a_dearer_one_waits_for_two() -> None:
    with invite_ledger() as tx:
        made = make(tx, "reward.each=cashback 8 HKD", "cap=10", "budget=100 HKD")
        assert not change(tx, "cap=10").is_new
        assert (change(tx, "budget=80 HKD").version, left(tx, made)) == (2, 8_000)
        dearer = change(tx, "reward.each=cashback 9 HKD", by="bob", now=NOW + HOUR)
        assert (dearer.version, dearer.state) == (3, "asked")
        assert [one.version for one in store_programmes.earning_versions(tx, made.programme)] == [1, 2]
        assert service_activating.activate(tx, who(tx), "Spring", now=NOW + HOUR).state == "active"
        for words, says in (
            (("budget=none",), "larger one rather than none"),
            (("budget=5 USD", "reward.each=points 5"), "is in HKD"),
            (("cap=nine",), "cap: "),
        ):
            with pytest.raises(Refused, match=says):
                tx.execute("SAVEPOINT before")
                try:
                    change(tx, *words)
                finally:
                    tx.execute("ROLLBACK TO before")
        shown = service_exposure.shown(tx, made.programme, now=NOW)
        assert [one["state"] for one in shown["versions"]] == ["active", "active", "active"]
        assert shown["budget_left"] == {"minor": 8_000, "currency": "HKD"}


def test_what_has_ended_takes_no_further_step() -> None:
    with invite_ledger() as tx:
        made = make(tx, "reward.each=points 5")
        assert service_activating.end(tx, who(tx), "spring", reason="over", now=NOW + DAY)[1] is True
        assert service_activating.end(tx, who(tx), "spring", reason="", now=NOW + DAY)[1] is False
        assert store_programmes.ended_at(tx, made.programme.id) == NOW + DAY
        with pytest.raises(Refused, match="ended on"):
            change(tx, "cap=3")
        with pytest.raises(Refused, match="ended on"):
            service_activating.activate(tx, who(tx), "spring", now=NOW)
        assert service_exposure.row(tx, made.programme)["state"] == "ended"
        with pytest.raises(NotFound, match="there is Spring"):
            store_programmes.programme_named(tx, "summer")


STEP = "INSERT INTO programme_step (id, programme_id, step, rule_version, is_over, operator_id, asked_by, solo, recorded_at)"
PROGRAMME = "INSERT OR REPLACE INTO programme (id, ref, name, folded, operator_id, added_at)"
RAW = (
    "UPDATE programme SET name = 'x'",
    "DELETE FROM programme",
    f"{PROGRAMME} VALUES (1, 'r', 'Spring', 'spring', 1, 1)",
    f"{PROGRAMME} VALUES (2, 'r', 'No terms', 'no terms', 1, 1)",
    "UPDATE programme_step SET is_over = 0",
    "DELETE FROM programme_step",
    f"{STEP} VALUES (9, 1, 'ended', 1, 0, 1, NULL, 0, 1)",
    f"{STEP} VALUES (2, 1, 'ended', 7, 0, 1, NULL, 0, 1)",
    f"{STEP} VALUES (2, 1, 'activated', 1, 1, 1, 1, 0, 1)",
    f"{STEP} VALUES (2, 1, 'activated', 1, 1, 1, 2, 0, 1)",
    f"{STEP} VALUES (2, 1, 'activated', 1, 1, 1, 1, 1, 1)",
    f"{STEP} VALUES (2, 1, 'activated', 1, 1, 2, NULL, 0, 1)",
)


@pytest.mark.parametrize("pragmas", ["ON", "OFF"])
def test_the_tables_ask_for_the_second_owner_too(pragmas: str) -> None:
    with invite_ledger() as tx:
        assert make(tx, "reward.each=cashback 8 HKD", "budget=1 HKD").state == "asked"
        tx.execute("COMMIT")
        for pragma in ("foreign_keys", "recursive_triggers"):
            tx.execute(f"PRAGMA {pragma} = {pragmas}")
        tx.execute("PRAGMA ignore_check_constraints = ON")
        tx.execute("BEGIN")
        for sql in RAW:
            with pytest.raises(sqlite3.IntegrityError):
                tx.execute(sql)
                pytest.fail(sql)


def test_every_preset_is_a_programme_and_an_unknown_one_names_them() -> None:
    with invite_ledger() as tx:
        for name in _presets():
            made = service_programmes.create(
                tx, who(tx), name, _preset(f"programme.{name}"), valid_from=None, is_draft=False, now=NOW
            )
            assert made.state == "active" and made.terms.slots, name
        with pytest.raises(NotFound, match="ladder_1_5_10"):
            _preset("pyramid")


def test_an_ltv_nobody_typed_is_what_buyers_spent_net_of_refunds() -> None:
    with invite_ledger() as tx:
        for reference, phone, total in (
            ("A1", LIN, "300 HKD"),
            ("A2", LIN, "100 HKD"),
            ("B1", BETO, "200 HKD"),
        ):
            order(tx, reference, phone, "2026-11-01", total)
        order(tx, "U1", LIN, "2026-11-01", "999 USD")
        made = make(tx, "reward.each=cashback 50 HKD")
        shown = service_exposure.of(tx, made.terms, made.programme)
        seen = service_exposure.looked_at(tx, made.terms, shown, now=NOW)
        assert seen["ltv"] | {"interval": None, "band_of_interval": None} == {
            "ltv": {"minor": 30_000, "currency": "HKD"}, "source": "observed", "n": 2, "interval": None,
            "band": [{"minor": 3_000, "currency": "HKD"}, {"minor": 4_500, "currency": "HKD"}], "band_of_interval": None,
            "cost": {"minor": 5_000, "currency": "HKD"}, "at": 1, "over": True,
        }  # fmt: skip
        assert any("mean of 2 buyers" in one for one in seen["warnings"])


Typed = Callable[..., tuple[int, Any]]


@pytest.fixture
def typed(ledger_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command on this test's own ledger, at noon of 26 November 2026: (exit code, document)."""
    monkeypatch.setenv("WACONSOLE_PASSPHRASE", PASSPHRASE)

    def said(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main(["--ledger", str(ledger_path), "--now", "2026-11-26T12:00:00Z", "--json", *words])
        out = capsys.readouterr().out
        return code, json.loads(out) if out.strip() else None

    handed = ledger_path.with_name("passphrase")
    assert said("init", "--test-clock")[0] == 0
    for words in (("ann",), ("bob", "--as", "ann")):
        handed.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
        with handed.open(encoding="utf-8") as opened:
            monkeypatch.setattr("sys.stdin", opened)
            assert said("operators", "add", *words, "--role", "owner")[0] == 0
    return said


def test_programmes_and_coupons_as_they_are_typed(typed: Typed, tmp_path: Path) -> None:
    create = (
        "invites",
        "programme",
        "create",
        "Spring",
        "--set",
        "reward.each=cashback 8.00 HKD",
        "--set",
        "budget=10 HKD",
    )
    assert typed(*create)[0] == 1
    code, made = typed(*create, "--as", "ann")
    assert (code, made["state"], made["version"], made["exposure"]["over_budget"]) == (0, "asked", 1, True)
    assert made["terms"]["minimum"] == "199.00 HKD" and any("floor" in one for one in made["warnings"])
    activate = ("invites", "programme", "activate", "Spring", "--as")
    assert [typed(*activate, name)[0] for name in ("ann", "bob", "bob")] == [1, 0, 0]
    code, seen = typed("invites", "programme", "exposure", "Spring", "--referrers", "4")
    assert (code, seen["per_referrer"], seen["worst_case"]) == (
        0, {"minor": 8_000, "currency": "HKD"}, {"minor": 32_000, "currency": "HKD"},
    )  # fmt: skip
    code, listed = typed("invites", "programme", "list")
    assert (code, listed["count"], listed["rows"][0]["programme"], listed["rows"][0]["state"]) == (
        0,
        1,
        "Spring",
        "active",
    )
    assert typed("invites", "programme", "set", "Spring", "--set", "cap=5", "--as", "ann")[1]["version"] == 2
    assert typed("invites", "programme", "show", "Spring")[1]["terms"]["cap"] == 5
    assert (
        typed("invites", "programme", "create", "Fall", "--preset", "retail", "--as", "ann")[1]["state"]
        == "active"
    )
    assert typed("invites", "programme", "create", "Bad", "--set", "cap=0", "--as", "ann")[0] == 1
    assert typed("invites", "programme", "end", "Spring", "--as", "ann")[1]["state"] == "ended"

    codes = tmp_path / "codes.txt"
    codes.write_text("A1\nB2\nA1\n", encoding="utf-8")
    fill = (
        "coupons",
        "import",
        "invites",
        str(codes),
        "--face",
        "50 HKD",
        "--cost",
        "7.50 HKD",
        "--as",
        "ann",
    )
    assert typed(*fill) == (0, {"pool": "invites", "rows": 3, "new": 2, "unchanged": 1, "rejected": []})
    assert typed("coupons", "withdraw", "B2", "--reason", "spilt", "--as", "ann")[1]["state"] == "withdrawn"
    assert [row["free"] for row in typed("coupons", "pools")[1]["rows"]] == [1]
    code, rows = typed("coupons", "list", "invites", "--state", "free")
    assert (code, [row["code"] for row in rows["rows"]]) == (0, ["A1"])
    assert [typed("coupons", "list", "no such pool")[0], typed(*fill[:3], "/nowhere", "--as", "ann")[0]] == [
        1,
        1,
    ]
