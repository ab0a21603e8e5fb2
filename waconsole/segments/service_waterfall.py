"""The waterfall of a rule and a template: who would get it, and the first reason against each of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.outbox import service_eligible, store_templates
from waconsole.outbox.eligible import AUTHENTICATION, MARKETING
from waconsole.outbox.quiet import quiet_until, zone
from waconsole.outbox.service_eligible import InForce
from waconsole.query.tree import Form, Leaf
from waconsole.segments import service_columns_sends, store_waterfall, waterfall
from waconsole.segments.service_asking import Engine, Question, leaf_question
from waconsole.segments.service_columns import Columns
from waconsole.segments.service_reaching import held_out, in_zones, without_address
from waconsole.segments.waterfall import Ids, Mask, Waterfall, among, counted, fall

NO_TEMPLATE: Final = "none"
STOPPED: Final = Form("consent", "stop")
CONSENTING: Final = Form("consent", "marketing")
IN_REVIEW: Final = Form("review", "open")
SILENT: Final = Form("is", "silent")
WINDOW: Final = DAY  # WhatsApp's: 24 hours after the member's last message


@dataclass(frozen=True, slots=True)
class Chosen:
    """What would be sent: a template's category and whether WhatsApp takes it; no template: a text for an open window."""

    name: str
    category: str
    is_usable: bool

    @property
    def is_template(self) -> bool:
        """Whether it is one."""
        return self.name != NO_TEMPLATE

    @property
    def is_marketing(self) -> bool:
        """Whether it is there to win somebody over; what nobody told the category of is."""
        return self.category in (MARKETING, "")


def chosen(tx: Transaction, name: str) -> Chosen:
    """The template called so in any language, or none for `none`. Raises NotFound."""
    if name == NO_TEMPLATE:
        return Chosen(name, "", True)
    rows = store_templates.templates_named(tx, name)
    if not rows:
        raise NotFound(
            f"There is no template {name}: `waconsole templates list` shows them; `none` asks for open windows alone."
        )
    usable = [row for row in rows if row["status"] in ("", *store_templates.USABLE)]
    categories = {row["category"] or "" for row in usable or rows}
    category = MARKETING if categories & {MARKETING, ""} else min(categories)
    return Chosen(name, category, bool(usable))


def of(
    tx: Transaction, question: Question, engine: Engine, template: Chosen, *, waits: bool = False
) -> Waterfall:
    """The waterfall of a rule at its instant, by the policies in force then; with `waits` quiet hours are waited for."""
    now = question.now - question.now % SECOND
    ids = _ids(tx, engine, question)
    force = service_eligible.in_force(tx, now)

    def named(leaf: Leaf) -> Mask:
        asked = leaf_question(question, leaf)
        if isinstance(engine, Columns):
            return np.asarray(engine.mask(tx, asked)[ids])
        return among(ids, _ids(tx, engine, asked))

    against: dict[str, Mask] = {}
    if template.is_marketing:
        against[waterfall.NO_CONSENT] = ~named(CONSENTING)
        against[waterfall.REVIEW_OPEN] = named(IN_REVIEW)
        if force.holdout_percent:
            against[waterfall.HOLDOUT] = held_out(tx, engine, ids, force.holdout_percent)
    taken = among(ids, store_waterfall.suppressed(tx, now=now, is_marketing=template.is_marketing))
    against[waterfall.STOPPED] = taken | named(STOPPED)
    if template.category != AUTHENTICATION:
        is_silent = named(SILENT)
        against |= _too_much(tx, engine, ids, is_silent, force, now, is_marketing=template.is_marketing)
        if not waits:
            against[waterfall.QUIET_HOURS] = _quiet(tx, engine, ids, force, question, now)
    against[waterfall.NO_TEMPLATE] = without_address(tx, engine, ids)
    if not template.is_template:
        against[waterfall.NO_TEMPLATE] |= ~among(
            ids, store_waterfall.talking(tx, since=now - WINDOW, until=now)
        )
    elif not template.is_usable:
        against[waterfall.NO_TEMPLATE][:] = True
    return fall(ids, against)


def _ids(tx: Transaction, engine: Engine, question: Question) -> Ids:
    if isinstance(engine, Columns):
        return engine.members(tx, question)
    return np.asarray(engine.matches(tx, question).ids(), np.int64)


def _too_much(
    tx: Transaction,
    engine: Engine,
    ids: Ids,
    is_silent: Mask,
    force: InForce,
    now: int,
    *,
    is_marketing: bool,
) -> dict[str, Mask]:
    rules = force.rules
    longest = max(rules.caps_span, rules.silent_caps_span, rules.gap)
    sends = service_columns_sends.sends(tx, engine, since=now - longest, until=now)
    recent = counted(ids, sends.members[now - sends.at <= rules.caps_span])
    rare = counted(ids, sends.members[now - sends.at <= rules.silent_caps_span])
    found = {waterfall.CAPPED: (recent >= rules.caps) | (is_silent & (rare >= rules.silent_caps))}
    if is_marketing:
        close = sends.members[sends.wins & (now - sends.at < rules.gap)]
        found[waterfall.GAP] = counted(ids, close) > 0
    return found


def _quiet(tx: Transaction, engine: Engine, ids: Ids, force: InForce, question: Question, now: int) -> Mask:
    """Who is in quiet hours, in their own zone or else the shop's."""

    def is_quiet(name: str) -> bool:
        where = zone(name, str(question.asking.zone))
        return quiet_until(now, where, force.quiet_from, force.quiet_to) is not None

    return in_zones(tx, engine, ids, is_quiet)


__all__ = ["NO_TEMPLATE", "Chosen", "chosen", "of"]
