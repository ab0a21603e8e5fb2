"""`fraud rules|backtest|health`: what signals weigh, what another rule would have done, and how each rule does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import UsageError
from waconsole.fraud import service_rules
from waconsole.operators import authority
from waconsole.policy.commands import instant
from waconsole.policy.model import fields_of
from waconsole.policy.service_proposals import Outcome
from waconsole.query.mistakes import QueryError
from waconsole.text import SafeText, safe

_RULE: Final = Argument("rule", "the rule's name: ring, velocity_attempts, counter.household", metavar="RULE")


async def _list(database: Database, call: Invocation) -> Answer:
    rows = await database.read(
        lambda tx: service_rules.listed(tx, now=call.now, every_version=bool(call.values["all"]))
    )
    document = listed(rows, call.limit)
    return Answer(document, tuple(_rule_line(one) for one in document["rows"]))


def _rule_line(one: Mapping[str, Any]) -> SafeText:
    weight = "    " if one["weight"] is None else f"{one['weight']:+4}"
    values = " ".join(f"{key}={value}" for key, value in one["values"].items())
    state = "" if one["in_force"] else f" ({one['state']})"
    when = "" if one["when"] is None else f"when {one['when']}  "
    return safe(f"{weight}  {one['name']} v{one['version']}{state}  {when}{values}  {one['says']}")


async def _fields(database: Database, call: Invocation) -> Answer:
    document = listed(service_rules.fields(), call.limit)
    return Answer(document, tuple(safe(f"{one['example']:40}  {one['says']}") for one in document["rows"]))


async def _set(database: Database, call: Invocation) -> Answer:
    values = call.values

    def work(tx: Transaction) -> Outcome:
        actor = authority.deciding(tx, call.operator, now=call.now)
        return service_rules.set_rule(
            tx, actor, values["rule"], values["value"], reason=values["reason"] or "", now=call.now
        )

    return await _outcome(database, call, work)


async def _add(database: Database, call: Invocation) -> Answer:
    values = call.values

    def work(tx: Transaction) -> Outcome:
        actor = authority.deciding(tx, call.operator, now=call.now)
        return service_rules.add_rule(
            tx, actor, values["name"], values["when"],
            weight=values["weight"], says=values["says"] or "", reason=values["reason"] or "", now=call.now,
        )  # fmt: skip

    return await _outcome(database, call, work)


@contextmanager
def _placed(call: Invocation) -> Iterator[None]:
    """What is wrong with a `when` is shown at its place before the sentence about it."""
    try:
        yield
    except QueryError as error:
        for line in error.underlined():
            call.say(line)
        raise


async def _outcome(database: Database, call: Invocation, work: Callable[[Transaction], Outcome]) -> Answer:
    with _placed(call):
        found = await database.write(work)
    document = {
        "rule": found.name,
        "version": found.version,
        "values": fields_of(found.value),
        "state": "proposed" if found.is_proposal else "in_force",
        "valid_from": None if found.valid_from is None else iso(found.valid_from),
    }
    said = " ".join(f"{key}={value}" for key, value in fields_of(found.value).items())
    tail = " is proposed: another operator confirms it." if found.is_proposal else "."
    return Answer(document, (safe(f"{found.name} v{found.version}: {said}{tail}"),))


async def _backtest(database: Database, call: Invocation) -> Answer:
    from waconsole.fraud import service_backtest  # numpy loads with it

    values = call.values
    words = list(values["set"] or [])
    if any("=" not in word for word in words):
        raise UsageError("Write what is tried as --set KEY=VALUE, like --set weight=40.")
    since = instant(values["since"], "--since")
    with _placed(call):
        found = await database.stream(
            lambda tx: service_backtest.backtest(tx, values["rule"], words, since=since, now=call.now)
        )
    return Answer(found, tuple(_lines(found)))


def _lines(found: Mapping[str, Any]) -> list[SafeText]:
    lines = [safe(f"{found['rule']} v{found['version']} against {found['decided']['items']} decided items.")]
    for word, key in (("in force", "in_force"), ("tried", "proposed")):
        one = found[key]
        lines.append(
            safe(
                f"{word}: {one['items']} items; caught {_part(one['caught'])}; honest hit {_part(one['honest'])};"
                f" undecided {_part(one['undecided'])}; precision {_rate(one['precision'])}, recall {_rate(one['recall'])}"
            )
        )
    for sign, key in (("+", "more"), ("-", "fewer")):
        for row in found[key]:
            lines.append(
                safe(
                    f"{sign} {row['id'] or 'new'}  {row['kind']} of {len(row['members'])}  {row['turned_out']}"
                )
            )
    return lines


def _part(one: Mapping[str, Any]) -> str:
    money = ", ".join(amount["amount"] for amount in one["money"])
    return f"{one['items']} ({one['people']} people{f', {money}' if money else ''})"


def _rate(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "unknown (n 0)"
    return f"{one['value']:.2f} [{one['low']:.2f}, {one['high']:.2f}] n {one['n']}"


async def _health(database: Database, call: Invocation) -> Answer:
    rows = await database.read(lambda tx: service_rules.health(tx, now=call.now))
    document = listed(rows, call.limit)
    lines = [
        safe(
            f"{one['name']} v{one['version']}  never fired"
            if one["never"]
            else f"{one['name']} v{one['version']}  {one['items']} items, {one['open']} open, {one['today']} today;"
            f" precision {_rate(one['precision'])}"
        )
        for one in document["rows"]
    ]
    return Answer(document, tuple(lines))


COMMANDS: Final[list[Command]] = [
    Command(("fraud", "rules", "list"), "The rules of suspicion: what each asks for, and what it weighs.", _list, (
        Argument("--all", "every version, past ones too", kind="flag"),
    ), writes=False),
    Command(("fraud", "rules", "fields"), "What the when of a rule may ask of people who may be in something together.", _fields,
            writes=False),
    Command(("fraud", "rules", "add"), "A rule of our own: when it speaks, in the query language, and what it weighs.", _add, (
        Argument("name", "what it is called, like big_rings", metavar="NAME"),
        Argument("when", "when it speaks, like 'ring_size >= 3 and shared_address >= 2'", metavar="WHEN"),
        Argument("--weight", "what it adds; below zero it speaks for the people", kind="integer", required=True),
        Argument("--says", "what it means, in a sentence", metavar="WORDS"),
        Argument("--reason", "why", metavar="WORDS"),
    )),
    Command(("fraud", "rules", "set"), "Set when a rule speaks, its weight or its numbers: one more version of its policy.", _set, (
        _RULE,
        Argument("value", "what is set, as KEY=VALUE: weight=40, when='ring_size >= 3'", many=True, metavar="KEY=VALUE"),
        Argument("--reason", "why", metavar="WORDS"),
    )),
    Command(("fraud", "backtest"), "Hold a rule, or a change of it, against the own past; nothing is touched.", _backtest, (
        _RULE,
        Argument("--set", "what is tried, as KEY=VALUE …", many=True, metavar="KEY=VALUE"),
        Argument("--since", "only what happened since then", metavar="ISO"),
    ), writes=False),
    Command(("fraud", "health"), "How each rule does: traffic, precision with its sample, rules that never fire.", _health,
            writes=False),
]  # fmt: skip
