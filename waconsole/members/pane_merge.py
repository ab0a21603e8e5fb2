"""Merging from the list: who may be the person under the cursor, a sheet that says what will happen, then the act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.kit.choose import CHOICES_MAX, Choice, Choose, Chosen
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.kit.worker import in_worker
from waconsole.members import likeness, service_merge, store, store_duplicates, store_pane
from waconsole.members.model import masked
from waconsole.operators.desk import Desk
from waconsole.operators.pane_tabs import ViewPane
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Likely:
    """Somebody who may be the person under the cursor, and what speaks for it."""

    member: store.Member
    reasons: tuple[str, ...]
    groups: tuple[str, ...]


def likely(tx: Transaction, key: int) -> list[Likely]:
    """Who may be the member of `key`, the likeliest first, at most `CHOICES_MAX`."""
    found = likeness.of_one(store_duplicates.shared(tx, key), key)[:CHOICES_MAX]
    groups = {row.id: row.groups for row in store_pane.rows(tx, [other for other, _reasons in found])}
    return [
        Likely(
            store.member_by_id(tx, other), tuple(reason for reason, _value in reasons), groups.get(other, ())
        )
        for other, reasons in found
    ]


def reason_words(reasons: Sequence[str]) -> str:
    """What two members share, in words."""
    words = {
        "number": _("WhatsApp names one number"),
        "device": _("same device"),
        "payment": _("same payment"),
        "address": _("same address"),
        "name": _("same name"),
    }
    return ", ".join(words[reason] for reason in reasons)


def _consent(theirs: str | None, ours: str | None, then: str | None) -> SafeText:
    """What will be in force of two consents, in words."""
    if theirs is None and ours is None:
        return safe(_("nobody asked either of them"))
    said = {None: _("nobody asked"), "yes": _("yes"), "no": _("no"), "stop": _("stop")}
    return safe(
        _("{then}, the stricter of {theirs} and {ours}").format(
            then=said[then], theirs=said[theirs], ours=said[ours]
        )
    )


class MemberMerging(ViewPane):
    """The key that makes two rows one person."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk

    def called(self, member: store.Member) -> SafeText:
        """What a member is called on a line: name, and the number as the screen may show it, else the ref."""
        phone = member.phone and (member.phone if self.is_revealed else masked(member.phone))
        return safe(
            "  ".join(part for part in (member.name[:NAME_CHARACTERS_MAX], phone or member.ref) if part)
        )

    async def action_merge(self) -> None:
        """Show who may be the person under the cursor."""
        key = self.key
        if not self.may("merge") or key is None:
            return
        person, others = await self.desk.database.read(
            lambda tx: (store.member_by_id(tx, key), likely(tx, key))
        )
        choices = [
            Choice(
                str(place) if place < 10 else "",
                one.member.ref,
                self.called(one.member),
                safe(", ".join((reason_words(one.reasons), *one.groups))),
            )
            for place, one in enumerate(others, 1)
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                in_worker(self, partial(self._propose, person.id, choice.value), group="act")

        words = _("One person with {name}") if choices else _("Nobody looks like {name}: who is it?")
        title = words.format(name=self.called(person))
        typed = _("another one: a ref, a number with + or a name")
        self.app.push_screen(Choose(safe(title), choices, typed=typed), chosen)

    async def _propose(self, key: int, who: str) -> None:
        """Say what the merge will do, and do it when the operator agrees."""

        def work(tx: Transaction) -> service_merge.Prospect:
            return service_merge.prospect(tx, store.member_named(tx, who).id, key)

        prospect = await self.attempt(self.desk.database.read(work))
        if prospect is None:
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._merge, prospect), group="act")

        self.app.push_screen(Sheet(self._sheet(prospect)), answered)

    def _sheet(self, prospect: service_merge.Prospect) -> Proposal:
        carried = prospect.carried
        comes = _("aliases {aliases}, tags {tags}, words of consent {consents}; groups and threads").format(
            aliases=carried["aliases"], tags=carried["tags"], consents=carried["consents"]
        )
        figures = [
            (safe(_("stands for both")), self.called(prospect.into)),
            (safe(_("comes along")), safe(comes)),
            (safe(_("consent")), _consent(*prospect.consent)),
        ]
        if prospect.filled:
            words = {
                "name": _("name"), "language": _("language"), "timezone": _("zone"), "address": _("address"),
                "payment": _("payment"), "device": _("device"),
            }  # fmt: skip
            filled = ", ".join(words[name] for name in prospect.filled)
            figures.append((safe(_("fills")), safe(filled)))
        return Proposal(
            verb=safe(_("Merge")),
            things=safe(_("members")),
            count=2,
            first=self.called(prospect.member),
            last=self.called(prospect.into),
            undo=safe(
                _("Undo parts them exactly as they were, unless one of them is merged or split again before.")
            ),
            figures=tuple(figures),
        )

    async def _merge(self, prospect: service_merge.Prospect) -> None:
        desk = self.desk
        outcome = await self.attempt(
            service_merge.merge(
                desk.database,
                prospect.member.ref,
                prospect.into.ref,
                operator=desk.operator,
                now=desk.clock(),
            )
        )
        if outcome is None:
            return
        await self.read_again()
        self.rows.move_to_key(outcome.person.id)
        said = _("{other} is one with {person} now.").format(
            other=self.called(prospect.member), person=self.called(outcome.person)
        )
        self.say(said, undo=True)
