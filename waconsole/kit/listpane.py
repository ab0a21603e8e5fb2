"""A pane that is one list, with its keys: narrowing, marks, copying, revealing, repeating."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.kit import clipboard
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.listasking import ListAsking
from waconsole.kit.listframe import Record
from waconsole.kit.tabs import TAB_BINDINGS
from waconsole.kit.worker import in_worker
from waconsole.text import _, safe

ROWS_COPIED_MAX: Final = 10_000
KEYS_AT_ONCE: Final = 500


class ListPane(ListAsking):
    """`ACTS` names the actions of a subclass that write: they are refused, in words, where nothing may be written."""

    ACTS: ClassVar[frozenset[str]] = frozenset()
    BINDINGS: ClassVar[list[BindingType]] = [
        *TAB_BINDINGS,
        Binding("slash", "narrow", _("Narrow"), id="pane.narrow", tooltip=_("Keep the rows that a query describes; Tab shows what can be asked.")),
        Binding(
            "y", "copy", _("Copy"), id="pane.copy", tooltip=_("Copy the text, the row, or rows as a table or JSON.")
        ),
        Binding(
            "asterisk", "mark_all", _("Mark matching"), id="pane.mark_all",
            tooltip=_("Mark what a query matches; Enter alone marks every row listed."), show=False,
        ),
        Binding(
            "number_sign",
            "reveal",
            _("Reveal numbers"),
            id="pane.reveal",
            tooltip=_("Show phone numbers in full, or hide them again."),
            show=False,
        ),
        Binding(
            "full_stop", "repeat", _("Repeat"), id="pane.repeat", tooltip=_("Do the last act again, here."), show=False
        ),
        Binding(
            "escape", "back", _("Back"), id="pane.back", tooltip=_("Take the marks away, or end the narrowing."), show=False
        ),
    ]  # fmt: skip

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self.last_act: Callable[[], Awaitable[None]] | None = None

    # Why not

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if action in self.ACTS and self.desk.read_only:
            return _("This ledger is open for reading only: start again without --read-only to act.")
        if action in self.ACTS | {"copy", "mark_all"} and not len(self.source):
            return _("There is no row here.")
        if action == "repeat" and self.last_act is None:
            return _("Nothing has been done here yet that could be repeated.")
        return ""

    def may(self, action: str) -> bool:
        """Whether the act can be done; says why not."""
        why = self.why_not(action)
        if why:
            self.say(why, "advice")
        return not why

    # Keys

    def action_tab(self, step: int) -> None:
        """Open another tab."""
        self.tabs.step(step)

    def action_back(self) -> None:
        """The marks first, then the narrowing."""
        if self.rows.selection:
            self.rows.clear_marks()
        elif self.filter_text:
            in_worker(self, partial(self.narrow_to, ""), group="list")

    def action_mark_all(self) -> None:
        """Mark every row listed."""
        if self.may("mark_all"):
            self.rows.mark_everything()

    def action_reveal(self) -> None:
        """Show numbers in full, or hide them again."""
        self.is_revealed = not self.is_revealed
        self.repaint()
        self.say(_("Numbers are shown in full.") if self.is_revealed else _("Numbers are hidden."))

    async def action_repeat(self) -> None:
        """Do the last act again, on what is under the cursor or marked now."""
        if self.may("repeat") and self.last_act is not None:
            await self.last_act()

    # Copying

    async def action_copy(self) -> None:
        """Choose what is copied."""
        if self.may("copy"):
            self.ask_copy()

    def ask_copy(self) -> None:
        """Choose what of the row or the marks is copied."""
        count = self.rows.targets().count(len(self.source))
        rows = safe(_("the rows ({count})").format(count=f"{count:,}"))
        choices = [
            Choice("t", "text", safe(_("the text"))),
            Choice("r", "row", safe(_("the row")), safe(_("one line, tab between cells"))),
            Choice("s", "tsv", rows, safe(_("a table, tab between cells"))),
            Choice("o", "json", rows, safe(_("JSON"))),
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                in_worker(self, partial(self.copy_as, choice.value), group="act")

        self.app.push_screen(Choose(safe(_("Copy")), choices), chosen)

    async def copy_as(self, form: str) -> None:
        """Copy as `text`, `row`, `tsv` or `json`. What is copied is the operator's own doing: numbers in full."""
        keys = self.wanted()[:ROWS_COPIED_MAX]
        if form in ("text", "row"):
            keys = [self.key] if self.key is not None else []
        found: list[Record] = []
        for start in range(0, len(keys), KEYS_AT_ONCE):
            part = keys[start : start + KEYS_AT_ONCE]
            found += await self.desk.database.read(lambda tx, part=part: self.records(tx, part))
        if found:
            sentence = await self.attempt(clipboard.copy(self.app, as_form(found, form)))
            if sentence is not None:
                self.say(sentence)


def as_form(records: Sequence[Record], form: str) -> str:
    """Records as the text of the first, its row, a table with a head, or a JSON array."""
    if form == "text":
        return str(records[0]["text"])
    if form == "json":
        return json.dumps(records, ensure_ascii=False, indent=1) + "\n"
    lines = ["\t".join(" ".join(_plain(value).split()) for value in record.values()) for record in records]
    return lines[0] if form == "row" else "\n".join(["\t".join(records[0]), *lines]) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
