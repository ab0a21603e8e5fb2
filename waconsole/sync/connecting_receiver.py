"""What comes in when a number is connected: the app's secret, the verify token, and the way to our receiver."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import urlencode, urlsplit

from waconsole.settings import Settings
from waconsole.settings.forms import LOOPBACK, fits
from waconsole.sync.connecting_step import ANSWER_CHARACTERS_MAX, Step, asked, said
from waconsole.sync.receiver_health import NEAR, is_listening

REACH_SECONDS: Final = 10.0
# Nothing in it: it is kept, and nothing comes of it.
EMPTY_WEBHOOK: Final = b'{"object":"whatsapp_business_account","entry":[]}'


async def app_secret_step(settings: Settings) -> Step:
    """Is it the app's? The proof of a token with it is right only then; and our receiver must know it too."""
    cloud = settings.cloud
    if not cloud.app_secret:
        return Step(
            "app_secret", False,
            "There is no app secret, so no webhook can be told from a forged one: it stands in the app's settings at Meta (Basic).",
        )  # fmt: skip
    if not fits("secret", cloud.app_secret.reveal()):
        return Step("app_secret", False, "The app secret holds signs that none has: copy it again.")
    proven = False
    if cloud.token and cloud.phone_number_id and not is_near(cloud.base_url):
        proof = hmac.new(cloud.app_secret.reveal().encode(), cloud.token.reveal().encode(), hashlib.sha256).hexdigest()  # fmt: skip
        verdict, _ = await asked(
            settings, lambda driver: f"/{driver.phone_number_id}?fields=id&appsecret_proof={proof}"
        )
        if verdict.outcome != "accepted" and "appsecret_proof" in verdict.detail:
            return Step(
                "app_secret", False,
                f"It is not the secret of the token's app ({said(verdict)}): take both from the same app at Meta.",
            )  # fmt: skip
        proven = verdict.outcome == "accepted"
    status = await _posted(settings)
    if status == 401:
        return Step(
            "app_secret",
            False,
            "Our receiver refuses what is signed with it: copy the secret again, or start the receiver anew with it.",
        )
    if status == 200:
        return Step("app_secret", True, "A webhook signed with it is taken by our receiver.")
    if proven:
        return Step(
            "app_secret",
            True,
            "It is the secret of the token's app; our receiver does not run at the moment.",
        )
    return Step(
        "app_secret", True, "It is set; it proves itself once the receiver runs (`waconsole receive`)."
    )


async def verify_token_step(settings: Settings) -> Step:
    """The word that WhatsApp repeats; where our receiver runs it is asked as WhatsApp would."""
    token = settings.cloud.verify_token
    if not token:
        return Step(
            "verify_token", False,
            "There is no verify token: make up a word of your own, WhatsApp repeats it when it first asks the receiver.",
        )  # fmt: skip
    receiver = settings.receiver
    if not await is_listening(receiver.host, receiver.port):
        return Step(
            "verify_token", True, "It is set; it proves itself once the receiver runs (`waconsole receive`)."
        )
    wrong = await _handshake(local_address(settings), settings)
    if wrong:
        return Step("verify_token", False, f"Our receiver runs with another verify token, or is none of ours ({wrong}): start it again.")  # fmt: skip
    return Step("verify_token", True, "Our receiver answers WhatsApp's question with it.")


async def receiver_step(settings: Settings) -> Step:
    """Is the receiver reached from outside? It is asked at its public address, as WhatsApp would."""
    receiver = settings.receiver
    listens = await is_listening(receiver.host, receiver.port)
    starts = (
        ""
        if listens
        else f" No receiver listens on port {receiver.port} here: `waconsole receive` starts it."
    )
    if not receiver.public_url:
        if is_near(settings.cloud.base_url):
            says = f"It listens on port {receiver.port} of this machine, where the sandbox finds it."
            return Step("receiver", listens, says if listens else starts.strip())
        says = "WhatsApp is told no address: set receiver.public_url to the https address that leads to the receiver."
        return Step("receiver", False, says + starts)
    address = receiver.public_url.rstrip("/")
    address += "" if address.endswith("/webhook") else "/webhook"
    wrong = await _handshake(address, settings)
    if wrong:
        return Step("receiver", False, f"{address} does not answer as our receiver would ({wrong}).{starts}")
    return Step("receiver", True, f"{address} leads to a receiver that knows our verify token.")


async def _handshake(address: str, settings: Settings) -> str:
    """What is wrong with the answer to WhatsApp's first question at `address`; "" when it is right."""
    challenge = secrets.token_hex(8)
    query = urlencode(
        {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": settings.cloud.verify_token.reveal()}
    )  # fmt: skip
    status, answer = await _fetched("GET", f"{address}?{query}", b"", {})
    if status is None:
        return answer
    if status != 200:
        return f"it answers HTTP {status}"
    return "" if answer == challenge else "it answers something else"


async def _posted(settings: Settings) -> int | None:
    """The status with which our own receiver answers an empty webhook that we signed; None where none listens."""
    receiver = settings.receiver
    if not await is_listening(receiver.host, receiver.port):
        return None
    signature = hmac.new(settings.cloud.app_secret.reveal().encode(), EMPTY_WEBHOOK, hashlib.sha256).hexdigest()  # fmt: skip
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
    return (await _fetched("POST", local_address(settings), EMPTY_WEBHOOK, headers))[0]


async def _fetched(method: str, url: str, content: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
    """(status, the first of what was answered), or (None, why nothing was). Nothing of ours stands on an error."""
    import httpx

    is_far = not is_near(url)
    try:
        async with httpx.AsyncClient(
            timeout=REACH_SECONDS, follow_redirects=False, trust_env=is_far
        ) as client:
            answer = await client.request(method, url, content=content or None, headers=headers)
            return answer.status_code, answer.text[:ANSWER_CHARACTERS_MAX]
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return None, f"it cannot be reached: {type(error).__name__}"


def local_address(settings: Settings) -> str:
    host = NEAR.get(settings.receiver.host, settings.receiver.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.receiver.port}/webhook"


def is_near(url: str) -> bool:
    """Whether an address is of this machine."""
    return urlsplit(url).hostname in LOOPBACK
