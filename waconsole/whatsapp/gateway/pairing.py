"""The code by which a phone is linked, drawn in a terminal. `segno` is loaded when one is drawn."""

from __future__ import annotations

from typing import Final

BORDER: Final = 2  # light modules around it: phones read it with two
_HALVES: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}


def drawn(value: str, *, inverted: bool = False) -> list[str]:
    """A QR code of `value` as lines of half blocks, two of its rows in each.

    Light is what is drawn, for a terminal with light letters on dark; `inverted` is for one with dark on light.
    Raises ValueError for what no code holds.
    """
    import segno

    code = segno.make(value, error="l", micro=False, boost_error=False)
    flip = 1 if inverted else 0
    rows = [[int(bool(module)) ^ flip for module in row] for row in code.matrix_iter(border=BORDER)]
    if len(rows) % 2:
        rows.append([flip] * len(rows[0]))
    return [
        "".join(_HALVES[upper, lower] for upper, lower in zip(rows[place], rows[place + 1], strict=True))
        for place in range(0, len(rows), 2)
    ]
