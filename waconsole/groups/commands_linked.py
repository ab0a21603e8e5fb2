"""A linked phone's groups as they are typed: `groups add|promote|demote`, `groups rules`."""

from __future__ import annotations

from typing import Final

from waconsole.command import (
    EXIT_DONE,
    EXIT_PARTLY,
    EXIT_REFUSED,
    Answer,
    Argument,
    Command,
    Invocation,
    Work,
)
from waconsole.database.connection import Database
from waconsole.errors import UsageError
from waconsole.groups import service_linked
from waconsole.groups.service_linked import Change, Rule

ON_OFF: Final = ("on", "off")
RULES: Final[dict[str, Rule]] = {
    "only_admins_write": "messages_admin_only",
    "only_admins_describe": "info_admin_only",
    "admins_let_in": "membership_approval",
}
SAYS: Final = {"add": "put in", "promote": "made admins", "demote": "admins no longer"}


def _changing(change: Change) -> Work:
    async def work(database: Database, call: Invocation) -> Answer:
        found = await service_linked.change_people(
            database,
            call.settings,
            call.values["group"],
            call.values["person"],
            change,
            operator=call.operator,
            now=call.now,
        )
        done = [who for who, one in found if one.ok]
        refused = [
            {"member": who, "error": one.code, "reason": one.detail} for who, one in found if not one.ok
        ]
        lines = [f"{len(done)} {SAYS[change]}."]
        lines += [f"{one['member']} not: {one['reason']}" for one in refused]
        code = EXIT_DONE if not refused else EXIT_PARTLY if done else EXIT_REFUSED
        return Answer({"done": done, "refused": refused}, tuple(lines), code)

    return work


async def _rules(database: Database, call: Invocation) -> Answer:
    wanted = {rule: call.values[name] == "on" for name, rule in RULES.items() if call.values[name]}
    if not wanted:
        raise UsageError(
            "Say which rule: --only-admins-write, --only-admins-describe or --admins-let-in, each on or off."
        )
    for rule, on in wanted.items():
        await service_linked.set_rule(
            database, call.settings, call.values["group"], rule, on=on, operator=call.operator, now=call.now
        )
    document = {name: wanted[rule] for name, rule in RULES.items() if rule in wanted}
    return Answer({"group": call.values["group"], **document}, ("It is so.",))


def _people(change: Change, help_words: str) -> Command:
    return Command(("groups", change), help_words, _changing(change), (
        Argument("group", "a group's name or ref"),
        Argument("person", "members, phones or names", many=True),
    ))  # fmt: skip


COMMANDS: Final[list[Command]] = [
    _people("add", "Put people into a linked phone's group."),
    _people("promote", "Make people admins of a linked phone's group."),
    _people("demote", "Let people be admins no longer."),
    Command(("groups", "rules"), "Who may write in a linked phone's group, describe it, and let people in.", _rules, (
        Argument("group", "a group's name or ref"),
        Argument("--only-admins-write", "whether only admins write", choices=ON_OFF),
        Argument("--only-admins-describe", "whether only admins change its name and what it says of itself", choices=ON_OFF),
        Argument("--admins-let-in", "whether admins decide who comes in", choices=ON_OFF),
    )),
]  # fmt: skip
