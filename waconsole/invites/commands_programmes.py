"""`invites programme …`: what a programme asks for and gives, what it may cost, when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, listed
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.invites import service_activating, service_exposure, service_programmes, store_programmes
from waconsole.invites.days import first_instant, with_instants
from waconsole.invites.exposure import Exposure, exposure
from waconsole.invites.service_activating import Made
from waconsole.invites.store_programmes import ASKED, DRAFT
from waconsole.invites.terms import terms_of, to_policy
from waconsole.invites.terms_words import parse_set
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators.store import Operator
from waconsole.policy import library
from waconsole.policy.model import fields_of
from waconsole.shop import store_coupons
from waconsole.text import safe

SHELF: Final = "programme."
REFERRERS_MAX: Final = 100_000_000


def zone_name(tx: Transaction, call: Invocation) -> str:
    """The shop's zone: days are its days."""
    return call.settings.shop.timezone or facts.fact(tx, facts.SHOP_ZONE) or "UTC"


def _owner(tx: Transaction, call: Invocation, act: str) -> Operator:
    actor = authority.deciding(tx, call.operator, now=call.now)
    authority.authorize(tx, actor, act, now=call.now)
    return actor


def _presets() -> dict[str, dict[str, Any]]:
    """The programmes of the library, by what they are called."""
    return {name.removeprefix(SHELF): value for name, value in library.shelf() if name.startswith(SHELF)}


def _preset(name: str | None) -> dict[str, Any]:
    """The terms of a preset; none without a name. Raises NotFound, with those there are."""
    if name is None:
        return {}
    found = _presets().get(name.strip().casefold().removeprefix(SHELF))
    if found is None:
        raise NotFound(f"There is no preset {name}: there are {', '.join(_presets())}.")
    return fields_of(found)


def _typed(tx: Transaction, call: Invocation) -> dict[str, str]:
    return with_instants(parse_set(call.values["set"]), zone_name(tx, call))


def _from(tx: Transaction, call: Invocation) -> int | None:
    day = call.values["from"]
    return None if day is None else first_instant(day, zone_name(tx, call))


def _made(tx: Transaction, made: Made, call: Invocation) -> dict[str, Any]:
    """What was made, with its worst case and what is warned of."""
    return {
        "programme": made.programme.name,
        "ref": made.programme.ref,
        "version": made.version,
        "state": made.state,
        "changed": made.is_new,
        "currency": made.terms.currency,
        "terms": to_policy(made.terms),
        "says": service_exposure.said(made.terms),
        "exposure": made.exposure.as_json(),
        **service_exposure.looked_at(tx, made.terms, made.exposure, now=call.now),
    }


def _answer(row: Mapping[str, Any], exposure: Exposure, exit_code: int = EXIT_DONE) -> Answer:
    name, version = row["programme"], row["version"]
    state = "" if row["changed"] else ", as it was"
    lines = [safe(f"{name} v{version} is {row['state']}{state}: {row['says']}"), safe(_worst(exposure))]
    if row["state"] == ASKED:
        lines.append(
            safe(
                f"Its worst case is over its budget: it earns nothing until another owner says"
                f" `waconsole invites programme activate {name}`."
            )
        )
    if row["state"] == DRAFT:
        lines.append(safe(f"It is a draft: `waconsole invites programme activate {name}` lets it earn."))
    lines += [safe(f"Warning: {one}") for one in row["warnings"]]
    return Answer(row, tuple(lines), exit_code)


def _worst(shown: Exposure) -> str:
    """The worst case in one sentence."""
    if shown.is_endless:
        return "Worst case: without a cap there is no end to it."
    budget = "" if shown.budget is None else f", of a budget of {shown.budget}"
    if shown.per_referrer is None or shown.total is None:
        return f"Worst case: no money is spent that anybody said{budget}."
    people = f"{shown.referrers:,} who {'takes' if shown.referrers == 1 else 'take'} part"
    all_of_them = (
        f"; if all {shown.everybody:,} did, {shown.if_everybody}" if shown.everybody > shown.referrers else ""
    )
    return f"Worst case: {shown.per_referrer} for each referrer, {shown.total} for {people}{budget}{all_of_them}."


async def _create(database: Database, call: Invocation) -> Answer:
    preset = _preset(call.values["preset"])

    def work(tx: Transaction) -> tuple[dict[str, Any], Made]:
        made = service_programmes.create(
            tx,
            _owner(tx, call, "programmes.add"),
            call.values["name"],
            {**preset, **_typed(tx, call)},
            valid_from=_from(tx, call),
            is_draft=call.values["draft"],
            now=call.now,
        )
        return _made(tx, made, call), made

    row, made = await database.write(work)
    return _answer(row, made.exposure)


async def _set(database: Database, call: Invocation) -> Answer:
    if not call.values["set"]:
        raise Refused("Say what changes: --set KEY=VALUE.")

    def work(tx: Transaction) -> tuple[dict[str, Any], Made]:
        made = service_programmes.change(
            tx,
            _owner(tx, call, "programmes.add"),
            call.values["name"],
            _typed(tx, call),
            valid_from=_from(tx, call),
            is_draft=call.values["draft"],
            now=call.now,
        )
        return _made(tx, made, call), made

    row, made = await database.write(work)
    return _answer(row, made.exposure)


async def _activate(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> tuple[dict[str, Any], Made]:
        actor = authority.deciding(tx, call.operator, now=call.now)
        made = service_activating.activate(
            tx, actor, call.values["name"], reason=call.values["reason"] or "", now=call.now
        )
        return _made(tx, made, call), made

    row, made = await database.write(work)
    return _answer(row, made.exposure, EXIT_PARTLY if made.state == ASKED else EXIT_DONE)


async def _end(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> tuple[dict[str, Any], bool]:
        programme, is_new = service_activating.end(
            tx, _owner(tx, call, "programmes.end"), call.values["name"], reason=call.values["reason"] or "",
            now=call.now,
        )  # fmt: skip
        return service_exposure.row(tx, programme), is_new

    row, is_new = await database.write(work)
    words = "has ended: nothing counts any more, what was earned stays" if is_new else "had ended already"
    return Answer({**row, "changed": is_new}, (safe(f"{row['programme']} {words}."),))


async def _exposure(database: Database, call: Invocation) -> Answer:
    people = call.values["referrers"]
    if people is not None and not 0 < people <= REFERRERS_MAX:
        raise Refused(f"Between 1 and {REFERRERS_MAX:,} people refer.")

    def work(tx: Transaction) -> tuple[dict[str, Any], Exposure]:
        programme = store_programmes.programme_named(tx, call.values["name"])
        value, version = store_programmes.value_of(tx, programme)
        terms = terms_of({**value, **_typed(tx, call)})
        shown = service_exposure.of(tx, terms, programme)
        if people is not None:
            shown = exposure(terms, people, store_coupons.costs(tx))
        row = {
            "programme": programme.name,
            "version": version,
            **shown.as_json(),
            **service_exposure.looked_at(tx, terms, shown, now=call.now),
        }
        return row, shown

    row, shown = await database.read(work)
    lines = [safe(f"{row['programme']} v{row['version']}")]
    lines += [safe(f"  {_slot_line(one)}") for one in row["slots"]]
    lines += [safe(_worst(shown))]
    if shown.is_over:
        lines.append(safe("It is over its budget: a second owner activates it."))
    lines += [safe(f"Warning: {one}") for one in row["warnings"]]
    return Answer(row, tuple(lines))


def _slot_line(row: Mapping[str, Any]) -> str:
    def said(amount: Mapping[str, Any] | None) -> str:
        return "?" if amount is None else str(Money(amount["minor"], amount["currency"]))

    times = "without end" if row["times"] is None else f"{row['times']:,} times"
    return f"{row['slot']}: {row['reward']}  {times}  at {said(row['unit_cost'])}  {said(row['cost'])}"


async def _list(database: Database, call: Invocation) -> Answer:
    rows = await database.read(
        lambda tx: [service_exposure.row(tx, one) for one in store_programmes.programmes(tx)]
    )
    document = listed(rows, call.limit)
    lines = tuple(safe(_line(row)) for row in document["rows"])
    return Answer(document, lines or ("No programmes yet: `waconsole invites programme create` makes one.",))


def _line(row: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{number:,} {state}" for state, number in row["invites"].items()) or "no invites"
    return f"{row['programme']} v{row['version']} {row['state']}: {row['says']}  {counts}"


async def _show(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> dict[str, Any]:
        programme = store_programmes.programme_named(tx, call.values["name"])
        return service_exposure.shown(tx, programme, now=call.now)

    row = await database.read(work)
    lines = [safe(_line(row))]
    lines += [safe(f"  {key}: {value}") for key, value in row["terms"].items() if value not in (None, "")]
    lines += [
        safe(f"  v{one['version']} {one['step']} by {one['by']}, {one['at']}  {one['reason']}".rstrip())
        for one in row["steps"]
    ]
    lines += [safe(f"Warning: {one}") for one in row["warnings"]]
    return Answer(row, tuple(lines))


async def _list_presets(database: Database, call: Invocation) -> Answer:
    rows = [
        {"preset": name, "terms": fields_of(value), "says": value["says"], "source": value["source"]}
        for name, value in _presets().items()
    ]
    document = listed(rows, call.limit)
    return Answer(document, tuple(safe(f"{row['preset']}: {row['says']}") for row in document["rows"]))


_NAME: Final = Argument("name", "the programme's name")
_TERMS: Final = Argument(
    "--set", "its terms: 'reward.5=cashback 8.00 HKD', cap=10", many=True, metavar="KEY=VALUE"
)
_FROM: Final = Argument("--from", "from this day on: 2026-11-01", metavar="DATE")
_DRAFT: Final = Argument("--draft", "earn nothing yet", kind="flag")
_REASON: Final = Argument("--reason", "why")

COMMANDS: Final[list[Command]] = [
    Command(("invites", "programme", "create"), "Make a programme; it earns at once, within its budget.", _create, (
        Argument("name", "what it is called"),
        Argument("--preset", "terms to begin from: `invites programme presets` lists them", metavar="PRESET"),
        _TERMS, _FROM, _DRAFT,
    )),
    Command(("invites", "programme", "set"), "Give a programme other terms; what was earned keeps its own.", _set, (
        _NAME, _TERMS, _FROM, _DRAFT,
    )),
    Command(("invites", "programme", "activate"), "Let a programme earn; over its budget a second owner does.", _activate, (
        _NAME, _REASON,
    )),
    Command(("invites", "programme", "end"), "Let nothing count under a programme any more.", _end, (_NAME, _REASON)),
    Command(("invites", "programme", "exposure"), "The most a programme can cost, rung by rung.", _exposure, (
        _NAME, _TERMS,
        Argument("--referrers", "if so many people refer; without it, those who take part", kind="integer", metavar="N"),
    ), writes=False),
    Command(("invites", "programme", "list"), "Every programme, and how its invites stand.", _list, writes=False),
    Command(("invites", "programme", "show"), "A programme's terms, versions and steps.", _show, (_NAME,), writes=False),
    Command(("invites", "programme", "presets"), "Terms to begin from.", _list_presets, writes=False),
]  # fmt: skip
