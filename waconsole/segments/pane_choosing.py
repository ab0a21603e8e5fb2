"""What Enter does under a rule: another template, day, measure or sample; the people behind a number; why somebody is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from waconsole.clock import DAY, instant, moment
from waconsole.database.connection import Row, Transaction
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.reader import LINES_MAX, Line, Reader
from waconsole.kit.rowlist import RowList
from waconsole.kit.worker import in_worker
from waconsole.operators.pane_explain import explanation_lines
from waconsole.operators.pane_stream import Overtaken
from waconsole.outbox import store_templates
from waconsole.query.explain import Explanation
from waconsole.query.values import moment_of
from waconsole.segments import pane_look_rows as look_rows
from waconsole.segments import pane_rows, service_asking, service_composing, store_segments
from waconsole.segments.commands_waterfall import reason_words
from waconsole.segments.pane_look import ESTIMATE, FALLS, NO_TEMPLATE, Fallen
from waconsole.segments.pane_look_rows import Opens
from waconsole.segments.pane_looks import LooksPane
from waconsole.segments.service_asking import Asking
from waconsole.segments.service_composing import Sampled
from waconsole.text import _, safe

TEMPLATES_MAX: Final = 199
MEASURES: Final = ("orders(90d)", "clicks(30d)", "spend(365d)", "last_order", "last_push", "lang", "zone")
People = Callable[[Transaction, Any, Asking], Sequence[int]]


class ChoosingPane(LooksPane):
    """The lists under the outline, opened by Enter."""

    async def on_row_list_opened(self, message: RowList.Opened) -> None:
        """A line of the rule is typed anew; a line under it is opened."""
        if not self.is_composing:
            return
        message.stop()
        message.prevent_default()
        if message.row_list is self.outline_list:
            self.type_line()
            return
        for name in ("falls", "look"):
            entries = self.entries.get(name, [])
            if message.row_list is self.list_of(name) and message.key < len(entries):
                self.open_entry(FALLS if name == "falls" else self.open_look, entries[message.key].opens)

    def open_entry(self, what: str, opens: Opens | None) -> None:
        """Do what a line leads to."""
        if opens is None:
            return
        match opens.what:
            case look_rows.TEMPLATE:
                self.choose_template()
            case look_rows.SINCE:
                self.choose_since()
            case look_rows.FIELD:
                self.choose_measure()
            case look_rows.DRAWN:
                self.look_again(seed=self.choices.get("seed", 0) + 1)
            case look_rows.PERSON:
                in_worker(self, partial(self._explain, opens.which), group="act")
            case look_rows.BOTH:
                text, other = self._text, opens.which
                words = _("in both: {name}").format(name=other.name)
                self.list_people(
                    words, lambda tx, engine, asking: service_composing.both(tx, engine, text, other, asking)
                )
            case look_rows.PEOPLE:
                self._people_of(what, opens.which)

    def _people_of(self, what: str, which: Any) -> None:
        look = self.looks.get(FALLS)
        if what in (FALLS, ESTIMATE) and look is not None and isinstance(look.found, Fallen):
            fall = look.found.waterfall
            ids = fall.ids if which == "" else fall.of(which)
            words = _("match") if which == "" else _("would get it") if which is None else reason_words(which)
            self.list_people(words, lambda *_seen: ids.tolist())
        elif isinstance(which, tuple):
            words, some = which
            self.list_people(words, lambda *_seen: some)

    # Choosing

    def choose_template(self) -> None:
        """Choose what would be sent."""
        found = {
            str(row["name"]): str(row["category"] or "").casefold()
            for row in store_templates.templates(self.desk.database.pages())
        }
        names = list(found)[:TEMPLATES_MAX]
        choices = [
            Choice(_digit(place), name, safe(name), safe(found[name])) for place, name in enumerate(names, 1)
        ]
        choices.append(
            Choice("0", NO_TEMPLATE, safe(_("no template")), safe(_("a text where the window is open")))
        )
        self._choose(_("What would be sent"), choices, lambda said: self.look_again(template=said))

    def choose_since(self) -> None:
        """Choose since when changes are told."""
        now = self.desk.clock()
        local = moment(now, self.desk.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        week = instant(midnight) - local.weekday() * DAY
        spans = (
            (now - DAY, _("yesterday")), (week, _("Monday")), (now - 7 * DAY, _("7 days ago")),
            (now - 30 * DAY, _("30 days ago")), (now - 90 * DAY, _("90 days ago")),
        )  # fmt: skip
        choices = [
            Choice(_digit(place), f"{at} {words}", safe(words)) for place, (at, words) in enumerate(spans, 1)
        ]
        self._choose(_("Since when"), choices, self._since, typed=_("a day, like 2026-11-01"))

    def _since(self, said: str) -> None:
        at, _space, words = said.partition(" ")
        if at.isdecimal() and words:
            since = int(at)
        else:
            found, words = moment_of(said.strip()), said.strip()
            since = found.bounds(self.desk.clock(), self.desk.zone)[0] if found is not None else 0
        if not 0 < since <= self.desk.clock():
            self.say(
                _("{said} is no day that has been: write it like 2026-11-01.").format(said=said), "refused"
            )
            return
        self._said[self.place] = words
        self.look_again(since=since)

    def choose_measure(self) -> None:
        """Choose what is shown as bars."""
        choices = [Choice(_digit(place), one, safe(one)) for place, one in enumerate(MEASURES, 1)]
        typed = _("a measure, as in a rule: spend(365d) HKD")
        self._choose(
            _("How is it spread"), choices, lambda said: self.look_again(of=said.strip()), typed=typed
        )

    def _choose(
        self, title: str, choices: Sequence[Choice], then: Callable[[str], None], *, typed: str = ""
    ) -> None:
        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                then(choice.value)

        self.app.push_screen(Choose(safe(title), choices, typed=typed), chosen)

    # People

    def list_people(self, words: str, people: People) -> None:
        """Show who is behind a number, and why."""
        in_worker(self, partial(self._list_people, words, people), group="act")

    async def _list_people(self, words: str, people: People) -> None:
        def work(tx: Transaction, engine: Any, asking: Asking) -> tuple[int, list[Row]]:
            ids = people(tx, engine, asking)
            return len(ids), store_segments.people(tx, [int(one) for one in ids[:LINES_MAX]])

        found = await self.asked(work)
        if found is None:
            return
        count, rows = found
        lines = [Line(safe(f"{self._named(row)}  {words}")) for row in rows]
        if count > len(rows):
            more = _("… and {count} more: the whole list is exported to a file.")
            lines.append(Line(safe(more.format(count=f"{count - len(rows):,}")), "muted"))
        if not lines:
            lines.append(Line(safe(_("Nobody.")), "muted"))
        self.app.push_screen(Reader(safe(f"{count:,}  {words}"), lines))

    def _named(self, row: Row) -> str:
        return pane_rows.who(row["name"] or "", row["phone"], is_revealed=self.is_revealed) or str(
            row["member"]
        )

    async def asked(self, work: Callable[[Transaction, Any, Asking], Any]) -> Any:
        """What is asked beside the screen; what is refused is said. None then."""
        try:
            return await self.attempt(self.preview.run(work), undo=False)
        except Overtaken:
            return None

    async def _explain(self, one: Sampled) -> None:
        """Show the value of each condition beside what it was compared with."""
        text = self._text

        def work(tx: Transaction, _engine: Any, asking: Asking) -> Explanation:
            return service_asking.explain(tx, text, one.person["id"], asking)

        found = await self.asked(work)
        if found is not None:
            lines = explanation_lines("", text, found)
            self.app.push_screen(Reader(safe(self._named(one.person)), lines))


def _digit(place: int) -> str:
    return str(place) if place < 10 else ""
