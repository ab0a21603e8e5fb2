"""What is looked at before a well-formed message is accepted: its template, its files, its group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.files import LIMITS, Files, plain_mime
from waconsole.whatsapp.sandbox.fitting import check_fit, check_status
from waconsole.whatsapp.sandbox.forms import Send
from waconsole.whatsapp.sandbox.people import Group, Kept
from waconsole.whatsapp.sandbox.templates import Template, Templates

PINS_MAX: Final = 3
KINDS: Final = ("image", "video", "audio", "document", "sticker")


def components_of(send: Send) -> list[Mapping[str, Any]]:
    """What fills the template of a message."""
    return list(send.body.get("components") or ()) if isinstance(send.body, Mapping) else []


def check_template(
    send: Send, templates: Templates, groups: Mapping[str, Group], *, is_loose: bool
) -> Template | None:
    """The template a message names. `is_loose` lets one pass that nobody knows. Raises GraphError."""
    if not isinstance(send.body, Mapping):
        return None
    name, language = send.body["name"], send.body["language"]["code"]
    template = templates.find(name, language)
    if template is None and is_loose:
        return None
    found = check_status(template, name, language)
    components = components_of(send)
    check_fit(found, components)
    for component in components:
        for parameter in component.get("parameters") or ():
            if parameter["type"] == "group_id" and parameter["group_id"] not in groups:
                raise GraphError(131041, f"There is no group {parameter['group_id']}.")
    return found


def check_group(group: Group, template: Template | None) -> None:
    """Whether a group takes this message. Raises GraphError."""
    if group.suspended:
        raise GraphError(131207, "The group is suspended.")
    if template is None:
        return
    if template.category == "AUTHENTICATION" or template.buttons:
        raise GraphError(131051, "Groups take templates of text and of a file only.")


def check_pin(group: Group, send: Send, messages: Mapping[str, Kept]) -> None:
    """Pin or unpin a message of a group, three at most. Raises GraphError."""
    if not isinstance(send.body, Mapping):
        return
    wamid = send.body["message_id"]
    kept = messages.get(wamid)
    if kept is None or kept.group is not group:
        raise GraphError(131009, "Param pin['message_id'] is not a message of this group.")
    if send.body["type"] == "unpin":
        group.pins = [one for one in group.pins if one != wamid]
    elif wamid not in group.pins:
        if len(group.pins) >= PINS_MAX:
            raise GraphError(131009, f"A group has at most {PINS_MAX} pinned messages.")
        group.pins.append(wamid)


def check_files(send: Send, files: Files, now: int) -> None:
    """Whether every file a message names is here and of its kind. Raises GraphError."""
    for kind, named in files_of(send):
        if "id" not in named:
            continue
        kept = files.find(named["id"], now)
        if kept is None:
            raise GraphError(131009, f"Media ID {named['id']} does not exist, or its 30 days are over.")
        known = LIMITS[kind][1]
        if known and plain_mime(kept.mime) not in known:
            raise GraphError(131053, f"A file of type {kept.mime} cannot be sent as {kind}.")


def files_of(send: Send) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(kind, id or link) of every file in a message."""
    body = send.body
    if not isinstance(body, Mapping):
        return
    if send.type in KINDS:
        yield send.type, body
    if send.type == "interactive" and (header := body.get("header")) and header["type"] in KINDS:
        yield header["type"], header[header["type"]]
    for component in components_of(send):
        for parameter in component.get("parameters") or ():
            if parameter["type"] in KINDS:
                yield parameter["type"], parameter[parameter["type"]]
