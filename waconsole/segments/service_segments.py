"""Keeping rules by name: versions that never change, each with its owner, its purpose and the day it is looked at again.

Saving a rule moves no money and sends nothing: whoever acts may do it as tags are put on, an ambassador may not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from waconsole import clock
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members.model import folded
from waconsole.operators import service as operators
from waconsole.operators.authority import Forbidden
from waconsole.operators.roles import ALLOWED
from waconsole.operators.store import Act, Operator
from waconsole.policy import store as policy
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import asks_nothing, parse
from waconsole.query.tree import Form, leaves
from waconsole.segments import service_asking, store_segments, store_tags
from waconsole.segments.lists import Matched
from waconsole.segments.service_asking import Asking
from waconsole.segments.store_segments import Version
from waconsole.text import stored

NAME_CHARACTERS_MAX: Final = 64
WORDS_CHARACTERS_MAX: Final = 500
REVIEW_DAYS: Final = "segments.review_days"
ACT: Final = "segments.save"
KIND: Final = "segment"
TAG: Final = "tag"
STEPS_MAX: Final = 100_000

AskingOf = Callable[[Transaction], Asking]


@dataclass(frozen=True, slots=True)
class Words:
    """What is said beside a rule; None keeps what the version before said."""

    owner: str | None = None
    purpose: str | None = None
    review_on: str | None = None


async def save(
    database: Database, name: str, rule: str, words: Words, asking_of: AskingOf, *, operator: str | None
) -> Version:
    """Keep a rule under a name, or the next version of it. Raises QueryError for the rule, Refused for the rest."""
    name, rule = _named(name), stored(rule.strip())
    if asks_nothing(rule):
        raise Refused("A segment has a rule: write whom it names.")

    def work(tx: Transaction) -> Version:
        asking = asking_of(tx)
        _no_circle(tx, name, rule, asking)
        service_asking.read(tx, rule, asking)
        return _keep(tx, name, words, asking, operator, "save segment", rule=rule)

    return await database.write(work)


async def keep_list(
    database: Database,
    name: str,
    matched: Matched,
    words: Words,
    asking_of: AskingOf,
    *,
    operator: str | None,
) -> Version:
    """Keep the members that a list named; what it did not find stands in the version's report. Raises Refused."""
    name = _named(name)
    if not matched.refs:
        raise Refused("Nobody on that list is known here: nothing was saved.")

    def work(tx: Transaction) -> Version:
        report = json.dumps(matched.report())
        return _keep(
            tx, name, words, asking_of(tx), operator, "import segment", members=matched.refs, report=report
        )

    return await database.write(work)


async def duplicate(
    database: Database, name: str, to: str, asking_of: AskingOf, *, operator: str | None
) -> Version:
    """Keep what a segment says under another name that is free. Raises NotFound, Refused."""
    to = _named(to)

    def work(tx: Transaction) -> Version:
        asking = asking_of(tx)
        found = named(tx, name, now=asking.now)
        before = store_segments.latest_of(tx, folded(to))
        if before is not None and not before.is_dropped:
            raise Refused(f"There is a segment {before.name} already: choose another name.")
        words = Words(found.owner, found.purpose)
        return _keep(
            tx, to, words, asking, operator, "duplicate segment",
            rule=found.rule, members=found.members, report=found.report,
        )  # fmt: skip

    return await database.write(work)


async def drop(database: Database, name: str, asking_of: AskingOf, *, operator: str | None) -> Version:
    """Drop a segment; what it said before stays to be asked with an earlier instant. Raises NotFound, Refused."""

    def work(tx: Transaction) -> Version:
        asking = asking_of(tx)
        found = named(tx, name, now=asking.now)
        for other in store_segments.in_force(tx, now=asking.now):
            if folded(found.name) in _names_in(other.rule):
                raise Refused(f"The segment {other.name} names {found.name}: change that one first.")
        return _keep(tx, found.name, Words(), asking, operator, "drop segment", is_dropped=True)

    return await database.write(work)


def named(tx: Transaction, name: str, *, now: int) -> Version:
    """The version in force at `now` of the segment of that name. Raises NotFound."""
    found = store_segments.version_of(tx, folded(name), now=now)
    if found is None or found.is_dropped:
        raise NotFound(f"There is no segment {name}: `waconsole segments list` shows those there are.")
    return found


def is_named(tx: Transaction, name: str, *, now: int) -> bool:
    """Whether a segment of that name is in force."""
    found = store_segments.version_of(tx, folded(name), now=now)
    return found is not None and not found.is_dropped


def is_overdue(version: Version, asking: Asking) -> bool:
    """Whether the day has passed on which somebody was to look at it again."""
    today = clock.moment(asking.now, asking.zone).date().isoformat()
    return bool(version.review_on) and version.review_on < today


def restore(tx: Transaction, segment_id: int, values: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Undo for segments: the version before is said again, from the same instant; False when it changed since."""
    last = store_segments.latest_by_id(tx, segment_id)
    if last is None or last.version != expected["version"]:
        return False
    found = [
        one for one in store_segments.versions(tx, folded(last.name)) if one.version == values["version"]
    ]
    said = found[0] if found else None
    store_segments.add_version(
        tx, segment_id, last.version + 1,
        rule=said.rule if said else "", members=said.members if said else (), owner=said.owner if said else last.owner,
        purpose=said.purpose if said else last.purpose, review_on=said.review_on if said else last.review_on,
        operator_id=None, is_dropped=said is None or said.is_dropped, report=said.report if said else "",
        now=last.saved_at,
    )  # fmt: skip
    return True


RESTORES: Final[dict[str, operators.Restore]] = {KIND: restore}


def _keep(
    tx: Transaction,
    name: str,
    words: Words,
    asking: Asking,
    operator: str | None,
    verb: str,
    *,
    rule: str = "",
    members: Sequence[str] = (),
    is_dropped: bool = False,
    report: str = "",
) -> Version:
    actor = _may(tx, operator, now=asking.now)
    before = store_segments.latest_of(tx, folded(name))
    if before is not None and before.saved_at > asking.now:
        raise Refused(
            f"{before.name} has a version of {clock.iso(before.saved_at)}, which is later than now."
        )
    if before is None:
        ref = f"seg-{hashlib.sha256(folded(name).encode('utf-8', 'replace')).hexdigest()[:12]}"
        segment_id = store_segments.add_segment(tx, ref=ref, name=name, folded=folded(name), now=asking.now)
    else:
        segment_id = before.segment_id
    version = 1 if before is None else before.version + 1
    store_segments.add_version(
        tx, segment_id, version, rule=rule, members=members, operator_id=actor.id, is_dropped=is_dropped, report=report,
        owner=_said(words.owner, before.owner if before else "") or actor.name,
        purpose=_said(words.purpose, before.purpose if before else ""),
        review_on=_review_on(tx, words.review_on, asking), now=asking.now,
    )  # fmt: skip
    act = Act(KIND, segment_id, {"version": version - 1}, {"version": version})
    operators.record(tx, actor, verb, [act], now=asking.now)
    kept = store_segments.latest_of(tx, folded(name))
    assert kept is not None
    return kept


def _may(tx: Transaction, operator: str | None, *, now: int) -> Operator:
    actor = operators.acting(tx, operator, now=now)
    if actor.role not in ALLOWED[ACT]:
        raise Forbidden(
            "role", f"{actor.name} is an {actor.role}: segments are saved by a moderator or an owner."
        )
    return actor


def _said(word: str | None, before: str) -> str:
    said = before if word is None else stored(word.strip())
    if len(said) > WORDS_CHARACTERS_MAX:
        raise Refused(f"Owner and purpose have at most {WORDS_CHARACTERS_MAX} characters.")
    return said


def _review_on(tx: Transaction, said: str | None, asking: Asking) -> str:
    """The day a rule is looked at again: as it was said, else a quarter from now."""
    today = clock.moment(asking.now, asking.zone).date()
    if said is None:
        days = policy.in_force(tx, REVIEW_DAYS, now=asking.now)[0]["value"]
        return (today + timedelta(days=int(days))).isoformat()
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise Refused(f"{said} is no day: write it like 2027-02-25.") from None
    if day < today:
        raise Refused(f"{said} has passed: a rule is looked at again on a day to come.")
    return day.isoformat()


def _named(name: str) -> str:
    name = stored(" ".join(name.split()))
    if not name or len(name) > NAME_CHARACTERS_MAX:
        raise Refused(f"A segment's name has 1 to {NAME_CHARACTERS_MAX} characters.")
    return name


def _names_in(rule: str) -> set[str]:
    return {folded(one) for field, one in _links(rule) if field == KIND}


def _links(rule: str) -> list[tuple[str, str]]:
    """The segments and tags a rule names, as it names them: (field, name)."""
    if not rule:
        return []
    forms = [one for one in leaves(parse(rule)) if isinstance(one, Form)]
    return [(one.field, one.value) for one in forms if one.field in (KIND, TAG)]


def _no_circle(tx: Transaction, name: str, rule: str, asking: Asking) -> None:
    """Refuse a rule that comes back to its own name, by whatever segments and rules of tags. Raises QueryError with the place."""
    try:
        tree = parse(rule)
    except QueryError as error:
        raise error.in_text(rule) from None
    for leaf in leaves(tree):
        if not isinstance(leaf, Form) or leaf.field not in (KIND, TAG):
            continue
        way = _way_back(tx, (leaf.field, leaf.value), folded(name), asking)
        if way:
            said = f" ({' → '.join((name, *way))})" if len(way) > 1 else ""
            raise QueryError(
                f"The segment {name} names itself{said}: a segment cannot hold itself.",
                leaf.value_place,
                rule,
            )


def _way_back(tx: Transaction, start: tuple[str, str], wanted: str, asking: Asking) -> list[str]:
    """The way from a segment or a tag to a segment, by what their rules name; empty where there is none."""
    ways: list[list[tuple[str, str]]] = [[start]]
    seen: set[tuple[str, str]] = set()
    for _ in range(STEPS_MAX):
        if not ways:
            break
        way = ways.pop()
        field, name = way[-1]
        key = (field, folded(name) if field == KIND else name)
        if key == (KIND, wanted):
            return [one if kind == KIND else f"tag {one}" for kind, one in way]
        if key not in seen:
            seen.add(key)
            ways += [[*way, link] for link in _links(_rule_of(tx, field, name, asking))]
    return []


def _rule_of(tx: Transaction, field: str, name: str, asking: Asking) -> str:
    if field == TAG:
        tag = store_tags.latest(tx, name)
        return "" if tag is None else tag.rule
    found = store_segments.version_of(tx, folded(name), now=asking.now)
    return "" if found is None else found.rule
