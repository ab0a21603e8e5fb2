"""Why: a code of a closed list, which an item itself often suggests, and words of one's own behind it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.errors import Refused
from waconsole.fraud.deciding import RELEASE, UNFREEZE, reason_code
from waconsole.text import _

# Of what lets money go nothing is suggested but what speaks for the people.
SUGGESTED_BY_COUNTER: Final = frozenset({RELEASE, UNFREEZE})
SHOWN_MAX: Final = 20


class Reason(NamedTuple):
    """A code, words beside it, and whether it is the item's own: then another item is given its own too."""

    code: str
    note: str = ""
    is_own: bool = False


def rule_word(rule: str) -> str:
    """A rule without the room it is of: `fraud.signal.shared_address` is `shared_address`."""
    return rule.rpartition(".")[2]


def own(outcome: str, known: Sequence[str], kind: str, rules: Sequence[str], counters: Sequence[str]) -> str:
    """The reason an item itself gives for an outcome; "" where it gives none.

    For what lets money go it is what speaks for the people; else its kind, a signal of it, or what is usual.
    """
    if outcome in SUGGESTED_BY_COUNTER:
        said = [rule_word(one) for one in counters]
        return next((word for one in said for word in (one, one.removesuffix("s")) if word in known), "")
    said = [kind, *(rule_word(one) for one in rules)]
    return next((one for one in said if one in known), known[0] if known else "")


def parsed(text: str, known: Sequence[str], suggested: str) -> Reason:
    """What was typed: `CODE`, `CODE: words`, a beginning that only one code has; nothing takes what is suggested.

    Raises Refused, with the codes there are.
    """
    words = text.strip()
    if not words:
        if not suggested:
            raise Refused(_("Say why: {codes}.").format(codes=", ".join(known)))
        return Reason(suggested, is_own=True)
    first, _colon, note = words.partition(":") if ":" in words.split()[0] else words.partition(" ")
    code = reason_code(first)
    fitting = [code] if code in known else [one for one in known if code and one.startswith(code)]
    if len(fitting) != 1:
        wrong = _("{word} is no reason here. There are {codes}.")
        raise Refused(wrong.format(word=repr(first), codes=", ".join(fitting or known)))
    return Reason(fitting[0], note.strip())


def completions(text: str, known: Sequence[str]) -> list[str]:
    """The codes that begin as what is typed; all of them where nothing is."""
    begun = reason_code(text)
    return [one for one in known if one.startswith(begun)][:SHOWN_MAX] if " " not in text else []
