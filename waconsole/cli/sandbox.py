"""`waconsole sandbox`: a WhatsApp of our own on this machine, until it is told to end. It needs no ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from waconsole import clock
from waconsole.cli.own import Called, Own
from waconsole.command import Answer, Argument
from waconsole.errors import UsageError
from waconsole.settings import BUILT_IN, Settings
from waconsole.settings.secrets import Secret

if TYPE_CHECKING:
    from waconsole.whatsapp.sandbox.courier import Account

PORT: Final = 8471
PORT_MAX: Final = 65_535


async def _sandbox(called: Called) -> Answer:
    from waconsole.whatsapp.sandbox import server  # every other command does without
    from waconsole.whatsapp.sandbox.dials import read_dials, read_words
    from waconsole.whatsapp.sandbox.faults import read_file
    from waconsole.whatsapp.sandbox.members import CHATTER_MAX

    values, settings = called.values, called.settings()
    if not 0 <= values["port"] <= PORT_MAX:
        raise UsageError(f"--port takes a number from 0 to {PORT_MAX}; 0 takes a free one.")
    if not 0 <= values["chatter"] <= CHATTER_MAX:
        raise UsageError(f"--chatter takes a number from 0 to {CHATTER_MAX:,}.")
    webhook = values["webhook"] or ""
    if webhook and not webhook.startswith(("http://", "https://")):
        raise UsageError("--webhook takes an address like http://127.0.0.1:8470/webhook.")
    faults = read_file(Path(values["faults"]).expanduser()) if values["faults"] else {}
    if values["fault"]:
        faults = {**(faults if isinstance(faults, dict) else {}), **read_words(values["fault"])}
    receiver = settings.receiver
    host = f"[{receiver.host}]" if ":" in receiver.host else receiver.host
    chosen_now = called.chosen_now()
    options = server.Options(
        host=values["host"],
        port=values["port"],
        seed=values["seed"],
        dials=read_dials(faults),
        account=_account(settings, values["number"]),
        receiver=f"http://{host}:{receiver.port}/webhook",
        webhook=webhook,
        chatter=values["chatter"],
        ahead=0 if chosen_now is None else chosen_now - clock.now(),
        parent_pipe=values["parent_pipe"],
        record=Path(values["record"]).expanduser() if values["record"] else None,
        gateway_key=Secret(values["waha_key"])
        if values["waha_key"]
        else settings.gateway.api_key or Secret(server.GATEWAY_KEY),
    )
    listener = server.bind(options.host, options.port)
    with listener:
        for line in _advice(settings, listener.getsockname()[1], values["waha_key"] or ""):
            called.talk.say(line)
        if values["null"]:
            return Answer({"accepted": await server.serve_nothing(options, listener, called.talk.say)})
        world = await server.serve(options, listener, called.talk.say)
    return Answer({"accepted": len(world.accepted), "received": world.received})


def _account(settings: Settings, more: list[str]) -> Account:
    from waconsole.whatsapp.sandbox import server
    from waconsole.whatsapp.sandbox.courier import Account
    from waconsole.whatsapp.sandbox.forms import phone_digits

    cloud = settings.cloud
    others: dict[str, str] = {}
    for word in more:
        number, _, written = word.partition("=")
        digits = phone_digits(written)
        if not number.isascii() or not number.isdecimal() or digits is None:
            raise UsageError(f"--number takes ID=PHONE, like 100000000000002=+15550009998, not {word[:100]}.")
        others[number] = digits
    return Account(
        phone_number_id=cloud.phone_number_id or server.PHONE_NUMBER_ID,
        waba_id=cloud.waba_id or server.WABA_ID,
        phone=server.PHONE,
        country=server.COUNTRY,
        token=cloud.token,
        app_secret=cloud.app_secret if cloud.app_secret else Secret(server.APP_SECRET),
        name=server.NAME,
        others=others,
    )


def _advice(settings: Settings, port: int, key: str) -> list[str]:
    """The environment a console needs to find us, for what is not set yet; `key` is a gateway's key of this run alone."""
    from waconsole.whatsapp.sandbox import server

    cloud = settings.cloud
    wanted = {
        "BASE_URL": "" if settings.source("cloud.base_url") != BUILT_IN else f"http://127.0.0.1:{port}",
        "PHONE_NUMBER_ID": "" if cloud.phone_number_id else server.PHONE_NUMBER_ID,
        "WABA_ID": "" if cloud.waba_id else server.WABA_ID,
        "TOKEN": "" if cloud.token else server.TOKEN,
        "APP_SECRET": "" if cloud.app_secret else server.APP_SECRET,
        "VERIFY_TOKEN": "" if cloud.verify_token else server.VERIFY_TOKEN,
    }
    lines = [f"export WACONSOLE_CLOUD__{name}={value}" for name, value in wanted.items() if value]
    gateway = settings.gateway
    if gateway.enabled and settings.source("gateway.base_url") == BUILT_IN:
        lines.append(f"export WACONSOLE_GATEWAY__BASE_URL=http://127.0.0.1:{port}")
    if gateway.enabled and (key or not gateway.api_key):
        lines.append(f"export WACONSOLE_GATEWAY__API_KEY={key or server.GATEWAY_KEY}")
    return lines


SANDBOX: Final = Own(
    ("sandbox",),
    "A WhatsApp of our own over HTTP, with people who answer, for tests and rehearsals.",
    _sandbox,
    (
        Argument("--port", "where it listens; 0 takes a free port and says it", kind="integer", default=PORT),
        Argument(
            "--host", "the address it listens on; the controls stay on this machine", default="127.0.0.1"
        ),
        Argument(
            "--seed", "the same seed and requests give the same texts and ids", kind="integer", default=1
        ),
        Argument("--faults", "what goes wrong: a JSON file of dials", metavar="FILE"),
        Argument(
            "--fault", "dials by name, beside those of a file", many=True, optional=True, metavar="NAME=VALUE"
        ),
        Argument("--number", "further numbers of the account, by their ids", many=True, metavar="ID=PHONE"),
        Argument("--record", "write every accepted message down there", metavar="FILE"),
        Argument("--webhook", "where webhooks go, whatever subscribes", metavar="URL"),
        Argument("--waha-key", "the key of the gateway's paths (/api and /ws)", metavar="KEY"),
        Argument("--chatter", "messages a minute people begin by themselves", kind="integer", default=0),
        Argument("--null", "accept everything at once and remember nothing, for speed trials", kind="flag"),
        Argument("--parent-pipe", "end when stdin is closed", kind="flag"),
    ),
)
