"""A line of the Sync pane in full: everything that is known of a number, a notice, a template, an attempt, a body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.reader import Line
from waconsole.outbox.error_words import error_words
from waconsole.outbox.pane_outgoing_rows import Tongue
from waconsole.sync.pane_sync_rows import Item, named, number_stands, reach_words, row_of
from waconsole.sync.store_pane_sync import NumberSeen
from waconsole.text import SafeText, _, safe

HEAD_CELLS: Final = 12
WORDS_MAX: Final = 4_000


def lines_of(item: Item, now: int, tongue: Tongue) -> tuple[SafeText, list[Line]]:
    """(the title of the sheet, its lines)."""
    if item.kind in ("number", "reach"):
        return named(item.thing.phone, item.thing.name, tongue), list(_number(item.thing, now, tongue))
    title = safe("  ".join(cell.text.strip() for cell in row_of(0, item, now, tongue).cells[:3]).strip())
    parts = {"notice": _notice, "template": _template, "log": _log, "campaign": _campaign}
    return title, list(parts[item.kind](item.thing, tongue))


def _pair(head: str, text: str, role: str = "") -> Line:
    return Line(safe(f"{head.ljust(HEAD_CELLS)}{text}"), role)


def _number(one: NumberSeen, now: int, tongue: Tongue) -> Iterator[Line]:
    sign, role, says = number_stands(one, now, tongue)
    yield _pair(_("state"), f"{glyph(sign)} {says}", role)
    if one.since is not None and one.state != "ready":
        yield _pair(_("since"), ages.exact(one.since, tongue.zone))
    if one.detail:
        yield _pair(_("told"), tongue.text(one.detail, characters_max=WORDS_MAX), "muted")
    yield _pair(_("name"), tongue.text(one.name, characters_max=WORDS_MAX))
    yield _pair(_("way"), one.driver)
    yield _pair(_("quality"), one.quality.lower() or _("not told yet"))
    if one.driver != "gateway":
        yield _pair(_("rate"), _("at most {most} a second").format(most=f"{one.per_second:,}"))
        yield _pair(_("reach"), reach_words(one))
        yield _pair("", _("Only templates outside a window count, each person once in 24 hours."), "muted")
    elif one.heard_at is not None:
        yield _pair(_("heard until"), ages.exact(one.heard_at, tongue.zone))


def _notice(one: Any, tongue: Tongue) -> Iterator[Line]:
    yield Line(tongue.text(one["sentence"], characters_max=WORDS_MAX))
    if one["detail"]:
        yield Line(SafeText(""))
        shown = tongue.text(one["detail"], lines=True, characters_max=WORDS_MAX)
        yield from (Line(SafeText(part), "muted") for part in shown.split("\n"))
    yield Line(SafeText(""))
    yield _pair(_("told"), ages.exact(one["at"], tongue.zone))
    if one["seen_at"] is not None:
        who = tongue.text(one["seen_by_name"] or "", characters_max=WORDS_MAX)
        yield _pair(_("seen"), f"{ages.exact(one['seen_at'], tongue.zone)}  {who}")


def _template(one: Any, tongue: Tongue) -> Iterator[Line]:
    for head, value in (
        (_("status"), one["status"]), (_("reason"), one["reason"]), (_("quality"), one["quality"]),
        (_("category"), one["category"]), (_("language"), one["language"]), (_("account"), one["waba_id"]),
    ):  # fmt: skip
        if value:
            yield _pair(head, tongue.text(value, characters_max=WORDS_MAX))
    yield Line(SafeText(""))
    try:
        components = json.loads(one["components"])
    except ValueError:
        return
    for part in components if isinstance(components, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            shown = tongue.text(part["text"], lines=True, characters_max=WORDS_MAX)
            yield from (Line(SafeText(line)) for line in shown.split("\n"))


def _campaign(one: Any, tongue: Tongue) -> Iterator[Line]:
    yield _pair(_("campaign"), tongue.text(one["key"], characters_max=WORDS_MAX))
    yield _pair(_("since"), ages.exact(one["since"], tongue.zone))
    yield _pair(_("reason"), tongue.text(one["reason"], characters_max=WORDS_MAX))
    if one["detail"]:
        yield _pair(_("told"), tongue.text(one["detail"], characters_max=WORDS_MAX))


def _log(one: Any, tongue: Tongue) -> Iterator[Line]:
    yield _pair(_("at"), ages.exact(one["at"], tongue.zone))
    if one["way"] == "in":
        yield _pair(_("source"), tongue.text(one["text"], characters_max=WORDS_MAX))
        yield _pair(_("first"), tongue.text(one["detail"], characters_max=WORDS_MAX))
        yield _pair(_("things"), f"{one['took']:,}")
        yield _pair(_("set aside"), f"{one['code'] or 0:,}")
        return
    yield _pair(_("outcome"), one["state"] or _("on its way"))
    if one["code"] is not None:
        said = error_words(one["code"])
        yield _pair(_("code"), f"{one['code']} {said.happened}", "refused")
        yield _pair("", said.advice, "muted")
    if one["detail"]:
        yield _pair(_("told"), tongue.text(one["detail"], characters_max=WORDS_MAX), "muted")
    yield Line(SafeText(""))
    shown = tongue.text(one["text"], lines=True, characters_max=WORDS_MAX)
    yield from (Line(SafeText(part)) for part in shown.split("\n"))
