"""Conditions that several subjects of the inbox share: groups by name, ages, messages of somebody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from waconsole.members.model import folded
from waconsole.query.fields import SQL, Asked, Scope, Source, State

GROUPS: Final = Source(
    "SELECT name, ref FROM visible_group WHERE folded >= :begun AND folded < :beyond ORDER BY folded LIMIT :limit"
)


def groups_named(value: str, scope: Scope) -> str:
    """SELECT of the ids of the groups of a name, a ref or WhatsApp's own id."""
    name, ref = scope.bind(folded(value)), scope.bind(value)
    return f"SELECT id FROM visible_group WHERE folded = {name} OR ref = {ref} OR whatsapp_id = {ref}"


def conversations_in(value: str, scope: Scope) -> str:
    """SELECT of the ids of the conversations with a group."""
    return f"SELECT id FROM visible_conversation WHERE group_id IN ({groups_named(value, scope)})"


def in_group(column: str) -> SQL:
    """The conversation `column` is with the group that was asked for."""
    return lambda asked, scope: f"{column} IN ({conversations_in(asked.value, scope)})"


def group_of(column: str) -> SQL:
    """The name of the group of the conversation `column`."""
    return lambda _, __: f'(SELECT "group" FROM conversation_name WHERE id = {column})'


def age_of(column: str) -> SQL:
    """The time from an instant to now; what comes after now has none."""

    def sql(_: Asked, scope: Scope) -> str:
        now = scope.bind(scope.now)
        return f"CASE WHEN {column} <= {now} THEN {now} - {column} END"

    return sql


def until(column: str) -> SQL:
    """The time from now to an instant; what is past has none."""

    def sql(_: Asked, scope: Scope) -> str:
        now = scope.bind(scope.now)
        return f"CASE WHEN {column} > {now} THEN {column} - {now} END"

    return sql


def always(sql: str) -> Callable[[Scope], str]:
    """A condition that asks for nothing but the row."""
    return lambda _: sql


def state(says: str, sql: str) -> State:
    """A state whose condition asks for nothing but the row, or for `{now}` and `{operator}`."""

    def made(scope: Scope) -> str:
        names = {name: scope.bind(value) for name, value in (("now", scope.now), ("operator", scope.operator_id))
                 if f"{{{name}}}" in sql}  # fmt: skip
        return sql.format(**names)

    return State(says, made)
