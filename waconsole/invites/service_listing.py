"""Invites as they are answered: rows with people and money, and one with every step that brought it where it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.invites import service_telling, store_listing
from waconsole.invites.model import REFUSED, REVERSED, STATES
from waconsole.invites.rewards import CASHBACK, Reward
from waconsole.invites.sentences import sentence
from waconsole.invites.settling import STANDS, RewardRow
from waconsole.invites.store_programmes import programme_named
from waconsole.money import Money

TERMS_KEPT_MAX: Final = 10_000


def invites(
    tx: Transaction, *, state: str | None, programme: str | None, limit: int | None
) -> tuple[int, list[dict[str, Any]]]:
    """(how many there are, rows up to `limit`), the latest first. Raises Refused, NotFound."""
    if state is not None and state not in STATES:
        raise Refused(f"There is no state {state}: an invite is {', '.join(STATES)}.")
    programme_id = None if programme is None else programme_named(tx, programme).id
    rows = store_listing.invites(tx, state=state, programme_id=programme_id, limit=limit)
    rewards = store_listing.rewards_of(tx, [row["id"] for row in rows])
    reader = _reader(tx)
    count = len(rows) if limit is None else store_listing.count(tx, state, programme_id)
    return count, [invite_row(row, rewards.get(row["id"], ()), reader) for row in rows]


class _Words:
    """Reads what rewards are, each kind of them once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._of = lru_cache(TERMS_KEPT_MAX)(self._read)
        self._rows: dict[tuple[object, ...], RewardRow] = {}

    def of(self, row: RewardRow) -> Reward:
        """A reward in the words of its terms."""
        kind = (row.rule, row.rule_version, row.side, row.slot, row.amount_minor)
        self._rows[kind] = row
        return self._of(kind)

    def _read(self, kind: tuple[object, ...]) -> Reward:
        return service_telling.reward_of(self._tx, self._rows[kind])


def _reader(tx: Transaction) -> _Words:
    return _Words(tx)


def invite_row(row: Row, rewards: Sequence[RewardRow], words: _Words) -> dict[str, Any]:
    """An invite as a row of `invites list`. `reward` is what it earns its referrer now, in money where it is money."""
    standing = [one for one in rewards if one.state in STANDS]
    # A code that was used is not taken back: `rewards` has it still, and the invite earns nothing any more.
    is_over = row["state"] in (REFUSED, REVERSED)
    own = [] if is_over else [one for one in standing if one.side == "referrer"]
    main = [one for one in own if one.kind == CASHBACK] or own[:1]
    reward = None
    said: list[str] = []
    if main:
        # A thing or a slot has no worth of its own: it is said as what its terms say one costs.
        cost = None if main[0].currency else words.of(main[0]).cost
        reward = cost or Money(sum(one.amount_minor for one in main), main[0].currency)
        if main[0].kind == CASHBACK:
            said = [str(reward)]
        said += [words.of(one).told() for one in own if one.kind != CASHBACK]
    return {
        "invite": row["ref"],
        "referrer": {"member": row["referrer"], "phone": row["referrer_phone"]},
        "invitee": {"member": row["invitee"], "phone": row["invitee_phone"]},
        "programme": row["programme"],
        "state": row["state"],
        "confidence": row["confidence"],
        "reward": None if reward is None else reward.as_json(),
        "reward_text": " + ".join(said) or None,
        "reward_minor": None if reward is None else reward.minor,
        "currency": None if reward is None else reward.currency,
        "reason": row["reason"] or None,
        "says": sentence(row["state"], row["reason"]) or None,
        "channel": row["channel"],
        "invited_at": iso(row["invited_at"]),
        "arrived_at": None if row["arrived_at"] is None else iso(row["arrived_at"]),
        "qualified_at": None if row["qualified_at"] is None else iso(row["qualified_at"]),
        "due_at": None if row["due_at"] is None else iso(row["due_at"]),
        "version": row["rule_version"] or None,
        "rewards": [_reward(one, words) for one in standing],
    }


def _reward(row: RewardRow, words: _Words) -> dict[str, Any]:
    return {
        "slot": row.slot,
        "side": row.side,
        "kind": row.kind,
        "amount": {"minor": row.amount_minor, "currency": row.currency},
        "text": words.of(row).told(),
        "state": row.state,
        "expires_at": None if row.expires_at is None else iso(row.expires_at),
    }


def invite(tx: Transaction, ref: str) -> dict[str, Any]:
    """One invite with its steps, and its rewards with theirs. Raises NotFound."""
    row = next(iter(store_listing.invites(tx, ref=ref, limit=1)), None)
    if row is None:
        raise NotFound(f"There is no invite {ref}: `waconsole invites list` shows them.")
    rewards = store_listing.rewards_of(tx, [row["id"]]).get(row["id"], [])
    words = _reader(tx)
    return invite_row(row, rewards, words) | {
        "origin": row["origin"],
        "steps": [
            {
                "before": one["before"],
                "after": one["after"],
                "gate": one["gate"] or None,
                "reason": one["reason"] or None,
                "rule": one["rule"] or None,
                "version": one["rule_version"] or None,
                "inputs": json.loads(one["inputs"]),
                "by": one["operator"] or "rule",
                "at": iso(one["effective_at"]),
                "decided_at": iso(one["recorded_at"]),
            }
            for one in store_listing.steps(tx, row["id"])
        ],
        "history": [
            _reward(one, words)
            | {
                "reward": one.ref,
                "round": one.round,
                "steps": [
                    {
                        "step": step["step"],
                        "transfer": step["transfer_ref"] or None,
                        "reason": step["reason"] or None,
                        "at": iso(step["effective_at"]),
                    }
                    for step in store_listing.reward_steps(tx, one.id)
                ],
            }
            for one in rewards
        ],
    }
