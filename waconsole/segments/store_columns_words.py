"""Words as numbers: a category or a product is one number in every column, the same in every run of one ledger.

A word that no sealing wrote down yet has a number of this process's own, below zero.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np

from waconsole.database.connection import Transaction
from waconsole.segments.columns import NO_WORD, Numbers

ASKED_AT_ONCE_MAX: Final = 100_000


class Words:
    """The numbers of the words this process met."""

    def __init__(self) -> None:
        """Nothing is read before it is asked for."""
        self._numbers: dict[str, dict[str, int]] = {}
        self._own = 0

    def numbers(self, tx: Transaction, kind: str, words: Sequence[str]) -> Numbers:
        """The number of each word; the empty one is 0."""
        different = dict.fromkeys(words)
        found = self._known(tx, kind, different.keys())
        for word in different:
            if word not in found:
                self._own -= 1
                found[word] = self._own
        if len(different) == 1:
            return np.full(len(words), found[words[0]], np.int32)
        return np.fromiter(map(found.__getitem__, words), np.int32, len(words))

    def own(self, kind: str) -> dict[str, int]:
        """The words of a kind that nobody wrote down yet."""
        return {word: number for word, number in self._numbers.get(kind, {}).items() if number < 0}

    def is_outdated(self, tx: Transaction) -> bool:
        """Whether a word that had a number of our own was given one that stays."""
        fresh = Words()
        return any(
            number >= 0
            for kind, known in self._numbers.items()
            if (own := [word for word, one in known.items() if one < 0])
            for number in fresh._known(tx, kind, set(own)).values()
            if number != NO_WORD
        )

    def number(self, tx: Transaction, kind: str, word: str) -> int | None:
        """The number of a word, or None for one that no row holds."""
        return self._known(tx, kind, {word}).get(word)

    def of_kind(self, tx: Transaction, kind: str) -> dict[str, int]:
        """Every word of a kind that has few, with its number."""
        known = self._numbers.setdefault(kind, {"": NO_WORD})
        for row in tx.execute("SELECT word, id FROM column_word WHERE kind = :kind", {"kind": kind}):
            known.setdefault(row["word"], row["id"])
        return known

    def _known(self, tx: Transaction, kind: str, words: AbstractSet[str]) -> dict[str, int]:
        known = self._numbers.setdefault(kind, {"": NO_WORD})
        new = list(words - known.keys())
        for start in range(0, len(new), ASKED_AT_ONCE_MAX):
            for row in tx.execute(
                """
                SELECT w.word, w.id FROM json_each(:words) AS asked
                 CROSS JOIN column_word AS w ON w.kind = :kind AND w.word = asked.value
                """,
                {"kind": kind, "words": json.dumps(new[start : start + ASKED_AT_ONCE_MAX])},
            ):
                known[row["word"]] = row["id"]
        return known


def add_words(tx: Transaction, kind: str, words: Iterable[str]) -> None:
    """Give words a number that stays."""
    tx.executemany(
        "INSERT INTO column_word (kind, word) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(kind, word) for word in words if word],
    )
