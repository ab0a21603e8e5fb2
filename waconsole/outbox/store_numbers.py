"""Our numbers: what members write to, how each stands, and what WhatsApp told of it. Their only writer."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound

HAND_REF: Final = "number-hand"
HAND_NAME: Final = "by hand"
NUMBERS_MAX: Final = 100
_COLUMNS: Final = """
    id, ref, name, phone, driver, added_at, phone_number_id, waba_id, stopped_reason, stopped_at, paused_at, paused_by,
    paused_reason, added_by, portfolio, shared, quality, quality_at, per_second_max, per_second_at
"""


def ensure_hand(tx: Transaction, *, now: int) -> None:
    """The number that stands for a human hand: groups the API cannot reach hang on it."""
    tx.execute(
        """
        INSERT INTO number (ref, name, driver, added_at) VALUES (:ref, :name, 'human', :now)
            ON CONFLICT (ref) DO NOTHING
        """,
        {"ref": HAND_REF, "name": HAND_NAME, "now": now},
    )


def hand_number_id(tx: Transaction) -> int:
    """The id of that number."""
    return int(tx.value("SELECT id FROM number WHERE ref = :ref", {"ref": HAND_REF}))


def ensure_number(
    tx: Transaction, *, phone_number_id: str, waba_id: str, name: str, phone: str | None, now: int
) -> int:
    """The number of the Cloud API with Meta's `phone_number_id`; written when it is new. Answers its id."""
    known = tx.one(
        "SELECT id, waba_id, phone FROM number WHERE phone_number_id = :id", {"id": phone_number_id}
    )
    if known is None:
        return tx.insert(
            """
            INSERT INTO number (ref, name, phone, driver, added_at, phone_number_id, waba_id)
            VALUES (:ref, :name, :phone, 'cloud', :now, :phone_number_id, :waba_id)
            """,
            {
                "ref": f"number-{phone_number_id}",
                "name": name,
                "phone": phone,
                "now": now,
                "phone_number_id": phone_number_id,
                "waba_id": waba_id,
            },
        )
    told = (waba_id or known["waba_id"], phone or known["phone"])
    if told != (known["waba_id"], known["phone"]):
        tx.execute(
            "UPDATE number SET waba_id = :waba_id, phone = :phone WHERE id = :id",
            {"waba_id": told[0], "phone": told[1], "id": known["id"]},
        )
    return int(known["id"])


def number_by_phone_number_id(tx: Transaction, phone_number_id: str) -> int | None:
    """The id of our number that Meta calls so, or None when it is none of ours."""
    value = tx.value("SELECT id FROM number WHERE phone_number_id = :id", {"id": phone_number_id})
    return None if value is None else int(value)


def cloud_number(tx: Transaction) -> int | None:
    """The id of the first number of the Cloud API that this ledger knows, or None."""
    value = tx.value("SELECT id FROM number WHERE driver = 'cloud' ORDER BY id LIMIT 1")
    return None if value is None else int(value)


def number_row(tx: Transaction, number_id: int) -> Row:
    """A number with all that is known of it (`_COLUMNS`). Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM number WHERE id = :id", {"id": number_id})
    if row is None:
        raise NotFound("That number is not in this ledger.")
    return row


def set_number_stopped(tx: Transaction, number_id: int, reason: str, at: int | None) -> None:
    """Let a number stand still since `at` because of `reason`; "" and None let it go again."""
    tx.execute(
        "UPDATE number SET stopped_reason = :reason, stopped_at = :at WHERE id = :id",
        {"reason": reason, "at": at, "id": number_id},
    )


def add_gateway(tx: Transaction, *, session: str, name: str, phone: str | None, now: int) -> int:
    """The number of the linked phone that the gateway calls `session`; written when it is new. Answers its id."""
    ref = f"number-gateway-{session}"
    known = tx.one("SELECT id, phone FROM number WHERE ref = :ref", {"ref": ref})
    if known is None:
        return tx.insert(
            """
            INSERT INTO number (ref, name, phone, driver, added_at)
            VALUES (:ref, :name, :phone, 'gateway', :now)
            """,
            {"ref": ref, "name": name, "phone": phone, "now": now},
        )
    if phone and phone != known["phone"]:
        tx.execute("UPDATE number SET phone = :phone WHERE id = :id", {"phone": phone, "id": known["id"]})
    return int(known["id"])


def all_numbers(tx: Transaction) -> list[Row]:
    """Every number, those of a human hand too, as `number_row`."""
    return tx.rows(f"SELECT {_COLUMNS} FROM number ORDER BY id LIMIT :limit", {"limit": NUMBERS_MAX})


def numbers_named(tx: Transaction, name: str) -> list[Row]:
    """The numbers that are called so: by name, ref, phone or WhatsApp's id of it."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} FROM number
         WHERE ref = :name OR phone = :name OR phone_number_id = :name OR lower(name) = lower(:name)
         ORDER BY id LIMIT :limit
        """,
        {"name": name, "limit": NUMBERS_MAX},
    )


def set_added(tx: Transaction, number_id: int, operator_id: int) -> None:
    """An operator added a number: it sends whatever number the settings name."""
    tx.execute(
        "UPDATE number SET added_by = :operator_id WHERE id = :id AND added_by IS NULL",
        {"operator_id": operator_id, "id": number_id},
    )


def rename(tx: Transaction, number_id: int, name: str) -> None:
    """Call a number something else."""
    tx.execute("UPDATE number SET name = :name WHERE id = :id", {"name": name, "id": number_id})


def set_paused(
    tx: Transaction, number_id: int, *, at: int | None, operator_id: int | None = None, reason: str = ""
) -> None:
    """Pause a number since `at`; None lets it go on. `operator_id` None: a breaker did it."""
    tx.execute(
        """
        UPDATE number SET paused_at = :at, paused_by = :operator_id, paused_reason = :reason WHERE id = :id
        """,
        {"at": at, "operator_id": operator_id, "reason": reason, "id": number_id},
    )


def set_quality(tx: Transaction, number_id: int, quality: str, *, at: int) -> None:
    """What WhatsApp told of a number's quality at `at`; an earlier word than the known one changes nothing."""
    tx.execute(
        "UPDATE number SET quality = :quality, quality_at = :at WHERE id = :id AND quality_at <= :at",
        {"quality": quality, "at": at, "id": number_id},
    )


def set_per_second(tx: Transaction, number_id: int, per_second_max: int | None, *, at: int) -> None:
    """How many messages a second WhatsApp told to take from a number at `at`; None: policy says."""
    tx.execute(
        """
        UPDATE number SET per_second_max = :per_second_max, per_second_at = :at
         WHERE id = :id AND per_second_at <= :at
        """,
        {"per_second_max": per_second_max, "at": at, "id": number_id},
    )


def set_shared(tx: Transaction, number_id: int, *, shared: bool) -> None:
    """Whether a number is also used by the WhatsApp Business app."""
    tx.execute("UPDATE number SET shared = :shared WHERE id = :id", {"shared": int(shared), "id": number_id})
