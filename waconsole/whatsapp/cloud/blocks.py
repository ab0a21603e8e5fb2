"""Whom a number has blocked: nobody on the list can write to it, and nothing is sent to them (code 130403)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from waconsole.whatsapp.cloud.paging import everything
from waconsole.whatsapp.doors import Handled, Person
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.plain import word

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client
    from waconsole.whatsapp.cloud.driver import CloudDriver

PAGE: Final = 100
AT_ONCE_MAX: Final = 100


class Blocks:
    """The block list of one number."""

    def __init__(self, client: Client, graph: str, phone_number_id: str) -> None:
        """`graph` is the version's path (`/v26.0`)."""
        self._client = client
        self._path = f"{graph}/{quote(phone_number_id, safe='')}/block_users"

    async def everybody(self) -> tuple[Verdict, list[Person]]:
        """Everybody who is blocked."""
        verdict, found = await everything(self._client, self._path, {}, limit=PAGE)
        people = [
            Person(
                f"+{digits}" if (digits := word(one.get("wa_id"))) else None,
                word(one.get("user_id")) or None,
            )
            for one in found
        ]
        return verdict, [one for one in people if one.phone or one.bsuid]

    async def block(self, users: Sequence[str]) -> tuple[Verdict, list[Handled]]:
        """Block people, each by an E.164 phone or a BSUID; it may be asked for twice."""
        return await self._change("POST", users, "added_users")

    async def unblock(self, users: Sequence[str]) -> tuple[Verdict, list[Handled]]:
        """Let people write again."""
        return await self._change("DELETE", users, "removed_users")

    async def _change(self, method: str, users: Sequence[str], done: str) -> tuple[Verdict, list[Handled]]:
        if not users or len(users) > AT_ONCE_MAX:
            detail = f"One to {AT_ONCE_MAX} people are blocked at once."
            return Verdict("refused", action=Action.FIX, detail=detail), []
        form = {"messaging_product": "whatsapp", "block_users": [{"user": user} for user in users]}
        verdict, document = await self._client.ask(method, self._path, form)
        told = document.get("block_users")
        if not isinstance(told, Mapping):
            return verdict, [
                Handled(user, verdict.outcome == "accepted", verdict.code, verdict.detail) for user in users
            ]
        # Partly done comes as error 139100 beside the lists, also with a 2xx.
        good = {_user(one) for one in told.get(done) or ()}
        bad = {_user(one): one for one in told.get("failed_users") or ()}
        handled = [_handled(user, good, bad, verdict) for user in users]
        return (Verdict("accepted", code=verdict.code) if good else verdict), handled


def blocks_of(driver: CloudDriver) -> Blocks:
    """The block list of the number of a driver that is open."""
    return Blocks(driver.beside, driver.graph, driver.phone_number_id)


def _handled(user: str, good: set[str], bad: Mapping[str, Any], verdict: Verdict) -> Handled:
    if user in good:
        return Handled(user, True)
    errors = bad[user].get("errors") if user in bad else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    code = word(first.get("code"))
    detail = word(first.get("message")) or verdict.detail or "WhatsApp did not say what became of it."
    return Handled(user, False, int(code) if code.isdecimal() else verdict.code, detail)


def _user(one: Any) -> str:
    return word(one.get("input")) or word(one.get("user_id")) if isinstance(one, Mapping) else word(one)
