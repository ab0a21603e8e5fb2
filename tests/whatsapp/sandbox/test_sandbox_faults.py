"""The dials: what each does, and how a wrong one is refused."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.whatsapp.sandbox.harness import MEMBER, QUICK, SECRET, Running, running, text_to
from waconsole.errors import Refused
from waconsole.whatsapp.sandbox import dials, faults


async def code_of(sandbox: Running, to: str = MEMBER) -> int:
    """The error code of one send; 0 when it is accepted."""
    answer = await sandbox.post(text_to(to))
    return int(answer.json()["error"]["code"]) if answer.status_code != 200 else 0


async def test_sends_can_be_refused_a_number_of_times(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.say(sender="+15550002222")
    await sandbox.faults(refuse_code=130429, refuse_times=2, refuse_to=MEMBER)

    assert await code_of(sandbox, "+15550002222") == 0
    assert [await code_of(sandbox) for _ in range(3)] == [130429, 130429, 0]
    assert len(await sandbox.accepted()) == 2


async def test_each_code_comes_with_its_http_status(sandbox: Running) -> None:
    for code, status in ((131000, 500), (131016, 500), (2, 503), (190, 401), (132001, 404), (77, 400)):
        await sandbox.faults(refuse_code=code)
        await sandbox.say()

        answer = await sandbox.post(text_to(MEMBER))

        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_share_of_the_sends_is_refused_and_always_the_same_ones() -> None:
    async def round() -> list[int]:
        async with running({"refuse_code": 131056, "refuse_share": 0.3}) as sandbox:
            await sandbox.say()
            return [await code_of(sandbox) for _ in range(30)]

    first = await round()

    assert 2 < first.count(131056) < 20
    assert await round() == first


@pytest.mark.parametrize(("dial", "count"), [("drop_before", 0), ("drop_after", 1)])
async def test_the_answer_is_lost(sandbox: Running, dial: str, count: int) -> None:
    await sandbox.say()
    await sandbox.faults(**{dial: 1})

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await sandbox.post(text_to(MEMBER))

    assert len(await sandbox.accepted()) == count
    if count:
        assert len(await sandbox.statuses(3)) == 3


async def test_the_answer_never_comes(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.faults(hang_after=1)

    with pytest.raises(httpx.ReadTimeout):
        await sandbox.post(text_to(MEMBER), timeout=0.2)

    assert len(await sandbox.accepted()) == 1


@pytest.mark.parametrize(("dial", "count"), [("server_error_before", 0), ("server_error_after", 1)])
async def test_a_server_error_says_nothing_about_the_message(sandbox: Running, dial: str, count: int) -> None:
    await sandbox.say()
    await sandbox.faults(**{dial: 1, "server_error_status": 503})

    answer = await sandbox.post(text_to(MEMBER))

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, 131000)
    assert len(await sandbox.accepted()) == count


async def test_latency_holds_every_answer(sandbox: Running) -> None:
    await sandbox.faults(latency_seconds=0.15)

    began = time.monotonic()
    await sandbox.post(text_to(MEMBER))

    assert time.monotonic() - began >= 0.15


async def test_a_message_outside_the_window_can_fail_later(sandbox: Running) -> None:
    await sandbox.faults(window_late=True)

    wamid = await sandbox.send(biz_opaque_callback_data="o")

    (failed,) = await sandbox.statuses(1)
    assert (failed["id"], failed["status"], failed["biz_opaque_callback_data"]) == (wamid, "failed", "o")
    assert failed["errors"][0]["code"] == 131047
    assert failed["errors"][0]["error_data"]["details"]
    assert all("contacts" not in value for value in sandbox.receiver.changes())


async def test_accepted_messages_can_fail_later(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.faults(fail_code=131049)

    await sandbox.send()

    (failed,) = await sandbox.statuses(1)
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131049)


async def test_the_window_can_be_short(sandbox: Running) -> None:
    await sandbox.say(at=time.time() - 7200)
    await sandbox.send()

    await sandbox.faults(window_hours=1)

    assert await code_of(sandbox) == 131047


async def test_a_message_need_not_be_read(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.faults(read_share=0)

    await sandbox.send()
    await sandbox.statuses(2)
    await asyncio.sleep(0.05)

    assert [it["status"] for it in sandbox.receiver.values("statuses")] == ["sent", "delivered"]


async def test_the_throughput_of_the_number_is_limited(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.faults(throughput_max=5)

    codes = [await code_of(sandbox) for _ in range(8)]

    assert codes[:5] == [0] * 5
    assert codes[-1] == 130429


async def test_one_recipient_is_limited_and_others_go_on(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.say(sender="+15550002222")
    await sandbox.faults(pair_limit=True)

    codes = [await code_of(sandbox) for _ in range(46)]

    assert codes == [0] * 45 + [131056]
    assert await code_of(sandbox, "+15550002222") == 0


async def test_webhooks_come_twice(sandbox: Running) -> None:
    await sandbox.faults(webhook_duplicate=1)

    await sandbox.say()
    await sandbox.messages(2)

    first, second = sandbox.receiver.got
    assert (first.body, first.headers) == (second.body, second.headers)


async def test_webhooks_go_missing(sandbox: Running) -> None:
    await sandbox.faults(webhook_missing=1)
    await sandbox.say("lost")
    await sandbox.faults()
    await sandbox.say("found")

    (message,) = await sandbox.messages(1)

    assert message["text"]["body"] == "found"
    assert (await sandbox.state())["webhooks"]["dropped"] == 1


async def test_webhooks_are_delayed_and_reordered(sandbox: Running) -> None:
    await sandbox.faults(webhook_delay_seconds=0.8)
    await sandbox.say("slow")
    await sandbox.faults(webhook_reorder=1)
    await sandbox.say("late")
    await sandbox.faults()
    await sandbox.say("first")

    assert [it["text"]["body"] for it in await sandbox.messages(3)] == ["first", "late", "slow"]


async def test_webhooks_are_held_and_let_go(sandbox: Running) -> None:
    await sandbox.faults(webhook_hold=True, webhook_batch_max=2)
    for number in range(3):
        await sandbox.say(str(number))
    await asyncio.sleep(0.05)
    assert sandbox.receiver.got == []

    await sandbox.faults(webhook_batch_max=2)
    await sandbox.messages(3)

    assert [len(value["messages"]) for value in sandbox.receiver.changes()] == [2, 1]


async def test_a_signature_can_be_wrong(sandbox: Running) -> None:
    await sandbox.faults(webhook_bad_signature=1)
    await sandbox.say()
    await sandbox.messages(1)

    (posted,) = sandbox.receiver.got
    good = hmac.new(SECRET.encode(), posted.body, hashlib.sha256).hexdigest()
    assert re.fullmatch(r"sha256=[0-9a-f]{64}", posted.headers["x-hub-signature-256"])
    assert posted.headers["x-hub-signature-256"] != f"sha256={good}"


async def test_dials_not_named_stand_untouched(sandbox: Running) -> None:
    said = await sandbox.control("faults", {"drop_after": 0.5})
    assert said["drop_after"] == 0.5
    assert said["read_after_seconds"] == dials.Dials().read_after_seconds

    assert await sandbox.control("faults", {}) == dials.Dials().document()
    assert (await sandbox.client.get("/_sandbox/faults")).json() == dials.Dials().document()


WRONG: list[tuple[Any, str]] = [
    ({"drop_aftr": 1}, "No fault is called drop_aftr: did you mean drop_after?"),
    ({"zzzzzz": 1}, "No fault is called zzzzzz; there are latency_seconds, latency_jitter_seconds,"),
    ({"drop_after": 2}, "drop_after takes a share from 0 to 1, not 2."),
    ({"drop_after": True}, "drop_after takes a share from 0 to 1, not true."),
    ({"drop_after": "1"}, 'drop_after takes a share from 0 to 1, not "1".'),
    ({"drop_after": float("nan")}, "drop_after takes a share from 0 to 1, not NaN."),
    ({"silent": 1}, "silent takes true or false, not 1."),
    ({"refuse_code": 1.5}, "refuse_code takes an error code of WhatsApp, or 0 for none, not 1.5."),
    ({"refuse_to": 5}, "refuse_to takes a text, not 5."),
    ({"server_error_status": 404}, "server_error_status takes an HTTP status from 500 to 599, not 404."),
    ({"webhook_batch_max": 0}, "webhook_batch_max takes a whole number from 1 to 1,000, not 0."),
    ({"latency_seconds": -1}, "latency_seconds takes seconds from 0 to 86,400, not -1."),
    ([], 'Faults are one JSON object, like {"drop_after": 0.1}.'),
]


@pytest.mark.parametrize(("document", "sentence"), WRONG)
def test_a_wrong_dial_is_refused_in_one_sentence(document: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        dials.read_dials(document)
    assert str(caught.value).startswith(sentence)

    file = tmp_path / "faults.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(Refused) as from_file:
        dials.read_dials(faults.read_file(file))
    assert str(from_file.value) == str(caught.value)


async def test_a_refused_document_changes_nothing(sandbox: Running) -> None:
    before = (await sandbox.client.get("/_sandbox/faults")).json()

    said = await sandbox.refused("faults", {"silent": True, "drop_aftr": 1})

    assert said == "No fault is called drop_aftr: did you mean drop_after?"
    assert (await sandbox.client.get("/_sandbox/faults")).json() == before


def test_a_file_of_faults_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    with pytest.raises(Refused, match=r"cannot be read: No such file or directory\."):
        faults.read_file(file)
    file.write_bytes(b"{")
    with pytest.raises(Refused, match="are not valid JSON"):
        faults.read_file(file)
    file.write_bytes(b" " * (faults.FILE_BYTES_MAX + 1))
    with pytest.raises(Refused, match="is larger than"):
        faults.read_file(file)


def test_every_dial_is_explained_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")

    for name, kind, says, default in dials.table():
        assert f"| `{name}` | {kind} | `{json.dumps(default)}` | {says} |" in page
    assert QUICK.keys() <= {name for name, *_ in dials.table()}
