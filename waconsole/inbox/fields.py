"""What the narrowing language may ask of messages, conversations, items and members in the inbox.

Each field is SQL over the subject's view: `m` visible_message, `c` visible_conversation,
`i` visible_item, `p` visible_member.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from waconsole.inbox import search, words
from waconsole.inbox.model import ITEM_KINDS, MESSAGE_KINDS
from waconsole.members.model import e164, folded
from waconsole.query.compile import COMPARATORS, Field, Scope
from waconsole.query.words import Term, span

Condition = Callable[[str, str, Scope], str]

_MINE = """c.assigned_to = {operator} OR c.id IN (
    SELECT object_id FROM lease WHERE object_kind = 'conversation' AND operator_id = {operator} AND expires_at > {now})"""


def _age(column: str) -> Condition:
    def condition(op: str, value: str, scope: Scope) -> str:
        return f"({scope.bind(scope.now)} - {column}) {COMPARATORS[op]} {scope.bind(span(value))}"

    return condition


def _equals(expression: str) -> Condition:
    return lambda _, value, scope: f"{expression} = {scope.bind(value.casefold())}"


def _one_of(conditions: dict[str, str]) -> Condition:
    def condition(_: str, value: str, scope: Scope) -> str:
        return conditions[value.casefold()].format(
            now=scope.bind(scope.now), operator=scope.bind(scope.operator_id)
        )

    return condition


def _aliases(value: str, scope: Scope) -> str:
    """The aliases a name or number stands for."""
    phone = e164(value)
    if phone is not None:
        number = scope.bind(phone)
        return (
            "SELECT id FROM alias WHERE member_id IN "
            f"(SELECT member_id FROM alias WHERE kind = 'phone' AND value = {number})"
        )
    name = scope.bind(folded(value))
    return (
        f"SELECT id FROM alias WHERE folded = {name} UNION SELECT a.id FROM alias AS a JOIN member AS named "
        f"ON named.id = a.member_id WHERE a.kind = 'phone' AND named.folded = {name}"
    )


def _groups(value: str, scope: Scope) -> str:
    return f"SELECT id FROM visible_group WHERE folded = {scope.bind(folded(value))} OR ref = {scope.bind(value)}"


def _in_conversation(column: str) -> Condition:
    def condition(_: str, value: str, scope: Scope) -> str:
        return (
            f"{column} IN (SELECT id FROM visible_conversation WHERE group_id IN ({_groups(value, scope)}))"
        )

    return condition


_UNREAD = """m.direction = 'in' AND m.kind <> 'system' AND EXISTS (
    SELECT 1 FROM visible_conversation AS c
     WHERE c.id = m.conversation_id AND (m.sent_at, m.id) > (c.read_through_at, c.read_through_id))"""
_HAS_MESSAGE = {
    "media": "m.id IN (SELECT message_id FROM media)",
    "item": "m.id IN (SELECT message_id FROM visible_item)",
    "link": "m.text LIKE '%http://%' OR m.text LIKE '%https://%'",
    "reaction": "m.id IN (SELECT message_id FROM reaction)",
    "note": "m.id IN (SELECT message_id FROM note WHERE withdrawn = 0)",
}
_IS_MESSAGE = {
    "owed": "m.id IN (SELECT message_id FROM visible_item WHERE state = 'open')",
    "unread": _UNREAD,
    "mine": f"m.conversation_id IN (SELECT c.id FROM visible_conversation AS c WHERE {_MINE})",
    "edited": "m.edited = 1",
    "ours": "m.direction = 'out'",
    "muted": "m.conversation_id IN (SELECT id FROM visible_conversation WHERE muted = 1)",
}
_IS_CONVERSATION = {
    "owed": "c.owed > 0 AND c.muted = 0 AND c.snoozed_until <= {now}",
    "unread": "c.unread > 0",
    "mine": _MINE,
    "muted": "c.muted = 1",
    "snoozed": "c.snoozed_until > {now}",
    "late": "c.owed_until <= {now}",
    "join": "c.id IN (SELECT conversation_id FROM visible_item WHERE state = 'open' AND kind = 'join')",
    "draft": "c.draft <> ''",
}
_SIGNS: Final = tuple(COMPARATORS)


def _from_alias(column: str) -> Condition:
    return lambda _, value, scope: f"{column} IN ({_aliases(value, scope)})"


def _tagged(member: str) -> Condition:
    return lambda _, value, scope: f"{member} IN (SELECT member_id FROM tag WHERE name = {scope.bind(value)})"


def _speaks(column: str) -> Condition:
    def condition(_: str, value: str, scope: Scope) -> str:
        return f"lower({column}) = {scope.bind(value.casefold())} OR lower({column}) LIKE {scope.bind(value.casefold() + '-%')}"

    return condition


def _named(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


_AUTHOR = "(SELECT member_id FROM alias WHERE id = m.alias_id)"
MESSAGES: Final = _named(
    Field("is", "a state: is:owed", _one_of(_IS_MESSAGE), tuple(_IS_MESSAGE)),
    Field("kind", "what was sent: kind:media", _equals("m.kind"), MESSAGE_KINDS),
    Field("in", 'a group by its name: in:"Mamans Lyon 3"', _in_conversation("m.conversation_id")),
    Field("from", "who wrote it, by name or number: from:Ana", _from_alias("m.alias_id")),
    Field("has", "what hangs on it: has:media", _one_of(_HAS_MESSAGE), tuple(_HAS_MESSAGE)),
    Field("tag", "a tag of its author: tag:vip", _tagged(_AUTHOR)),
    Field("item", "a kind of work item: item:question",
          lambda _, value, scope: "m.id IN (SELECT message_id FROM visible_item "
          f"WHERE kind = {scope.bind(value.casefold())})", ITEM_KINDS),
    Field("age", "time since it was sent: age<2d", _age("m.sent_at"), operators=_SIGNS),
)  # fmt: skip
CONVERSATIONS: Final = _named(
    Field("is", "a state: is:owed", _one_of(_IS_CONVERSATION), tuple(_IS_CONVERSATION)),
    Field("in", 'a group by its name: in:"Mamans Lyon 3"', _in_conversation("c.id")),
    Field("from", "who writes there, by name or number: from:Ana",
          lambda _, value, scope: "c.id IN (SELECT conversation_id FROM visible_message "
          f"WHERE alias_id IN ({_aliases(value, scope)}))"),
    Field("item", "a kind of open work item: item:question",
          lambda _, value, scope: "c.id IN (SELECT conversation_id FROM visible_item "
          f"WHERE state = 'open' AND kind = {scope.bind(value.casefold())})", ITEM_KINDS),
    Field("age", "time since its last message: age<2d", _age("c.last_at"), operators=_SIGNS),
)  # fmt: skip
ITEMS: Final = _named(
    Field("is", "a state: is:open", _one_of({
        "open": "i.state = 'open'", "done": "i.state = 'done'", "dropped": "i.state = 'dropped'",
        "owed": "i.state = 'open'", "late": "i.state = 'open' AND i.owed_until <= {now}"}),
        ("open", "done", "dropped", "owed", "late")),
    Field("kind", "a kind of work item: kind:question", _equals("i.kind"), ITEM_KINDS),
    Field("in", 'a group by its name: in:"Mamans Lyon 3"', _in_conversation("i.conversation_id")),
    Field("from", "who asked, by name or number: from:Ana", _from_alias("m.alias_id")),
    Field("age", "time since it was asked: age<2d", _age("i.asked_at"), operators=_SIGNS),
)  # fmt: skip
MEMBERS: Final = _named(
    Field("tag", "a tag: tag:vip", _tagged("p.id")),
    Field("lang", "a language, its regions included: lang:pt", _speaks("p.language")),
    Field("in", 'a group by its name: in:"Mamans Lyon 3"',
          lambda _, value, scope: "p.id IN (SELECT member_id FROM present_membership "
          f"WHERE group_id IN ({_groups(value, scope)}))"),
    Field("from", "a person by name or number: from:Ana",
          lambda _, value, scope: f"p.id IN (SELECT member_id FROM alias WHERE id IN ({_aliases(value, scope)}))"),
    Field("consent", "the marketing consent in force: consent:stop",
          lambda _, value, scope: "p.id IN (SELECT member_id FROM consent_in_force "
          f"WHERE purpose = 'marketing' AND state = {scope.bind(value.casefold())})", ("yes", "no", "stop")),
)  # fmt: skip


def _search_text(plain: Sequence[Term]) -> str:
    return " ".join(f'"{term.value}"' if term.quoted else term.value for term in plain)


def message_text(plain: Sequence[Term], scope: Scope) -> str:
    """Text over messages, by the rule of the search."""
    condition, parameters = search.match_sql(words.terms(_search_text(plain)))
    for name, value in parameters.items():
        condition = condition.replace(f":{name}", scope.bind(value))
    return condition


def conversation_text(plain: Sequence[Term], scope: Scope) -> str:
    """Text over conversations: the group's name, or a message in it."""
    name = scope.bind(f"%{_literal(folded(' '.join(term.value for term in plain)))}%")
    inside = message_text(plain, scope)
    return (
        f"(c.group_id IN (SELECT id FROM visible_group WHERE folded LIKE {name} ESCAPE '!')"
        f" OR c.id IN (SELECT m.conversation_id FROM visible_message AS m WHERE {inside}))"
    )


def item_text(plain: Sequence[Term], scope: Scope) -> str:
    """Text over items: that of their messages."""
    return f"(i.message_id IN (SELECT m.id FROM visible_message AS m WHERE {message_text(plain, scope)}))"


def member_text(plain: Sequence[Term], scope: Scope) -> str:
    """Text over members: a part of any of their names or of their number."""
    conditions: list[str] = []
    for term in plain:
        part = scope.bind(f"%{_literal(folded(term.value))}%")
        conditions.append(
            f"(p.folded LIKE {part} ESCAPE '!' OR p.id IN (SELECT member_id FROM alias WHERE folded LIKE {part} ESCAPE '!'))"
        )
    return " AND ".join(conditions)


def _literal(text: str) -> str:
    """`text` for LIKE: its own signs stand for themselves."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
