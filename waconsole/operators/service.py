"""Who acts, and the record of every act, so that it can be shown and taken back."""

from __future__ import annotations

import getpass
import hashlib
import secrets
from collections.abc import Callable, Sequence

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused, Undone
from waconsole.operators import store, store_known
from waconsole.operators.roles import ROLES
from waconsole.operators.store import Act, Operator

# How a room puts an object back to the column values it had: (tx, object id, values, expected).
# It answers False when the object no longer stands as `expected`.
Restore = Callable[[Transaction, int, dict[str, object], dict[str, object]], bool]


def acting(tx: Transaction, name: str | None, *, now: int) -> Operator:
    """The operator who acts: the one named, or the only or first owner.

    The first use of a ledger makes an owner from the account of the operating system.
    """
    if name is not None:
        found = store.operator_by_name(tx, name)
        if found is None:
            known = ", ".join(operator.name for operator in store.operators(tx)) or "nobody yet"
            raise NotFound(
                f"No operator is called {name}: there is {known}. `waconsole operators add` adds one."
            )
        if store_known.is_retired(tx, found.id):
            raise Refused(f"{found.name} is retired and acts no more: name another operator with --as.")
        return found
    if (standing := _standing(tx)) is not None:
        return standing
    return add(tx, account_name(), "owner", now=now)


def acting_name(tx: Transaction, name: str | None) -> str:
    """What whoever acts is called, without making an owner where nobody is there yet."""
    found = _who(tx, name)
    return found.name if found is not None else name or account_name()


def acting_id(tx: Transaction, name: str | None) -> int | None:
    """The id of whoever acts; None where nobody is there yet, or nobody of that name."""
    found = _who(tx, name)
    return None if found is None else found.id


def _who(tx: Transaction, name: str | None) -> Operator | None:
    if name is not None:
        return store.operator_by_name(tx, name)
    return _standing(tx)


def _standing(tx: Transaction) -> Operator | None:
    """Who acts where nobody is named: the only or first owner who is not retired."""
    everybody = [one for one in store.operators(tx) if not store_known.is_retired(tx, one.id)]
    return next((one for one in everybody if one.role == "owner"), everybody[0] if everybody else None)


def account_name() -> str:
    """The name of the operating system's account, or `owner` where it has none."""
    try:
        return getpass.getuser() or "owner"
    except (KeyError, OSError):
        return "owner"


def add(tx: Transaction, name: str, role: str, *, now: int, member_id: int | None = None) -> Operator:
    """Add an operator. Raises Refused for an unknown role or a name that is taken."""
    if role not in ROLES:
        raise Refused(f"There is no role {role}: choose one of {', '.join(ROLES)}.")
    if store.operator_by_name(tx, name) is not None:
        raise Refused(f"An operator is already called {name}: choose another name.")
    ref = "op-" + hashlib.sha256(name.encode()).hexdigest()[:10]
    return store.add_operator(tx, ref=ref, name=name, role=role, now=now, member_id=member_id)


def record(
    tx: Transaction,
    operator: Operator,
    verb: str,
    acts: Sequence[Act],
    *,
    now: int,
    stroke: str | None = None,
) -> str:
    """Write what was done to the act log; answers the stroke, which `undo` takes back as one.

    Long work passes the `stroke` of its first chunk on to the others.
    """
    stroke = stroke or secrets.token_hex(8)
    store.add_acts(tx, operator, acts, stroke=stroke, verb=verb, now=now)
    return stroke


def undo(tx: Transaction, operator: Operator, restores: dict[str, Restore], *, now: int) -> tuple[str, int]:
    """Take back the operator's last stroke exactly; answers (verb, how many objects).

    Raises Undone when there is nothing to undo, or an object has changed since: then nothing is
    taken back.
    """
    stroke = store.last_undoable_stroke(tx, operator)
    if stroke is None:
        raise Undone("There is nothing to undo.")
    acts = store.acts_of(tx, stroke)
    verb = acts[0].verb
    backwards: list[Act] = []
    for act in acts:
        if act.object_kind not in restores:
            raise Undone(f"“{verb}” cannot be undone.")
        if not act.before and not act.after:
            raise Undone(f"“{verb}” cannot be undone: somebody it names was erased since.")
        if not restores[act.object_kind](tx, act.object_id, dict(act.before), dict(act.after)):
            raise Undone(f"“{verb}” cannot be undone: what it changed has been changed again since.")
        backwards.append(Act(act.object_kind, act.object_id, act.after, act.before))
    store.add_acts(
        tx, operator, backwards, stroke=secrets.token_hex(8), verb=f"undo {verb}", now=now, undoes=stroke
    )
    return verb, len(acts)
