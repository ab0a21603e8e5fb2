"""Who asks to come in? Let them in or decline them, one or many, whichever group they wait for."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Row as Found
from waconsole.database.connection import Transaction
from waconsole.groups import service_joins, service_risk, store_joins, store_pane
from waconsole.groups.commands_joins import join_document
from waconsole.groups.risk import Risk
from waconsole.groups.service_joins import Decided
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.pane import PaneWanted
from waconsole.kit.rows import Cell, Row
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.kit.worker import in_worker
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_query import keys_of
from waconsole.operators.pane_tabs import ViewPane
from waconsole.text import SafeText, _, safe

ROW_CHARACTERS_MAX: Final = 400
_SIGNS: Final = {
    "asked": "owed",
    "approved": "done",
    "declined": "refused",
    "revoked": "refused",
    "gone": "unknown",
}
_ROLES: Final = {"asked": "owed", "approved": "done", "declined": "refused", "revoked": "dim", "gone": "dim"}


def state_word(state: str) -> str:
    """The word for what became of a request to come in."""
    words = {
        "asked": _("asks"),
        "approved": _("let in"),
        "declined": _("declined"),
        "revoked": _("taken back"),
        "gone": _("gone"),
    }
    return words[state]


def channel_word(channel: str) -> str:
    """How somebody came to ask, in words; what WhatsApp calls it where nobody here has words for it."""
    words = {
        "invite_link": _("by link"),
        "linked_group_join": _("by community"),
        "non_admin_add": _("by a member"),
    }
    return words.get(channel, channel)


def _look(level: str) -> tuple[SafeText, str]:
    """What speaks for a look before somebody is let in, as (sign and word, role); the command line says why."""
    words = {"high": ("refused", _("high"), "refused"), "some": ("unknown", _("some"), "owed")}
    if level not in words:
        return SafeText(""), "muted"
    sign, word, role = words[level]
    return safe(f"{glyph(sign)} {word}"), role


class JoinsPane(ViewPane):
    """Requests to come into groups, who has waited longest first. Deciding asks WhatsApp, and cannot be taken back."""

    NAME = "joins"
    CHORD = "j"
    TITLE = _("Requests")
    SUBJECT = "member"
    TABS = (("open", _("Waiting")), ("all", _("All")))
    NOTHING = (
        _("Nobody asks to come in."),
        _(
            "Groups whose people must be let in show here who asks: :groups create --subject NAME --approval required"
        ),
    )
    ACTS = frozenset({"release", "refuse", "release_marked", "refuse_marked"})
    COLUMNS = (
        Column(_("age"), 6, "right"),
        Column(_("state"), 12),
        Column(_("way"), 13, priority=4),
        Column(_("look"), 6, priority=2),
        Column(_("number"), 16, priority=3),
        Column(_("decided by"), 10, priority=5),
        Column(_("group"), 22, gap=2),
        Column(_("who"), 24, gap=2),
        Column(_("reason"), priority=2),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "release", _("Let in"), id="joins.release",
                tooltip=_("Let them come into the group; WhatsApp is asked at once.")),
        Binding("x", "refuse", _("Decline"), id="joins.refuse",
                tooltip=_("Decline them, with a reason for those who come after you. They are not told.")),
        Binding("A", "release_marked", _("Let marked in"), id="joins.release_marked",
                tooltip=_("Let everybody come in who is marked."), show=False),
        Binding("X", "refuse_marked", _("Decline marked"), id="joins.refuse_marked",
                tooltip=_("Decline everybody who is marked."), show=False),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self._groups: dict[int, str] = {}

    # What is listed

    def row_of(self, key: int) -> int:
        """The member who asks: that is what is asked about."""
        return int(self.held[key]["member_id"] or 0)

    def within(self, queries: list[str]) -> Within:
        """The requests of members who match."""
        sql, parameters = super().within(queries)
        return Within(f"SELECT id FROM join_request WHERE member_id IN ({sql})", parameters)

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Requests by age."""
        everything = store_joins.joins(tx, only_asked=False)
        waiting = [row for row in everything if row["state"] == store_joins.ASKED]
        kept = waiting if tab == "open" else everything
        if narrowing is not None:
            matching = set(keys_of(narrowing, tx))
            kept = [row for row in kept if row["id"] in matching]
        self._groups = store_pane.names(tx)
        return Listed(
            array("q", [row["id"] for row in kept]),
            {"open": len(waiting), "all": len(everything)},
            {row["id"]: row for row in kept},
        )

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows of the requests read with the list."""
        now, found = self.desk.clock(), [self.held[key] for key in ids if key in self.held]
        risks = service_risk.risks(tx, [one["member_id"] for one in found if one["member_id"] is not None])
        return [self._row(one, risks.get(one["member_id"], Risk()), now) for one in found]

    def _row(self, found: Found, known: Risk, now: int) -> Row:
        state, phone = found["state"], json.loads(found["person"]).get("phone") or ""
        number = safe(phone) if self.is_revealed else masked(phone) if phone else SafeText("")
        return Row(
            found["id"],
            (
                Cell(ages.ago(found["asked_at"], now, self.desk.zone), "muted"),
                Cell(safe(f"{glyph(_SIGNS[state])} {state_word(state)}"), _ROLES[state]),
                Cell(safe(channel_word(found["entry_channel"])), "muted"),
                Cell(*_look(known.level(self._groups.get(found["group_id"], "")))),
                Cell(number, "muted"),
                Cell(safe(found["decided_by_name"] or ""), "muted"),
                Cell(safe(self._groups.get(found["group_id"], "")[:ROW_CHARACTERS_MAX])),
                Cell(self._who(found), "title"),
                Cell(safe((found["reason"] or found["detail"])[:ROW_CHARACTERS_MAX]), "muted"),
            ),
            role="" if state == store_joins.ASKED else "dim",
        )

    def _who(self, found: Found) -> SafeText:
        person = json.loads(found["person"])
        username = f"@{person['username']}" if person.get("username") else ""
        raw = found["member_name"] or username or person.get("bsuid") or person.get("phone") or ""
        return safe((raw if self.is_revealed else masked_text(raw))[:ROW_CHARACTERS_MAX])

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Requests as they are copied."""
        return [self._record(self.held[key]) for key in ids if key in self.held]

    def _record(self, found: Found) -> dict[str, Any]:
        document = join_document(found)
        group = self._groups.get(found["group_id"], "")
        return {
            "text": document["name"] or document["phone"] or document["bsuid"] or "",
            "group": group,
            **document,
        }

    async def open_row(self, key: int) -> None:
        """Show what else is known of who asks: their messages and groups."""
        if (found := self.held.get(key)) is not None and found["member_ref"]:
            self.post_message(PaneWanted("members", {"member": found["member_id"]}))

    def why_not(self, action: str) -> str:
        """A request that has ended is not decided again."""
        if why := super().why_not(action):
            return why
        if action.endswith("_marked") and not self.rows.selection:
            return _("Nothing is marked.")
        found = None if self.key is None else self.held.get(self.key)
        if (
            action in self.ACTS
            and not self.rows.selection
            and found is not None
            and found["state"] != "asked"
        ):
            return _("This request is {state} already.").format(state=state_word(found["state"]))
        return ""

    # Acts

    def action_release(self) -> None:
        """Let in who is under the cursor, or who is marked."""
        if self.may("release"):
            self._decide(approve=True, reason="")

    def action_refuse(self) -> None:
        """Ask why, then decline."""
        if self.may("refuse"):

            async def because(reason: str) -> None:
                self._decide(approve=False, reason=reason)

            self.ask(_("reason"), because)

    def action_release_marked(self) -> None:
        """Let everybody in who is marked."""
        if self.may("release_marked"):
            self._decide(approve=True, reason="")

    def action_refuse_marked(self) -> None:
        """Decline everybody who is marked."""
        if self.may("refuse_marked"):
            self.action_refuse()

    def _decide(self, *, approve: bool, reason: str) -> None:
        """One at once; several through the sheet, which says that there is no way back."""
        wanted = self.wanted()
        ids = [key for key in wanted if self.held[key]["state"] == "asked"]
        if not ids:
            self.say(_("None of them waits any more."), "advice")
        elif not self.rows.selection:
            in_worker(self, partial(self._finish, ids, approve, reason), group="act")
        else:
            self._ask_for_many(ids, len(wanted) - len(ids), approve, reason)

    def _ask_for_many(self, ids: list[int], left_out: int, approve: bool, reason: str) -> None:
        groups = len({self.held[key]["group_id"] for key in ids})
        figures = [(safe(_("groups")), safe(f"{groups:,}"))]
        if reason:
            figures.append((safe(_("reason")), safe(reason)))
        proposal = Proposal(
            verb=safe(_("Let in") if approve else _("Decline")),
            things=safe(_("requests")),
            count=len(ids),
            first=self._words(ids[0]),
            last=self._words(ids[-1]),
            undo=safe(_("WhatsApp is asked at once, and nothing takes it back.")),
            excluded=((left_out, safe(_("decided already"))),) if left_out else (),
            figures=tuple(figures),
        )

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._finish, ids, approve, reason), group="act")

        self.app.push_screen(Sheet(proposal), answered)

    def _words(self, key: int) -> SafeText:
        found = self.held[key]
        return safe(f"{self._groups.get(found['group_id'], '')}: {self._who(found)}"[:ROW_CHARACTERS_MAX])

    async def _finish(self, ids: list[int], approve: bool, reason: str) -> None:
        desk = self.desk
        decided = await self.attempt(
            service_joins.decide_rows(
                desk.database, desk.settings, ids, approve=approve, reason=reason, operator=desk.operator, now=desk.clock()
            )
        )  # fmt: skip
        self.rows.clear_marks()
        await self.read_again()
        if decided is not None:
            self.say(*_outcome(decided, approve=approve))


def _outcome(decided: Decided, *, approve: bool) -> tuple[str, str]:
    """(sentence, kind) of what a decision came to."""
    done, left = len(decided.done), len(decided.refused)
    why = decided.refused[0][1] if decided.refused else ""
    if not done:
        return _("Nobody was decided about: {why}").format(why=why), "refused"
    words = _("{count} let in.") if approve else _("{count} declined.")
    said = words.format(count=f"{done:,}")
    if left:
        return said + " " + _("{count} not: {why}").format(count=f"{left:,}", why=why), "advice"
    return said, "done"
