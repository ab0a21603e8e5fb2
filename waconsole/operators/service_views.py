"""Keeping queries as views: under a name, for oneself or for all, in an order; every change can be undone.

What a query may say is known above this room: `check` is handed in and raises what is wrong with
(query, subject).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service, store_views
from waconsole.operators.store import Act, Operator
from waconsole.operators.store_views import SavedView, folded, views_of
from waconsole.text import stored

__all__ = ["RESTORES", "SavedView", "drop", "move", "rename", "save", "views_of"]

NAME_CHARACTERS_MAX: Final = 32
QUERY_CHARACTERS_MAX: Final = 10_000
VIEWS_OF_SUBJECT_MAX: Final = 50

Check = Callable[[str, str], None]


async def save(
    database: Database,
    name: str,
    query: str,
    *,
    subject: str,
    shared: bool = False,
    check: Check,
    operator: str | None,
    now: int,
) -> SavedView:
    """Keep a query under a name; one of that name gets the new query. Raises Refused, and what `check` raises."""
    name, query = _named(name), stored(query.strip())
    if not query or len(query) > QUERY_CHARACTERS_MAX:
        raise Refused(f"A view has a query of 1 to {QUERY_CHARACTERS_MAX:,} characters.")
    check(query, subject)

    def work(tx: Transaction) -> SavedView:
        acting = service.acting(tx, operator, now=now)
        owner = None if shared else acting.id
        seen = views_of(tx, subject, acting.id)
        known = next((one for one in seen if folded(one.name) == folded(name)), None)
        if known is not None and known.operator_id != owner:
            whose = "everybody's" if known.is_shared else "your own"
            raise Refused(f"{known.name} is the name of a view that is {whose}: choose another name.")
        if known is not None:
            return _changed(tx, acting, "save view", known, {"name": name, "query": query}, now=now)
        owned = store_views.of_owner(tx, subject, owner)
        if len(owned) >= VIEWS_OF_SUBJECT_MAX:
            raise Refused(f"There are {VIEWS_OF_SUBJECT_MAX} views already: drop one first.")
        place = 1 + max((one.place for one in owned), default=0)
        key = store_views.add_view(
            tx, subject=subject, operator_id=owner, name=name, query=query, place=place, now=now
        )
        _must_be_free(tx, key, name)
        after = store_views.columns(tx, key)
        acts = [Act("saved_view", key, {**after, "dropped": 1}, after)]
        service.record(tx, acting, "save view", acts, now=now)
        return SavedView(key, subject, owner, name, query, place)

    return await database.write(work)


async def rename(
    database: Database, name: str, to: str, *, subject: str | None = None, operator: str | None, now: int
) -> SavedView:
    """Give a view another name. Raises Refused, NotFound."""
    to = _named(to)

    def work(tx: Transaction) -> SavedView:
        acting = service.acting(tx, operator, now=now)
        view = view_named(tx, name, subject, acting.id)
        _must_be_free(tx, view.id, to)
        return _changed(tx, acting, "rename view", view, {"name": to}, now=now)

    return await database.write(work)


async def drop(
    database: Database, name: str, *, subject: str | None = None, operator: str | None, now: int
) -> SavedView:
    """Drop a view. Raises NotFound."""

    def work(tx: Transaction) -> SavedView:
        acting = service.acting(tx, operator, now=now)
        view = view_named(tx, name, subject, acting.id)
        return _changed(tx, acting, "drop view", view, {"dropped": 1}, now=now)

    return await database.write(work)


async def move(
    database: Database,
    name: str,
    place: int,
    *,
    subject: str | None = None,
    operator: str | None,
    now: int,
) -> SavedView:
    """Put a view at a place, from 1, among the shared ones or among one's own; the others close ranks."""

    def work(tx: Transaction) -> SavedView:
        acting = service.acting(tx, operator, now=now)
        view = view_named(tx, name, subject, acting.id)
        order = store_views.of_owner(tx, view.subject, view.operator_id)
        if not 1 <= place <= len(order):
            raise Refused(f"There is no place {place}: places go from 1 to {len(order)}.")
        order.insert(place - 1, order.pop(order.index(view)))
        acts = []
        for number, one in enumerate(order, 1):
            if one.place != number:
                before = store_views.columns(tx, one.id)
                store_views.change(tx, one.id, {"place": number})
                acts.append(Act("saved_view", one.id, before, {**before, "place": number}))
        if acts:
            service.record(tx, acting, "move view", acts, now=now)
        return SavedView(view.id, view.subject, view.operator_id, view.name, view.query, place)

    return await database.write(work)


def view_named(tx: Transaction, name: str, subject: str | None, operator_id: int) -> SavedView:
    """The view of that name an operator sees. Raises NotFound; of several subjects one must be named."""
    seen = [one for one in views_of(tx, subject, operator_id) if folded(one.name) == folded(name)]
    if not seen:
        raise NotFound(f"No view is called {name}: `views list` shows all.")
    if len(seen) > 1:
        subjects = ", ".join(one.subject for one in seen)
        raise NotFound(f"{name} is a view of {subjects}: name one with --in.")
    return seen[0]


def _named(name: str) -> str:
    name = stored(" ".join(name.split()))
    if not name or len(name) > NAME_CHARACTERS_MAX:
        raise Refused(f"A view has a name of 1 to {NAME_CHARACTERS_MAX} characters.")
    return name


def _must_be_free(tx: Transaction, view_id: int, name: str) -> None:
    if store_views.name_is_taken(tx, view_id, name):
        raise Refused(f"Another view beside this one is called {name}: choose another name.")


def _changed(
    tx: Transaction, acting: Operator, verb: str, view: SavedView, values: dict[str, Any], *, now: int
) -> SavedView:
    before = store_views.columns(tx, view.id)
    after = {**before, **values}
    if after != before:
        store_views.change(tx, view.id, values)
        service.record(tx, acting, verb, [Act("saved_view", view.id, before, after)], now=now)
    return SavedView(view.id, view.subject, view.operator_id, after["name"], after["query"], after["place"])


def restore_view(
    tx: Transaction, view_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a view; False when it has changed since, or its name is another's by now."""
    if store_views.columns(tx, view_id) != expected:
        return False
    if not values["dropped"] and store_views.name_is_taken(tx, view_id, str(values["name"])):
        return False
    store_views.change(tx, view_id, values)
    return True


RESTORES: Final[dict[str, service.Restore]] = {"saved_view": restore_view}
