"""Policies as they are shown: in force, every version, what differs, what waits for a second operator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from waconsole import money
from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, UsageError
from waconsole.operators import store as operators
from waconsole.policy import library, store, store_proposals
from waconsole.policy.bounds import MONEY
from waconsole.policy.model import BY_PRESET, META, Proposal, Version, fields_of, needs_second, plain

IN_FORCE, SCHEDULED, PAST = "in_force", "scheduled", "past"
_ABOUT: Final = (
    "unit",
    "comparator",
    "sample_min",
    "choices",
    "source",
    "articles",
    "uncertain",
    "copied_from",
)


class Names:
    """Operators by ref, as a person calls them."""

    def __init__(self, tx: Transaction) -> None:
        """Read them once."""
        self._names = {one.ref: one.name for one in operators.operators(tx)}

    def of(self, ref: str | None) -> str | None:
        """The operator's name; `preset` for a bundled row."""
        return ref if ref is None else self._names.get(ref, ref)


def row(version: Version, names: Names, state: str) -> dict[str, Any]:
    """One version as a row: `value` is plain where it is one number or word, an object of its fields otherwise."""
    value = json.loads(version.value)
    return {
        "name": version.name,
        "version": version.version,
        "value": plain(value),
        **about(value),
        "says": version.says,
        "second": needs_second(version.name, value),
        "author": names.of(version.set_by),
        "confirmed_by": names.of(version.confirmed_by),
        "solo": bool(version.solo),
        "reason": version.reason,
        "valid_from": iso(version.valid_from) if version.valid_from else None,
        "set_at": iso(version.set_at),
        "state": state,
    }


def about(value: Mapping[str, Any]) -> dict[str, Any]:
    """The words about a value: its unit, which is its field's name where it has no other; a currency where it is money."""
    found = {key: value[key] for key in _ABOUT if key in value}
    if value.get("unit") == MONEY:
        amount = money.parse(value["value"])
        found |= {"currency": amount.currency, "minor": amount.minor}
    elif "unit" not in value and isinstance(plain(value), int | float) and not isinstance(plain(value), bool):
        key = next(iter(fields_of(value)), "value")
        found |= {} if key == "value" else {"unit": key}
    return found


def said(shown: Any, row: Mapping[str, Any]) -> str:
    """A value in a few words: `> 40 percent`."""
    if isinstance(shown, dict | list):
        text = json.dumps(shown, ensure_ascii=False)
    else:
        text = "yes" if shown is True else "no" if shown is False else str(shown)
    unit = row.get("unit", "")
    tail = "" if unit in ("", MONEY, "word", "text", "list", "hours of day") else f" {unit}"
    return f"{row['comparator']} {text}{tail}" if "comparator" in row else f"{text}{tail}"


def version_at(tx: Transaction, name: str, *, at: int) -> Version:
    """The version of `name` in force at an instant. Raises NotFound."""
    number = store.in_force(tx, name, now=at)[1]
    return next(one for one in store.versions(tx, name) if one.version == number)


def numbered(tx: Transaction, name: str, number: int) -> Version:
    """Version `number` of policy `name`. Raises NotFound."""
    for one in store.versions(tx, name):
        if one.version == number:
            return one
    raise NotFound(f"There is no version {number} of a policy called {name}.")


def state_of(tx: Transaction, version: Version, *, now: int) -> str:
    """Whether a version is in force, is yet to be, or is no more."""
    if version.valid_from > now:
        return SCHEDULED
    return IN_FORCE if store.in_force(tx, version.name, now=now)[1] == version.version else PAST


def history(tx: Transaction, name: str, *, now: int) -> list[dict[str, Any]]:
    """Every version of a policy, oldest first. Raises NotFound."""
    rows = store.versions(tx, name)
    if not rows:
        raise NotFound(f"There is no policy called {name}: `waconsole policy list` names them.")
    names = Names(tx)
    return [row(one, names, state_of(tx, one, now=now)) for one in rows]


def listed_rows(tx: Transaction, prefix: str, *, now: int, every_version: bool) -> list[dict[str, Any]]:
    """Every policy in force whose name begins with `prefix`; with `every_version` all their versions."""
    names = Names(tx)
    numbers = {name: number for name, _, number in store.texts_in_force(tx, prefix, now=now)}
    found = []
    for one in store.versions_beginning(tx, prefix):
        if numbers.get(one.name) == one.version:
            found.append(row(one, names, IN_FORCE))
        elif every_version:
            found.append(row(one, names, SCHEDULED if one.valid_from > now else PAST))
    return found


def differences(
    tx: Transaction, name: str, first: int | None, second: int | None, *, now: int
) -> dict[str, Any]:
    """What differs between two versions of a policy; without them, the one in force and the newest, or the one before it.

    Rows `{"field", "before", "after"}`. Raises NotFound.
    """
    rows = store.versions(tx, name)
    if not rows:
        raise NotFound(f"There is no policy called {name}: `waconsole policy list` names them.")
    if first is None:
        in_force = version_at(tx, name, at=max(now, min(one.valid_from for one in rows))).version
        newest = rows[-1].version
        earlier = [one.version for one in rows if one.version < newest]
        first = in_force if in_force != newest else (earlier[-1] if earlier else newest)
        second = newest
    elif second is None:
        raise UsageError("Name two versions, or none: `policy diff NAME 1 2`.")
    before, after = numbered(tx, name, first), numbered(tx, name, second or first)
    changes = list(_changes(json.loads(before.value), json.loads(after.value)))
    return {
        "name": name,
        "from_version": before.version,
        "to_version": after.version,
        "count": len(changes),
        "rows": changes,
    }


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    hidden = {"version", "reason", "date"}
    for key in sorted((before.keys() | after.keys()) - hidden):
        if before.get(key) != after.get(key):
            yield {"field": key, "before": before.get(key), "after": after.get(key)}


def unlike_presets(tx: Transaction, prefix: str, *, now: int) -> list[dict[str, Any]]:
    """Where the ledger differs from the bundled presets: fields set otherwise, and policies of one's own."""
    bundled = dict(library.bundled())
    found: list[dict[str, Any]] = []
    for name, text, number in store.texts_in_force(tx, prefix, now=now):
        value = json.loads(text)
        if name not in bundled:
            found.append(
                {"name": name, "version": number, "field": None, "preset": None, "ledger": plain(value)}
            )
            continue
        found += [
            {
                "name": name,
                "version": number,
                "field": one["field"],
                "preset": one["before"],
                "ledger": one["after"],
            }
            for one in _changes(bundled[name], value)
            if one["field"] not in META
        ]
    return found


def proposals(tx: Transaction, prefix: str, *, now: int) -> list[dict[str, Any]]:
    """What waits for a second operator, oldest first."""
    names = Names(tx)
    return [_proposal(tx, one, names, now=now) for one in store_proposals.open_proposals(tx, prefix)]


def _proposal(tx: Transaction, one: Proposal, names: Names, *, now: int) -> dict[str, Any]:
    value = json.loads(one.value)
    try:
        before = plain(store.in_force(tx, one.name, now=now)[0])
    except NotFound:
        before = None
    return {
        "name": one.name,
        "version": one.version,
        "value": plain(value),
        "before": before,
        **about(value),
        "reason": one.reason,
        "proposed_by": names.of(one.proposed_by),
        "proposed_at": iso(one.proposed_at),
        "valid_from": None if one.valid_from is None else iso(one.valid_from),
    }


def presets(prefix: str) -> list[dict[str, Any]]:
    """What can be copied: the library's rows, and the presets a ledger begins with (as `preset.NAME`)."""
    rows = [*library.shelf(), *((f"preset.{name}", value) for name, value in library.bundled())]
    if not prefix.startswith("preset"):
        rows = [one for one in rows if not one[0].startswith("preset.")]
    return [
        {"preset": name, "value": plain(value), **about(value), "says": value["says"], "author": BY_PRESET,
         "reason": value.get("reason", "")}
        for name, value in sorted(rows)
        if name.startswith(prefix)
    ]  # fmt: skip
