"""The composer: a rule as text and as an outline, the two in step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from waconsole.kit.pane import StatusChanged
from waconsole.kit.prompt import Prompt
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import PaneLanguage
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import Node, written
from waconsole.segments import outline, service_composing
from waconsole.segments.outline import AND, OR, Path
from waconsole.segments.pane_counting import COMPOSING, CountingPane
from waconsole.segments.pane_draft import Draft
from waconsole.segments.pane_list import NEW
from waconsole.segments.service_asking import SUBJECT
from waconsole.segments.store_segments import Version
from waconsole.text import SafeText, _, safe

RULE: Final = _("rule")
CONDITION: Final = _("condition")
Building = Callable[[str], str]
"""What the whole rule says when this is typed. Raises QueryError."""


class Composer(CountingPane):
    """One rule at a time; the list of segments stands behind it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.language = PaneLanguage(desk)
        self._building: Building | None = None
        self.has_acted = False  # since the last edit: sent to, or tagged, whom the rule names

    # Opening and leaving

    def open_draft(self, version: Version | None) -> None:
        """Compose a segment, or a rule that is new; one that was begun goes on."""
        key = NEW if version is None else version.segment_id
        known = self.drafts.get(key)
        if known is None or (version is not None and not known.edits):
            rule = "" if version is None else service_composing.rule_of(version)
            is_rule = version is not None and not version.is_list
            name, number = (version.name, version.version) if version and is_rule else ("", 0)
            known = Draft(name, number, rule if is_rule else "", rule)
        self.drafts[key], self.draft, self.place = known, known, key
        self.counted, self.wrong = None, ""
        self.add_class(COMPOSING)
        self.lines.replace([])
        self.outline_list.reload()
        self.show_head()
        self.say_rule(known.text)
        self.outline_list.focus()
        if not known.text:
            self.type_rule()

    def leave_draft(self) -> None:
        """Back to the list; what was begun stays begun."""
        self.remove_class(COMPOSING)
        self.end_due()
        if self.place == NEW and not self.draft.text:
            self.drafts.pop(NEW, None)
        in_worker(self, self.read_again, group="list", exclusive=True)
        self.rows.focus()
        self.rows.move_to_key(self.place)
        self.post_message(StatusChanged())

    # Typing

    def type_rule(self) -> None:
        """Type the whole rule."""
        self._type(RULE, lambda typed: typed, self.draft.text, safe(_("whom? Tab shows what can be asked")))

    def type_line(self) -> None:
        """Type a line of the outline anew; where there is none yet, the rule."""
        line = self.line
        if line is None:
            self.type_rule()
            return
        tree, path = self.rule_tree, line.path

        def building(typed: str) -> str:
            return written(outline.replaced(tree, path, parse(typed) if typed.strip() else None))

        self._type(CONDITION, building, written(line.node))

    def type_beside(self, joint: str) -> None:
        """Type a condition that must hold too, or may hold instead."""
        line = self.line
        if line is None:
            self.type_rule()
            return
        tree, path, text = self.rule_tree, line.path, self.draft.text

        def building(typed: str) -> str:
            return written(outline.joined(tree, path, joint, parse(typed))) if typed.strip() else text

        words = {AND: _("and"), OR: _("or")}
        self._type(words[joint], building, "", safe(_("a condition; Tab shows what can be asked")))

    def _type(self, label: str, building: Building, text: str, hint: SafeText = SafeText("")) -> None:
        async def answer(typed: str) -> None:
            self._building = None
            self.goal = parse(typed) if typed.strip() else None
            self.commit(building(typed))

        self.ask(label, answer, guide=self.language.guide(SUBJECT), text=text, hint=hint)
        self._building = building

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Count what is typed."""
        if self._building is None:
            return
        try:
            self.say_rule(self._building(message.text))
        except QueryError as error:
            self._say_wrong(str(error))

    async def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Nothing was meant: the rule is as it was."""
        if self._building is not None:
            self._building = None
            self.say_rule(self.draft.text)

    # Edits

    def commit(self, text: str) -> None:
        """The rule says something else from now on."""
        self.draft.change(text)
        self.has_acted = False
        self.say_rule(self.draft.text)

    def edit(self, change: Callable[[Node, Path], Node]) -> None:
        """Do something to the line under the cursor."""
        if (line := self.line) is not None:
            self.commit(written(change(self.rule_tree, line.path)))
