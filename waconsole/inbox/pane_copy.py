"""Out of the inbox: text and rows to the clipboard, links to a browser after their real host was shown."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.inbox import store_list, store_thread
from waconsole.inbox.pane_files import copy_of
from waconsole.inbox.pane_write import InboxWriting
from waconsole.text import _, safe

if TYPE_CHECKING:
    from pathlib import Path

    from waconsole.kit.choose import Chosen

LINKS_MAX: Final = 20
ROWS_COPIED_MAX: Final = 10_000
AT_ONCE: Final = 500
_LINK: Final = re.compile(r"""(?:https?://|www\.)[^\s<>"'\x00-\x1f\x7f]+""", re.IGNORECASE)
_TRAILING: Final = ".,;:!?)]}»”’"
FILE: Final = "\0file"  # no link
_INSTANTS: Final = ("at", "owed_until", "window_until", "snoozed_until", "last_at", "item_owed_until")


def links_in(text: str) -> list[str]:
    """The links of a text in their order, each once, without the punctuation that follows them."""
    found = (match[0].rstrip(_TRAILING) for match in _LINK.finditer(text))
    return list(dict.fromkeys(link for link in found if real_host(link)))[:LINKS_MAX]


def real_host(link: str) -> str:
    """The host a link really leads to, in ASCII: look-alike letters show as punycode. "" for no host."""
    try:
        host = urlsplit(link if "://" in link else f"https://{link}").hostname or ""
    except ValueError:
        return ""
    if host.isascii():
        return host
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in host.split(".")
    )


def tsv(rows: list[dict[str, Any]]) -> str:
    """Rows as a table with a head, tab between cells; breaks inside a cell become spaces."""
    if not rows:
        return ""
    lines = ["\t".join(rows[0])]
    lines += ["\t".join(" ".join(str(value).split()) for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def as_json(rows: list[dict[str, Any]]) -> str:
    """Rows as a JSON array."""
    import json

    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it leaves the house: instants as ISO 8601, nothing as an empty text."""
    for name in _INSTANTS:
        if name in row:
            row[name] = iso(row[name]) if row[name] and row[name] < 1 << 62 else ""
    return {name: "" if value is None else value for name, value in row.items()}


class InboxCopying(InboxWriting):
    """Copying and opening links."""

    def ask_copy(self) -> None:
        """Choose what of the row or the marks is copied."""
        from waconsole.kit.choose import Choice

        count = self.active.targets().count(len(self.active.source))
        rows = _("the rows ({count})").format(count=f"{count:,}")
        choices = [
            Choice("t", "text", safe(_("the text"))),
            Choice("r", "row", safe(_("the row")), safe(_("one line, tab between cells"))),
            Choice("s", "tsv", safe(rows), safe(_("a table, tab between cells"))),
            Choice("o", "json", safe(rows), safe(_("JSON"))),
            Choice("p", "path", safe(_("the path of the file")), safe(_("our copy beside the ledger"))),
        ]

        async def then(chosen: Chosen) -> None:
            await self.copy(chosen.value)

        self.choose(_("Copy"), choices, then)

    async def copy(self, what: str) -> None:
        """Copy the text, the row, the rows meant, or where the file of the message is."""
        if what == "path":
            found = await self._file_here()
            if found is None:
                self.say(_("There is no copy of a file on this line."), "advice")
            else:
                await self.to_clipboard(str(found[0]))
            return
        wanted = self._wanted()[:ROWS_COPIED_MAX]
        if what in ("text", "row"):
            key = self.active.cursor_key
            wanted = [key] if key is not None else []
        rows = await self._rows_of(wanted)
        if not rows:
            self.say(_("There is nothing to copy here."), "advice")
            return
        match what:
            case "text":
                text = str(rows[0].get("text", rows[0].get("preview", "")))
            case "row":
                text = tsv(rows).split("\n", 1)[1].rstrip("\n")
            case "tsv":
                text = tsv(rows)
            case _:
                text = as_json(rows)
        await self.to_clipboard(text)

    async def to_clipboard(self, text: str) -> None:
        """Copy, and say what was done."""
        from waconsole.kit import clipboard

        sentence = await self.attempt(clipboard.copy(self.app, text))
        if sentence:
            self.say(sentence)

    def _wanted(self) -> list[int]:
        keys = self.source.ids if self.stage == "list" else self.thread.source.keys
        return self.targets(self.active, keys)

    async def _rows_of(self, keys: list[int]) -> list[dict[str, Any]]:
        """The rows behind `keys`. What is copied is the operator's own doing: numbers stand in full."""
        now = self.desk.clock()
        found: list[dict[str, Any]] = []
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]

            def work(tx: Transaction, part: list[int] = part) -> list[dict[str, Any]]:
                if self.stage == "list":
                    return [row._asdict() for row in store_list.by_ids(tx, part, now=now)]
                return [entry._asdict() for entry in store_thread.by_keys(tx, part)]

            found += await self.desk.database.read(work)
        return [_readable(row) for row in found]

    async def _file_here(self) -> tuple[Path, bool] | None:
        """Our copy of the file under the cursor, and whether a viewer may be given it."""
        entry = self.thread.entry if self.stage != "list" else None
        if entry is None:
            return None
        database = self.desk.database
        return await database.read(lambda tx: copy_of(tx, database.path, entry))

    async def ask_link(self) -> None:
        """Show where the links of this message really lead, and the file it came with."""
        from waconsole.kit.choose import Choice

        entry = self.thread.entry if self.stage != "list" else None
        links = links_in(entry.text) if entry is not None else []
        file = await self._file_here()
        if not links and file is None:
            self.say(_("There is no link and no file on this line."), "advice")
            return
        choices = [
            Choice(str(place) if place < 10 else "", link, safe(real_host(link)), safe(link))
            for place, link in enumerate(links, 1)
        ]
        if file is not None:
            choices.insert(0, Choice("f", FILE, safe(_("the file")), safe(file[0].name)))

        async def then(chosen: Chosen) -> None:
            if chosen.value == FILE and file is not None:
                await self.open_file(*file)
            else:
                await self.open_link(chosen.value)

        self.choose(_("This link leads to the host"), choices, then)

    async def open_file(self, path: Path, is_viewed: bool) -> None:
        """Open our copy in a viewer beside the terminal; copy where it is when it could run, or there is no viewer."""
        if is_viewed and not _is_far() and await asyncio.to_thread(_browse, path.as_uri()):
            self.say(_("Opened {name}.").format(name=path.name))
        else:
            await self.to_clipboard(str(path))

    async def open_link(self, link: str) -> None:
        """Open a link in a browser beside the terminal; copy it where there is none (over ssh)."""
        address = link if "://" in link else f"https://{link}"
        if not _is_far() and await asyncio.to_thread(_browse, address):
            self.say(_("Opened {host} in the browser.").format(host=real_host(link)))
        else:
            await self.to_clipboard(address)


def _is_far() -> bool:
    """Whether the console runs on another machine than the one it is looked at."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def _browse(address: str) -> bool:
    """Open `address` in a browser with a window of its own; False when there is none.

    A browser that runs in the terminal would paint over the console.
    """
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(browser) is webbrowser.GenericBrowser:
        return False
    return browser.open(address)
