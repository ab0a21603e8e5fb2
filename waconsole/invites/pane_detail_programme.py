"""A programme in full: its ladder with live counts, budget and worst case, warnings, terms, versions, steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from waconsole.clock import parse_iso
from waconsole.database.connection import Transaction
from waconsole.invites import service_exposure, store_programmes
from waconsole.invites import store_pane_beside as store
from waconsole.invites.exposure import Exposure
from waconsole.invites.pane_lines import Line, pair, pairs
from waconsole.invites.pane_rows import ProgrammeView
from waconsole.invites.pane_words import sign_cell, state_word
from waconsole.invites.store_pane_beside import Slot
from waconsole.invites.terms import terms_of
from waconsole.invites.terms_words import EACH, INVITEE
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.money import Money
from waconsole.text import _, safe

STEPS_SHOWN_MAX: Final = 20


def worst_words(shown: Exposure) -> str:
    """The worst case of a programme's terms in one sentence."""
    if shown.is_endless:
        return _("without a cap there is no end to it")
    if shown.per_referrer is None or shown.total is None:
        return _("no money is spent that anybody said")
    words = _("{total}: {each} each, {people} taking part")
    return words.format(total=shown.total, people=f"{shown.referrers:,}", each=shown.per_referrer)


def lines(tx: Transaction, one: ProgrammeView, zone: tzinfo, *, now: int) -> list[Line]:
    """The lines of its sheet. Raises NotFound."""
    programme = store_programmes.programme_named(tx, one.ref)
    document = service_exposure.shown(tx, programme, now=now)
    worst = service_exposure.of(tx, terms_of(document["terms"]), programme)
    dot = f" {glyph('separator')} "
    stands = sign_cell(one.state, one.version_state, one.version)
    found: list[Line] = [
        (Cell(stands.text, stands.role or "title"), Cell(safe(f"{dot}{one.name} v{one.version}"), "title")),
        (Cell(safe(one.says), "muted"),),
        (),
        *_ladder(document, store.ladder(tx, programme.id)),
        pair(_("invites"), _counts(one.counts)),
    ]
    if one.budget is not None and one.left is not None:
        words = _("{left} of {budget} left")
        role = "overdue" if one.left.minor <= 0 else ""
        found.append(pair(_("budget"), words.format(left=one.left, budget=one.budget), role))
    role = "owed" if worst.is_over else ""
    found.append(pair(_("worst case"), f"{glyph('risk')} " * worst.is_over + worst_words(worst), role))
    found += pairs(
        _("warnings"), [f"{glyph('risk')} {sentence}" for sentence in document["warnings"]], "owed"
    )
    if one.version_state == "asked":
        found.append(pair("", _("over its budget: another owner activates it"), "owed"))
    return found + _terms(document["terms"]) + _history(document, zone)


def _counts(counts: Mapping[str, int]) -> str:
    parts = [f"{state_word(state)} {number:,}" for state, number in counts.items()]
    return f" {glyph('separator')} ".join(parts) or _("none yet")


def _ladder(document: Mapping[str, Any], slots: list[Slot]) -> list[Line]:
    """Each rung with what it gives, who reached it, and how its rewards stand."""
    known = {(INVITEE if one.side == "invitee" else one.slot): one for one in slots}
    found: list[Line] = []
    for row in document["exposure"]["slots"]:
        name = {EACH: _("each"), INVITEE: _("friend")}.get(row["slot"], row["slot"])
        one = known.get(row["slot"])
        said = f"{name:>6}  {row['reward']}"
        if one is None:
            said += "  " + _("nobody yet")
        else:
            words = _("people {people}, given {given}, held {held}")
            said += "  " + words.format(
                people=f"{one.people:,}", given=f"{one.given:,}", held=f"{one.held:,}"
            )
            said += _(", taken back {back}").format(back=f"{one.back:,}") if one.back else ""
        found.append(pair(_("ladder") if not found else "", said, "" if one else "muted"))
    return found


def _terms(terms: Mapping[str, Any]) -> list[Line]:
    said = [f"{key}: {value}" for key, value in terms.items() if value not in (None, "")]
    return [(), *pairs(_("terms"), said)]


def _history(document: Mapping[str, Any], zone: tzinfo) -> list[Line]:
    found: list[Line] = [()]
    versions = document["versions"][-STEPS_SHOWN_MAX:]
    for place, one in enumerate(versions):
        since = one["valid_from"]
        begins = _("from the beginning") if since is None else ages.exact(parse_iso(since), zone)
        found.append(
            pair(
                _("versions") if not place else "",
                f"v{one['version']} {state_word(one['state'])}, {begins}: {one['says']}",
            )
        )
    for place, one in enumerate(document["steps"][-STEPS_SHOWN_MAX:]):
        solo = f" {_('(solo mode)')}" if one["solo"] else ""
        asked = _(", asked for by {name}").format(name=one["asked_by"]) if one["asked_by"] else ""
        worst = one["worst_case"]
        case = (
            f", {Money(**worst)}"
            if isinstance(worst, Mapping) and {"minor", "currency"} == set(worst)
            else ""
        )
        words = f"v{one['version']} {_step(one['step'])} {one['by']}{solo}{asked}, {ages.exact(parse_iso(one['at']), zone)}{case}"
        found.append(pair(_("steps") if not place else "", f"{words}  {one['reason']}".rstrip()))
    return found


def _step(step: str) -> str:
    words = {"asked": _("asked for by"), "activated": _("activated by"), "ended": _("ended by")}
    return words[step]
