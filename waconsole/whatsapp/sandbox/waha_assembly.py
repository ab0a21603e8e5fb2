"""The gateway's side of a sandbox, put together."""

from __future__ import annotations

from dataclasses import dataclass

from waconsole.settings.secrets import Secret
from waconsole.whatsapp.sandbox.cast import cast
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.record import Record
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.waha import Waha
from waconsole.whatsapp.sandbox.waha_chat_paths import ChatPaths
from waconsole.whatsapp.sandbox.waha_controls import WahaControls
from waconsole.whatsapp.sandbox.waha_doors import WahaDoors
from waconsole.whatsapp.sandbox.waha_group_paths import WahaGroupPaths
from waconsole.whatsapp.sandbox.waha_hub import Hub
from waconsole.whatsapp.sandbox.waha_lines import Lines
from waconsole.whatsapp.sandbox.waha_member_paths import MemberPaths
from waconsole.whatsapp.sandbox.waha_send_paths import SendPaths
from waconsole.whatsapp.sandbox.waha_session_paths import SessionPaths
from waconsole.whatsapp.sandbox.waha_sessions import Sessions
from waconsole.whatsapp.sandbox.waha_shapes import Shapes
from waconsole.whatsapp.sandbox.waha_socket import Sockets
from waconsole.whatsapp.sandbox.waha_teller import WahaTeller
from waconsole.whatsapp.sandbox.waha_world import WahaWorld
from waconsole.whatsapp.sandbox.world import World


@dataclass(frozen=True, slots=True)
class WahaParts:
    """What the gateway's side is made of: an application, its controls, and webhooks as a work that goes on."""

    app: Waha
    world: WahaWorld
    controls: WahaControls
    lines: Lines
    shapes: Shapes


def waha_assembled(
    world: World, faults: Faults, timeline: Timeline, record: Record, key: Secret
) -> WahaParts:
    """All parts of the gateway's side, at rest; clock, dials, timeline and record are the sandbox's own."""
    own = WahaWorld(world, faults, cast())
    lines = Lines(own)
    hub = Hub(own, timeline, lines)
    sessions, shapes = Sessions(own, hub, timeline), Shapes(own)
    teller = WahaTeller(own, hub, sessions, shapes, timeline)
    doors = WahaDoors(own, teller)
    several = (
        SessionPaths(own, sessions),
        WahaGroupPaths(own, sessions, teller, shapes, doors),
        MemberPaths(own, sessions, doors),
        SendPaths(own, sessions, teller, shapes, record),
        ChatPaths(own, sessions, teller, shapes),
    )
    sockets = Sockets(faults, lines)
    app = Waha(own, faults, key, [route for one in several for route in one.routes()], sockets)
    return WahaParts(app, own, WahaControls(own, teller, doors, sessions, hub, lines), lines, shapes)
