"""`invites list|show|issue`: who brought whom, what it earned, and to let it go out by hand. What settles them is further up (`sync`)."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import EXIT_DONE, EXIT_PARTLY, EXIT_REFUSED, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.invites import service_issuing, service_listing
from waconsole.invites.model import STATES
from waconsole.invites.service_issuing import Issued
from waconsole.members.model import masked
from waconsole.operators import authority
from waconsole.text import SafeText, safe


def _person(one: dict[str, Any]) -> str:
    return masked(one["phone"]) if one["phone"] else str(one["member"])


def _line(row: dict[str, Any]) -> SafeText:
    reward = f"  {row['reward_text']}" if row["reward_text"] else ""
    reason = f" ({row['reason']})" if row["reason"] else ""
    return safe(
        f"{row['invite']}  {_person(row['referrer'])} → {_person(row['invitee'])}  {row['programme']}"
        f"  {row['state']}{reason}{reward}"
    )


async def _list(database: Database, call: Invocation) -> Answer:
    count, rows = await database.stream(
        lambda tx: service_listing.invites(
            tx, state=call.values["state"], programme=call.values["programme"], limit=call.limit
        )
    )
    document: dict[str, Any] = {"count": count, "rows": rows}
    if len(rows) < count:
        document["truncated"] = True
    return Answer(document, tuple(_line(row) for row in rows) or ("No invites.",))


async def _show(database: Database, call: Invocation) -> Answer:
    found = await database.read(lambda tx: service_listing.invite(tx, call.values["invite"]))
    lines = [_line(found)]
    if found["says"] and found["says"] != found["reason"]:
        lines.append(safe(f"  {found['says']}"))
    for one in found["steps"]:
        why = f": {one['reason']}" if one["reason"] else ""
        rule = f"  {one['rule']} v{one['version']}" if one["rule"] else ""
        lines.append(safe(f"  {one['at']}  {one['before']} → {one['after']}{why}{rule}"))
    for one in found["history"]:
        steps = ", ".join(step["step"] for step in one["steps"])
        lines.append(safe(f"  {one['side']} {one['slot']}: {one['text']}, {steps}"))
    return Answer(found, tuple(lines))


async def _issue(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> Issued:
        actor = authority.deciding(tx, call.operator, now=call.now)
        return service_issuing.issue(tx, actor, call.values["invite"], now=call.now)

    found = await database.write(work)
    document = {
        "done": len(found.done),
        "invites": found.done,
        "refused": [{"invite": one.invite, "reason": one.reason} for one in found.refused],
    }
    lines = [safe(f"{len(found.done)} to go out: the next `invites settle` or sync gives them.")]
    lines += [safe(f"{one.invite}: {one.reason}") for one in found.refused]
    code = EXIT_REFUSED if not found.done else EXIT_PARTLY if found.refused else EXIT_DONE
    return Answer(document, tuple(lines), code)


COMMANDS: Final[list[Command]] = [
    Command(("invites", "list"), "Who brought whom, how it stands, and what it earns now.", _list, (
        Argument("--state", "only invites in this state", choices=STATES),
        Argument("--programme", "only of this programme", metavar="NAME"),
    ), writes=False),
    Command(("invites", "show"), "One invite with every step that brought it where it stands.", _show, (
        Argument("invite", "the invite's name"),
    ), writes=False),
    Command(("invites", "issue"), "Let what invites earned go out, where policy referral.reward_issue says by_hand.", _issue, (
        Argument("invite", "an invite's name", many=True),
    )),
]  # fmt: skip
