"""Tags that a rule puts on and takes off: set by an operator, caught up with whenever facts or hours have moved on.

What was put on by hand is left as it is. A rule is asked of the facts as they are at `now`; who gets the tag and who
loses it is written in short transactions, and a repeat changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from waconsole import clock
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members import service as members
from waconsole.members import store_tags as bearing
from waconsole.operators import service as operators
from waconsole.operators.authority import Forbidden
from waconsole.operators.roles import ALLOWED
from waconsole.operators.store import Act, Operator
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import asks_nothing, parse
from waconsole.query.tree import Form, leaves, written
from waconsole.segments import service_asking, service_segments, store_tags
from waconsole.segments.service_asking import Asking, Engine, Saved
from waconsole.segments.store_tags import TagRule
from waconsole.segments.tagging import circle, difference, ordered
from waconsole.text import stored

AT_ONCE: Final = 500  # tags put on or taken off in one transaction
EXPIRY_STEPS_MAX: Final = 100_000
ACT: Final = "segments.save"
KIND: Final = "tag_rule"
TAG: Final = "tag"

AskingOf = Callable[[Transaction], Asking]


@dataclass(slots=True)
class Tagged:
    """What catching up came to; `troubles` says which rules could not be asked, and why."""

    added: int = 0
    removed: int = 0
    expired: int = 0
    troubles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Change:
    """Who gets a tag by its rule, and who loses it."""

    rule: TagRule
    gain: list[int]
    lose: list[int]


def _never() -> bool:
    return False


async def set_rule(
    database: Database, name: str, rule: str, asking_of: AskingOf, *, operator: str | None
) -> TagRule:
    """Set the rule of a tag: its next version, or the one it has where the rule is the same.

    Raises QueryError with the place of what is wrong in the rule, and for one that comes back to its own tag.
    """
    name, rule = members.tag_name(name), stored(rule.strip())
    if asks_nothing(rule):
        raise Refused("A tag's rule says whom it is for: write one, or --drop to end the one there is.")

    def work(tx: Transaction) -> TagRule:
        asking = asking_of(tx)
        service_asking.read(tx, rule, asking)
        _no_circle(tx, name, rule, asking)
        return _set(tx, name, rule, "set tag rule", operator, now=asking.now)

    return await database.write(work)


async def drop_rule(database: Database, name: str, *, operator: str | None, now: int) -> TagRule:
    """End a tag's rule: whoever bears the tag by it loses it. Raises NotFound where it has none."""
    name = members.tag_name(name)

    def work(tx: Transaction) -> TagRule:
        found = store_tags.latest(tx, name)
        if found is None or not found.rule:
            raise NotFound(f"No rule puts {name} on: `waconsole segments tags` shows those there are.")
        return _set(tx, name, "", "end tag rule", operator, now=now)

    return await database.write(work)


def _set(tx: Transaction, name: str, rule: str, verb: str, operator: str | None, *, now: int) -> TagRule:
    actor = _may(tx, operator, now=now)
    before = store_tags.latest(tx, name)
    if before is not None and before.set_at > now:
        raise Refused(f"The rule of {name} was set at {clock.iso(before.set_at)}, which is later than now.")
    if before is not None and before.rule == rule:
        return before
    number = 1 if before is None else before.version + 1
    rule_id = store_tags.add(tx, name, number, rule, operator_id=actor.id, now=now)
    act = Act(KIND, rule_id, {"version": number - 1}, {"version": number})
    operators.record(tx, actor, verb, [act], now=now)
    return TagRule(rule_id, name, number, rule, now)


def _may(tx: Transaction, operator: str | None, *, now: int) -> Operator:
    actor = operators.acting(tx, operator, now=now)
    if actor.role not in ALLOWED[ACT]:
        raise Forbidden(
            "role", f"{actor.name} is an {actor.role}: rules of tags are set by a moderator or an owner."
        )
    return actor


def restore(tx: Transaction, rule_id: int, values: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Undo for rules of tags: what the version before said is said again; False when it changed since."""
    set_then = store_tags.version_by_id(tx, rule_id)
    last = None if set_then is None else store_tags.latest(tx, set_then.name)
    if last is None or last.version != expected["version"]:
        return False
    said = store_tags.version(tx, last.name, int(values["version"]))
    rule = "" if said is None else said.rule
    store_tags.add(tx, last.name, last.version + 1, rule, operator_id=None, now=last.set_at)
    return True


RESTORES: Final[dict[str, operators.Restore]] = {KIND: restore, **service_segments.RESTORES}
"""Of the whole room."""


def tags_in(tx: Transaction, rule: str, asking: Asking) -> set[str]:
    """The tags a rule names, also by the segments it names. Raises QueryError, Refused."""
    if not rule:
        return set()
    tree = Saved(tx, asking).expanded(parse(rule))
    return {one.value for one in leaves(tree) if isinstance(one, Form) and one.field == TAG}


def _named(tx: Transaction, rules: list[TagRule], asking: Asking) -> dict[str, set[str]]:
    """The tags each of these rules names; of one that cannot be asked, none."""
    found: dict[str, set[str]] = {}
    for one in rules:
        try:
            found[one.name] = tags_in(tx, one.rule, asking)
        except (QueryError, Refused):
            found[one.name] = set()
    return found


def _no_circle(tx: Transaction, name: str, rule: str, asking: Asking) -> None:
    """Refuse a rule that depends on its own tag, by whatever tags and segments. Raises QueryError with the place."""
    names = _named(tx, store_tags.in_force(tx, now=asking.now), asking)
    names[name] = tags_in(tx, rule, asking)
    way = circle(name, names)
    if not way:
        return
    said = " → ".join(way)
    why = f"The rule of {name} comes back to its own tag ({said}): a tag cannot decide itself."
    for leaf in leaves(parse(rule)):
        if isinstance(leaf, Form) and way[1] in tags_in(tx, written(leaf), asking):
            raise QueryError(why, leaf.value_place, rule)
    raise Refused(why)


async def catch_up(
    database: Database, asking_of: AskingOf, engine: Engine, *, now: int, stop: Callable[[], bool] = _never
) -> Tagged:
    """Take off what has expired, then let every rule put its tag on and take it off; a repeat changes nothing."""
    done = Tagged()
    for _ in range(EXPIRY_STEPS_MAX):
        if stop() or not await database.read(lambda tx: _is_over(tx, now)):
            break
        done.expired += await database.write(lambda tx: bearing.expire(tx, now=now, limit=AT_ONCE))
    if not await database.read(store_tags.is_any):
        return done

    def rules(tx: Transaction) -> list[TagRule]:
        asking = asking_of(tx)
        found = {one.name: one for one in store_tags.in_force(tx, now=asking.now)}
        return [found[name] for name in ordered(_named(tx, list(found.values()), asking))]

    for rule in await database.stream(rules):
        if stop():
            break
        try:
            found = await database.stream(partial(change, rule=rule, asking_of=asking_of, engine=engine))
        except (QueryError, Refused) as error:
            done.troubles.append(f"The rule of {rule.name} cannot be asked: {error}")
            continue
        await _write(database, found, done, now=now, stop=stop)
    return done


def _is_over(tx: Transaction, now: int) -> bool:
    at = bearing.next_expiry(tx)
    return at is not None and at <= now


def change(tx: Transaction, rule: TagRule, asking_of: AskingOf, engine: Engine) -> Change:
    """Whom a rule puts its tag on now, and whom it takes it off. Raises QueryError, Refused."""
    wanted: list[int] = []
    if rule.rule:
        question = service_asking.read(tx, rule.rule, asking_of(tx))
        wanted = [int(one) for one in engine.matches(tx, question).ids()]
    gain, lose = difference(wanted, bearing.bearers(tx, rule.name), bearing.ruled(tx, rule.name))
    return Change(rule, gain, lose)


async def _write(
    database: Database, found: Change, done: Tagged, *, now: int, stop: Callable[[], bool]
) -> None:
    name, version = found.rule.name, found.rule.version

    def some(tx: Transaction, start: int) -> bool:
        """Write a part; False where the rule was set anew in between."""
        last = store_tags.latest(tx, name)
        if last is None or (last.version != version and last.set_at <= now):
            return False
        gain, lose = found.gain[start : start + AT_ONCE], found.lose[start : start + AT_ONCE]
        done.removed += bearing.remove_by_rule(tx, name, lose, now=now) if lose else 0
        done.added += bearing.add_by_rule(tx, name, gain, rule_version=version, now=now) if gain else 0
        return True

    for start in range(0, max(len(found.gain), len(found.lose)), AT_ONCE):
        if stop() or not await database.write(partial(some, start=start)):
            break
