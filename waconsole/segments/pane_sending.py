"""A message to whom a rule names: the template, what fills it, then a sheet with the exact count before anything is queued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Row, Transaction
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.pane import CommandWanted
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.kit.worker import in_worker
from waconsole.members.masking import masked_text
from waconsole.outbox import store_templates
from waconsole.segments import pane_words, store_segments
from waconsole.segments import previews as previews_of
from waconsole.segments.commands_looking import money_words
from waconsole.segments.commands_waterfall import reason_words
from waconsole.segments.pane_keeping import KeepingPane
from waconsole.segments.pane_look import NO_TEMPLATE
from waconsole.segments.previews import Preview
from waconsole.segments.service_asking import Asking
from waconsole.segments.variables import VARIABLES, marked
from waconsole.text import SafeText, _, safe
from waconsole.whatsapp.content import Template
from waconsole.whatsapp.templates import body, filled, header_format, part, placeholders

TEMPLATES_MAX: Final = 200
PREVIEW_CHARACTERS_MAX: Final = 160
FALLBACK: Final = "{first_name|there}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A template that was chosen: what it leaves open in header and body, and what fills each place so far."""

    name: str
    language: str
    category: str
    words: str
    places: tuple[str, ...]
    in_body: tuple[str, ...]
    is_named: bool
    values: tuple[str, ...] = ()

    @property
    def parameters(self) -> list[str]:
        """As they are typed behind --param."""
        pairs = zip(self.places, self.values, strict=True)
        return [f"{name}={value}" if self.is_named else value for name, value in pairs]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the sheet says: exact, as of now."""

    count: int
    left_out: tuple[tuple[int, str], ...]
    first: Row | None
    last: Row | None
    money: str
    previews: tuple[Preview, ...]


def letter_of(row: Row) -> Letter:
    """A template as its row has it."""
    components = store_templates.components_of(row)
    is_text = header_format(components) == "TEXT"
    header = placeholders(str(part(components, "HEADER").get("text") or "")) if is_text else []
    in_body = placeholders(body(components))
    return Letter(
        str(row["name"]), str(row["language"]), str(row["category"] or ""), body(components),
        (*header, *in_body), tuple(in_body), (row["parameter_format"] or "").upper() == "NAMED",
    )  # fmt: skip


def planned(tx: Transaction, engine: Any, asking: Asking, said: str, letter: Letter) -> Planned:
    """Who would get it, why the others would not, what it costs and what some would read. Raises Refused, QueryError."""
    from waconsole.segments import service_estimate, service_sending, service_waterfall

    blanks = marked(letter.values)
    in_body = blanks.parameters[len(letter.places) - len(letter.in_body) :]
    text = filled(letter.words, dict(zip(letter.in_body, in_body, strict=True)))
    pairs = tuple(
        (name if letter.is_named else "", value)
        for name, value in zip(letter.places, blanks.parameters, strict=True)
    )
    template = Template(letter.name, letter.language, pairs, category=letter.category, text=text)
    target = service_sending.target_of(tx, said, asking)
    chosen = service_waterfall.chosen(tx, letter.name)
    plan = service_sending.plan(tx, target, asking, engine, chosen, template, blanks, as_typed="")
    left_out = [(one.excluded, reason_words(one.reason)) for one in plan.fallen.steps() if one.excluded]
    if plan.without:
        left_out.append((plan.without, _("a value is missing, or too long")))
    ends = store_segments.people(tx, [plan.ids[0], plan.ids[-1]]) if plan.ids else []
    money = service_estimate.cost(tx, plan.ids, letter.category, asking.now)
    previews = tuple(service_sending.previews_of(plan))
    return Planned(
        len(plan.ids), tuple(left_out), ends[0] if ends else None, ends[-1] if ends else None, money_words(money),
        previews,
    )  # fmt: skip


class SendingPane(KeepingPane):
    """The key `m`. The command of that name queues it: threads belong to a room further up."""

    ACTS: ClassVar[frozenset[str]] = KeepingPane.ACTS | {"message"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "m", "message", _("Message…"), id="segments.message",
            tooltip=_("Send a template to whom the rule names, once the exact count was seen."),
        ),
    ]  # fmt: skip

    def action_message(self) -> None:
        """Choose the template."""
        if not self.may("message"):
            return
        rows = [
            row
            for row in store_templates.templates(self.desk.database.pages())
            if row["status"] in ("", *store_templates.USABLE)
        ][:TEMPLATES_MAX]
        if not rows:
            self.say(
                _("No template that WhatsApp takes is known here: `:templates sync` fetches them."), "advice"
            )
            return
        shown = self.choices.get("template", NO_TEMPLATE)
        rows.sort(key=lambda row: row["name"] != shown)
        choices = [
            Choice(
                str(place) if place < 10 else "", str(place - 1), safe(row["name"]),
                safe(f"{row['language']}  {(row['category'] or '').casefold()}"),
            )
            for place, row in enumerate(rows, 1)
        ]  # fmt: skip

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                self._fill(letter_of(rows[int(choice.value)]))

        self.app.push_screen(Choose(safe(_("Send to whom the rule names")), choices), chosen)

    def _fill(self, letter: Letter) -> None:
        """Ask what fills the next place; then show what it comes to."""
        if len(letter.values) == len(letter.places):
            in_worker(self, partial(self._plan, letter), group="act")
            return
        place = letter.places[len(letter.values)]
        names = [f"{{{one}}}" for one in VARIABLES]
        text = FALLBACK if "name" in place.casefold() else ""
        hint = safe(
            _("words, or {example}: Tab behind the bracket shows what there is").format(example=FALLBACK)
        )
        self.ask(f"{{{{{place}}}}}", partial(self._filled, letter), names=names, text=text, hint=hint)
        self.say(" ".join(letter.words.split()), "advice")

    async def _filled(self, letter: Letter, value: str) -> None:
        if not value:
            self.say(_("Nothing was queued: a place without words would be a hole."), "advice")
            return
        values = (*letter.values, value)
        self._fill(
            Letter(
                letter.name, letter.language, letter.category, letter.words, letter.places, letter.in_body,
                letter.is_named, values,
            )
        )  # fmt: skip

    @property
    def target(self) -> str:
        """What the command is told: the saved segment's name where it is what is meant, else the rule."""
        version = self.version
        is_saved = version is not None and self.meant in (version.rule, "" if version.rule else self.meant)
        return version.name if version is not None and is_saved else self.meant

    async def _plan(self, letter: Letter) -> None:
        target = self.target

        def work(tx: Transaction, engine: Any, asking: Asking) -> Planned:
            return planned(tx, engine, asking, target, letter)

        found: Planned | None = await self.asked(work)
        if found is None:
            return
        if found.first is None or found.last is None:
            why = max(found.left_out)[1] if found.left_out else _("nobody matches")
            self.say(_("Nobody would get it: {why}.").format(why=why), "advice")
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.has_acted = True
                self.post_message(CommandWanted(command(target, letter)))

        self.app.push_screen(Sheet(self._proposal(found, found.first, found.last, letter)), answered)

    def _read_by(self, previews: Sequence[Preview]) -> list[tuple[SafeText, SafeText]]:
        """What those would read where something goes wrong first, each text once."""
        whose = {
            previews_of.LONGEST: _("longest"), previews_of.SHORTEST: _("shortest"),
            previews_of.RTL: _("right to left"), previews_of.EMOJI: _("with emoji"),
        }  # fmt: skip
        texts: dict[str, list[str]] = {}
        for one in previews:
            text = one.text if self.is_revealed else masked_text(one.text)
            texts.setdefault(" ".join(text.split())[:PREVIEW_CHARACTERS_MAX], []).append(whose[one.why])
        if len(texts) == 1 and len(previews) > 1:
            return [(safe(_("all read")), safe(text)) for text in texts]
        return [(safe(", ".join(names)), safe(text)) for text, names in texts.items()]

    def _proposal(self, found: Planned, first: Row, last: Row, letter: Letter) -> Proposal:
        figures: list[tuple[SafeText, SafeText]] = [
            (safe(_("template")), safe(f"{letter.name} {letter.language}")),
            (safe(_("money")), safe(found.money)),
        ]
        figures += self._read_by(found.previews)
        return Proposal(
            verb=safe(_("Queue")),
            things=safe(_("messages") if found.count != 1 else _("message")),
            count=found.count,
            first=safe(self._named(first)),
            last=safe(self._named(last)),
            undo=safe(_("Undo withdraws what waits; what has left is not called back.")),
            excluded=tuple((count, safe(reason)) for count, reason in found.left_out),
            figures=tuple(figures),
        )


def command(target: str, letter: Letter) -> str:
    """The command that queues it."""
    words = [
        "segments send",
        pane_words.on_the_line(target),
        "--template",
        pane_words.on_the_line(letter.name),
    ]
    words += ["--language", letter.language]
    for one in letter.parameters:
        words += ["--param", pane_words.on_the_line(one)]
    return " ".join(words)
