"""What may be asked of groups, in their pane. SQL over `g`, a visible group."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.members.fields import like
from waconsole.query.fields import SQL, Asked, Field, Scope, Source, State, Subject, Vocabulary
from waconsole.query.tree import Word

DRIVERS: Final = ("cloud", "gateway", "human")
PURPOSES: Final = Source(
    "SELECT DISTINCT purpose, '' FROM visible_group "
    "WHERE purpose <> '' AND lower(purpose) >= :begun AND lower(purpose) < :beyond ORDER BY purpose LIMIT :limit"
)
LANGUAGES: Final = Source(
    "SELECT DISTINCT language, '' FROM visible_group "
    "WHERE language <> '' AND lower(language) >= :begun AND lower(language) < :beyond ORDER BY language LIMIT :limit"
)


def _text(words: Sequence[Word], scope: Scope) -> str:
    return " AND ".join(_has(word.text, scope) for word in words)


def _has(word: str, scope: Scope) -> str:
    folded, plain = scope.bind(like(word)), scope.bind(word)
    rest = "g.purpose || ' ' || g.kpi || ' ' || g.language"
    return f"(g.folded LIKE {folded} ESCAPE '!' OR instr(lower({rest}), lower({plain})) > 0)"


def _figure(column: str) -> SQL:
    sql = (
        f"coalesce((SELECT {column} FROM visible_conversation WHERE group_id = g.id ORDER BY id LIMIT 1), 0)"
    )
    return lambda _, __: sql


def _members(_: Asked, __: Scope) -> str:
    return "(SELECT count(*) FROM present_membership WHERE group_id = g.id)"


def _exported(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"CASE WHEN g.exported_at <= {now} THEN {now} - g.exported_at END"


def _talks(condition: str) -> State:
    says = {"owed > 0": "open items", "unread > 0": "unread messages", "muted = 1": "muted"}
    sql = f"g.id IN (SELECT group_id FROM visible_conversation WHERE {condition})"
    return State(says[condition], lambda _: sql)


def _by(driver: str) -> State:
    return State(f"reached by {driver}", lambda scope: f"g.driver = {scope.bind(driver)}")


def _same(column: str) -> SQL:
    return lambda asked, scope: f"lower({column}) = lower({scope.bind(asked.value)})"


SUBJECT: Final = Subject(
    "group", "groups", "where people talk",
    rows="visible_group AS g", key="g.id", order="g.folded, g.id",
    text=_text, text_says="a part of its name, purpose, KPI or language", shows="g.name",
)  # fmt: skip
FIELDS: Final = (
    Field("group", "is", "a state", "state", "is:owed", states={
        "owed": _talks("owed > 0"), "unread": _talks("unread > 0"), "muted": _talks("muted = 1"),
    }),
    Field("group", "driver", "the way it is reached", "state", "driver:human",
          states={name: _by(name) for name in DRIVERS}, shows=lambda _, __: "g.driver"),
    Field("group", "lang", "its language", "name", "lang:fr", condition=_same("g.language"),
          shows=lambda _, __: "g.language", source=LANGUAGES),
    Field("group", "purpose", "what it is for, exactly", "name", 'purpose:"new parents"', condition=_same("g.purpose"),
          shows=lambda _, __: "g.purpose", source=PURPOSES),
    Field("group", "members", "how many members it has now", "number", "members>=100", column=_members),
    Field("group", "messages", "how many messages it holds", "number", "messages>1000",
          column=_figure("message_count")),
    Field("group", "unread", "how many messages are unread", "number", "unread>=5", column=_figure("unread")),
    Field("group", "owed", "how many work items are open", "number", "owed>=2", column=_figure("owed")),
    Field("group", "exported", "the time since its chat was exported", "span", "exported>7d", column=_exported),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of the pane of groups."""
    return Vocabulary.of([SUBJECT], FIELDS)
