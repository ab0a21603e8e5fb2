"""What is missing or wrong for sending and receiving: advice of `doctor`, never a word against the ledger.

It reads the ledger and the settings, and asks this machine whether somebody listens; WhatsApp itself is asked by
`waconsole connect --check`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from waconsole.clock import DAY, HOUR, iso
from waconsole.database.check import Check, asked
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.outbox import store_alarms, store_numbers, store_templates
from waconsole.outbox.alarms import alarm_sentence
from waconsole.settings import Settings
from waconsole.sync import gateway_rows, notice_rows
from waconsole.sync.hooks_check import shop_check
from waconsole.sync.retention import emptied_at
from waconsole.text import safe

LATE: Final = DAY  # unknown for so long, or nothing heard for so long: somebody should look
WINDOW_MARGIN: Final = HOUR
GATEWAY_SILENT: Final = HOUR
RETENTION_LATE: Final = 2 * DAY
TOLD_MAX: Final = 3
CONNECT_SECONDS: Final = 1.0

Question = Callable[[Transaction, Settings, int], str]


def road_checks(tx: Transaction, settings: Settings, *, now: int) -> Iterator[Check]:
    """Every check of the road, in order."""
    for name, question, fine in _QUESTIONS:
        yield asked(name, partial(_check, name, question, fine, tx, settings, now))
    yield asked("shops", partial(shop_check, tx, settings))


def _check(name: str, question: Question, fine: str, tx: Transaction, settings: Settings, now: int) -> Check:
    wrong = question(tx, settings, now)
    return Check(name, True, wrong or fine, advice=bool(wrong))


def _number(tx: Transaction, settings: Settings, now: int) -> str:
    """Is there a number, and all that it needs?"""
    cloud, gateway = settings.cloud, settings.gateway
    if not cloud.phone_number_id and not gateway.enabled:
        return "No number is connected, so nothing is sent or received: `waconsole connect` connects one."
    missing: list[str] = []
    if cloud.phone_number_id:
        secrets = {
            "cloud.token": "nothing can be sent",
            "cloud.app_secret": "no webhook can be trusted",
            "cloud.verify_token": "WhatsApp cannot ask the receiver",
        }
        for name, lost in secrets.items():
            try:
                if not settings.value(name):
                    missing.append(f"{name} is not set: {lost}")
            except Refused as refused:
                missing.append(str(refused).rstrip("."))
        if not cloud.waba_id:
            missing.append("cloud.waba_id is not set: no template can be fetched, no webhook asked for")
    if gateway.enabled and not gateway.api_key:
        missing.append("gateway.api_key is not set: the gateway answers nobody")
    return f"{'; '.join(missing)}. `waconsole connect` asks for it and tests it." if missing else ""


def _stopped(tx: Transaction, settings: Settings, now: int) -> str:
    """Does WhatsApp take nothing from a number (a token it refuses, an account it restricted)?"""
    told = [
        f"{safe(row['name'])} stands still since {iso(row['stopped_at'])}: {safe(row['stopped_reason']).rstrip('.')}"
        for row in store_numbers.all_numbers(tx)
        if row["stopped_reason"]
    ]
    return f"{'; '.join(told[:TOLD_MAX])}. `waconsole connect --check` asks WhatsApp why." if told else ""


def _paused(tx: Transaction, settings: Settings, now: int) -> str:
    told = [str(alarm_sentence(one)).rstrip(".") for one in store_alarms.alarms(tx).paused]
    more = f" and {len(told) - TOLD_MAX} more" if len(told) > TOLD_MAX else ""
    return f"{'; '.join(told[:TOLD_MAX])}{more}. `waconsole outbox resume` lets it go on." if told else ""


def _unknown(tx: Transaction, settings: Settings, now: int) -> str:
    count = tx.value(
        """
        SELECT count(*) FROM outgoing AS o
         WHERE o.state = 'unknown'
           AND coalesce((SELECT max(a.started_at) FROM attempt AS a WHERE a.outgoing_id = o.id), o.written_at) < :since
        """,
        {"since": now - LATE},
    )
    if not count:
        return ""
    return (
        f"Unknown for more than a day, so they may have arrived or not: {count:,}."
        " `waconsole outbox list --state unknown`, and `outbox resolve` settles each."
    )


def _held(tx: Transaction, settings: Settings, now: int) -> str:
    """What a closed window holds; what a copied ledger holds is the check `copy`."""
    count = tx.value(
        "SELECT count(*) FROM outgoing WHERE state = 'held' AND state_reason = 'template_needed'"
    )
    return (
        f"Held because the window is closed: {count:,}. A template (`waconsole outbox convert`), or their next word,"
        " lets them go."
        if count
        else ""
    )


def _window(tx: Transaction, settings: Settings, now: int) -> str:
    """What waits as free text for somebody whose window closes soon."""
    count = tx.value(
        """
        SELECT count(*) FROM outgoing AS o JOIN conversation AS c ON c.id = o.conversation_id
         WHERE o.state IN ('queued', 'held') AND o.driver = 'cloud' AND o.kind <> 'template'
           AND c.window_until > :now AND c.window_until <= :soon
        """,
        {"now": now, "soon": now + WINDOW_MARGIN},
    )
    return (
        f"Waiting for people whose window closes within the hour: {count:,}. After it only a template reaches them."
        if count
        else ""
    )


def _gateway(tx: Transaction, settings: Settings, now: int) -> str:
    ours = [row for row in store_numbers.all_numbers(tx) if row["driver"] == "gateway"]
    gateway = settings.gateway
    if not gateway.enabled:
        named = ", ".join(safe(row["name"]) for row in ours[:TOLD_MAX])
        return (
            f"The gateway is off, and {named} is reached by nothing else: `waconsole connect`."
            if ours
            else ""
        )
    where = urlsplit(gateway.base_url)
    port = where.port or (443 if where.scheme == "https" else 80)
    if not _listens(where.hostname or "", port):
        return f"Nothing answers at {gateway.base_url}: start the gateway, or see to gateway.base_url."
    heard = [gateway_rows.heard_through(tx, row["id"]) for row in ours]
    latest = max((at for at in heard if at is not None), default=None)
    if latest is None:
        return "The gateway was never heard yet: the console or `waconsole sync --watch` hears it."
    if now - latest > GATEWAY_SILENT:
        return f"The gateway was last heard at {iso(latest)}: what it told since is asked for when it is heard again."
    return ""


def _receiver(tx: Transaction, settings: Settings, now: int) -> str:
    if not settings.cloud.phone_number_id:
        return ""
    last = tx.value("SELECT max(received_at) FROM inbound WHERE source = 'webhook'")
    if last is not None and now - last <= LATE:
        return ""
    since = "No webhook has come yet" if last is None else f"No webhook has come since {iso(last)}"
    receiver = settings.receiver
    if not _listens(receiver.host, receiver.port):
        return (
            f"{since}, and no receiver listens on port {receiver.port} here: `waconsole receive` starts it."
        )
    if not receiver.public_url:
        return f"{since}: receiver.public_url is not set, so WhatsApp is told no address."
    return f"{since}: `waconsole connect --check` looks whether {receiver.public_url} leads here."


def _listens(host: str, port: int) -> bool:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        with socket.create_connection((near, port), timeout=CONNECT_SECONDS):
            return True
    except (OSError, ValueError):
        return False


def _retention(tx: Transaction, settings: Settings, now: int) -> str:
    oldest = tx.value("SELECT min(received_at) FROM inbound WHERE state = 'done' AND body <> x''")
    last = emptied_at(tx)
    if oldest is None or now - oldest < RETENTION_LATE or (last is not None and now - last < RETENTION_LATE):
        return ""
    when = "never" if last is None else f"last at {iso(last)}"
    return f"Old webhooks hold what people wrote and were emptied {when}: `waconsole sync --once` does it each day."


def _templates(tx: Transaction, settings: Settings, now: int) -> str:
    bad = [
        row
        for row in store_templates.templates(tx)
        if row["status"] and row["status"] not in store_templates.USABLE
    ]
    named = ", ".join(f"{safe(row['name'])} ({safe(row['status']).lower()})" for row in bad[:TOLD_MAX])
    more = f" and {len(bad) - TOLD_MAX} more" if len(bad) > TOLD_MAX else ""
    return f"Templates that cannot be sent: {named}{more}." if bad else ""


def _notices(tx: Transaction, settings: Settings, now: int) -> str:
    counts = notice_rows.unseen_count(tx)
    alarms, others = counts.get("alarm", 0), counts.get("warning", 0)
    if not alarms + others:
        return ""
    return f"Told by WhatsApp and seen by nobody: {alarms + others:,}. `waconsole notices list` shows it."


_QUESTIONS: Final[tuple[tuple[str, Question, str], ...]] = (
    ("number", _number, "A number is connected, with all that it needs."),
    ("stopped", _stopped, "WhatsApp takes what our numbers send."),
    ("paused", _paused, "Nothing is paused."),
    ("unknown", _unknown, "Nothing is unknown for longer than a day."),
    ("held", _held, "Nothing is held that needs a hand."),
    ("window", _window, "Nobody who is written to loses their window within the hour."),
    ("gateway", _gateway, "No gateway is in trouble."),
    ("receiver", _receiver, "The receiver is heard, or none is needed."),
    ("retention", _retention, "Old webhooks are emptied."),
    ("templates", _templates, "Every template that is known can be sent."),
    ("notices", _notices, "Nothing that WhatsApp told waits to be seen."),
)
