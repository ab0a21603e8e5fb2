"""One step of connecting a number: what it answers, how the Cloud API is asked, and what its refusals say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from waconsole.outbox.error_words import error_words
from waconsole.settings import Settings

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.driver import CloudDriver
    from waconsole.whatsapp.driver import Verdict

TOKEN_CODES: Final = frozenset({0, 190})
PERMISSION_CODES: Final = frozenset({3, 10, *range(200, 300)})
NO_SUCH_CODES: Final = frozenset({33, 100})
ANSWER_CHARACTERS_MAX: Final = 200
NEW_TOKEN: Final = (
    "Make a token of a system user in Meta's business settings (it does not expire), with the permissions"
    " whatsapp_business_messaging and whatsapp_business_management, and set cloud.token"
)


class Step(NamedTuple):
    """One step: whether it is done, and what there is to say. `says` may hold foreign words and goes through `safe`."""

    step: str
    ok: bool
    says: str

    def row(self) -> dict[str, Any]:
        """As it stands in the answer of `connect --check`."""
        return {"step": self.step, "ok": self.ok, "says": self.says}


async def asked(settings: Settings, path: Callable[[CloudDriver], str]) -> tuple[Verdict, dict[str, Any]]:
    """Ask the Cloud API for what stands at `path` below its version; (what became of it, the answer). Raises Refused."""
    from waconsole.whatsapp.cloud.driver import open_cloud

    async with open_cloud(settings.cloud) as driver:
        return await driver.beside.ask("GET", f"{driver.graph}{path(driver)}")


def said(verdict: Verdict) -> str:
    """WhatsApp's code and its own words, foreign."""
    code = f"code {verdict.code}: " if verdict.code is not None else ""
    return f"{code}{verdict.detail[:ANSWER_CHARACTERS_MAX].rstrip('.')}"


def unreached(address: str, verdict: Verdict) -> str:
    """That nobody, or somebody else, answered."""
    return f"{address} cannot be reached, or it is not WhatsApp that answers there ({said(verdict)})."


def refusal(verdict: Verdict, address: str) -> str:
    """Why the Cloud API at `address` refused, and what to do about it."""
    if verdict.code is None:
        return unreached(address, verdict)
    if verdict.code in TOKEN_CODES:
        return f"WhatsApp refuses the token ({said(verdict)}): see the step before."
    if verdict.code in PERMISSION_CODES:
        return f"The token may not do that ({said(verdict)}). {NEW_TOKEN}."
    words = error_words(verdict.code)
    return f"{words.happened} {words.advice} ({said(verdict)})"


def rows_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that a list of the Graph API holds."""
    found = document.get("data")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
