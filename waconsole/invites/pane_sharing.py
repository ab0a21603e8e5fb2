"""What the invites pane hands out: codes, links and texts to copy, QR codes, messages to people, pictures to look at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import pane_detail_code, service_share, store_pane_beside
from waconsole.invites.kinds import CODE
from waconsole.invites.pane_making import MakingPane
from waconsole.invites.pane_words import who
from waconsole.invites.share import Kit, language_of
from waconsole.invites.store_pane import CodeView, InvitationView, InviteView, ProofView
from waconsole.kit import clipboard
from waconsole.kit.choose import Choice, Choose, Chosen
from waconsole.kit.pane import CommandWanted, on_the_line
from waconsole.kit.reader import FRAME_LINES, WIDTH_MAX, Reader
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Cell
from waconsole.kit.worker import in_worker
from waconsole.members import store as members
from waconsole.text import SafeText, _, safe
from waconsole.whatsapp.files import folder_of, path_of

PICTURE: Final = "image/"  # what a viewer of the desktop may be given: nothing of these runs
TIGHT_LINES: Final = 1  # what answers the keys
CODE_ITSELF, LINK, MESSAGE = "code", "link", "message"


class QrSheet(Reader):
    """A QR code in its whole height: a phone reads it whole or not at all. Where the screen is low, the rest makes room."""

    DEFAULT_CSS = """
    QrSheet > Vertical { max-height: 100%; }
    QrSheet.-tight > Vertical { border-top: none; padding: 0 2; }
    QrSheet.-tight .reader--title, QrSheet.-tight .reader--said { display: none; }
    QrSheet.-tight KeyLine { margin: 0; }
    """

    def __init__(self, title: SafeText, code: Sequence[Cell], more: Sequence[Cell], height: int) -> None:
        """`more` stands below the code on a screen of `height` lines that has room for it."""
        is_tight = len(code) + len(more) + FRAME_LINES > height
        super().__init__(title, code if is_tight else [*code, *more])
        self.set_class(is_tight, "-tight")

    def _lay_out(self, width_there_is: int) -> None:
        super()._lay_out(width_there_is)
        frame = TIGHT_LINES if self.has_class("-tight") else FRAME_LINES
        rows = self.query_one(RowList)
        rows.styles.height = max(1, min(len(self._rows), self.app.size.height - frame))


class SharingPane(MakingPane):
    """Nothing here decides anything."""

    SHARED: ClassVar[tuple[str, ...]] = (CODE_ITSELF, LINK, MESSAGE)

    # Copying

    def ask_copy(self) -> None:
        """Choose what of the row or the marks is copied; of a code, what its owner shares too."""
        one = self.view_at(self.key)
        if self.kind != CODE or not isinstance(one, CodeView):
            super().ask_copy()
            return
        count = self.rows.targets().count(len(self.source))
        rows = safe(_("the rows ({count})").format(count=f"{count:,}"))
        choices = [
            Choice("c", CODE_ITSELF, safe(_("the code")), safe(one.code)),
            Choice("m", MESSAGE, safe(_("the text to share")), safe(_("with the link and the disclosure"))),
            Choice("l", LINK, safe(_("the link"))),
            Choice("r", "row", safe(_("the row")), safe(_("one line, tab between cells"))),
            Choice("s", "tsv", rows, safe(_("a table, tab between cells"))),
            Choice("o", "json", rows, safe(_("JSON"))),
        ]

        def chosen(choice: Chosen | None) -> None:
            if choice is not None and choice.value in self.SHARED:
                in_worker(self, partial(self._copy_shared, one.id, choice.value), group="act")
            elif choice is not None:
                in_worker(self, partial(self.copy_as, choice.value), group="act")

        self.app.push_screen(Choose(safe(_("Copy")), choices), chosen)

    async def _copy_shared(self, code_id: int, what: str) -> None:
        kit = await self._kit(code_id)
        if kit is None:
            return
        text = {CODE_ITSELF: kit.code, LINK: kit.landing or kit.link, MESSAGE: kit.message}[what]
        sentence = await self.attempt(clipboard.copy(self.app, text))
        if sentence is not None:
            self.say(sentence)

    async def _kit(self, code_id: int) -> Kit | None:
        now = self.desk.clock()
        return await self.attempt(
            self.desk.database.read(lambda tx: pane_detail_code.kit_of(tx, code_id, now=now)), undo=False
        )

    async def show_qr(self) -> None:
        """Show the QR code of a code's link, where the screen is high enough for it."""
        one = self.view_at(self.key)
        kit = await self._kit(one.id) if isinstance(one, CodeView) else None
        if kit is None:
            return
        code, more = pane_detail_code.drawn(kit, is_light=not self.app.current_theme.dark)
        size = self.app.size
        if len(code) + TIGHT_LINES > size.height or len(code[0].text) > min(WIDTH_MAX, size.width):
            words = _(
                "The screen is too small for this code ({count} lines): `:invites qr {code} --out FILE.png` writes it."
            )
            self.say(words.format(count=len(code) + TIGHT_LINES, code=kit.code), "advice")
            return
        self.app.push_screen(QrSheet(safe(kit.code), code, more, size.height))

    # Messages

    async def message_to(self) -> None:
        """Ask whom, where a row is about two people, and what to say."""
        one = self.view_at(self.key)
        if isinstance(one, InviteView):
            choices = [
                Choice(
                    "r",
                    one.referrer_phone or "",
                    safe(_("who invited")),
                    self._who(one.referrer, one.referrer_phone),
                ),
                Choice(
                    "f",
                    one.invitee_phone or "",
                    safe(_("the friend")),
                    self._who(one.invitee, one.invitee_phone),
                ),
            ]

            def chosen(choice: Chosen | None) -> None:
                if choice is not None:
                    self._ask_words(choice.value)

            self.app.push_screen(Choose(safe(_("Write to")), choices), chosen)
        elif isinstance(one, CodeView | ProofView | InvitationView):
            self._ask_words(one.phone or "")

    def _who(self, name: str, phone: str | None) -> SafeText:
        return who(name, phone, is_revealed=self.is_revealed)

    def _ask_words(self, phone: str, text: str = "") -> None:
        """Ask for the words; the outbox says what may leave."""
        if not phone:
            self.say(_("No number is known of them, so nothing can be sent."), "refused")
            return

        async def written(words: str) -> None:
            if words:
                self.post_message(CommandWanted(f"send text --to {phone} --text={on_the_line(words)}"))

        self.ask(_("say"), written, text=text, hint=safe(_("sent to them as it stands")))

    async def ask_friend(self) -> None:
        """Ask the friend who sent them, in their language; the words may be changed."""
        one, now = self.view_at(self.key), self.desk.clock()
        if not isinstance(one, InviteView):
            return

        def work(tx: Transaction) -> str:
            found = store_pane_beside.people_of(tx, one.id)
            if found is None:
                raise Refused(_("This invite is not in the ledger."))
            texts = service_share.texts(tx, now=now)
            language = members.member_by_id(tx, found["invitee_id"]).language
            return texts[language_of(language, texts)].get("ask", "")

        words = await self.attempt(self.desk.database.read(work), undo=False)
        if words is not None:
            self._ask_words(one.invitee_phone or "", words)

    # Pictures

    async def open_picture(self) -> None:
        """Open our copy in a viewer beside the terminal; copy where it is when it is no picture, or there is no viewer."""
        one = self.view_at(self.key)
        if not isinstance(one, ProofView):
            return
        found = await self.desk.database.read(lambda tx: store_pane_beside.picture_of(tx, one.message_id))
        here = None
        if one.deleted_at is None and found is not None and found["sha256"]:
            here = path_of(folder_of(self.desk.database.path), found["sha256"])
        if found is None or here is None:
            self.say(_("The picture is not here: it was not fetched yet, or it was taken away."), "advice")
            return
        path = here.absolute()
        if (
            str(found["mime"]).startswith(PICTURE)
            and not _is_far()
            and await asyncio.to_thread(_browse, path.as_uri())
        ):
            self.say(_("Opened {name}.").format(name=path.name))
            return
        sentence = await self.attempt(clipboard.copy(self.app, str(path)))
        if sentence is not None:
            self.say(_("The picture is at {path}. {copied}").format(path=path, copied=sentence), "advice")


def _is_far() -> bool:
    """Whether the console runs on another machine than the one it is looked at."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def _browse(address: str) -> bool:
    """Open `address` in a viewer with a window of its own; False when there is none: in the terminal it would paint over us."""
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return type(browser) is not webbrowser.GenericBrowser and browser.open(address)
