"""What invites forget of a person: where they live, how they pay, their device, the message that proved they came.

Who brought whom stays, under the pseudonym: rewards and the books hang on it.
"""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks

_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget the person's own words of an invite; its people, its time and what it earned stay."""
    count = tx.execute(
        f"""
        UPDATE invite SET address = '', payment = '', device = '', proof = ''
         WHERE invitee_id {_AMONG} AND (address <> '' OR payment <> '' OR device <> '' OR proof <> '')
        """,
        {"ids": marks(traces.member_ids)},
    ).rowcount
    erased.count("invite", count)
