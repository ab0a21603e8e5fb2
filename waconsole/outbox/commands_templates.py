"""Templates as they are typed: `templates list|sync|create|delete|import`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Row
from waconsole.errors import Refused, UsageError
from waconsole.outbox import service_templates, store_templates
from waconsole.text import safe
from waconsole.whatsapp import templates
from waconsole.whatsapp.templates import CATEGORIES, NAME

FILE_BYTES_MAX: Final = 8 << 20
BUTTON: Final = "KIND|TEXT[|VALUE]"
# What a button of each kind carries beside its text, as Graph takes it.
_BUTTON_VALUES: Final[Mapping[str, str]] = {
    "QUICK_REPLY": "", "URL": "url", "PHONE_NUMBER": "phone_number", "COPY_CODE": "example",
}  # fmt: skip


def template_document(row: Row) -> dict[str, Any]:
    """A template as it is told: words raw, instants ISO."""
    components = store_templates.components_of(row)
    return {
        "name": row["name"],
        "language": row["language"],
        "status": row["status"],
        "category": row["category"],
        "quality": row["quality"],
        "reason": row["reason"],
        "id": row["template_id"],
        "account": row["waba_id"],
        "parameter_format": row["parameter_format"],
        "text": templates.body(components),
        "stale": bool(row["stale"]),
        "told_at": iso(row["told_at"]) if row["told_at"] else None,
        "synced_at": None if row["synced_at"] is None else iso(row["synced_at"]),
    }


def _line(row: Mapping[str, Any]) -> str:
    parts = [row["name"], row["language"], row["status"] or "?", row["category"], row["quality"]]
    parts += [f"({row['reason']})"] if row["reason"] else []
    return "  ".join(safe(str(part)) for part in parts if part)


async def _list(database: Database, call: Invocation) -> Answer:
    found = await database.read(lambda tx: store_templates.templates(tx, deleted=bool(call.values["all"])))
    document = listed([template_document(row) for row in found], call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(document, lines or ("No template is known: `waconsole templates sync` fetches them.",))


async def _sync(database: Database, call: Invocation) -> Answer:
    done = await service_templates.sync(database, call.settings, now=call.now)
    line = f"{done.found} templates, {done.changed} of them new or changed, {done.deleted} no more there."
    return Answer({"templates": done.found, "changed": done.changed, "deleted": done.deleted}, (line,))


async def _create(database: Database, call: Invocation) -> Answer:
    form = _read(Path(call.values["file"])) if call.values["file"] else _form(call.values)
    if not isinstance(form, dict) or not isinstance(form.get("name"), str) or not form.get("language"):
        raise Refused(
            "The file holds no template: a JSON object with name, language, category and components."
        )
    if not NAME.fullmatch(form["name"]):
        raise Refused(f"A template's name is small letters, digits and _, not “{form['name']}”.")
    row = await service_templates.create(database, call.settings, form, operator=call.operator, now=call.now)
    document = template_document(row)
    return Answer(
        document, (f"{safe(document['name'])} ({document['language']}) is {document['status'].lower()}.",)
    )


def _form(values: Mapping[str, Any]) -> dict[str, Any]:
    """What Graph takes, from what was typed."""
    for name in ("name", "language", "category", "body"):
        if not values[name]:
            raise UsageError(f"Say --{name}, or hand in all of it with --file.")
    if values["category"].upper() not in CATEGORIES:
        raise UsageError(
            f"There is no category {values['category']}: choose one of {', '.join(CATEGORIES).lower()}."
        )
    components: list[dict[str, Any]] = []
    if values["header"]:
        components.append({"type": "HEADER", "format": "TEXT", "text": values["header"]})
    body: dict[str, Any] = {"type": "BODY", "text": values["body"]}
    places, examples = templates.placeholders(values["body"]), list(values["example"] or ())
    is_named = any(not place.isdecimal() for place in places)
    if examples and len(examples) != len(places):
        raise UsageError(
            f"The text leaves {len(places)} places open, and there are {len(examples)} examples."
        )
    if examples and is_named:
        pairs = zip(places, examples, strict=True)
        body["example"] = {
            "body_text_named_params": [{"param_name": key, "example": word} for key, word in pairs]
        }
    elif examples:
        body["example"] = {"body_text": [examples]}
    components.append(body)
    if values["footer"]:
        components.append({"type": "FOOTER", "text": values["footer"]})
    if values["button"]:
        components.append({"type": "BUTTONS", "buttons": [_button(one) for one in values["button"]]})
    form: dict[str, Any] = {
        "name": values["name"], "language": values["language"], "category": values["category"].upper(),
        "components": components,
    }  # fmt: skip
    if is_named:
        form["parameter_format"] = "NAMED"
    return form


def _button(words: str) -> dict[str, Any]:
    kind, _, rest = words.partition("|")
    text, _, value = rest.partition("|")
    kind = kind.strip().upper()
    if kind not in _BUTTON_VALUES or not text:
        raise UsageError(
            f"A button is {BUTTON}, KIND one of {', '.join(_BUTTON_VALUES).lower()}: not “{words}”."
        )
    key = _BUTTON_VALUES[kind]
    if key and not value:
        raise UsageError(f"The button “{text}” needs a value behind it: {BUTTON}.")
    return {"type": kind, "text": text, **({key: value} if key else {})}


async def _delete(database: Database, call: Invocation) -> Answer:
    name, language = call.values["name"], call.values["language"] or None
    count = await service_templates.delete(
        database, call.settings, name, language, operator=call.operator, now=call.now
    )
    where = f" in {safe(language)}" if language else ""
    return Answer(
        {"name": name, "language": language, "deleted": count}, (f"{safe(name)}{where} is deleted.",)
    )


async def _import(database: Database, call: Invocation) -> Answer:
    document = _read(Path(call.values["file"]))
    rows = document.get("data") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise Refused("The file is no answer of Graph's message_templates: it has no list `data`.")
    raw: Sequence[Mapping[str, Any]] = [one for one in rows if isinstance(one, dict)]
    waba_id = call.settings.cloud.waba_id
    found, changed = await database.write(
        lambda tx: service_templates.take_in(tx, waba_id or _only(tx), raw, now=call.now)
    )
    rejected = len(rows) - found
    answer = {"rows": len(rows), "new": changed, "unchanged": found - changed, "rejected": rejected}
    line = f"{found} templates, {changed} of them new or changed, {rejected} rejected."
    return Answer(answer, (line,), 3 if rejected else 0)


def _only(tx: Any) -> str:
    """The first account of our numbers, "" where none is known."""
    from waconsole.outbox import store_accounts

    found = store_accounts.accounts(tx)
    return found[0] if found else ""


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"{path} is larger than {FILE_BYTES_MAX >> 20} MB.")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Refused(f"{path} is no JSON.") from error


COMMANDS: Final[list[Command]] = [
    Command(("templates", "list"), "Templates with WhatsApp's latest word on each.", _list,
            (Argument("--all", "deleted ones too", kind="flag"),), writes=False),
    Command(("templates", "sync"), "Fetch the templates of our accounts from WhatsApp.", _sync),
    Command(("templates", "create"), "Hand a template in at WhatsApp.", _create, (
        Argument("--name", "its name: small letters, digits and _"),
        Argument("--language", "its language, like en_US"),
        Argument("--category", f"what it is for: {', '.join(CATEGORIES).lower()}"),
        Argument("--body", "its text; {{1}} or {{name}} is filled when it is sent"),
        Argument("--header", "a line above the text"),
        Argument("--footer", "a line below it"),
        Argument("--button", f"its buttons, each {BUTTON}", many=True),
        Argument("--example", "an example for each open place, in order", many=True),
        Argument("--file", "all of it as JSON, as Graph takes it, instead"),
    )),
    Command(("templates", "delete"), "Delete a template at WhatsApp.", _delete, (
        Argument("name", "the template's name"),
        Argument("--language", "only this language of it"),
    )),
    Command(("templates", "import"), "Take in templates from a file in the shape of Graph's message_templates.", _import,
            (Argument("file", "the JSON file"),)),
]  # fmt: skip
