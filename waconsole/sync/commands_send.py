"""Sending as it is typed: `send text|image|…|template|buttons|list|poll|reaction --to WHO …`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.text import safe

if TYPE_CHECKING:
    from waconsole.sync.sending import Sending
    from waconsole.whatsapp.content import Content, MediaKind

# Every other command does without the modules that send: each work loads them.

FILE_KINDS: Final = ("image", "document", "video", "audio", "sticker")
_WHO: Final = Argument(
    "--to",
    "a number with +, a BSUID, WhatsApp's id of a group, or a name",
    required=True,
    metavar="WHO",
)
_QUOTES: Final = Argument("--reply-to", "the wamid of the message it quotes", metavar="WAMID")


async def _text(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.content import Text

    return await _sent(database, call, Text(call.values["text"]))


def _file(kind: MediaKind) -> Callable[[Database, Invocation], Any]:
    async def work(database: Database, call: Invocation) -> Answer:
        from waconsole.sync.sending_files import media_of

        content = await media_of(
            database, kind, file=call.values["file"] or "", link=call.values["link"] or "",
            caption=call.values.get("caption") or "", name=call.values.get("filename") or "", now=call.now,
        )  # fmt: skip
        return await _sent(database, call, content)

    return work


async def _template(database: Database, call: Invocation) -> Answer:
    from waconsole.sync.sending_template import Wanted, template_of

    values = call.values
    wanted = Wanted(
        values["name"],
        values["language"],
        tuple(values["param"]),
        tuple(_numbered(one) for one in values["button"]),
        values["header_link"] or "",
        *await _header_file(database, call),
    )

    def content(tx: Transaction, number_id: int | None) -> Content:
        return template_of(tx, wanted, number_id)

    return await _sent(database, call, content)


async def _header_file(database: Database, call: Invocation) -> tuple[str, Any]:
    """(SHA-256, kind) of our copy for a template's header."""
    file = call.values["header_file"]
    if not file:
        return "", "none"
    if call.values["header_link"]:
        raise Refused("A header has one file: --header-link or --header-file.")
    from waconsole.sync.sending_files import media_of

    seen = await media_of(database, "document", file=file, link="", caption="", name="", now=call.now)
    kind: MediaKind = {"image": "image", "video": "video"}.get(seen.mime.partition("/")[0], "document")  # type: ignore[assignment]
    if kind != "document":
        await media_of(database, kind, file=file, link="", caption="", name="", now=call.now)
    return seen.sha256, kind


async def _buttons(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.content import Buttons

    values = call.values
    pairs = tuple(_pair(one, "--button ID=TITLE") for one in values["button"])
    content = Buttons(values["text"], pairs, values["header"] or "", values["footer"] or "")
    return await _sent(database, call, content)


async def _list(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.content import ListMessage

    values = call.values
    rows = tuple(_row(one) for one in values["row"])
    content = ListMessage(
        values["text"], values["label"], rows, values["header"] or "", values["footer"] or ""
    )
    return await _sent(database, call, content)


async def _poll(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.content import Poll

    values = call.values
    choices = tuple(one.strip() for one in values["choice"])
    return await _sent(database, call, Poll(values["question"].strip(), choices, values["several"]))


async def _reaction(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.content import Reaction

    return await _sent(database, call, Reaction(call.values["message"], call.values["emoji"].strip()))


def _pair(text: str, form: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not equals:
        raise Refused(f"“{safe(text)}” has no = in it: write {form}.")
    return left, right


def _numbered(text: str) -> tuple[int, str]:
    place, value = _pair(text, "--button INDEX=VALUE")
    if not (place.isascii() and place.isdecimal()) or len(place) > 2:
        raise Refused(f"“{safe(text)}” does not begin with a button's number: write --button INDEX=VALUE.")
    return int(place), value


def _row(text: str) -> Any:
    """`SECTION|ID|TITLE|DESCRIPTION`; the description, and with it the section, may be left out."""
    from waconsole.whatsapp.content import Row

    parts = [part.strip() for part in text.split("|")]
    if not 2 <= len(parts) <= 4:
        raise Refused(f"“{safe(text)}” is no row: write --row 'SECTION|ID|TITLE|DESCRIPTION'.")
    return Row(*(["", *parts] if len(parts) == 2 else parts))


async def _sent(
    database: Database, call: Invocation, content: Content | Callable[[Transaction, int | None], Content]
) -> Answer:
    """Queue it and say how it stands."""
    from waconsole.sync.sending import REPLY, send_content

    quoted = call.values.get("reply_to")
    sending = await send_content(
        database,
        call.settings,
        call.values["to"],
        content,
        purpose=REPLY,
        reply_to=quoted,
        operator=call.operator,
        now=call.now,
    )
    if quoted and not sending.quotes:
        call.say(f"{quoted} is no message of this thread: it goes without the quote.")
    if advice := await database.read(lambda tx: _advice(tx, sending.outgoing, now=call.now)):
        call.say(advice)
    document = {"outgoing": sending.outgoing, "state": sending.state, "reason": sending.reason}
    return Answer(document, _said(database, sending, call.values["to"]))


def _advice(tx: Transaction, ref: str, *, now: int) -> str:
    """What is to be thought of where a group hears of us often; "" otherwise."""
    from waconsole.outbox import service_group_posts, store_rows

    return service_group_posts.advice(tx, store_rows.outgoing_named(tx, ref), now=now)


def _said(database: Database, sending: Sending, to: str) -> tuple[str, ...]:
    from waconsole.sync.sending import BY_HAND

    ref, who = sending.outgoing, safe(to)
    if sending.reason == BY_HAND:
        lines = [f"{ref} is a task for a human hand, as nothing else reaches {who}: `waconsole tasks list`."]
        if sending.file:
            from waconsole.whatsapp.files import folder_of, path_of

            lines.append(f"The file is {path_of(folder_of(database.path), sending.file)}.")
        return tuple(lines)
    sentences = {
        "queued": f"{ref} is queued for {who}: `waconsole sync --once` sends it.",
        "held": f"{ref} is held ({sending.reason}): `waconsole outbox release {ref}` queues it again when nothing is in the way.",
        "scheduled": f"{ref} waits for {who} ({sending.reason}) and is sent by itself when that is over.",
        "refused": f"{ref} was refused: {sending.reason}.",
    }
    if sending.state == "held" and sending.reason == "template_needed":
        sentences["held"] = (
            f"{ref} is held: the service window of {who} is closed, and then only a template can go."
            f" It goes as it is once they write; `waconsole outbox convert {ref}` sends a template in its place."
        )
    return (sentences.get(sending.state, f"{ref} is {sending.state}."),)


def _file_command(kind: MediaKind) -> Command:
    more: list[Argument] = []
    if kind not in ("audio", "sticker"):
        more.append(Argument("--caption", "the words below it"))
    if kind == "document":
        more.append(Argument("--filename", "what the recipient sees it called", metavar="NAME"))
    what = {"image": "an image", "audio": "a sound"}.get(kind, f"a {kind}")
    return Command(("send", kind), f"Send {what} to a member or a group.", _file(kind), (
        _WHO,
        Argument("--file", "a file of this machine; a copy is kept beside the ledger"),
        Argument("--link", "its public address, https, which WhatsApp fetches it from", metavar="URL"),
        *more,
        _QUOTES,
    ))  # fmt: skip


_HEADER: Final = Argument("--header", "a line above it")
_FOOTER: Final = Argument("--footer", "a line below it")

SEND: Final[list[Command]] = [
    Command(("send", "text"), "Send a text to a member or a group.", _text, (
        _WHO,
        Argument("--text", "what to say", required=True),
        _QUOTES,
    )),
    *(_file_command(kind) for kind in FILE_KINDS),
    Command(("send", "template"), "Send an approved template, filled.", _template, (
        _WHO,
        Argument("--name", "the template's name", required=True),
        Argument("--language", "its language, as de or en_US", required=True, metavar="L"),
        Argument("--param", "NAME=VALUE, or VALUE by place; once for each", many=True, metavar="VALUE"),
        Argument("--header-link", "the public address of the file in its header", metavar="URL"),
        Argument("--header-file", "a file of this machine for its header", metavar="FILE"),
        Argument("--button", "INDEX=VALUE: what fills a button, counted from 0", many=True, metavar="INDEX=VALUE"),
        _QUOTES,
    )),
    Command(("send", "buttons"), "Send a text with one to three buttons to answer by.", _buttons, (
        _WHO,
        Argument("--text", "what to say", required=True),
        Argument("--button", "ID=TITLE, one to three of them", required=True, many=True, metavar="ID=TITLE"),
        _HEADER, _FOOTER, _QUOTES,
    )),
    Command(("send", "list"), "Send a text with a list to choose from.", _list, (
        _WHO,
        Argument("--text", "what to say", required=True),
        Argument("--label", "what the button that opens the list says", required=True),
        Argument("--row", "'SECTION|ID|TITLE|DESCRIPTION', up to ten", required=True, many=True, metavar="ROW"),
        _HEADER, _FOOTER, _QUOTES,
    )),
    Command(("send", "poll"), "Ask a question with choices, by a linked phone or a human hand.", _poll, (
        _WHO,
        Argument("--question", "what is asked", required=True),
        Argument("--choice", "a choice; two to twelve of them", required=True, many=True),
        Argument("--several", "each may take more than one", kind="flag"),
        _QUOTES,
    )),
    Command(("send", "reaction"), "Put an emoji under a message.", _reaction, (
        _WHO,
        Argument("--message", "the wamid of the message", required=True, metavar="WAMID"),
        Argument("--emoji", "the emoji; an empty one takes ours away", required=True),
    )),
]  # fmt: skip
