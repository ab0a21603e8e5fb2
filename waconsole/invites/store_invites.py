"""Invites as rows: written in bulk, found by name. Facts only come; how an invite stands is `store_rewards`' to say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks
from waconsole.errors import NotFound
from waconsole.invites.model import InviteRow
from waconsole.members import store_merge

KNOWN_AT_ONCE_MAX: Final = 10_000


def add_invites(tx: Transaction, rows: Sequence[InviteRow]) -> int:
    """Write invites; one that is known, by its name or as of the same two people, is left. Answers how many were written."""
    given = "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    if store_merge.has_merges(tx):
        given = f"""
            {given.replace("VALUES (", "SELECT ").removesuffix(")")} WHERE NOT EXISTS (
                SELECT 1
                  FROM member_root AS a
                  JOIN member_root AS oa ON oa.root_id = a.root_id AND oa.id <> a.id
                  JOIN invite AS o ON o.referrer_id = oa.id AND o.invited_at = ?5
                  JOIN member_root AS ob ON ob.id = o.invitee_id
                  JOIN member_root AS b ON b.root_id = ob.root_id
                 WHERE a.id = ?3 AND b.id = ?4 AND o.programme_id = ?2 AND o.channel = ?7
                 UNION ALL
                SELECT 1
                  FROM member_root AS b
                  JOIN member_root AS ob ON ob.root_id = b.root_id AND ob.id <> b.id
                  JOIN invite AS o ON o.referrer_id = ?3 AND o.invited_at = ?5 AND o.invitee_id = ob.id
                 WHERE b.id = ?4 AND o.programme_id = ?2 AND o.channel = ?7)"""
    return tx.executemany(
        f"""
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, channel, confidence,
                            address, payment, device, origin, recorded_at, import_run_id)
        {given}
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


_HANGS: Final = """
    (EXISTS (SELECT 1 FROM invite_state AS s WHERE s.id = {0}.id)
     OR EXISTS (SELECT 1 FROM invite_word AS w WHERE w.invite_id = {0}.id)
     OR EXISTS (SELECT 1 FROM invite_word AS w WHERE w.instead_id = {0}.id)
     OR EXISTS (SELECT 1 FROM arrival AS v WHERE v.invite_id = {0}.id)
     OR EXISTS (SELECT 1 FROM invite_gate AS g WHERE g.invite_id = {0}.id))
"""


def forget_repeated(tx: Transaction, member_id: int) -> None:
    """Of invites told under several numbers of one person, keep one: as if the numbers had been known before.

    It is the one whose name comes first, unless another was decided on. What was decided on stays.
    """
    tx.execute(
        f"""
        DELETE FROM invite WHERE id IN (
            SELECT one.id
              FROM member_root AS me
              JOIN member_root AS r ON r.root_id = me.root_id
              JOIN invite AS one
                ON one.id IN (SELECT id FROM invite WHERE referrer_id = r.id
                               UNION ALL
                              SELECT id FROM invite WHERE invitee_id = r.id)
              JOIN member_root AS a ON a.id = one.referrer_id
              JOIN member_root AS b ON b.id = one.invitee_id
              JOIN member_root AS oa ON oa.root_id = a.root_id
              JOIN invite AS o ON o.referrer_id = oa.id AND o.invited_at = one.invited_at
              JOIN member_root AS ob ON ob.id = o.invitee_id AND ob.root_id = b.root_id
             WHERE me.id = :member AND o.id <> one.id AND o.programme_id = one.programme_id AND o.channel = one.channel
               AND (o.ref < one.ref OR {_HANGS.format("o")}) AND NOT {_HANGS.format("one")}
               AND o.import_run_id NOT IN (SELECT id FROM open_run))
        """,
        {"member": member_id},
    )


def invites_by_ref(tx: Transaction, refs: Sequence[str]) -> dict[str, InviteRow]:
    """The known ones among these names."""
    rows = tx.rows(
        f"""
        SELECT {", ".join(f"i.{name}" for name in InviteRow._fields)}
          FROM json_each(:refs) AS wanted
         CROSS JOIN invite AS i ON i.ref = wanted.value
         LIMIT :limit
        """,
        {"refs": json.dumps(list(refs)), "limit": KNOWN_AT_ONCE_MAX},
    )
    return {row["ref"]: InviteRow(*row) for row in rows}


def programme_named(tx: Transaction, name: str) -> tuple[int, str] | None:
    """(id, ref) of the programme of that folded name, or None."""
    row = tx.one("SELECT id, ref FROM known_programme WHERE folded = :name", {"name": name})
    return None if row is None else (row["id"], row["ref"])


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` invites that only an unsealed run knew; answers how many."""
    return tx.execute(
        """
        DELETE FROM invite WHERE id IN (
            SELECT id FROM invite WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
        """,
        {"run_id": run_id, "limit": limit},
    ).rowcount


class Standing(NamedTuple):
    """An invite with what was said of it: the persons' rows, how sure it is, why it cannot earn ('' while it can)."""

    id: int
    ref: str
    programme_id: int
    referrer_id: int
    invitee_id: int
    invited_at: int
    arrived_at: int | None
    channel: str
    confidence: str
    refusal: str
    origin: str


_STANDING: Final = """
    SELECT i.id, i.ref, i.programme_id, a.root_id AS referrer_id, b.root_id AS invitee_id, i.invited_at, i.arrived_at,
           i.channel, i.confidence, i.refusal, i.origin
      FROM invite AS i
      JOIN member_root AS a ON a.id = i.referrer_id
      JOIN member_root AS b ON b.id = i.invitee_id
"""


def add_arrived(
    tx: Transaction, row: InviteRow, *, code_id: int | None, refusal: str, proof: str
) -> int | None:
    """Write an invite that a message or an operator told; answers its id, None where it is known already."""
    found = tx.execute(
        """
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, channel, confidence,
                            address, payment, device, origin, recorded_at, import_run_id, code_id, refusal, proof)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        (*row, code_id, refusal, proof),
    )
    return found.lastrowid if found.rowcount else None


def set_word(tx: Transaction, invite_id: int, *, confidence: str, refusal: str) -> None:
    """Write how sure an invite is, and why it cannot earn ('': it can)."""
    tx.execute(
        "UPDATE invite SET confidence = :confidence, refusal = :refusal WHERE id = :id",
        {"id": invite_id, "confidence": confidence, "refusal": refusal},
    )


def standing(tx: Transaction, invite_id: int) -> Standing:
    """The invite of that id."""
    row = tx.one(f"{_STANDING} WHERE i.id = ?", (invite_id,))
    assert row is not None
    return Standing(*row)


def invite_named(tx: Transaction, ref: str) -> Standing:
    """The invite of that name. Raises NotFound."""
    row = tx.one(f"{_STANDING} WHERE i.ref = ?", (ref,))
    if row is None:
        raise NotFound(f"There is no invite {ref}: `waconsole invites list` shows them.")
    return Standing(*row)


def invites_to(tx: Transaction, root_id: int) -> list[Standing]:
    """Every visible invite to a person, the earliest arrival first; what nobody came by stands last."""
    rows = tx.rows(
        f"""
        {_STANDING}
         WHERE i.invitee_id IN (SELECT id FROM member_root WHERE root_id = :root_id)
           AND i.import_run_id NOT IN (SELECT id FROM open_run)
         ORDER BY i.arrived_at IS NULL, i.arrived_at, i.id
         LIMIT :limit
        """,
        {"root_id": root_id, "limit": KNOWN_AT_ONCE_MAX},
    )
    return [Standing(*row) for row in rows]


def erase_words(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget a person: WhatsApp's id of their message, in which their number stands, and every sentence that names them."""
    proofs = tx.execute(
        """
        UPDATE invite SET proof = ''
         WHERE proof <> '' AND invitee_id IN (SELECT value FROM json_each(:ids))
        """,
        {"ids": marks(traces.member_ids)},
    ).rowcount
    named, wanted = traces.condition("refusal")
    words = [
        (traces.without(row["refusal"]), row["id"])
        for row in tx.execute(f"SELECT id, refusal FROM invite WHERE {named}", wanted)
        if traces.found_in(row["refusal"])
    ]
    tx.executemany("UPDATE invite SET refusal = ? WHERE id = ?", words)
    erased.count("invite", proofs + len(words))
    erased.touched("invite", [row_id for _, row_id in words])
