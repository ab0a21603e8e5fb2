"""Who sets what, who has to agree, and which version is in force when."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from tests.conftest import NOW
from tests.policy.ledgers import OWNER, PASSPHRASE, SECOND, THIRD, first_bad, ledger, set_value, who
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service_known
from waconsole.operators.authority import Forbidden
from waconsole.operators.service_known import Wanted
from waconsole.policy import library, service, service_proposals, service_reading, service_setting, store
from waconsole.policy.model import needs_second
from waconsole.policy.service_proposals import Outcome, confirm, withdraw

MONEY = "fraud.minimum_order"


def hours(tx: Transaction, at: int) -> int:
    return int(store.in_force(tx, "send.gap", now=at)[0]["hours"])


def agreed(tx: Transaction, *words: str, at: int = NOW) -> Outcome:
    set_value(tx, MONEY, *words, now=at)
    return confirm(tx, who(tx, SECOND), MONEY, None, now=at)


@pytest.mark.parametrize("name", [SECOND, THIRD])
def test_only_an_owner_sets_policy(name: str) -> None:
    with ledger() as tx:
        with pytest.raises(Forbidden) as refused:
            set_value(tx, "send.gap", "24", by=name)
        assert refused.value.rule == "role"
        with pytest.raises(Refused, match="Name who decides"):
            who(tx, None)  # type: ignore[arg-type]


def test_setting_send_is_one_owners_act_and_in_force_at_once_also_with_a_date_in_the_past() -> None:
    with ledger() as tx:
        set_value(tx, "send.gap", "48", now=NOW)
        assert hours(tx, NOW) == 48 and hours(tx, NOW - 1) == 36
        set_value(tx, "send.gap", "24", valid_from=NOW - 30 * DAY, now=NOW + 1)
        assert [hours(tx, NOW + by) for by in (-31 * DAY, -30 * DAY, 0, 1)] == [36, 24, 24, 24]
        assert first_bad(tx) is None


def test_what_is_scheduled_takes_its_turn_on_its_day_and_not_before() -> None:
    with ledger() as tx:
        set_value(tx, "send.gap", "12", valid_from=NOW + DAY)
        set_value(tx, "send.gap", "48", now=NOW + HOUR)
        assert [hours(tx, NOW + by) for by in (0, HOUR, DAY - 1, DAY)] == [36, 48, 48, 12]
        set_value(tx, "send.gap", "6", now=NOW + 2 * DAY)
        assert [hours(tx, NOW + by) for by in (DAY, 2 * DAY)] == [12, 6]


def test_a_preset_was_there_from_the_beginning_whenever_the_ledger_was_made() -> None:
    with ledger() as tx:  # made at NOW
        set_value(tx, "send.gap", "48", now=NOW - 100 * DAY)
        assert hours(tx, NOW) == 48 and hours(tx, NOW - 101 * DAY) == 36


def test_a_version_keeps_what_it_was_and_who_set_it_why() -> None:
    with ledger() as tx:
        set_value(tx, "send.gap", "48", reason=" two  weeks of\ncomplaints ")
        set_value(tx, "send.gap", "24", reason="quiet again", now=NOW + 1)
        rows = service_reading.history(tx, "send.gap", now=NOW + 1)
        assert [(row["value"], row["author"], row["state"]) for row in rows] == [
            (36, "preset", "past"),
            (48, OWNER, "past"),
            (24, OWNER, "in_force"),
        ]
        assert rows[1]["reason"] == "two weeks of complaints"
        assert store.version(tx, "send.gap", rows[1]["version"])["hours"] == 48
        with pytest.raises(NotFound, match="no version 99"):
            store.version(tx, "send.gap", 99)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001])
def test_a_reason_is_asked_for(reason: str) -> None:
    with ledger() as tx, pytest.raises(Refused, match="reason"):
        set_value(tx, "send.gap", "24", reason=reason)


def test_money_is_proposed_and_in_force_when_somebody_else_confirmed() -> None:
    with ledger() as tx:
        proposed = set_value(tx, MONEY, "250")
        assert proposed.is_proposal and store.in_force(tx, MONEY, now=NOW)[0]["value"] == "199.00 HKD"
        (row,) = service_reading.proposals(tx, "fraud.", now=NOW)
        assert (row["version"], row["value"], row["before"], row["proposed_by"]) == (
            2, "250.00 HKD", "199.00 HKD", OWNER,
        )  # fmt: skip
        with pytest.raises(Forbidden) as refused:
            confirm(tx, who(tx), MONEY, None, now=NOW)
        assert refused.value.rule == "four_eyes.proposer"
        with pytest.raises(Forbidden):
            confirm(tx, who(tx, THIRD), MONEY, None, now=NOW)
        with pytest.raises(Refused, match="would be version 2, not 3"):
            confirm(tx, who(tx, SECOND), MONEY, 3, now=NOW)
        outcome = confirm(tx, who(tx, SECOND), MONEY, 2, now=NOW + HOUR)
        assert (outcome.valid_from, outcome.confirmed_by) == (NOW + HOUR, SECOND)
        assert store.in_force(tx, MONEY, now=NOW + HOUR)[0]["value"] == "250.00 HKD"
        assert store.in_force(tx, MONEY, now=NOW)[0]["value"] == "199.00 HKD"
        shown = service_reading.history(tx, MONEY, now=NOW + HOUR)[-1]
        assert (shown["author"], shown["confirmed_by"], shown["solo"]) == (OWNER, SECOND, False)
        assert first_bad(tx) is None


def test_whoever_sets_what_another_owner_proposed_confirms_it() -> None:
    with ledger() as tx:
        service_known.add(tx, OWNER, Wanted("Dana", "owner"), PASSPHRASE, now=NOW)
        set_value(tx, MONEY, "250")
        with pytest.raises(Refused, match="has a proposal already"):
            set_value(tx, MONEY, "250")
        with pytest.raises(Refused, match="has a proposal already"):
            set_value(tx, MONEY, "300", by="Dana")
        with pytest.raises(Refused, match="has a proposal already"):
            set_value(tx, MONEY, "250", by="Dana", valid_from=NOW + HOUR)
        outcome = set_value(tx, MONEY, "250", by="Dana")
        assert (outcome.is_proposal, outcome.version, outcome.confirmed_by) == (False, 2, "Dana")
        assert store.in_force(tx, MONEY, now=NOW)[0]["value"] == "250.00 HKD"
        assert first_bad(tx) is None


def test_of_a_policy_one_proposal_waits_and_it_can_be_withdrawn() -> None:
    with ledger() as tx:
        set_value(tx, MONEY, "250")
        with pytest.raises(Refused, match="has a proposal already"):
            set_value(tx, MONEY, "300")
        withdraw(tx, who(tx), MONEY, reason="too much", now=NOW)
        with pytest.raises(NotFound, match="Nobody has proposed"):
            confirm(tx, who(tx, SECOND), MONEY, None, now=NOW)
        assert agreed(tx, "300").version == 2
        set_value(tx, MONEY, "350")
        with pytest.raises(Forbidden):
            withdraw(tx, who(tx, SECOND), MONEY, reason="", now=NOW)
        assert first_bad(tx) is None


def test_the_database_itself_asks_for_the_second_operator() -> None:
    with ledger() as tx, pytest.raises(sqlite3.IntegrityError, match="confirmed by a second operator"):
        service.set_version(
            tx, MONEY, {"value": "1.00 HKD"}, says="", reason="alone", valid_from=0, set_by=who(tx), now=NOW
        )


def test_whoever_takes_the_word_second_out_needs_a_second_operator_for_that() -> None:
    with ledger() as tx:
        agreed(tx, "250")
        assert store.in_force(tx, MONEY, now=NOW)[0]["second"] is True
        with pytest.raises(sqlite3.IntegrityError):
            service.set_version(
                tx, MONEY, {"value": "1.00 HKD", "second": False}, says="", reason="alone", valid_from=0,
                set_by=who(tx), now=NOW,
            )  # fmt: skip


def test_solo_mode_begins_after_its_own_cooling_off_and_lets_one_confirm_after_another() -> None:
    with ledger(alone=True) as tx:
        outcome = set_value(tx, "operators.solo", "on")
        assert outcome.valid_from == NOW + DAY and not outcome.is_proposal
        begins = NOW + DAY
        set_value(tx, MONEY, "250", now=begins)
        with pytest.raises(Refused, match="slept over"):
            confirm(tx, who(tx), MONEY, None, now=begins + DAY - 1)
        confirm(tx, who(tx), MONEY, None, now=begins + DAY)
        shown = service_reading.history(tx, MONEY, now=begins + DAY)[-1]
        assert (shown["value"], shown["solo"], shown["confirmed_by"]) == ("250.00 HKD", True, OWNER)
        assert not set_value(tx, "operators.solo", "off", now=begins + 2 * DAY).is_proposal
        set_value(tx, MONEY, "300", now=begins + 2 * DAY)
        with pytest.raises(Forbidden):
            confirm(tx, who(tx), MONEY, None, now=begins + 9 * DAY)
        assert first_bad(tx) is None


def test_solo_mode_is_refused_while_somebody_else_could_decide() -> None:
    with ledger() as tx, pytest.raises(Forbidden) as refused:
        set_value(tx, "operators.solo", "on")
    assert refused.value.rule == "solo"


def test_nobody_confirms_before_solo_mode_is_in_force() -> None:
    with ledger(alone=True) as tx:
        set_value(tx, MONEY, "250")
        with pytest.raises(Forbidden):
            confirm(tx, who(tx), MONEY, None, now=NOW + 9 * DAY)


def test_what_belongs_together_stays_in_order() -> None:
    with ledger() as tx:
        with pytest.raises(Refused, match=r"beyond budget\.content_share_high"):
            set_value(tx, "budget.content_share_low", "41 %")
        with pytest.raises(Refused, match=r"beyond budget\.content_share_low"):
            set_value(tx, "budget.content_share_high", "29 %")
        assert set_value(tx, "budget.content_share_low", "40 %").value["value"] == 40


def test_a_room_may_say_no_to_a_value_of_its_own_policy() -> None:
    def no(value: object) -> None:
        raise Refused("Not this.")

    checks: dict[str, Callable[[object], None]] = {"send.": no}
    with ledger() as tx, pytest.raises(Refused, match=r"Not this\."):
        set_value(tx, "send.gap", "24", checks=checks)


def test_a_preset_is_copied_and_the_library_stays_as_it_is() -> None:
    with ledger() as tx:

        def copy(preset: str, name: str) -> Outcome:
            return service_setting.copy(
                tx, who(tx), preset, name, {}, reason="a test", valid_from=None, now=NOW
            )

        before = list(library.shelf())
        plain = copy("content.mix_three", "content.mix")
        assert (plain.version, plain.is_proposal) == (1, False)
        value = store.in_force(tx, "content.mix", now=NOW)[0]
        assert value["shares"]["useful"] == 40 and value["copied_from"] == "content.mix_three"
        assert copy("promotion.weekly_slot_prep", "promotion.weekly").is_proposal, (
            "what it takes off is money"
        )
        assert copy("preset.send.gap", "send.gap").version == 3
        with pytest.raises(Refused, match="copy it under another name"):
            copy("content.mix_three", "send.gap")
        with pytest.raises(NotFound, match="no preset called"):
            copy("content.mix_nine", "content.mix")
        assert list(library.shelf()) == before and first_bad(tx) is None


def test_what_differs_is_said_field_by_field_and_from_the_presets() -> None:
    with ledger() as tx:
        assert service_reading.unlike_presets(tx, "", now=NOW) == []
        set_value(tx, "send.caps", "count=2", "days=5")
        found = service_reading.differences(tx, "send.caps", None, None, now=NOW)
        assert [(row["field"], row["before"], row["after"]) for row in found["rows"]] == [
            ("count", 3, 2),
            ("days", 7, 5),
        ]
        assert [row["field"] for row in service_reading.unlike_presets(tx, "", now=NOW)] == ["count", "days"]
        set_value(tx, "send.caps", "count=1", valid_from=NOW + DAY)
        coming = service_reading.differences(tx, "send.caps", None, None, now=NOW)
        assert [(row["before"], row["after"]) for row in coming["rows"]] == [(2, 1)]


def test_a_scheme_is_one_owners_act_when_it_is_added_and_two_peoples_when_it_is_changed() -> None:
    with ledger() as tx:
        terms = {"basis": "own", "rate": "3/100", "cap": None, "return_days": 14}
        name = "cashback.scheme.seeds"
        service.set_version(
            tx, name, terms, says="3 %", reason="a start", valid_from=0, set_by=who(tx), now=NOW
        )
        assert needs_second(name, terms)
        assert set_value(tx, name, "rate=4 %").is_proposal
        confirm(tx, who(tx, SECOND), name, None, now=NOW)
        assert store.in_force(tx, name, now=NOW)[0]["rate"] == "1/25"
        assert store.version(tx, name, 1)["rate"] == "3/100", "what was decided keeps its version"


def test_every_step_stands_in_the_act_log() -> None:
    with ledger() as tx:
        agreed(tx, "250")
        set_value(tx, MONEY, "300")
        withdraw(tx, who(tx), MONEY, reason="", now=NOW)
        verbs = [
            row["verb"] for row in tx.rows("SELECT verb FROM act WHERE verb LIKE '%policy%' ORDER BY id")
        ]
        assert verbs == ["propose policy", "confirm policy", "propose policy", "withdraw policy"]


def test_a_proposal_that_was_overtaken_is_not_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    with ledger() as tx:
        set_value(tx, MONEY, "250")
        newer = {"version": 2, "says": "x", "value": "10.00 HKD", "unit": "money", "second": True}
        monkeypatch.setattr(library, "bundled", lambda: iter([(MONEY, newer)]))
        library.seed(tx, now=NOW)
        with pytest.raises(Refused, match="has changed since"):
            service_proposals.confirm(tx, who(tx, SECOND), MONEY, None, now=NOW)
