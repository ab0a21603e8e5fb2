"""What WhatsApp tells of groups, templates and accounts acts at once and is said once, in any order."""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.conftest import NOW
from tests.sync.webhooks import AT, GROUP, NUMBER, body, our_number, take_in
from waconsole.clock import MINUTE, SECOND
from waconsole.command import Invocation
from waconsole.database.connection import Database, Row, Transaction
from waconsole.groups import store_joins, store_live, store_requests, store_standing
from waconsole.operators import service as operators
from waconsole.outbox import store_numbers, store_templates
from waconsole.settings import Settings
from waconsole.sync import notice_rows
from waconsole.sync.commands_notices import COMMANDS

WABA = "200000000000002"
BO = "DE.90000000000000002"


def told(field: str, value: dict[str, Any], at: int = AT) -> bytes:
    entry = {"id": WABA, "time": at, "changes": [{"field": field, "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def group_event(type_: str, at: int = AT, **more: Any) -> bytes:
    element = {"group_id": GROUP, "type": type_, "timestamp": str(at), **more}
    return body(field="group_participants_update", groups=[element])


def status(event: str, at: int, **more: Any) -> bytes:
    named = {"message_template_id": 5, "message_template_name": "tour", "message_template_language": "de"}
    return told("message_template_status_update", {"event": event, "reason": "NONE", **named, **more}, at)


async def notices(database: Database) -> list[tuple[str, str, str]]:
    rows = await database.read(notice_rows.notices)
    return [(row["level"], row["named"], row["sentence"]) for row in rows]


async def template(database: Database) -> Row:
    row = await database.read(lambda tx: store_templates.template_row(tx, WABA, "tour", "de"))
    assert row is not None
    return row


async def test_the_latest_word_on_a_template_stands_whatever_came_first(database: Database) -> None:
    await our_number(database)
    words = [status("APPROVED", AT), status("PAUSED", AT + 9), status("REINSTATED", AT + 5)]
    await take_in(database, *words, words[0])

    row = await template(database)
    assert (row["status"], row["template_id"], row["status_at"]) == ("PAUSED", "5", (AT + 9) * SECOND)
    assert [level for level, _, _ in await notices(database)] == ["warning", "note"]
    assert (await notices(database))[0][1:] == (
        "tour (de)", "WhatsApp has paused this template: what waits for it is held.",
    )  # fmt: skip


async def test_parts_of_a_template_do_not_outdate_each_other(database: Database) -> None:
    await our_number(database)
    named = {"message_template_name": "tour", "message_template_language": "de"}
    category = {**named, "previous_category": "UTILITY", "new_category": "MARKETING"}
    quality = {**named, "previous_quality_score": "GREEN", "new_quality_score": "RED"}
    await take_in(
        database,
        told("template_category_update", category, AT + 9),
        status("PAUSED", AT),
        told("message_template_quality_update", quality, AT + 5),
        told("message_template_components_update", named, AT + 1),
    )

    row = await template(database)
    assert (row["status"], row["category"], row["quality"], row["stale"]) == ("PAUSED", "MARKETING", "RED", 1)
    assert row["told_at"] == (AT + 9) * SECOND


async def test_a_template_told_by_an_unknown_id_alone_is_kept(database: Database) -> None:
    await our_number(database)
    only_id = told("message_template_status_update", {"event": "PAUSED", "message_template_id": 5})
    await take_in(database, only_id)
    kept = await database.read(lambda tx: tx.rows("SELECT state, reason FROM inbound_item"))
    assert kept[0]["state"] == "kept", kept[0]["reason"]
    assert "templates sync" in kept[0]["reason"]

    await take_in(
        database,
        status("APPROVED", AT - 1),
        told("message_template_status_update", {"event": "DISABLED", "message_template_id": "5"}),
    )
    assert (await template(database))["status"] == "DISABLED"


async def test_a_restricted_account_stands_still_until_whatsapp_lets_it_go_on(database: Database) -> None:
    await our_number(database)
    await take_in(
        database, told("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{}]})
    )

    async def number() -> Row:
        return await database.read(lambda tx: store_numbers.numbers_named(tx, NUMBER)[0])

    row = await number()
    assert row["paused_at"] == NOW
    assert "restricted this account" in row["paused_reason"]
    assert [level for level, _, _ in await notices(database)] == ["alarm"]

    again = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": ["REINSTATE"]}}
    await take_in(database, told("account_update", again, AT - 60))  # an old word
    assert (await number())["paused_at"] == NOW
    await take_in(database, told("account_update", again, AT + 60))
    assert (await number())["paused_at"] is None


async def test_an_error_of_a_number_stops_it_as_it_would_in_an_answer(database: Database) -> None:
    await our_number(database)

    async def after(code: int) -> str:
        metadata = {"metadata": {"phone_number_id": NUMBER}}
        await take_in(
            database, told("messages", metadata | {"errors": [{"code": code, "message": "locked"}]})
        )
        row = await database.read(lambda tx: store_numbers.numbers_named(tx, NUMBER)[0])
        return str(row["stopped_reason"])

    # A campaign's error, and one of a moment, leave the number alone.
    assert [await after(code) for code in (131048, 130429)] == ["", ""]
    assert await after(131031) == "locked"


async def test_a_pause_of_an_operator_is_not_lifted_by_whatsapp(database: Database) -> None:
    await our_number(database)

    def pause(tx: Transaction) -> None:
        who = operators.acting(tx, None, now=NOW)
        number_id = store_numbers.numbers_named(tx, NUMBER)[0]["id"]
        store_numbers.set_paused(tx, number_id, at=NOW, operator_id=who.id, reason="operator")

    await database.write(pause)
    await take_in(
        database,
        told("account_update", {"event": "DISABLED_UPDATE"}),
        told("account_update", {"event": "ACCOUNT_RECONNECTED"}, AT + 1),
    )
    row = await database.read(lambda tx: store_numbers.numbers_named(tx, NUMBER)[0])
    assert (row["paused_at"], row["paused_reason"]) == (NOW, "operator")


async def test_quality_limits_and_other_words_are_told(database: Database) -> None:
    await our_number(database)
    await take_in(
        database,
        told("phone_number_quality_update", {"event": "FLAGGED", "current_limit": "TIER_2K"}),
        told("business_capability_update", {"max_daily_conversations_per_business": 10_000}, AT + 1),
        told("account_review_update", {"decision": "REJECTED"}),
        told("security", {"display_phone_number": "15550009999", "event": "PIN_CHANGED"}),
        told("phone_number_name_update", {"decision": "REJECTED"}),
        told("account_alerts", {"alert_info": {"alert_type": "X", "alert_severity": "CRITICAL"}}),
        body(errors=[{"code": "131000", "title": "Something went wrong"}]),
    )

    row = await database.read(lambda tx: store_numbers.numbers_named(tx, NUMBER)[0])
    limit = await database.read(lambda tx: tx.value("SELECT limit_max FROM portfolio"))
    assert (row["quality"], limit) == ("RED", 10_000)
    assert len(await notices(database)) == 7


JOINING = (
    group_event("group_join_request_created", AT, join_request_id="J1", user_id=BO, username="bo.fake"),
    group_event("group_add_participants", AT + 9, added_participants=[{"user_id": BO, "input": BO}]),
)


async def test_who_asks_to_come_in_without_a_phone_is_a_row_a_line_and_an_item(database: Database) -> None:
    await our_number(database)
    await take_in(database, JOINING[0], JOINING[0])

    (row,) = await database.read(store_joins.joins)
    assert (row["request_id"], row["state"], row["asked_at"]) == ("J1", "asked", AT * SECOND)
    assert json.loads(row["person"]) == {"bsuid": BO, "username": "bo.fake"}
    items = await database.read(lambda tx: tx.rows("SELECT kind FROM work_item"))
    assert [item["kind"] for item in items] == ["join"]


async def test_asking_and_coming_in_end_the_same_in_both_orders(database: Database) -> None:
    await our_number(database)
    for place, order in enumerate(itertools.permutations(JOINING)):
        at = AT + 100 * place
        asked, came = (
            group_event(
                "group_join_request_created", at, join_request_id=f"J{place}", user_id=f"{BO}{place}"
            ),
            group_event("group_add_participants", at + 9, added_participants=[{"user_id": f"{BO}{place}"}]),
        )
        await take_in(database, *((asked, came) if order == JOINING else (came, asked)))
    rows = await database.read(lambda tx: store_joins.joins(tx, only_asked=False))
    assert [(row["state"], row["decided_at"] - row["asked_at"]) for row in rows] == [
        ("approved", 9 * SECOND)
    ] * 2


async def test_a_request_taken_back_before_it_was_told_is_taken_back(database: Database) -> None:
    await our_number(database)
    back = group_event("group_join_request_revoked", AT + 5, join_request_id="J1", user_id=BO)
    await take_in(database, back, JOINING[0])
    (row,) = await database.read(lambda tx: store_joins.joins(tx, only_asked=False))
    assert (row["state"], row["asked_at"]) == ("revoked", AT * SECOND)


def begun(tx: Transaction, kind: str = "create", request_id: str | None = "REQ", **body_: Any) -> int:
    number_id = store_numbers.numbers_named(tx, NUMBER)[0]["id"]
    row_id = store_requests.begin(
        tx, ref=f"gr-{request_id}", kind=kind, number_id=number_id, group_id=None, body=body_,
        operator_id=operators.acting(tx, None, now=NOW).id, now=NOW, deadline_at=NOW + 15 * MINUTE,
    )  # fmt: skip
    state = {"request_id": request_id, "state": "pending"} if request_id else {"state": "unknown"}
    store_requests.set_request(tx, row_id, state)
    return row_id


async def test_a_group_that_was_asked_for_is_there_with_its_link(database: Database) -> None:
    await our_number(database)
    row_id = await database.write(lambda tx: begun(tx, subject="Coffee club"))
    made = {
        "subject": "Coffee club",
        "invite_link": "https://chat.whatsapp.com/FAKE",
        "join_approval_mode": "auto_approve",
    }
    await take_in(database, group_event("group_create", NOW // SECOND, request_id="REQ", **made))

    def look(tx: Transaction) -> tuple[Row, Row]:
        request = store_requests.request_row(tx, row_id)
        return request, store_standing.standing(tx, request["group_id"])

    request, group = await database.read(look)
    assert request["state"] == "done"
    assert (group["name"], group["invite_link"], group["approval"]) == (
        "Coffee club",
        made["invite_link"],
        "auto",
    )


async def test_a_group_whose_answer_was_lost_is_known_again_by_its_name(database: Database) -> None:
    await our_number(database)
    row_id = await database.write(lambda tx: begun(tx, request_id=None, subject="Coffee club"))
    await take_in(
        database, group_event("group_create", NOW // SECOND, request_id="REQ9", subject="Coffee club")
    )
    request = await database.read(lambda tx: store_requests.request_row(tx, row_id))
    assert (request["state"], request["request_id"]) == ("done", "REQ9")


async def test_a_removal_that_was_done_in_part_says_whom_it_left(database: Database) -> None:
    await our_number(database)
    row_id = await database.write(lambda tx: begun(tx, "remove"))
    await take_in(
        database,
        group_event(
            "group_participants_remove", request_id="REQ", initiated_by="business",
            removed_participants=[{"input": "+15550001111"}],
            failed_participants=[{"input": BO, "errors": [{"code": 131212, "message": "not in group"}]}],
            errors=[{"code": "131201", "message": "partial"}],
        ),
    )  # fmt: skip
    request = await database.read(lambda tx: store_requests.request_row(tx, row_id))
    assert (request["state"], request["code"]) == ("partly", 131201)
    assert (await notices(database))[0][2] == (
        f"1 were taken out of the group, 1 were not: {BO} (error 131212)."
    )


async def test_a_request_nobody_answers_is_overdue_and_says_so_once(database: Database) -> None:
    await our_number(database)
    row_id = await database.write(lambda tx: begun(tx, subject="Coffee club"))
    late = NOW + 20 * MINUTE
    await take_in(database, now=late)
    await take_in(database, now=late + MINUTE)
    request = await database.read(lambda tx: store_requests.request_row(tx, row_id))
    assert request["state"] == "overdue"
    ((level, named, sentence),) = await notices(database)
    assert (level, named) == ("warning", "Coffee club")
    assert "for 20 minutes" in sentence

    await take_in(
        database, group_event("group_create", AT, request_id="REQ", subject="Coffee club"), now=late
    )
    request = await database.read(lambda tx: store_requests.request_row(tx, row_id))
    assert request["state"] == "done"


async def test_a_notice_stands_until_somebody_has_seen_it(database: Database) -> None:
    await our_number(database)
    await take_in(database, status("PAUSED", AT), status("DISABLED", AT + 1))

    async def run(word: str, **values: Any) -> dict[str, Any]:
        command = next(one for one in COMMANDS if one.words == ("notices", word))
        call = Invocation(values, NOW, None, Settings(), lambda _: None, lambda _, __: None, lambda: False)
        return dict((await command.work(database, call)).document)

    rows = (await run("list", all=False))["rows"]
    assert [row["level"] for row in rows] == ["alarm", "warning"]
    assert await run("seen", id=[str(rows[0]["id"])], all=False) == {"seen": 1}
    assert await run("seen", id=[], all=True) == {"seen": 1}
    assert (await run("list", all=False))["count"] == 0
    seen = (await run("list", all=True))["rows"]
    assert all(row["seen_at"] for row in seen)


async def test_a_stop_in_whatsapp_counts_for_its_number_in_any_order(database: Database) -> None:
    await our_number(database)

    def word(value: str, at: int, phone: str) -> bytes:
        preference = {"wa_id": phone, "category": "marketing_messages", "value": value, "timestamp": at}
        return body(field="user_preferences", user_preferences=[preference])

    for phone, order in (("15550001111", (0, 1)), ("15550002222", (1, 0))):
        words = (word("stop", AT, phone), word("resume", AT + 5, phone))
        await take_in(database, *(words[place] for place in order))
    rows = await database.read(
        lambda tx: [tuple(row) for row in tx.rows("SELECT since, lifted_at FROM suppression ORDER BY id")]
    )
    assert rows == [(AT * SECOND, (AT + 5) * SECOND)] * 2


async def test_a_group_is_suspended_and_restored_by_the_latest_word(database: Database) -> None:
    await our_number(database)
    await take_in(database, group_event("group_suspend_cleared", AT + 9), group_event("group_suspend", AT))

    def look(tx: Transaction) -> Row:
        group = store_live.group_by_whatsapp_id(tx, GROUP)
        assert group is not None
        return store_standing.standing(tx, group["id"])

    assert (await database.read(look))["suspended_at"] is None
    await take_in(database, group_event("group_suspend", AT + 20))
    assert (await database.read(look))["suspended_at"] == (AT + 20) * SECOND
    assert (await notices(database))[0][0] == "alarm"


async def test_words_on_a_group_end_the_same_in_every_order(database: Database) -> None:
    await our_number(database)
    found = set()
    for place, order in enumerate(itertools.permutations(range(5))):
        group = f"GROUP{place}"
        words: tuple[tuple[str, dict[str, Any]], ...] = (
            ("group_create", {"subject": "Coffee", "description": "we drink", "join_approval_mode": "approval_required",
                              "invite_link": "https://chat.whatsapp.com/A", "request_id": f"R{place}"}),
            ("group_settings_update", {"group_subject": {"text": f"Tea {place}", "update_successful": True}}),
            ("group_suspend", {}),
            ("group_suspend_cleared", {}),
            ("group_join_request_created", {"join_request_id": "J", "user_id": BO}),
        )  # fmt: skip
        bodies = [
            body(field="x", groups=[{"group_id": group, "type": kind, "timestamp": AT + at, **more}])
            for at, (kind, more) in enumerate(words)
        ]
        await take_in(database, *(bodies[one] for one in order))

        def look(tx: Transaction, group: str = group, place: int = place) -> tuple[Any, ...]:
            known = store_live.group_by_whatsapp_id(tx, group)
            assert known is not None
            row = store_standing.standing(tx, known["id"])
            (asked,) = store_joins.joins(tx, known["id"])
            return (
                row["name"].removesuffix(f" {place}"),
                *row[6:9],
                *row[10:14],
                asked["asked_at"],
                asked["state"],
            )

        found.add(await database.read(look))
    assert found == {
        ("Tea", "we drink", "required", "https://chat.whatsapp.com/A", None, (AT + 3) * SECOND, (AT + 1) * SECOND,
         AT * SECOND, (AT + 4) * SECOND, "asked"),
    }  # fmt: skip


async def test_of_two_words_of_one_second_the_harder_counts_in_both_orders(database: Database) -> None:
    await our_number(database)
    for language in ("de", "fr"):
        more = {"message_template_language": language}
        words = [status("PAUSED", AT, **more), status("APPROVED", AT, **more)]
        await take_in(database, *(words if language == "de" else reversed(words)))
    rows = await database.read(store_templates.templates)
    assert [row["status"] for row in rows] == ["PAUSED", "PAUSED"]


async def test_who_ends_marketing_in_whatsapp_itself_is_told_of_once(database: Database) -> None:
    await our_number(database)
    wish = {
        "wa_id": "15550001111",
        "user_id": "US.1",
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": AT,
    }
    content = body(field="user_preferences", user_preferences=[wish])
    again = body(field="user_preferences", user_preferences=[wish, wish])
    await take_in(database, content, again)

    ((level, named, sentence),) = await notices(database)
    assert level == "note" and "no more marketing" in sentence
    assert named.startswith("m-") and "1555" not in named
