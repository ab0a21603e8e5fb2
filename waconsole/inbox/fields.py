"""What may be asked of messages and conversations.

Each field is SQL over the subject's row: `m` a visible message, `c` a visible conversation.
Items, and what the inbox knows of members and of outgoing messages, stand in `fields_others`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from waconsole.inbox import search, words
from waconsole.inbox.fields_where import (
    GROUPS,
    age_of,
    group_of,
    in_group,
    state,
    until,
)
from waconsole.inbox.model import ITEM_KINDS, MESSAGE_KINDS
from waconsole.members.fields import LANGUAGES, PEOPLE, TAGS, aliases_named, like, rows_of, speaking, tagged
from waconsole.query.fields import Asked, Field, Scope, State, Subject
from waconsole.query.tree import Word

_MINE: Final = """c.assigned_to = {operator} OR c.id IN (
    SELECT object_id FROM lease WHERE object_kind = 'conversation' AND operator_id = {operator} AND expires_at > {now})"""
_UNREAD: Final = """m.id IN (
    SELECT x.id
      FROM visible_conversation AS c
     CROSS JOIN message AS x ON x.conversation_id = c.id AND (x.sent_at, x.id) > (c.read_through_at, c.read_through_id)
     WHERE x.direction = 'in' AND x.kind <> 'system')"""
_IS_MESSAGE: Final = {
    "owed": state("an open work item hangs on it", "m.id IN (SELECT message_id FROM visible_item WHERE state = 'open')"),
    "unread": state("somebody else's, later than what was read here", _UNREAD),
    "mine": state("in a conversation that is assigned to you or taken by you",
                  f"m.conversation_id IN (SELECT c.id FROM visible_conversation AS c WHERE {_MINE})"),
    "edited": state("its sender changed it", "m.edited = 1"),
    "ours": state("sent by us", "m.direction = 'out'"),
    "muted": state("in a muted conversation",
                   "m.conversation_id IN (SELECT id FROM visible_conversation WHERE muted = 1)"),
}  # fmt: skip
_HAS: Final = {
    "media": state("a file", "m.id IN (SELECT message_id FROM media)"),
    "item": state("a work item, open or not", "m.id IN (SELECT message_id FROM visible_item)"),
    "link": state("a web address", "m.text LIKE '%http://%' OR m.text LIKE '%https://%'"),
    "reaction": state(
        "a reaction",
        "(m.id IN (SELECT message_id FROM reaction WHERE emoji <> '')"
        " OR m.id IN (SELECT message_id FROM shown_own_reaction))",
    ),
    "note": state("a private note", "m.id IN (SELECT message_id FROM note WHERE withdrawn = 0)"),
}
_IS_CONVERSATION: Final = {
    "owed": state("open items, and neither muted nor snoozed",
                  "c.owed > 0 AND c.muted = 0 AND c.snoozed_until <= {now}"),
    "unread": state("unread messages", "c.unread > 0"),
    "mine": state("assigned to you or taken by you", _MINE),
    "muted": state("passed over by “next”", "c.muted = 1"),
    "snoozed": state("out of sight until a time", "c.snoozed_until > {now}"),
    "late": state("an answer target is past", "c.owed_until <= {now}"),
    "join": state("somebody asks to join",
                  "c.id IN (SELECT conversation_id FROM visible_item WHERE state = 'open' AND kind = 'join')"),
    "draft": state("a reply is begun", "c.draft <> ''"),
}  # fmt: skip


def message_text(found: Sequence[Word], scope: Scope) -> str:
    """Words over messages, by the rule of the search. Raises Refused for words it does not take."""
    return _bound(search.match_sql, found, scope)


def _bound(
    condition_of: Callable[..., tuple[str, dict[str, object]]], found: Sequence[Word], scope: Scope
) -> str:
    typed = " ".join(f'"{one.text}"' if one.quoted else one.text for one in found)
    condition, parameters = condition_of(words.terms(typed), name=scope.bind("")[1:])
    scope.parameters |= parameters
    return condition


def _conversation_text(found: Sequence[Word], scope: Scope) -> str:
    name = scope.bind(like(" ".join(one.text for one in found)))
    people = rows_of(f"SELECT id FROM visible_member WHERE folded LIKE {name} ESCAPE '!'")
    return (
        f"(c.group_id IN (SELECT id FROM visible_group WHERE folded LIKE {name} ESCAPE '!')"
        f" OR c.member_id IN ({people})"
        f" OR {_bound(search.conversations_sql, found, scope)})"
    )


def _kinds(column: str, kinds: Sequence[str]) -> dict[str, State]:
    return {kind: state(f"it is {kind}", f"{column} = '{kind}'") for kind in kinds}


def _drawn(column: str, extra: str = "") -> dict[str, State]:
    says = "an open work item of the kind" if extra else "a work item of the kind"
    return {
        kind: state(f"{says} {kind}", f"{column} FROM visible_item WHERE {extra}kind = '{kind}')")
        for kind in ITEM_KINDS
    }


def _author(members: str) -> str:
    return f"m.alias_id IN (SELECT id FROM alias WHERE member_id IN ({members}))"


def _sent_at(_: Asked, scope: Scope) -> str:
    return f"CASE WHEN m.sent_at <= {scope.bind(scope.now)} THEN m.sent_at END"


SUBJECTS: Final = (
    Subject(
        "message", "messages", "what somebody sent",
        rows="visible_message AS m", key="m.id", order="m.sent_at DESC, m.id DESC",
        text=message_text,
        text_says="words by the rule of the search: a bare word is the beginning of a word, text in quotes whole "
        "words in that order",
        shows="m.text",
    ),
    Subject(
        "conversation", "conversations", "our number with one member or one group",
        rows="visible_conversation AS c", key="c.id", order="c.urgent_at, c.last_at DESC, c.id",
        text=_conversation_text,
        text_says="a part of the name of its group or member, or words that one of its messages holds all of",
        shows="(SELECT name FROM conversation_name WHERE id = c.id)",
    ),
)  # fmt: skip
MESSAGES: Final = (
    Field("message", "is", "a state", "state", "is:owed", states=_IS_MESSAGE),
    Field("message", "kind", "what was sent", "state", "kind:media",
          states=_kinds("m.kind", MESSAGE_KINDS), shows=lambda _, __: "m.kind"),
    Field("message", "in", "the group it was sent in, by name, ref or WhatsApp's id", "name", 'in:"Mamans Lyon 3"',
          condition=in_group("m.conversation_id"), shows=group_of("m.conversation_id"), source=GROUPS),
    Field("message", "from", "who wrote it, by name, number or ref", "name", "from:Ana",
          condition=lambda asked, scope: f"m.alias_id IN ({aliases_named(asked.value, scope)})",
          shows=lambda _, __: "(SELECT value FROM alias WHERE id = m.alias_id)", source=PEOPLE),
    Field("message", "has", "what hangs on it", "state", "has:media", states=_HAS),
    Field("message", "item", "a kind of work item that hangs on it", "state", "item:question",
          states=_drawn("m.id IN (SELECT message_id"),
          shows=lambda _, __: "(SELECT group_concat(kind, ', ') FROM visible_item WHERE message_id = m.id)"),
    Field("message", "tag", "a tag of its author, exactly as written", "name", "tag:vip",
          condition=lambda asked, scope: _author(tagged(asked.value, scope)), source=TAGS,
          shows=lambda _, __: "(SELECT group_concat(t.name, ', ') FROM tag AS t JOIN alias AS a "
          "ON a.member_id = t.member_id WHERE a.id = m.alias_id)"),
    Field("message", "lang", "the language of its author, its regions included", "name", "lang:pt",
          condition=lambda asked, scope: _author(speaking(asked.value, scope)), source=LANGUAGES,
          shows=lambda _, __: "(SELECT p.language FROM visible_member AS p JOIN alias AS a "
          "ON a.member_id = p.id WHERE a.id = m.alias_id)"),
    Field("message", "text", "words in it, as without the field", "name", "text:refund",
          condition=lambda asked, scope: message_text((Word(asked.value, " " in asked.value),), scope),
          shows=lambda _, __: "m.text"),
    Field("message", "age", "the time since it was sent", "span", "age<2d", column=age_of("m.sent_at")),
    Field("message", "at", "when it was sent; a day is the whole day in the shop's zone", "moment", "at>=2026-11-20",
          column=_sent_at),
)  # fmt: skip
CONVERSATIONS: Final = (
    Field("conversation", "is", "a state", "state", "is:owed", states=_IS_CONVERSATION),
    Field("conversation", "in", "its group by name, ref or WhatsApp's id", "name", 'in:"Mamans Lyon 3"',
          condition=in_group("c.id"), shows=group_of("c.id"), source=GROUPS),
    Field("conversation", "from", "who wrote there, by name, number or ref", "name", "from:Ana",
          condition=lambda asked, scope: "c.id IN (SELECT conversation_id FROM visible_message "
          f"WHERE alias_id IN ({aliases_named(asked.value, scope)}))", source=PEOPLE),
    Field("conversation", "item", "a kind of open work item in it", "state", "item:question",
          states=_drawn("c.id IN (SELECT conversation_id", "state = 'open' AND "),
          shows=lambda _, __: "(SELECT replace(group_concat(DISTINCT kind), ',', ', ') FROM visible_item "
          "WHERE conversation_id = c.id AND state = 'open')"),
    Field("conversation", "tag", "a tag of the member it is with, exactly as written", "name", "tag:vip",
          condition=lambda asked, scope: f"c.member_id IN ({rows_of(tagged(asked.value, scope))})",
          source=TAGS, shows=lambda _, __: "(SELECT group_concat(t.name, ', ') FROM tag AS t JOIN member_root AS r "
          "ON r.root_id = t.member_id WHERE r.id = c.member_id)"),
    Field("conversation", "age", "the time since its last message", "span", "age<2d", column=age_of("c.last_at")),
    Field("conversation", "window", "what is left of the service window; a closed one has no value", "span",
          "window<2h", column=until("c.window_until")),
    Field("conversation", "unread", "how many messages are unread", "number", "unread>=5",
          column=lambda _, __: "c.unread"),
    Field("conversation", "owed", "how many work items are open", "number", "owed>=2",
          column=lambda _, __: "c.owed"),
)  # fmt: skip
FIELDS: Final = (*MESSAGES, *CONVERSATIONS)
