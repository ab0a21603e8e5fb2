"""What a member shares: their code in links and in a text of their language, for each place its own."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import share, store_codes
from waconsole.invites.service_codes import code_named
from waconsole.invites.share import TEXTS, Kit
from waconsole.invites.store_codes import Code
from waconsole.invites.store_programmes import programme_named, versions
from waconsole.invites.terms import Terms, in_force
from waconsole.members import store as members
from waconsole.members.model import e164
from waconsole.policy import store as policy

SHARE_TEXT, DISCLOSURE = "referral.share_text", "referral.disclosure"
BRAND, LANDING = "referral.brand", "referral.landing"


def texts(tx: Transaction, *, now: int) -> dict[str, dict[str, str]]:
    """The texts about codes by language. English takes its share text and disclosure from `referral.…`."""
    found = {
        name.removeprefix(TEXTS): share.words_of(value)
        for name, value, _ in policy.all_in_force(tx, TEXTS, now=now)
    }
    own = {"share": _value(tx, SHARE_TEXT, now=now), "disclosure": _value(tx, DISCLOSURE, now=now)}
    return {**found, share.ENGLISH: {**own, **found.get(share.ENGLISH, {})}}


def _value(tx: Transaction, name: str, *, now: int) -> str:
    return str(policy.in_force(tx, name, now=now)[0]["value"])


def _said(tx: Transaction, name: str, *, now: int) -> str | None:
    """A policy's text, or None where it says that there is none."""
    value = _value(tx, name, now=now)
    return None if value == share.NOTHING else value


def our_phone(tx: Transaction, wanted: str | None) -> str:
    """The number links lead to: the one named, or ours; '' where nobody knows it. Raises Refused for what is no number."""
    phone = store_codes.our_phone(tx) or "" if wanted is None else e164(wanted)
    if phone is None:
        raise Refused(f"{wanted} is no phone number: write it with + and the country's code.")
    return phone


def kit(
    tx: Transaction, code: Code, *, language: str | None = None, number: str | None = None, now: int
) -> Kit:
    """What goes with a code, in the referrer's language or the one named. Raises Refused."""
    if code.revoked_at is not None or not code.is_in_force(now):
        raise Refused(
            f"{code.code} is not in force: `waconsole invites code MEMBER --programme P` gives another."
        )
    known = texts(tx, now=now)
    spoken = language or members.member_by_id(tx, code.member_id).language
    if (
        language is not None
        and share.language_of(language, known) == share.ENGLISH != language.casefold()[:2]
    ):
        raise Refused(f"There are no texts in {language}: there are {', '.join(sorted(known))}.")
    own = share.language_of(spoken, known)
    words = known[own]
    first = share.first_words(words, code.code)
    link = share.wa_me(our_phone(tx, number), first)
    page = _said(tx, LANDING, now=now)
    landing = None
    if page is not None:
        landing = share.landing(
            page, source=code.channel or share.OWN, campaign=code.programme, content=code.code
        )
    version = in_force(versions(tx, programme_named(tx, code.programme)), now)
    rules = None if version is None else version.terms
    disclosure = _disclosure(tx, words, rules, now=now)
    message = share.message(
        words,
        link=landing or link,
        brand=_said(tx, BRAND, now=now),
        offer=_offer(rules),
        disclosure=disclosure,
    )
    return Kit(
        code=code.code, channel=code.channel, language=own, first=first, link=link, landing=landing,
        disclosure=disclosure, message=message,
    )  # fmt: skip


def _disclosure(tx: Transaction, words: dict[str, str], rules: Terms | None, *, now: int) -> str:
    """The programme's own line where it has one; else that of the language."""
    if rules is not None and rules.disclosure and rules.disclosure != _value(tx, DISCLOSURE, now=now):
        return rules.disclosure
    return words.get("disclosure", "") or _value(tx, DISCLOSURE, now=now)


def _offer(rules: Terms | None) -> str | None:
    """What the friend gets, in a few words; None where a programme is one-sided."""
    if rules is None or rules.invitee is None:
        return None
    face = rules.invitee.face
    return str(face) if face is not None else rules.invitee.told()


def code_in_force(tx: Transaction, signs: str, *, now: int) -> Code:
    """The code that is written like this and may be used. Raises NotFound and Refused."""
    code = code_named(tx, signs)
    if not code.is_in_force(now):
        raise Refused(
            f"{code.code} is not in force: `waconsole invites code MEMBER --programme P` gives another."
        )
    return code
