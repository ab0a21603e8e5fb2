"""What an operator types becomes a value of the policy's own unit, type and range, or one sentence that says why not."""

from __future__ import annotations

from typing import Any

import pytest

from waconsole.errors import UsageError, WaconsoleError
from waconsole.policy import library
from waconsole.policy.values import read

BUNDLED = dict(library.bundled())
SCHEME = {
    "basis": "own", "rate": "3/100", "cap": None, "budget": None, "credit": None, "return_days": 14, "says": "x",
}  # fmt: skip

READ: list[tuple[str, str, Any]] = [
    ("send.holdout", "5%", 5),
    ("send.holdout", "5 %", 5),
    ("send.holdout", "0.05", 5),
    ("send.holdout", "5", 5),
    ("send.holdout", "0,05", 5),
    ("send.holdout", "2.5 %", 2.5),
    ("send.holdout", "0 %", 0),
    ("send.holdout", "value=5%", 5),
    ("send.holdout", '{"value": 5}', 5),
    ("send.holdout", '{"value": "5 %"}', 5),
    ("fraud.minimum_order", "250", "250.00 HKD"),
    ("fraud.minimum_order", "250 HKD", "250.00 HKD"),
    ("fraud.minimum_order", "1.234,50 EUR", "1234.50 EUR"),
    ("fraud.minimum_order", "30000 JPY", "30000 JPY"),
    ("fraud.minimum_order", "9.999 KWD", "9.999 KWD"),
    ("fraud.minimum_order", "0", "0.00 HKD"),
    ("referral.ladder_mode", "Upgrade", "upgrade"),
    ("send.quiet_hours", "22:00-8:00", "22:00-08:00"),
    ("promotion.threshold_multiple", "1,75", 1.75),
    ("promotion.threshold_multiple", "2x", 2),
    ("fraud.velocity_seconds", "2h", 7_200),
    ("fraud.velocity_seconds", "30 minutes", 1_800),
    ("fraud.return_window_days", "2 weeks", 14),
    ("referral.placements", "broadcast, parcel", ["broadcast", "parcel"]),
    ("referral.placements", '["a", "b"]', ["a", "b"]),
    ("referral.disclosure", "I earn when you do.", "I earn when you do."),
    ("referral.counted_action", "messaged", "messaged"),
    ("cashback.rounding", "half-even", "half-even"),
]
REFUSED = [
    ("send.holdout", "75折", "what is paid or as what is taken off"),
    ("send.holdout", "1", "1 could be 1 % or all of it"),
    ("send.holdout", "51 %", "between 0 and 50"),
    ("send.holdout", "-5", "no rate"),
    ("send.holdout", "five", "no rate"),
    ("send.holdout", '{"value": true}', "a number, not yes or no"),
    ("send.holdout", '{"share": 5}', "has no field share"),
    ("send.holdout", "{", "no JSON object"),
    ("send.holdout", "{}", "Write send.holdout's fields"),
    ("fraud.minimum_order", "75折", "what is paid or as what is taken off"),
    ("fraud.minimum_order", "-5 HKD", "below zero"),
    ("fraud.minimum_order", "$5", "stands for"),
    ("fraud.minimum_order", "5.555 EUR", "more decimals"),
    ("fraud.minimum_order", "3 %", "a rate, not an amount"),
    ("fraud.minimum_order", '{"value": 250}', "a word, not a number"),
    ("fraud.rewarded_invites_max", "7.5", "whole number"),
    ("fraud.rewarded_invites_max", "ten", "is a number"),
    ("fraud.rewarded_invites_max", "10 %", "is a number"),
    ("fraud.rewarded_invites_max", "八折", "what is paid or as what is taken off"),
    ("fraud.rewarded_invites_max", "9999999999999", "too large"),
    ("fraud.velocity_seconds", "2 apples", "number of seconds"),
    ("referral.ladder_mode", "both", "cumulative or upgrade"),
    ("cashback.rounding", "up", "can be half-even"),
    ("send.quiet_hours", "late", "like 21:00-09:00"),
    ("send.quiet_hours", "25:00-09:00", "like 21:00-09:00"),
    ("send.invitation_memory_days", "29", "between 30 and"),
    ("referral.disclosure", "\x1b[31m", "without control characters"),
]


@pytest.mark.parametrize(("name", "text", "wanted"), READ)
def test_what_is_typed_is_read_in_the_policys_own_unit(name: str, text: str, wanted: Any) -> None:
    found = read(name, BUNDLED[name], [text] if text.startswith(("{", "[")) else text.split())
    assert found["value"] == wanted and type(found["value"]) is type(wanted)
    assert {**found, "value": 0} == {**BUNDLED[name], "value": 0}


@pytest.mark.parametrize(("name", "text", "says"), REFUSED)
def test_what_the_policy_cannot_be_is_refused_in_a_sentence(name: str, text: str, says: str) -> None:
    with pytest.raises(WaconsoleError, match=says):
        read(name, BUNDLED[name], [text])


def test_a_policy_of_several_numbers_is_set_field_by_field() -> None:
    found = read("send.caps", BUNDLED["send.caps"], ["count=2", "silent_days=3w"])
    assert (found["count"], found["silent_days"], found["days"]) == (2, 21, 7)
    with pytest.raises(UsageError, match="several numbers: name the one to set, like count="):
        read("send.caps", BUNDLED["send.caps"], ["4"])
    with pytest.raises(WaconsoleError, match="has no field counts"):
        read("send.caps", BUNDLED["send.caps"], ["counts=4"])
    clearing = BUNDLED["ledger.clearing"]
    assert read("ledger.clearing", clearing, ['{"days": {"other": 9}}'])["days"] == {"other": 9}


def test_solo_mode_is_set_by_a_word() -> None:
    solo = BUNDLED["operators.solo"]
    assert read("operators.solo", solo, ["on"])["on"] is True
    assert read("operators.solo", solo, ["on=no", "cooling_off_hours=2d"])["cooling_off_hours"] == 48


def test_a_schemes_terms_are_written_as_it_writes_them() -> None:
    name = "cashback.scheme.seeds"
    found = read(name, SCHEME, ["rate=4.5%", "return_days=30"])
    assert (found["rate"], found["return_days"]) == ("9/200", 30)
    assert read(name, SCHEME, ["cap=100 HKD"])["cap"] == "100.00 HKD"
    assert read(name, {**SCHEME, "cap": "1 JPY"}, ["cap=none"])["cap"] is None
    with pytest.raises(WaconsoleError, match="names no currency"):
        read(name, SCHEME, ["cap=100"])


def test_a_programmes_ladder_may_be_tried_with_another_rung() -> None:
    name, terms = (
        "invites.programme.spring",
        {"cap": 10, "reward.5": "points 5", "disclosure": "", "says": "x"},
    )
    found = read(name, terms, ["reward.3=cashback 8.00 HKD", "reward.5=none", "cap=none"])
    assert (found["reward.3"], found["reward.5"], found["cap"]) == ("cashback 8.00 HKD", None, None)
    assert read(name, terms, ['{"cost.each": "1.00 HKD", "disclosure": ""}'])["cost.each"] == "1.00 HKD"
    with pytest.raises(WaconsoleError, match=r"has no field reward\.0"):
        read(name, terms, ["reward.0=points 5"])
