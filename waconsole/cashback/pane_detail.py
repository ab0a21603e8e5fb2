"""One line in full: what it is, what speaks for and against it, whether this operator may decide, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final, NamedTuple

from waconsole.cashback import (
    earning,
    service_evidence,
    store_deciding,
    store_evidence,
    store_lines,
    store_pane,
    store_pane_beside,
)
from waconsole.cashback.deciding import Standing, why_not
from waconsole.cashback.earning import Terms
from waconsole.cashback.evidence import AGAINST, FOR, Evidence, Share
from waconsole.cashback.lines import ReversalRow
from waconsole.cashback.model import APPROVED, PROPOSED
from waconsole.cashback.pane_rows import shown_minor, state_word, who
from waconsole.cashback.store_pane import LineView, PayeeView
from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.kit import ages
from waconsole.kit.cells import width
from waconsole.kit.glyphs import glyph
from waconsole.kit.reader import wrapped
from waconsole.kit.rows import Cell
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators.authority import Matter
from waconsole.policy import store as policy
from waconsole.text import SafeText, _, safe

Line = tuple[Cell, ...]

HEAD_CELLS: Final = 9
WORDS_MAX: Final = 500
SHOWN_MAX: Final = 20
_SIGNS: Final = {FOR: ("done", "done"), AGAINST: ("risk", "owed")}


class Seen(NamedTuple):
    """A line with all that is shown of it. `verdict` is "" where this operator may approve it, else why not."""

    line: LineView
    basis: Money
    before_cap: Money
    ordered_at: int
    terms: Terms
    evidence: list[Evidence]
    verdict: str
    left_today: str
    standing: Standing
    proposed_by: str
    decisions: list[Row]
    reversals: list[ReversalRow]
    disputes: list[Row]
    transfers: list[Row]


def shares_of(tx: Transaction, scheme_id: int) -> dict[int, Share]:
    """How many orders of each payee of a scheme were refunded: every line of the scheme is read."""
    return store_evidence.shares(tx, scheme_id)


def payee_lines(payee: PayeeView, *, is_revealed: bool) -> list[Line]:
    """What stands above the first line of a payee whose lines are decided on together."""
    dot = f" {glyph('separator')} "
    name = who(payee.name, payee.phone, is_revealed=is_revealed)
    words = _("{count} lines to decide on") if payee.lines != 1 else _("{count} line to decide on")
    count = words.format(count=f"{payee.lines:,}")
    return [
        (
            Cell(safe(f"{Money(payee.open_minor, payee.currency)}"), "title"),
            Cell(safe(f"{dot}{name}{dot}{count}")),
        ),
        (
            Cell(
                safe(_("Deciding here asks first, and decides on each of them. The first of them:")), "muted"
            ),
        ),
        (),
    ]


def seen(
    tx: Transaction, line_id: int, name: str | None, *, now: int, shares: Mapping[int, Share] | None = None
) -> Seen:
    """Everything there is to read of a line. Raises NotFound."""
    found = store_pane.rows(tx, [line_id])
    if not found:
        raise NotFound("This line is not in the ledger.")
    line, row = found[0], store_lines.line_by_id(tx, line_id)
    standing = store_deciding.standing(tx, line_id)
    verdict, left = _verdict(tx, name, row.ref, now=now)
    return Seen(
        line=line,
        basis=Money(row.basis_minor, row.currency),
        before_cap=Money(row.full_minor, row.currency),
        ordered_at=row.ordered_at,
        terms=earning.terms_of(policy.version(tx, row.rule, row.rule_version)),
        evidence=service_evidence.evidence(tx, row.ref, now=now, shares=shares),
        verdict=verdict,
        left_today=left,
        standing=standing,
        proposed_by=""
        if standing.proposed_by is None
        else store_deciding.operator_name(tx, standing.proposed_by),
        decisions=store_deciding.decisions(tx, line_id),
        reversals=store_lines.reversals(tx, line_id),
        disputes=store_lines.disputes(tx, line_id),
        transfers=store_pane_beside.transfers(tx, row.ref),
    )


def _verdict(tx: Transaction, name: str | None, ref: str, *, now: int) -> tuple[str, str]:
    """(why this operator may not approve a line now, or ""; what they may still approve today)."""
    if name is None:
        return _("Nobody is signed in here: `:sign-in NAME` says who decides."), ""
    line = store_deciding.decidable(tx, ref)
    assert line is not None
    stands = line.standing
    try:
        actor = authority.deciding(tx, name, now=now)
        spent = store_deciding.approved_today(tx, actor.id, line.currency, at=now)
        is_solo = stands.proposed_by == actor.id and authority.solo(tx, now=now) is not None
        matter = Matter(
            payee_id=line.payee_id,
            proposed_by=stands.proposed_by if stands.state == PROPOSED else None,
            amount=Money(stands.open_minor, line.currency),
            spent_today_minor=spent,
            recorded_solo=is_solo,
        )
        authority.authorize(tx, actor, "cashback.approve", matter, now=now)
    except Refused as refusal:
        return str(refusal), ""
    why = why_not(stands, APPROVED)
    if not why and now < line.matures_at:
        why = _("Its return window ends {at}: nothing is approved before.").format(at=iso(line.matures_at))
    limit = dict(store_pane_beside.limits_of(tx, actor.id)).get(line.currency, 0)
    return why, str(Money(max(limit - spent, 0), line.currency))


def lines(seen: Seen, zone: tzinfo, *, is_revealed: bool, refused: str = "") -> list[Line]:
    """The lines of its sheet."""
    one, dot = seen.line, f" {glyph('separator')} "
    name = who(one.name, one.phone, is_revealed=is_revealed)
    number = "" if one.phone is None else one.phone if is_revealed else masked(one.phone)
    title = name if not number or name == number else f"{name} ({number})"
    amount = Money(shown_minor(one), one.currency)
    what = one.reference or _("credit of {month}").format(month=one.period)
    found: list[Line] = [
        (Cell(safe(f"{amount}"), "title"), Cell(safe(f"{dot}{title}"))),
        (Cell(safe(f"{one.ref}{dot}{one.scheme} v{one.version}{dot}{state_word(one.state)}"), "muted"),),
        (),
    ]
    if refused:
        found += [_pair(_("refused"), refused, "refused"), ()]
    found += [_pair(_("order"), f"{what}{dot}{ages.exact(seen.ordered_at, zone)}"), *_sum(seen)]
    found.append(())
    found += [_said(fact) for fact in seen.evidence]
    if seen.verdict:
        found.append(_pair(_("you"), f"{glyph('refused')} {seen.verdict}", "refused"))
    else:
        words = dot.join((_("not payee"), _("not proposer"), _("inside your limit ({left} left today)")))
        found.append(_pair(_("you"), f"{glyph('done')} {words.format(left=seen.left_today)}", "done"))
    return found + _history(seen, zone, is_revealed=is_revealed)


def _sum(seen: Seen) -> list[Line]:
    """How the amount came about, and what is left of it."""
    one, stands = seen.line, seen.standing
    code = one.currency
    if seen.terms.rate is None:
        said = _("credit of a whole month: {amount}").format(amount=seen.before_cap)
    else:
        words = _("{rate} of {basis} = {amount}, half-even for each line")
        said = words.format(rate=earning.percent(seen.terms.rate), basis=seen.basis, amount=seen.before_cap)
    found = [_pair(_("basis"), said)]
    if one.amount_minor < seen.before_cap.minor:
        found.append(
            _pair("", _("cut to {amount} by the month's cap").format(amount=Money(one.amount_minor, code)))
        )
    parts = (
        (_("refunded"), one.reversed_minor),
        (_("open"), stands.open_minor),
        (_("in the wallet"), stands.unpaid_minor),
        (_("owed back"), stands.clawed_minor),
        (_("paid"), stands.paid_minor),
        (_("rejected"), stands.rejected_minor),
    )
    shown = [f"{word} {Money(minor, code)}" for word, minor in parts if minor]
    found.append(_pair(_("stands"), f" {glyph('separator')} ".join(shown) or _("nothing of it is left")))
    return found


def _said(fact: Evidence) -> Line:
    sign, role = _SIGNS.get(fact.speaks, ("note", "muted"))
    heads = {FOR: _("for"), AGAINST: _("against")}
    over = f"  (n = {fact.n:,})" if fact.n is not None else ""
    head = heads.get(fact.speaks, _("note"))
    return (
        Cell(safe(head.ljust(HEAD_CELLS)), "muted"),
        Cell(safe(f"{glyph(sign)} "), role),
        Cell(safe(fact.says + over)),
    )


def _history(seen: Seen, zone: tzinfo, *, is_revealed: bool) -> list[Line]:
    """What was decided, disputed and refunded, and how many transfers moved."""
    code = seen.line.currency
    found: list[Line] = [()]
    for place, one in enumerate(seen.decisions[-SHOWN_MAX:]):
        solo = f" {_('(solo mode)')}" if one["solo"] else ""
        batch = f" {one['batch']}" if one["batch"] else ""
        amount = f" {Money(one['amount_minor'], code)}" if one["amount_minor"] else ""
        words = f": {_shown(one['words'], is_revealed)}" if one["words"] else ""
        said = f"{decision_word(one['kind'])}{batch}{amount} {one['by']}{solo}, {ages.exact(one['decided_at'], zone)}{words}"
        found.append(_pair(_("decided") if not place else "", said))
    for place, dispute in enumerate(seen.disputes[-SHOWN_MAX:]):
        said = f"{dispute['operator']}, {ages.exact(dispute['disputed_at'], zone)}: {_shown(dispute['reason'], is_revealed)}"
        found.append(_pair(_("disputed") if not place else "", said, "owed"))
    for place, back in enumerate(seen.reversals[-SHOWN_MAX:]):
        said = f"{Money(back.amount_minor, code)}, {ages.exact(back.refunded_at, zone)}"
        found.append(_pair(_("refunds") if not place else "", said))
    if seen.transfers:
        words = _("{ref}, transfer {count} of this line")
        last = seen.transfers[-1]
        found.append(
            _pair(_("moved"), words.format(count=f"{len(seen.transfers):,}", ref=last["ref"]), "muted")
        )
    return found


def decision_word(kind: str) -> str:
    """What was decided, in a word."""
    words = {
        "held": _("held"),
        "asked": _("asked"),
        "released": _("released"),
        "undone": _("taken back"),
        "netted": _("netted"),
        "again": _("to be paid again"),
    }
    return words.get(kind) or state_word(kind)


def _shown(words: str, is_revealed: bool) -> SafeText:
    return safe((words if is_revealed else masked_text(words))[:WORDS_MAX])


def _pair(head: str, text: str, role: str = "") -> Line:
    return (Cell(safe(head.ljust(HEAD_CELLS)), "muted"), Cell(safe(text[: 2 * WORDS_MAX]), role))


def hung(found: list[Line], cells: int) -> list[Line]:
    """Lines broken at `cells`, each as far in as its head leaves it."""
    broken: list[Line] = []
    for line in found:
        *heads, text = line or (Cell(SafeText("")),)
        before = sum(width(cell.text) for cell in heads)
        if not heads or before > cells // 2:
            broken.append(line)
            continue
        for place, part in enumerate(wrapped(text, max(cells - before, 1))):
            broken.append((*heads, part) if not place else (Cell(SafeText(" " * before)), part))
    return broken


def as_sheet(found: list[Line]) -> list[Cell]:
    """The same for a sheet, where a line has one role: that of its last part."""
    return [Cell(safe("".join(cell.text for cell in line)), line[-1].role if line else "") for line in found]
