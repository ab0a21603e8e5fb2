"""The parts of a sandbox, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from waconsole.settings.secrets import Secret
from waconsole.whatsapp.sandbox.account_paths import AccountPaths
from waconsole.whatsapp.sandbox.blocks import BlockPaths
from waconsole.whatsapp.sandbox.cast import cast
from waconsole.whatsapp.sandbox.controls import controls
from waconsole.whatsapp.sandbox.controls_account import AccountControls
from waconsole.whatsapp.sandbox.controls_people import PeopleControls
from waconsole.whatsapp.sandbox.courier import Account, Courier
from waconsole.whatsapp.sandbox.dials import Dials
from waconsole.whatsapp.sandbox.doors import Doors
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.graph import Graph
from waconsole.whatsapp.sandbox.group_desk import GroupDesk
from waconsole.whatsapp.sandbox.group_paths import GroupPaths
from waconsole.whatsapp.sandbox.group_words import GroupTeller
from waconsole.whatsapp.sandbox.history import HistoryPaths
from waconsole.whatsapp.sandbox.join_paths import JoinPaths
from waconsole.whatsapp.sandbox.media import MediaPaths
from waconsole.whatsapp.sandbox.members import Members
from waconsole.whatsapp.sandbox.qr import QrPaths
from waconsole.whatsapp.sandbox.record import Record
from waconsole.whatsapp.sandbox.teller import Teller
from waconsole.whatsapp.sandbox.template_paths import TemplatePaths
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.waha_assembly import WahaParts, waha_assembled
from waconsole.whatsapp.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Parts:
    """What a sandbox is made of: three applications, and works that go on."""

    world: World
    graph: Graph
    controls: Starlette
    timeline: Timeline
    courier: Courier
    members: Members
    record: Record
    waha: WahaParts


def assembled(
    account: Account, dials: Dials, *, seed: int, ahead: int, receiver: str, webhook: str, record: Path | None,
    gateway_key: Secret,
) -> Parts:  # fmt: skip
    """All parts of one sandbox, at rest. Raises Refused when the record cannot be written."""
    faults, timeline = Faults(dials, seed), Timeline()
    world = World(account, faults, cast(), seed=seed)
    world.ahead = ahead
    courier = Courier(account, faults, timeline, url=webhook or receiver, fixed=bool(webhook))
    teller = Teller(world, courier, timeline)
    members = Members(world, teller, timeline)
    group_teller = GroupTeller(world, courier)
    desk, doors = GroupDesk(world, group_teller, timeline), Doors(world, group_teller)
    number = AccountPaths(world, teller, courier)
    templates, groups = TemplatePaths(world, teller, timeline), GroupPaths(world, desk)
    media = MediaPaths(world)
    joins = JoinPaths(world, groups, desk, doors)
    several = (
        number,
        groups,
        joins,
        templates,
        media,
        QrPaths(world),
        HistoryPaths(world),
        BlockPaths(world),
    )
    kept = Record(record)
    graph = Graph(
        world,
        faults,
        teller,
        members,
        kept,
        account=number,
        media=media,
        paths=[one.answer for one in several],
    )
    of_people = PeopleControls(world, teller, members, doors)
    of_account = AccountControls(
        world, faults, members, courier, teller, account=number, templates=templates, groups=group_teller
    )
    waha = waha_assembled(world, faults, timeline, kept, gateway_key)
    acts = {**of_people.acts(), **of_account.acts(), **waha.controls.acts()}
    every = controls(acts, {**of_account.shown(), **waha.controls.shown()})
    return Parts(world, graph, every, timeline, courier, members, kept, waha)
