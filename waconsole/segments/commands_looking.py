"""Looking closer at whom a rule names: `segments overlap|histogram|sample|estimate`."""

from __future__ import annotations

import random
from typing import Any, Final

from waconsole.clock import DAY
from waconsole.command import Answer, Argument, Command, Invocation, Work
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.money import Money
from waconsole.segments import service_asking, store_segments
from waconsole.segments.commands_asking import ENGINE, RULE, Words, asking_of, with_places
from waconsole.segments.commands_layers import CURRENCY
from waconsole.segments.commands_waterfall import reason_words
from waconsole.text import safe

SEGMENTS_MAX: Final = 8
SAMPLE: Final = 5
SAMPLE_MAX: Final = 1_000


def commands(words: Words) -> list[Command]:
    """The commands, over what `words` declares once it is asked."""
    return [
        Command(("segments", "overlap"), "How many segments or rules have in common.", _overlap(words),
                (Argument("rule", "two or more: a segment's name, or a rule", many=True), ENGINE), writes=False),
        Command(("segments", "histogram"), "How a measure is spread among whom a rule names, as bars.", _histogram(words),
                (RULE, Argument("--of", "what is measured: orders(90d), spend(365d), last_order, lang", required=True,
                                metavar="FIELD"), CURRENCY, ENGINE), writes=False),
        Command(("segments", "sample"), "Some of whom a rule names, each condition with their value.", _sample(words),
                (RULE, Argument("--size", "how many", kind="integer", default=SAMPLE, metavar="N"),
                 Argument("--seed", "others, by this seed", kind="integer", default=0, metavar="N"), ENGINE), writes=False),
        Command(("segments", "estimate"), "What a template to a rule would cost, lose and take, as far as it is known.",
                _estimate(words), (RULE, Argument("--template", "the template's name", required=True, metavar="NAME"), ENGINE),
                writes=False),
    ]  # fmt: skip


def _overlap(words: Words) -> Work:
    @with_places
    async def overlap(database: Database, call: Invocation) -> Answer:
        from waconsole.segments import service_layers
        from waconsole.segments.overlap import overlap as shared

        said = list(dict.fromkeys(call.values["rule"]))
        if not 2 <= len(said) <= SEGMENTS_MAX:
            raise Refused(f"Name 2 to {SEGMENTS_MAX} different segments or rules.")
        _, engine = service_asking.engine_named(call.values["engine"])

        def work(tx: Transaction) -> dict[str, frozenset[int]]:
            asking = asking_of(tx, call, words())
            return {one: frozenset(map(int, service_layers.ids_of(tx, one, asking, engine))) for one in said}

        found = shared(await database.stream(work))
        document = {
            "segments": [
                {"segment": name, "count": count, "only": found.only[name]} for name, count in found.counts.items()
            ],
            "pairs": [{"a": one.a, "b": one.b, "both": one.both, "either": one.either} for one in found.pairs],
            "all": found.everywhere, "any": found.anywhere,
        }  # fmt: skip
        lines = [
            f"{count:>9,}  {found.only[name]:>9,} in no other  {name}" for name, count in found.counts.items()
        ]
        lines += [f"{one.both:>9,}  in both {one.a} and {one.b}" for one in found.pairs]
        lines += [f"{found.everywhere:>9,}  in all", f"{found.anywhere:>9,}  in any"]
        return Answer(document, tuple(safe(line) for line in lines))

    return overlap


def _histogram(words: Words) -> Work:
    @with_places
    async def histogram(database: Database, call: Invocation) -> Answer:
        from waconsole.segments import histogram as bars
        from waconsole.segments import service_values

        _, engine = service_asking.engine_named(call.values["engine"])
        currency = (call.values["currency"] or "").upper()

        def work(tx: Transaction) -> tuple[service_values.Measured, list[service_values.Value]]:
            asking = asking_of(tx, call, words())
            ids = engine.matches(tx, service_asking.read(tx, call.values["rule"], asking)).ids()
            found = service_values.measured(tx, call.values["of"], asking, currency=currency)
            return found, service_values.of_members(found, ids)

        found, values = await database.stream(work)
        scaled = [
            one / DAY if found.kind == "span" and isinstance(one, int | float) else one for one in values
        ]
        bins = bars.bins(scaled)
        rows = [
            {
                "from": one.begin,
                "to": one.end,
                "value": one.word or None,
                "count": one.count,
                "none": _is_none(one),
            }
            for one in bins
        ]
        unit = {"span": "days", "share": "percent", "amount": f"{found.currency} minor units"}.get(
            found.kind, found.kind
        )
        document = {"of": found.text, "unit": unit, "count": len(values), "bins": rows}
        most = max((one.count for one in bins), default=1)
        named = [bin_words(one, found) for one in bins]
        wide = max((len(one) for one in named), default=0)
        lines = tuple(
            safe(f"{name:>{wide}}  {bars.bar(one.count, most)} {one.count:,}")
            for name, one in zip(named, bins, strict=True)
        )
        return Answer(document, (f"{found.text}, in {unit}, of {len(values):,} members:", *lines))

    return histogram


def _is_none(one: Any) -> bool:
    return one.begin is None and not one.word


def bin_words(one: Any, found: Any) -> str:
    """How a bar is called."""

    def said(value: float) -> str:
        if found.kind == "amount":
            return str(Money(round(value), found.currency))
        return f"{value:g}"

    if one.word:
        return str(one.word)
    if one.begin is None:
        return "never" if found.kind == "span" else "no value"
    if one.end is None:
        return f"{said(one.begin)} and more"
    return said(one.begin) if one.begin == one.end else f"{said(one.begin)} to {said(one.end)}"


def _sample(words: Words) -> Work:
    @with_places
    async def sample(database: Database, call: Invocation) -> Answer:
        wanted = call.values["size"]
        if not 1 <= wanted <= SAMPLE_MAX:
            raise Refused(f"A sample is 1 to {SAMPLE_MAX:,} members.")
        _, engine = service_asking.engine_named(call.values["engine"])

        def work(tx: Transaction) -> tuple[int, list[dict[str, Any]]]:
            asking = asking_of(tx, call, words())
            ids = [
                int(one)
                for one in engine.matches(tx, service_asking.read(tx, call.values["rule"], asking)).ids()
            ]
            drawn = random.Random(call.values["seed"]).sample(ids, min(wanted, len(ids)))
            rows = []
            for row in store_segments.people(tx, drawn):
                found = service_asking.explain(tx, call.values["rule"], row["id"], asking)
                rows.append(
                    {"member": row["member"], "phone": row["phone"], "leaves": found.document()["leaves"]}
                )
            return len(ids), rows

        count, rows = await database.stream(work)
        lines: list[str] = []
        for row in rows:
            lines.append(f"{row['member']}  {row['phone'] or ''}")
            lines += [
                f"    {leaf['text']}: {'no value' if leaf['value'] is None else leaf['value']}"
                for leaf in row["leaves"]
            ]
        return Answer(
            {"match": count, "count": len(rows), "rows": rows},
            tuple(safe(line) for line in lines) or ("Nobody matches.",),
        )

    return sample


def _estimate(words: Words) -> Work:
    @with_places
    async def estimate(database: Database, call: Invocation) -> Answer:
        from waconsole.segments import service_estimate

        _, engine = service_asking.engine_named(call.values["engine"])

        def work(tx: Transaction) -> service_estimate.Estimated:
            asking = asking_of(tx, call, words())
            return service_estimate.estimated(
                tx, call.values["rule"], call.values["template"], asking, engine
            )

        found = (await database.stream(work)).document
        lines = [f"{found['match']:>9,}  match"]
        lines += [
            f"{-one['excluded']:>9,}  {reason_words(one['reason'])}"
            for one in found["steps"]
            if one["excluded"]
        ]
        lines.append(f"{found['messages']:>9,}  messages")
        return Answer(
            found, (*lines, money_words(found["money"]), loss_words(found["losses"]), time_words(found))
        )

    return estimate


def money_words(money: dict[str, Any] | None) -> str:
    """What a send costs, in a sentence."""
    if money is None:
        return "What it costs is not known: policy send.prices says what a message costs."
    rest = f"; {money['without_price']:,} have no price" if money["without_price"] else ""
    return f"{Money(money['minor'], money['currency'])} by {money['policy']} version {money['version']} of {money['since']}{rest}."


def loss_words(losses: dict[str, Any] | None) -> str:
    """How many are probably not delivered, in a sentence."""
    if losses is None:
        return "Only marketing is kept back by WhatsApp."
    if losses["low"] is None:
        return f"How many WhatsApp would not deliver is not known: nothing was sent in {losses['days']} days."
    return (
        f"{losses['low']:,} to {losses['high']:,} are probably not delivered ({losses['missed']:,} of {losses['n']:,} in"
        f" {losses['days']} days; {losses['blocked_numbers']:,} of numbers that get no marketing)."
    )


def time_words(found: dict[str, Any]) -> str:
    """How long a send takes, in a sentence."""
    limit = "" if found["people_per_day"] is None else f", {found['people_per_day']:,} people a day"
    return f"It takes about {found['seconds']:,.0f} s at {found['rate_per_second']} messages a second{limit}."
