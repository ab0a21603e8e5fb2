"""A message to a segment: who gets it now, what each would read, and the run row that says so afterwards.

Who may get it is asked twice: here, for all of them at once, and again for each when it leaves (`outbox.eligible`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from waconsole.clock import moment
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service as operators
from waconsole.operators.authority import Forbidden
from waconsole.operators.roles import ALLOWED
from waconsole.operators.store import Act, Operator
from waconsole.outbox.quiet import zone
from waconsole.outbox.service_limits import limits_in_force
from waconsole.policy import library
from waconsole.query.parse import asks_nothing
from waconsole.query.tree import Form, written
from waconsole.segments import (
    previews,
    service_asking,
    service_segments,
    service_waterfall,
    store_sending,
    store_waterfall,
    waterfall,
)
from waconsole.segments.previews import Preview
from waconsole.segments.service_asking import Asking, Engine
from waconsole.segments.service_letters import Letters
from waconsole.segments.service_waterfall import Chosen
from waconsole.segments.variables import VALUE_CHARACTERS_MAX, Blanks, clean
from waconsole.segments.waterfall import Waterfall
from waconsole.segments.windows import hours_of, next_within
from waconsole.whatsapp.content import Template

ACT: Final = "segments.send"
KIND: Final = "segment_send"
KEPT_OUT_AT_ONCE: Final = 5_000
WINDOWS: Final = "windows."


@dataclass(frozen=True, slots=True)
class Target:
    """Whom it is for: a saved segment by name and version, or a rule that was not saved (no name, version 0)."""

    segment: str
    version: int
    rule: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What sending would come to: who is reached by ascending id, who is left out for a missing value, and the letters."""

    target: Target
    fallen: Waterfall
    ids: list[int]
    without: int
    letters: Letters


def target_of(tx: Transaction, said: str, asking: Asking) -> Target:
    """The saved segment of that name, else the rule itself. Raises Refused for a rule that asks nothing."""
    if asks_nothing(said):
        raise Refused(
            "Say whom it is for: a segment's name, or a rule. One that asks nothing names everybody."
        )
    if service_segments.is_named(tx, said, now=asking.now):
        found = service_segments.named(tx, said, now=asking.now)
        return Target(found.name, found.version, written(Form("segment", found.name)))
    return Target("", 0, said)


def plan(
    tx: Transaction, target: Target, asking: Asking, engine: Engine, chosen: Chosen, template: Template, blanks: Blanks,
    *, as_typed: str, waits: bool = False,
) -> Plan:  # fmt: skip
    """Who gets the template and what they read, as of the instant of `asking`. Raises QueryError.

    `template` bears the marks of `blanks`; `waits` lets quiet hours delay a message instead of leaving somebody out.
    """
    question = service_asking.read(tx, target.rule, asking)
    fallen = service_waterfall.of(tx, question, engine, chosen, waits=waits)
    reached = [int(one) for one in fallen.of(None)]
    values = _values(tx, reached, blanks, now=asking.now)
    letters = Letters(template, blanks.places, values, as_typed)
    body_max = limits_in_force(tx, now=asking.now).template_body
    ids = [one for one in reached if letters.words(one) is not None and len(letters.text(one)) <= body_max]
    return Plan(target, fallen, ids, len(reached) - len(ids), letters)


def _values(
    tx: Transaction, ids: Sequence[int], blanks: Blanks, *, now: int
) -> Mapping[int, Mapping[str, str]]:
    found = store_sending.values(tx, ids, blanks.variables, now=now)
    for words in found.values():
        for name, value in words.items():
            said = clean(value)
            words[name] = said if len(said) <= VALUE_CHARACTERS_MAX else ""
        if "first_name" in words:
            words["first_name"] = words["first_name"].partition(" ")[0]
    return found


def previews_of(plan: Plan) -> list[Preview]:
    """What the recipient with the longest text reads, the one with the shortest, one who writes from right to left, one with emoji."""
    return previews.chosen((one, plan.letters.text(one)) for one in plan.ids)


def wait_for(tx: Transaction, plan: Plan, preset: str, asking: Asking) -> None:
    """Let each message wait for the hours of a preset where its member lives, else where the shop is. Raises NotFound."""
    found = dict(library.shelf()).get(f"{WINDOWS}{preset}")
    if found is None:
        raise NotFound(
            f"There is no send window {preset}: `waconsole policy presets` lists them, as {WINDOWS}…."
        )
    hours = hours_of(found)
    when: dict[int, int] = {}
    for name in store_waterfall.zones(tx):
        at = next_within(asking.now, zone(name, str(asking.zone)), hours)
        if at > asking.now:
            when |= dict.fromkeys(store_waterfall.in_zone(tx, name).tolist(), at)
    plan.letters.when = when


def key_of(target: Target, template: Template, as_typed: str, asking: Asking, not_before: int | None) -> str:
    """What this sending is called where nobody named it: the same again on the same day of the shop adds nothing."""
    day = moment(asking.now, asking.zone).date().isoformat()
    facts = "\x1f".join(
        (
            target.segment,
            str(target.version),
            target.rule,
            template.name,
            template.language,
            as_typed,
            str(not_before or ""),
        )
    )
    digest = hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{target.segment or 'rule'}-{template.name}-{day}-{digest}"


def may(tx: Transaction, operator: str | None, *, now: int) -> Operator:
    """Who sends. Raises Forbidden for whoever may not."""
    actor = operators.acting(tx, operator, now=now)
    if actor.role not in ALLOWED[ACT]:
        raise Forbidden(
            "role", f"{actor.name} is an {actor.role}: a moderator or an owner writes to many at once."
        )
    return actor


async def record(
    database: Database, key: str, plan: Plan, chosen: Chosen, language: str, actor: Operator,
    *, now: int, not_before: int | None, cancelled: Callable[[], bool] = lambda: False,
) -> int:  # fmt: skip
    """Write the run row and who is kept out to compare; answers the row's id. Nobody sees it before its batch is opened."""
    kept_out = [int(one) for one in plan.fallen.of(waterfall.HOLDOUT)]

    def begin(tx: Transaction) -> int:
        is_new = store_sending.send_by_ref(tx, key) is None
        send_id = store_sending.add_send(
            tx,
            {
                "ref": key, "segment": plan.target.segment, "version": plan.target.version, "rule": plan.target.rule,
                "template": chosen.name, "language": language,
                "steps": json.dumps([one._asdict() for one in plan.fallen.steps()]), "matched": plan.fallen.match,
                "reached": plan.fallen.reached, "without": plan.without, "operator_id": actor.id, "now": now,
                "not_before": not_before,
            },
        )  # fmt: skip
        if is_new:
            after = {
                "key": key,
                "segment": plan.target.segment,
                "version": plan.target.version,
                "template": chosen.name,
            }
            operators.record(tx, actor, "send to segment", [Act(KIND, send_id, {}, after)], now=now)
        return send_id

    send_id = await database.write(begin)
    for start in range(0, len(kept_out), KEPT_OUT_AT_ONCE):
        if cancelled():
            break
        part = kept_out[start : start + KEPT_OUT_AT_ONCE]
        await database.write(lambda tx: store_sending.keep_out(tx, send_id, part))  # noqa: B023 - awaited at once
    return send_id


def as_of(asking: Asking, not_before: int | None) -> Asking:
    """The instant the waterfall is worked out for: when the messages leave, by the segments saved now."""
    return asking if not_before is None else replace(asking, now=not_before, saved_at=asking.now)


def document_of(plan: Plan) -> dict[str, Any]:
    """Who gets it and why the others do not, as it is answered."""
    return {
        "segment": plan.target.segment or None, "version": plan.target.version or None, "rule": plan.target.rule,
        "match": plan.fallen.match, "steps": [one._asdict() for one in plan.fallen.steps()],
        "reached": plan.fallen.reached, "without_value": plan.without, "count": len(plan.ids),
        "held_out": len(plan.fallen.of(waterfall.HOLDOUT)),
    }  # fmt: skip
