"""Files and reactions of a message in full: whether the file is here, and who put what under the message."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.inbox import store_files, store_messages, store_thread
from waconsole.inbox.pane_block import Line
from waconsole.inbox.pane_rows import Voice
from waconsole.inbox.pane_words import media_word
from waconsole.inbox.store_thread import Entry
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 400
# What a viewer of the desktop may be given: nothing of these runs.
VIEWED: Final = ("image/", "audio/", "video/", "application/pdf")


def file_line(tx: Transaction, entry: Entry, voice: Voice) -> Line:
    """The file of a message: its kind and name, and whether there is a copy here or why not."""
    from waconsole.outbox.store_content import file_to_send  # no first screen shows a file
    from waconsole.whatsapp.limits import in_words

    found = store_files.file_of(tx, entry.id) if entry.source == store_thread.MESSAGE else None
    kept = _("no copy kept")
    if entry.source == store_thread.OUTGOING and file_to_send(tx, entry.id):
        kept = _("kept beside the ledger: send it with the words")
    if found is not None:
        facts = [_("kept beside the ledger")] if found.sha256 else []
        facts += {
            "waiting": [_("WhatsApp has it: it is being fetched")],
            "gone": [_("it cannot be fetched any more")],
        }.get(found.state, [])
        facts = facts or [_("no copy kept")]
        facts += [safe(found.mime)] if found.mime else []
        facts += [in_words(found.byte_count)] if found.byte_count else []
        facts += [voice.text(found.reason)] if found.reason and not found.sha256 else []
        kept = f" {glyph('separator')} ".join(facts)
    name = voice.text((entry.media_name or "")[:NAME_CHARACTERS_MAX])
    word = media_word(entry.media_kind or entry.type)
    return Cell(safe(f"[{word}] ")), Cell(name), Cell(safe(f"  {kept}"), "muted")


def reaction_line(tx: Transaction, entry: Entry) -> Line | None:
    """What stands under a message, the most frequent first; None when nothing does."""
    if entry.source != store_thread.MESSAGE:
        return None
    found = store_files.reactions_to(tx, entry.id)
    if not found:
        return None
    words = []
    for row in found:
        times = f" {row['times']}" if row["times"] > 1 else ""
        words.append(f"{safe(row['emoji'])}{times}" + (f" ({_('ours')})" if row["ours"] else ""))
    said = _("reactions: {emoji}").format(emoji="  ".join(words))
    return (Cell(SafeText(said), "muted"),)


def vote_line(tx: Transaction, entry: Entry, voice: Voice) -> Line | None:
    """How many chose what in a poll, the most first; None when nobody did."""
    if entry.source != store_thread.MESSAGE:
        return None
    found = store_messages.votes_of(tx, entry.id)
    if not found:
        return None
    words = [f"{voice.text(row['choice'][:NAME_CHARACTERS_MAX])} {row['votes']:,}" for row in found]
    said = _("votes: {votes}").format(votes=f" {glyph('separator')} ".join(words))
    return (Cell(SafeText(said), "muted"),)


def copy_of(tx: Transaction, ledger: Path, entry: Entry) -> tuple[Path, bool] | None:
    """(path, whether a viewer may be given it) of our copy of an entry's file; None when there is none.

    A task's file is the one that a human hand is to send.
    """
    from waconsole.outbox.store_content import file_to_send
    from waconsole.whatsapp.files import folder_of, path_of

    sha256, mime = entry.media_sha256 or "", ""
    if entry.source == store_thread.OUTGOING:
        sha256 = file_to_send(tx, entry.id)
    elif (found := store_files.file_of(tx, entry.id)) is not None:
        sha256, mime = found.sha256 or "", found.mime
    path = path_of(folder_of(ledger), sha256) if sha256 else None
    return None if path is None else (path.absolute(), mime.startswith(VIEWED))
