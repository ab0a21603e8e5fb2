"""What may be asked of invites, in their pane: state, programme, people, channel, reason, reward, due. SQL over `i`, an invite."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.invites.model import JOINED, OPEN, STATES
from waconsole.invites.verdict import RETURNS
from waconsole.members.fields import PEOPLE, aliases_named, rows_of
from waconsole.members.model import folded
from waconsole.money import EXPONENTS
from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject, Vocabulary
from waconsole.query.tree import Word

CONFIDENCES: Final = ("exact", "repaired", "asked", "manual", "disputed")
PROGRAMMES: Final = Source(
    "SELECT name, '' FROM programme WHERE folded >= :begun AND folded < :beyond ORDER BY folded LIMIT :limit"
)
CHANNELS: Final = Source(
    "SELECT DISTINCT channel, '' FROM (SELECT channel FROM invite LIMIT 10000) AS first"
    " WHERE channel >= :begun AND channel < :beyond AND channel <> '' ORDER BY channel LIMIT :limit",
    folds=False,
)
_SETTLED: Final = "(SELECT s.{column} FROM invite_state AS s WHERE s.id = i.id)"
_STATE: Final = f"coalesce({_SETTLED.format(column='state')}, CASE WHEN i.arrived_at IS NULL THEN 'open' ELSE 'joined' END)"
_REASON: Final = f"coalesce(nullif({_SETTLED.format(column='reason')}, ''), i.refusal)"
_PROGRAMME: Final = "(SELECT name FROM programme WHERE id = i.programme_id)"


def _name(column: str) -> str:
    return f"(SELECT m.name FROM member_root AS r JOIN member AS m ON m.id = r.root_id WHERE r.id = {column})"


def _stands(state: str) -> str:
    """Invites that stand so: from the standings, which have an index; one nobody settled yet is open or joined."""
    if state in (OPEN, JOINED):
        return f"{_STATE} = '{state}'"
    return f"i.id IN (SELECT s.id FROM invite_state AS s WHERE s.state = '{state}')"


def _gated(verdict: str) -> str:
    return f"i.id IN (SELECT g.invite_id FROM invite_gate AS g WHERE g.verdict = '{verdict}')"


def _frozen(_: Scope) -> str:
    return f"i.referrer_id IN ({rows_of('SELECT g.member_id FROM member_gate AS g')})"


def _late(scope: Scope) -> str:
    now = scope.bind(scope.now)
    return (
        "i.id IN (SELECT s.id FROM invite_state AS s"
        f" WHERE s.state IN ('qualified', 'held') AND s.due_at <= {now}"
        f" AND s.reason IN ('', '{RETURNS}'))"
    )


def _has(word: str, scope: Scope) -> str:
    """A part of a name, of the programme or the channel; the whole code, or how the invite's own name begins."""
    part, signs = scope.bind(folded(word)), scope.bind(word)
    people = rows_of(f"SELECT id FROM member WHERE instr(folded, {part}) > 0")
    return (
        f"(substr(i.ref, 1, length({signs})) = lower({signs}) OR instr(lower(i.channel), lower({signs})) > 0"
        f" OR i.programme_id IN (SELECT id FROM programme WHERE instr(folded, {part}) > 0)"
        f" OR i.code_id IN (SELECT id FROM code WHERE code = upper({signs}))"
        f" OR i.referrer_id IN ({people}) OR i.invitee_id IN ({people}))"
    )


def _text(words: Sequence[Word], scope: Scope) -> str:
    return " AND ".join(_has(word.text, scope) for word in words)


def _people(value: str, scope: Scope) -> str:
    """SELECT of the rows of whoever is called so, by a name, a number or a ref."""
    named = f"SELECT member_id FROM alias WHERE id IN ({aliases_named(value, scope)})"
    refs = f"SELECT id FROM member WHERE ref = {scope.bind(value)}"
    return rows_of(f"SELECT root_id FROM member_root WHERE id IN ({named} UNION {refs})")


def _reward(asked: Asked, scope: Scope) -> str:
    currency = scope.bind(getattr(asked.operand, "currency", ""))
    return (
        "(SELECT sum(w.amount_minor) FROM reward AS w WHERE w.invite_id = i.id AND w.side = 'referrer'"
        f" AND w.kind = 'cashback' AND w.currency = {currency} AND w.state IN ('pending', 'posted'))"
    )


def _due(_: Asked, scope: Scope) -> str:
    return f"(SELECT s.due_at - {scope.bind(scope.now)} FROM invite_state AS s WHERE s.id = i.id)"


def _age(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"CASE WHEN i.invited_at <= {now} THEN {now} - i.invited_at END"


SUBJECT: Final = Subject(
    "invite", "invites", "who brought whom, and what it earned",
    rows="invite AS i", key="i.id", order="i.id DESC",
    text=_text, text_says="a part of either one's name, of the programme or the channel; a code; how the invite's name begins",
    shows="i.ref",
)  # fmt: skip
FIELDS: Final = (
    Field("invite", "is", "how it is with it", "state", "is:disputed", states={
        "came": State("the friend came", lambda _: "i.arrived_at IS NOT NULL"),
        "disputed": State("an operator doubts it: what it earns is held", lambda _: "i.confidence = 'disputed'"),
        "review": State("the review desk has an open item on it", lambda _: _gated("held")),
        "voided": State("the review desk voided it", lambda _: _gated("void")),
        "frozen": State("its referrer is frozen or blocked", _frozen),
        "late": State("it should have been decided on by now: `:invites settle`", _late),
    }),
    Field("invite", "state", "what became of it", "state", "state:held", states={
        name: State(f"it is {name}", lambda _, name=name: _stands(name)) for name in STATES  # type: ignore[misc]
    }),
    Field("invite", "confidence", "how sure it is who brought them", "state", "confidence:repaired", states={
        name: State(f"it is {name}", lambda _, name=name: f"i.confidence = '{name}'") for name in CONFIDENCES  # type: ignore[misc]
    }),
    Field("invite", "programme", "the programme it is of", "name", "programme:spring", source=PROGRAMMES,
          condition=lambda asked, scope:
          f"i.programme_id IN (SELECT id FROM programme WHERE folded = {scope.bind(folded(asked.value))})",
          shows=lambda _, __: _PROGRAMME),
    Field("invite", "referrer", "who invited: a name, a ref or a number", "name", "referrer:ana", source=PEOPLE,
          condition=lambda asked, scope: f"i.referrer_id IN ({_people(asked.value, scope)})",
          shows=lambda _, __: _name("i.referrer_id")),
    Field("invite", "invitee", "who came: a name, a ref or a number", "name", "invitee:ben", source=PEOPLE,
          condition=lambda asked, scope: f"i.invitee_id IN ({_people(asked.value, scope)})",
          shows=lambda _, __: _name("i.invitee_id")),
    Field("invite", "channel", "the way they came", "name", "channel:order_page", source=CHANNELS,
          condition=lambda asked, scope: f"i.channel = {scope.bind(asked.value)}", shows=lambda _, __: "i.channel"),
    Field("invite", "reason", "a part of why it stands as it does", "name", "reason:budget",
          condition=lambda asked, scope: f"instr(lower({_REASON}), lower({scope.bind(asked.value)})) > 0",
          shows=lambda _, __: _REASON),
    Field("invite", "code", "the code they came by", "name", "code:K7M3P9T",
          condition=lambda asked, scope:
          f"i.code_id IN (SELECT id FROM code WHERE code = upper({scope.bind(asked.value)}))",
          shows=lambda _, __: "(SELECT code FROM code WHERE id = i.code_id)"),
    Field("invite", "reward", "the cashback it earns its referrer, in that currency", "amount", "reward>=8 HKD",
          column=_reward),
    Field("invite", "due", "the time until its reward is decided on; below 0 it is late", "span", "due<2d", column=_due),
    Field("invite", "age", "the time since they were invited", "span", "age>30d", column=_age),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of the pane of invites."""
    return Vocabulary.of([SUBJECT], FIELDS, EXPONENTS)
