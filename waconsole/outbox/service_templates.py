"""Templates: fetched from WhatsApp, made and deleted there, and what its events say of them, at once.

The ledger keeps WhatsApp's latest word on each part (`store_templates`), so that what waits can be checked against it
without asking anybody. Management calls are few in an hour: whoever asks counts them first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.clock import SECOND
from waconsole.database import facts
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.outbox import service_accounts, store, store_accounts, store_numbers, store_templates
from waconsole.outbox.eligible import TEMPLATE_STATUS
from waconsole.settings import Settings
from waconsole.whatsapp.driver import Verdict
from waconsole.whatsapp.events_standing import TemplateChanged
from waconsole.whatsapp.templates import TemplateSeen, seen

FETCHED: Final = "templates_fetched_at"  # the fact that says when they last were, in microseconds UTC
IMPORTED_MAX: Final = 10_000
RELEASED_AT_ONCE_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found: templates at WhatsApp, those of which something was new, those that are no more there."""

    found: int
    changed: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word of WhatsApp on a template that counts: what it says, what stood before, how much waits for it."""

    name: str
    language: str
    part: str
    value: str
    before: str
    reason: str
    waiting: int


def accounts(tx: Transaction, settings: Settings) -> list[str]:
    """The accounts whose templates are ours. Raises Refused when none is known."""
    found = store_accounts.accounts(tx)
    if settings.cloud.waba_id and settings.cloud.waba_id not in found:
        found.append(settings.cloud.waba_id)
    if not found:
        raise Refused("No account is known: set cloud.waba_id, the id of the WhatsApp Business Account.")
    return found


async def sync(database: Database, settings: Settings, *, now: int, drops: bool = True) -> Synced:
    """Fetch the templates of every account of ours; an event that is later than the fetch stands. Raises Refused.

    What is not at WhatsApp any more is marked as deleted where it `drops`.
    """
    total = Synced(0, 0, 0)
    for waba_id in await database.read(lambda tx: accounts(tx, settings)):
        verdict, found = await _fetched(database, settings, waba_id, now=now)
        if verdict.outcome != "accepted":
            raise Refused(_in_words(verdict))

        def work(tx: Transaction, waba_id: str = waba_id, found: list[TemplateSeen] = found) -> Synced:
            at = now - now % SECOND  # as WhatsApp's words: one of this very second is not older
            changed = sum(store_templates.hear_listed(tx, waba_id, one, at=at, now=now) for one in found)
            present = {(one.name, one.language) for one in found}
            deleted = store_templates.drop_missing(tx, waba_id, present, at=now) if drops else 0
            for one in found:
                if one.status in store_templates.USABLE:
                    let_go(tx, waba_id, one.name, one.language)
            return Synced(len(found), changed, deleted)

        one = await database.write(work)
        total = Synced(total.found + one.found, total.changed + one.changed, total.deleted + one.deleted)
    await database.write(lambda tx: facts.set_fact(tx, FETCHED, str(now)))
    return total


async def _fetched(
    database: Database, settings: Settings, waba_id: str, *, now: int
) -> tuple[Verdict, list[TemplateSeen]]:
    from waconsole.whatsapp.cloud.driver import open_cloud
    from waconsole.whatsapp.cloud.templates import templates_of

    number = await database.write(lambda tx: _counted(tx, waba_id, now=now))
    async with open_cloud(settings.cloud, phone_number_id=number, waba_id=waba_id) as driver:
        return await templates_of(driver).every()


def _counted(tx: Transaction, waba_id: str, *, now: int) -> str:
    """Count a management call; answers WhatsApp's id of a number of the account, "" for the one in the settings."""
    service_accounts.use_call(tx, waba_id, now=now)
    for row in store_numbers.all_numbers(tx):
        if row["waba_id"] == waba_id and row["phone_number_id"]:
            return str(row["phone_number_id"])
    return ""


async def create(
    database: Database, settings: Settings, form: Mapping[str, Any], *, operator: str | None, now: int
) -> Row:
    """Hand a template in (`form` as Graph takes it) and answer its row. Raises Refused for WhatsApp's no.

    An answer that was lost says so; `sync` shows whether the template is there.
    """
    from waconsole.whatsapp.cloud.driver import open_cloud
    from waconsole.whatsapp.cloud.templates import templates_of

    waba_id = (await database.read(lambda tx: accounts(tx, settings)))[0]
    number = await database.write(lambda tx: _counted(tx, waba_id, now=now))
    async with open_cloud(settings.cloud, phone_number_id=number, waba_id=waba_id) as driver:
        verdict, template_id, status, category = await templates_of(driver).create(form)
    if verdict.outcome != "accepted":
        raise Refused(_in_words(verdict))
    answered = {
        "id": template_id,
        "status": status or "PENDING",
        "category": category or form.get("category"),
    }
    made = seen({**form, **answered})
    assert made is not None

    def work(tx: Transaction) -> Row:
        acting = operators.acting(tx, operator, now=now)
        was = store_templates.template_row(tx, waba_id, made.name, made.language)
        # WhatsApp's word on it may bear the second in which we asked, and is the later one.
        at = now - now % SECOND - SECOND
        if was is not None and was["status"] == "DELETED":
            at = max(at, was["status_at"])
        store_templates.hear_listed(tx, waba_id, made, at=at, now=now)
        row = store_templates.template_row(tx, waba_id, made.name, made.language)
        assert row is not None
        act = Act("template", row["id"], {}, {"name": made.name, "language": made.language, **answered})
        operators.record(tx, acting, "create template", [act], now=now)
        return row

    return await database.write(work)


async def delete(
    database: Database,
    settings: Settings,
    name: str,
    language: str | None,
    *,
    operator: str | None,
    now: int,
) -> int:
    """Delete a template at WhatsApp, one language or all; answers how many rows that were. Raises Refused, NotFound."""
    from waconsole.whatsapp.cloud.driver import open_cloud
    from waconsole.whatsapp.cloud.templates import templates_of

    rows = await database.read(lambda tx: store_templates.templates_named(tx, name))
    rows = [row for row in rows if language is None or row["language"] == language]
    if not rows:
        where = f" in {language}" if language else ""
        raise NotFound(f"No template is called {name}{where}: `waconsole templates list` shows them.")
    if language is not None and not rows[0]["template_id"]:
        raise Refused(f"WhatsApp's id of {name} in {language} is not known: run `waconsole templates sync`.")
    waba_id, template_id = rows[0]["waba_id"], rows[0]["template_id"] if language is not None else ""
    number = await database.write(lambda tx: _counted(tx, waba_id, now=now))
    async with open_cloud(settings.cloud, phone_number_id=number, waba_id=waba_id) as driver:
        verdict = await templates_of(driver).delete(name, template_id)
    if verdict.outcome != "accepted":
        raise Refused(_in_words(verdict))

    def work(tx: Transaction) -> int:
        acting = operators.acting(tx, operator, now=now)
        count = store_templates.mark_deleted(tx, waba_id, name, language, at=now)
        acts = [
            Act("template", row["id"], {"status": row["status"]}, {"status": "DELETED"})
            for row in rows
            if row["waba_id"] == waba_id
        ]
        operators.record(tx, acting, "delete template", acts, now=now)
        return count

    return await database.write(work)


def take_in(tx: Transaction, waba_id: str, raw: Sequence[Mapping[str, Any]], *, now: int) -> tuple[int, int]:
    """Take in templates of a file in Graph's shape: (how many, of how many something was new). Raises Refused."""
    if len(raw) > IMPORTED_MAX:
        raise Refused(f"The file holds more than {IMPORTED_MAX:,} templates.")
    found = [one for one in map(seen, raw) if one is not None]
    changed = sum(store_templates.hear_listed(tx, waba_id, one, at=now, now=now) for one in found)
    return len(found), changed


def heard(tx: Transaction, event: TemplateChanged, *, now: int) -> Word | None:
    """Take in an event of a template; answers what it says, None for an old word. Raises NotFound where only an id names it that nobody knows.

    What waits for a template that cannot be sent any more is held when it is taken; what was held goes on with it.
    """
    name, language = event.name, event.language
    if not name or not language:
        named = store_templates.template_by_id(tx, event.waba_id, event.template_id)
        if named is None:
            raise NotFound(
                f"It names a template ({event.value.lower()}) by an id that is not known here: run"
                " `waconsole templates sync`, then replay it."
            )
        name, language = named["name"], named["language"]
    at = now if event.at is None else event.at
    waiting = store_templates.waiting_with(tx, event.waba_id, name, language)
    if event.part == "coming":
        return Word(name, language, event.part, event.value, event.before, event.reason, waiting)
    values: dict[str, str] = {event.part: event.value} if event.part != "components" else {}
    if event.part == "status":
        values["reason"] = event.reason
    before, counts = store_templates.hear(
        tx, event.waba_id, name, language, event.part, values, at=at, template_id=event.template_id
    )
    if not counts:
        return None
    if event.part == "status" and event.value in store_templates.USABLE:
        let_go(tx, event.waba_id, name, language)
    was = event.before or str(before.get(event.part, "") if event.part != "components" else "")
    return Word(name, language, event.part, event.value, was, event.reason, waiting)


def let_go(tx: Transaction, waba_id: str, name: str, language: str) -> int:
    """Queue again what was held because the template could not be sent; answers how many. The rest goes by `outbox release`."""
    held = store_templates.held_with(
        tx, waba_id, name, language, reason=TEMPLATE_STATUS, limit=RELEASED_AT_ONCE_MAX
    )
    for outgoing_id in held:
        store.set_outgoing_state(tx, outgoing_id, "queued")
    return len(held)


def _in_words(verdict: Verdict) -> str:
    why = f" (error {verdict.code})" if verdict.code is not None else ""
    said = f": {verdict.detail.strip().rstrip('.')}" if verdict.detail.strip() else ""
    if verdict.outcome == "unsent":
        return f"WhatsApp was not reached, nothing was asked{said}."
    if verdict.outcome == "unknown":
        return f"The answer was lost, it may have been done: `waconsole templates sync` shows it{said}."
    return f"WhatsApp refused{why}{said}."
