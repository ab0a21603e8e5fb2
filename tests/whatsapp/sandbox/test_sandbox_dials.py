"""The dials beside the plain faults: shares of several codes, the penalty of a pair, tokens, what fails later."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest

from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, WABA, Inside, inside, running
from tests.whatsapp.sandbox.test_sandbox_sending import body, image, template
from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.dials import Dials, read_dials, read_words
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.pace import Pace
from waconsole.whatsapp.sandbox.wire import Update, body_of


@pytest.fixture
def sandbox() -> AbstractAsyncContextManager[Inside]:
    """A sandbox without a port."""
    return inside({"silent": True})


def pace_of(*tries: tuple[float, int]) -> list[int]:
    """The codes of tries at (instant, how many at once)."""
    now = 0.0
    pace = Pace(lambda: now)
    codes = []
    for at, count in tries:
        now = at
        for _ in range(count):
            try:
                pace.check(MEMBER, Dials(pair_limit=True))
                codes.append(0)
            except GraphError as error:
                codes.append(error.code)
    return codes


def test_one_recipient_gets_45_at_once_and_then_one_in_six_seconds() -> None:
    assert pace_of((0, 45), (6, 1), (12, 1)) == [0] * 47


def test_who_comes_too_early_waits_one_four_sixteen_seconds() -> None:
    early = 131056
    # 4^0 s after the first refusal the debt still stands, and each further refusal shuts for longer.
    assert pace_of((0, 45), (0, 1), (6.1, 1)) == [0] * 45 + [early, 0]
    assert pace_of((0, 45), (5, 1), (5.5, 1), (6.1, 1)) == [0] * 45 + [early, early, early]
    assert pace_of((0, 45), (5, 1), (5.5, 1), (9.6, 1)) == [0] * 45 + [early, early, 0]
    assert pace_of((0, 45), (1, 1), (2.5, 1), (6.5, 1), (22.4, 1), (90, 1)) == [0] * 45 + [early] * 2 + [
        0,
        0,
        0,
    ]


def test_throughput_is_of_the_number() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    dials = Dials(throughput_max=80)
    for place in range(80):
        pace.check(f"+1555000{place:04}", dials)
    with pytest.raises(GraphError) as caught:
        pace.check(MEMBER, dials)
    assert caught.value.code == 130429
    now = 0.1
    for _ in range(8):
        pace.check(MEMBER, dials)


async def test_calls_beside_sending_are_counted_by_the_hour(sandbox: Inside) -> None:
    await sandbox.faults(management_max=2)

    codes = [(await sandbox.call("GET", NUMBER)).get("error", {}).get("code") for _ in range(3)]

    assert codes == [None, None, 80007]
    await sandbox.say()
    assert await sandbox.code({"type": "text", "text": {"body": "x"}}) == 0


def test_several_codes_have_shares_and_dice_of_their_own() -> None:
    def codes(**dials: Any) -> list[int | None]:
        faults = Faults(read_dials(dials), 7)
        return [faults.refusal(MEMBER) for _ in range(400)]

    several = codes(refuse_codes={"131056": 0.1, "131000": 0.2})

    assert several == codes(refuse_codes={"131056": 0.1, "131000": 0.2})
    assert 20 < several.count(131056) < 70
    assert 40 < several.count(131000) < 120
    assert codes(refuse_codes={"131056": 0.1}).count(131056) == several.count(131056)
    assert codes(refuse_code=4, refuse_times=1, refuse_codes={"190": 1})[:2] == [4, 190]


def test_latency_lies_about_its_mean() -> None:
    faults = Faults(Dials(latency_seconds=0.2, latency_jitter_seconds=0.3), 7)
    throws = [faults.latency() for _ in range(200)]

    assert min(throws) == 0.0
    assert 0.4 < max(throws) <= 0.5
    assert Faults(Dials(latency_seconds=0.2), 7).latency() == 0.2


async def test_a_token_expires_and_an_account_is_restricted(sandbox: Inside) -> None:
    await sandbox.say()
    words = {"type": "text", "text": {"body": "x"}}

    await sandbox.faults(token_expired=True)
    assert await sandbox.code(words) == 190
    assert (await sandbox.call("GET", NUMBER))["error"]["code"] == 190
    await sandbox.faults(account_restricted=True)
    assert await sandbox.code(words) == 368
    assert (await sandbox.call("GET", f"{NUMBER}?fields=status"))["status"] == "RESTRICTED"


async def test_links_and_marketing_may_fail_later(sandbox: Inside) -> None:
    await sandbox.say()
    await sandbox.say(sender="DE.90000000000000002")
    await sandbox.faults(silent=True, link_broken=1, us_marketing_stopped=True)

    assert await sandbox.code(image(link="https://shop.example/a.jpg")) == 0
    assert await sandbox.code(image(id="300000000000003")) == 0
    assert await sandbox.code(template("news", body("Ana"))) == 0
    request = {"recipient": "DE.90000000000000002", **template("news", body("Bo"))}
    assert (await sandbox.post({"messaging_product": "whatsapp", **request})).status_code == 200
    await sandbox.until(lambda: sum(it.get("status") in ("failed", "read") for it in sandbox.told()) == 4)

    failed = [it["errors"][0]["code"] for it in sandbox.told() if it.get("status") == "failed"]
    assert sorted(failed) == [131049, 131053]


async def test_a_change_is_made_and_its_answer_lost() -> None:
    async with running({"change_drop_after": 1, "group_delay_seconds": 0}) as sandbox:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await sandbox.post(
                {"messaging_product": "whatsapp", "subject": "x"}, path=f"/v26.0/{NUMBER}/groups"
            )
        await sandbox.until(lambda: any(it.subject == "x" for it in sandbox.world.groups.values()))


async def test_a_body_lingers_for_company() -> None:
    async with running({"webhook_linger_seconds": 0.1}) as sandbox:
        for number in range(3):
            await sandbox.say(str(number))
        await sandbox.messages(3)

        assert [len(value["messages"]) for value in sandbox.receiver.changes()] == [3]


def test_what_is_told_of_the_account_is_the_whole_change() -> None:
    update = Update(
        "", ({"event": "PAUSED"},), field="message_template_status_update", alone=True, at=1_790_000_000
    )

    document = json.loads(body_of([update], waba_id=WABA, phone_number_id=NUMBER, phone="15550009999"))

    assert document["entry"] == [
        {
            "id": WABA,
            "time": 1_790_000_000,
            "changes": [{"value": {"event": "PAUSED"}, "field": "message_template_status_update"}],
        }
    ]


def test_dials_on_the_command_line() -> None:
    words = [
        "drop_after=0.1",
        "silent=true",
        "refuse_to=+1555",
        'refuse_codes={"4": 1}',
        "template_verdict=REJECTED",
    ]
    dials = read_dials(read_words(words))

    assert (dials.drop_after, dials.silent, dials.refuse_to) == (0.1, True, "+1555")
    assert (dials.refuse_codes, dials.template_verdict) == ({"4": 1.0}, "REJECTED")
    for words, sentence in (
        (["drop_after"], "A fault on the command line is NAME=VALUE"),
        (["template_verdict=MAYBE"], "template_verdict takes APPROVED, REJECTED or PENDING"),
        (['refuse_codes={"x": 1}'], "refuse_codes takes codes with their shares"),
        (['refuse_codes={"4": 2}'], "refuse_codes takes codes with their shares"),
    ):
        with pytest.raises(Refused, match=sentence):
            read_dials(read_words(words))
