"""What WhatsApp's refusals say of a person or a country, and for how long it counts.

Codes and what follows from them: Meta's error codes as read on 2026-11-22.
"""

from __future__ import annotations

from typing import Final

from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.outbox import store_rows, store_suppression
from waconsole.outbox.service_eligible import region_of
from waconsole.policy import store as policy

MARKETING_LIMIT: Final = 131049  # enough marketing for this person, of all businesses
STOPPED_MARKETING: Final = 131050  # the member stopped the marketing of this number in WhatsApp itself
EXPERIMENT: Final = 130472  # Meta keeps the person out of marketing to compare
COUNTRY: Final = 130497  # our account may not write to numbers of that country
CODES: Final = frozenset({MARKETING_LIMIT, STOPPED_MARKETING, EXPERIMENT, COUNTRY})
REASONS: Final = {
    MARKETING_LIMIT: "marketing_limit",
    STOPPED_MARKETING: "platform_stop",
    EXPERIMENT: "experiment",
    COUNTRY: "country",
}


def learn(tx: Transaction, outgoing_id: int, code: int, *, at: int, now: int) -> int | None:
    """Write what a refusal of one message says of whom it was for; answers the suppression, None when it says nothing new.

    `at` is the refusal's event time. Codes other than `CODES` say nothing of a person.
    """
    if code not in CODES:
        return None
    number_id = int(store_rows.outgoing_row(tx, outgoing_id)["number_id"])
    if code == COUNTRY:
        region = region_of(store_rows.phone_of(tx, outgoing_id) or "")
        if not region:
            return None
        return store_suppression.suppress(
            tx, member_id=None, region=region, number_id=number_id, scope="all", reason=REASONS[code], code=code,
            outgoing_id=outgoing_id, since=at, until=None,
        )  # fmt: skip
    found = store_rows.member_of(tx, outgoing_id)
    if found is None:
        return None
    until = None
    if code == MARKETING_LIMIT:
        until = at + policy.in_force(tx, "send.marketing_limit", now=now)[0]["hours"] * HOUR
    elif code == EXPERIMENT:
        until = at + policy.in_force(tx, "send.experiment", now=now)[0]["days"] * DAY
    return store_suppression.suppress(
        tx, member_id=found[0], number_id=number_id if code == STOPPED_MARKETING else None, scope="marketing",
        reason=REASONS[code], code=code, outgoing_id=outgoing_id, since=at, until=until,
    )  # fmt: skip


def preference(tx: Transaction, member_id: int, number_id: int, state: str, *, at: int) -> None:
    """A member stopped (or resumed) the marketing of one of our numbers in WhatsApp's own settings.

    Only WhatsApp's own resume ends it: a word of theirs against it does not change what WhatsApp takes.
    """
    reason = REASONS[STOPPED_MARKETING]
    if state == "stop":
        store_suppression.suppress(
            tx, member_id=member_id, number_id=number_id, scope="marketing", reason=reason, code=None, outgoing_id=None,
            since=at, until=None,
        )  # fmt: skip
    else:
        store_suppression.end(tx, member_id=member_id, number_id=number_id, reason=reason, at=at)


def end(tx: Transaction, operator: Operator, suppression_id: int, *, now: int) -> str:
    """End a suppression by hand, as an act; answers its stroke. Raises Refused for what the member decided themselves."""
    before = store_suppression.lifted_at(tx, suppression_id)
    if before is not None:
        raise Refused("That suppression has ended already: nothing was changed.")
    if tx.value("SELECT reason FROM suppression WHERE id = :id", {"id": suppression_id}) == "platform_stop":
        raise Refused("They stopped marketing in WhatsApp itself: only they can take that back, there.")
    store_suppression.set_lifted(tx, suppression_id, now)
    acts = [Act("suppression", suppression_id, {"lifted_at": None}, {"lifted_at": now})]
    return operators.record(tx, operator, "end suppression", acts, now=now)


def restore_suppression(
    tx: Transaction, suppression_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for suppressions."""
    if store_suppression.lifted_at(tx, suppression_id) != expected["lifted_at"]:
        return False
    lifted = values["lifted_at"]
    store_suppression.set_lifted(tx, suppression_id, None if lifted is None else int(str(lifted)))
    return True
