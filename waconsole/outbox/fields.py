"""What may be asked of outgoing messages: our effort, WhatsApp's word, purpose and reason. SQL over `o`, an outgoing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from waconsole.members.model import e164, looks_like_phone
from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject
from waconsole.query.tree import Word

STATES: Final[Mapping[str, str]] = {
    "draft": "begun and not sent off",
    "scheduled": "waits for its time",
    "queued": "waits for its turn",
    "held": "waits because of its reason",
    "sending": "is on its way to WhatsApp",
    "accepted": "WhatsApp took it",
    "unknown": "nobody knows whether WhatsApp took it: an operator decides",
    "failed": "WhatsApp refused it",
    "refused": "a rule of ours refused it",
    "cancelled": "an operator took it back",
    "expired": "its time was over before it left",
    "closed": "an operator closed it as possibly sent",
}
WAITING: Final = ("draft", "scheduled", "queued", "sending", "held", "unknown")
PURPOSES: Final = ("reply", "service", "marketing", "invitation", "points", "transactional")
DRIVERS: Final = ("cloud", "gateway", "human")
LANES: Final[Mapping[str, tuple[int, str]]] = {
    "reply": (0, "it answers somebody: nothing goes before it"),
    "service": (1, "it serves somebody: only replies go before it"),
    "campaign": (2, "it goes when nothing else waits"),
}
KINDS: Final = (
    "text",
    "image",
    "document",
    "video",
    "audio",
    "sticker",
    "template",
    "buttons",
    "list",
    "reaction",
    "poll",
)
DELIVERIES: Final = ("sent", "delivered", "read", "played")
NUMBERS: Final = Source(
    "SELECT name, ref FROM number WHERE lower(name) >= :begun AND lower(name) < :beyond ORDER BY lower(name) LIMIT :limit"
)


def _equal(column: str, value: str, says: str) -> State:
    return State(says, lambda scope: f"{column} = {scope.bind(value)}")


def _lane(place: int, says: str) -> State:
    return State(says, lambda scope: f"o.lane = {scope.bind(place)}")


def _text(words: Sequence[Word], scope: Scope) -> str:
    return " AND ".join(f"instr(lower(o.text), lower({scope.bind(word.text)})) > 0" for word in words)


def _waiting(scope: Scope) -> str:
    return f"o.state IN ({', '.join(scope.bind(one) for one in WAITING)})"


def _delivered(status: str) -> State:
    def sql(scope: Scope) -> str:
        return f"o.wamid IN (SELECT wamid FROM delivery WHERE status = {scope.bind(status)})"

    return State(f"WhatsApp's latest word is {status}", sql)


def _failed(_: Scope) -> str:
    return "o.wamid IN (SELECT wamid FROM delivery WHERE failed_at IS NOT NULL)"


def _number(asked: Asked, scope: Scope) -> str:
    value = scope.bind(asked.value)
    phone = scope.bind((looks_like_phone(asked.value) and e164(asked.value)) or asked.value)
    return (
        f"o.number_id IN (SELECT id FROM number WHERE lower(name) = lower({value}) OR ref = {value}"
        f" OR phone_number_id = {value} OR phone = {phone})"
    )


def _age(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"CASE WHEN o.written_at <= {now} THEN {now} - o.written_at END"


_STATES: Final = {name: _equal("o.state", name, says) for name, says in STATES.items()}
SUBJECTS: Final = (
    Subject(
        "outgoing", "outgoing", "a message to send",
        rows="visible_outgoing AS o", key="o.id", order="o.written_at DESC, o.id DESC",
        text=_text, text_says="a part of its text; only the letters A to Z are compared in any case", shows="o.text",
    ),
)  # fmt: skip
FIELDS: Final = (
    Field("outgoing", "is", "a state of our effort", "state", "is:queued", shows=lambda _, __: "o.state",
          states={**_STATES, "waiting": State("not at its end yet", _waiting)}),
    Field("outgoing", "state", "a state of our effort, the same as is:", "state", "state:held",
          shows=lambda _, __: "o.state", states=_STATES),
    Field("outgoing", "delivery", "what WhatsApp says became of it", "state", "delivery:read",
          shows=lambda _, __: "(SELECT group_concat(DISTINCT status) FROM delivery WHERE wamid = o.wamid)",
          states={**{name: _delivered(name) for name in DELIVERIES},
                  "failed": State("WhatsApp says it failed", _failed)}),
    Field("outgoing", "purpose", "what it is for", "state", "purpose:reply", shows=lambda _, __: "o.purpose",
          states={name: _equal("o.purpose", name, f"it is {name}") for name in PURPOSES}),
    Field("outgoing", "lane", "which goes first when many wait", "state", "lane:campaign",
          shows=lambda _, __: "CASE o.lane WHEN 0 THEN 'reply' WHEN 1 THEN 'service' ELSE 'campaign' END",
          states={name: _lane(place, says) for name, (place, says) in LANES.items()}),
    Field("outgoing", "kind", "what it is made of", "state", "kind:template", shows=lambda _, __: "o.kind",
          states={name: _equal("o.kind", name, f"it is a {name}") for name in KINDS}),
    Field("outgoing", "template", "the template it is made from", "name", "template:autumn_sale",
          condition=lambda asked, scope: f"o.template_name = {scope.bind(asked.value)}",
          shows=lambda _, __: "o.template_name"),
    Field("outgoing", "campaign", "the campaign it belongs to", "name", "campaign:autumn",
          condition=lambda asked, scope: f"o.campaign = {scope.bind(asked.value)}", shows=lambda _, __: "o.campaign"),
    Field("outgoing", "driver", "the way it leaves", "state", "driver:cloud", shows=lambda _, __: "o.driver",
          states={name: _equal("o.driver", name, f"it leaves by {name}") for name in DRIVERS}),
    Field("outgoing", "number", "the number of ours it leaves by: its name, its digits, its ref or WhatsApp's id of it", "name",
          'number:"Shop Lyon"', condition=_number, source=NUMBERS,
          shows=lambda _, __: "(SELECT name FROM number WHERE id = o.number_id)"),
    Field("outgoing", "reason", "why it is held or was refused", "name", "reason:template_needed",
          condition=lambda asked, scope: f"o.state_reason = {scope.bind(asked.value.casefold())}",
          shows=lambda _, __: "o.state_reason"),
    Field("outgoing", "text", "a part of its text, as without the field", "name", "text:refund",
          condition=lambda asked, scope: _text((Word(asked.value),), scope), shows=lambda _, __: "o.text"),
    Field("outgoing", "age", "the time since it was written", "span", "age<2d", column=_age),
)  # fmt: skip
