"""An item as a person reads it on the command line: one line of the queue, and the evidence panel. Numbers are masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from waconsole.clock import SECOND, span_words
from waconsole.fraud.drawing import short
from waconsole.members.model import masked
from waconsole.text import SafeText, safe

EVENTS_SHOWN: Final = 20
EVIDENCE_SHOWN: Final = 3


def line(row: Mapping[str, Any]) -> SafeText:
    """An item in one line: what is at stake, how old, what it is, whose it is."""
    left = row["time_left_seconds"]
    time = "" if left is None else f"  {row['on_timeout']} in {span_words(left * SECOND)}"
    if left is not None and left < 0:
        time = f"  its time is over for {span_words(-left * SECOND)} ({row['on_timeout']})"
    frozen = f"  {len(row['frozen'])} frozen" if row["frozen"] else ""
    taken = f"  taken by {row['taken_by']}" if row["taken_by"] else ""
    state = "" if row["state"] == "open" else f"  {row['outcome'] or row['state']}"
    age = span_words(row["age_seconds"] * SECOND)
    what = f"{row['kind']} of {len(row['members'])}"
    return safe(f"{row['id']}  {_money(row['held_all'])}  {age}  {what}{state}{frozen}{taken}{time}")


def panel(found: Mapping[str, Any]) -> Iterator[SafeText]:
    """The evidence panel, top to bottom: who, what is at stake, for, against, linked, timeline, precedents, acts."""
    yield line(found)
    for one in found["members"]:
        standing = f" ({one['standing']})" if one["standing"] else ""
        yield safe(f"  {one['letter']}  {short(one['name'])} {_number(one)} {one['role']}{standing}")
    if found["drawn"]:
        yield safe(f"  {found['drawn']}")
    yield safe(
        f"  held now {_money(found['held_all'])} · if released {_money(found['if_released_all'])}"
        f" · worst case {_money(found['worst_all'])}"
    )
    for word, signals in (("signals", found["signals"]), ("counter", found["counter"])):
        yield from _signals(word, signals)
    for one in found["linked"]:
        others = "" if one["too_many"] else f" and {len(one['others'])} more" if one["others"] else ""
        yield safe(f"  same {one['attribute']}: {', '.join(one['people'])}{others}")
    yield from _events(found["timeline"])
    yield from _precedents(found["precedents"])
    for one in found["decisions"]:
        words = f" “{one['note']}”" if one["note"] else ""
        proposed = "proposed " if one["proposal"] else ""
        yield safe(f"  {one['at']}  {proposed}{one['outcome']} ({one['reason']}) by {one['by']}{words}")
    for one in found["acts"]:
        second = " Another operator confirms." if one["second"] else ""
        no = f" Not you: {one['why_not']}" if one["why_not"] else ""
        yield safe(f"  {one['key'] or ' '} {one['outcome']}: {one['consequence']}{second}{no}")


def _signals(word: str, signals: Sequence[Mapping[str, Any]]) -> Iterator[SafeText]:
    for one in signals:
        yield safe(f"  {word} {one['weight']:+} {one['says']}  rule {one['rule']} v{one['version']}")
        for row in one["evidence"][:EVIDENCE_SHOWN]:
            yield safe(
                f"      {row.get('at') or ''} {row.get('kind', '')} {row.get('id', '')}: {row.get('says', '')}"
            )
        if len(one["evidence"]) > EVIDENCE_SHOWN:
            yield safe(f"      … and {len(one['evidence']) - EVIDENCE_SHOWN} more")


def _events(events: Sequence[Mapping[str, Any]]) -> Iterator[SafeText]:
    for one in events[:EVENTS_SHOWN]:
        whom = f" {one['whom']}" if one["whom"] and one["kind"] == "invited" else ""
        amount = "" if one["amount"] is None else f" {one['amount']['amount']}"
        yield safe(
            f"  {one['at']}  {one['who'] or ''} {one['kind']}{whom}{amount} {one['says'] or ''}".rstrip()
        )
    if len(events) > EVENTS_SHOWN:
        yield safe(f"  … and {len(events) - EVENTS_SHOWN} more: --json has them all.")


def _precedents(found: Mapping[str, Any]) -> Iterator[SafeText]:
    if found["count"]:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in found["outcomes"].items())
        yield safe(f"  similar: {found['count']} decided: {outcomes}")


def _money(amounts: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(one["amount"] for one in amounts) or "nothing"


def _number(one: Mapping[str, Any]) -> str:
    """Whom it is about, without the number: a shared screen shows none."""
    return masked(one["phone"]) if one["phone"] else str(one["member"])
