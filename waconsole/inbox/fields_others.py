"""What may be asked of items, and what the inbox knows of members and of outgoing messages.

Each field is SQL over the subject's row: `i` a visible item with `m` its message, `p` a visible member,
`o` an outgoing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.inbox.fields import message_text
from waconsole.inbox.fields_where import (
    GROUPS,
    age_of,
    conversations_in,
    group_of,
    groups_named,
    in_group,
    state,
    until,
)
from waconsole.inbox.model import ITEM_KINDS
from waconsole.members.fields import LANGUAGES, PEOPLE, TAGS, aliases_named, rows_of, speaking, tagged
from waconsole.query.fields import SQL, Asked, Field, Parameter, Relation, Scope, Subject
from waconsole.query.tree import Word


def _item_text(found: Sequence[Word], scope: Scope) -> str:
    return f"(i.message_id IN (SELECT m.id FROM visible_message AS m WHERE {message_text(found, scope)}))"


def _asker(members: str) -> str:
    return f"m.alias_id IN (SELECT id FROM alias WHERE member_id IN ({members}))"


def _window_left(asked: Asked, scope: Scope) -> str:
    left = until("c.window_until")(asked, scope)
    return f"SELECT {left} FROM visible_conversation AS c WHERE c.id = i.conversation_id"


SUBJECTS: Final = (
    Subject(
        "item", "items", "something in a message that wants an operator",
        rows="visible_item AS i JOIN visible_message AS m ON m.id = i.message_id",
        key="i.id", order="i.asked_at DESC, i.id DESC",
        text=_item_text, text_says="words in its message, by the rule of the search", shows="m.text",
    ),
)  # fmt: skip
ITEMS: Final = (
    Field("item", "is", "a state", "state", "is:open", states={
        "open": state("not dealt with", "i.state = 'open'"),
        "done": state("dealt with", "i.state = 'done'"),
        "dropped": state("was none", "i.state = 'dropped'"),
        "owed": state("the same as is:open", "i.state = 'open'"),
        "late": state("open, and its answer target is past", "i.state = 'open' AND i.owed_until <= {now}"),
    }),
    Field("item", "kind", "what it is", "state", "kind:question", shows=lambda _, __: "i.kind",
          states={kind: state(f"it is {kind}", f"i.kind = '{kind}'") for kind in ITEM_KINDS}),
    Field("item", "in", "the group it was asked in, by name, ref or WhatsApp's id", "name", 'in:"Mamans Lyon 3"',
          condition=in_group("i.conversation_id"), shows=group_of("i.conversation_id"), source=GROUPS),
    Field("item", "from", "who asked, by name, number or ref", "name", "from:Ana",
          condition=lambda asked, scope: f"m.alias_id IN ({aliases_named(asked.value, scope)})",
          shows=lambda _, __: "(SELECT value FROM alias WHERE id = m.alias_id)", source=PEOPLE),
    Field("item", "tag", "a tag of who asked, exactly as written", "name", "tag:vip", source=TAGS,
          condition=lambda asked, scope: _asker(tagged(asked.value, scope))),
    Field("item", "lang", "the language of who asked, its regions included", "name", "lang:pt", source=LANGUAGES,
          condition=lambda asked, scope: _asker(speaking(asked.value, scope))),
    Field("item", "rule", "the rule that drew it, or hand", "name", "rule:hand",
          condition=lambda asked, scope: f"i.rule = {scope.bind(asked.value)}", shows=lambda _, __: "i.rule"),
    Field("item", "age", "the time since it was asked", "span", "age<2d", column=age_of("i.asked_at")),
    Field("item", "left", "the time until its answer target; past ones have no value", "span", "left<1h",
          column=until("i.owed_until")),
    Field("item", "window", "what is left of the service window; a closed one has no value", "span", "window<2h",
          column=_window_left),
)  # fmt: skip


# What members wrote to us: `a` the name they wrote under, `x` the message. An index holds all of these columns.
_SAID: Final = """x.alias_id = a.id AND x.direction = 'in' AND x.kind <> 'system'
    AND x.import_run_id NOT IN (SELECT id FROM open_run)"""
# What a file tells they wrote elsewhere, to us or in a group.
_ELSEWHERE: Final = (
    "FROM elsewhere_message AS e JOIN member_root AS w ON w.id = e.member_id"
    " WHERE e.import_run_id NOT IN (SELECT id FROM open_run)"
)


def _inbound(asked: Asked, scope: Scope) -> str:
    here = f"{_SAID} AND {scope.within('x.sent_at', asked.window)}"
    elsewhere = f"{_ELSEWHERE} AND {scope.within('e.said_at', asked.window)}"
    if group := asked.arguments.get("group"):
        here += f" AND x.conversation_id IN ({conversations_in(group, scope)})"
        elsewhere += f" AND e.group_id IN ({groups_named(group, scope)})"
    each = (
        f"SELECT a.member_id AS id, count(*) AS n FROM alias AS a CROSS JOIN message AS x WHERE {here} GROUP BY a.member_id"
        f" UNION ALL SELECT w.root_id, count(*) {elsewhere} GROUP BY w.root_id"
    )
    return f"SELECT id, sum(n) AS value FROM ({each}) AS each GROUP BY id"


def _since(which: str, order: str) -> Relation:
    def sql(_: Asked, scope: Scope) -> str:
        now = scope.bind(scope.now)
        one = f"SELECT x.sent_at FROM message AS x WHERE {_SAID} AND x.sent_at <= {now} ORDER BY x.sent_at {order} LIMIT 1"
        each = (
            f"SELECT a.member_id AS id, {which}(({one})) AS at FROM alias AS a GROUP BY a.member_id"
            f" UNION ALL SELECT w.root_id, {which}(e.said_at) {_ELSEWHERE} AND e.said_at <= {now} GROUP BY w.root_id"
        )
        return (
            f"SELECT id, {now} - {which}(at) AS value FROM ({each}) AS each WHERE at IS NOT NULL GROUP BY id"
        )

    return Relation(sql, absent="never")


def _stays(condition: str, scope: Scope) -> str:
    """FROM and WHERE of the stays `s` that are so at `now`; a stay that ends now is over."""
    now = scope.bind(scope.now)
    return (
        "dated_membership AS s"
        f" WHERE s.joined_at <= {now} AND (s.left_at IS NULL OR s.left_at > {now}) AND {condition}"
    )


def _belonging(role: str) -> SQL:
    def sql(asked: Asked, scope: Scope) -> str:
        condition = f"{role} AND s.group_id IN ({groups_named(asked.value, scope)})"
        return f"p.id IN (SELECT s.member_id FROM {_stays(condition, scope)})"

    return sql


def _groups_shown(role: str) -> SQL:
    def sql(_: Asked, scope: Scope) -> str:
        theirs = f"SELECT s.group_id FROM {_stays(f'{role} AND s.member_id = p.id', scope)}"
        return f"(SELECT group_concat(g.name, ', ') FROM visible_group AS g WHERE g.id IN ({theirs}))"

    return sql


_ANY_ROLE: Final = "1 = 1"
_ADMIN: Final = "s.role = 'admin'"
MEMBERS: Final = (
    Field("member", "in", "belongs to the group now, by name, ref or WhatsApp's id", "name", 'in:"Mamans Lyon 3"',
          condition=_belonging(_ANY_ROLE), shows=_groups_shown(_ANY_ROLE), source=GROUPS),
    Field("member", "admin", "is an admin of the group now", "name", 'admin:"Mamans Lyon 3"',
          condition=_belonging(_ADMIN), shows=_groups_shown(_ADMIN), source=GROUPS),
    Field("member", "inbound", "how many messages they wrote, to us and in groups, within the window", "number",
          "inbound(7d)>=3", relation=Relation(_inbound), has_window=True,
          parameters=(Parameter("group", "only in this group", source=GROUPS),)),
    Field("member", "first_inbound", "the time since their first message; never is infinitely long ago", "span",
          "first_inbound<=30d", relation=_since("min", "ASC"), is_never=True),
    Field("member", "last_inbound", "the time since their latest message; never is infinitely long ago", "span",
          "last_inbound>36h", relation=_since("max", "DESC"), is_never=True),
)  # fmt: skip


def _to(asked: Asked, scope: Scope) -> str:
    people = rows_of(f"SELECT member_id FROM alias WHERE id IN ({aliases_named(asked.value, scope)})")
    return (
        f"o.conversation_id IN (SELECT id FROM visible_conversation WHERE group_id IN ({groups_named(asked.value, scope)})"
        f" OR member_id IN ({people}))"
    )


OUTGOING: Final = (
    Field("outgoing", "to", "whom it goes to: a member or a group, by name, number or ref", "name", "to:Ana",
          condition=_to, shows=lambda _, __: "(SELECT name FROM conversation_name WHERE id = o.conversation_id)",
          source=PEOPLE),
    Field("outgoing", "in", "the group it goes to, by name, ref or WhatsApp's id", "name", 'in:"Mamans Lyon 3"',
          condition=in_group("o.conversation_id"), shows=group_of("o.conversation_id"), source=GROUPS),
)  # fmt: skip
FIELDS: Final = (*ITEMS, *MEMBERS, *OUTGOING)
