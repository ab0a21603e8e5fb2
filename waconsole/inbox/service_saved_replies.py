"""Keeping answers under a name, and filling them for a thread."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Final

from waconsole.clock import moment
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.inbox import saved_words, store_saved_replies
from waconsole.inbox.saved_words import Filled
from waconsole.inbox.store_saved_replies import SavedReply
from waconsole.members.model import looks_like_phone
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.text import stored

NAME_CHARACTERS_MAX: Final = 64
TEXT_CHARACTERS_MAX: Final = 4096  # what WhatsApp takes in one text message
_LANGUAGE: Final = re.compile("[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8}){0,3}")


async def save(
    database: Database, name: str, text: str, *, language: str = "", operator: str | None, now: int
) -> SavedReply:
    """Keep a text under a name (and language), in the place of one that is there. Raises Refused."""
    name, text, language = stored(name.strip()), stored(text.strip()), language.strip().replace("_", "-")
    if not name or len(name) > NAME_CHARACTERS_MAX:
        raise Refused(f"A saved reply has a name of 1 to {NAME_CHARACTERS_MAX} characters.")
    if not text or len(text) > TEXT_CHARACTERS_MAX:
        raise Refused(f"A saved reply has a text of 1 to {TEXT_CHARACTERS_MAX:,} characters.")
    if language and not _LANGUAGE.fullmatch(language):
        raise Refused(f"{language} is no language: write one like fr or pt-BR.")
    saved_words.variables_of(text)
    saved_words.must_be_filled(text)

    def work(tx: Transaction) -> SavedReply:
        acting = operators.acting(tx, operator, now=now)
        known = store_saved_replies.replies_named(tx, name, language)
        if known:
            before = store_saved_replies.columns(tx, known[0].id)
            store_saved_replies.set_columns(tx, known[0].id, {"name": name, "text": text, "withdrawn": 0})
            reply_id = known[0].id
        else:
            reply_id = store_saved_replies.add_reply(
                tx, name=name, language=language, text=text, operator_id=acting.id, now=now
            )
            before = {**store_saved_replies.columns(tx, reply_id), "withdrawn": 1}
        after = store_saved_replies.columns(tx, reply_id)
        if after != before:
            act = Act("saved_reply", reply_id, before, after)
            operators.record(tx, acting, "save reply", [act], now=now)
        return SavedReply(reply_id, name, language, text)

    return await database.write(work)


async def drop(
    database: Database, name: str, *, language: str | None = None, operator: str | None, now: int
) -> list[SavedReply]:
    """Drop the replies of a name, in one language or (None) in all. Raises NotFound."""

    def work(tx: Transaction) -> list[SavedReply]:
        acting = operators.acting(tx, operator, now=now)
        known = store_saved_replies.replies_named(tx, name, language)
        if not known:
            where = f" in {language}" if language else ""
            raise NotFound(f"No saved reply is called {name}{where}: `replies list` shows all.")
        acts = []
        for one in known:
            before = store_saved_replies.columns(tx, one.id)
            after = {**before, "withdrawn": 1}
            store_saved_replies.set_columns(tx, one.id, after)
            acts.append(Act("saved_reply", one.id, before, after))
        operators.record(tx, acting, "drop reply", acts, now=now)
        return known

    return await database.write(work)


def offered(tx: Transaction, conversation_id: int, *, member_id: int | None = None) -> list[SavedReply]:
    """Every saved reply, those in the language of the person or the group first, then by name."""
    language = store_saved_replies.thread(tx, conversation_id, member_id).language
    replies = store_saved_replies.saved_replies(tx)
    return sorted(replies, key=lambda one: saved_words.language_rank(one.language, language))


def fill(
    tx: Transaction,
    text: str,
    conversation_id: int,
    *,
    member_id: int | None = None,
    operator: str,
    now: int,
    zone: tzinfo,
) -> Filled:
    """A reply as it would be sent in a thread: to its member or to `member_id`, who wrote there.

    `{date}` and `{time}` are the present instant in `zone`, the shop's. What is not known stays marked.
    """
    words = store_saved_replies.thread(tx, conversation_id, member_id)
    when = moment(now, zone)
    name = "" if looks_like_phone(words.member) else words.member.strip()
    return saved_words.filled(
        text,
        {
            "name": name,
            "first_name": saved_words.first_name(name),
            "group": words.group,
            "operator": operator,
            "date": f"{when:%Y-%m-%d}",
            "time": f"{when:%H:%M}",
        },
    )


def restore_reply(
    tx: Transaction, reply_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a saved reply; False when it or its name has been saved again since."""
    if store_saved_replies.columns(tx, reply_id) != expected:
        return False
    if not values["withdrawn"] and store_saved_replies.is_taken(tx, reply_id, str(values["name"])):
        return False
    store_saved_replies.set_columns(tx, reply_id, values)
    return True


RESTORES: Final[dict[str, operators.Restore]] = {"saved_reply": restore_reply}
