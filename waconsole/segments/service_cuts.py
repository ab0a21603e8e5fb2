"""Where the scores of recency, frequency and money are cut at an instant, for whoever reads a layer or an explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.money import currency_of
from waconsole.query.bind import asked as bound
from waconsole.query.fields import Asked
from waconsole.query.parse import parse
from waconsole.query.tree import leaves, written
from waconsole.query.values import Window
from waconsole.segments import layers, rfm, service_asking, service_values, store_layers
from waconsole.segments.service_asking import SUBJECT, Asking

MIXED: Final = "mixed"
LAYER: Final = "rfm_layer"
RECENCY, FREQUENCY, MONEY = "rfm_r", "rfm_f", "rfm_m"
KEYS: Final = {RECENCY: "r", FREQUENCY: "f", MONEY: "m"}


def points(
    tx: Transaction, span: Window, asking: Asking, *, currency: str, wanted: str = "rfm"
) -> dict[str, Any]:
    """Where each score of `wanted` (letters of r, f, m) begins among those who ordered in a window, and by which policy.

    Instants of the last order, numbers of orders, minor units of `currency` ("" leaves money out). A fixed point stands
    there whoever reaches it; of fifths a score that nobody has is None.
    """
    cutting = service_asking.cutting(tx, asking.now)
    since, until = span.bounds(asking.now, asking.zone)
    bought = store_layers.bought(tx, since=since, until=until)
    fixed = {
        "r": [until - one for one in cutting.recency],
        "f": list(cutting.frequency),
        "m": list(cutting.money_in(currency)),
    }
    kinds = {key: rfm.FIXED if fixed[key] else rfm.QUANTILE for key in wanted}
    found: dict[str, Any] = {
        "kind": next(iter(kinds.values())) if len(set(kinds.values())) == 1 else MIXED, "kinds": kinds,
        "policy": rfm.POLICY, "version": cutting.version, "ordered": len(bought),
    }  # fmt: skip
    if "r" in wanted:
        begins = _begins(bought[:, 1].tolist(), fixed["r"])
        found["r"] = [None if one is None else iso(one) for one in begins]
    if "f" in wanted:
        found["f"] = _begins(bought[:, 2].tolist(), fixed["f"])
    if "m" in wanted:
        found["m"] = _begins(_spent(tx, span, asking, currency), fixed["m"]) if currency else None
    return found


def _begins(values: Sequence[int], fixed: Sequence[int]) -> list[int | None]:
    """The lowest value of each score; with fixed points the score of 1 has what is below the first, if anybody has it."""
    if not fixed:
        return layers.edges(values)
    low = min(values, default=None)
    return [low if low is not None and low < fixed[0] else None, *fixed]


def _spent(tx: Transaction, span: Window, asking: Asking, currency: str) -> list[int]:
    """What was spent, among those who ordered in that currency."""
    found = service_values.measured(tx, f"spend({span})", asking, currency=currency)
    return [int(one) for one in found.values.values() if isinstance(one, int)]


def of_rule(tx: Transaction, rule: str, asking: Asking) -> dict[str, dict[str, Any]]:
    """Where the scores are cut that a rule asks for, by its leaves as they are written. The rule was read before."""
    found: dict[str, dict[str, Any]] = {}
    for leaf in leaves(parse(rule)):
        one = bound(leaf, SUBJECT, asking.vocabulary)
        name = one.field.name if one.field is not None else ""
        if one.window is None or not (name == LAYER or name in KEYS):
            continue
        currency = _currency(tx, one, asking) if name == MONEY else ""
        cut = points(tx, one.window, asking, currency=currency, wanted=KEYS.get(name, "rf"))
        cut["currency"] = currency or None
        if name == LAYER:
            cut["scores"] = scores(service_asking.cutting(tx, asking.now)).get(one.value)
        found[written(leaf)] = cut
    return found


def _currency(tx: Transaction, one: Asked, asking: Asking) -> str:
    said = one.arguments.get("currency")
    return currency_of(said) if said else store_layers.only_currency(tx, asking.now)


def scores(cutting: rfm.Cutting) -> dict[str, dict[str, int]]:
    """The scores each layer holds."""
    return {
        one.name: {"r_min": one.r_min, "r_max": one.r_max, "f_min": one.f_min, "f_max": one.f_max}
        for one in cutting.layers
    }
