"""Schemes, ambassadors and attributions as they are typed."""

from __future__ import annotations

from typing import Any, Final

from waconsole.cashback import service_listing, service_schemes, store_schemes
from waconsole.cashback.days import first_instant, instant_after
from waconsole.cashback.earning import BASES, Terms, said
from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database import facts
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.money import Money, parse, parse_rate
from waconsole.operators import authority
from waconsole.operators.store import Operator
from waconsole.policy import store as policy
from waconsole.text import safe

RETURN_DAYS: Final = "cashback.return_days"
BASIS: Final = "cashback.basis"


def zone_name(tx: Transaction, call: Invocation) -> str:
    """The shop's zone: days are its days."""
    return call.settings.shop.timezone or facts.fact(tx, facts.SHOP_ZONE) or "UTC"


def owner(tx: Transaction, call: Invocation, act: str) -> Operator:
    """Whoever decides, allowed to do `act`. Raises Refused."""
    actor = authority.deciding(tx, call.operator, now=call.now)
    authority.authorize(tx, actor, act, now=call.now)
    return actor


def _money(text: str | None) -> Money | None:
    return None if text is None else parse(text)


def _terms(tx: Transaction, call: Invocation) -> Terms:
    values = call.values
    zone = zone_name(tx, call)
    days = values["return_days"]
    if days is None:
        days = policy.in_force(tx, RETURN_DAYS, now=call.now)[0]["value"]
    return Terms(
        basis=values["basis"] or policy.in_force(tx, BASIS, now=call.now)[0]["value"],
        rate=None if values["rate"] is None else parse_rate(values["rate"]),
        credit=_money(values["credit"]),
        cap=_money(values["cap"]),
        budget=_money(values["budget"]),
        return_days=days,
        starts_at=first_instant(values["from"], zone),
        ends_at=None if values["to"] is None else instant_after(values["to"], zone),
    )


def _scheme_row(name: str, version: int, terms: Terms) -> dict[str, Any]:
    return {
        "scheme": name,
        "version": version,
        "basis": terms.basis,
        "rate": None if terms.rate is None else str(terms.rate),
        "credit": None if terms.credit is None else str(terms.credit),
        "cap": None if terms.cap is None else str(terms.cap),
        "budget": None if terms.budget is None else str(terms.budget),
        "return_days": terms.return_days,
        "from": iso(terms.starts_at),
        "to": None if terms.ends_at is None else iso(terms.ends_at),
        "says": said(terms),
    }


async def _add_scheme(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> service_schemes.Added:
        actor = owner(tx, call, "schemes.add")
        return service_schemes.add_scheme(tx, actor, call.values["name"], _terms(tx, call), now=call.now)

    added = await database.write(work)
    row = _scheme_row(added.scheme.name, added.version, added.terms) | {"changed": added.is_new}
    word = f"v{added.version}" if added.is_new else f"v{added.version}, as it was"
    return Answer(row, (safe(f"{row['scheme']} {word}: {row['says']}"),))


async def _list_schemes(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        found = []
        for scheme in store_schemes.schemes(tx):
            last = max(store_schemes.versions(tx, scheme.policy), key=lambda one: one.version)
            found.append(_scheme_row(scheme.name, last.version, last.terms))
        return found

    document = listed(await database.read(work), call.limit)
    lines = tuple(safe(f"{row['scheme']} v{row['version']}: {row['says']}") for row in document["rows"])
    return Answer(document, lines or ("No schemes yet: `waconsole cashback schemes add` adds one.",))


def _ambassador_row(row: Row) -> dict[str, Any]:
    return {
        "ambassador": row["phone"] or row["ref"],
        "member": row["ref"],
        "phone": row["phone"],
        "name": row["name"],
        "scheme": row["scheme"],
        "group": row["group_name"],
        "from": iso(row["valid_from"]),
        "to": None if row["ended_at"] is None else iso(row["ended_at"]),
    }


def _ambassador_line(row: dict[str, Any]) -> str:
    group = f" for {row['group']}" if row["group"] else ""
    end = f" to {row['to']}" if row["to"] else ""
    return safe(f"{row['name'] or row['ambassador']}  {row['scheme']}{group}  from {row['from']}{end}")


async def _add_ambassador(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> tuple[Row, bool]:
        actor = owner(tx, call, "ambassadors.add")
        name = call.values["group"]
        group_id = None if name is None else store_schemes.group_named(tx, name)
        return service_schemes.add_ambassador(
            tx, actor, call.values["member"], call.values["scheme"], group_id,
            valid_from=first_instant(call.values["from"], zone_name(tx, call)), now=call.now,
        )  # fmt: skip

    added, is_new = await database.write(work)
    row = _ambassador_row(added) | {"changed": is_new}
    return Answer(row, (_ambassador_line(row),))


async def _list_ambassadors(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[Row]:
        name = call.values["scheme"]
        scheme_id = None if name is None else service_schemes.scheme(tx, name).id
        return store_schemes.ambassadors(tx, scheme_id=scheme_id)

    document = listed([_ambassador_row(row) for row in await database.read(work)], call.limit)
    lines = tuple(_ambassador_line(row) for row in document["rows"])
    return Answer(
        document, lines or ("No ambassadors yet: `waconsole cashback candidates` says who could be one.",)
    )


async def _end_ambassador(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[Row]:
        actor = owner(tx, call, "ambassadors.add")
        day = call.values["on"]
        ends_at = call.now if day is None else first_instant(day, zone_name(tx, call))
        return service_schemes.end_ambassador(
            tx, actor, call.values["member"], call.values["scheme"], ends_at=ends_at, now=call.now
        )

    document = listed([_ambassador_row(row) for row in await database.write(work)], call.limit)
    return Answer(document, tuple(_ambassador_line(row) for row in document["rows"]))


async def _attribute(database: Database, call: Invocation) -> Answer:
    if (call.values["to"] is None) == (not call.values["nobody"]):
        raise Refused("Say whose the orders are: --to AMBASSADOR, or --nobody.")

    def work(tx: Transaction) -> list[dict[str, Any]]:
        actor = owner(tx, call, "ambassadors.add")
        day = call.values["from"]
        valid_from = 0 if day is None else first_instant(day, zone_name(tx, call))
        service_schemes.attribute(
            tx, actor, call.values["buyer"], call.values["to"], reason=call.values["reason"], valid_from=valid_from,
            now=call.now,
        )  # fmt: skip
        return service_listing.attributions(tx, call.values["buyer"])

    return _attributed(await database.write(work), call)


async def _attributions(database: Database, call: Invocation) -> Answer:
    rows = await database.read(lambda tx: service_listing.attributions(tx, call.values["buyer"]))
    return _attributed(rows, call)


def _attributed(rows: list[dict[str, Any]], call: Invocation) -> Answer:
    document = listed(rows, call.limit)
    lines = tuple(
        safe(
            f"{row['referrer'] or 'nobody'}'s from {row['from']}, said {row['by']}, {row['at']}: {row['reason']}"
        )
        for row in document["rows"]
    )
    return Answer(document, lines or ("Nobody said whose these orders are.",))


_MEMBER: Final = Argument("member", "a ref, a phone number with + or a name")
_SCHEME: Final = Argument("--scheme", "the scheme's name", required=True, metavar="NAME")

COMMANDS: Final[list[Command]] = [
    Command(("cashback", "schemes", "add"), "Add a scheme, or give it other terms from a day on.", _add_scheme, (
        Argument("name", "what it is called"),
        Argument("--basis", "whose orders count", choices=BASES),
        Argument("--rate", "the share of an order: '3 %'", metavar="RATE"),
        Argument("--credit", "in place of a share, for each whole month: '50.00 HKD'", metavar="MONEY"),
        Argument("--cap", "at most so much for each ambassador and month: '500.00 HKD'", metavar="MONEY"),
        Argument("--budget", "at most so much in all: '40000.00 HKD'", metavar="MONEY"),
        Argument("--return-days", "days before which nothing is decided on", kind="integer", metavar="N"),
        Argument("--from", "its first day: 2026-11-01", required=True, metavar="DATE"),
        Argument("--to", "its last day", metavar="DATE"),
    )),
    Command(("cashback", "schemes", "list"), "Every scheme and its terms.", _list_schemes, writes=False),
    Command(("cashback", "ambassadors", "add"), "Let a member earn under a scheme.", _add_ambassador, (
        _MEMBER, _SCHEME,
        Argument("--group", "whose members' orders count, where the scheme's basis is group"),
        Argument("--from", "their first day: 2026-11-01", required=True, metavar="DATE"),
    )),
    Command(("cashback", "ambassadors", "list"), "Who earns under which scheme.", _list_ambassadors, (
        Argument("--scheme", "only of this scheme", metavar="NAME"),
    ), writes=False),
    Command(("cashback", "ambassadors", "end"), "Let a member earn nothing more under a scheme.", _end_ambassador, (
        _MEMBER, _SCHEME,
        Argument("--on", "from the beginning of this day on; without it, from now", metavar="DATE"),
    )),
    Command(("cashback", "attribute"), "Say whose a buyer's orders are.", _attribute, (
        Argument("buyer", "a ref, a phone number with + or a name"),
        Argument("--to", "the ambassador who referred them", metavar="AMBASSADOR"),
        Argument("--nobody", "they were referred by nobody", kind="flag"),
        Argument("--reason", "why", required=True),
        Argument("--from", "from this day's orders on; without it, all of them", metavar="DATE"),
    )),
    Command(("cashback", "attributions"), "What was said of whose a buyer's orders are.", _attributions, (
        Argument("buyer", "a ref, a phone number with + or a name"),
    ), writes=False),
]  # fmt: skip
