"""The gateway's sessions: the one phone, linked by a QR code, in the states WAHA has for it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal

from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.waha_hub import Hub
from waconsole.whatsapp.sandbox.waha_lines import Hook, read_hooks
from waconsole.whatsapp.sandbox.waha_shapes import me
from waconsole.whatsapp.sandbox.waha_wire import WahaError
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

SESSIONS_MAX: Final = 20
STATUSES_SHOWN: Final = 3
NAME_MAX: Final = 54

Status = Literal["STOPPED", "STARTING", "SCAN_QR_CODE", "WORKING", "FAILED"]


@dataclass(eq=False)
class Linked:
    """One session: whether the phone has scanned it, and where it stands. `round` counts its starts."""

    name: str
    config: dict[str, Any] = field(default_factory=dict)
    status: Status = "STOPPED"
    paired: bool = False
    round: int = 0
    codes: int = 0
    past: list[dict[str, Any]] = field(default_factory=list)


class Sessions:
    """Every session, by its name. All of them are linked to the same phone."""

    def __init__(self, world: WahaWorld, hub: Hub, timeline: Timeline) -> None:
        """`default` is there, linked and at work."""
        self._world = world
        self._hub = hub
        self._timeline = timeline
        self._all = {"default": Linked("default", paired=True, status="WORKING")}
        hub.hooks = self._hooks
        hub.metadata = lambda name: self._all[name].config.get("metadata") or {} if name in self._all else {}

    def _hooks(self, name: str) -> list[Hook]:
        return read_hooks(self._all[name].config) if name in self._all else []

    # -- finding

    def all(self) -> list[Linked]:
        """Every session, in the order they were made."""
        return list(self._all.values())

    def find(self, name: str) -> Linked:
        """One by its name. Raises WahaError."""
        if name not in self._all:
            raise WahaError(404, "Session not found")
        return self._all[name]

    def working(self, name: str) -> Linked:
        """One that is at work. Raises WahaError."""
        if name not in self._all:
            raise WahaError(404, f'Session "{name}" does not exist')
        found = self._all[name]
        if found.status != "WORKING":
            raise _unexpected(found, "WORKING")
        return found

    def document(self, one: Linked) -> dict[str, Any]:
        """What WAHA says of a session."""
        found: dict[str, Any] = {"name": one.name, "status": one.status, "config": one.config}
        own = me(self._world.us) if one.paired and one.status in ("WORKING", "STARTING") else None
        at = self._world.now() // 1000
        return found | {
            "me": own, "assignedWorker": "", "presence": None, "timestamps": {"activity": at}, "apps": [],
            "engine": {"engine": "GOWS"},
        }  # fmt: skip

    # -- changing

    def configured(self, config: object) -> dict[str, Any]:
        """A configuration that may be. Raises WahaError."""
        if config is None:
            return {}
        if not isinstance(config, dict):
            raise WahaError(400, "config must be an object")
        try:
            read_hooks(config)
        except (TypeError, ValueError, AttributeError):
            raise WahaError(400, "config.webhooks is not valid") from None
        return config

    def make(self, name: str, config: Mapping[str, Any]) -> Linked:
        """A new session, at rest. Raises WahaError."""
        if name in self._all:
            raise WahaError(422, f"Session '{name}' already exists. Use PUT to update it.")
        if (
            len(self._all) >= SESSIONS_MAX
            or not name
            or len(name) > NAME_MAX
            or not name.replace("-", "_").isidentifier()
        ):
            raise WahaError(400, "name must be a session name")
        self._all[name] = Linked(name, dict(config))
        return self._all[name]

    def forget(self, name: str) -> None:
        """A session is deleted, whatever its state."""
        if name in self._all:
            self.stop(self._all[name])
            del self._all[name]

    def turn(self, one: Linked, status: Status) -> None:
        """Another state; everybody is told."""
        if one.status == status:
            return
        one.status = status
        one.past = [*one.past, {"status": status, "timestamp": self._world.now() // 1000}][-STATUSES_SHOWN:]
        payload = {"name": one.name, "status": status, "data": None, "statuses": list(one.past)}
        self._hub.tell(one.name, "session.status", payload)

    def start(self, one: Linked) -> None:
        """Begin to work, after a while; without a phone it shows a QR code and waits."""
        if one.status in ("STARTING", "WORKING", "SCAN_QR_CODE"):
            return
        one.round += 1
        self.turn(one, "STARTING")
        self._timeline.after(
            self._world.faults.dials.gateway_start_seconds, partial(self._started, one, one.round)
        )

    def _started(self, one: Linked, round_: int) -> None:
        if one.round == round_ and one.status == "STARTING":
            one.codes += 1
            self.turn(one, "WORKING" if one.paired else "SCAN_QR_CODE")

    def stop(self, one: Linked) -> None:
        """Work no more; the phone stays linked."""
        one.round += 1
        self.turn(one, "STOPPED")

    def restart(self, one: Linked) -> None:
        """Stop and start."""
        self.stop(one)
        self.start(one)

    def log_out(self, one: Linked) -> None:
        """Forget the phone; what was running begins anew and shows a QR code."""
        runs = one.status != "STOPPED"
        one.paired = False
        self.stop(one)
        if runs:
            self.start(one)

    def thrown_out(self, one: Linked) -> None:
        """WhatsApp itself ends it: the number was banned, or the phone removed the device."""
        one.paired = False
        one.round += 1
        self.turn(one, "FAILED")

    def scanned(self, one: Linked) -> None:
        """Somebody holds the phone before the code. Raises WahaError when none is shown."""
        self.code(one)
        one.paired = True
        self.turn(one, "WORKING")

    def code(self, one: Linked) -> str:
        """What the QR code says. Raises WahaError when there is none."""
        if one.status != "SCAN_QR_CODE":
            raise _unexpected(one, "SCAN_QR_CODE")
        parts = [
            ids.trace("qr", self._world.seed, one.name, one.codes, place)[1:] + "=" for place in range(4)
        ]
        return "2@" + ",".join(parts)


def _unexpected(one: Linked, wanted: Status) -> WahaError:
    said = "Session status is not as expected. Try again later or restart the session"
    return WahaError(
        422, said, {"error": said, "session": one.name, "status": one.status, "expected": [wanted]}
    )


def code_picture(value: str) -> bytes:
    """A QR code as a PNG."""
    import segno  # only a phone that is to be linked needs it

    out = io.BytesIO()
    segno.make(value, error="l").save(out, kind="png", scale=6, border=4)
    return out.getvalue()
