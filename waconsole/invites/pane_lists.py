"""What the tabs of the invites pane list, and what stands when they list nothing."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.invites import (
    service_channels,
    service_exposure,
    store_pane,
    store_pane_beside,
    store_programmes,
)
from waconsole.invites.kinds import CHANNEL, CODE, INVITATION, INVITE, JOIN, PROGRAMME, PROOF, kind_of
from waconsole.invites.pane_rows import ChannelView, ProgrammeView, View
from waconsole.kit.listframe import Listed
from waconsole.money import Money
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_query import keys_of
from waconsole.text import _

TABS: Final = (
    ("programmes", _("Programmes")),
    ("all", _("Invites")),
    ("held", _("Held")),
    ("way", _("Under way")),
    ("earned", _("Earned")),
    ("coupons", _("Coupons")),
    ("refused", _("Refused")),
    ("codes", _("Codes")),
    ("proofs", _("Proofs")),
    ("channels", _("Channels")),
    ("invitations", _("Invitations")),
    ("joins", _("Requests")),
)


class Things(dict[int, Any]):
    """The things behind the keys of a list, where it holds them, and what they are."""

    def __init__(self, kind: str, views: Sequence[View] = ()) -> None:
        super().__init__((one.id, one) for one in views)
        self.kind = kind


def listed(
    tx: Transaction, tab: str, narrowing: Within | None, known: Mapping[str, int], *, now: int
) -> Listed:
    """What a tab lists now; `narrowing` selects keys of that very list."""
    kind = kind_of(tab)
    counts = dict(known) or store_pane.counts(tx)
    if kind == PROGRAMME:
        return _held(Things(kind, programmes(tx)), narrowing, tx, counts)
    if kind == CHANNEL:
        return _held(Things(kind, channels(tx, now=now)), narrowing, tx, counts)
    if kind == JOIN:
        return Listed(array("q"), counts, Things(kind))
    within = narrowing or ()
    ids = store_pane.ids(tx, tab, *within) if kind == INVITE else store_pane.kind_ids(tx, kind, *within)
    return Listed(ids, counts, Things(kind))


def _held(things: Things, narrowing: Within | None, tx: Transaction, counts: dict[str, int]) -> Listed:
    """A short list that holds its rows."""
    if narrowing is not None:
        wanted = set(keys_of(narrowing, tx))
        for key in [key for key in things if key not in wanted]:
            del things[key]
    return Listed(array("q", things), counts, things)


def programmes(tx: Transaction) -> list[ProgrammeView]:
    """Every programme, those that earn first."""
    found = []
    for one in store_programmes.programmes(tx):
        row = service_exposure.row(tx, one)
        found.append(
            ProgrammeView(
                one.id, one.name, one.ref, row["state"], row["version"], row["version_state"], row["says"], row["invites"],
                None if row["budget"] is None else Money(**row["budget"]),
                None if row["budget_left"] is None else Money(**row["budget_left"]),
            )
        )  # fmt: skip
    places = {"active": 0, "asked": 1, "draft": 2, "ended": 3}
    return sorted(found, key=lambda one: (places[one.state], -one.id))


def channels(tx: Transaction, *, now: int) -> list[ChannelView]:
    """Every way people came, with all that ever came by it."""
    keys = store_pane_beside.channel_keys(tx)
    rows = service_channels.report(tx, programme=None, since=None, now=now)["rows"]
    return [ChannelView(keys.get(row["channel"], 0), row) for row in rows]


def views(tx: Transaction, things: Mapping[int, Any], ids: Sequence[int]) -> list[View]:
    """The rows behind some keys, in no order; those that are gone are left out."""
    kind = things.kind if isinstance(things, Things) else INVITE
    if kind == INVITE:
        return [*store_pane.invite_rows(tx, ids)]
    if kind == CODE:
        return [*store_pane.code_rows(tx, ids)]
    if kind == PROOF:
        return [*store_pane.proof_rows(tx, ids)]
    if kind == INVITATION:
        return [*store_pane.invitation_rows(tx, ids)]
    return [things[key] for key in ids if key in things]


def teaches(tab: str, counts: Mapping[str, int]) -> tuple[str, str]:
    """What stands where a tab lists nothing: what is missing, and how it begins."""
    kind = kind_of(tab)
    if kind == PROGRAMME:
        return (
            _("No programmes yet."),
            _(
                "`:invites programme create NAME --preset PRESET` makes one; `:invites programme presets` shows what there"
                " is to begin from."
            ),
        )
    if kind == CODE:
        return (
            _("No codes yet."),
            _(
                "`:invites code MEMBER --programme P` gives a member theirs; it stands in the link they share."
            ),
        )
    if kind == PROOF:
        return (
            _("No picture waits."),
            _(
                "The friend's own message with a code is the proof. A picture that arrives while a programme runs waits here."
            ),
        )
    if kind == CHANNEL:
        return (
            _("Nobody came by any channel yet."),
            _(
                "Invites say their channel: a code for a place (`:invites code MEMBER --programme P --channel C`) or the file."
            ),
        )
    if kind == INVITATION:
        return (
            _("Nobody was asked into a group."),
            _(
                "`:invites ask GROUP --play new --dry-run` shows whom it would reach; nobody is asked twice in 30 days."
            ),
        )
    if kind == JOIN:
        count = counts.get("joins", 0)
        if not count:
            return _("Nobody asks to come in."), _(
                "Who asks to come into a group is decided about in the pane `:joins`."
            )
        words = _("1 person asks to come in.") if count == 1 else _("{count} people ask to come in.")
        return (
            words.format(count=f"{count:,}"),
            _("The pane `:joins` shows by which way they came, and lets in or declines one or many."),
        )
    if not counts.get("all"):
        return (
            _("No invites yet."),
            _(
                "They come with codes in first messages, or from a file: `:import invites FILE`. A programme comes first."
            ),
        )
    return _("Nothing here."), _("Another tab shows the rest; the states of all are one key to the left.")
