"""The rules of suspicion as they are listed and set, and how each of them does. A rule is a policy: setting it is a version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from waconsole.clock import DAY, iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.fraud import store_past, whens
from waconsole.fraud.backtesting import full_name, rate
from waconsole.fraud.fields_case import CASE, vocabulary
from waconsole.fraud.rules import ATTEMPTS, COUNTER, SIGNAL, SPAN
from waconsole.fraud.whens import WHEN
from waconsole.operators import authority
from waconsole.operators.store import Operator
from waconsole.policy import service, service_reading, service_setting, values
from waconsole.policy import store as policy
from waconsole.policy.model import REASON_CHARACTERS_MAX, fields_of, needs_second
from waconsole.policy.service_proposals import Outcome

MONTH: Final = 30 * DAY
WEIGHT: Final = "weight="
WEIGHT_MAX: Final = 1_000
RULES_MAX: Final = 300
SINGLE: Final = (ATTEMPTS, SPAN)
_KINDS: Final = {SIGNAL: "signal", COUNTER: "counter"}
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")


def names(tx: Transaction, *, now: int) -> list[str]:
    """Every rule in force, by its policy's name."""
    found = [name for prefix in _KINDS for name, _, _ in policy.texts_in_force(tx, prefix, now=now)]
    return [*found, *SINGLE]


def named(tx: Transaction, rule: str, *, now: int) -> str:
    """The policy's name of a rule, also by its last word: `ring`. Raises NotFound, and tells the rules there are."""
    known = names(tx, now=now)
    found = full_name(rule, known)
    if found is None:
        raise NotFound(f"There is no rule {rule}: there are {', '.join(short(one) for one in known)}.")
    return found


def short(name: str) -> str:
    """A rule's name as it is typed."""
    for prefix in (SIGNAL, COUNTER, "fraud."):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def listed(tx: Transaction, *, now: int, every_version: bool = False) -> list[dict[str, Any]]:
    """Every rule: its weight, its thresholds, its version, since when and by whom; with `every_version` past ones too."""
    found: list[dict[str, Any]] = []
    for prefix in (*_KINDS, *SINGLE):
        for row in service_reading.listed_rows(tx, prefix, now=now, every_version=every_version):
            if prefix in SINGLE and row["name"] != prefix:
                continue
            value = policy.version(tx, row["name"], row["version"])
            found.append(
                {
                    "rule": row["name"],
                    "name": short(row["name"]),
                    "kind": _KINDS.get(prefix, "threshold"),
                    "version": row["version"],
                    "weight": value.get("weight"),
                    "when": None if prefix in SINGLE else whens.text_of(short(row["name"]), value) or None,
                    "values": {
                        key: one for key, one in fields_of(value).items() if key not in ("weight", WHEN)
                    },
                    "says": row["says"],
                    "author": row["author"],
                    "reason": row["reason"],
                    "valid_from": row["valid_from"],
                    "set_at": row["set_at"],
                    "state": row["state"],
                    "in_force": row["state"] == service_reading.IN_FORCE,
                }
            )
    return found


def set_rule(
    tx: Transaction, actor: Operator, rule: str, words: Sequence[str], *, reason: str, now: int
) -> Outcome:
    """Set a rule's `when`, weight or numbers (`weight=40`): one more version of its policy. Raises Refused, NotFound."""
    authority.authorize(tx, actor, "fraud.rules", now=now)
    name = named(tx, rule, now=now)
    base = policy.in_force(tx, name, now=now)[0]
    if needs_second(name, base) or name in SINGLE:
        return service_setting.set_value(tx, actor, name, words, {}, reason=reason, valid_from=None, now=now)
    return _put(tx, actor, name, read(name, base, words), reason=reason, now=now)


def add_rule(
    tx: Transaction,
    actor: Operator,
    rule: str,
    text: str,
    *,
    weight: int,
    says: str = "",
    reason: str,
    now: int,
) -> Outcome:
    """A rule of the shop's own: it speaks when `text` holds of a case, and a weight below zero speaks for the people.

    Raises Refused for a name that is taken, a text that is not understood (QueryError), a weight out of range.
    """
    authority.authorize(tx, actor, "fraud.rules", now=now)
    known = {short(one) for one in names(tx, now=now)}
    if _NAME.fullmatch(rule) is None:
        raise Refused(
            f"{rule!r} is no name for a rule: write one like big_rings, of letters a to z and figures."
        )
    name = (COUNTER if weight < 0 else SIGNAL) + rule
    if (
        rule in known
        or rule in whens.STANDING
        or any(policy.latest_version(tx, one + rule) for one in _KINDS)
    ):
        raise Refused(
            f"There is a rule {rule} already: `waconsole fraud rules set {rule} when=…` changes it."
        )
    if not 0 < abs(weight) <= WEIGHT_MAX:
        raise Refused(
            f"A rule weighs from 1 to {WEIGHT_MAX}, or from -{WEIGHT_MAX} to -1 where it speaks for the people."
        )
    value = {"weight": weight, WHEN: " ".join(text.split())}
    whens.check(rule, value)
    return _put(
        tx, actor, name, {**value, "says": says.strip() or "A rule of our own."}, reason=reason, now=now
    )


def untried(
    tx: Transaction, rule: str, words: Sequence[str], *, now: int
) -> tuple[str, dict[str, Any]] | None:
    """A rule that is not there yet as `words` say it (`when=…`, `weight=…`); None where it is, or they do not.

    Raises Refused, QueryError as `add_rule`.
    """
    said = dict(word.split("=", 1) for word in words if "=" in word)
    if set(said) != {WHEN, "weight"} or _NAME.fullmatch(rule) is None or full_name(rule, names(tx, now=now)):
        return None
    prefix = COUNTER if said["weight"].strip().startswith("-") else SIGNAL
    value = {
        "weight": _weight(prefix + rule, {"weight": 0}, said["weight"].strip()),
        WHEN: said[WHEN].strip(),
    }
    whens.check(rule, value)
    return prefix + rule, value


def _put(
    tx: Transaction, actor: Operator, name: str, value: dict[str, Any], *, reason: str, now: int
) -> Outcome:
    words_about = {"version", "reason", "date", "says"}
    number = service.set_version(
        tx,
        name,
        {key: one for key, one in value.items() if key not in words_about},
        says=str(value["says"]),
        reason=" ".join(reason.split())[:REASON_CHARACTERS_MAX],
        valid_from=now,
        set_by=actor,
        now=now,
    )
    return Outcome(name, number, value, now, is_proposal=False)


def read(name: str, base: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """A rule's value with what `words` change. What speaks for people weighs below zero, everything else above.

    Raises Refused for a value the rule cannot have, and QueryError for a `when` that is not understood.
    """
    is_rule = name not in SINGLE
    if is_rule and WHEN not in base:  # it was set before there were such texts
        base = {**base, WHEN: whens.text_of(short(name), base)}
    weights = [word for word in words if word.startswith(WEIGHT)]
    others = [word for word in words if not word.startswith(WEIGHT)]
    value = values.read(name, base, others) if others else dict(base)
    if weights:
        value["weight"] = _weight(name, base, weights[-1].removeprefix(WEIGHT).strip())
    if is_rule:
        whens.check(short(name), value)
    return value


def _weight(name: str, base: Mapping[str, Any], text: str) -> int:
    least, most = (-WEIGHT_MAX, 0) if name.startswith(COUNTER) else (0, WEIGHT_MAX)
    if WEIGHT.rstrip("=") not in base or re.fullmatch(r"[+-]?[0-9]{1,4}", text) is None:
        raise Refused(f"{short(name)} cannot weigh {text!r}.")
    if not least <= int(text) <= most:
        raise Refused(f"{short(name)} weighs from {least} to {most}: {text} does not lie there.")
    return int(text)


def fields() -> list[dict[str, Any]]:
    """What a `when` may ask: `{"field", "says", "kind", "arguments", "example"}` each, by name."""
    return [
        {
            "field": one.name,
            "kind": one.kind,
            "says": one.says,
            "arguments": [each.name for each in one.parameters],
            "example": one.example,
        }
        for one in sorted(vocabulary().of_subject(CASE).values(), key=lambda one: one.name)
    ]


def health(tx: Transaction, *, now: int) -> list[dict[str, Any]]:
    """How each rule does: its traffic, its precision against decided items with n and interval, whether it ever fires."""
    fired = {row["rule"]: row for row in store_past.fired(tx, day=now - DAY, month=now - MONTH)}
    rows: list[dict[str, Any]] = []
    for one in listed(tx, now=now):
        row = fired.get(one["rule"])
        if row is None and one["rule"] in (
            SPAN,
            f"{SIGNAL}velocity",
        ):  # told by the rule that counts the attempts
            row = fired.get(ATTEMPTS)
        bad, honest = (row["bad"], row["honest"]) if row is not None else (0, 0)
        rows.append(
            {
                "rule": one["rule"],
                "name": one["name"],
                "version": one["version"],
                "weight": one["weight"],
                "items": 0 if row is None else row["items"],
                "open": 0 if row is None else row["open"],
                "today": 0 if row is None else row["today"],
                "month": 0 if row is None else row["of_month"],
                "bad": bad,
                "honest": honest,
                "precision": rate(bad, bad + honest),
                "last_at": None if row is None else iso(row["last_at"]),
                "never": row is None,
            }
        )
    return rows
