"""Every number the articles leave to us is a preset that says what it is, and the page on policy has all of them."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from waconsole import money
from waconsole.policy import library, service_reading
from waconsole.policy.bounds import COMPARATORS
from waconsole.policy.model import META, fields_of, needs_second, plain
from waconsole.policy.values import read

DOCS = Path(__file__).parents[2] / "docs"
BUNDLED = dict(library.bundled())
SHELF = dict(library.shelf())
OURS = {name: value for name, value in BUNDLED.items() if "articles" in value}
# Every finding of the articles with a number or a choice that is the operator's.
FINDINGS = """
    REF-01 REF-02 REF-05 REF-06 REF-08 REF-10 REF-11 REF-12 REF-14 REF-15 REF-16 REF-17 REF-19 REF-20 REF-22 BUD-01 BUD-07
    BUD-09 BUD-10 BUD-12 FRD-01 FRD-02 FRD-03 FRD-07 PRO-01 PRO-03 PRO-06 PRO-07 PRO-08 PRO-09 PRO-10 PRO-11 PRO-16 PRO-17
    PRO-18 PRO-19 TRG-02 TRG-03 TRG-04 TRG-06 TRG-07 TRG-08 TRG-09 ECO-01 ECO-04 ECO-05 ECO-06 ECO-07 ECO-09 ECO-10 CBK-01
    CBK-02 CBK-03 CBK-08 SEG-01 SEG-03 SEG-04 SEG-07 SEG-08 SEG-09 SEG-10 SEG-11 SEG-15 SEG-16 SEG-19 TIM-04 TIM-05 TIM-06
    TIM-07 TIM-08 TIM-10 PER-02 PER-05 EXP-04 DEC-01 DEC-03 LTV-02 LOY-01 LOY-02 LOY-05 LOY-07 LOY-08 LOY-09 LOY-10 LOY-14
    INV-01 INV-04 INV-07 INV-10 INV-12 WEL-01 WEL-02 WEL-04 CAL-01 CAL-02 CAL-08 CAL-09 HEA-01 HEA-02 HEA-03 HEA-04 HEA-05
    HEA-06 HEA-07 HEA-09 HEA-11 KEY-01 KEY-02 KEY-04 INT-08 COM-04
""".split()
PRESETS = """
    REF-04 REF-07 REF-13 REF-18 REF-21 BUD-08 BUD-09 BUD-11 PRO-02 PRO-04 PRO-12 PRO-14 PRO-15 SEG-05 SEG-06 SEG-13 SEG-14
    TIM-01 TIM-02 TIM-03 TIM-09 LOY-03 LOY-04 INV-02 INV-03 INV-05 INV-09 WEL-03 CAL-03 CAL-04 CAL-05 CAL-06 CAL-07 CAL-10 HEA-08
""".split()


def test_every_finding_has_its_policy_and_every_table_of_presets_its_rows() -> None:
    said = {source for value in OURS.values() for source in value["source"].split()}
    assert set(FINDINGS) - said == set()
    assert set(PRESETS) - {value["source"] for value in SHELF.values()} == set()


def test_a_preset_says_what_it_is() -> None:
    for name, value in OURS.items():
        assert value["says"].endswith(".") and re.search(r"[A-Z]{3}-\d\d", value["source"]), name
        assert value.get("comparator", ">") in COMPARATORS, name
        if "unit" in value:
            assert list(fields_of(value)) == ["value"], name
            assert value["reason"] and re.fullmatch(r"\d{4}-\d\d-\d\d", value["date"]), name
        if value.get("unit") == "money":
            assert str(money.parse(value["value"])) == value["value"] and value["second"], name
        if value.get("unit") == "word":
            assert value["value"] in value["choices"], name
        if "sample_min" in value:
            assert value["sample_min"] > 1 and value["unit"] in ("percent", "times"), name


def test_rates_of_members_say_nothing_of_a_handful() -> None:
    rates = (
        "referral.churn_advice promotion.redemption_low segments.price_sensitive_share segments.tag_error_max"
    )
    groups = [
        name for name in BUNDLED if name.startswith("groups.") and BUNDLED[name].get("unit") == "percent"
    ]
    for name in [*rates.split(), *groups, "alerts.layer_ctr_drop", "roi.conversion_strong"]:
        assert "sample_min" in BUNDLED[name], name


def test_each_of_them_can_be_set_to_what_it_is() -> None:
    for name, value in OURS.items():
        shown = plain(value)
        if isinstance(shown, dict):
            words = [
                f"{key}={json.dumps(entry) if isinstance(entry, list) else entry}"
                for key, entry in shown.items()
            ]
        elif isinstance(shown, list):
            words = [json.dumps(shown)]
        else:
            words = [f"{shown} %" if value.get("unit") == "percent" else str(shown)]
        assert read(name, value, words) == value, name


def test_bands_are_in_order_and_in_one_unit() -> None:
    pairs = [(name, name.removesuffix("_low") + "_high") for name in BUNDLED if name.endswith("_low")]
    found = [(BUNDLED[low], BUNDLED[high]) for low, high in pairs if high in BUNDLED]
    assert len(found) > 10
    for low, high in found:
        assert low["unit"] == high["unit"]
        number = money.parse(low["value"]).minor if low["unit"] == "money" else low["value"]
        assert number < (money.parse(high["value"]).minor if low["unit"] == "money" else high["value"])


def test_money_caps_and_solo_mode_take_two_and_what_is_sent_takes_one() -> None:
    two = "fraud.rewarded_invites_max fraud.minimum_order cashback.rate cashback.rounding loyalty.engagement_per_day_max"
    for name in [*two.split(), "operators.solo"]:
        assert needs_second(name, BUNDLED[name]), name
    for name, value in BUNDLED.items():
        assert not (name.startswith("send.") and needs_second(name, value))


def test_amounts_of_the_library_are_amounts_of_a_named_currency() -> None:
    def texts(entry: Any) -> list[str]:
        if isinstance(entry, dict):
            return [text for part in entry.values() for text in texts(part)]
        if isinstance(entry, list):
            return [text for part in entry for text in texts(part)]
        return [entry] if isinstance(entry, str) else []

    count = 0
    for name, value in SHELF.items():
        amounts = [text for text in texts(fields_of(value)) if re.fullmatch(r"[\d.]+ [A-Z]{3}", text)]
        assert all(str(money.parse(text)) == text for text in amounts), name
        assert not amounts or value["second"], name
        assert set(value) & META >= {"says", "source", "date", "articles", "version"}, name
        count += len(amounts)
    assert count > 40


def test_the_articles_own_contradictions_stand_side_by_side() -> None:
    assert SHELF["promotion.online_courses"]["off_percent"] == 25, "75折 is 25 % off"
    assert BUNDLED["promotion.poll_discount"]["value"] == 15, "85折 is 15 % off"
    assert [SHELF[f"promotion.weekly_slot_{one}"]["per_week"] for one in ("prep", "upkeep")] == [1, 2]
    for mix in ("mix_five", "mix_three"):
        assert sum(SHELF[f"content.{mix}"]["shares"].values()) == 100 and SHELF[f"content.{mix}"]["share_of"]
    assert SHELF["windows.weekend_afternoon"]["uncertain"] and SHELF["windows.weekend_afternoon"]["days"] == [
        "Sat",
        "Sun",
    ]
    assert [BUNDLED[f"send.group_posts_{one}"]["value"] for one in ("target", "warn", "stop")] == [2, 3, 5]
    assert [BUNDLED[f"groups.link_ctr_{one}"]["value"] for one in ("setup", "steady")] == [25, 20]
    assert [BUNDLED[f"groups.members_{one}"]["value"] for one in ("warn", "official_max")] == [150, 8]


def test_the_library_is_listed_without_what_a_ledger_has_anyway() -> None:
    assert [row["preset"] for row in service_reading.presets("loyalty.")] == sorted(
        name for name in SHELF if name.startswith("loyalty.")
    )
    assert len(service_reading.presets("")) == len(SHELF)
    assert [row["preset"] for row in service_reading.presets("preset.send.gap")] == ["preset.send.gap"]


def test_the_page_on_policy_is_current() -> None:
    spec = importlib.util.spec_from_file_location("policy_page", DOCS / "policy.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "policy.md").read_text(encoding="utf-8")
    assert written == module.page(), "python docs/policy.py > docs/policy.md"
    for source in FINDINGS:
        assert f"| {source} |" in written
