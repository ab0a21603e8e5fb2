"""Who WhatsApp means: the member of a number, a BSUID, a hidden id (lid), and what a changed number does to them.

A BSUID outranks a number (a number may pass to somebody else, a BSUID never does) and minds its
case. A username is no key: it is kept as a dated alias. Two rows that WhatsApp calls one person
are suggested for merging, not merged, unless the person changed their number, or WhatsApp tells
the number behind a hidden id that had none: that is WhatsApp's own word.
"""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.members import store_aliases, store_merge, store_rows
from waconsole.members.model import ref_of
from waconsole.text import stored

NUMBER_CHANGED = "number change"
NUMBER_SHOWN = "number shown"


def ensure_member(
    tx: Transaction,
    *,
    phone: str | None,
    bsuid: str | None = None,
    username: str | None = None,
    lid: str | None = None,
    name: str = "",
    language: str = "",
    origin: str,
    now: int,
    seen_at: int,
) -> int:
    """The id of whoever stands for a person WhatsApp names, made when nobody is known by it.

    `phone` is E.164. What is new is noted as an alias seen from `seen_at` (event time). The profile
    `name` and `language` fill what is empty; a name that differs stays as a dated alias. `lid` are the digits
    a linked phone knows somebody by. Raises Refused without phone, BSUID and lid.
    """
    if not phone and not bsuid and not lid:
        raise Refused("A person needs a phone number or a BSUID (or, by a gateway, a hidden id).")
    name = stored(name.strip())
    member_id = _known(tx, phone, bsuid)
    if lid:
        member_id = _behind(tx, lid, member_id, now=now)
    if member_id is None:
        parts = ("phone", phone) if phone else ("bsuid", bsuid) if bsuid else ("lid", lid or "")
        ref = ref_of(*parts)
        if phone and bsuid and store_aliases.alias_id(tx, "phone", phone) is not None:
            ref = ref_of("bsuid", bsuid)  # the number is somebody's whose BSUID is another
        member_id = store_rows.add_member(tx, ref=ref, name=name, origin=origin, now=now)
    store_rows.show_member(tx, member_id)
    _note(tx, member_id, phone, bsuid, username, origin=origin, seen_at=seen_at)
    if lid:
        store_aliases.see_alias(tx, member_id, "lid", lid, origin=origin, seen_at=seen_at)
    known = store_rows.words_of(tx, member_id)
    words = {"name": name, "language": language}
    store_rows.update_member(
        tx, member_id, {key: word for key, word in words.items() if word and not known[key]}
    )
    if name and known["name"] not in ("", name):
        store_aliases.see_alias(tx, member_id, "name", name, origin=origin, seen_at=seen_at)
    return member_id


def _known(tx: Transaction, phone: str | None, bsuid: str | None) -> int | None:
    """Whom a BSUID names, else a number; a number whose bearer has another BSUID names nobody."""
    if bsuid and (found := store_aliases.member_by_alias(tx, "bsuid", bsuid)) is not None:
        return found
    for kind in ("phone", "wa_id"):
        if phone and (found := store_aliases.member_by_alias(tx, kind, phone)) is not None:
            others = store_aliases.standing(tx, found, "bsuid")
            if not bsuid or not others:
                return found
    return None


def _behind(tx: Transaction, lid: str, told: int | None, *, now: int) -> int | None:
    """Whom a hidden id names. `told` is whom number or BSUID named with it: a row known by the id alone joins it."""
    bearer = store_aliases.member_by_alias(tx, "lid", lid)
    if bearer is None or told is None or bearer == told:
        return told if bearer is None else bearer
    if any(store_aliases.standing(tx, bearer, kind) for kind in ("phone", "bsuid")):
        return told  # two people with a number each: an operator decides
    store_merge.merge(tx, bearer, told, operator_id=None, rule=NUMBER_SHOWN, now=now)
    return told


def _note(
    tx: Transaction,
    member_id: int,
    phone: str | None,
    bsuid: str | None,
    username: str | None,
    *,
    origin: str,
    seen_at: int,
) -> None:
    """Add the aliases a person was not known under."""
    if bsuid:
        store_aliases.see_alias(tx, member_id, "bsuid", bsuid, origin=origin, seen_at=seen_at)
    if phone:
        bearer = store_aliases.member_by_alias(tx, "phone", phone)
        # A number that another row bears is kept as this person's wa_id: who looks for one person
        # in two rows finds it there.
        kind = "phone" if bearer in (None, member_id) else "wa_id"
        store_aliases.see_alias(tx, member_id, kind, phone, origin=origin, seen_at=seen_at)
    if username:
        current = store_aliases.standing(tx, member_id, "username")
        if all(row["value"] != username for row in current):
            for row in current:
                store_aliases.set_seen_until(tx, row["id"], seen_at)
            store_aliases.see_alias(tx, member_id, "username", username, origin=origin, seen_at=seen_at)


def change_number(
    tx: Transaction,
    member_id: int,
    *,
    phone: str | None = None,
    bsuid: str | None = None,
    now: int,
    origin: str,
) -> int:
    """The person is under another number (or BSUID) from `now` on; answers who stands for them.

    The old alias is closed at `now`, so that there is one row, under the new number. When the new
    number already has a row, that row is merged into the member: WhatsApp says they are one, and the
    merge can be taken back like any other. Saying it again changes nothing.
    """
    root = store_rows.root_of(tx, member_id)
    for kind, value in (("bsuid", bsuid), ("phone", phone)):
        if not value:
            continue
        bearer = store_aliases.member_by_alias(tx, kind, value)
        if bearer is not None and bearer != root:
            store_merge.merge(tx, bearer, root, operator_id=None, rule=NUMBER_CHANGED, now=now)
            store_rows.show_member(tx, root)
        elif bearer is None:
            store_aliases.add_alias(
                tx, member_id=root, kind=kind, value=value, group_id=0, origin=origin, seen_from=now
            )
        for row in store_aliases.standing(tx, root, kind):
            if row["value"] != value:
                store_aliases.set_seen_until(tx, row["id"], now)
        reopened = store_aliases.alias_id(tx, kind, value)
        if reopened is not None:
            store_aliases.set_seen_until(tx, reopened[0], None)
    return root
