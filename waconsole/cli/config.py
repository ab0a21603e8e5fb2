"""`config show|check|path`: every setting, its value, where it came from, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from waconsole.cli.own import Called, Own
from waconsole.command import EXIT_DONE, EXIT_REFUSED, Answer, listed
from waconsole.errors import Refused
from waconsole.settings import Settings, declared
from waconsole.settings.read import config_path, ledger_path
from waconsole.settings.secrets import Secret


def _rows(settings: Settings) -> Iterator[dict[str, Any]]:
    for one in declared():
        value = settings.value(one.name)
        if one.name == "ledger.path":
            value = str(ledger_path(settings)[0])
        source = settings.source(one.name) if not isinstance(value, Secret) else ""
        if isinstance(value, Secret):
            value, source = _masked(value)
        yield {
            "name": one.name,
            "value": value,
            "source": source,
            "variable": one.variable,
            "says": one.says,
        }


def _masked(secret: Secret) -> tuple[str, str]:
    """Whether there is a secret, and where it came from or why it is not read."""
    try:
        return "set" if secret else "", secret.source
    except Refused as refused:
        return "", str(refused)


async def _show(called: Called) -> Answer:
    rows = list(_rows(called.settings()))
    document = listed(rows, called.options["limit"])
    lines = [f"{row['name']} = {_written(row['value'])}  ({row['source']})" for row in document["rows"]]
    return Answer(document, tuple(lines))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


async def _check(called: Called) -> Answer:
    from waconsole.settings.model import faults

    path = config_path(called.environ)
    found = faults(path, called.environ)
    document = {
        "ok": not found,
        "path": str(path),
        "faults": [{"setting": one.name or None, "line": one.line, "says": one.says} for one in found],
    }
    if found:
        return Answer(document, tuple(one.says for one in found), EXIT_REFUSED)
    says = (
        f"{path} is sound."
        if path.exists()
        else f"There is no {path}: every setting is as built in or set outside."
    )
    return Answer(document, (says,), EXIT_DONE)


async def _path(called: Called) -> Answer:
    path = config_path(called.environ)
    return Answer({"path": str(path), "exists": path.exists()}, (str(path),))


CONFIG: Final = (
    Own(("config", "show"), "Every setting, its value and where it came from.", _show),
    Own(("config", "check"), "What is wrong in the settings file, line by line.", _check),
    Own(("config", "path"), "Where the settings file is looked for.", _path),
)
