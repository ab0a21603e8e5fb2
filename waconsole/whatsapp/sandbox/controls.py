"""The controls beside the Graph paths: say, react, edit, revoke; accepted, marked, state; faults, clock, chatter.

For tests and rehearsals, on this machine only. Errors are `{"error": "one sentence"}`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from waconsole import clock
from waconsole.errors import Refused
from waconsole.settings.forms import LOOPBACK
from waconsole.whatsapp.sandbox.bodies import TEXT_MAX
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.courier import Courier
from waconsole.whatsapp.sandbox.faults import Faults, read_dials
from waconsole.whatsapp.sandbox.forms import BODY_BYTES_MAX
from waconsole.whatsapp.sandbox.members import CHATTER_MAX, Members
from waconsole.whatsapp.sandbox.teller import SAYABLE, Teller, body_for
from waconsole.whatsapp.sandbox.world import Group, Person, World

PEOPLE_SHOWN_MAX: Final = 1000
YEAR_2100: Final = 4_102_444_800

Document = dict[str, Any]
Act = Callable[[Document], Document | list[Document]]

SAY: Final = (
    "from", "text", "group", "at", "name", "username", "reply_to", "type", "body", "forwarded",
)  # fmt: skip


class Controls:
    """What a test or a rehearsal may do to the sandbox."""

    def __init__(
        self, world: World, faults: Faults, teller: Teller, members: Members, courier: Courier
    ) -> None:
        """All of them are shared with the Graph paths."""
        self._world = world
        self._faults = faults
        self._teller = teller
        self._members = members
        self._courier = courier

    def app(self) -> Starlette:
        """The controls as an application."""
        acts: Mapping[str, Act] = {
            "say": self._say,
            "react": self._react,
            "edit": self._edit,
            "revoke": self._revoke,
            "faults": self._set_faults,
            "clock": self._set_clock,
            "chatter": self._set_chatter,
        }
        shown: Mapping[str, Act] = {
            "accepted": lambda _: [one.row() for one in self._world.accepted],
            "marked": lambda _: [one.row() for one in self._world.marked],
            "faults": lambda _: self._faults.dials.document(),
            "state": lambda _: self._state(),
        }
        routes = [Route(f"/_sandbox/{name}", _on_post(act), methods=["POST"]) for name, act in acts.items()]
        routes += [Route(f"/_sandbox/{name}", _on_get(act), methods=["GET"]) for name, act in shown.items()]
        return Starlette(routes=routes)

    # -- members

    def _say(self, wanted: Document) -> Document:
        _only(wanted, *SAY)
        person = self._person(wanted)
        kind = _text(wanted, "type") or "text"
        text = _text(wanted, "text")
        if kind not in SAYABLE and "body" not in wanted:
            raise Refused(f"type is one of {', '.join(SAYABLE)}; any other needs its body too.")
        if kind == "text" and not text and "body" not in wanted:
            raise Refused("text says what is written: it is missing.")
        if len(text) > 16 * TEXT_MAX:
            raise Refused(f"text has at most {16 * TEXT_MAX:,} characters.")
        body = wanted.get("body", body_for(kind, text, self._world.seed, person.key, self._world.received))
        reply_to = _text(wanted, "reply_to") or None
        group = self._group(wanted, person)
        extra = {"context": {"forwarded": True}} if wanted.get("forwarded") and not reply_to else None
        return {"id": self._teller.message(
            person, kind, body, group=group, at=self._at(wanted), reply_to=reply_to, extra=extra,
        )}  # fmt: skip

    def _react(self, wanted: Document) -> Document:
        _only(wanted, "from", "message", "emoji", "at", "group")
        target = _text(wanted, "message", needed=True)
        body = {"message_id": target} | ({"emoji": wanted["emoji"]} if _text(wanted, "emoji") else {})
        return self._change(wanted, "reaction", body, target)

    def _edit(self, wanted: Document) -> Document:
        _only(wanted, "from", "message", "text", "at", "group")
        target = _text(wanted, "message", needed=True)
        words = {"type": "text", "text": {"body": _text(wanted, "text", needed=True)}}
        return self._change(wanted, "edit", {"original_message_id": target, "message": words}, target)

    def _revoke(self, wanted: Document) -> Document:
        _only(wanted, "from", "message", "at", "group")
        target = _text(wanted, "message", needed=True)
        return self._change(wanted, "revoke", {"original_message_id": target}, target)

    def _change(self, wanted: Document, kind: str, body: Document, target: str) -> Document:
        kept = self._world.messages.get(target)
        if "from" in wanted:
            person = self._person(wanted)
        elif kept is not None and kept.author is not None:
            person = kept.author
        else:
            raise Refused("Nobody here wrote that message: say who does this with from.")
        group = self._group(wanted, person)
        if group is None and kept is not None and "group" not in wanted:
            group = kept.group
        return {"id": self._teller.message(person, kind, body, group=group, at=self._at(wanted))}

    def _person(self, wanted: Document) -> Person:
        written = wanted.get("from")
        if isinstance(written, int) and not isinstance(written, bool):
            written = str(written)
        if not isinstance(written, str) or not written.strip():
            raise Refused("from says who writes: a phone number or a business-scoped id.")
        person = self._world.person(
            written.strip(), name=_text(wanted, "name"), username=_text(wanted, "username")
        )
        if person is None:
            raise Refused("from is neither a phone number with its country code nor a business-scoped id.")
        if person.phone == self._world.account.phone:
            raise Refused("from is the number of the business itself.")
        return person

    def _group(self, wanted: Document, person: Person) -> Group | None:
        group_id = _text(wanted, "group")
        if not group_id:
            return None
        group = self._world.join(group_id[:128], person)
        if group is None:
            raise Refused("The group is full: official groups have at most eight participants.")
        return group

    def _at(self, wanted: Document) -> int | None:
        return _instant(wanted["at"]) if wanted.get("at") is not None else None

    # -- the sandbox itself

    def _set_faults(self, wanted: Document) -> Document:
        self._faults.turn(read_dials(wanted))
        self._courier.look_again()
        return self._faults.dials.document()

    def _set_clock(self, wanted: Document) -> Document:
        _only(wanted, "at", "ahead_seconds")
        ahead = wanted.get("ahead_seconds", 0)
        if isinstance(ahead, bool) or not isinstance(ahead, int | float) or abs(ahead) > YEAR_2100:
            raise Refused("ahead_seconds takes the seconds our clock goes before the machine's.")
        at = self._at(wanted)
        self._world.ahead = round(ahead * clock.SECOND) if at is None else at - clock.now()
        return {"now": clock.iso(self._world.now())}

    def _set_chatter(self, wanted: Document) -> Document:
        _only(wanted, "per_minute")
        rate = wanted.get("per_minute")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= CHATTER_MAX:
            raise Refused(f"per_minute takes a number from 0 to {CHATTER_MAX:,}.")
        self._members.chatter(rate)
        return {"per_minute": rate}

    def _state(self) -> Document:
        world, courier = self._world, self._courier
        people = world.people()
        return {
            "seed": world.seed,
            "now": clock.iso(world.now()),
            "phone_number_id": world.account.phone_number_id,
            "waba_id": world.account.waba_id,
            "accepted": len(world.accepted),
            "marked": len(world.marked),
            "refused": {str(code): count for code, count in sorted(world.refused.items())},
            "received": world.received,
            "webhooks": {
                "url": courier.url, "waiting": len(courier), "posted": courier.posted,
                "tries": courier.tries, "dropped": courier.dropped,
            },
            "chatter_per_minute": self._members.per_minute,
            "people_count": len(people),
            "people": [self._about(one) for one in people[:PEOPLE_SHOWN_MAX]],
            "groups": [
                {"id": one.id, "subject": one.subject, "people": [it.key for it in one.people],
                 "open": world.is_open(one)}
                for one in world.groups.values()
            ],
        }  # fmt: skip

    def _about(self, person: Person) -> Document:
        return {
            "phone": f"+{person.phone}" if person.phone else None,
            "bsuid": person.bsuid,
            "name": person.name,
            "username": person.username or None,
            "language": person.language or None,
            "open": self._world.is_open(person),
        }


def _only(wanted: Document, *known: str) -> None:
    for key in wanted:
        if key not in known:
            raise Refused(f"Nothing is called {key} here: there are {', '.join(known)}.")


def _text(wanted: Document, key: str, *, needed: bool = False) -> str:
    value = wanted.get(key)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise Refused(f"{key} takes a text.")
    if needed and not value:
        raise Refused(f"{key} is missing.")
    return value


def _instant(at: object) -> int:
    """ISO 8601 or seconds since 1970, as microseconds UTC, floored to whole seconds."""
    wrong = Refused("at takes an instant like 2026-11-26T12:00:00Z, or seconds since 1970.")
    if isinstance(at, bool) or not isinstance(at, str | int | float):
        raise wrong
    try:
        if isinstance(at, str) and not at.isdecimal():
            return clock.parse_iso(at) // clock.SECOND * clock.SECOND
        seconds = float(at)
    except (ValueError, OverflowError):
        raise wrong from None
    if not math.isfinite(seconds) or not 0 <= seconds <= YEAR_2100:
        raise wrong
    return math.floor(seconds) * clock.SECOND


def _on_post(act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        raw = await request.body()
        try:
            if len(raw) > BODY_BYTES_MAX:
                raise Refused("The request is too large.")
            wanted = json.loads(raw)
            if not isinstance(wanted, dict):
                raise Refused("The request is one JSON object.")
        except (ValueError, RecursionError):
            return _json({"error": "The request is no valid JSON."}, 400)
        except Refused as error:
            return _json({"error": str(error)}, 400)
        return _done(request, act, wanted)

    return answer


def _on_get(act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return _done(request, act, {})

    return answer


def _done(request: Request, act: Act, wanted: Document) -> Response:
    if request.client is None or request.client.host not in LOOPBACK or "origin" in request.headers:
        return _json({"error": "The controls listen to this machine only."}, 403)
    try:
        return _json(act(wanted))
    except Refused as error:
        return _json({"error": str(error)}, 400)
    except GraphError as error:
        return _json({"error": error.details}, 400)


def _json(document: object, http_status: int = 200) -> Response:
    return Response(json.dumps(document), http_status, media_type="application/json")
