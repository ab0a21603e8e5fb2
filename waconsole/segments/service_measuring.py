"""Rules one after the other in one process: what each names, and how long it takes to say so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.query.mistakes import QueryError
from waconsole.segments import service_asking, store_segments
from waconsole.segments.service_asking import Asking, Engine, Question

RULES_MAX: Final = 10_000
FILE_BYTES_MAX: Final = 64 << 20
Seconds = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Measured:
    """A rule, how many it names, and the milliseconds of its first and its second evaluation."""

    text: str
    count: int
    cold_ms: float
    warm_ms: float
    digest: str | None = None


def rules_of(path: Path) -> list[tuple[int, str]]:
    """(line, rule) of a file of rules: one a line; empty lines and those that begin with # are none. Raises Refused."""
    try:
        if not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"{path} is no file of rules." if path.exists() else f"There is no file {path}.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read as UTF-8 text: {error}.") from error
    found = [
        (place, line.strip())
        for place, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if len(found) > RULES_MAX:
        raise Refused(f"{path.name} has {len(found):,} rules; {RULES_MAX:,} is the most.")
    return found


def bench(
    tx: Transaction,
    rules: Sequence[tuple[int, str]],
    asking: Asking,
    engine: Engine,
    seconds: Seconds,
    *,
    with_digest: bool = False,
) -> tuple[float, list[Measured]]:
    """(milliseconds of making ready, each rule in its order). Raises QueryError for a rule that cannot be asked."""
    begun = seconds()
    engine.load(tx, asking)
    loaded = (seconds() - begun) * 1000
    return loaded, list(_each(tx, rules, asking, engine, seconds, with_digest))


def _each(
    tx: Transaction,
    rules: Sequence[tuple[int, str]],
    asking: Asking,
    engine: Engine,
    seconds: Seconds,
    with_digest: bool,
) -> Iterator[Measured]:
    for line, question in [(line, _read(tx, line, rule, asking)) for line, rule in rules]:
        begun = seconds()
        count = engine.matches(tx, question).count
        cold = seconds()
        again = engine.matches(tx, question).count
        warm = seconds()
        if again != count:
            raise Refused(
                f"Line {line} named {count:,} members, then {again:,}: tell the makers of waconsole."
            )
        digest = digest_of(tx, engine.matches(tx, question).ids()) if with_digest else None
        yield Measured(question.text, count, (cold - begun) * 1000, (warm - cold) * 1000, digest)


def _read(tx: Transaction, line: int, rule: str, asking: Asking) -> Question:
    """A rule of a file, read before any is counted. Raises QueryError with its line and place."""
    try:
        return service_asking.read(tx, rule, asking)
    except QueryError as error:
        raise QueryError(f"Line {line}: {error}", error.place, error.text or rule) from None


def digest_of(tx: Transaction, ids: Sequence[int]) -> str:
    """SHA-256 of the numbers of these members, in E.164, sorted, one a line; who has none is not in it."""
    phones = sorted(row["phone"] for row in store_segments.people(tx, ids) if row["phone"])
    return hashlib.sha256("\n".join(phones).encode()).hexdigest()
