"""A shop's file as rows of cells, whatever program wrote it: its encoding, its delimiter, CSV or JSONL.

The file is never held whole. Its encoding is told by its byte order mark, else by what its bytes can
be; what could be two encodings is refused with the question.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waconsole.errors import Refused

FILE_BYTES_MAX: Final = 8 << 30
CELL_CHARACTERS_MAX: Final = 65_536
COLUMNS_MAX: Final = 4_096
READ_BYTES: Final = 1 << 20
EVIDENCE_BYTES_MAX: Final = 1 << 18
DELIMITERS: Final = ",;\t|"

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_DELIMITER_TOLD: Final = re.compile(r"sep=(.)\s*", re.I)  # as Excel writes and reads it
_PACKED: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
_KANA: Final = re.compile("[\u3040-\u30ff]")
_WIDE_RUN: Final = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff60]+")
_HALF_WIDTH: Final = re.compile("[\uff61-\uff9f]")
_HIGH_RUN: Final = re.compile("[^\x00-\x7f]+")
_LATIN: Final = re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸ€£°§«»ªº–—‘’“”…•®™©¡¿´·¥\u00a0]")
WIDE_RUN_MIN: Final = 1.6  # Japanese stands in runs; Latin letters misread as Japanese stand alone
LATIN_RUN_MAX: Final = 1.6
LATIN_SHARE_MIN: Final = 0.9


@dataclass(frozen=True, slots=True)
class ShopFile:
    """A file that was looked at: how to read it, and what it is (`sha256`)."""

    path: Path
    encoding: str
    delimiter: str  # empty: one JSON object a line
    header: tuple[str, ...]
    sha256: str
    lines: int  # about how many: line ends
    is_told: bool = False  # a line of its own, before the header, tells the delimiter

    @property
    def is_jsonl(self) -> bool:
        """Whether each line is a JSON object."""
        return not self.delimiter


def look(path: Path, *, encoding: str | None = None, optional: Sequence[str] = ()) -> ShopFile:
    """Look at a file once. Raises Refused when it cannot be read or is no such file.

    Objects of JSONL may have `optional` keys, also where the first of them do not.
    """
    if encoding is not None:
        try:
            encoding = codecs.lookup(encoding).name
        except LookupError:
            raise Refused(
                f"There is no encoding {encoding}: write one like utf-8, cp1252 or shift_jis."
            ) from None
    found, digest, lines = _sounded(path, encoding)
    with _opened(path, found) as text:
        first = _first_line(text, path)
    if first.lstrip().startswith("{"):
        keys = dict.fromkeys([*_keys(path, found), *optional])
        return ShopFile(path, found, "", tuple(keys), digest, lines)
    told = _DELIMITER_TOLD.fullmatch(first)
    delimiter = told[1] if told else max(DELIMITERS, key=first.count)
    shaped = ShopFile(path, found, delimiter, (), digest, lines, bool(told))
    _, header = next(_cells(shaped), (1, []))
    if len(header) > COLUMNS_MAX:
        raise Refused(f"{path.name} has more than {COLUMNS_MAX:,} columns.")
    return ShopFile(path, found, delimiter, tuple(header), digest, lines, bool(told))


def _sounded(path: Path, encoding: str | None) -> tuple[str, str, int]:
    """(encoding, sha256, line ends) of a file."""
    digest = hashlib.sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8, evidence, lines, head = True, bytearray(), 0, b""
    try:
        if not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"{path} is no file, or larger than one can be: split it." if path.exists() else
                          f"There is no file {path}.")  # fmt: skip
        with path.open("rb") as file:
            while some := file.read(READ_BYTES):
                digest.update(some)
                head = head or some[:4096]
                lines += some.count(b"\n")
                if is_utf8:
                    try:
                        utf8.decode(some)
                    except UnicodeDecodeError:
                        is_utf8 = False
                if len(evidence) < EVIDENCE_BYTES_MAX and not some.isascii():
                    for line in some.splitlines():
                        if not line.isascii():
                            evidence += line + b"\n"
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    if head.startswith(_PACKED):
        raise Refused(f"{path.name} is a spreadsheet or an archive: save it as CSV and import that.")
    encoding = encoding or _encoding(path, head, is_utf8, bytes(evidence[:EVIDENCE_BYTES_MAX]))
    return encoding, digest.hexdigest(), lines


def _encoding(path: Path, head: bytes, is_utf8: bool, evidence: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    nulls = head.count(0)
    if nulls * 3 > len(head):
        return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
    if is_utf8:
        return "utf-8"
    evidence = evidence[: evidence.rfind(b"\n") + 1] or evidence
    if _is_japanese(evidence):
        return "cp932"
    if _is_latin(evidence):
        return "cp1252"
    raise Refused(
        f"{path.name} is not UTF-8, and what it is cannot be told: save it as CSV UTF-8, or say --encoding."
    )


def _is_japanese(evidence: bytes) -> bool:
    """Whether bytes read as Shift-JIS are Japanese: kana, in runs, and not letters that swallowed their neighbours."""
    try:
        text = evidence.decode("cp932")
    except UnicodeDecodeError:
        return False
    runs = _WIDE_RUN.findall(text)
    wide = sum(map(len, runs))
    if not wide:
        return False
    odd = len(_HALF_WIDTH.findall(text))
    return wide / len(runs) >= WIDE_RUN_MIN and (len(_KANA.findall(text)) * 10 >= wide or odd * 10 <= wide)


def _is_latin(evidence: bytes) -> bool:
    """Whether bytes read as Windows-1252 are a western language: accented letters, alone among plain ones."""
    try:
        text = evidence.decode("cp1252")
    except UnicodeDecodeError:
        return False
    runs = _HIGH_RUN.findall(text)
    high = sum(map(len, runs))
    return (
        bool(high)
        and high / len(runs) <= LATIN_RUN_MAX
        and len(_LATIN.findall(text)) >= high * LATIN_SHARE_MIN
    )


def _opened(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, newline="", errors="strict")


def _first_line(text: io.TextIOWrapper, path: Path) -> str:
    try:
        for _ in range(1000):
            line = text.readline(CELL_CHARACTERS_MAX)
            if line.strip() or not line:
                return line
    except UnicodeError as error:
        raise Refused(f"{path.name} cannot be read as {text.encoding}: say --encoding.") from error
    return ""


def _keys(path: Path, encoding: str) -> tuple[str, ...]:
    """The keys of the first objects of a JSONL file, in the order they appear."""
    keys: dict[str, None] = {}
    with _opened(path, encoding) as text:
        for line, _ in zip(text, range(100), strict=False):
            keys |= dict.fromkeys(_object(line) or {})
    return tuple(keys)


def _object(line: str) -> dict[str, str] | None:
    """One JSON object with its values as text, nested ones by a path of dots; None when it is none.

    Numbers stay as they are written: no float ever holds an amount.
    """
    try:
        found = json.loads(line, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    flat: dict[str, str] = {}
    _flatten(found, "", flat, 0)
    return flat


def _flatten(value: object, path: str, flat: dict[str, str], depth: int) -> None:
    if isinstance(value, dict) and depth < 8:
        for key, inner in value.items():
            _flatten(inner, f"{path}.{key}" if path else str(key), flat, depth + 1)
    elif isinstance(value, list) and depth < 8:
        for place, inner in enumerate(value[:100]):
            _flatten(inner, f"{path}.{place}", flat, depth + 1)
    elif len(flat) < COLUMNS_MAX:
        flat[path] = (
            "" if value is None else str(value) if not isinstance(value, bool) else str(value).lower()
        )


class NoObject(list[str]):
    """The cells of a line that is no JSON object: the line itself, so that it is kept when it is refused."""


def rows(file: ShopFile) -> Iterator[tuple[int, list[str]]]:
    """(line, cells in the order of the header) of every data row; those of an unreadable JSON line are `NoObject`.

    `line` counts the header of a CSV as 1. Raises Refused where the file ends being one.
    """
    if file.is_jsonl:
        with _opened(file.path, file.encoding) as text:
            for number, line in enumerate(_lines(text, file.path), 1):
                if line.strip():
                    found = _object(line)
                    if found is None:
                        yield number, NoObject([line.strip()[:CELL_CHARACTERS_MAX]])
                    else:
                        yield number, [found.get(key, "") for key in file.header]
        return
    cells = _cells(file)
    next(cells, None)
    yield from cells


def _lines(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    try:
        yield from text
    except UnicodeError as error:
        raise Refused(f"{path.name} cannot be read as {text.encoding}: say --encoding.") from error


def _cells(file: ShopFile) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    with _opened(file.path, file.encoding) as text:
        if file.is_told:
            text.readline(CELL_CHARACTERS_MAX)
        reader = csv.reader(_lines(text, file.path), delimiter=file.delimiter)
        line = before = 1 + file.is_told
        try:
            for cells in reader:
                if cells and (cells[0].strip() or any(map(str.strip, cells))):
                    yield line, cells
                line = reader.line_num + before
        except csv.Error as error:
            raise Refused(f"{file.path.name} is no CSV file at line {line}: {error}.") from error


def written(cells: list[str], delimiter: str = ",") -> str:
    """Cells as one line of CSV, without its end."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(cells)
    return out.getvalue()
