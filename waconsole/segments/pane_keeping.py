"""Segments kept from their pane: saved, copied, dropped, compared with what they said before, written to a file, tagged."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Row, Transaction
from waconsole.kit import clipboard
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.listpane import ROWS_COPIED_MAX
from waconsole.kit.pane import CommandWanted
from waconsole.kit.reader import Line, Reader
from waconsole.kit.worker import in_worker
from waconsole.segments import pane_words, service_composing, service_segments, store_segments
from waconsole.segments.commands_waterfall import reason_words
from waconsole.segments.pane_choosing import ChoosingPane
from waconsole.segments.pane_look import FALLS, Fallen
from waconsole.segments.pane_preview import asking_of
from waconsole.segments.service_asking import Asking
from waconsole.segments.store_segments import Version
from waconsole.text import _, safe

PEOPLE_TOLD_MAX: Final = 200
OWN: Final = frozenset({"copy", "save", "tag", "duplicate", "diff", "export", "message", "refuse"})
"""Acts that need no row of the list where a rule is open."""
BINDINGS: Final[list[BindingType]] = [
    Binding("w", "save", _("Save"), id="segments.save", tooltip=_("Keep the rule under a name, with its purpose and the day it is looked at again.")),
    Binding("Z", "duplicate", _("Duplicate"), id="segments.duplicate", tooltip=_("Keep what the segment says under another name."), show=False),
    Binding("V", "diff", _("Versions"), id="segments.diff", tooltip=_("Compare with what was saved before: lines that came and went, and people.")),
    Binding("K", "export", _("To a file"), id="segments.export", tooltip=_("Write whom the rule names to a file that ends in .csv or .jsonl."), show=False),
    Binding("t", "tag", _("Tag"), id="segments.tag", tooltip=_("Let a tag follow the rule from now on."), show=False),
]  # fmt: skip


class KeepingPane(ChoosingPane):
    """What is done with a rule, whether it is open or stands under the cursor of the list."""

    ACTS: ClassVar[frozenset[str]] = frozenset({"save", "duplicate", "tag"})
    BINDINGS: ClassVar[list[BindingType]] = BINDINGS

    # What is meant

    @property
    def version(self) -> Version | None:
        """The saved segment that is open, or under the cursor."""
        return self.version_at(self.place if self.is_composing else self.key)

    @property
    def meant(self) -> str:
        """The rule that is meant, as it stands now; "" where there is none."""
        if self.is_composing:
            return self.draft.text
        draft = self.drafts.get(-1 if self.key is None else self.key)
        if draft is not None and draft.edits:
            return draft.text
        return service_composing.rule_of(self.version) if self.version is not None else ""

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        is_dropping = action == "refuse" and not self.is_composing
        if (action in self.ACTS or is_dropping) and self.desk.read_only:
            return _("This ledger is open for reading only: start again without --read-only to act.")
        if action == "save" and not self.is_composing:
            return _("Open a segment or make a rule: what is composed is saved.")
        if action in ("save", "tag", "export", "message", "copy") and not self.meant:
            return _("There is no rule yet: type whom it names.")
        if self.is_composing and action in ("save", "tag", "export", "message") and self.wrong:
            return _("This is not a whole rule: {why}").format(why=self.wrong)
        if action == "mark_all" and self.is_composing:
            return _("Marks are for the list of segments.")
        if (action in ("duplicate", "diff") or is_dropping) and self.version is None:
            return _("It is not saved yet.")
        return "" if action in OWN else super().why_not(action)

    def asking(self, tx: Transaction) -> Asking:
        """What services ask with."""
        return asking_of(tx, self.desk)

    # Saving

    def action_save(self) -> None:
        """Ask for a name, a purpose and a day, then keep the rule."""
        if self.may("save"):
            self.ask(_("save as"), self._name_it, text=self.draft.name, hint=safe(_("what it is called")))

    async def _name_it(self, name: str) -> None:
        if not name:
            return
        before = next(
            (one for one in self.held.values() if isinstance(one, Version) and one.name == name), None
        )
        purpose = before.purpose if before is not None else ""
        hint = safe(_("why anybody would be in it"))
        self.ask(_("what for"), partial(self._say_what_for, name), text=purpose, hint=hint)

    async def _say_what_for(self, name: str, purpose: str) -> None:
        hint = safe(_("YYYY-MM-DD; Enter alone is a quarter from now"))
        self.ask(_("look again on"), partial(self._save, name, purpose), hint=hint)

    async def _save(self, name: str, purpose: str, day: str) -> None:
        draft, place = self.draft, self.place
        words = service_segments.Words(None, purpose or None, day or None)
        kept = await self.attempt(
            service_segments.save(
                self.desk.database, name, draft.text, words, self.asking, operator=self.desk.operator
            )
        )
        if kept is None:
            return
        draft.kept(kept.name, kept.version)
        self.drafts.pop(place, None)
        self.place = kept.segment_id
        self.drafts[self.place] = draft
        if place in self._choices:
            self._choices[self.place] = self._choices.pop(place)
        if place in self._said:
            self._said[self.place] = self._said.pop(place)
        self.show_head()
        in_worker(self, self.read_again, group="list", exclusive=True)
        said = _("{name} is saved as version {version}; it is looked at again on {day}.")
        self.say(said.format(name=kept.name, version=kept.version, day=kept.review_on), undo=True)

    def action_duplicate(self) -> None:
        """Ask for another name, and keep what is saved under it too."""
        if self.may("duplicate") and (version := self.version) is not None:
            self.ask(_("call the copy"), partial(self._duplicate, version))

    async def _duplicate(self, version: Version, name: str) -> None:
        if not name:
            return
        copied = service_segments.duplicate(
            self.desk.database, version.name, name, self.asking, operator=self.desk.operator
        )
        said = _("{name} says the same from now on.").format(name=name)
        if await self.attempt(copied, said) is not None:
            await self.read_again()

    async def drop(self) -> None:
        """Drop the segment under the cursor."""
        if self.may("refuse") and (version := self.version) is not None:
            dropped = service_segments.drop(
                self.desk.database, version.name, self.asking, operator=self.desk.operator
            )
            said = _("{name} is dropped; what it said before stays to be asked.").format(name=version.name)
            if await self.attempt(dropped, said) is not None:
                self.drafts.pop(version.segment_id, None)
                await self.read_again()

    # Looking back

    def action_diff(self) -> None:
        """Show what came and what went since it was saved, or saved before."""
        if self.may("diff"):
            in_worker(self, self._diff, group="act")

    async def _diff(self) -> None:
        version, text = self.version, self.meant
        if version is None:
            return

        def work(tx: Transaction, engine: Any, asking: Asking) -> list[Line]:
            known = [one for one in store_segments.versions(tx, version.folded) if one.saved_at <= asking.now]
            before = version.rule
            if text == before and len(known) > 1:
                before = known[-2].rule
            lines = pane_words.difference(before, text)
            if before and text and before != text:
                moved = service_composing.between(tx, engine, before, text, asking)
                for ids, sign, words in ((moved.came, "+", _("come")), (moved.left, "-", _("leave"))):
                    lines += [pane_words.EMPTY, pane_words.heading(f"{sign}{len(ids):,}  {words}")]
                    rows = store_segments.people(tx, ids[:PEOPLE_TOLD_MAX])
                    lines += [Line(safe(f"{sign} {self._named(row)}")) for row in rows]
            return [*lines, pane_words.EMPTY, *pane_words.versions(known, self.desk.zone)]

        lines = await self.asked(work)
        if lines is not None:
            self.app.push_screen(Reader(safe(version.name), lines))

    # Leaving the house

    def action_export(self) -> None:
        """Ask for a file, then write it."""
        if self.may("export"):
            text = self.meant

            async def named(file: str) -> None:
                if file:
                    line = (
                        f"segments export {pane_words.on_the_line(text)} --out {pane_words.on_the_line(file)}"
                    )
                    self.post_message(CommandWanted(line))

            self.ask(_("write to"), named, hint=safe(_("a new file that ends in .csv or .jsonl")))

    def action_tag(self) -> None:
        """Ask for a tag that follows the rule."""
        if self.may("tag"):
            text = self.meant

            async def named(tag: str) -> None:
                if tag:
                    self.has_acted = True
                    line = f"segments tag {pane_words.on_the_line(tag)} {pane_words.on_the_line(text)}"
                    self.post_message(CommandWanted(line))

            self.ask(
                _("tag"), named, hint=safe(_("put on whom the rule names, taken off whom it names no more"))
            )

    def ask_copy(self) -> None:
        """Choose what is copied: of a rule its text, its numbers or its people; of the list its rows."""
        if not self.is_composing:
            super().ask_copy()
            return
        choices = [
            Choice("t", "text", safe(_("the rule"))),
            Choice("n", "numbers", safe(_("the numbers")), safe(_("how many, and who fell out where"))),
            Choice("s", "people", safe(_("the people")), safe(_("a table: ref, number, name"))),
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                in_worker(self, partial(self._copy, choice.value), group="act")

        self.app.push_screen(Choose(safe(_("Copy")), choices), chosen)

    async def _copy(self, what: str) -> None:
        text = self._text
        if what == "people":

            def work(tx: Transaction, engine: Any, asking: Asking) -> list[Row]:
                ids = service_composing.matching(tx, engine, text, asking)
                return store_segments.people(tx, ids[:ROWS_COPIED_MAX])

            rows = await self.asked(work)
            if rows is None:
                return
            lines = [
                f"{one['member']}\t{one['phone'] or ''}\t{' '.join((one['name'] or '').split())}"
                for one in rows
            ]
            text = "\n".join(["member\tphone\tname", *lines]) + "\n"
        elif what == "numbers":
            text = self._numbers()
        if (said := await self.attempt(clipboard.copy(self.app, text), undo=False)) is not None:
            self.say(said)

    def _numbers(self) -> str:
        found, look = self.counted, self.looks.get(FALLS)
        if found is None:
            return ""
        lines = [f"{found.count}\t{_('of')} {found.of}\t{found.text}"]
        if look is not None and isinstance(look.found, Fallen):
            steps = look.found.waterfall.steps()
            lines += [f"-{one.excluded}\t{reason_words(one.reason)}" for one in steps if one.excluded]
            lines.append(f"{look.found.waterfall.reached}\t{_('would get it')}")
        return "\n".join(lines) + "\n"
