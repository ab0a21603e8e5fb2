"""The page about what each driver can do says what the tables say."""

from __future__ import annotations

from pathlib import Path

from waconsole.whatsapp.capability import MATRIX, capability, sending

KINDS = "text image document video audio sticker template buttons list reaction poll".split()
PAGE = Path(__file__).parents[2] / "docs" / "capabilities.md"


def cells(*values: object) -> str:
    words = {True: "yes", False: "no", None: ""}
    return "|" + "|".join(f" {words.get(it, it)} " if it is not None else " " for it in values) + "|"  # type: ignore[call-overload]


def test_the_page_says_what_the_tables_say() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()

    for name in MATRIX:
        can = capability(name)
        assert cells(name, *can.as_dict().values(), can.members_max) in lines
        for group in (False, True):
            here = sending(name, group=group)
            row = cells(
                name, "group" if group else "member", here.text, here.quote, here.mark_read, here.typing
            )
            assert row in lines
            whom = "group" if group else "member"
            assert cells(name, whom, ", ".join(kind for kind in KINDS if kind in here.kinds)) in lines
    assert sum(line.startswith(("| cloud", "| gateway", "| human")) for line in lines) == 5 * len(MATRIX)
