"""What verification reads of invites: what does not follow from what, by rows and by the books."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction

# Each finds the rows that are wrong: (table, id, what is wrong with it).
CHECKS: Final = (
    (
        "invite_state",
        "How an invite stands is not where its last step led.",
        """
        SELECT s.id FROM invite_state AS s
         WHERE s.state IS NOT (SELECT t.after FROM invite_step AS t WHERE t.invite_id = s.id ORDER BY t.id DESC LIMIT 1)
         LIMIT 1
        """,
    ),
    (
        "reward",
        "A reward stands otherwise than its last step led.",
        """
        SELECT w.id FROM reward AS w
         WHERE w.state IS NOT (SELECT CASE s.step WHEN 'pended' THEN 'pending' WHEN 'reinstated' THEN 'issued'
                                                  ELSE s.step END
                                 FROM reward_step AS s
                                WHERE s.reward_id = w.id AND s.step <> 'told' ORDER BY s.id DESC LIMIT 1)
         LIMIT 1
        """,
    ),
    (
        "reward",
        "The books never held what a reward says.",
        """
        SELECT w.id FROM reward AS w
          LEFT JOIN transfer AS t ON t.ref = w.ref AND t.kind = 'pending'
         WHERE CASE WHEN w.kind IN ('cashback', 'points') THEN w.amount_minor ELSE w.cost_minor END > 0
           AND (t.seq IS NULL OR t.rule IS NOT w.rule OR t.rule_version IS NOT w.rule_version
                OR t.amount IS NOT CASE WHEN w.kind IN ('cashback', 'points') THEN w.amount_minor ELSE w.cost_minor END
                OR t.currency IS NOT CASE WHEN w.kind IN ('cashback', 'points') THEN w.currency ELSE w.cost_currency END)
         LIMIT 1
        """,
    ),
    (
        "reward",
        "The books moved something else than a reward's state says.",
        """
        SELECT w.id FROM reward AS w
          JOIN transfer AS t ON t.ref = w.ref AND t.kind = 'pending'
         WHERE (w.state IN ('posted', 'issued', 'redeemed', 'expired', 'reversed'))
               IS NOT EXISTS (SELECT 1 FROM transfer AS p WHERE p.ref = w.ref || ':post' AND p.kind = 'post')
            OR (w.state = 'voided')
               IS NOT EXISTS (SELECT 1 FROM transfer AS v WHERE v.ref = w.ref || ':void' AND v.kind = 'void')
            OR (w.state = 'reversed')
               IS NOT EXISTS (SELECT 1 FROM transfer AS r WHERE r.ref = w.ref || ':reverse' AND r.kind = 'reversal')
         LIMIT 1
        """,
    ),
    (
        "transfer",
        "The books hold a reward that no invite earned.",
        """
        SELECT t.seq FROM transfer AS t
         WHERE t.purpose = 'reward' AND t.kind = 'pending' AND NOT EXISTS (SELECT 1 FROM reward AS w WHERE w.ref = t.ref)
         LIMIT 1
        """,
    ),
)


def wrong(tx: Transaction, sql: str) -> int | None:
    """The id of the first row that one of `CHECKS` finds, or None."""
    found = tx.value(sql)
    return None if found is None else int(found)
