"""Give a member the code they share, and revoke it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.invites import codes, store_codes
from waconsole.invites.reading import Known
from waconsole.invites.share import DASH, SUFFIXES
from waconsole.invites.store_codes import Code
from waconsole.invites.store_programmes import Programme, programme_named
from waconsole.members import store as members
from waconsole.members.store import Member
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.policy import store as policy

TRIES_MAX: Final = 100
REASON_LENGTH_MAX: Final = 500
KIND: Final = "code"
UNDONE: Final = "undone"


def suffixes(tx: Transaction, *, now: int) -> dict[str, str]:
    """The sign behind a code by the place it stands for, as policy says."""
    return {
        name.removeprefix(SUFFIXES): codes.normalised(str(value["value"]))
        for name, value, _ in policy.all_in_force(tx, SUFFIXES, now=now)
    }


def give(
    tx: Transaction,
    who: str,
    programme: str,
    *,
    channel: str = "",
    expires_at: int | None = None,
    operator: str | None = None,
    now: int,
) -> tuple[Code, bool]:
    """The code of a member in a programme, for one place (`channel`) or their own; answers it, and whether it is new.

    The same again answers the code in force. A place's code is the member's own with that place's sign behind it.
    Raises Refused and NotFound.
    """
    member, under = members.member_named(tx, who), programme_named(tx, programme)
    if expires_at is not None and (expires_at <= now or channel):
        raise Refused("--until names a later day, for the member's own code: those of places end with it.")
    signs = suffixes(tx, now=now)
    if channel and channel not in signs:
        raise Refused(f"There is no place {channel}: there is {', '.join(signs)} (`policy list {SUFFIXES}`).")
    standing = store_codes.codes_of(tx, member.id, under.id)
    own = next((one for one in standing if not one.channel and one.is_in_force(now)), None)
    acts: list[Act] = []
    if own is None:
        for one in standing:  # what expired makes room for the next, with the codes of its places
            store_codes.set_revoked(tx, one.id, at=one.expires_at or now, operator_id=None, reason="expired")
        own = _drawn(tx, member, under, expires_at, now=now)
        acts.append(_given(own))
    found = own
    if channel:
        place = own.code + DASH + signs[channel]
        known = store_codes.codes_named(tx, [place]).get(place)
        if known is None:
            store_codes.add_code(
                tx,
                code=place,
                programme_id=under.id,
                member_id=member.id,
                channel=channel,
                expires_at=None,
                now=now,
            )
        elif known.revoked_at is not None and known.reason == UNDONE:
            store_codes.set_revoked(tx, known.id, at=None, operator_id=None, reason="")
        elif known.revoked_at is not None:
            raise Refused(f"{place} was revoked: revoke {own.code} too, and a new code is given.")
        found = store_codes.codes_named(tx, [place])[place]
        if known is None or known.revoked_at is not None:
            acts.append(_given(found))
    if acts:
        operators.record(tx, operators.acting(tx, operator, now=now), "give code", acts, now=now)
    return found, bool(acts)


def _drawn(tx: Transaction, member: Member, under: Programme, expires_at: int | None, *, now: int) -> Code:
    for _ in range(TRIES_MAX):
        found = store_codes.add_code(
            tx, code=codes.draw(), programme_id=under.id, member_id=member.id, channel="", expires_at=expires_at,
            now=now,
        )  # fmt: skip
        if found is not None:
            return store_codes.code_by_id(tx, found)
    raise Refused("No code is left to give: try again.")


def _given(code: Code) -> Act:
    return Act(KIND, code.id, {"revoked": True, "reason": UNDONE}, {"revoked": False, "reason": ""})


def code_named(tx: Transaction, signs: str) -> Code:
    """The code that is written like this, in any spelling. Raises NotFound."""
    wanted = spelled(signs)
    found = store_codes.codes_named(tx, [wanted]).get(wanted)
    if found is None:
        raise NotFound(f"No code {signs} was given out: `waconsole invites codes list` shows them.")
    return found


def spelled(signs: str) -> str:
    """A code with its place's sign as it is kept: `k7m3p9q p` is `K7M3P9Q-P`."""
    plain = codes.normalised(signs)
    return plain if len(plain) <= codes.LENGTH else plain[: codes.LENGTH] + DASH + plain[codes.LENGTH :]


def revoke(tx: Transaction, actor: Operator, signs: str, *, reason: str, now: int) -> list[Code]:
    """Let a code count no more from now on, and with a member's own code those of its places. Raises Refused, NotFound."""
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        raise Refused(
            f"A code is revoked for a reason of at most {REASON_LENGTH_MAX} signs: write --reason WHY."
        )
    first = code_named(tx, signs)
    if first.revoked_at is not None:
        raise Refused(f"{first.code} was revoked on {iso(first.revoked_at)} already.")
    every = [first, *([] if first.channel else store_codes.suffixed(tx, first.code, DASH))]
    acts = []
    for one in every:
        if one.revoked_at is None:
            store_codes.set_revoked(tx, one.id, at=now, operator_id=actor.id, reason=reason.strip())
            acts.append(
                Act(
                    KIND,
                    one.id,
                    {"revoked": False, "reason": ""},
                    {"revoked": True, "reason": reason.strip()},
                )
            )
    operators.record(tx, actor, "revoke code", acts, now=now)
    return [store_codes.code_by_id(tx, act.object_id) for act in acts]


def restore(tx: Transaction, code_id: int, values: dict[str, object], expected: dict[str, object]) -> bool:
    """Undo for codes: one that was given counts no more, one that was revoked counts again. False where it moved on."""
    code = store_codes.code_by_id(tx, code_id)
    if {"revoked": code.revoked_at is not None, "reason": code.reason} != expected:
        return False
    if values["revoked"]:
        store_codes.set_revoked(
            tx,
            code_id,
            at=code.made_at,
            operator_id=None,
            reason=UNDONE if not values["reason"] else str(values["reason"]),
        )
        return True
    others = store_codes.codes_of(tx, code.member_id, code.programme_id)
    if any(one.channel == code.channel for one in others):
        return False  # they have another one by now
    store_codes.set_revoked(tx, code_id, at=None, operator_id=None, reason="")
    return True


RESTORES: Final[dict[str, operators.Restore]] = {KIND: restore}


def known_at(tx: Transaction, at: int) -> Known:
    """Which codes there are and whether they are in force at `at`, as `reading.read` asks for it."""

    def known(wanted: Collection[str]) -> Mapping[str, bool]:
        return {code: row.is_in_force(at) for code, row in store_codes.codes_named(tx, wanted).items()}

    return known
