"""Asking members into a group, as it is typed: `invites ask GROUP --play PLAY`."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import EXIT_REFUSED, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.invites import plays
from waconsole.text import safe


async def _ask(database: Database, call: Invocation) -> Answer:
    from waconsole.sync import inviting  # what sends loads with it

    values = call.values
    asking = inviting.Asking(
        values["group"], values["play"], (values["channel"] or "").strip(), tuple(values["member"] or ()),
        values["template"] or "", values["language"] or "", tuple(values["param"] or ()), values["link"] or "",
        call.limit, bool(values["dry_run"]),
    )  # fmt: skip
    found = await inviting.ask(database, call.settings, asking, operator=call.operator, now=call.now)
    if found.plan.advice:
        call.say(found.plan.advice)
    document: dict[str, Any] = inviting.as_document(found, asking)
    invited, left = document["invited"], document["left_out"]
    would = "would be asked" if asking.is_dry else "asked"
    by_hand = sum(bool(one["by_hand"]) for one in invited)
    hands = f", {by_hand} of them by a person (`waconsole tasks list`)" if by_hand else ""
    lines = [safe(f"{len(invited)} {would} into {found.plan.group.name}{hands}.")]
    lines += [safe(f"{_who(one)}  {one['state']}") for one in invited]
    lines += [safe(f"{_who(one)}  left out: {one['reason']}") for one in left]
    if found.not_reached:
        lines.append(safe(f"{found.not_reached} more are chosen, and beyond the limit."))
    return Answer(document, tuple(lines), 0 if invited or asking.is_dry else EXIT_REFUSED)


def _who(one: dict[str, Any]) -> str:
    return str(one["name"] or one["invitee"]["phone"] or one["invitee"]["member"])


INVITING: Final[list[Command]] = [
    Command(("invites", "ask"), "Ask members into a group: each by a message, whoever is of high value by a person.", _ask, (
        Argument("group", "a group's name or ref"),
        Argument("--play", "who is asked; the policies invitations.* say what each means", choices=plays.PLAYS, required=True),
        Argument("--channel", "what the way is called in reports; `message`, or `voice` for high value", metavar="WORD"),
        Argument("--member", "who is asked, for the play `other`", many=True, metavar="MEMBER"),
        Argument("--template", "a template instead of policy's text: it also reaches who has not written today", metavar="NAME"),
        Argument("--language", "the template's language; else each member's own", metavar="CODE"),
        Argument("--param", "what fills the template; {name}, {group} and {link} are filled", many=True, metavar="VALUE"),
        Argument("--link", "the group's link, where it is not known here", metavar="URL"),
        Argument("--dry-run", "say who would be asked and who not, and write nothing", kind="flag"),
    )),
]  # fmt: skip
