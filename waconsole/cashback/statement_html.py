"""A statement as one HTML file: nothing is fetched, nothing runs, every word from outside is escaped. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from waconsole.cashback.statement import SOLO, Statement
from waconsole.clock import iso
from waconsole.money import decimal
from waconsole.text import safe

_STYLE: Final = """
body { font: 11pt/1.5 system-ui, sans-serif; color: #111; background: #fff; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 1rem; color: #444; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #ccc; vertical-align: top; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
@media print { body { margin: 0; max-width: none; } }
""".strip()
_NUMBER: Final = ' class="n"'
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def as_html(said: Statement) -> str:
    """The whole file. Amounts have exactly their currency's digits."""
    title = f"Cashback of {said.period}" if said.period else "Cashback"
    who = safe(said.name or said.payee)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1><p>{escape(who)} · {escape(iso(said.at))}</p>",
        _table(
            ("Currency", "Earned", "Taken back", "Paid", "Due"),
            [
                (one.currency, *(decimal(minor, one.currency) for minor in (
                    one.earned_minor, one.reversed_minor, one.paid_minor, one.due_minor,
                )))
                for one in said.totals
            ],
            numbers_from=1,
        ),
    ]  # fmt: skip
    parts += [
        f"<p>{escape(decimal(-minor, currency))} {escape(currency)} will be netted from the next payout: it was refunded"
        " after it was paid.</p>"
        for currency, minor in said.clawback
        if minor < 0
    ]
    parts.append(
        _table(
            ("What", "How it stands", "Currency", "Earned", "Taken back", "Netted", "Paid", "Due"),
            [
                (one.what, one.word + (" *" if one.solo else ""), one.currency, *(decimal(minor, one.currency) for minor in (
                    one.earned_minor, one.reversed_minor, one.netted_minor, one.paid_minor, one.due_minor,
                )))
                for one in said.lines
            ],
            numbers_from=3,
        )
    )  # fmt: skip
    if said.is_solo:
        parts.append(f"<p>* {escape(SOLO)}</p>")
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int) -> str:
    def cells(kind: str, values: Sequence[str]) -> str:
        return "".join(
            f"<{kind}{_NUMBER if place >= numbers_from else ''}>{escape(safe(value))}</{kind}>"
            for place, value in enumerate(values)
        )

    if not rows:
        return "<p>Nothing yet.</p>"
    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', heads)}</tr></thead><tbody>\n{body}\n</tbody></table>"
