"""What an error code of WhatsApp means to an operator: what happened, and what to do about it.

The codes are those of `whatsapp.classify`, which decides what the program does; here is only what
it says. Source: Meta's error code page (2025-10-31) and Groups API pages (2026-05-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from waconsole.text import _


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """`short` fits a row; `happened` and `advice` are whole sentences."""

    short: str
    happened: str
    advice: str


def _words(short: str, happened: str, advice: str) -> ErrorWords:
    return ErrorWords(short, happened, advice)


_TOKEN: Final = _words(
    _("token refused"),
    _("WhatsApp does not accept the token of this number."),
    _("Make a new one in Meta's business settings and set cloud.token; what waits is kept and sent then."),
)
_PERMISSION: Final = _words(
    _("permission missing"),
    _("The token may not send for this number."),
    _("Give it the permission whatsapp_business_messaging in Meta's business settings."),
)
_TROUBLE: Final = _words(
    _("trouble at WhatsApp"),
    _("WhatsApp had trouble of its own and did not say whether it took the message."),
    _(
        "Wait for a word of WhatsApp's; else look on the phone whether it arrived, then say so, close it, or send it again."
    ),
)
_TOO_FAST: Final = _words(
    _("too fast"),
    _("WhatsApp takes fewer messages at a time from this number."),
    _("Nothing is to be done: it is tried again, more slowly."),
)
_ACCOUNT: Final = _words(
    _("account restricted"),
    _("Meta has restricted or locked the WhatsApp account."),
    _("Look at the account's quality page in Meta's business settings and ask for a review there."),
)
_PAYMENT: Final = _words(
    _("payment missing"),
    _("Meta could not charge the account."),
    _("Put the payment method right in Meta's business settings."),
)
_NUMBER: Final = _words(
    _("number not ready"),
    _("The number is not registered, or its display name is not approved."),
    _("Register the number and its name in WhatsApp Manager."),
)
_REQUEST: Final = _words(
    _("request refused"),
    _("WhatsApp did not understand the request."),
    _("Sending it again changes nothing: report it with the words and the trace below."),
)
_TEMPLATE: Final = _words(
    _("template refused"),
    _("The template is not there, not approved, paused, or its values do not fit."),
    _("Look at the template in WhatsApp Manager."),
)
_WRONG_API: Final = _words(
    _("wrong way for marketing"),
    _("WhatsApp wants marketing sent another way."),
    _("Write to the member in an answer of yours, or use an approved template."),
)
_BLOCKED: Final = _words(
    _("block list"),
    _("The block list of this number stood against it."),
    _("Look who is blocked in WhatsApp Manager."),
)
_GROUP: Final = _words(
    _("group not reachable"),
    _("The group cannot be written to: it is empty, closed, suspended, or not known to this number."),
    _("Look at the group on the phone."),
)
_GROUP_REQUEST: Final = _words(
    _("not possible in groups"),
    _("WhatsApp does not do this in groups."),
    _("Send it from the phone."),
)

ERRORS: Final[Mapping[int, ErrorWords]] = {
    **dict.fromkeys((0, 190), _TOKEN),
    **dict.fromkeys((3, 10, 131005, *range(200, 300)), _PERMISSION),
    **dict.fromkeys((1, 2, 131000, 131016, 133004), _TROUBLE),
    **dict.fromkeys((4, 80007, 130429, 131208), _TOO_FAST),
    131056: _words(
        _("too fast for one person"),
        _("This person got many messages within a short time."),
        _("Nothing is to be done: it is tried again after a while."),
    ),
    131048: _words(
        _("spam limit"),
        _("Too many people blocked or reported this number."),
        _("Send nothing to many for now, and look at the number's quality in WhatsApp Manager."),
    ),
    131064: _words(
        _("limit after violations"),
        _("Meta has put a limit on this account because of its templates."),
        _("Look at the account's quality page in Meta's business settings."),
    ),
    131057: _words(
        _("maintenance"),
        _("WhatsApp is moving the number to a higher rate."),
        _("Nothing is to be done: it is tried again in a minute."),
    ),
    **dict.fromkeys((368, 131031), _ACCOUNT),
    **dict.fromkeys((131042, 131044), _PAYMENT),
    **dict.fromkeys((131037, 131045, 133010), _NUMBER),
    133016: _words(
        _("registered too often"),
        _("The number was registered too often."),
        _("Wait for 72 hours, then register it once."),
    ),
    130497: _words(
        _("country not allowed"),
        _("This account may not write to people in that country."),
        _("Reach this person another way."),
    ),
    131026: _words(
        _("not reachable on WhatsApp"),
        _("The number is not on WhatsApp, or its owner has an old app or has not accepted the terms."),
        _("Check the number; else reach this person another way."),
    ),
    130472: _words(
        _("left out by Meta's trial"),
        _("Meta keeps this person out of marketing messages for a trial of its own."),
        _("Do not send it again; an answer inside the service window is not concerned."),
    ),
    130403: _words(
        _("blocked by us"),
        _("This number has blocked the person."),
        _("Take them off the block list first."),
    ),
    131062: _words(
        _("phone number needed"),
        _("This kind of message needs the person's phone number, and only an id of Meta's is known."),
        _("Ask the person for the number."),
    ),
    137000: _words(
        _("identity changed"),
        _("The person's WhatsApp identity has changed: the number may belong to somebody else now."),
        _("Make sure who it is before you write anything personal."),
    ),
    131047: _words(
        _("window closed"),
        _("The person has not written for 24 hours: WhatsApp takes no free text then."),
        _("Send an approved template, or wait until they write and release it then."),
    ),
    131049: _words(
        _("marketing limit of WhatsApp"),
        _("WhatsApp gives this person no more marketing for now, from whomever."),
        _("Do not send it again today; an answer inside the service window is not concerned."),
    ),
    131050: _words(
        _("stopped marketing"),
        _("The person has stopped marketing messages of this number in WhatsApp."),
        _("Their consent is withdrawn here too: send them no marketing."),
    ),
    131021: _words(
        _("sent to ourselves"),
        _("The recipient is the number that sends."),
        _("Choose another recipient."),
    ),
    131030: _words(
        _("not on the test list"),
        _("A test number writes only to people on its list."),
        _("Add the person to the list in Meta's app settings, or use a real number."),
    ),
    131051: _words(
        _("kind not supported"),
        _("WhatsApp does not take this kind of message there."),
        _("Send it as text."),
    ),
    **dict.fromkeys((131052, 131053), _words(
        _("file refused"),
        _("WhatsApp could not take or fetch the file."),
        _("Check its kind and size, then send it again."),
    )),
    **dict.fromkeys((33, 100, 131008, 131009, 135000), _REQUEST),
    **dict.fromkeys(
        (132000, 132001, 132005, 132007, 132012, 132015, 132016, 132018, 132068, 132069, 134101), _TEMPLATE
    ),
    **dict.fromkeys((131055, 131063, 134100), _WRONG_API),
    **dict.fromkeys(range(139100, 139104), _BLOCKED),
    **dict.fromkeys((131020, 131041, 131201, 131203, 131207, *range(131211, 131216)), _GROUP),
    **dict.fromkeys((131202, 131204, 131209, 131210), _GROUP_REQUEST),
    131059: _words(
        _("page expired"),
        _("A list was read too slowly."),
        _("Nothing is to be done: it is read again from its beginning."),
    ),
}  # fmt: skip

_UNHEARD: Final = ErrorWords(
    _("refused"),
    _("WhatsApp refused it with a code that this version does not know."),
    _("Its own words below say more."),
)


def error_words(code: int) -> ErrorWords:
    """The words for a code; of one that nobody knows, that nobody knows it."""
    return ERRORS.get(code, _UNHEARD)
