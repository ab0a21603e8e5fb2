"""Templates: the latest word on each part, lists that were fetched, and what is typed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from waconsole.clock import SECOND
from waconsole.command import Invocation
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused, UsageError
from waconsole.outbox import commands_templates as commands
from waconsole.outbox import service_accounts, service_templates, store_accounts, store_templates
from waconsole.outbox.account_words import meaning
from waconsole.settings import CloudSettings, Settings
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.events_standing import TemplateChanged
from waconsole.whatsapp.templates import TemplateSeen, body, button_kind, filled, placeholders, seen

WABA = "200000000000002"
SETTINGS = Settings(cloud=CloudSettings(waba_id=WABA))
GRAPH: list[dict[str, Any]] = [
    {"name": "tour", "language": "de", "status": "APPROVED", "category": "MARKETING", "id": "5",
     "quality_score": {"score": "GREEN"}, "components": [{"type": "BODY", "text": "Hallo {{1}}"}]},
    {"name": "tour", "language": {"code": "fr"}, "status": "REJECTED", "rejected_reason": "INVALID_FORMAT"},
    {"language": "en"},
]  # fmt: skip


def call(**values: Any) -> Invocation:
    return Invocation(values, NOW, None, SETTINGS, lambda _: None, lambda _, __: None, lambda: False)


async def run(database: Database, word: str, **values: Any) -> dict[str, Any]:
    command = next(one for one in commands.COMMANDS if one.words == ("templates", word))
    given = {argument.key: None for argument in command.arguments} | values
    return dict((await command.work(database, call(**given))).document)


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a fetch answers: a verdict and templates."""
    answers: list[Any] = [Verdict("accepted"), [one for raw in GRAPH if (one := seen(raw))]]

    async def fetched(database: Database, settings: Settings, waba_id: str, *, now: int) -> Any:
        return answers[0], answers[1]

    monkeypatch.setattr(service_templates, "_fetched", fetched)
    return answers


async def row_of(database: Database, language: str = "de") -> Row:
    row = await database.read(lambda tx: store_templates.template_row(tx, WABA, "tour", language))
    assert row is not None
    return row


async def test_a_sync_lists_what_whatsapp_has(database: Database, graph: list[Any]) -> None:
    assert await run(database, "sync") == {"templates": 2, "changed": 2, "deleted": 0}
    rows = (await run(database, "list"))["rows"]
    assert [(row["name"], row["language"], row["status"], row["reason"], row["text"]) for row in rows] == [
        ("tour", "de", "APPROVED", "", "Hallo {{1}}"),
        ("tour", "fr", "REJECTED", "INVALID_FORMAT", ""),
    ]
    assert await run(database, "sync") == {"templates": 2, "changed": 0, "deleted": 0}

    graph[1] = graph[1][:1]
    assert (await run(database, "sync"))["deleted"] == 1
    assert [row["language"] for row in (await run(database, "list"))["rows"]] == ["de"]
    assert len((await run(database, "list", all=True))["rows"]) == 2


async def test_a_later_event_outlives_a_fetch_and_an_earlier_one_does_not(
    database: Database, graph: list[Any]
) -> None:
    def event(value: str, at: int) -> TemplateChanged:
        return TemplateChanged(WABA, "status", "tour", "de", "5", value, "", "", at)

    await database.write(lambda tx: service_templates.heard(tx, event("PAUSED", NOW + SECOND), now=NOW))
    await run(database, "sync")
    assert (await row_of(database))["status"] == "PAUSED"
    assert (await row_of(database))["components"] != "[]"

    word = await database.write(
        lambda tx: service_templates.heard(tx, event("DISABLED", NOW - SECOND), now=NOW)
    )
    assert word is None
    assert (await row_of(database))["status"] == "PAUSED"


@pytest.mark.parametrize("comes_first", [False, True])
@pytest.mark.parametrize("status", ["APPROVED", "REJECTED"])
async def test_whatsapps_word_of_the_second_in_which_a_template_was_made_counts(
    database: Database, monkeypatch: pytest.MonkeyPatch, status: str, comes_first: bool
) -> None:
    class Made:
        async def create(self, form: dict[str, Any]) -> tuple[Verdict, str, str, str]:
            return Verdict("accepted"), "5", "PENDING", "UTILITY"

    @asynccontextmanager
    async def opened(*_: Any, **__: Any) -> AsyncIterator[None]:
        yield None

    monkeypatch.setattr("waconsole.whatsapp.cloud.driver.open_cloud", opened)
    monkeypatch.setattr("waconsole.whatsapp.cloud.templates.templates_of", lambda _: Made())
    form = {"name": "tour", "language": "de", "category": "UTILITY", "components": []}
    word = TemplateChanged(WABA, "status", "tour", "de", "5", status, "", "", NOW)
    late = NOW + SECOND * 9 // 10

    async def tell() -> None:
        await database.write(lambda tx: service_templates.heard(tx, word, now=late))

    if comes_first:
        await tell()
    await service_templates.create(database, SETTINGS, form, operator=None, now=late)
    if not comes_first:
        await tell()
    assert (await row_of(database))["status"] == status


async def test_a_list_that_was_not_read_to_its_end_changes_nothing(
    database: Database, graph: list[Any]
) -> None:
    graph[:] = [Verdict("refused", action=Action.SLOW, code=4, detail="too many calls"), []]
    with pytest.raises(Refused, match="error 4"):
        await run(database, "sync")


async def test_a_file_of_graphs_answer_is_taken_in(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "templates.json"
    file.write_text(json.dumps({"data": GRAPH}))
    answer = await run(database, "import", file=str(file))
    assert answer == {"rows": 3, "new": 2, "unchanged": 0, "rejected": 1}
    assert (await run(database, "import", file=str(file)))["unchanged"] == 2
    file.write_text("{}")
    with pytest.raises(Refused, match="no list"):
        await run(database, "import", file=str(file))


async def test_what_is_typed_becomes_graphs_form() -> None:
    values = {
        "name": "tour", "language": "de", "category": "utility", "body": "Hallo {{name}}, {{amount}}", "header": "Tour",
        "footer": None, "example": ["Ana", "12.50"], "button": ["url|Open|https://x.example/{{1}}", "quick_reply|Stop"],
    }  # fmt: skip
    form = commands._form(values)
    assert (form["category"], form["parameter_format"]) == ("UTILITY", "NAMED")
    assert form["components"][1]["example"]["body_text_named_params"][0] == {
        "param_name": "name",
        "example": "Ana",
    }
    assert form["components"][2]["buttons"] == [
        {"type": "URL", "text": "Open", "url": "https://x.example/{{1}}"}, {"type": "QUICK_REPLY", "text": "Stop"},
    ]  # fmt: skip
    for wrong in ({"category": "spam"}, {"body": ""}, {"example": ["Ana"]}, {"button": ["url|Open"]}):
        with pytest.raises(UsageError):
            commands._form({**values, **wrong})


async def test_management_calls_are_counted_and_few(database: Database) -> None:
    later = NOW + 3_600 * SECOND

    def work(tx: Transaction) -> int:
        for _ in range(200):
            service_accounts.use_call(tx, WABA, now=NOW)
        with pytest.raises(Refused, match="200 management calls"):
            service_accounts.use_call(tx, WABA, now=NOW)
        service_accounts.use_call(tx, WABA, now=later)
        return store_accounts.calls_in_last_hour(tx, WABA, now=later)

    assert await database.write(work) == 1


def test_what_a_template_leaves_open() -> None:
    assert placeholders("{{1}} and {{ 2 }} and {{1}}") == ["1", "2"]
    assert filled("Hi {{1}}, {{2}}", {"1": "Ana"}) == "Hi Ana, {{2}}"
    assert body([{"type": "body", "text": "Hi"}]) == "Hi"
    assert [button_kind({"type": kind}) for kind in ("URL", "PHONE_NUMBER", "OTP")] == ["url", "", "otp"]
    assert seen({"name": "a", "language": "en"}) == TemplateSeen("a", "en", reason="")


@pytest.mark.parametrize(
    ("event", "value", "stops"),
    [
        ("ACCOUNT_VIOLATION", {}, True),
        ("ACCOUNT_RESTRICTION", {"restriction_info": []}, False),
        ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "DISABLE"}}, True),
        ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": ["SCHEDULE_FOR_DISABLE"]}}, None),
        ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": ["REINSTATE"]}}, False),
        ("NEW_WORD", {}, None),
    ],
)
def test_what_stops_an_account(event: str, value: dict[str, Any], stops: bool | None) -> None:
    assert meaning("account_update", event, value).stops is stops
