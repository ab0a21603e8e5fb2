"""Triage rules: what draws a work item out of a message, as rows an operator can read and change.

Pure: no clock, no SQL, no files. A rule is data: lists of phrases, features, lengths. It holds no
regular expression, so that no rule and no hostile text together can take more than linear time.

A phrase is written in a small language of its own:

* `prochain arrivage`   these whole words in this order, without case and Latin accents
* `livr*`               a word that begins so
* `rien .. recu`        up to `GAP_WORDS_MAX` other words may stand at `..`
* `prix ?`              signs count: no phrase runs over a full stop, comma or line break
* `多少錢`               Chinese, Japanese, Korean: anywhere inside a run of letters
* `나요$`               the same, where the run of letters ends
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from waconsole.errors import Refused

# The first kind that matches is the item. What can hurt comes first, because it is often phrased as
# something milder ("where is my parcel?"). Then what has words of its own, before the bare question
# mark that offers, asks for a price and spam carry too. A mention alone says least.
KINDS: Final = ("none", "complaint", "proof", "spam", "price", "offer", "join", "question", "mention")
NONE: Final = "none"
ANY_LANGUAGE: Final = "any"
FEATURES: Final = ("link", "phone", "amount", "mention", "media")

RULES_MAX: Final = 2_000
PHRASES_MAX: Final = 500
PHRASE_CHARACTERS_MAX: Final = 80
PHRASE_WORDS_MAX: Final = 8
GAP_WORDS_MAX: Final = 4
WORDS_MAX: Final = 4_096


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to draw an item of `kind` (or, for kind `none`, to draw nothing at all).

    A rule matches when everything it states holds: one phrase of `any` stands in the text or one of
    `opens` begins a sentence of it (small talk, the `only` words of its language's `none` rules, may
    come before); one of `also`; none of `unless`; every word is one of `only`; a link leads to one of
    `hosts`; the file is one of `media`; the notice is one of `notices`; the features of `needs` are
    there and those of `lacks` are not; the number of words lies between `words_min` and `words_max`
    (two ideographs count as one). With `before` its phrases may also stand in what the sender wrote
    just before a picture.

    `priority` orders the rules of one kind, lowest first. `says` is the rule in a sentence.
    `yes` and `no` are example messages it must and must not match.
    """

    id: str
    version: int
    kind: str
    language: str
    priority: int
    says: str
    any: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    words_min: int = 0
    words_max: int = WORDS_MAX
    before: bool = False
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


_POSITIVE: Final = ("any", "opens", "also", "only", "hosts", "media", "notices", "needs")
_PHRASES: Final = ("any", "opens", "also", "unless", "only")
_NAMES: Final = tuple(field.name for field in fields(Rule))
_LISTS: Final = (*_POSITIVE, "unless", "lacks", "yes", "no")
_WHOLES: Final = {"version": 1, "priority": 100, "words_min": 0, "words_max": WORDS_MAX}


def rule_from_table(table: Mapping[str, object]) -> Rule:
    """The rule that a TOML or JSON table states.

    Raises Refused naming the rule and the key that is missing, unknown or of the wrong shape.
    """
    name = str(table.get("id", "without id"))
    for key in table:
        if key not in _NAMES:
            raise Refused(f"Rule {name}: unknown key `{key}`. Keys are {', '.join(_NAMES)}.")
    values: dict[str, Any] = {key: _list(table, key, name) for key in _LISTS}
    values |= {key: _text(table, key, name) for key in ("id", "kind", "language", "says")}
    values |= {key: _whole(table, key, name, default) for key, default in _WHOLES.items()}
    rule = Rule(before=_flag(table, "before", name), **values)
    _check(rule)
    return rule


def rule_to_dict(rule: Rule) -> dict[str, object]:
    """`rule` as a JSON-ready table, without what it leaves at its default; `rule_from_table` reads it."""
    table: dict[str, object] = {}
    for field in fields(Rule):
        value = getattr(rule, field.name)
        if value != field.default:
            table[field.name] = list(value) if isinstance(value, tuple) else value
    return table


def _check(rule: Rule) -> None:
    """Refuse a rule that cannot be read or that would match everything."""
    if rule.kind not in KINDS:
        raise Refused(f"Rule {rule.id}: key `kind` is one of {', '.join(KINDS)}, not `{rule.kind}`.")
    for key in ("needs", "lacks"):
        for feature in getattr(rule, key):
            if feature not in FEATURES:
                raise Refused(f"Rule {rule.id}: key `{key}` knows {', '.join(FEATURES)}, not `{feature}`.")
    for key in _PHRASES:
        for phrase in getattr(rule, key):
            if len(phrase.split()) > PHRASE_WORDS_MAX or not phrase.strip(" .*$"):
                raise Refused(
                    f"Rule {rule.id}: key `{key}` has `{phrase}`; a phrase has 1 to {PHRASE_WORDS_MAX} words."
                )
    if not any(getattr(rule, key) for key in _POSITIVE):
        raise Refused(f"Rule {rule.id}: it would match every message; state one of {', '.join(_POSITIVE)}.")


def _text(table: Mapping[str, object], key: str, name: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value or len(value) > 500:
        raise Refused(f"Rule {name}: key `{key}` needs a text of 1 to 500 characters.")
    return value


def _whole(table: Mapping[str, object], key: str, name: str, default: int) -> int:
    value = table.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(f"Rule {name}: key `{key}` needs a whole number, 0 or more.")
    return value


def _flag(table: Mapping[str, object], key: str, name: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise Refused(f"Rule {name}: key `{key}` is true or false.")
    return value


def _list(table: Mapping[str, object], key: str, name: str) -> tuple[str, ...]:
    value = table.get(key, ())
    if not isinstance(value, (list, tuple)) or len(value) > PHRASES_MAX:
        raise Refused(f"Rule {name}: key `{key}` needs a list of at most {PHRASES_MAX} texts.")
    longest = 500 if key in ("yes", "no") else PHRASE_CHARACTERS_MAX
    for entry in value:
        if not isinstance(entry, str) or not entry or len(entry) > longest:
            raise Refused(f"Rule {name}: key `{key}` needs texts of 1 to {longest} characters.")
    return tuple(value)
