"""What is asked for when a number is connected, in which order, and where each answer is kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

from waconsole.errors import Refused
from waconsole.settings import Settings, declared
from waconsole.settings.forms import WANTED, fits
from waconsole.settings.keep import keep_secret
from waconsole.settings.read import config_path, read_settings, secrets_path
from waconsole.settings.secrets import Secret
from waconsole.settings.write import write_setting
from waconsole.text import _

VERIFY_TOKEN_BYTES: Final = 16
MADE_UP: Final = "cloud.verify_token"


class Field(NamedTuple):
    """One setting that is asked for: its name, what to answer, and the steps that try it."""

    name: str
    asks: str
    steps: tuple[str, ...]
    is_optional: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether nobody may see it."""
        return self.name in SECRETS


SECRETS: Final = frozenset(one.name for one in declared() if one.is_secret)
FIELDS: Final = (
    Field("cloud.phone_number_id", _("the id of the number: digits, at Meta below the number"), ()),
    Field("cloud.token", _("the access token of the number"), ("token", "number")),
    Field("cloud.waba_id", _("the id of the WhatsApp Business Account: digits"), ("account",)),
    Field("cloud.app_secret", _("the app's secret, in its basic settings at Meta"), ("app_secret",)),
    Field("cloud.verify_token", _("a word of your own that WhatsApp repeats; empty makes one up"), ("verify_token",)),
    Field("receiver.public_url", _("the https address where WhatsApp reaches the receiver"), ("receiver",), True),
    Field("gateway.base_url", _("where a gateway (WAHA) answers; most shops have none"), (), True),
    Field("gateway.api_key", _("the key of the gateway"), ("gateway",), True),
)  # fmt: skip
WORDS: Final = {"digits": _("digits alone")}  # not as a file would have it
FORMS: Final = {one.name: one.form for one in declared()}
VARIABLES: Final = {one.name: one.variable for one in declared()}


def standing(field: Field, settings: Settings) -> str:
    """What stands there now, as it may be shown: a secret only by where it lies."""
    value = settings.value(field.name)
    if isinstance(value, Secret):
        try:
            return _("set ({where})").format(where=value.source) if value else ""
        except Refused as refused:
            return str(refused)
    return str(value)


def kept(field: Field, answer: str, environ: Mapping[str, str]) -> str:
    """Keep an answer where it belongs; answers a sentence that says where.

    Raises Refused when it has not the form it must have, or cannot be written. An empty answer for the verify
    token makes one up.
    """
    answer = answer.strip()
    if field.name == MADE_UP and not answer:
        answer = secrets.token_urlsafe(VERIFY_TOKEN_BYTES)
    form = FORMS[field.name]
    if not answer or (form and not fits(form, answer)):
        raise Refused(_("That is not what {name} can be: write {wanted}.").format(name=field.name, wanted=WORDS.get(form) or WANTED.get(form, _("a text"))))  # fmt: skip
    if environ.get(VARIABLES[field.name]):
        raise Refused(
            _("{variable} is set in the environment and would win: unset it first.").format(
                variable=VARIABLES[field.name]
            )
        )
    if field.is_secret:
        where = keep_secret(field.name, answer, secrets_path(environ))
        return _("{name} is kept: {where}.").format(name=field.name, where=where)
    path = config_path(environ)
    section, _dot, key = field.name.partition(".")
    write_setting(path, section, key, answer)
    return _("{name} is written into {path}.").format(name=field.name, path=path)


def reread(environ: Mapping[str, str], settings: Settings) -> Settings:
    """The settings as they stand now, with what was named on the command line."""
    return read_settings(environ, chosen={"ledger.path": settings.ledger.path} if settings.ledger.path else None)  # fmt: skip
