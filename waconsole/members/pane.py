"""Members: who is in the community? Names, masked numbers, tags, groups, consent; a card for each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.clock import moment, parse_iso
from waconsole.database.connection import Transaction
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.reader import Line, Reader
from waconsole.kit.rows import Cell, Row
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.kit.worker import in_worker
from waconsole.members import service, store, store_pane
from waconsole.members.model import masked
from waconsole.members.pane_merge import MemberMerging
from waconsole.members.store_pane import MemberRow
from waconsole.operators.pane_language import Within
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 200
HEAD_CELLS: Final = 12


def consent_cell(consent: str | None) -> Cell:
    """The consent in force, as a sign and a word; nothing when nobody asked."""
    if consent is None:
        return Cell(SafeText(""))
    words = {"yes": ("done", _("yes")), "no": ("held", _("no")), "stop": ("refused", _("stop"))}
    role, word = words[consent]
    return Cell(safe(f"{glyph(role)} {word}"), role)


class MembersPane(MemberMerging):
    """People by name; those who bear an equal name are suggested, never merged by themselves."""

    NAME = "members"
    CHORD = "m"
    TITLE = _("Members")
    SUBJECT = "member"
    TABS = (
        ("all", _("All")),
        ("named_alike", _("Same name")),
        ("tagged", _("Tagged")),
        ("stopped", _("Stopped")),
    )
    NOTHING = (
        _("No members yet."),
        _("They come with a chat (:import chat FILE --group NAME) or a CSV (:import contacts FILE)."),
    )
    ACTS = frozenset({"tag", "merge"})
    COLUMNS = (
        Column(_("number"), 16),
        Column(_("lang"), 5, priority=4),
        Column(_("consent"), 7, priority=2),
        Column(_("tags"), 16, priority=3),
        Column(_("name"), 24, gap=2),
        Column(_("groups"), priority=5),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "tag", _("Tag"), id="members.tag", tooltip=_("Tag the members meant; -word takes a tag off.")),
        Binding(
            "equals_sign", "merge", _("One person"), id="members.merge",
            tooltip=_("Show who may be the same person, and merge the two."),
        ),
    ]  # fmt: skip

    # What is listed

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Ids by name."""
        ids = store_pane.ids(tx, tab, *narrowing) if narrowing is not None else store_pane.ids(tx, tab)
        return Listed(ids, self.known or store_pane.counts(tx))

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        return [self._row(row) for row in store_pane.rows(tx, ids)]

    def _row(self, row: MemberRow) -> Row:
        name = safe(row.name[:NAME_CHARACTERS_MAX])
        twins = f" {glyph('unknown')}{row.namesakes + 1}" if row.namesakes else ""
        return Row(
            row.id,
            (
                Cell(self._number(row.phone), "muted"),
                Cell(safe(row.language), "muted"),
                consent_cell(row.consent),
                Cell(safe(", ".join(row.tags)), "accent"),
                Cell(
                    safe(name + twins) if name.strip() else safe(_("no name")), "" if name.strip() else "dim"
                ),
                Cell(safe(", ".join(row.groups)), "muted"),
            ),
        )

    def _number(self, phone: str | None) -> SafeText:
        if phone is None:
            return SafeText("")
        return safe(phone) if self.is_revealed else masked(phone)

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Members as they are copied: numbers in full."""
        found = {row.id: row for row in store_pane.rows(tx, ids)}
        return [
            {
                "text": found[key].name or found[key].phone or "",
                "member": found[key].ref,
                "name": found[key].name,
                "phone": found[key].phone,
                "language": found[key].language,
                "consent": found[key].consent,
                "tags": list(found[key].tags),
                "groups": list(found[key].groups),
            }
            for key in ids
            if key in found
        ]

    def go_to(self, place: dict[str, Any]) -> None:
        """Show the card of {"member": id}."""
        if (key := place.get("member")) is not None:
            in_worker(self, partial(self._visit, int(key)), group="act")

    async def _visit(self, key: int) -> None:
        if not self.rows.move_to_key(key):
            await self.stand_on(key)
        await self.open_row(key)

    # The card

    async def open_row(self, key: int) -> None:
        """Show a member's card."""
        found = await self.attempt(self.desk.database.read(lambda tx: _card(tx, key)))
        if found is not None:
            row, aliases, consents = found
            title = safe(row.name[:NAME_CHARACTERS_MAX]) or self._number(row.phone) or safe(_("no name"))
            self.app.push_screen(Reader(title, list(self._card_lines(row, aliases, consents))))

    def _card_lines(
        self, row: MemberRow, aliases: list[dict[str, Any]], consents: list[dict[str, Any]]
    ) -> list[Line]:
        nothing = _("none")
        facts = [
            (_("number"), self._number(row.phone) or nothing),
            (_("language"), row.language or nothing),
            (_("tags"), ", ".join(row.tags) or nothing),
            (_("groups"), ", ".join(row.groups) or nothing),
        ]
        lines = [_fact(head, text) for head, text in facts]
        if row.namesakes:
            says = _("{count} others bear this name: the tab Same name lists them.")
            lines.append(Line(safe(says.format(count=f"{row.namesakes:,}")), "unknown"))
        lines.append(Line(SafeText("")))
        lines += [
            _fact(_("known as") if not place else "", self._alias(one)) for place, one in enumerate(aliases)
        ]
        lines.append(Line(SafeText("")))
        for place, one in enumerate(consents):
            text = f"{one['state']}  {self._day(one['decided_at'])}  {one['source']}"
            lines.append(_fact(_("consent") if not place else "", text))
        return lines

    def _alias(self, alias: dict[str, Any]) -> str:
        value = str(alias["value"])
        if alias["kind"] == "phone":
            value = self._number(value)
        where = _(" in {group}").format(group=alias["group"]) if alias["group"] else ""
        return f"{value}{where}  {self._day(alias['seen_from'])}"

    def _day(self, at: str | None) -> str:
        """The day of an instant written in ISO 8601, in the screen's zone; "" when it is not known."""
        if not at:
            return ""
        local = moment(parse_iso(at), self.desk.zone)
        return f"{local.day} {local:%b %Y}"

    # Tagging

    async def action_tag(self) -> None:
        """Ask for a tag."""
        if self.may("tag"):
            names = await self.desk.database.read(store_pane.tag_names)
            self.ask(_("tag"), self._tag, names=[safe(name) for name in names])

    async def _tag(self, typed: str) -> None:
        """Put a tag on the members meant, or take it off: one at once, many through the sheet."""
        name, is_on = typed.removeprefix("-").strip(), not typed.startswith("-")
        ids = self.wanted()
        if not name or not ids:
            return

        async def again() -> None:
            await self._tag(typed)

        self.last_act = again
        if not self.rows.selection:
            await self._put(ids, name, is_on)
            return
        first, last = await self.desk.database.read(
            lambda tx: [store.member_by_id(tx, key) for key in (ids[0], ids[-1])]
        )
        proposal = Proposal(
            verb=safe(_("Tag") if is_on else _("Take the tag off")),
            things=safe(_("members")),
            count=len(ids),
            first=safe(first.name or first.ref),
            last=safe(last.name or last.ref),
            undo=safe(_("Undo puts every tag back as it was.")),
            figures=((safe(_("tag")), safe(name)),),
        )

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._put, ids, name, is_on), group="act")

        self.app.push_screen(Sheet(proposal), answered)

    async def _put(self, ids: Sequence[int], name: str, is_on: bool) -> None:
        desk = self.desk
        changed = await self.attempt(
            service.tag(desk.database, ids, name, is_on, operator=desk.operator, now=desk.clock())
        )
        if changed is None:
            return
        self.rows.clear_marks()
        await self.read_again()
        if not changed:
            self.say(_("It stands so already."), "advice")
            return
        words = _("Tagged {tag}: {count}.") if is_on else _("No longer tagged {tag}: {count}.")
        self.say(words.format(tag=name, count=f"{changed:,}"), undo=True)


def _card(tx: Transaction, key: int) -> tuple[MemberRow, list[dict[str, Any]], list[dict[str, Any]]]:
    """What a card shows. Raises NotFound."""
    store.member_by_id(tx, key)
    return store_pane.rows(tx, [key])[0], store.aliases(tx, key), store.consents(tx, key)


def _fact(head: str, text: str) -> Line:
    return Line(safe(f"{head.ljust(HEAD_CELLS)}{text}"))
