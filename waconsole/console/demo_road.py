"""The demo's road to WhatsApp: a sandbox and a receiver beside it, over real HTTP on this machine.

Ports are free ones and the secrets are made for this one run; both reach the children by the
environment. Nothing of the operator's own settings for WhatsApp is used.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from waconsole import clock
from waconsole.errors import Transient
from waconsole.operators.desk import Desk
from waconsole.settings import PREFIX, CloudSettings, ReceiverSettings, Settings, SyncSettings
from waconsole.settings.read import CONFIG_VARIABLE
from waconsole.settings.secrets import Secret

if TYPE_CHECKING:
    from waconsole.console.syncing import Syncing
    from waconsole.console.syncing_children import Surroundings

HOST: Final = "127.0.0.1"
PHONE_NUMBER_ID: Final = "100000000000001"  # any digits do: the sandbox takes what it is told
WABA_ID: Final = "200000000000002"
CHATTER: Final = 6  # talks a minute that members begin by themselves
CONTROL_SECONDS: Final = 10.0
_SECRET_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Opening:
    """What a member of the sandbox's cast has written before the operator came, `ago` microseconds ago."""

    who: str
    ago: int
    text: str


# The first one's service window is about to close: it stands where the operator looks first.
OPENINGS: Final = (
    Opening(
        "+16465550175",
        23 * clock.HOUR + 18 * clock.MINUTE,
        "Hi! My order says delivered since Tuesday, but nothing is here. Could you look into it?",
    ),
    Opening("+4917604069046", 26 * clock.MINUTE, "Hallo, was kosten die Laufsocken im Dreierpack?"),
    Opening("+33639981112", 4 * clock.MINUTE, "Bonjour ! La crème solaire est de nouveau en stock ?"),
)


@dataclass(frozen=True, slots=True)
class Road:
    """The settings that lead to the demo's own WhatsApp, and what it runs on. `now` is the demo's clock, if chosen."""

    settings: Settings
    folder: Path
    now: int | None
    chatter: int
    seed: int

    def syncing(self, desk: Desk) -> Syncing:
        """What syncs beside a console on `desk`."""
        from waconsole.console.syncing import Syncing
        from waconsole.console.syncing_children import Companion, receiver

        environment = self._environment()
        port = self.settings.cloud.base_url.rpartition(":")[2]
        words = ["sandbox", "--host", HOST, "--port", port, "--chatter", str(self.chatter)]
        words += ["--seed", str(self.seed)]
        if self.now is not None:
            words += ["--now", clock.iso(self.now)]
        companions = [
            Companion("sandbox", tuple(words), environment),
            receiver(desk.database.path, environment),
        ]
        return Syncing(desk, companions, opening=self.open)

    def open(self) -> None:
        """Let members have written. Raises Transient when the sandbox does not take it."""
        now = clock.now() if self.now is None else self.now
        for one in OPENINGS:
            self.control("say", {"from": one.who, "text": one.text, "at": clock.iso(now - one.ago)})

    def control(self, act: str, wanted: Mapping[str, Any]) -> None:
        """Post one of the sandbox's controls. Raises Transient."""
        import http.client
        import json

        port = int(self.settings.cloud.base_url.rpartition(":")[2])
        connection = http.client.HTTPConnection(HOST, port, timeout=CONTROL_SECONDS)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", f"/_sandbox/{act}", json.dumps(wanted), headers)
            answer = connection.getresponse()
            said = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise Transient(f"The sandbox does not answer: {error}.") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise Transient(f"The sandbox did not take it: {said}")

    def _environment(self) -> Surroundings:
        """What the children see: the settings of this run, and nothing of the operator's own for WhatsApp."""
        from waconsole.console.syncing_children import Surroundings

        config = self.folder / "config.toml"
        config.touch(mode=0o600)
        cloud, receiving = self.settings.cloud, self.settings.receiver
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        ours = {
            CONFIG_VARIABLE: str(config),
            f"{PREFIX}CLOUD__BASE_URL": cloud.base_url,
            f"{PREFIX}CLOUD__PHONE_NUMBER_ID": cloud.phone_number_id,
            f"{PREFIX}CLOUD__WABA_ID": cloud.waba_id,
            f"{PREFIX}CLOUD__TOKEN": cloud.token.reveal(),
            f"{PREFIX}CLOUD__APP_SECRET": cloud.app_secret.reveal(),
            f"{PREFIX}CLOUD__VERIFY_TOKEN": cloud.verify_token.reveal(),
            f"{PREFIX}RECEIVER__HOST": receiving.host,
            f"{PREFIX}RECEIVER__PORT": str(receiving.port),
        }
        return Surroundings({**kept, **ours})


def road(settings: Settings, folder: Path, *, now: int | None, chatter: int = CHATTER, seed: int = 1) -> Road:
    """A road of this run alone; `folder` is the demo's own."""
    sandbox_port, receiver_port = _free_ports(2)
    cloud = CloudSettings(
        base_url=f"http://{HOST}:{sandbox_port}",
        phone_number_id=PHONE_NUMBER_ID,
        waba_id=WABA_ID,
        token=_made_up(),
        app_secret=_made_up(),
        verify_token=_made_up(),
    )
    ours = replace(
        settings,
        cloud=cloud,
        receiver=ReceiverSettings(host=HOST, port=receiver_port, auto=True),
        sync=SyncSettings(),
    )
    return Road(ours, folder, now, chatter, seed)


def _made_up() -> Secret:
    return Secret(os.urandom(_SECRET_BYTES).hex(), "made for this demo")


def _free_ports(count: int) -> list[int]:
    """Ports that are free at this moment; the children say so when one is gone when they come."""
    sockets: list[socket.socket] = []
    try:
        for _ in range(count):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sockets.append(one)
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]
    except OSError:  # a machine without a loopback: the children will say it
        return [8471 + place for place in range(count)]
    finally:
        for one in sockets:
            one.close()
