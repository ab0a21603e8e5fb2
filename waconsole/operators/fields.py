"""What may be asked of acts, in their pane: who, what, on what, when, and whether it stands. SQL over `a`, an act.

The list shows one line for each stroke, under its newest act: that act is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.operators.act_names import CONVERSATION, NAME
from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject, Vocabulary
from waconsole.query.tree import Word

OPERATORS: Final = Source(
    "SELECT name, '' FROM operator WHERE lower(name) >= :begun AND lower(name) < :beyond ORDER BY name LIMIT :limit"
)
VERBS: Final = Source(
    "SELECT DISTINCT verb, '' FROM (SELECT verb FROM act ORDER BY id DESC LIMIT 5000) AS latest "
    "WHERE verb >= :begun AND verb < :beyond ORDER BY verb LIMIT :limit"
)
KINDS: Final = Source(
    "SELECT DISTINCT object_kind, '' FROM (SELECT object_kind FROM act ORDER BY id DESC LIMIT 5000) AS latest "
    "WHERE object_kind >= :begun AND object_kind < :beyond ORDER BY object_kind LIMIT :limit"
)
_CALLED: Final = NAME.format(conversation=f"(SELECT name FROM conversation_name WHERE id = {CONVERSATION})")
_WHO: Final = "(SELECT name FROM operator WHERE id = a.operator_id)"
_UNDONE: Final = "a.stroke IN (SELECT undoes FROM act WHERE undoes IS NOT NULL)"


def _has(word: str, scope: Scope) -> str:
    begun = scope.bind(word)
    text = f"a.verb || ' ' || {_WHO} || ' ' || a.object_kind || ' ' || coalesce({_CALLED}, '')"
    return f"instr(lower({text}), lower({begun})) > 0"


def _text(words: Sequence[Word], scope: Scope) -> str:
    return " AND ".join(_has(word.text, scope) for word in words)


def _equal(column: str, asked: Asked, scope: Scope) -> str:
    return f"lower({column}) = lower({scope.bind(asked.value)})"


def _age(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"CASE WHEN a.decided_at <= {now} THEN {now} - a.decided_at END"


SUBJECT: Final = Subject(
    "act", "acts", "what an operator did",
    rows="act AS a", key="a.id", order="a.id DESC",
    text=_text, text_says="a part of its verb, of who did it, or of what it was done on",
    shows=f"coalesce({_CALLED}, '')",
)  # fmt: skip
FIELDS: Final = (
    Field("act", "is", "how it stands", "state", "is:undone", states={
        "mine": State("you did it", lambda scope: f"a.operator_id = {scope.bind(scope.operator_id)}"),
        "undone": State("it was taken back", lambda _: _UNDONE),
        "undo": State("it takes another act back", lambda _: "a.undoes IS NOT NULL"),
        "standing": State("it stands", lambda _: f"a.undoes IS NULL AND NOT ({_UNDONE})"),
    }),
    Field("act", "by", "who did it", "name", "by:ana", source=OPERATORS,
          condition=lambda asked, scope: _equal(_WHO, asked, scope), shows=lambda _, __: _WHO),
    Field("act", "verb", "what was done", "name", "verb:done", source=VERBS,
          condition=lambda asked, scope: _equal("a.verb", asked, scope), shows=lambda _, __: "a.verb"),
    Field("act", "on", "the kind of thing it was done on", "name", "on:tag", source=KINDS,
          condition=lambda asked, scope: _equal("a.object_kind", asked, scope), shows=lambda _, __: "a.object_kind"),
    Field("act", "age", "the time since", "span", "age<2d", column=_age),
    Field("act", "things", "how many things it changed at once", "number", "things>=10",
          column=lambda _, __: "(SELECT count(*) FROM act AS s WHERE s.stroke = a.stroke)"),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of the pane of acts."""
    return Vocabulary.of([SUBJECT], FIELDS)
