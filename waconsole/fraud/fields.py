"""What may be asked of items of the review desk, in their pane: kind, state, money, age, signals, people. SQL over `v`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.members.fields import PEOPLE, aliases_named
from waconsole.money import EXPONENTS
from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject, Vocabulary
from waconsole.query.tree import Word

KINDS: Final = Source(
    "SELECT DISTINCT kind, '' FROM review WHERE kind >= :begun AND kind < :beyond ORDER BY kind LIMIT :limit",
    folds=False,
)
RULES: Final = Source(
    "SELECT DISTINCT rule, '' FROM signal WHERE rule >= :begun AND rule < :beyond ORDER BY rule LIMIT :limit",
    folds=False,
)
REASONS: Final = Source(
    "SELECT DISTINCT reason, '' FROM review_decision WHERE reason >= :begun AND reason < :beyond ORDER BY reason LIMIT :limit",
    folds=False,
)
_OUTCOME: Final = "(SELECT outcome FROM review_decision WHERE id = v.decision_id)"
_REASON: Final = "(SELECT reason FROM review_decision WHERE id = v.decision_id)"
_UNDECIDED: Final = "(v.state <> 'decided' AND v.gone_at IS NULL)"
_HELD: Final = """
    SELECT sum(CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.amount_minor ELSE w.cost_minor END)
      FROM review_invite AS i
      JOIN invite_reward AS w ON w.invite_id = i.invite_id
     WHERE i.review_id = v.id AND w.state = 'pending'
       AND CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.currency ELSE w.cost_currency END ="""


def _stands(kind: str) -> str:
    return f"v.id IN (SELECT s.review_id FROM standing AS s WHERE s.kind = '{kind}' AND s.ended_at IS NULL)"


def _taken(scope: Scope, *, mine: bool) -> str:
    whose = f" AND l.operator_id = {scope.bind(scope.operator_id)}" if mine else ""
    now = scope.bind(scope.now)
    return f"v.id IN (SELECT l.object_id FROM lease AS l WHERE l.object_kind = 'review' AND l.expires_at > {now}{whose})"


def _own(scope: Scope) -> str:
    me = scope.bind(scope.operator_id)
    return (
        "v.id IN (SELECT p.review_id FROM review_person AS p JOIN deciding_member AS d ON d.root_id = p.root_id"
        f" WHERE d.operator_id = {me})"
    )


def _waits(scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"({_UNDECIDED} AND (v.state = 'open' OR (v.state = 'snoozed' AND v.snoozed_until <= {now})))"


def _has(word: str, scope: Scope) -> str:
    begun = scope.bind(word)
    name = f"substr(v.ref, 1, length({begun})) = lower({begun})"
    return f"({name} OR instr(v.kind, lower({begun})) > 0)"


def _text(words: Sequence[Word], scope: Scope) -> str:
    return " AND ".join(_has(word.text, scope) for word in words)


def _person(asked: Asked, scope: Scope) -> str:
    people = f"SELECT member_id FROM alias WHERE id IN ({aliases_named(asked.value, scope)})"
    refs = f"SELECT id FROM member WHERE ref = {scope.bind(asked.value)}"
    roots = f"SELECT root_id FROM member_root WHERE id IN ({people} UNION {refs})"
    return f"v.id IN (SELECT review_id FROM review_person WHERE root_id IN ({roots}))"


def _signal(asked: Asked, scope: Scope) -> str:
    """`signal:ring` names `fraud.signal.ring` too."""
    word = scope.bind(asked.value)
    return (
        f"v.id IN (SELECT s.review_id FROM signal AS s WHERE s.rule = {word}"
        f" OR substr(s.rule, -length({word}) - 1) = '.' || {word})"
    )


def _held(asked: Asked, scope: Scope) -> str:
    currency = scope.bind(getattr(asked.operand, "currency", ""))
    return f"coalesce(({_HELD} {currency}), 0)"


def _age(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"CASE WHEN v.found_at <= {now} THEN {now} - v.found_at END"


SUBJECT: Final = Subject(
    "review", "reviews", "what looks wrong with invites",
    rows="review AS v", key="v.id", order="v.id DESC",
    text=_text, text_says="how its name begins, or a part of its kind",
    shows="v.ref",
)  # fmt: skip
FIELDS: Final = (
    Field("review", "is", "how it stands", "state", "is:waiting", states={
        "waiting": State("somebody should decide on it now", _waits),
        "mine": State("you have taken it", lambda scope: _taken(scope, mine=True)),
        "taken": State("somebody has taken it", lambda scope: _taken(scope, mine=False)),
        "own": State("it is about you: somebody else decides on it", _own),
        "frozen": State("somebody is frozen by it", lambda _: _stands("frozen")),
        "blocked": State("somebody is blocked by it", lambda _: _stands("blocked")),
    }),
    Field("review", "state", "what became of it", "state", "state:open", states={
        "open": State("nobody decided on it", lambda _: f"({_UNDECIDED} AND v.state = 'open')"),
        "decided": State("it is decided", lambda _: "v.state = 'decided'"),
        "escalated": State("it is with the owners", lambda _: f"({_UNDECIDED} AND v.state = 'escalated')"),
        "snoozed": State("it is put off", lambda _: f"({_UNDECIDED} AND v.state = 'snoozed')"),
    }),
    Field("review", "kind", "what it looks like", "name", "kind:ring", source=KINDS,
          condition=lambda asked, scope: f"v.kind = {scope.bind(asked.value)}", shows=lambda _, __: "v.kind"),
    Field("review", "outcome", "what was decided", "name", "outcome:void",
          condition=lambda asked, scope: f"{_OUTCOME} = {scope.bind(asked.value)}", shows=lambda _, __: _OUTCOME),
    Field("review", "reason", "why it was decided so", "name", "reason:household", source=REASONS,
          condition=lambda asked, scope: f"{_REASON} = {scope.bind(asked.value)}", shows=lambda _, __: _REASON),
    Field("review", "signal", "a rule that speaks for or against it", "name", "signal:shared_address", source=RULES,
          condition=_signal),
    Field("review", "member", "somebody it is about: a name, a ref or a number", "name", "member:ana", source=PEOPLE,
          condition=_person),
    Field("review", "held", "what waits for it, in that currency", "amount", "held>=500 HKD", column=_held),
    Field("review", "weight", "its signals less its counter-signals", "number", "weight>=40",
          column=lambda _, __: "v.weight"),
    Field("review", "age", "the time since it was found", "span", "age>5h", column=_age),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of the pane of the desk."""
    return Vocabulary.of([SUBJECT], FIELDS, EXPONENTS)
