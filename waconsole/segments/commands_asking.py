"""Asking members as it is typed: `segments count`, `members`, `explain` and `bench`. They are handed their vocabulary."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from waconsole.command import Answer, Argument, Command, Invocation, Work
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.money import Money
from waconsole.query.mistakes import QueryError
from waconsole.segments import rfm, service_asking, service_measuring, store_segments
from waconsole.segments.service_asking import Asking, Engine
from waconsole.segments.service_columns_due import seal_when_due

if TYPE_CHECKING:
    from waconsole.query.explain import Explanation
    from waconsole.query.fields import Vocabulary

Words = Callable[[], "Vocabulary"]
RULE: Final = Argument("rule", "whom: orders(30d)>=1 and last_push>36h, with and, or, not, ( )")
ENGINE: Final = Argument(
    "--engine", "what answers: the columns kept for it, or the rows", metavar="columns|sql"
)
MS_DIGITS: Final = 3
SCORED: Final = "rfm_"


def asking_of(tx: Transaction, call: Invocation, vocabulary: Vocabulary) -> Asking:
    """The words, the instant and the shop's zone that a command asks in."""
    zone = call.settings.shop.timezone or facts.fact(tx, facts.SHOP_ZONE) or "UTC"
    return Asking(vocabulary, call.now, ZoneInfo(zone))


def with_places(work: Work) -> Work:
    """The same work; what is wrong with a rule is shown at its place before the sentence about it."""

    @wraps(work)
    async def shown(database: Database, call: Invocation) -> Answer:
        try:
            return await work(database, call)
        except QueryError as error:
            for line in error.underlined():
                call.say(line)
            raise

    return shown


def commands(words: Words) -> list[Command]:
    """The commands, over what `words` declares once it is asked."""

    @with_places
    async def count(database: Database, call: Invocation) -> Answer:
        name, engine = await _engine(database, call)

        def work(tx: Transaction) -> tuple[int, int, float]:
            asking = asking_of(tx, call, words())
            question = service_asking.read(tx, call.values["rule"], asking)
            engine.load(tx, asking)
            begun = time.perf_counter()
            found = engine.matches(tx, question).count
            return found, store_segments.population(tx), (time.perf_counter() - begun) * 1000

        found, of, ms = await database.stream(work)
        share = f", {found * 100 / of:.1f} %" if of else ""
        document = {"count": found, "of": of, "ms": round(ms, MS_DIGITS), "engine": name}
        return Answer(document, (f"{found:,} of {of:,} members{share} ({ms:.1f} ms).",))

    @with_places
    async def members(database: Database, call: Invocation) -> Answer:
        _, engine = await _engine(database, call)

        def work(tx: Transaction) -> tuple[int, list[dict[str, Any]]]:
            question = service_asking.read(tx, call.values["rule"], asking_of(tx, call, words()))
            ids = engine.matches(tx, question).ids()
            rows = store_segments.people(tx, ids[: call.limit])
            return len(ids), [{"member": row["member"], "phone": row["phone"]} for row in rows]

        total, rows = await database.stream(work)
        document: dict[str, Any] = {"count": total, "rows": rows}
        if len(rows) < total:
            document["truncated"] = True
        return Answer(document, tuple(f"{row['member']}  {row['phone'] or ''}" for row in rows))

    @with_places
    async def explain(database: Database, call: Invocation) -> Answer:
        def work(tx: Transaction) -> tuple[Explanation, dict[str, dict[str, Any]]]:
            asking = asking_of(tx, call, words())
            rule = call.values["rule"]
            found = service_asking.explain(tx, rule, _member(tx, call.values["member"]), asking)
            if SCORED not in rule.casefold():
                return found, {}
            from waconsole.segments.service_cuts import of_rule  # numpy loads with it

            return found, of_rule(tx, rule, asking)

        found, cuts = await database.stream(work)
        document = found.document()
        for leaf in document["leaves"]:
            if leaf["text"] in cuts:
                leaf["cut_points"] = cuts[leaf["text"]]
        return Answer(document, tuple(_explained(found, cuts)))

    return [
        Command(("segments", "count"), "How many members a rule names, exactly.", count, (RULE, ENGINE), writes=False),
        Command(("segments", "members"), "The members a rule names.", members, (RULE, ENGINE), writes=False),
        Command(("segments", "explain"), "Why a rule names a member or not: each condition with its value.", explain,
                (RULE, Argument("member", "a ref, a number with +, or a name")), writes=False),
        Command(("segments", "bench"), "Ask the rules of a file, one a line, and measure each twice.", _bench(words),
                (Argument("file", "rules, one a line; lines that begin with # are none"), ENGINE,
                 Argument("--digest", "add the SHA-256 of the numbers each rule names", kind="flag")), writes=False),
    ]  # fmt: skip


def _bench(words: Words) -> Work:
    @with_places
    async def bench(database: Database, call: Invocation) -> Answer:
        rules = service_measuring.rules_of(Path(call.values["file"]).expanduser())
        _, engine = await _engine(database, call)

        def work(tx: Transaction) -> tuple[float, list[service_measuring.Measured]]:
            asking = asking_of(tx, call, words())
            return service_measuring.bench(
                tx, rules, asking, engine, time.perf_counter, with_digest=call.values["digest"]
            )

        loaded, measured = await database.stream(work)
        document = {"load_ms": round(loaded, MS_DIGITS), "rules": [_measured(one) for one in measured]}
        lines = tuple(
            f"{one.count:>9,}  {one.cold_ms:9.2f} ms  {one.warm_ms:9.2f} ms  {one.text}" for one in measured
        )
        return Answer(document, lines)

    return bench


async def _engine(database: Database, call: Invocation) -> tuple[str, Engine]:
    """The engine that was asked for; what columns keep is made first. Raises Refused."""
    name, engine = service_asking.engine_named(call.values["engine"])
    if name == service_asking.COLUMNS:
        await seal_when_due(database, now=call.now, stop=call.cancelled, say=call.say)
    return name, engine


def _member(tx: Transaction, name: str) -> int:
    from waconsole.members import store as members

    return members.member_named(tx, name).id


def _explained(found: Explanation, cuts: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["It matches." if found.matches else "It does not match."]
    for leaf in found.leaves:
        value = "no value" if leaf.value is None else leaf.value
        lines.append(f"{'yes' if leaf.is_true else 'no ':3}  {leaf.text}  ({value})")
        if leaf.text in cuts:
            lines += [f"     {line}" for line in cut_lines(cuts[leaf.text], cuts[leaf.text]["currency"])]
    return lines


def cut_lines(cut: dict[str, Any], currency: str | None) -> list[str]:
    """Where each score begins, in words, after what cuts it."""
    lines = [f"scores: {_kinds(cut)} ({cut['policy']} version {cut['version']})"]
    for score in range(rfm.SCORE_MAX):
        parts = []
        for name, says in (("r", "last order from {}"), ("f", "orders from {}"), ("m", "spent from {}")):
            value = cut[name][score] if cut.get(name) is not None else None
            if value is not None:
                parts.append(says.format(Money(value, currency) if name == "m" and currency else value))
        lines.append(f"score {score + 1}: {', '.join(parts) or 'nobody'}")
    return lines


def _kinds(cut: dict[str, Any]) -> str:
    words = {rfm.FIXED: "fixed points", rfm.QUANTILE: "fifths of those who ordered"}
    if len(set(cut["kinds"].values())) == 1:
        return f"by {words[next(iter(cut['kinds'].values()))]}"
    return ", ".join(f"{key} by {words[kind]}" for key, kind in cut["kinds"].items())


def _measured(one: service_measuring.Measured) -> dict[str, Any]:
    row: dict[str, Any] = {
        "text": one.text, "count": one.count, "cold_ms": round(one.cold_ms, MS_DIGITS),
        "warm_ms": round(one.warm_ms, MS_DIGITS),
    }  # fmt: skip
    return row if one.digest is None else {**row, "digest": one.digest}
