"""The line above the list: what is to be decided on, what a budget has left, and what this operator may approve today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from waconsole.cashback import store_deciding, store_pane_beside, store_schemes
from waconsole.cashback.model import budget_account
from waconsole.clock import HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, piece
from waconsole.ledger import store as books
from waconsole.ledger import store_balances
from waconsole.money import Money, decimal
from waconsole.operators import authority
from waconsole.operators.authority import Forbidden
from waconsole.operators.roles import OWNER
from waconsole.text import _, safe

SUMS_SHOWN_MAX: Final = 3
SENTENCE_MAX: Final = 200


class Head(NamedTuple):
    """What the line says. `sums` are (currency, lines, minor units) of what is to be decided on; `budgets` (left, given)
    by scheme; `limits` (a day, left today) in minor units by currency; `why_not` says why nothing can be approved here."""

    sums: tuple[tuple[str, int, int], ...] = ()
    budgets: Mapping[str, tuple[Money, Money]] = {}
    limits: Mapping[str, tuple[int, int]] = {}
    why_not: str = ""
    solo: str = ""
    conflicts: int = 0
    is_known: bool = False


def read(tx: Transaction, name: str | None, *, now: int, read_only: bool = False) -> Head:
    """What stands above the list for the operator called `name`."""
    head = Head(sums=tuple(store_pane_beside.sums(tx)), budgets=_budgets(tx), is_known=True)
    if read_only:
        return head._replace(why_not=_("open for reading only"))
    if name is None:
        return head._replace(why_not=_("nobody is signed in: `:sign-in NAME`"))
    try:
        actor = authority.deciding(tx, name, now=now)
        authority.authorize(tx, actor, "cashback.approve", now=now)
    except (Forbidden, NotFound) as refusal:
        return head._replace(why_not=_short(refusal, name))
    limits = {}
    for currency, limit in store_pane_beside.limits_of(tx, actor.id):
        spent = store_deciding.approved_today(tx, actor.id, currency, at=now)
        limits[currency] = (limit, max(limit - spent, 0))
    solo = authority.solo(tx, now=now)
    said = ""
    if solo is not None and actor.role == OWNER:
        hours = solo.cooling_off_seconds * SECOND // HOUR
        said = _("solo mode v{version}: your own proposals after {hours} h").format(
            version=solo.version, hours=hours
        )
    met = len(store_deciding.conflicts(tx, actor.id))
    return head._replace(limits=limits, solo=said, conflicts=met)


def _short(refusal: Forbidden | NotFound, name: str) -> str:
    words = {
        "adoption": _("a copy of a ledger: nothing is approved here until an owner adopts it (`:adopt`)"),
        "passphrase": _("{name} has no passphrase, so nothing is decided under that name"),
        "retired": _("{name} is retired and decides nothing any more"),
    }
    rule = refusal.rule if isinstance(refusal, Forbidden) else ""
    return words.get(rule, str(refusal)).format(name=name)[:SENTENCE_MAX]


def _budgets(tx: Transaction) -> dict[str, tuple[Money, Money]]:
    """(left, given) of each scheme that has a budget."""
    found: dict[str, tuple[Money, Money]] = {}
    for scheme in store_schemes.schemes(tx):
        last = max(store_schemes.versions(tx, scheme.policy), key=lambda one: one.version, default=None)
        given = None if last is None else last.terms.budget
        if given is None:
            continue
        account = books.account_id(tx, budget_account(scheme.name), given.currency)
        left = 0 if account is None else store_balances.balance(tx, account).available
        found[scheme.name] = Money(left, given.currency), given
    return found


def marked_piece(count: int, sums: Sequence[tuple[str, int]]) -> Piece:
    """How many are marked, and what they come to."""
    shown = [_("marked {count}").format(count=f"{count:,}")]
    shown += [str(Money(minor, code)) for code, minor in sums[:SUMS_SHOWN_MAX]]
    if len(sums) > SUMS_SHOWN_MAX:
        shown.append(_("and {count} more").format(count=len(sums) - SUMS_SHOWN_MAX))
    return piece(safe(f" {glyph('separator')} ".join(shown)), "marked")


def pieces(head: Head, scheme: str, currency: str) -> tuple[list[Piece], list[Piece]]:
    """(left, right) of the line where the cursor stands on a line of that scheme and currency."""
    if not head.is_known:
        return [], []
    count = sum(lines for _code, lines, _minor in head.sums)
    left = [piece(safe(_("proposed {count}").format(count=f"{count:,}")), "title")]
    sums = sorted(head.sums, key=lambda one: one[0] != currency)  # the currency one looks at first
    for place, (code, _lines, minor) in enumerate(sums[:SUMS_SHOWN_MAX]):
        left.append(
            piece(safe(str(Money(minor, code))), "title" if not place else "muted", 4 if place else 1)
        )
    if len(sums) > SUMS_SHOWN_MAX:
        words = _("and {count} more").format(count=len(sums) - SUMS_SHOWN_MAX)
        left.append(piece(safe(words), "muted", 5))
    right: list[Piece] = []
    if (budget := head.budgets.get(scheme)) is not None:
        words = _("budget {left} of {given} left")
        shown = words.format(left=decimal(budget[0].minor, budget[0].currency), given=budget[1])
        left.append(piece(safe(shown), "overdue" if budget[0].minor <= 0 else "muted", 3))
    if head.conflicts:
        words = _("{count} too late").format(count=f"{head.conflicts:,}")
        right.append(piece(safe(f"{glyph('risk')} {words}"), "owed", 1))
    if head.why_not:
        left.append(piece(safe(f"{glyph('refused')} {head.why_not}"), "refused"))
        return left, right
    if head.solo:
        right.append(piece(safe(head.solo), "held", 2))
    if currency in head.limits:
        limit, rest = head.limits[currency]
        words = _("limit {left} of {limit} left today")
        shown = words.format(left=decimal(rest, currency), limit=Money(limit, currency))
        right.append(piece(safe(shown), "muted" if rest else "overdue"))
    elif currency:
        shown = _("you have no limit in {currency}: nothing can be approved in it").format(currency=currency)
        right.append(piece(safe(shown), "refused"))
    return left, right
