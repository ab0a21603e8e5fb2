"""Tasks: what is to be sent by hand? Copy the text, send it from the phone, say that it is done."""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.kit import ages, clipboard
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.pane import PaneWanted
from waconsole.kit.rows import Cell, Row
from waconsole.kit.sheet import Proposal, Sheet
from waconsole.kit.worker import in_worker
from waconsole.operators import service as operators
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_query import keys_of
from waconsole.operators.pane_tabs import ViewPane
from waconsole.outbox import service, store
from waconsole.outbox.store import Task
from waconsole.text import SafeText, _, safe

ROW_CHARACTERS_MAX: Final = 400
OPEN: Final = ("offered", "copied")
_ROLES: Final = {"offered": "owed", "copied": "held", "done": "done", "refused": "refused"}
_SIGNS: Final = {"offered": "owed", "copied": "held", "done": "done", "refused": "refused"}


def state_word(state: str) -> str:
    """The word for how far a task has come."""
    words = {"offered": _("offered"), "copied": _("copied"), "done": _("done"), "refused": _("refused")}
    return words[state]


class TasksPane(ViewPane):
    """Messages that only a human hand can send, those whose deadline comes first before the others."""

    NAME = "tasks"
    CHORD = "t"
    TITLE = _("Tasks")
    SUBJECT = "outgoing"
    TABS = (("open", _("Open")), ("all", _("All")))
    NOTHING = (
        _("No tasks."),
        _("A reply into a group that the API cannot reach becomes a task here: answer one in the inbox."),
    )
    ACTS = frozenset({"done", "refuse", "copy_group"})
    COLUMNS = (
        Column(_("left"), 5, "right"),
        Column(_("state"), 9),
        Column(_("age"), 6, "right", priority=3),
        Column(_("written by"), 10, priority=4),
        Column(_("decided by"), 10, priority=5),
        Column(_("group"), 20, priority=1, gap=2),
        Column(_("text")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e", "done", _("Done, next"), id="tasks.done", tooltip=_("It has been sent by hand: go on to the next one.")
        ),
        Binding(
            "Y", "copy_group", _("Copy group"), id="tasks.copy_group",
            tooltip=_("Copy the texts of every open task of this group; they are copied then."),
        ),
        Binding(
            "x", "refuse", _("Refuse"), id="tasks.refuse", tooltip=_("This will not be sent: say why. It stays in the list of all.")
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk

    # What is listed

    def row_of(self, key: int) -> int:
        """The message a task sends: that is what is asked."""
        task: Task = self.held[key]
        return task.outgoing_id

    def within(self, queries: list[str]) -> Within:
        """The tasks whose messages match."""
        sql, parameters = super().within(queries)
        return Within(f"SELECT id FROM task WHERE outgoing_id IN ({sql})", parameters)

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Tasks by deadline."""
        kept = store.tasks(tx, only_open=tab == "open")
        if narrowing is not None:
            matching = set(keys_of(narrowing, tx))
            kept = [task for task in kept if task.id in matching]
        everything: int = tx.value("SELECT count(*) FROM task")
        return Listed(
            array("q", [task.id for task in kept]),
            {"open": store.tasks_open_count(tx), "all": everything},
            {task.id: task for task in kept},
        )

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows of the tasks read with the list."""
        now = self.desk.clock()
        return [self._row(self.held[key], now) for key in ids if key in self.held]

    def _row(self, task: Task, now: int) -> Row:
        is_open = task.state in OPEN
        sign = glyph(_SIGNS[task.state])
        return Row(
            task.id,
            (
                ages.left(task.deadline_at, now) if is_open else Cell(SafeText("")),
                Cell(safe(f"{sign} {state_word(task.state)}"), _ROLES[task.state]),
                Cell(ages.ago(task.offered_at, now, self.desk.zone), "muted"),
                Cell(safe(task.written_by or ""), "muted"),
                Cell(safe(task.decided_by or ""), "muted"),
                Cell(safe((task.group or "")[:ROW_CHARACTERS_MAX])),
                Cell(safe(task.text[:ROW_CHARACTERS_MAX])),
            ),
            role="" if is_open else "dim",
        )

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Tasks as they are copied."""
        return [_record(self.held[key]) for key in ids if key in self.held]

    @property
    def at_hand(self) -> Task | None:
        """The task under the cursor."""
        return None if self.key is None else self.held.get(self.key)

    async def open_row(self, key: int) -> None:
        """Go to the thread the task answers."""
        if (task := self.held.get(key)) is not None:
            self.post_message(PaneWanted("inbox", {"conversation": task.conversation_id}))

    def why_not(self, action: str) -> str:
        """A task that is decided is not decided again."""
        task = self.at_hand
        is_decided = task is not None and task.state not in OPEN and not self.rows.selection
        if action in self.ACTS and task is not None and is_decided and not self.desk.read_only:
            return _("This task is {state} already.").format(state=state_word(task.state))
        return super().why_not(action)

    # Acts

    async def action_copy(self) -> None:
        """Copy the text of one task, which is then copied; marked tasks are copied as rows."""
        task = self.at_hand
        if not self.may("copy") or task is None:
            return
        if self.rows.selection:
            self.ask_copy()
            return
        sentence = await self.attempt(clipboard.copy(self.app, task.text))
        if sentence is None:
            return
        if task.state != "offered" or self.desk.read_only:
            self.say(sentence)
            return
        moved = await self.attempt(self._move([task.id], "copied"))
        await self.read_again()
        if moved is not None:
            self.say(_("{sentence} Send it from the phone, then e.").format(sentence=sentence), undo=True)

    async def action_copy_group(self) -> None:
        """Copy every open task of one group, a blank line between them; those are copied then."""
        task = self.at_hand
        if not self.may("copy_group") or task is None:
            return
        one = task.conversation_id
        theirs = [each for each in self.held.values() if each.conversation_id == one and each.state in OPEN]
        sentence = await self.attempt(clipboard.copy(self.app, "\n\n".join(each.text for each in theirs)))
        if sentence is None:
            return
        moved = await self.attempt(
            self._move([each.id for each in theirs if each.state == "offered"], "copied")
        )
        await self.read_again()
        if moved is not None:
            words = _("{sentence} {count} tasks of {group}: send them from the phone, then e on each.")
            group = safe((task.group or "")[:ROW_CHARACTERS_MAX])
            self.say(words.format(sentence=sentence, count=f"{len(theirs):,}", group=group), undo=bool(moved))

    async def action_done(self) -> None:
        """Sent by hand."""
        if self.may("done"):
            await self._decide("done", "")

    def action_refuse(self) -> None:
        """Ask why, then refuse."""
        if self.may("refuse"):

            async def because(reason: str) -> None:
                if reason:
                    await self._decide("refused", reason)
                else:
                    self.say(_("A refusal needs a reason: nothing was changed."), "advice")

            self.ask(_("reason"), because)

    async def _decide(self, state: str, reason: str) -> None:
        """Decide the task under the cursor at once, marked ones through the sheet."""

        async def again() -> None:
            await self._decide(state, reason)

        self.last_act = again
        wanted = self.wanted()
        ids = [key for key in wanted if self.held[key].state in OPEN]
        if not ids:
            self.say(_("None of them is open."), "advice")
        elif not self.rows.selection:
            await self._finish(ids, state, reason)
        else:
            self._ask_for_many(ids, len(wanted) - len(ids), state, reason)

    def _ask_for_many(self, ids: list[int], left_out: int, state: str, reason: str) -> None:
        excluded = ((left_out, safe(_("decided already"))),) if left_out else ()
        figures = ((safe(_("reason")), safe(reason)),) if reason else ()
        proposal = Proposal(
            verb=safe(_("Done") if state == "done" else _("Refuse")),
            things=safe(_("tasks")),
            count=len(ids),
            first=self._words(ids[0]),
            last=self._words(ids[-1]),
            undo=safe(_("z takes all of them back at once.")),
            excluded=excluded,
            figures=figures,
        )

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._finish, ids, state, reason), group="act")

        self.app.push_screen(Sheet(proposal), answered)

    def _words(self, key: int) -> SafeText:
        task: Task = self.held[key]
        return safe(f"{task.group or ''}: {task.text}"[:ROW_CHARACTERS_MAX])

    async def _finish(self, ids: list[int], state: str, reason: str) -> None:
        if await self.attempt(self._move(ids, state, reason)) is None:
            return
        self.rows.clear_marks()
        await self.read_again()
        word = state_word(state)
        one = _("The task is {state}.").format(state=word)
        many = _("{count} tasks are {state}.").format(count=f"{len(ids):,}", state=word)
        self.say(one if len(ids) == 1 else many, undo=True)

    def _move(self, ids: Sequence[int], state: str, reason: str = "") -> Awaitable[int]:
        desk, now = self.desk, self.desk.clock()

        def work(tx: Transaction) -> int:
            operator, stroke = operators.acting(tx, desk.operator, now=now), secrets.token_hex(8)
            for task_id in ids:
                service.move_task(tx, operator, task_id, state, now=now, reason=reason, stroke=stroke)
            return len(ids)

        return desk.database.write(work)


def _record(task: Task) -> dict[str, Any]:
    return {
        "task": task.ref,
        "group": task.group,
        "state": task.state,
        "offered_at": iso(task.offered_at),
        "deadline_at": iso(task.deadline_at),
        "copied_at": None if task.copied_at is None else iso(task.copied_at),
        "decided_at": None if task.decided_at is None else iso(task.decided_at),
        "written_by": task.written_by,
        "decided_by": task.decided_by,
        "reason": task.reason,
        "text": task.text,
    }
