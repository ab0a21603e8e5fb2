"""What columns do not know is asked of the rows: the ids of whom one leaf holds for, without looking at everybody."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from waconsole.database.connection import Transaction
from waconsole.query.compile import compared, holds_absent, leaf_sql
from waconsole.query.fields import Asked, Scope, Subject
from waconsole.query.values import Never
from waconsole.segments.masks import Ids

SECONDS_MAX: Final = 300.0
_OF_PERSON: Final = re.compile(r"^SELECT f\.member_id FROM \(.*\) AS f WHERE f\.state = '[a-z]+'$", re.DOTALL)
_OF_TAG: Final = re.compile(r"^SELECT member_id FROM tag ")
_WITHIN: Final = "{key} IN ("
_NOT_WITHIN: Final = "{key} NOT IN ("
_TAGGED: Final = "SELECT member_id FROM {} WHERE name = :q0 AND (expires_at IS NULL OR expires_at > :q1)"


def sql_of(asked: Asked, subject: Subject, scope: Scope, *, is_nobody_merged: bool) -> tuple[str, bool]:
    """(SELECT of ids, whether the leaf holds for everybody else instead). Raises QueryError.

    While nobody was merged, a tag's row is its person's, and need not be looked up.
    """
    field = asked.field
    if field is not None and field.condition is None and field.relation is not None:
        relation = field.relation
        rows = f"({relation.sql(asked, scope)}) AS r"
        if isinstance(asked.operand, Never):
            return f"SELECT r.id FROM {rows}", asked.sign == "="
        met = compared("r.value", "r.per" if relation.is_ratio else "1", asked, scope)
        if holds_absent(relation, asked):
            return f"SELECT r.id FROM {rows} WHERE NOT coalesce({met}, 0)", True
        return f"SELECT r.id FROM {rows} WHERE {met}", False
    where = leaf_sql(asked, subject, scope).strip()
    for begin, is_other in ((_WITHIN, False), (_NOT_WITHIN, True)):
        inner = _inside(where, begin.format(key=subject.key))
        if inner is not None:
            return _OF_TAG.sub(
                "SELECT member_id FROM own_tag ", inner
            ) if is_nobody_merged else inner, is_other
    return f"SELECT {subject.key} FROM {subject.rows} WHERE {where}", False


def among(sql: str, scope: Scope, these: Ids) -> str | None:
    """The same SELECT of `f.member_id`, of these members alone; None for another SELECT."""
    if not _OF_PERSON.match(sql):
        return None
    return f"{sql} AND f.member_id IN (SELECT value FROM json_each({scope.bind(json.dumps(these.tolist()))}))"


def _inside(where: str, begin: str) -> str | None:
    """The SELECT in the brackets, where they hold all of the condition."""
    if not where.startswith(begin) or not where.endswith(")"):
        return None
    inner, depth = where[len(begin) : -1], 0
    for letter in inner:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return None
    return inner if depth == 0 and inner.lstrip().startswith(("SELECT", "WITH")) else None


def ids(tx: Transaction, sql: str, parameters: Mapping[str, Any], tables: Sequence[str] = ()) -> Ids:
    """The ids it selects, read as one text. Raises Transient when it takes too long."""
    asked = ", ".join([*tables, f"asked (id) AS ({sql})"])
    with tx.limited(SECONDS_MAX):
        text = tx.value(f"WITH {asked} SELECT group_concat(id) FROM asked", parameters)
    return np.fromstring(text or "", np.int64, sep=",")
