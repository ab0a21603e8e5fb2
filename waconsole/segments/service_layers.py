"""Layers and their cut points, rules to copy, the most responsive members, what members have brought: asked of the facts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from waconsole.clock import DAY, HOUR, iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.policy import library
from waconsole.policy import store as policy
from waconsole.query.values import Window, window_of
from waconsole.segments import (
    estimate,
    focus,
    rfm,
    service_asking,
    service_cuts,
    service_values,
    store_layers,
    store_segments,
)
from waconsole.segments.focus import Pick, Response
from waconsole.segments.service_asking import Asking, Engine

SHELF: Final = "segment_rule."
FOCUS_SHARE, RANDOM_SHARE = "segments.focus_share", "segments.random_share"
SEED_MAX: Final = 2**31
CONFIDENCE: Final = "experiment.confidence"
FEW: Final = 30  # below so many members the normal law of a mean says little


def window_named(text: str) -> Window:
    """A window as it stands in a rule. Raises Refused."""
    found = window_of(text)
    if found is None or found.is_nothing:
        raise Refused(f"{text} is no window: write it like 365d, ever or this_month.")
    return found


def layered(tx: Transaction, window: str, asking: Asking, *, currency: str = "") -> dict[str, Any]:
    """Every layer with how many are in it, and where the scores are cut; the layers add up to everybody."""
    span = window_named(window)
    found = service_values.measured(tx, f"rfm_layer({span})", asking)
    everybody = store_layers.everybody(tx)
    counted = dict.fromkeys(rfm.LAYERS, 0)
    for name in service_values.of_members(found, everybody):
        counted[str(name)] += 1
    unit = currency or store_layers.only_currency(tx, asking.now)
    held = service_cuts.scores(service_asking.cutting(tx, asking.now))
    return {
        "window": str(span), "at": iso(asking.now), "count": len(everybody), "currency": unit or None,
        "layers": [
            {
                "layer": name, "count": count, "says": rfm.SAYS[name],
                "share": round(count * 100 / len(everybody), 2) if len(everybody) else 0.0, "scores": held.get(name),
            }
            for name, count in counted.items()
        ],
        "cut_points": service_cuts.points(tx, span, asking, currency=unit),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preset:
    """A rule to copy; `{currency}` is filled in when it is."""

    name: str
    rule: str
    says: str
    source: str
    date: str

    def rule_in(self, currency: str) -> str:
        """The rule in that currency. Raises Refused where it needs one and there is none."""
        if "{currency}" not in self.rule:
            return self.rule
        if not currency:
            raise Refused(
                f"{self.name} counts money, and orders are in several currencies or none: say --currency."
            )
        return self.rule.replace("{currency}", currency)


def presets() -> list[Preset]:
    """The rules of the library, by name."""
    return [
        Preset(name.removeprefix(SHELF), value["rule"], value["says"], value["source"], value["date"])
        for name, value in sorted(library.shelf())
        if name.startswith(SHELF)
    ]


def preset_named(name: str) -> Preset:
    """One of them. Raises NotFound."""
    found = next((one for one in presets() if one.name == name), None)
    if found is None:
        raise NotFound(f"There is no rule {name} to copy: `waconsole segments presets` lists them.")
    return found


def preset_rule(tx: Transaction, name: str, currency: str | None, *, now: int) -> str:
    """The rule of a preset in the currency that was said, else in the only one that orders are in. Raises NotFound, Refused."""
    preset = preset_named(name)
    return preset.rule_in((currency or "").upper() or store_layers.only_currency(tx, now))


@dataclass(frozen=True, slots=True)
class Focused:
    """A pick as it is written down: whom, by which shares and which seed, and how responsive each is."""

    rule: str
    matched: int
    seed: int
    focus_percent: float
    random_percent: float
    pick: Pick
    known: Mapping[int, Response]
    refs: Mapping[int, str]

    @property
    def digest(self) -> str:
        """The SHA-256 of whom it picked."""
        return focus.digest([self.refs[one] for one in (*self.pick.focused, *self.pick.at_random)])


def focused(
    tx: Transaction, rule: str, asking: Asking, engine: Engine, *, seed: int | None,
    share: float | None = None, at_random: float | None = None,
) -> Focused:  # fmt: skip
    """The most responsive of whom a rule names, and some others by lot; the same seed on the same facts picks the same."""
    now = asking.now
    ids = [int(one) for one in engine.matches(tx, service_asking.read(tx, rule, asking)).ids()]
    shares = [
        float(_value(tx, name, now)) if said is None else said
        for name, said in ((FOCUS_SHARE, share), (RANDOM_SHARE, at_random))
    ]
    if not all(0 <= one <= 100 for one in shares) or sum(shares) > 100:
        raise Refused("The shares are percent, and both together at most 100.")
    since = now - int(_value(tx, "segments.response_days", now)) * DAY
    within = int(_value(tx, "segments.response_hours", now)) * HOUR
    known = focus.responses(
        store_layers.pushed(tx, since=since, until=now),
        store_layers.signs(tx, since=since, until=now),
        within=within,
    )
    refs = {row["id"]: str(row["member"]) for row in store_segments.people(tx, ids)}
    chosen_seed = secrets.randbelow(SEED_MAX) if seed is None else seed
    pick = focus.picked(refs, known, seed=chosen_seed, focus_percent=shares[0], random_percent=shares[1])
    return Focused(rule, len(ids), chosen_seed, shares[0], shares[1], pick, known, refs)


def write_down(tx: Transaction, found: Focused, *, now: int) -> int:
    """Keep which seed and shares a pick was made with; answers its id."""
    return store_layers.add_pick(
        tx,
        {
            "rule": found.rule, "seed": found.seed, "focus_share": found.focus_percent,
            "random_share": found.random_percent, "matched": found.matched, "focused": len(found.pick.focused),
            "at_random": len(found.pick.at_random), "digest": found.digest, "now": now,
        },
    )  # fmt: skip


def _value(tx: Transaction, name: str, now: int) -> Any:
    return policy.in_force(tx, name, now=now)[0]["value"]


@dataclass(frozen=True, slots=True)
class Brought:
    """What members have brought, net, in minor units: of how many, the mean, its interval, the middle one, all of it."""

    n: int
    total: int
    middle: int
    interval: tuple[float, float, float] | None
    percent: float

    @property
    def is_few(self) -> bool:
        """Whether they are so few that the interval says little."""
        return self.n < FEW


def brought(
    tx: Transaction, rule: str, window: str, currency: str, asking: Asking, engine: Engine
) -> Brought:
    """What those a rule names have spent net within a window, observed and not predicted; who spent nothing counts with 0."""
    span = window_named(window)
    ids = engine.matches(tx, service_asking.read(tx, rule, asking)).ids()
    spent = service_values.measured(tx, f"spend({span})", asking, currency=currency)
    values = [int(one) for one in service_values.of_members(spent, ids) if isinstance(one, int)]
    percent = float(_value(tx, CONFIDENCE, asking.now))
    middle = int(np.median(values)) if values else 0
    return Brought(len(values), sum(values), middle, estimate.mean_interval(values, percent), percent)


def ids_of(tx: Transaction, said: str, asking: Asking, engine: Engine) -> Sequence[int]:
    """Whom a saved segment of that name, or else a rule, names."""
    from waconsole.segments.service_sending import target_of

    rule = target_of(tx, said, asking).rule
    return engine.matches(tx, service_asking.read(tx, rule, asking)).ids()
