"""`segments waterfall`: who of a rule would get a template, and why the others would not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.segments import service_asking, store_segments
from waconsole.segments.commands_asking import ENGINE, RULE, Words, asking_of, with_places
from waconsole.text import _

if TYPE_CHECKING:
    from waconsole.segments.waterfall import Waterfall

LISTED_MAX: Final = 10_000_000


def reason_words(reason: str) -> str:
    """A step of the waterfall in words."""
    words = {
        "stopped": _("said stop"),
        "no_consent": _("no marketing consent"),
        "capped": _("capped: had enough lately"),
        "gap": _("too soon after the last"),
        "quiet_hours": _("quiet hours now"),
        "no_template": _("window closed, no template"),
        "review_open": _("review open"),
        "holdout": _("kept out to compare"),
    }
    return words[reason]


def commands(words: Words) -> list[Command]:
    """The command, over what `words` declares once it is asked."""

    @with_places
    async def waterfall(database: Database, call: Invocation) -> Answer:
        from waconsole.segments import service_waterfall

        _name, engine = service_asking.engine_named(call.values["engine"])

        def work(tx: Transaction) -> tuple[dict[str, Any], Waterfall]:
            question = service_asking.read(tx, call.values["rule"], asking_of(tx, call, words()))
            template = service_waterfall.chosen(tx, call.values["template"])
            found = service_waterfall.of(tx, question, engine, template)
            document: dict[str, Any] = {
                "match": found.match,
                "steps": [one._asdict() for one in found.steps()],
                "reached": found.reached,
            }
            if call.values["list"]:
                document |= _listed(tx, found, call.limit)
            return document, found

        document, found = await database.stream(work)
        lines = [f"{found.match:>11,}  match"]
        lines += [
            f"{-one.excluded:>11,}  {reason_words(one.reason)}" for one in found.steps() if one.excluded
        ]
        lines.append(f"{found.reached:>11,}  would get it")
        return Answer(document, tuple(lines))

    return [
        Command(("segments", "waterfall"), "Who of a rule would get a template, and the first reason against the others.",
                waterfall, (RULE, ENGINE,
                Argument("--template", "the template that would be sent; none: a text to open windows", metavar="NAME",
                         required=True),
                Argument("--list", "add every member with the reason", kind="flag")), writes=False),
    ]  # fmt: skip


def _listed(tx: Transaction, found: Waterfall, limit: int | None) -> dict[str, Any]:
    from waconsole.segments.waterfall import REACHED, STEPS

    ids = [int(one) for one in found.ids[:limit]]
    reasons = dict(zip(ids, found.first.tolist(), strict=False))
    rows = [
        {
            "member": row["member"],
            "phone": row["phone"],
            "reason": None if (place := reasons[row["id"]]) == REACHED else STEPS[place],
        }
        for row in store_segments.people(tx, ids)
    ]
    answer: dict[str, Any] = {"count": found.match, "rows": rows}
    if len(rows) < found.match:
        answer["truncated"] = True
    return answer
