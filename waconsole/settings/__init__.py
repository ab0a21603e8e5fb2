"""Settings: what an operator may choose for this machine, and where each value came from.

A setting comes from the command line, else from `WACONSOLE_<SECTION>__<KEY>`, else from the
settings file (TOML), else it is what stands here. A secret (`secrets`) never stands in the settings
file. `read` needs the standard library alone; `model` explains a faulty file and is loaded for that
only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, cast

from waconsole.settings.forms import SECRET
from waconsole.settings.secrets import Secret

Value = str | float | bool | Secret

PREFIX: Final = "WACONSOLE_"
BUILT_IN: Final = "built in"
NO_SECRET: Final = Secret()


def _setting(value: Any, says: str, *, choices: tuple[str, ...] = (), form: str = "") -> Any:
    return field(default=value, metadata={"says": says, "choices": choices, "form": form})


def _secret(says: str) -> Mapping[str, Any]:
    return {"says": says, "choices": (), "form": SECRET}


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """Where the ledger is."""

    path: str = _setting("", "the ledger to open; empty: ledger.db in the platform's data folder")


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """What holds for the whole shop, and what its webhooks are signed with."""

    timezone: str = _setting("", "the shop's time zone, like Europe/Paris; empty: the machine's", form="zone")
    region: str = _setting(
        "", "the country of phone numbers written without one, like FR; empty: none", form="region"
    )
    shopify_secret: Secret = field(
        default=NO_SECRET, compare=False, metadata=_secret("what Shopify signs its webhooks with")
    )
    shopify_secret_previous: Secret = field(
        default=NO_SECRET,
        compare=False,
        metadata=_secret("Shopify's secret before it was changed, as long as both are in use"),
    )
    woocommerce_secret: Secret = field(
        default=NO_SECRET, compare=False, metadata=_secret("what WooCommerce signs its webhooks with")
    )
    woocommerce_secret_previous: Secret = field(
        default=NO_SECRET,
        compare=False,
        metadata=_secret("WooCommerce's secret before it was changed, as long as both are in use"),
    )
    generic_secret: Secret = field(
        default=NO_SECRET, compare=False, metadata=_secret("what a shop of your own signs its webhooks with")
    )
    generic_secret_previous: Secret = field(
        default=NO_SECRET,
        compare=False,
        metadata=_secret("your own shop's secret before it was changed, as long as both are in use"),
    )


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """How reading works."""

    rest_seconds: float = _setting(
        2.0, "seconds the cursor rests on a message before it counts as read; 0: never"
    )
    mask_phones: bool = _setting(True, "hide the middle of phone numbers until they are revealed by key")


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """How the screen looks and behaves."""

    theme: str = _setting("wa-dark", "the theme's name")
    motion: str = _setting("full", "whether anything moves by itself", choices=("full", "reduced"))
    cursor: bool = _setting(True, "let the real terminal cursor follow the row, for screen readers")
    mouse: bool = _setting(True, "listen to the mouse")
    keymap: str = _setting("", "the file of your own keys; empty: keymap.toml beside the settings file")
    emoji: str = _setting("full", "draw emoji, or their short names", choices=("full", "names"))


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """The first number: how WhatsApp's Cloud API reaches it, and what proves who speaks."""

    base_url: str = _setting(
        "https://graph.facebook.com", "where the Cloud API answers; the token goes there alone", form="url"
    )
    graph_version: str = _setting("v26.0", "the version of the Graph API", form="version")
    phone_number_id: str = _setting("", "WhatsApp's id of our number; empty: none", form="digits")
    waba_id: str = _setting("", "the id of the WhatsApp Business Account it belongs to", form="digits")
    token: Secret = field(
        default=NO_SECRET, compare=False, metadata=_secret("the access token of the number")
    )
    app_secret: Secret = field(
        default=NO_SECRET, compare=False, metadata=_secret("what the app signs its webhooks with")
    )
    app_secret_previous: Secret = field(
        default=NO_SECRET,
        compare=False,
        metadata=_secret("the app secret before it was changed, as long as both are in use"),
    )
    verify_token: Secret = field(
        default=NO_SECRET,
        compare=False,
        metadata=_secret("the word WhatsApp repeats when it first asks the receiver"),
    )


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """A gateway of our own (WAHA) for groups that the Cloud API does not reach. Unofficial: the number may be banned."""

    enabled: bool = _setting(
        False, "use the gateway; Meta's terms forbid such software, and the number may be banned for it"
    )
    base_url: str = _setting(
        "http://127.0.0.1:3000", "where the gateway answers; the key goes there alone", form="url"
    )
    session: str = _setting("default", "the gateway's name for the phone it is linked to")
    api_key: Secret = field(
        default=NO_SECRET, compare=False, metadata=_secret("the key of the gateway's own API")
    )
    hmac_key: Secret = field(
        default=NO_SECRET, compare=False, metadata=_secret("what the gateway signs its webhooks with")
    )
    hmac_key_previous: Secret = field(
        default=NO_SECRET,
        compare=False,
        metadata=_secret("the key before it was changed, as long as both are in use"),
    )


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Where webhooks are received."""

    host: str = _setting("127.0.0.1", "the address the receiver listens on", form="host")
    port: int = _setting(8470, "the port the receiver listens on", form="port")
    public_url: str = _setting("", "where WhatsApp reaches the receiver; empty: not at all", form="url")
    auto: bool = _setting(False, "let the console run the receiver beside it, for as long as it is open")


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How the console and WhatsApp meet."""

    auto: bool = _setting(True, "let the console send and receive by itself")
    blue_tick: str = _setting(
        "reply",
        "when a member is shown that we have read: just before a reply of ours leaves, or never",
        choices=("reply", "never"),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting by section; `sources` says where each value came from, by `section.key`."""

    ledger: LedgerSettings = LedgerSettings()
    shop: ShopSettings = ShopSettings()
    inbox: InboxSettings = InboxSettings()
    console: ConsoleSettings = ConsoleSettings()
    cloud: CloudSettings = CloudSettings()
    gateway: GatewaySettings = GatewaySettings()
    receiver: ReceiverSettings = ReceiverSettings()
    sync: SyncSettings = SyncSettings()
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def source(self, name: str) -> str:
        """Where the value of `section.key` came from. Raises Refused like `Secret.reveal`."""
        value = self.value(name)
        if isinstance(value, Secret):
            return value.source
        return self.sources.get(name, BUILT_IN)

    def value(self, name: str) -> Value:
        """The value of `section.key`."""
        section, _, key = name.partition(".")
        found: Value = getattr(getattr(self, section), key)
        return found


SECTIONS: Final[Mapping[str, Any]] = {
    "ledger": LedgerSettings,
    "shop": ShopSettings,
    "inbox": InboxSettings,
    "console": ConsoleSettings,
    "cloud": CloudSettings,
    "gateway": GatewaySettings,
    "receiver": ReceiverSettings,
    "sync": SyncSettings,
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting as it is declared above."""

    section: str
    key: str
    built_in: Value
    says: str
    choices: tuple[str, ...]
    form: str

    @property
    def name(self) -> str:
        """`section.key`."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{PREFIX}{self.section.upper()}__{self.key.upper()}"

    @property
    def is_secret(self) -> bool:
        """Whether nobody may see it."""
        return self.form == SECRET


def declared() -> Iterator[Declared]:
    """Every setting, in order."""
    for section, kind in SECTIONS.items():
        for one in fields(kind):
            yield Declared(section, one.name, cast("Value", one.default), **one.metadata)
