"""A template as an operator fills it: looked up where WhatsApp's list of templates is known, and checked against it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast, get_args
from urllib.parse import urlsplit

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.outbox import store as outbox
from waconsole.outbox import store_templates as templates
from waconsole.text import safe
from waconsole.whatsapp.content import ButtonKind, HeaderKind, Template, TemplateButton
from waconsole.whatsapp.plain import word
from waconsole.whatsapp.templates import (
    body,
    button_kind,
    buttons,
    filled,
    header_format,
    part,
    placeholders,
)

LANGUAGES_TOLD_MAX: Final = 8
FILES: Final = frozenset({"image", "document", "video"})
_NAMED: Final = re.compile(r"([a-z0-9_]+)=(.*)", re.DOTALL)
_ENDINGS: Final[Mapping[str, HeaderKind]] = {
    "mp4": "video", "3gp": "video", "pdf": "document", "docx": "document", "xlsx": "document", "txt": "document",
}  # fmt: skip
# Buttons that are sent as they stand when nothing fills them.
_OPTIONAL: Final = frozenset({"quick_reply", "catalog", "flow", "voice_call"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A template as it was asked for: `parameters` as typed (`NAME=VALUE`, or values by place), buttons by place.

    `header_link` is a public address, or `header_sha256` our copy (of type `header_kind`), of the file in its header.
    """

    name: str
    language: str
    parameters: tuple[str, ...] = ()
    buttons: tuple[tuple[int, str], ...] = ()
    header_link: str = ""
    header_sha256: str = ""
    header_kind: HeaderKind = "none"


def template_of(tx: Transaction, wanted: Wanted, number_id: int | None) -> Template:
    """The template that was asked for, filled. Raises Refused when it cannot be sent so.

    One that WhatsApp's list does not hold is refused; while no list is here it goes as it was typed, and WhatsApp decides.
    """
    waba_id = str(outbox.number_row(tx, number_id)["waba_id"] or "") if number_id is not None else ""
    row = templates.template_row(tx, waba_id, wanted.name, wanted.language)
    if row is None or row["deleted_at"] is not None:
        _must_be_unknown(tx, wanted, waba_id)
        return _as_typed(wanted)
    components = templates.components_of(row)
    if not components:
        return _as_typed(wanted, category=row["category"] or "")
    return _filled(wanted, components, row["parameter_format"] or "", row["category"] or "")


def _must_be_unknown(tx: Transaction, wanted: Wanted, waba_id: str) -> None:
    """Raise Refused when the list of the account's templates is here and does not hold this one."""
    known = [
        row for row in templates.templates(tx) if row["waba_id"] == waba_id and row["synced_at"] is not None
    ]
    if not known:
        return
    languages = [str(row["language"]) for row in known if row["name"] == wanted.name]
    if languages:
        there = ", ".join(safe(language) for language in languages[:LANGUAGES_TOLD_MAX])
        raise Refused(
            f"The template {wanted.name} is there in {there}, not in {wanted.language}: name one with --language."
        )
    raise Refused(
        f"There is no template {wanted.name}: `waconsole templates list` shows them, `templates sync` fetches them anew."
    )


def _as_typed(wanted: Wanted, category: str = "") -> Template:
    """A template whose words nobody here knows."""
    if wanted.buttons:
        raise Refused(
            "What kind of button that is stands in the template: `waconsole templates sync` first, then send it."
        )
    pairs = [_NAMED.fullmatch(one) for one in wanted.parameters]
    named = bool(pairs) and all(pair is not None for pair in pairs)
    parameters = tuple((pair[1], pair[2]) for pair in pairs if pair) if named else tuple(("", one) for one in wanted.parameters)  # fmt: skip
    if named and all(name.isdecimal() for name, _ in parameters):
        parameters = tuple(("", value) for _, value in sorted(parameters, key=lambda it: int(it[0])))
    kind = wanted.header_kind
    if wanted.header_link:
        kind = _ENDINGS.get(urlsplit(wanted.header_link).path.rpartition(".")[2].lower(), "image")
    return Template(
        wanted.name,
        wanted.language,
        parameters,
        kind,
        wanted.header_link,
        wanted.header_sha256,
        category=category,
    )


def _filled(wanted: Wanted, components: Sequence[Mapping[str, Any]], form: str, category: str) -> Template:
    format_ = header_format(components).lower()
    header_words = word(part(components, "HEADER").get("text")) if format_ == "text" else ""
    in_header, in_body = placeholders(header_words), placeholders(body(components))
    values = _values(wanted, in_header, in_body, by_name=form.upper() == "NAMED")
    by_name = form.upper() == "NAMED"
    header, header_name, kind = "", "", _header_kind(wanted, format_)
    if in_header:
        kind = "text"  # one without a place in it is WhatsApp's to fill
        header, header_name = values["header", in_header[0]], in_header[0] if by_name else ""
    text = filled(body(components), {name: values["body", name] for name in in_body})
    return Template(
        wanted.name,
        wanted.language,
        tuple((name if by_name else "", values["body", name]) for name in in_body),
        kind,
        header or wanted.header_link,
        wanted.header_sha256,
        header_name,
        _buttons(wanted, components),
        category,
        text,
    )


def _values(
    wanted: Wanted, in_header: list[str], in_body: list[str], *, by_name: bool
) -> dict[tuple[str, str], str]:
    """What fills each place of the header and the body. Raises Refused when it is not exactly that."""
    asks = [*(("header", name) for name in in_header), *(("body", name) for name in in_body)]
    pairs = [_NAMED.fullmatch(one) for one in wanted.parameters]
    typed = {pair[1]: pair[2] for pair in pairs if pair is not None}
    is_by_number = not by_name and not in_header and len(typed) == len(pairs) and set(typed) == set(in_body)
    if by_name or (is_by_number and typed):
        left = [name for _, name in asks if name not in typed]
        over = [one for one, pair in zip(wanted.parameters, pairs, strict=True) if pair is None or pair[1] not in (*in_header, *in_body)]  # fmt: skip
        if left or over:
            asked = " ".join(f"--param {name}=…" for name in dict.fromkeys(name for _, name in asks))
            raise Refused(f"The template {wanted.name} is filled with {asked or 'nothing'}.")
        return {place: typed[place[1]] for place in asks}
    if len(wanted.parameters) != len(asks):
        count = f"{len(wanted.parameters)} were given" if len(wanted.parameters) != 1 else "1 was given"
        raise Refused(
            f"The template {wanted.name} asks for {len(asks)} values, {count}: one --param for each."
        )
    return dict(zip(asks, wanted.parameters, strict=True))


def _header_kind(wanted: Wanted, format_: str) -> HeaderKind:
    has_file = bool(wanted.header_link or wanted.header_sha256)
    if format_ in FILES:
        if not has_file:
            raise Refused(
                f"The header of {wanted.name} is a file ({format_}): name one with --header-link URL."
            )
        if wanted.header_sha256 and wanted.header_kind != format_:
            raise Refused(f"The header of {wanted.name} takes a file of the kind {format_}.")
        return cast(HeaderKind, format_)
    if has_file:
        raise Refused(f"The template {wanted.name} has no file in its header: leave --header-link out.")
    return "none"


def _buttons(wanted: Wanted, components: Sequence[Mapping[str, Any]]) -> tuple[TemplateButton, ...]:
    known = buttons(components)
    given = dict(wanted.buttons)
    made = []
    for place, button in enumerate(known):
        kind = button_kind(button)
        value = given.pop(place, None)
        if value is None:
            if kind not in _OPTIONAL and _asks(button, kind):
                raise Refused(
                    f"Button {place} of {wanted.name} ({kind}) needs a value: --button {place}=VALUE."
                )
            continue
        if kind not in get_args(ButtonKind) or (kind == "url" and not _asks(button, kind)):
            raise Refused(f"Button {place} of {wanted.name} takes no value: leave --button {place} out.")
        made.append(TemplateButton(place, cast(ButtonKind, kind), value))
    if given:
        over = min(given)
        raise Refused(
            f"The template {wanted.name} has no button {over}: it has {f'{len(known)}, counted from 0' if known else 'none'}."
        )
    return tuple(made)


def _asks(button: Mapping[str, Any], kind: str) -> bool:
    """Whether a button cannot go without a value of its own."""
    return kind in ("copy_code", "mpm") or (kind == "url" and bool(placeholders(word(button.get("url")))))
