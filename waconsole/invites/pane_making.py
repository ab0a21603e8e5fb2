"""Programmes and codes from the invites pane: activated once the worst case was seen, ended, made, given."""

from __future__ import annotations

from functools import partial
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.invites import service_activating, service_codes, service_exposure, store_programmes
from waconsole.invites.kinds import CODE
from waconsole.invites.pane_detail_programme import worst_words
from waconsole.invites.pane_doing import DoingPane
from waconsole.invites.pane_many import activation, ending
from waconsole.invites.pane_rows import ProgrammeView
from waconsole.invites.service_activating import Made
from waconsole.invites.store_codes import Code
from waconsole.invites.store_programmes import ASKED
from waconsole.invites.terms import terms_of
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.pane import CommandWanted, on_the_line
from waconsole.kit.sheet import Sheet
from waconsole.kit.worker import in_worker
from waconsole.operators import authority
from waconsole.policy import library
from waconsole.text import _, safe

SHELF: Final = "programme."
PRESETS_MAX: Final = 200


class MakingPane(DoingPane):
    """What is made here, and what makes it earn."""

    # Programmes

    def activate(self) -> None:
        """Show the worst case, then let a programme earn."""
        in_worker(self, self._ask_to_activate, group="act")

    async def _ask_to_activate(self) -> None:
        one = next(iter(self.meant(ProgrammeView)), None)
        if one is None:
            return
        desk = self.desk

        def work(tx: Transaction) -> tuple[str, bool, list[str]]:
            programme = service_activating.running(tx, one.ref)
            terms = terms_of(store_programmes.value_of(tx, programme)[0])
            shown = service_exposure.of(tx, terms, programme)
            warned = service_exposure.looked_at(tx, terms, shown, now=desk.clock())["warnings"]
            return worst_words(shown), shown.is_over, warned

        found = await self.attempt(desk.database.read(work), undo=False)
        if found is None:
            return
        if one.version_state == "active":
            self.say(_("{name} earns already.").format(name=one.name), "advice")
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._activate, one), group="act")

        self.app.push_screen(Sheet(activation(one, *found)), answered)

    async def _activate(self, one: ProgrammeView) -> None:
        desk = self.desk

        def work(tx: Transaction) -> Made:
            actor = authority.deciding(tx, desk.operator, now=desk.clock())
            return service_activating.activate(tx, actor, one.ref, now=desk.clock())

        made = await self.attempt(desk.database.write(work), undo=False)
        if made is None:
            return
        await self.read_again()
        if made.state == ASKED:
            self.say(
                _("{name} is over its budget: it earns once another owner activates it.").format(
                    name=one.name
                ),
                "advice",
            )
        else:
            self.say(_("{name} v{version} earns from now on.").format(name=one.name, version=made.version))

    def end(self) -> None:
        """End a programme."""
        one = next(iter(self.meant(ProgrammeView)), None)
        if one is None or one.state == "ended":
            self.say(_("It has ended already."), "advice")
            return

        def then(reason: str) -> None:
            def answered(agreed: bool | None) -> None:
                if agreed:
                    in_worker(self, partial(self._end, one, reason), group="act")

            self.app.push_screen(Sheet(ending(one, reason)), answered)

        self.because(_("End {name}, because").format(name=one.name), "end", then)

    async def _end(self, one: ProgrammeView, reason: str) -> None:
        desk = self.desk

        def work(tx: Transaction) -> object:
            actor = authority.deciding(tx, desk.operator, now=desk.clock())
            authority.authorize(tx, actor, "programmes.end", now=desk.clock())
            return service_activating.end(tx, actor, one.ref, reason=reason, now=desk.clock())

        if await self.attempt(desk.database.write(work), undo=False) is not None:
            await self.read_again()
            self.say(
                _("{name} has ended: nothing counts any more, what was earned stays.").format(name=one.name)
            )

    # Making one

    def make_programme(self) -> None:
        """Choose what it begins from, name it, and make a draft of it."""
        shelf = [
            (name.removeprefix(SHELF), value) for name, value in library.shelf() if name.startswith(SHELF)
        ]
        choices = [
            Choice(str(place) if place < 10 else "", name, safe(name), safe(str(value["says"])))
            for place, (name, value) in enumerate(shelf[:PRESETS_MAX], 1)
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                self.ask(_("call it"), partial(self._make_programme, choice.value))

        self.app.push_screen(Choose(safe(_("A programme, beginning from")), choices), chosen)

    async def _make_programme(self, preset: str, name: str) -> None:
        if name:
            line = f"invites programme create {on_the_line(name)} --preset {preset} --draft"
            self.post_message(CommandWanted(line))

    def give_code(self) -> None:
        """Ask for whom, and of which programme."""
        running = [
            one for one in store_programmes.programmes(self.desk.database.pages())
            if store_programmes.ended_at(self.desk.database.pages(), one.id) is None
        ]  # fmt: skip
        if not running:
            self.say(_("No programme runs: make one first."), "advice")
            return
        choices = [
            Choice(str(place) if place < 10 else "", one.name, safe(one.name))
            for place, one in enumerate(running, 1)
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                hint = safe(_("a name, a number with + or a ref"))
                self.ask(_("code for"), partial(self._give_code, choice.value), hint=hint)

        self.app.push_screen(Choose(safe(_("A code of")), choices), chosen)

    async def _give_code(self, programme: str, who: str) -> None:
        desk = self.desk
        if not who:
            return

        def work(tx: Transaction) -> tuple[Code, bool]:
            return service_codes.give(tx, who, programme, operator=desk.operator, now=desk.clock())

        found = await self.attempt(desk.database.write(work), undo=False)
        if found is None:
            return
        await self.read_again()
        if self.kind == CODE:
            self.rows.move_to_key(found[0].id)
        words = _("{code} is theirs.") if found[1] else _("{code} is theirs already.")
        self.say(words.format(code=found[0].code), undo=found[1])
