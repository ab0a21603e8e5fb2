"""One key that makes a template of a message whose service window has closed: which one is asked for in a line."""

from __future__ import annotations

import shlex
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.kit.pane import CommandWanted
from waconsole.outbox import service_convert, store_templates
from waconsole.outbox.pane_moving import MovingActs
from waconsole.outbox.store_pane import OutgoingRow
from waconsole.text import _, safe

NAMES_MAX: Final = 500
BETWEEN: Final = "|"  # between the values that fill a template


class ConvertingActs(MovingActs):
    """The key `T`. The command of that name does it: the thread it writes into belongs to a room further up."""

    def why_not(self, action: str) -> str:
        """Only one at a time, and only what still waits for the Cloud API to send it."""
        if (why := super().why_not(action)) or action != "convert":
            return why
        row = self.at_hand
        if self.rows.selection:
            return _("One at a time: take the marks away first.")
        if row is not None and (why := service_convert.why_not(row.state, row.driver)):
            return _("It is not converted: {why}.").format(why=why)
        return ""

    def action_convert(self) -> None:
        """Ask for the template, then do it."""
        row = self.at_hand
        if not self.may("convert") or row is None:
            return
        names = usable(self.desk.database.pages())

        async def chosen(typed: str) -> None:
            if line := command(row, typed, names):
                self.post_message(CommandWanted(line))
            elif typed.strip():
                self.say(_("Write its name and language, like hello_again en."), "advice")

        self.ask(
            _("template"), chosen, names=names, text=names[0] if len(names) == 1 else "",
            hint=safe(_("name, language, then what fills it, with | between")),
        )  # fmt: skip


def usable(tx: Transaction) -> list[str]:
    """`NAME LANGUAGE` of every template that WhatsApp takes now."""
    rows = store_templates.templates(tx)
    return [f"{row['name']} {row['language']}" for row in rows if row["status"] in store_templates.USABLE][
        :NAMES_MAX
    ]


def command(row: OutgoingRow, typed: str, names: list[str]) -> str:
    """The command that was meant; "" when no language can be told."""
    name, _space, rest = typed.strip().partition(" ")
    language, _space, values = rest.strip().partition(" ")
    if not language:
        known = [one for one in names if one.partition(" ")[0] == name]
        language = known[0].partition(" ")[2] if len(known) == 1 else ""
    if not name or not language:
        return ""
    words = ["outbox", "convert", row.ref, "--template", name, "--language", language]
    for value in (part.strip() for part in values.split(BETWEEN)):
        words += ["--param", value] if value else []
    return shlex.join(words)
