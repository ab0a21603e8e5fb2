"""`numbers …` and `outbox pause|resume` as they are typed."""

from __future__ import annotations

import pytest

from tests.outbox.road import PHONE_NUMBER_ID
from tests.outbox.test_outbox_commands import ANA, Say, cloud, opened, say

__all__ = ("cloud", "say")  # fixtures

KEYS = {
    "number", "name", "phone", "phone_number_id", "waba_id", "driver", "state", "quality", "reason", "by", "since", "per_second",
    "reached", "reach_max", "queued", "scheduled", "sending", "held", "unknown",
}  # fmt: skip


def test_numbers_are_added_listed_paused_and_resumed(say: Say, cloud: None) -> None:
    assert say("numbers", "list")[1] == {"count": 0, "rows": []}
    code, row, _ = say("numbers", "add", "77", "--name", "Lyon", "--phone", "+33 6 39 98 00 00", "--shared")
    assert (code, set(row)) == (0, KEYS)
    assert (row["name"], row["phone"], row["state"], row["per_second"]) == (
        "Lyon",
        "+33639980000",
        "ready",
        20,
    )

    assert say("numbers", "pause", "lyon", "--reason", "stocktaking")[1]["state"] == "paused"
    (listed,) = say("numbers", "list")[1]["rows"]
    assert (listed["state"], listed["reason"], bool(listed["by"])) == ("paused", "stocktaking", True)
    assert say("numbers", "pause", "77")[0] == 1
    assert say("numbers", "resume", "+33639980000")[1]["state"] == "ready"
    assert say("numbers", "resume", "Lyon")[0] == 1
    assert say("numbers", "pause", "Paris")[0] == 1
    assert say("numbers", "add", "77")[0] == 0  # again: nothing new
    assert say("numbers", "list")[1]["count"] == 1


@pytest.mark.parametrize("words", [("numbers", "add"), ("numbers", "add", "12", "--phone-number-id", "13")])
def test_a_number_is_named_once(say: Say, words: tuple[str, ...]) -> None:
    assert say(*words)[0] == 2


def test_everything_is_paused_by_one_command_and_undone(say: Say, cloud: None, ledger_path: object) -> None:
    ref = say("send", "text", "--to", ANA, "--text", "Hello")[1]["outgoing"]
    opened(ledger_path)  # type: ignore[arg-type]
    assert say("outbox", "pause")[1] == {"scope": "all", "key": "", "state": "paused"}

    say("outbox", "release", ref)
    code, synced, err = say("sync", "--once")
    assert (code, synced["sent"]) == (3, 0)
    assert "paused" in err
    (row,) = say("numbers", "list")[1]["rows"]
    assert (row["phone_number_id"], row["state"], row["reason"]) == (PHONE_NUMBER_ID, "paused", "operator")
    assert say("outbox", "pause")[0] == 1
    assert [say("undo")[1]["undone"] for _ in range(2)] == ["release outgoing", "pause all"]
    assert say("numbers", "list")[1]["rows"][0]["state"] == "ready"
    say("outbox", "pause")
    held = say("send", "text", "--to", ANA, "--text", "Later")[1]
    assert (held["state"], held["reason"]) == ("held", "panic")
    say("outbox", "resume")
    assert say("outbox", "list", "--state", "queued")[1]["count"] == 1


def test_a_campaign_or_a_number_is_paused_alone(say: Say, cloud: None) -> None:
    say("numbers", "add", "77", "--name", "Lyon")
    assert say("outbox", "pause", "--campaign", "spring")[1] == {
        "scope": "campaign",
        "key": "spring",
        "state": "paused",
    }
    assert say("outbox", "resume", "--campaign", "spring")[1]["state"] == "ready"
    assert say("outbox", "pause", "--number", "Lyon")[1] == {
        "scope": "number",
        "key": "Lyon",
        "state": "paused",
    }
    assert say("outbox", "resume", "--number", "Lyon")[0] == 0
    assert say("outbox", "resume")[0] == 1
    assert say("outbox", "pause", "--number", "Lyon", "--campaign", "spring")[0] == 2
