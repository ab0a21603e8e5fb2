"""What the invites pane lists: programmes, invites by how they stand, codes, proofs, invitations, who asks in. Reads only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.invites.kinds import CHANNEL, CODE, INVITATION, INVITE, JOIN, PROGRAMME, PROOF

ROWS_MAX: Final = 10_000_000
# The tabs of invites: which states each shows.
STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "all": (),
    "way": ("open", "joined", "qualified"),
    "held": ("held",),
    "earned": ("earned",),
    "coupons": ("issued", "redeemed", "expired"),
    "refused": ("refused", "reversed"),
}
_ORDERS: Final[Mapping[str, str]] = {
    "held": "s.due_at IS NULL, s.due_at, i.id"
}  # what is decided on next comes first
_IDS: Final[Mapping[str, str]] = {
    CODE: "SELECT t.id FROM code AS t WHERE 1 {narrowed} ORDER BY t.id DESC",
    PROOF: "SELECT t.id FROM proof AS t WHERE 1 {narrowed} ORDER BY t.state <> 'waiting', t.came_at, t.id",
    INVITATION: (
        "SELECT t.id FROM group_invitation AS t WHERE t.withdrawn = 0 {narrowed} ORDER BY t.invited_at DESC, t.id DESC"
    ),
}
# How the rows of the other lists hang on the invites that a query finds.
_OF_INVITES: Final[Mapping[str, str]] = {
    INVITE: "{within}",
    PROGRAMME: "SELECT programme_id FROM invite WHERE id IN ({within})",
    CODE: "SELECT code_id FROM invite WHERE code_id IS NOT NULL AND id IN ({within})",
    PROOF: "SELECT p.id FROM proof AS p JOIN member_root AS r ON r.id = p.member_id WHERE r.root_id IN ({people})",
    INVITATION: "SELECT v.id FROM known_invitation AS v WHERE v.member_id IN ({people})",
    CHANNEL: (
        "SELECT (SELECT min(o.id) FROM invite AS o WHERE o.channel = c.channel)"
        " FROM (SELECT DISTINCT channel FROM invite WHERE id IN ({within})) AS c"
    ),
    JOIN: "SELECT id FROM join_request WHERE 0 AND id IN ({within})",
}
_PEOPLE: Final = (
    "SELECT referrer_id FROM invite_edge WHERE id IN ({within})"
    " UNION SELECT invitee_id FROM invite_edge WHERE id IN ({within})"
)


class InviteView(NamedTuple):
    """One invite; `amount_minor` is what it earns its referrer in `currency` now, "" where that is nothing."""

    id: int
    ref: str
    programme: str
    state: str
    reason: str
    invited_at: int
    arrived_at: int | None
    due_at: int | None
    channel: str
    confidence: str
    kind: str
    amount_minor: int
    currency: str
    rewards: int
    referrer: str
    referrer_phone: str | None
    invitee: str
    invitee_phone: str | None


class CodeView(NamedTuple):
    """One code, whose it is, and how many came by it."""

    id: int
    code: str
    programme: str
    channel: str
    made_at: int
    expires_at: int | None
    revoked_at: int | None
    reason: str
    came: int
    member_id: int
    name: str
    phone: str | None


class ProofView(NamedTuple):
    """One picture; `again` is the name of the earliest one with the same bytes, "" where there is none."""

    id: int
    ref: str
    state: str
    came_at: int
    programme: str
    byte_count: int | None
    sha256: str | None
    reason: str
    decided_by: str
    decided_at: int | None
    deleted_at: int | None
    message_id: int
    again: str
    is_again_own: int
    name: str
    phone: str | None


class InvitationView(NamedTuple):
    """Somebody who was asked into a group, what became of the message, and of them."""

    id: int
    ref: str
    play: str
    channel: str
    invited_at: int
    outgoing_id: int
    state: str
    state_reason: str
    operator: str
    joined_at: int | None
    left_at: int | None
    group: str
    name: str
    phone: str | None


def ids(
    tx: Transaction, tab: str, within: str = "", parameters: Mapping[str, object] = MappingProxyType({})
) -> array[int]:
    """The invites of a tab, the latest first; of those alone that `within` selects."""
    narrowed = f"AND i.id IN ({within})" if within else ""
    states, order = STATES[tab], _ORDERS.get(tab, "i.invited_at DESC, i.id DESC")
    standing = ""
    if states:
        standing = "JOIN invite_standing AS s ON s.id = i.id"
        narrowed += f" AND s.state IN ({', '.join(repr(one) for one in states)})"
    rows = tx.execute(
        f"""
        SELECT i.id FROM invite AS i {standing}
         WHERE i.import_run_id NOT IN (SELECT id FROM open_run) {narrowed}
         ORDER BY {order} LIMIT :limit
        """,
        {**parameters, "limit": ROWS_MAX},
    )
    return array("q", (row[0] for row in rows))


def kind_ids(
    tx: Transaction, kind: str, within: str = "", parameters: Mapping[str, object] = MappingProxyType({})
) -> array[int]:
    """The codes, the proofs (those that wait first) or the invitations; of those alone that `within` selects."""
    narrowed = f"AND t.id IN ({within})" if within else ""
    rows = tx.execute(
        f"{_IDS[kind].format(narrowed=narrowed)} LIMIT :limit", {**parameters, "limit": ROWS_MAX}
    )
    return array("q", (row[0] for row in rows))


def of_invites(kind: str, within: str) -> str:
    """SELECT of the rows of another list that hang on the invites that `within` selects: by programme, code or people."""
    return _OF_INVITES[kind].format(within=within, people=_PEOPLE.format(within=within))


def counts(tx: Transaction) -> dict[str, int]:
    """How much there is in each tab."""
    found = dict.fromkeys(STATES, 0)
    for state, number in tx.execute("SELECT state, count(*) FROM invite_standing GROUP BY state"):
        found["all"] += number
        for tab, states in STATES.items():
            if state in states:
                found[tab] += number
    row = tx.one(
        """
        SELECT (SELECT count(*) FROM programme) AS programmes,
               (SELECT count(*) FROM code WHERE revoked_at IS NULL) AS codes,
               (SELECT count(*) FROM proof WHERE state = 'waiting') AS proofs,
               (SELECT count(*) FROM group_invitation WHERE withdrawn = 0) AS invitations,
               (SELECT count(*) FROM join_request WHERE state = 'asked') AS joins
        """
    )
    assert row is not None
    return {**found, **dict(row)}


def invite_rows(tx: Transaction, wanted: Sequence[int]) -> list[InviteView]:
    """Invites by id, in no order."""
    found = tx.rows(
        f"""
        SELECT i.id, i.ref, p.name AS programme, s.state, CASE s.reason WHEN '' THEN i.refusal ELSE s.reason END AS reason,
               i.invited_at, i.arrived_at, s.due_at, i.channel, i.confidence, coalesce(w.kind, '') AS kind,
               coalesce(w.amount_minor, 0) AS amount_minor, coalesce(w.currency, '') AS currency,
               coalesce(w.rewards, 0) AS rewards, a.name AS referrer,
               (SELECT phone FROM member_phone WHERE member_id = a.id) AS referrer_phone, b.name AS invitee,
               (SELECT phone FROM member_phone WHERE member_id = b.id) AS invitee_phone
          FROM invite_standing AS s
          JOIN invite AS i ON i.id = s.id
          JOIN programme AS p ON p.id = i.programme_id
          JOIN member_root AS ar ON ar.id = i.referrer_id
          JOIN member AS a ON a.id = ar.root_id
          JOIN member_root AS br ON br.id = i.invitee_id
          JOIN member AS b ON b.id = br.root_id
          LEFT JOIN (SELECT invite_id, kind, sum(amount_minor) AS amount_minor, currency, count(*) AS rewards,
                            min(kind <> 'cashback') AS is_other
                       FROM reward
                      WHERE side = 'referrer' AND state IN ('pending', 'posted', 'issued', 'redeemed', 'expired')
                        AND invite_id IN ({_places(wanted)})
                      GROUP BY invite_id, kind, currency) AS w
            ON w.invite_id = i.id
         WHERE i.id IN ({_places(wanted)})
         ORDER BY w.is_other DESC
        """,
        [*wanted, *wanted],
    )
    return list(
        {row["id"]: InviteView._make(row) for row in found}.values()
    )  # of several kinds, cashback stands there


def code_rows(tx: Transaction, wanted: Sequence[int]) -> list[CodeView]:
    """Codes by id, in no order."""
    found = tx.rows(
        f"""
        SELECT c.id, c.code, p.name AS programme, c.channel, c.made_at, c.expires_at, c.revoked_at, c.reason,
               (SELECT count(*) FROM member_root AS o CROSS JOIN invite AS i
                 WHERE o.root_id = r.root_id AND i.referrer_id = o.id AND i.code_id = c.id) AS came,
               m.id AS member_id, m.name, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM code AS c
          JOIN programme AS p ON p.id = c.programme_id
          JOIN member_root AS r ON r.id = c.member_id
          JOIN member AS m ON m.id = r.root_id
         WHERE c.id IN ({_places(wanted)})
        """,
        list(wanted),
    )
    return [CodeView._make(row) for row in found]


def proof_rows(tx: Transaction, wanted: Sequence[int]) -> list[ProofView]:
    """Proofs by id, in no order."""
    found = tx.rows(
        f"""
        SELECT p.id, p.ref, p.state, p.came_at, g.name AS programme, p.byte_count, p.sha256, p.reason,
               coalesce(o.name, '') AS decided_by, p.decided_at, p.deleted_at, p.message_id,
               coalesce(d.ref, '') AS again, coalesce(e.root_id = r.root_id, 0) AS is_again_own, m.name,
               (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM proof AS p
          JOIN programme AS g ON g.id = p.programme_id
          JOIN member_root AS r ON r.id = p.member_id
          JOIN member AS m ON m.id = r.root_id
          LEFT JOIN known_operator AS o ON o.id = p.operator_id
          LEFT JOIN proof AS d
            ON d.id = (SELECT f.id FROM proof AS f
                        WHERE f.sha256 = p.sha256 AND (f.came_at, f.id) < (p.came_at, p.id)
                        ORDER BY f.came_at, f.id LIMIT 1)
          LEFT JOIN member_root AS e ON e.id = d.member_id
         WHERE p.id IN ({_places(wanted)})
        """,
        list(wanted),
    )
    return [ProofView._make(row) for row in found]


def invitation_rows(tx: Transaction, wanted: Sequence[int]) -> list[InvitationView]:
    """Invitations to groups by id, in no order."""
    found = tx.rows(
        f"""
        SELECT i.id, i.ref, i.play, i.channel, i.invited_at, i.outgoing_id, o.state, o.state_reason, p.name AS operator,
               s.joined_at, s.left_at, g.name AS "group", m.name,
               (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM known_invitation AS i
          JOIN "group" AS g ON g.id = i.group_id
          JOIN member AS m ON m.id = i.member_id
          JOIN outgoing AS o ON o.id = i.outgoing_id
          JOIN known_operator AS p ON p.id = i.operator_id
          LEFT JOIN membership AS s ON s.id = i.stay_id
         WHERE i.id IN ({_places(wanted)})
        """,
        list(wanted),
    )
    return [InvitationView._make(row) for row in found]


def _places(wanted: Sequence[int]) -> str:
    return ", ".join("?" * len(wanted))
