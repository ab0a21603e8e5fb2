"""`invites code|codes|qr|share …`: codes, links, and what a member is given to share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from waconsole.clock import SECOND, iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused, UsageError
from waconsole.invites import codes, commands_words, service_codes, service_share, store_codes
from waconsole.invites.days import instant_after
from waconsole.invites.share import Kit
from waconsole.invites.store_codes import Code
from waconsole.invites.store_programmes import programme_named
from waconsole.members import store as members
from waconsole.operators import authority
from waconsole.text import safe

QR_SUFFIXES: Final = (".png", ".svg")
QR_SCALE: Final = 8  # pixels of one module: a card in a parcel is read at arm's length
NOWHERE: Final = (
    "The phone of our number is not known, so the link leads to nobody: name it with --number +…, or for good with"
    " `waconsole numbers add ID --phone +…`."
)
QR_BORDER: Final = 4  # light modules around it, as ISO/IEC 18004 asks


def _row(tx: Transaction, code: Code, *, now: int) -> dict[str, Any]:
    member = members.member_by_id(tx, code.member_id)
    state = "revoked" if code.revoked_at is not None else "in_force" if code.is_in_force(now) else "expired"
    return {
        "code": code.code,
        "member": member.ref,
        "phone": member.phone,
        "name": member.name,
        "programme": code.programme,
        "channel": code.channel or None,
        "state": "expired" if code.reason == "expired" else state,
        "made_at": iso(code.made_at - code.made_at % SECOND),
        "expires_at": None if code.expires_at is None else iso(code.expires_at),
        "revoked_at": None if code.revoked_at is None else iso(code.revoked_at - code.revoked_at % SECOND),
        "reason": code.reason or None,
    }


async def _code(database: Database, call: Invocation) -> Answer:
    values = call.values
    if values["revoke"] is not None:
        return await _revoke(database, call)
    if values["member"] is None or values["programme"] is None:
        raise UsageError("Name whose code and of which programme: invites code MEMBER --programme P.")

    def work(tx: Transaction) -> dict[str, Any]:
        until, zone = values["until"], call.settings.shop.timezone or facts.fact(tx, facts.SHOP_ZONE) or "UTC"
        code, is_new = service_codes.give(
            tx, values["member"], values["programme"], channel=values["channel"] or "",
            expires_at=None if until is None else instant_after(until, zone), operator=call.operator, now=call.now,
        )  # fmt: skip
        return _row(tx, code, now=call.now) | {"changed": is_new}

    row = await database.write(work)
    return Answer(row, (safe(f"{row['code']}  {row['name'] or row['member']}  {row['programme']}"),))


async def _revoke(database: Database, call: Invocation) -> Answer:
    if call.values["member"] is not None:
        raise UsageError("Name a member to give a code, or --revoke CODE: not both.")

    def work(tx: Transaction) -> list[dict[str, Any]]:
        actor = authority.deciding(tx, call.operator, now=call.now)
        authority.authorize(tx, actor, "codes.revoke", now=call.now)
        found = service_codes.revoke(
            tx, actor, call.values["revoke"], reason=call.values["reason"] or "", now=call.now
        )
        return [_row(tx, one, now=call.now) for one in found]

    rows = await database.write(work)
    return Answer(
        {**rows[0], "revoked": [row["code"] for row in rows]},
        tuple(safe(f"{row['code']} counts no more from now on.") for row in rows),
    )


async def _list(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        programme, who = call.values["programme"], call.values["member"]
        rows = store_codes.listed(
            tx,
            programme_id=None if programme is None else programme_named(tx, programme).id,
            member_id=None if who is None else members.member_named(tx, who).id,
            channel=call.values["channel"],
        )
        return [
            _row(tx, Code(*tuple(row)[: len(Code._fields)]), now=call.now) | {"invites": row["invites"]}
            for row in rows
        ]

    document = listed(await database.read(work), call.limit)
    lines = tuple(
        safe(
            f"{row['code']}  {row['name'] or row['member']}  {row['programme']}  {row['channel'] or ''}  {row['state']}"
            f"  {row['invites']:,} came"
        )
        for row in document["rows"]
    )
    return Answer(
        document, lines or ("No codes yet: `waconsole invites code MEMBER --programme P` gives one.",)
    )


def _is_code(signs: str) -> bool:
    return codes.is_code(codes.normalised(signs)[: codes.LENGTH])


def _meant(tx: Transaction, call: Invocation, *, channel: str, give: bool) -> Code:
    """The code that is meant: named itself, or that of a member and programme. Raises Refused and NotFound."""
    what, programme = call.values["code"], call.values["programme"]
    if programme is None:
        if not _is_code(what):
            raise UsageError(f"{what} is no code: name a member with --programme P, or a code.")
        code = service_share.code_in_force(tx, what, now=call.now)
        if not channel or channel == code.channel:
            return code
        what, programme = members.member_by_id(tx, code.member_id).ref, code.programme
    elif _is_code(what):
        try:
            return service_share.code_in_force(tx, what, now=call.now)
        except NotFound:
            pass  # a name may look like a code
    if not give:
        member = members.member_named(tx, what)
        known = store_codes.codes_of(tx, member.id, programme_named(tx, programme).id)
        found = next((one for one in known if one.channel == channel and one.is_in_force(call.now)), None)
        if found is None:
            raise NotFound(
                f"{what} has no such code: `waconsole invites code MEMBER --programme P` gives one."
            )
        return found
    return service_codes.give(tx, what, programme, channel=channel, operator=call.operator, now=call.now)[0]


async def _qr(database: Database, call: Invocation) -> Answer:
    out = call.values["out"]
    if out is not None and Path(out).suffix.lower() not in QR_SUFFIXES:
        raise UsageError(f"A QR code is written as {' or '.join(QR_SUFFIXES)}: name a file that ends so.")

    def work(tx: Transaction) -> Kit:
        code = _meant(tx, call, channel=call.values["channel"] or "", give=False)
        return service_share.kit(
            tx, code, language=call.values["language"], number=call.values["number"], now=call.now
        )

    kit = await database.read(work)
    if kit.is_nowhere:
        call.say(NOWHERE)
    document = {"code": kit.code, "link": kit.link, "text": kit.first, "file": out}
    if out is not None:
        _save(kit.link, Path(out))
        return Answer(document, (safe(f"{out} leads to {kit.link}"),))
    from waconsole.whatsapp.gateway.pairing import drawn

    lines = drawn(kit.link, inverted=call.values["dark_on_light"])
    return Answer({**document, "qr": lines}, (*lines, safe(kit.link)))


def _save(link: str, out: Path) -> None:
    """Write the QR code of a link. Raises Refused where the file cannot be written."""
    import segno  # only who draws one needs it

    try:
        segno.make(link, error="m", micro=False).save(str(out), scale=QR_SCALE, border=QR_BORDER)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror or error}.") from None


def _kit_row(kit: Kit) -> dict[str, Any]:
    return {
        "code": kit.code, "channel": kit.channel or None, "language": kit.language, "text": kit.first,
        "link": kit.link, "landing": kit.landing, "disclosure": kit.disclosure, "message": kit.message,
    }  # fmt: skip


async def _share(database: Database, call: Invocation) -> Answer:
    values = call.values
    if values["channel"] is not None and values["every_channel"]:
        raise UsageError("Say --channel C for one place, or --every-channel for all of them.")

    def work(tx: Transaction) -> list[Kit]:
        places = [values["channel"] or ""]
        if values["every_channel"]:
            places += service_codes.suffixes(tx, now=call.now)
        return [
            service_share.kit(
                tx, _meant(tx, call, channel=place, give=True), language=values["language"], number=values["number"],
                now=call.now,
            )
            for place in places
        ]  # fmt: skip

    kits = await database.write(work)
    if kits[0].is_nowhere:
        call.say(NOWHERE)
    document = _kit_row(kits[0])
    if values["every_channel"]:
        document["channels"] = [_kit_row(kit) for kit in kits[1:]]
    return Answer(document, tuple(line for kit in kits for line in _preview(kit)))


def _preview(kit: Kit) -> list[str]:
    """What the friend sees, and what WhatsApp writes for them."""
    place = f" ({kit.channel})" if kit.channel else ""
    return [
        safe(f"{kit.code}{place}"),
        safe(f"  {kit.message}"),
        safe(f"  > {kit.first}"),
        safe(f"  {kit.link}"),
    ]


_PROGRAMME: Final = Argument("--programme", "of which programme", metavar="P")
_CHANNEL: Final = Argument("--channel", "where it stands: order_page, parcel_card, email, …", metavar="C")
_LINK: Final = (
    Argument("--language", "in this language; without it, the member's", metavar="L"),
    Argument("--number", "the number the link leads to; without it, ours", metavar="PHONE"),
)

COMMANDS: Final[list[Command]] = [
    Command(("invites", "code"), "Give a member their code, or revoke one.", _code, (
        Argument("member", "a ref, a phone number with + or a name", optional=True),
        _PROGRAMME, _CHANNEL,
        Argument("--until", "its last day: 2026-12-31", metavar="DATE"),
        Argument("--revoke", "let this code count no more", metavar="CODE"),
        Argument("--reason", "why it is revoked"),
    )),
    Command(("invites", "codes", "list"), "Codes, whose they are and how many came by them.", _list, (
        _PROGRAMME, Argument("--member", "only of this member", metavar="M"), _CHANNEL,
    ), writes=False),
    Command(("invites", "qr"), "The QR code of a code's link, drawn here or into a file.", _qr, (
        Argument("code", "a code; or a member, with --programme"),
        _PROGRAMME, _CHANNEL, *_LINK,
        Argument("--out", "a file that ends in .png or .svg", metavar="F"),
        Argument("--dark-on-light", "for a terminal with dark letters on light", kind="flag"),
    ), writes=False),
    Command(("invites", "share"), "What a member shares, and how the friend sees it.", _share, (
        Argument("code", "a code; or a member, with --programme"),
        _PROGRAMME, _CHANNEL, *_LINK,
        Argument("--every-channel", "for every place, each with its own sign", kind="flag"),
    )),
    *commands_words.COMMANDS,
]  # fmt: skip
