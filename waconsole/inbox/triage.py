"""Triage: which work item, if any, a message asks for, and which rule says so.

Pure: no clock, no SQL, no screen. One pass splits the text into words and signs; a dictionary
leads from each word to the phrases that begin with it; only rules whose phrases were found are
checked. Linear in the text, of which only the first `CHARACTERS_MAX` characters are read.

At most one item per message: the first kind in `rules.KINDS`, within it the lowest priority.
Our own messages, deleted ones and polls draw nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from waconsole.errors import Refused
from waconsole.inbox.features import MEDIA, MENTION, features_of
from waconsole.inbox.phrases import (
    PIECE,
    SMALL_TALK_WORDS_MAX,
    Dictionary,
    Marks,
    Phrase,
    Word,
    begins_sentence,
    bounded,
    fold,
    phrase_end,
)
from waconsole.inbox.rules import (
    ANY_LANGUAGE,
    FEATURES,
    KINDS,
    NONE,
    RULES_MAX,
    Rule,
    rule_from_table,
    rule_to_dict,
)

__all__ = ["Drawn", "Fact", "Rule", "Triage", "rule_from_table", "rule_to_dict"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What triage knows of a message.

    `kind` is text, media, deleted, poll or system; `media_kind` (image, video, …) and `notice_kind`
    (joined, left, …) are empty where they do not apply; `before` is what the same sender wrote
    shortly before a file, or empty.
    """

    kind: str
    text: str = ""
    media_kind: str = ""
    notice_kind: str = ""
    mine: bool = False
    mentions_us: bool = False
    before: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The item a message asks for, the rule that says so, and the words that matched (raw)."""

    kind: str
    rule_id: str
    rule_version: int
    evidence: str


@dataclass(slots=True)
class _Reading:
    """Everything found in one message."""

    features: int
    hosts: tuple[str, ...] = ()
    pieces: list[str] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    size: int = 0
    only: int = -1
    marks: Marks = field(default_factory=Marks)


class Triage:
    """A compiled set of rules. `us` are the names by which members call us (our shop, our admins)."""

    def __init__(self, rules: Sequence[Rule], *, us: Sequence[str] = ()) -> None:
        if len(rules) > RULES_MAX:
            raise Refused(f"There are {len(rules)} triage rules; at most {RULES_MAX} can be in force.")
        self.rules = tuple(sorted(rules, key=lambda rule: (KINDS.index(rule.kind), rule.priority, rule.id)))
        self._dictionary = Dictionary()
        self._named = 1 << len(self.rules)
        for name in us:
            self._dictionary.phrase(name).marks.any |= self._named
        self._without_any = self._without_also = self._before = self._notices = self._small_talk = 0
        self._needs = [0] * len(FEATURES)
        self._lacks = [0] * len(FEATURES)
        self._languages: dict[str, int] = {}
        self._skips: dict[str, frozenset[str]] = {}
        for rank, rule in enumerate(self.rules):
            self._compile(rule, 1 << rank)

    def draw(self, fact: Fact, languages: Sequence[str] = ()) -> Drawn | None:
        """The item `fact` asks for, or None.

        `languages` (`fr`, `zh-TW`) narrow the rules to those and the neutral ones; empty tries all.
        """
        if fact.mine or fact.kind in ("deleted", "poll"):
            return None
        reading = self._read(fact)
        maybe = self._candidates(fact, reading) & self._spoken(languages)
        while maybe:
            lowest = maybe & -maybe
            maybe ^= lowest
            rank = lowest.bit_length() - 1
            if self._holds(rank, fact, reading):
                rule = self.rules[rank]
                if rule.kind == NONE:
                    return None
                return Drawn(rule.kind, rule.id, rule.version, self._evidence(rank, fact, reading))
        return None

    def explain(self, fact: Fact, languages: Sequence[str] = ()) -> list[tuple[str, bool, str]]:
        """Every rule in the order they are asked: its id, whether it matches, the words that matched.

        The first that matches decides; a message of our own, deleted or a poll matches none.
        """
        spoken = self._spoken(languages)
        reading = self._read(fact)
        silent = fact.mine or fact.kind in ("deleted", "poll")
        maybe = 0 if silent else self._candidates(fact, reading)
        answer = []
        for rank, rule in enumerate(self.rules):
            if spoken & (1 << rank):
                matched = bool(maybe & (1 << rank)) and self._holds(rank, fact, reading)
                answer.append((rule.id, matched, self._evidence(rank, fact, reading) if matched else ""))
        return answer

    def _compile(self, rule: Rule, bit: int) -> None:
        """Enter every phrase of `rule` in the dictionary, and `bit` in the sets it belongs to."""
        for text in rule.any:
            self._dictionary.phrase(text).marks.any |= bit
        for text in rule.also:
            self._dictionary.phrase(text).marks.also |= bit
        for text in rule.unless:
            self._dictionary.phrase(text).marks.unless |= bit
        for text in rule.opens:
            opens = self._dictionary.phrase(text).opens
            opens[rule.language] = opens.get(rule.language, 0) | bit
        for index, feature in enumerate(FEATURES):
            self._needs[index] |= bit if feature in rule.needs else 0
            self._lacks[index] |= bit if feature in rule.lacks else 0
        if rule.only:
            self._dictionary.small_talk(bit, frozenset(fold(word) for word in rule.only))
            self._small_talk |= bit
        self._without_any |= 0 if rule.any or rule.opens else bit
        self._without_also |= 0 if rule.also else bit
        self._before |= bit if rule.before else 0
        self._notices |= bit if rule.notices else 0
        self._languages[rule.language] = self._languages.get(rule.language, 0) | bit
        if rule.language not in self._skips:
            self._skips[rule.language] = self._skipped(rule.language)

    def _skipped(self, language: str) -> frozenset[str]:
        """The words that may stand before an opening in `language`."""
        return frozenset(
            fold(word)
            for rule in self.rules
            if rule.kind == NONE and rule.language in (language, ANY_LANGUAGE)
            for word in rule.only
        )

    def _spoken(self, languages: Sequence[str]) -> int:
        """The rules of `languages`."""
        if not languages:
            return self._named - 1
        spoken = self._languages.get(ANY_LANGUAGE, 0)
        for code in languages:
            spoken |= self._languages.get(code.lower().partition("-")[0], 0)
        return spoken

    def _read(self, fact: Fact) -> _Reading:
        """Everything the rules may ask about the text of `fact`."""
        reading = _Reading((MENTION if fact.mentions_us else 0) | (MEDIA if fact.kind == "media" else 0))
        if fact.kind == "system" or not (fact.text or fact.before):
            return reading
        text, found, reading.hosts = features_of(bounded(fact.text))
        reading.features |= found
        reading.pieces = PIECE.findall(text)
        reading.words = self._dictionary.words(reading.pieces)
        for word in reading.words:
            reading.size += word.size
            reading.only &= word.only
        self._find(reading.words, reading.marks)
        if fact.before and fact.kind == "media":
            reading.earlier = PIECE.findall(bounded(fact.before))
            earlier = Marks()
            self._find(self._dictionary.words(reading.earlier), earlier)
            usable = self._before & ~earlier.unless
            reading.marks.add(Marks(earlier.any & usable, earlier.also & usable))
        reading.features |= MENTION if reading.marks.any & self._named else 0
        return reading

    def _find(self, words: list[Word], marks: Marks) -> None:
        """Mark the rules for which something stands in `words`."""
        last = len(words) - 1
        for index, word in enumerate(words):
            if not word.phrases:
                continue
            if word.marks is not None:
                marks.add(word.marks)
            for phrase in word.openings:
                self._find_opening(phrase, words, index, marks)
            if index == last:
                break
            following = words[index + 1].folded
            for nearby in (word.pairs.get(following), word.starts.get(following[:2]), word.longer):
                for phrase in nearby or ():
                    if phrase_end(phrase.steps, words, index):
                        marks.add(phrase.marks)
                        if phrase.opens:
                            self._find_opening(phrase, words, index, marks)

    def _find_opening(self, phrase: Phrase, words: list[Word], index: int, marks: Marks) -> None:
        """Mark the rules that want `phrase` at the beginning of a sentence, if that is where it stands."""
        for language, bits in phrase.opens.items():
            if bits & ~marks.any and begins_sentence(words, index, self._skips[language]):
                marks.any |= bits

    def _candidates(self, fact: Fact, reading: _Reading) -> int:
        """The rules whose phrases and features fit; what is left of each rule `_holds` checks."""
        marks = reading.marks
        fit = (marks.any | self._without_any) & (marks.also | self._without_also) & ~marks.unless
        fit &= (reading.only if 0 < reading.size <= SMALL_TALK_WORDS_MAX else 0) | ~self._small_talk
        fit &= self._notices if fact.kind == "system" else ~self._notices
        for index in range(len(FEATURES)):
            fit &= ~self._lacks[index] if reading.features & (1 << index) else ~self._needs[index]
        return fit

    def _holds(self, rank: int, fact: Fact, reading: _Reading) -> bool:
        """Whether what a candidate states beyond phrases and features holds too."""
        rule = self.rules[rank]
        if not rule.words_min <= reading.size <= rule.words_max:
            return False
        if rule.notices and fact.notice_kind not in rule.notices:
            return False
        if rule.media and fact.media_kind not in rule.media:
            return False
        return not rule.hosts or any(host.endswith(rule.hosts) for host in reading.hosts)

    def _evidence(self, rank: int, fact: Fact, reading: _Reading) -> str:
        """The words that made the rule match, or the link, notice or file where no word did."""
        rule = self.rules[rank]
        if rule.any or rule.opens:
            for pieces in (reading.pieces, reading.earlier):
                if found := self._words_of(rank, pieces):
                    return found
        if rule.notices:
            return fact.notice_kind
        if rule.hosts:
            return next(host for host in reading.hosts if host.endswith(rule.hosts))
        if rule.media:
            return fact.media_kind
        return "@" if "mention" in rule.needs else " ".join(reading.pieces[:SMALL_TALK_WORDS_MAX])

    def _words_of(self, rank: int, pieces: list[str]) -> str:
        """The first words among `pieces` that the rule at `rank` asks for, or nothing."""
        words = self._dictionary.words(pieces)
        for index, word in enumerate(words):
            for phrase in word.phrases:
                end = phrase_end(phrase.steps, words, index)
                if end == 0:
                    continue
                found = Marks(phrase.marks.any)
                self._find_opening(phrase, words, index, found)
                if found.any & (1 << rank):
                    alone = phrase.inside and not phrase.steps
                    return phrase.head if alone else " ".join(pieces[index:end])
        return ""
