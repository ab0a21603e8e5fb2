"""What is no chat export is refused in one sentence; what is odd in one is kept."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from waconsole.errors import Refused
from waconsole.inbox import chat_export, chat_read
from waconsole.inbox.chat_export import LINE_BYTES_MAX, chat_lines, open_export
from waconsole.inbox.chat_read import ChatLine, Unplaced, read_chat
from waconsole.inbox.chat_survey import survey

CHAT = b"28/03/2025, 21:29 - Ana: hello\n28/03/2025, 21:30 - Bob: hi\n"


def lines(raw: bytes) -> list[str]:
    """The lines of some bytes."""
    return list(chat_lines(io.BytesIO(raw)))


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip of `members`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refusal(path: Path) -> str:
    """The sentence an export is refused with."""
    with pytest.raises(Refused) as caught, open_export(path) as export, export.open_chat() as file:
        survey(chat_lines(file))
    return str(caught.value)


def test_bytes_that_are_not_utf_8_become_replacement_characters_and_nul_is_kept_out() -> None:
    assert lines(b"a\xffb\0c\r\nd\ne\r\n\nf") == ["a\ufffdbc", "d", "e", "", "f"]


def test_a_byte_order_mark_is_ignored() -> None:
    assert lines(b"\xef\xbb\xbf[28") == ["[28"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_of_unicode_are_refused_with_advice(encoding: str) -> None:
    with pytest.raises(Refused, match="save it as UTF-8"):
        lines(CHAT.decode().encode(encoding))


def test_lines_may_end_anywhere_in_what_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_export, "CHUNK_BYTES", 3)

    assert lines("é\r\nüß\n\nlast 日本".encode()) == ["é", "üß", "", "last 日本"]


def test_a_line_without_an_end_is_refused_long_before_memory_is_full() -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
            self.read_bytes += len(buffer)
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    endless = Endless()
    with pytest.raises(Refused, match="longer than"):
        list(chat_lines(io.BufferedReader(endless)))
    assert endless.read_bytes < 3 * LINE_BYTES_MAX


def test_a_message_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_read, "BODY_CHARACTERS_MAX", 1000)
    chat = lines(CHAT) + ["more text"] * 200

    with pytest.raises(Refused, match="line 2 is too long"):
        list(read_chat(chat, survey(chat), UTC))


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"Dear Ana,\n28/03 is fine.\n", b"name,phone\nAna,+336\n"])
def test_what_is_no_chat_export_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused, match="not a WhatsApp chat export"):
        survey(lines(raw))


def test_a_book_is_refused_without_reading_it_to_its_end() -> None:
    read = 0

    def book() -> Iterator[str]:
        nonlocal read
        while read < 1_000_000:
            read += 1
            yield "Call me Ishmael."

    with pytest.raises(Refused, match="not a WhatsApp chat export"):
        survey(book())
    assert read < 20_000


def test_two_identical_lines_are_two_messages_and_an_empty_message_is_kept() -> None:
    chat = ["28/03/2025, 21:29 - Ana: hello", "28/03/2025, 21:29 - Ana: hello", "28/03/2025, 21:29 - Ana: "]

    found = list(read_chat(chat, survey(chat), UTC))

    assert [(line.line, line.text) for line in found] == [(1, "hello"), (2, "hello"), (3, "")]


def test_a_system_line_nobody_knows_is_unplaced_with_all_its_lines() -> None:
    chat = ["28/03/2025, 21:29 - Ana: hello", "28/03/2025, 21:30 - The moon rose", "and set", ""]

    found = list(read_chat(chat, survey(chat), UTC))

    assert found[1:] == [Unplaced(2, "28/03/2025, 21:30 - The moon rose"), Unplaced(3, "and set")]


def test_controls_and_markup_in_a_message_are_kept_as_they_are() -> None:
    hostile = "\x1b]52;c;aGk=\x07 [@click=app.bell]x[/] \u202eabc"
    chat = [f"28/03/2025, 21:29 - Ana: {hostile}"]

    (found,) = read_chat(chat, survey(chat), UTC)

    assert isinstance(found, ChatLine)
    assert found.text == hostile


def test_a_text_export_opens_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(CHAT)

    with open_export(path) as export:
        for _ in range(2):
            with export.open_chat() as file:
                assert file.read() == CHAT
        assert (export.chat_name, export.chat_bytes, export.media) == ("chat.txt", len(CHAT), ())


def test_a_zip_gives_its_chat_and_its_media(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "chat.zip", {"_chat.txt": CHAT, "00000001-notes.txt": b"n", "a/IMG.jpg": b"jpeg"}
    )

    with open_export(path) as export:
        with export.open_chat() as file:
            assert file.read() == CHAT
        assert [(file.name, file.size) for file in export.media] == [
            ("00000001-notes.txt", 1),
            ("IMG.jpg", 4),
        ]
        with export.open_media("IMG.jpg") as picture:
            assert picture.read() == b"jpeg"
        with pytest.raises(Refused, match="no file named"), export.open_media("other.jpg"):
            pass


def test_the_only_text_of_an_android_zip_is_the_chat(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "x.zip", {"WhatsApp Chat with Lyon.txt": CHAT, "note.txt": b"n", "IMG.jpg": b"j"}
    )

    with open_export(path) as export:
        assert export.chat_name == "WhatsApp Chat with Lyon.txt"


def test_half_a_zip_is_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "whole.zip", {"_chat.txt": CHAT * 50}).read_bytes()
    path = tmp_path / "half.zip"
    path.write_bytes(whole[: len(whole) // 2])

    assert "only half a zip" in refusal(path)


def test_a_zip_with_a_broken_middle_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"_chat.txt": os.urandom(5000)})
    raw = bytearray(path.read_bytes())
    raw[2000] ^= 0xFF
    path.write_bytes(raw)

    with (
        pytest.raises(Refused, match="damaged"),
        open_export(path) as export,
        export.open_chat() as file,
    ):
        file.read()


@pytest.mark.parametrize(
    "name", ["../_chat.txt", "/etc/_chat.txt", "a/../../b.jpg", "..\\b.jpg", "C:\\b.jpg"]
)
def test_a_zip_whose_names_leave_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert "leaves its folder" in refusal(zipped(tmp_path / "x.zip", {"_chat.txt": CHAT, name: b"x"}))


def test_a_zip_without_a_chat_is_refused(tmp_path: Path) -> None:
    assert "holds no chat" in refusal(zipped(tmp_path / "x.zip", {"IMG.jpg": b"x"}))


def test_a_zip_with_several_texts_none_of_which_is_the_chat_is_refused(tmp_path: Path) -> None:
    assert "none called _chat.txt" in refusal(zipped(tmp_path / "x.zip", {"a.txt": CHAT, "b.txt": CHAT}))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    bomb = bytes(80 * 1024 * 1024)

    assert "far more than it holds" in refusal(
        zipped(tmp_path / "x.zip", {"_chat.txt": CHAT, "IMG.jpg": bomb})
    )


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"_chat.txt": CHAT})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)

    assert "encrypted" in refusal(path)


def test_a_missing_file_a_folder_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()

    assert "cannot be read" in refusal(tmp_path / "nothing.txt")
    assert "is a folder" in refusal(tmp_path)
    assert "is empty" in refusal(tmp_path / "empty.txt")
