"""The one Protocol of the house: a way to reach WhatsApp, and what it answers.

A driver never touches the ledger. What it knows of a send is a `Verdict`; what it cannot know
(the answer was lost) is `unknown`, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from waconsole.whatsapp.content import Content

RecipientKind = Literal["phone", "bsuid", "group"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is written to: an E.164 phone, a BSUID exactly as received, or a WhatsApp group id."""

    kind: RecipientKind
    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way out. `opaque` comes back in every status of it; `reply_to` is the wamid it quotes.

    `chosen_id` is the id it will have, where the driver lets us choose one before sending (`message_ids`).
    """

    recipient: Recipient
    content: Content
    opaque: str
    reply_to: str | None = None
    chosen_id: str | None = None


class Action(Enum):
    """What an error asks of us: the policy table of the Cloud API's error codes."""

    RETRY = "retry"  # provably not sent, or refused for a passing reason: again, later
    SLOW = "slow"  # the number (or the app) sends too fast: again, and slower
    PAIR = "pair"  # this recipient gets too much at once: again in 4^n seconds, others go on
    PARK = "park"  # an operator must look
    TEMPLATE = "template"  # the service window has closed: only a template can go
    SUPPRESS = "suppress"  # this person must not be written to for this purpose
    STOP = "stop"  # the whole number must stand still until somebody acts
    FIX = "fix"  # the request itself is wrong: never again unchanged
    UNKNOWN = "unknown"  # it may have been sent: wait for a status, never again by a timer


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one request.

    `accepted` carries the wamid. `refused` is WhatsApp's no, with its `code`; `unsent` provably
    never left; `unknown` may have been sent. `action` says what to do about all but `accepted`;
    `detail` is foreign text for the operator, `trace` WhatsApp's own id of the failure (or of an
    asynchronous request). `held` is what WhatsApp said of an accepted template it does not deliver yet.
    """

    outcome: Literal["accepted", "refused", "unsent", "unknown"]
    wamid: str | None = None
    action: Action | None = None
    code: int | None = None
    detail: str = ""
    trace: str = ""
    retry_after_seconds: float | None = None
    held: str = ""


def _nothing() -> None:
    """Nobody waits for it."""


class Driver(Protocol):
    """A way to reach WhatsApp with one of our numbers."""

    async def send(self, message: Message) -> Verdict:
        """Hand one message over, once. Never raises for what the network or WhatsApp does."""
        ...

    async def message_ids(self, count: int) -> list[str]:
        """At most `count` ids for messages that are still to be sent; none where WhatsApp gives ids only afterwards."""
        ...

    async def find(self, message: Message) -> Verdict:
        """Look whether a message whose answer was lost is there: `accepted`, `unsent`, or `unknown` where nobody can say."""
        ...

    async def mark_read(
        self, wamid: str, *, typing: bool = False, left: Callable[[], None] = _nothing
    ) -> Verdict:
        """Give the blue tick for a received message (and those before it), and show that we type.

        Never for a group's message: `capability.sending` says where it can be done. It may be asked
        for twice. `left` is called once the request is on the wire: what follows comes after it.
        """
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
