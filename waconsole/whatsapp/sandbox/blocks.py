"""The block list: `block_users`. Only who wrote within a day can be blocked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox.asgi import Asked
from waconsole.whatsapp.sandbox.codes import GraphError, status_error
from waconsole.whatsapp.sandbox.paging import PAGE, page
from waconsole.whatsapp.sandbox.people import Person
from waconsole.whatsapp.sandbox.world import World

AT_ONCE_MAX: Final = 1000
BLOCKED_MAX: Final = 64_000
PARTIAL: Final = 139100
FULL: Final = 139101


class BlockPaths:
    """Whom our numbers block."""

    def __init__(self, world: World) -> None:
        """People are the world's."""
        self._world = world
        self._blocked: dict[tuple[str, str], Person] = {}

    def answer(self, asked: Asked) -> Mapping[str, Any] | None:
        """What a path of blocks answers; None when it is none. Raises GraphError."""
        if asked.node not in self._world.account.numbers or asked.edge != "block_users":
            return None
        if asked.method == "GET":
            rows, paging = page(
                asked,
                [it for (number, _), it in self._blocked.items() if number == asked.node],
                lambda one: one.key,
                most=PAGE,
                clamps=True,
            )
            return {
                "data": [{"messaging_product": "whatsapp", **_named(one)} for one in rows],
                "paging": paging,
            }
        return self._change(asked) if asked.method in ("POST", "DELETE") else None

    def _change(self, asked: Asked) -> Mapping[str, Any]:
        request = asked.for_whatsapp("block_users")
        is_block = asked.method == "POST"
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for one in request.several("block_users", fewest=1, most=AT_ONCE_MAX):
            one.only("user")
            written = one.text("user", longest=256)
            person = self._world.person(written)
            code = (self._block if is_block else self._unblock)(asked.node, person)
            row = {"input": written, **(_named(person) if person else {})}
            if code:
                failed.append({**row, "errors": [_error(code)]})
            else:
                done.append(row)
        answer: dict[str, Any] = {"added_users" if is_block else "removed_users": done}
        if not failed:
            return {"messaging_product": "whatsapp", "block_users": answer}
        answer["failed_users"] = failed
        return {"messaging_product": "whatsapp", "block_users": answer, "errors": [_error(PARTIAL)]}

    def _block(self, number: str, person: Person | None) -> int:
        if person is None:
            return 131009
        at = person.wrote.get(number)
        if at is None or self._world.now() >= at + clock.DAY:
            return 131047
        if len(self._blocked) >= BLOCKED_MAX:
            raise GraphError(FULL, f"The block list has {BLOCKED_MAX} people.")
        person.blocked.add(number)
        self._blocked[number, person.key] = person
        return 0

    def _unblock(self, number: str, person: Person | None) -> int:
        if person is None or number not in person.blocked:
            return 131009
        person.blocked.discard(number)
        self._blocked.pop((number, person.key), None)
        return 0


def _named(person: Person) -> dict[str, str]:
    return ({"wa_id": person.phone} if person.phone else {}) | {"user_id": person.bsuid}


def _error(code: int) -> dict[str, Any]:
    said = {PARTIAL: "Some people were not changed.", 131047: "They have not written within a day."}
    return status_error(code, said.get(code, "There is nobody of that name, or nothing to undo."))
