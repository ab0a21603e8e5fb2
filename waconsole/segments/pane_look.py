"""What a rule comes to, read beside the screen: who would get a message, a sample, who came and left, overlap, spread, price."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.outbox import store_templates
from waconsole.outbox.eligible import MARKETING
from waconsole.segments import service_asking, service_composing
from waconsole.segments.service_asking import Asking
from waconsole.segments.service_composing import Moved, Sampled, Shared
from waconsole.text import _

if TYPE_CHECKING:
    from waconsole.segments.histogram import Bin
    from waconsole.segments.service_columns_then import PreviewColumns
    from waconsole.segments.service_values import Measured
    from waconsole.segments.service_waterfall import Chosen
    from waconsole.segments.waterfall import Waterfall

FALLS, SAMPLE, MOVED, OVERLAP, SPREAD, ESTIMATE = LOOKS = (
    "falls", "sample", "moved", "overlap", "spread", "estimate",
)  # fmt: skip
NO_TEMPLATE: Final = "none"
SPREAD_OF: Final = "orders(90d)"
_CURRENCY: Final = re.compile(r"(.+\))\s+([A-Za-z]{3})\s*\Z")


def titles() -> tuple[tuple[str, str], ...]:
    """The tabs under the outline."""
    return (
        (FALLS, _("Would get it")),
        (SAMPLE, _("Sample")),
        (MOVED, _("Came, left")),
        (OVERLAP, _("Overlap")),
        (SPREAD, _("Spread")),
        (ESTIMATE, _("Estimate")),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked at: the rule, the template (None: the first there is), since when, which measure, which sample."""

    text: str
    template: str | None = None
    since: int | None = None
    of: str = SPREAD_OF
    seed: int = 0
    but: str = ""


@dataclass(frozen=True, slots=True)
class Fallen:
    """The waterfall of a template."""

    chosen: Chosen
    waterfall: Waterfall


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure is spread: its bars, and the middle of those who have a number."""

    of: str
    found: Measured
    bins: Sequence[Bin]
    count: int
    middle: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """One answer of those above, of one rule. `found` is a Fallen, Moved, Spread, or a list."""

    what: str
    wanted: Wanted
    found: Fallen | Moved | Spread | Sequence[Sampled] | Sequence[Shared] | Mapping[str, Any] | None = None
    why: str = field(default="")


def first_template(tx: Transaction) -> str:
    """The template that is asked about while nobody chose one: of those that can be sent, marketing first."""
    rows = store_templates.templates(tx)
    usable = [row for row in rows if row["status"] in ("", *store_templates.USABLE)]
    ordered = sorted(usable, key=lambda row: (row["category"] != MARKETING, row["name"]))
    return str(ordered[0]["name"]) if ordered else NO_TEMPLATE


def read(tx: Transaction, engine: PreviewColumns, asking: Asking, what: str, wanted: Wanted) -> Look:
    """Read one of `LOOKS`. Raises QueryError, Refused, NotFound."""
    if wanted.template is None:
        wanted = replace(wanted, template=first_template(tx))
    text = wanted.text
    match what:
        case "sample":
            return Look(what, wanted, service_composing.sample(tx, engine, text, asking, seed=wanted.seed))
        case "moved":
            since = asking.now - DAY if wanted.since is None else wanted.since
            return Look(what, wanted, service_composing.moved(tx, engine, text, asking, since))
        case "overlap":
            return Look(what, wanted, service_composing.shared(tx, engine, text, asking, but=wanted.but))
        case "spread":
            return Look(what, wanted, _spread(tx, engine, asking, wanted))
        case "estimate":
            return Look(what, wanted, _estimate(tx, engine, asking, wanted))
    return Look(what, wanted, fallen(tx, engine, asking, wanted))


def fallen(tx: Transaction, engine: PreviewColumns, asking: Asking, wanted: Wanted) -> Fallen:
    """The waterfall. Raises QueryError, NotFound."""
    from waconsole.segments import service_waterfall

    chosen = service_waterfall.chosen(tx, wanted.template or NO_TEMPLATE)
    question = service_asking.read(tx, wanted.text, asking)
    return Fallen(chosen, service_waterfall.of(tx, question, engine, chosen))


def _estimate(tx: Transaction, engine: PreviewColumns, asking: Asking, wanted: Wanted) -> Mapping[str, Any]:
    from waconsole.segments import service_estimate

    return service_estimate.estimated(
        tx, wanted.text, wanted.template or NO_TEMPLATE, asking, engine
    ).document


def _spread(tx: Transaction, engine: PreviewColumns, asking: Asking, wanted: Wanted) -> Spread:
    from waconsole.segments import histogram, service_values

    in_currency = _CURRENCY.match(wanted.of)
    of, currency = (in_currency[1], in_currency[2].upper()) if in_currency else (wanted.of, "")
    question = service_asking.read(tx, wanted.text, asking)
    found, values = service_values.measured_among(tx, of, question, engine, currency=currency)
    if found.kind == "span":
        values = [one / DAY if isinstance(one, int | float) else one for one in values]
    numbers = [one for one in values if isinstance(one, int | float)]
    return Spread(of, found, histogram.bins(values), len(values), median(numbers) if numbers else None)
