"""Layers, rules to copy, the most responsive, and what members have brought: `segments layers|presets|focus|ltv`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, Work, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.money import Money, currency_of
from waconsole.segments import service_asking, service_segments, store_segments
from waconsole.segments.commands_asking import ENGINE, RULE, Words, asking_of, cut_lines, with_places
from waconsole.segments.lists import Matched
from waconsole.segments.service_asking import Asking
from waconsole.text import safe

if TYPE_CHECKING:
    from waconsole.segments.service_layers import Focused

WINDOW: Final = "365d"
CURRENCY: Final = Argument(
    "--currency", "the currency that is counted; else the only one orders are in", metavar="CUR"
)
WINDOW_ARGUMENT: Final = Argument("--window", "the orders that count", default=WINDOW, metavar="W")


def commands(words: Words) -> list[Command]:
    """The commands, over what `words` declares once it is asked."""
    return [
        Command(("segments", "layers"), "The layers everybody is in, each in one, and where scores are cut.", _layers(words),
                (WINDOW_ARGUMENT, CURRENCY), writes=False),
        Command(("segments", "presets"), "Rules to copy: `segments save NAME --preset PRESET`.", _presets, writes=False),
        Command(("segments", "focus"), "Pick the most responsive of whom a rule names, and some others at random.",
                _focus(words), (
                    RULE,
                    Argument("--save", "keep whom it picks as a list of this name", metavar="NAME"),
                    Argument("--seed", "pick as it was picked with this seed", kind="integer", metavar="N"),
                    Argument("--share", "percent that are picked first; else policy segments.focus_share", metavar="P"),
                    Argument("--random", "percent drawn from the others; else policy segments.random_share", metavar="P"),
                    ENGINE,
                )),
        Command(("segments", "ltv"), "What those a rule names have spent, with n and an interval: observed, not predicted.",
                _ltv(words), (RULE, CURRENCY, WINDOW_ARGUMENT, ENGINE), writes=False),
    ]  # fmt: skip


def _currency(call: Invocation) -> str:
    return currency_of(call.values["currency"]) if call.values["currency"] else ""


def _layers(words: Words) -> Work:
    @with_places
    async def layers(database: Database, call: Invocation) -> Answer:
        from waconsole.segments import service_layers

        currency = _currency(call)

        def work(tx: Transaction) -> dict[str, Any]:
            asking = asking_of(tx, call, words())
            return service_layers.layered(tx, call.values["window"], asking, currency=currency)

        found = await database.stream(work)
        lines = [
            f"{row['count']:>9,}  {row['share']:5.1f} %  {row['layer']}: {row['says']}"
            for row in found["layers"]
        ]
        cut = found["cut_points"]
        lines.append(f"{found['count']:>9,}  everybody, at {found['at']}")
        lines += cut_lines(cut, found["currency"])
        return Answer(found, tuple(lines))

    return layers


async def _presets(database: Database, call: Invocation) -> Answer:
    from waconsole.segments import service_layers

    rows = [
        {"preset": one.name, "rule": one.rule, "says": one.says, "source": one.source, "date": one.date}
        for one in service_layers.presets()
    ]
    document = listed(rows, call.limit)
    return Answer(
        document, tuple(f"{row['preset']}  {row['rule']}\n    {row['says']}" for row in document["rows"])
    )


def _percent(said: str | None) -> float | None:
    if said is None:
        return None
    try:
        return float(said.rstrip("% "))
    except ValueError:
        raise Refused(f"{said} is no share: write it like 25 or 2.5.") from None


def _focus(words: Words) -> Work:
    @with_places
    async def focus(database: Database, call: Invocation) -> Answer:
        from waconsole.segments import service_layers

        _, engine = service_asking.engine_named(call.values["engine"])

        def asking(tx: Transaction) -> Asking:
            return asking_of(tx, call, words())

        def work(tx: Transaction) -> Focused:
            return service_layers.focused(
                tx, call.values["rule"], asking(tx), engine, seed=call.values["seed"], share=_percent(call.values["share"]),
                at_random=_percent(call.values["random"]),
            )  # fmt: skip

        found = await database.stream(work)
        await database.write(lambda tx: service_layers.write_down(tx, found, now=call.now))
        saved = await _saved(database, call, found)
        document, lines = await database.read(lambda tx: _picked(tx, found, call.limit))
        return Answer(
            {**document, "saved": saved}, (*lines, *([safe(f"It is kept as {saved}.")] if saved else []))
        )

    async def _saved(database: Database, call: Invocation, found: Focused) -> str | None:
        name = call.values["save"]
        if name is None:
            return None
        refs = tuple(found.refs[one] for one in (*found.pick.focused, *found.pick.at_random))
        purpose = f"The most responsive of: {found.rule} (seed {found.seed})"[
            : service_segments.WORDS_CHARACTERS_MAX
        ]
        version = await service_segments.keep_list(
            database, name, Matched(len(refs), refs, 0, ()), service_segments.Words(purpose=purpose),
            lambda tx: asking_of(tx, call, words()), operator=call.operator,
        )  # fmt: skip
        return version.name

    return focus


def _picked(tx: Transaction, found: Focused, limit: int | None) -> tuple[dict[str, Any], list[str]]:
    from waconsole.segments.focus import Response

    drawn = frozenset(found.pick.at_random)
    ids = sorted((*found.pick.focused, *found.pick.at_random))
    rows = []
    for row in store_segments.people(tx, ids[:limit]):
        known = found.known.get(row["id"], Response())
        rows.append(
            {
                "member": row["member"], "phone": row["phone"], "why": "random" if row["id"] in drawn else "responsive",
                "pushes": known.sent, "answered": known.answered, "signs": known.signs,
            }
        )  # fmt: skip
    document: dict[str, Any] = {
        "match": found.matched, "focused": len(found.pick.focused), "random": len(drawn), "seed": found.seed,
        "share": found.focus_percent, "random_share": found.random_percent, "digest": found.digest, "count": len(ids), "rows": rows,
    }  # fmt: skip
    if len(rows) < len(ids):
        document["truncated"] = True
    head = f"{len(found.pick.focused):,} of {found.matched:,} are the most responsive, {len(drawn):,} are drawn (seed {found.seed})."
    return document, [head, *(f"{row['member']}  {row['phone'] or ''}  {row['why']}" for row in rows)]


def _ltv(words: Words) -> Work:
    @with_places
    async def ltv(database: Database, call: Invocation) -> Answer:
        from waconsole.segments import service_layers, store_layers

        _, engine = service_asking.engine_named(call.values["engine"])
        said = _currency(call)

        def work(tx: Transaction) -> tuple[service_layers.Brought, str]:
            asking = asking_of(tx, call, words())
            unit = said or store_layers.only_currency(tx, asking.now)
            found = service_layers.brought(
                tx, call.values["rule"], call.values["window"], unit, asking, engine
            )
            return found, unit

        found, unit = await database.stream(work)

        def money(minor: float) -> dict[str, Any]:
            return {"minor": round(minor), "currency": unit}

        spread = found.interval
        document = {
            "n": found.n, "window": call.values["window"], "basis": "spent, less refunds; who spent nothing counts with 0",
            "mean": money(found.total / found.n) if found.n else None,
            "interval": None if spread is None else {"low": money(spread[1]), "high": money(spread[2])},
            "confidence": found.percent, "median": money(found.middle) if found.n else None, "total": money(found.total),
            "few": found.is_few,
        }  # fmt: skip
        if not found.n:
            return Answer(document, ("Nobody matches: there is nothing to take a mean of.",))
        between = (
            ""
            if spread is None
            else f", {found.percent:g} % between {Money(round(spread[1]), unit)} and {Money(round(spread[2]), unit)}"
        )
        few = " They are few: the interval says little." if found.is_few else ""
        line = f"{Money(round(found.total / found.n), unit)} each (n = {found.n:,}{between}).{few}"
        return Answer(document, (line,))

    return ltv
