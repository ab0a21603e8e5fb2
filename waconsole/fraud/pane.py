"""Fraud: what is at stake, and why? Items to decide on, what speaks for and against each, what may be done about it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from waconsole.database.connection import Transaction
from waconsole.fraud import pane_acts, pane_rows, service_desk, store_pane, store_reviews, store_stakes
from waconsole.fraud.pane_evidence_list import EvidenceList
from waconsole.fraud.stakes import size
from waconsole.fraud.store_reviews import Item
from waconsole.kit.empty import Empty
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Row
from waconsole.kit.worker import in_worker
from waconsole.operators import service as operators
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

ORDERS: Final = ("money", "age", "left")
LEFT: Final = True  # what `held` says of a row that left its tab and stands where it stood, greyed


class FraudPane(pane_acts.FraudActs):
    """Items by how they stand. Deciding on one goes on to the next; deciding on many asks first."""

    NAME = "fraud"
    CHORD = "f"
    TITLE = _("Fraud")
    SUBJECT = "review"
    HELP: ClassVar[str] = _(
        "An item is what looks wrong with invites. Nothing of it is paid while nobody has decided; a release pays exactly"
        " what would have been paid. To block people or to hear an appeal: `:fraud decide` and `:fraud appeal`."
    )
    TABS = (
        (store_pane.WAITING, _("To decide")),
        (store_pane.MINE, _("Mine")),
        (store_pane.ESCALATED, _("Escalated")),
        (store_pane.SNOOZED, _("Put off")),
        (store_pane.FROZEN, _("Frozen")),
        (store_pane.DECIDED, _("Decided")),
        (store_pane.ALL, _("All")),
    )
    NOTHING = (
        _("Nothing waits for a decision."),
        _("The console looks through invites by itself; `:fraud sweep` does it now."),
    )
    COLUMNS = pane_rows.COLUMNS
    DEFAULT_CSS = """
    FraudPane .fraud--head { background: $panel; }
    FraudPane .fraud--body { height: 1fr; }
    FraudPane .fraud--queue { width: 1fr; }
    FraudPane EvidenceList { display: none; width: 1fr; border-left: solid $role-rule; }
    FraudPane.-wide .fraud--evidence { display: block; }
    FraudPane.-widest .fraud--further { display: block; }
    FraudPane.-wide .fraud--queue { width: 63; }
    FraudPane.-open .fraud--queue { display: none; }
    FraudPane.-open .fraud--evidence { display: block; border-left: none; }
    FraudPane.-open.-wide .fraud--queue { display: block; }
    FraudPane.-open.-wide .fraud--evidence { border-left: solid $role-rule; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_acts.BINDINGS,
        Binding("less_than_sign", "earlier", _("Earlier"), id="fraud.earlier",
                tooltip=_("Go back in what happened, by when it happened."), show=False),
        Binding("greater_than_sign", "later", _("Later"), id="fraud.later",
                tooltip=_("Go on in what happened, by when it happened."), show=False),
        Binding("I", "isolate", _("Isolate"), id="fraud.isolate",
                tooltip=_("Of what people share show one attribute alone, then the next, then all but one."), show=False),
        Binding("O", "order", _("Order"), id="fraud.order",
                tooltip=_("Order by money held, by age, or by the time left."), show=False),
        Binding("right,l", "right", _("To the evidence"), id="fraud.right",
                tooltip=_("Go from the list to the evidence."), show=False),
        Binding("left,h", "left", _("To the list"), id="fraud.left",
                tooltip=_("Go from the evidence to the list."), show=False),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.order = ORDERS[0]

    def compose(self) -> ComposeResult:
        """The line above, tabs, the list with the evidence beside it, prompt."""
        yield self.head_line
        parts = super().compose()
        for part in parts:
            if isinstance(part, RowList):
                with Horizontal(classes="fraud--body"):
                    with Vertical(classes="fraud--queue"):
                        yield part
                        yield next(iter(parts))  # what stands there when it is empty
                    yield self.evidence
                    yield self.further
            else:
                yield part

    def words(self) -> Vocabulary:
        """What may be asked of items."""
        from waconsole.fraud.fields import vocabulary

        return vocabulary()

    # What is listed

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Items in their order; what left the tab since the list was opened stands where it stood."""
        now, me = self.desk.clock(), operators.acting_id(tx, self.desk.operator) or 0
        counts = self.known or store_pane.counts(tx, me, now=now)
        found = store_pane.items(tx, tab, me, now=now)
        if narrowing is not None:
            among = store_pane.among(tx, *narrowing)
            found = [one for one in found if one.id in among]
        ids = self._ordered(tx, tab, found, now=now)
        opened = (self.tabs.open_tab.id, self.filter_text, self.order)
        if opened != self.opened:
            self.opened = opened
            return Listed(ids, counts)
        left = store_pane.present(tx, set(self.source.ids).difference(ids))
        return Listed(in_place(self.source.ids, ids, left), counts, dict.fromkeys(left, LEFT))

    def _ordered(self, tx: Transaction, tab: str, found: Sequence[Item], *, now: int) -> array[int]:
        if tab in store_pane.BY_DECISION:  # the last decision first
            last = sorted(found, key=lambda one: (one.decided_at or 0, one.id), reverse=True)
            return array("q", (one.id for one in last))
        held = store_pane.held(tx, [one.id for one in found]) if self.order == "money" else {}
        ends = service_desk.timing(tx, now=now)

        def key(one: Item) -> tuple[float, int, int]:
            if self.order == "money":
                return -size(held.get(one.id, {})), one.found_at, one.id
            at = ends.at(one) if self.order == "left" else one.found_at
            return float(at or one.found_at * 2), one.found_at, one.id

        return array("q", (one.id for one in sorted(found, key=key)))

    def _teach(self) -> None:
        super()._teach()
        if not self.counts.get(store_pane.ALL):
            title = _("Nothing has looked wrong yet.")
            words = _(
                "It begins with invites (`:import invites FILE`) and the orders of who came (`:import orders FILE`);"
                " the console looks through them by itself, `:fraud sweep` does it now."
            )
            self.query_one(Empty).teach(safe(title), safe(words))

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now, zone = self.desk.clock(), self.desk.zone
        held, ends = store_pane.held(tx, ids), service_desk.timing(tx, now=now)
        me = operators.acting_id(tx, self.desk.operator) or 0
        return [
            pane_rows.item_row(
                one, held.get(one.item.id, {}), ends, now, zone, me=me, is_revealed=self.is_revealed,
                is_left=one.item.id in self.held, refused=self.refusal_of(one.item.id, one.item.state, one.item.outcome),
            )
            for one in store_pane.views(tx, ids, now=now)
        ]  # fmt: skip

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Items as they are copied."""
        now = self.desk.clock()
        items = [one for key in ids if (one := store_reviews.item_by_id(tx, key, now=now)) is not None]
        keys = [one.id for one in items]
        stakes, ends = store_stakes.stakes(tx, keys, now=now), service_desk.timing(tx, now=now)
        people: dict[int, list[store_reviews.Person]] = {}
        for person in store_reviews.people(tx, keys):
            people.setdefault(person.review_id, []).append(person)
        rows = [service_desk.row(one, stakes[one.id], people.get(one.id, []), ends, now=now) for one in items]
        return [pane_rows.item_record(row) for row in rows]

    def title_of(self, key: int) -> SafeText:
        """The item's name."""
        view = self.view_at(key)
        return safe("" if view is None else view.item.ref)

    # Going there

    def shown(self) -> None:
        """The list takes the keys, or the evidence where it stands in its place."""
        (self.evidence if self.is_open else self.rows).focus()

    async def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Enter opens the item; in its evidence it opens the rows behind a line."""
        message.stop()
        message.prevent_default()
        if isinstance(message.row_list, EvidenceList):
            self.unfold(message.row_list.opened_at(message.key))
        else:
            await self.open_row(message.key)

    async def open_row(self, key: int) -> None:
        """Show the evidence, over the whole width where there is no room beside the list."""
        self.add_class("-open")
        self.evidence.focus()
        await self.follow()

    def action_right(self) -> None:
        """Go to the evidence."""
        if self.key is not None:
            in_worker(self, partial(self.open_row, self.key), group="act")

    def action_left(self) -> None:
        """Go to the list."""
        self.remove_class("-open")
        self.rows.focus()

    def action_back(self) -> None:
        """The evidence first, then the marks, then the narrowing."""
        if self.is_open:
            self.action_left()
        else:
            super().action_back()

    def action_earlier(self) -> None:
        """Go back in time."""
        self.scrub(-1)

    def action_later(self) -> None:
        """Go on in time."""
        self.scrub(1)

    def action_isolate(self) -> None:
        """Look at what people share in another way."""
        self.look_otherwise()

    def action_order(self) -> None:
        """Order the list otherwise."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        words = {"money": _("Ordered by the money held."), "age": _("Ordered by age, the oldest first."),
                 "left": _("Ordered by the time left.")}  # fmt: skip
        self.changed()
        self.say(words[self.order])

    def go_to(self, place: dict[str, Any]) -> None:
        """Show the item {"review": its name}."""
        if (ref := place.get("review")) is not None:
            in_worker(self, partial(self._visit, str(ref)), group="act")

    async def _visit(self, ref: str) -> None:
        key = await self.desk.database.read(lambda tx: store_pane.id_named(tx, ref))
        if key is None:
            self.say(_("No item is called {ref}.").format(ref=ref), "refused")
            return
        if not self.rows.move_to_key(key):
            await self.stand_on(key, store_pane.ALL)


def in_place(before: Sequence[int], now: Sequence[int], left: set[int]) -> array[int]:
    """The list `now` with those that `left` it where they stood `before`: each behind the row it stood behind."""
    behind: dict[int | None, list[int]] = {}
    there = set(now)
    anchor: int | None = None
    for key in before:
        if key in there:
            anchor = key
        elif key in left:
            behind.setdefault(anchor, []).append(key)
    found = array("q", behind.get(None, []))
    for key in now:
        found.append(key)
        found.extend(behind.get(key, []))
    return found
