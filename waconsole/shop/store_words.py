"""What a shop's webhooks say of an order beside the order itself: its own key for it, and when it last spoke of it."""

from __future__ import annotations

from waconsole.database.connection import Row, Transaction


def order_word(tx: Transaction, shop: str, shop_key: str) -> Row | None:
    """(reference, told_at) of an order by the shop's own key, or None."""
    return tx.one(
        "SELECT reference, told_at FROM order_word WHERE shop = :shop AND shop_key = :shop_key",
        {"shop": shop, "shop_key": shop_key},
    )


def hear_order(tx: Transaction, shop: str, shop_key: str, reference: str, *, told_at: int) -> None:
    """Keep what an order is called and when it was last spoken of; a word that comes late changes nothing."""
    tx.execute(
        """
        INSERT INTO order_word (shop, shop_key, reference, told_at)
        VALUES (:shop, :shop_key, :reference, :told_at)
            ON CONFLICT (shop, shop_key) DO UPDATE
               SET reference = excluded.reference, told_at = excluded.told_at
             WHERE excluded.told_at > order_word.told_at
        """,
        {"shop": shop, "shop_key": shop_key, "reference": reference, "told_at": told_at},
    )
