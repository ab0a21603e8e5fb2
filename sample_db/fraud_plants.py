"""Plant fraud and innocents in a made-up community, by rules of their own: `python -m sample_db.fraud_plants FOLDER`.

What is planted is told by how such people go about it, not by what looks for them: parameters are drawn anew from a
printed seed, some of every pattern leave no trace that could be found, and the innocents look as guilty as life lets
them. Four files come out that `import contacts|orders|refunds|invites` read, and `truth.json`.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from sample_db.fraud_community import DAY, DAYS, HOUR, MINIMUM, Community, Person

PROGRAMME: Final = "friends"
CONTACTS: Final = ("phone", "name", "former_phones", "address", "payment", "device")
ORDERS: Final = ("reference", "phone", "ordered_at", "currency", "total")
REFUNDS: Final = ("reference", "refunded_at", "amount")
INVITES: Final = (
    *("referrer_phone", "invitee_phone", "invited_at", "programme", "channel"),
    *("arrived_at", "address", "payment", "device"),
)


# --- honest life


def _grow(it: Community, count: int) -> None:
    """A community in which people bring people: few bring many, most bring nobody."""
    dice = it.dice
    began = [(it.person(), it.now - DAYS * DAY)]
    while len(it.people) < count:
        who, since = began[int(len(began) * dice.random() ** 1.7)]
        at = min(since + int(dice.expovariate(1 / (12 * DAY))), it.now - DAY)
        whom = it.person()
        it.invite(who, whom, at)
        began.append((whom, at))
        if dice.random() < 0.02:  # somebody else had asked them, too
            it.invite(dice.choice(began[: max(len(began) // 2, 1)])[0], whom, at - dice.randrange(60, DAY))
        at += int(dice.expovariate(1 / (4 * DAY))) + 600
        while dice.random() < 0.5:
            it.order(whom, at, it.amount(), back=0.05)
            at += int(dice.expovariate(1 / (25 * DAY))) + HOUR


def _household(it: Community) -> None:
    """Two to six at one address, some with one card between them; they order apart."""
    size, at = it.dice.randint(2, 6), it.at()
    card = {"payment": f"family-{len(it.people)}"} if it.dice.random() < 0.4 else {}
    people = [it.person(address=f"Flat {len(it.people)}, Tai Po", **card)]
    people += [it.person(address=people[0].address, **card) for _ in range(size - 1)]
    for one in people[1:]:
        at += it.dice.randrange(HOUR, 4 * DAY)
        it.invite(it.dice.choice(people[: people.index(one)]), one, at)
        it.order(one, at + it.dice.randrange(HOUR, 15 * DAY), it.amount(), back=0.05)
    it.note("household", people, is_fraud=False)


def _office(it: Community) -> None:
    """Five to forty at one address; a colleague asks most of them in a morning."""
    size, at = it.dice.randint(5, 40), it.at()
    first = it.person(address=f"{len(it.people)}/F Central Tower")
    people = [first, *(it.person(address=first.address) for _ in range(size - 1))]
    for one in people[1:]:
        asked = at + it.dice.randrange(0, 4 * HOUR)
        it.invite(first, one, asked)
        if it.dice.random() < 0.6:
            it.order(one, asked + it.dice.randrange(HOUR, 12 * DAY), it.amount(), back=0.05)
    it.note("office", people, is_fraud=False)


def _late(it: Community) -> None:
    """A phone that was away for up to a fortnight tells of all it did at once."""
    who = it.person()
    until, days = it.at(), it.dice.uniform(2, 14)
    people = [it.person() for _ in range(it.dice.randint(55, 120))]
    for one in people:
        it.invite(who, one, until - int(it.dice.random() * days * DAY))
    it.note("late_sync", [who], is_fraud=False)


def _evening(it: Community) -> None:
    """Somebody many listen to writes of it once: up to forty-five come in an evening, as people do."""
    who, at = it.person(), it.at()
    for _ in range(it.dice.randint(20, 45)):
        one = it.person()
        came = at + int(it.dice.triangular(0, 3 * HOUR, HOUR))
        it.invite(who, one, came)
        if it.dice.random() < 0.4:
            it.order(one, came + it.dice.randrange(HOUR, 9 * DAY), it.amount(), back=0.08)
    it.note("evening", [who], is_fraud=False)


def _moved(it: Community) -> None:
    """Somebody changes their number and goes on under the new one."""
    who = it.person()
    who.former = f"+8525{len(it.people):07}"
    was = Person(who.former)
    for number in range(it.dice.randint(2, 6)):
        it.invite(was if number % 2 else who, it.person(), it.at())
    it.note("number_change", [who], is_fraud=False)


# --- fraud


def _ring(it: Community) -> None:
    """Three to twelve bring each other round; up to 60 % of them bear nothing that others bear."""
    size, at = it.dice.randint(3, 12), it.at()
    missing = it.dice.uniform(0, 0.6)
    people = []
    for _ in range(size):
        same = {} if it.dice.random() < missing else {"device": f"ring-{len(it.planted)}"}
        people.append(it.person(**same))
    for place, one in enumerate(people):
        at += it.dice.randrange(60, 3 * DAY)
        it.invite(one, people[(place + 1) % size], at)
        it.order(one, at + it.dice.randrange(600, 3 * DAY), it.amount(), back=0.3)
    for _ in range(it.dice.randint(0, size // 2)):
        one, other = it.dice.sample(people, 2)
        it.invite(one, other, at)
    it.note("ring", people, is_fraud=True)


def _chain(it: Community) -> None:
    """Three to thirty fresh numbers, one after another, from a handful of phones."""
    size, at = it.dice.randint(3, 30), it.at()
    pause = it.dice.uniform(2, 20) * 60
    phones = max(1, size // it.dice.randint(2, 8))
    missing = it.dice.uniform(0, 0.6)
    people = []
    for _ in range(size):
        own = it.dice.random() < missing
        people.append(
            it.person(**({} if own else {"device": f"chain-{len(it.planted)}-{it.dice.randrange(phones)}"}))
        )
    for one, other in pairwise(people):
        at += 30 + int(it.dice.expovariate(1 / pause))
        it.invite(one, other, at)
        it.order(other, at + it.dice.randrange(300, 2 * DAY), MINIMUM + it.dice.randrange(0, 3_000), back=0.3)
    it.note("chain", people, is_fraud=True)


def _burst(it: Community) -> None:
    """Twenty to two hundred numbers in two to 240 minutes, from a farm of phones that is not always seen."""
    size, at, minutes = it.dice.randint(20, 200), it.at(), it.dice.uniform(2, 240)
    phones = max(1, size // it.dice.randint(3, 12))
    seen = it.dice.random() < 0.85
    who = it.person()
    people = []
    for _ in range(size):
        same = {"device": f"farm-{len(it.planted)}-{it.dice.randrange(phones)}"} if seen else {}
        people.append(it.person(**same))
        it.invite(who, people[-1], at + int(it.dice.random() * minutes * 60))
    it.note("burst", [who], is_fraud=True, others=people)


def _mules(it: Community) -> None:
    """One to five referrers over ten to forty invitees who buy at the minimum; 20 to 80 % of them send it back."""
    heads, size = it.dice.randint(1, 5), it.dice.randint(10, 40)
    back, above = it.dice.uniform(0.2, 0.8), it.dice.uniform(0, 0.04)
    cards = max(1, size // it.dice.randint(3, 10)) if it.dice.random() < 0.8 else 0
    referrers = [it.person(payment=f"pool-{len(it.planted)}-{it.dice.randrange(max(cards, 1))}" if cards else "")
                 for _ in range(heads)]  # fmt: skip
    invitees = []
    at = it.at(least=30)
    for _ in range(size):
        card = {"payment": f"pool-{len(it.planted)}-{it.dice.randrange(cards)}"} if cards else {}
        one = it.person(**card)
        invitees.append(one)
        invited = at + it.dice.randrange(0, 10 * DAY)
        it.invite(it.dice.choice(referrers), one, invited)
        total = MINIMUM + int(MINIMUM * above * it.dice.random())
        it.order(one, invited + it.dice.randrange(HOUR, 4 * DAY), total, back=back)
    it.note("mules", referrers, is_fraud=True, others=invitees)


def _self(it: Community) -> None:
    """Somebody brings themselves under the number they had before."""
    who = it.person()
    who.former = f"+8525{len(it.people):07}"
    it.invite(who, Person(who.former), it.at())
    it.note("self_referral", [who], is_fraud=True)


def _existing(it: Community) -> None:
    """Somebody who had bought before is brought as new."""
    who, whom, at = it.person(), it.person(), it.at()
    it.order(whom, at - it.dice.randrange(DAY, 300 * DAY), it.amount())
    it.invite(who, whom, at)
    it.order(whom, at + it.dice.randrange(HOUR, 5 * DAY), it.amount())
    it.note("existing_customer", [who, whom], is_fraud=True)


FRAUDS: Final[tuple[Callable[[Community], None], ...]] = (_ring, _chain, _burst, _mules, _self, _existing)
INNOCENTS: Final[tuple[Callable[[Community], None], ...]] = (_household, _office, _late, _evening, _moved)


def plant(seed: int, *, people: int, prevalence: float, now: int, whole: bool = False) -> Community:
    """A community of about `people` honest ones, and invites of fraud up to that share of all others, whole patterns.

    `now` is in seconds. At least one pattern is planted, with `whole` one of each; of the innocent ones three each, or
    one for every 5,000 people.
    """
    it = Community(seed, now, random.Random(f"{seed}-{prevalence}"))
    _grow(it, people)
    for make in INNOCENTS:
        for _ in range(max(3, people // 5_000)):
            make(it)
    honest = len(it.invites)
    waiting: list[Callable[[Community], None]] = []
    rounds = 0
    while not rounds or len(it.invites) - honest < prevalence * honest or (whole and waiting):
        waiting = waiting or it.dice.sample(FRAUDS, len(FRAUDS))
        waiting.pop()(it)
        rounds += 1
    it.share = (len(it.invites) - honest) / honest
    it.dice.shuffle(it.invites)
    return it


def rows(it: Community) -> dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """The four files as headers and rows."""
    by_phone = {one.phone: one for one in it.people}

    def bearer(one: Person) -> Person:
        return by_phone.get(one.phone, Person(one.phone))

    return {
        "contacts": (CONTACTS, [(one.phone, "", one.former, one.address, one.payment, one.device) for one in it.people]),
        "orders": (ORDERS, [(name, who.phone, _iso(at), "HKD", _money(minor)) for name, who, at, minor in it.orders]),
        "refunds": (REFUNDS, [(name, _iso(at), _money(minor)) for name, at, minor in it.refunds]),
        "invites": (
            INVITES,
            [
                (
                    *(who.phone, whom.phone, _iso(at), PROGRAMME, "whatsapp", _iso(at)),
                    *(bearer(whom).address, bearer(whom).payment, bearer(whom).device),
                )
                for who, whom, at in it.invites
            ],
        ),
    }  # fmt: skip


def write(it: Community, folder: Path) -> None:
    """The four files, and `truth.json`: what is planted."""
    for name, (header, lines) in rows(it).items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(header)
            out.writerows(lines)
    planted = [vars(one) for one in it.planted]
    (folder / "truth.json").write_text(json.dumps({"seed": it.seed, "planted": planted}, indent=1), "utf-8")


def _iso(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def main(words: Sequence[str] | None = None) -> int:
    """Write the files of one community into a folder."""
    parser = argparse.ArgumentParser(prog="python -m sample_db.fraud_plants", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--seed", type=int, default=None, help="what is drawn from; at random, and printed, without it"
    )
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument(
        "--prevalence", type=float, default=0.01, help="invites of fraud as a share of honest ones"
    )
    parser.add_argument("--now", default="2026-11-26T12:00:00+00:00")
    options = parser.parse_args(words)
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    now = int(datetime.fromisoformat(options.now).timestamp())
    it = plant(seed, people=options.people, prevalence=options.prevalence, now=now, whole=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    write(it, options.folder)
    print(f"seed {seed}: {len(it.people):,} people, {len(it.invites):,} invites, {len(it.planted)} planted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
