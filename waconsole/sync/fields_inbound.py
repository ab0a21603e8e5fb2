"""What may be asked of what came in and stands aside, in its pane. SQL over `i`, an item of a webhook body."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject, Vocabulary
from waconsole.query.tree import Word

_AT: Final = "(SELECT received_at FROM inbound WHERE id = i.inbound_id)"
KINDS: Final = Source(
    "SELECT DISTINCT kind, '' FROM inbound_item "
    "WHERE state <> 'done' AND kind >= :begun AND kind < :beyond ORDER BY kind LIMIT :limit"
)


def _text(words: Sequence[Word], scope: Scope) -> str:
    held = "i.kind || ' ' || i.reason || ' ' || i.number || ' ' || i.raw"
    return " AND ".join(f"instr(lower({held}), lower({scope.bind(word.text)})) > 0" for word in words)


def _equal(column: str, asked: Asked, scope: Scope) -> str:
    return f"lower({column}) = lower({scope.bind(asked.value)})"


def _age(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"CASE WHEN {_AT} <= {now} THEN {now} - {_AT} END"


SUBJECT: Final = Subject(
    "inbound", "inbound", "what came in and stands aside",
    rows="inbound_item AS i", key="i.id", order="i.id DESC",
    text=_text, text_says="a part of its kind, of the reason, of the number it is for, or of it as it came",
    shows="i.reason",
)  # fmt: skip
FIELDS: Final = (
    Field("inbound", "is", "why it stands aside", "state", "is:quarantined", shows=lambda _, __: "i.state", states={
        "quarantined": State("it could not be taken in", lambda _: "i.state = 'quarantined'"),
        "trying": State("it failed, and is tried again by itself", lambda _: "i.state = 'trying'"),
        "kept": State("it is not understood, and kept", lambda _: "i.state = 'kept'"),
    }),
    Field("inbound", "kind", "what WhatsApp calls it", "name", "kind:messages", source=KINDS,
          condition=lambda asked, scope: _equal("i.kind", asked, scope), shows=lambda _, __: "i.kind"),
    Field("inbound", "number", "the number it is for, by WhatsApp's id", "name", "number:100000000000001",
          condition=lambda asked, scope: _equal("i.number", asked, scope), shows=lambda _, __: "i.number"),
    Field("inbound", "tries", "how often it was tried", "number", "tries>=2", column=lambda _, __: "i.attempts"),
    Field("inbound", "age", "the time since it came", "span", "age<2d", column=_age),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of the pane of what stands aside."""
    return Vocabulary.of([SUBJECT], FIELDS)
