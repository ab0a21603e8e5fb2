"""The sheet that connects a number: each setting is asked for, kept, and tried at once. The command line does the same."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from waconsole.errors import WaconsoleError
from waconsole.kit.columns import Column
from waconsole.kit.entry import Entry
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Paragraphs, SafeLine, key_line
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell, HeldRows, Row
from waconsole.kit.rowview import CursorMoved
from waconsole.kit.worker import in_worker
from waconsole.settings import Settings
from waconsole.settings.environment import ENVIRONMENT
from waconsole.sync.connecting import checked_step
from waconsole.sync.connecting_fields import FIELDS, Field, kept, reread, standing
from waconsole.sync.connecting_step import Step
from waconsole.text import SafeText, _, safe

VALUE_CHARACTERS_MAX: Final = 200
SAYS_CHARACTERS_MAX: Final = 1_000


class ConnectSheet(ModalScreen[None]):
    """Enter answers the setting under the cursor; what comes of it stands below the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", _("Back"), id="connect.back", tooltip=_("Leave the line, or the sheet; what was kept stays.")),
        Binding("t", "try_all", _("Try all"), id="connect.try_all", tooltip=_("Try every step with what is set.")),
    ]  # fmt: skip
    DEFAULT_CSS = """
    ConnectSheet { align: center bottom; background: $background 60%; }
    ConnectSheet > Vertical {
        width: 100%; max-width: 110; height: auto; max-height: 100%; background: $panel;
        border-top: solid $role-accent; padding: 0 2 1 2;
    }
    ConnectSheet .connect--title { color: $role-title; text-style: bold; margin-bottom: 1; }
    ConnectSheet RowList { background: $panel; height: 8; }
    ConnectSheet .connect--asks { color: $role-muted; margin-top: 1; }
    ConnectSheet Entry { background: $background; }
    ConnectSheet .connect--said { height: auto; max-height: 7; margin-top: 1; }
    """
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(_("state"), 2),
        Column(_("setting"), 22, gap=2),
        Column(_("stands")),
    )

    def __init__(self, settings: Settings) -> None:
        """`settings` as they are in force; they are read again after each answer."""
        super().__init__()
        self._settings = settings
        self._steps: dict[str, Step] = {}
        self._stands: dict[str, str] = {}
        self._rows = HeldRows()

    def compose(self) -> ComposeResult:
        """Title, settings, the line to answer on, what came of it, keys."""
        with Vertical():
            yield SafeLine(safe(_("Connect a number")), classes="connect--title")
            yield RowList(self._rows, self.COLUMNS, rest_seconds=0)
            yield SafeLine(SafeText(""), classes="connect--asks")
            yield Entry(compact=True)
            yield Paragraphs(classes="connect--said")
            yield key_line(("enter", _("Answer, keep and try")), ("t", _("Try all")), ("esc", _("Back")))

    def on_mount(self) -> None:
        """Begin at the first setting that is missing."""
        self.query_one(RowList).focus()
        note = _("What is answered is kept at once. The console syncs with it when it is started again.")
        self._say([(note, "muted")])
        in_worker(self, self._begin, group="connect", exclusive=True)

    async def _begin(self) -> None:
        await self._look()
        missing = next((place for place, field in enumerate(FIELDS) if not self._stands[field.name]), 0)
        self.query_one(RowList).move_to_key(missing)
        self._show_field()

    async def _look(self) -> None:
        """What stands there now: a keyring may take its time, so it is asked on a thread."""

        def stands() -> dict[str, str]:
            return {field.name: standing(field, self._settings) for field in FIELDS}

        self._stands = await asyncio.to_thread(stands)
        self._show_rows()

    @property
    def field(self) -> Field:
        """The setting under the cursor."""
        return FIELDS[self.query_one(RowList).cursor_key or 0]

    # What is shown

    def _show_rows(self) -> None:
        self._rows.replace([Row(place, self._cells(field)) for place, field in enumerate(FIELDS)])
        self.query_one(RowList).reload()

    def _cells(self, field: Field) -> tuple[Cell, ...]:
        known = [self._steps[name] for name in field.steps if name in self._steps]
        sign, role = ("done", "done") if known and all(step.ok for step in known) else ("refused", "refused")
        value = self._stands.get(field.name, "")[:VALUE_CHARACTERS_MAX]
        return (
            Cell(safe(glyph(sign) if known else ""), role),
            Cell(safe(field.name)),
            Cell(
                safe(value or (_("may stay empty") if field.is_optional else _("missing"))),
                "" if value else "muted",
            ),
        )

    def _show_field(self) -> None:
        entry = self.query_one(Entry)
        entry.password = self.field.is_secret
        entry.value = ""
        self.query_one(".connect--asks", SafeLine).show(safe(self.field.asks))

    def _say(self, lines: list[tuple[str, str]]) -> None:
        shown = [[Cell(safe(words[:SAYS_CHARACTERS_MAX]), role)] for words, role in lines]
        self.query_one(".connect--said", Paragraphs).show(shown)

    # Keys

    def on_row_list_cursor_moved(self, message: CursorMoved) -> None:
        """Another setting is asked for."""
        message.stop()
        self._show_field()

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Answer it."""
        message.stop()
        self.query_one(Entry).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Keep the answer and try it; an empty one only tries what stands there."""
        message.stop()
        answer, message.input.value = message.value, ""
        self.query_one(RowList).focus()
        in_worker(self, partial(self._answer, self.field, answer), group="connect", exclusive=True)

    def action_back(self) -> None:
        """Out of the line first, then out of the sheet."""
        if self.query_one(Entry).has_focus:
            self.query_one(Entry).value = ""
            self.query_one(RowList).focus()
        else:
            self.dismiss(None)

    def action_try_all(self) -> None:
        """Try every step."""
        in_worker(self, self._try_all, group="connect", exclusive=True)

    # Work

    async def _answer(self, field: Field, answer: str) -> None:
        said: list[tuple[str, str]] = []
        if answer.strip() or not (self._stands.get(field.name) or field.is_optional):
            try:
                said.append((await asyncio.to_thread(kept, field, answer, ENVIRONMENT), "muted"))
                self._settings = await asyncio.to_thread(reread, ENVIRONMENT, self._settings)
            except WaconsoleError as refusal:
                self._say([(f"{glyph('refused')} {refusal}", "refused")])
                return
            await self._look()
        if await self._try(field, said):
            self._next()

    async def _try_all(self) -> None:
        """Try every step; what is wrong stands first, of the others only how many they are."""
        said: list[tuple[str, str]] = []
        for field in FIELDS:
            await self._try(field, said)
        wrong = [line for line in said if line[1] == "refused"]
        well = _("{count} of {steps} steps are well.").format(count=len(said) - len(wrong), steps=len(said))
        self._say([*wrong, (well, "muted" if wrong else "done")])

    async def _try(self, field: Field, said: list[tuple[str, str]]) -> bool:
        """Try the steps of a setting; what is wrong is said. True when nothing is."""
        for name in field.steps:
            self._say([*said, (_("Trying: {step} …").format(step=name), "muted")])
            step = await _tried(name, self._settings)
            self._steps[name] = step
            if not step.ok:
                said.append((f"{glyph('refused')} {name}: {step.says}", "refused"))
            else:
                said.append((f"{glyph('done')} {name}: {step.says}", "done"))
            self._show_rows()
        self._say(said)
        return all(self._steps[name].ok for name in field.steps)

    def _next(self) -> None:
        """On to the next setting, ready to be answered, unless the operator has gone elsewhere."""
        rows = self.query_one(RowList)
        place = rows.cursor_index
        if place + 1 < len(FIELDS) and rows.has_focus:
            rows.move_to_key(place + 1)
            self._show_field()
            self.query_one(Entry).focus()


async def _tried(name: str, settings: Settings) -> Step:
    """Try a step on a thread with a loop of its own: what it loads and waits for never holds the screen up."""
    return await asyncio.to_thread(lambda: asyncio.run(_once(name, settings)))


async def _once(name: str, settings: Settings) -> Step:
    return await checked_step(name, settings)
