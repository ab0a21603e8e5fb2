"""Simulated members at work: they answer what we write, and with chatter they begin by themselves.

What is said depends on the seed, the person and how often they spoke before, never on the time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from functools import partial
from typing import Final, TypeVar

from waconsole.whatsapp.sandbox.cast import Talk, heard, tongue
from waconsole.whatsapp.sandbox.ids import dice
from waconsole.whatsapp.sandbox.people import Accepted, Group, Person
from waconsole.whatsapp.sandbox.teller import Teller
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.world import World

ANSWERS_IN_A_ROW_MAX: Final = 5  # without a talk of their own; two machines must not talk for ever
CHATTER_MAX: Final = 60_000  # a minute
IN_GROUP_SHARE: Final = 0.3
STOPPED_MAX: Final = 1  # of each language
REACTION_SHARE: Final = 0.2
REACTIONS: Final = ("👍", "🙏", "❤️", "😊")

Some = TypeVar("Some")


class Members:
    """The cast at work."""

    def __init__(self, world: World, teller: Teller, timeline: Timeline) -> None:
        """Nobody says anything yet."""
        self._world = world
        self._teller = teller
        self._timeline = timeline
        self._talks: dict[
            tuple[str, str], list[tuple[str, ...]]
        ] = {}  # what is left to say, by person and place
        self._answers: dict[str, int] = {}
        self._stopped: dict[str, str] = {}  # person: language
        self._rounds = 0
        self._turns: list[Person] = []
        self._per_minute = 0.0
        self._changed = asyncio.Event()

    @property
    def per_minute(self) -> float:
        """How many messages a minute the cast begins by itself."""
        return self._per_minute

    def chatter(self, per_minute: float) -> None:
        """Let the cast begin so many messages a minute; 0: none."""
        self._per_minute = min(per_minute, CHATTER_MAX)
        self._changed.set()

    async def run(self) -> None:
        """Begin talks at the pace of `chatter`, until cancelled."""
        while True:
            pause = 60 / self._per_minute if self._per_minute else None
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                self.begin()

    def begin(self) -> None:
        """The next of the cast opens a talk, directly or in the group."""
        person = self._next_speaker()
        if person is None:
            return
        number = person.next("talks")
        groups = [one for one in self._world.groups.values() if person in one.people]
        where = self._random(person, "where", number)
        group = groups[0] if groups and where.random() < IN_GROUP_SHARE else None
        talk = self._talk(person, "group" if group else "direct")
        if talk.kind == "stop":
            self._stopped[person.key] = person.language
        self._answers.pop(person.key, None)
        place = group.id if group else ""
        # The latest talk of a place stands last: in a group its opener is the one who answers.
        self._talks.pop((person.key, place), None)
        self._talks[person.key, place] = list(talk.lines[1:])
        self._say(person, group, talk.lines[0], "chatter")

    def _next_speaker(self) -> Person | None:
        played = [one for one in self._world.people() if one.language and self._may_speak(one)]
        if not played:
            return None
        if not self._turns:
            self._turns = list(played)
            random.Random(f"{self._world.seed}:round:{self._rounds}").shuffle(self._turns)
            self._rounds += 1
        person = self._turns.pop()
        return person if self._may_speak(person) else self._next_speaker()

    def _may_speak(self, person: Person) -> bool:
        blocked = person.blocked  # whoever one of our numbers blocks is quiet everywhere
        return person.key not in self._stopped and not blocked

    def _talk(self, person: Person, where: str) -> Talk:
        talks = [one for one in tongue(person.language).talks if one.where in (where, "any")]
        number = person.next(f"talk:{where}")
        order = self._random(person, where, number // len(talks)).sample(talks, len(talks))
        talk = order[number % len(talks)]
        stopped = list(self._stopped.values()).count(person.language)
        if talk.kind == "stop" and stopped >= STOPPED_MAX:
            return next(one for one in order if one.kind != "stop")
        return talk

    def hear(self, message: Accepted) -> None:
        """A message of ours has been read: somebody of the cast may answer in a while."""
        dials = self._world.faults.dials
        if dials.silent or message.send.type in ("reaction", "pin"):
            return
        person = message.person or self._answers_in(message.group)
        if person is None or not person.language or person.key in self._stopped:
            return
        number = person.next("heard")
        haste = 0.6 + self._random(person, "haste", number).random()
        self._timeline.after(
            dials.answer_after_seconds * haste, partial(self._answer, person, message, number)
        )

    def _answers_in(self, group: Group | None) -> Person | None:
        """Who answers in a group: whoever spoke last and waits for us, else sometimes somebody."""
        if group is None:
            return None
        by_key = {one.key: one for one in group.people}
        for key, place in reversed(self._talks):
            if place == group.id and key in by_key and self._talks[key, place]:
                return by_key[key]
        throw = dice(self._world.seed, group.id, group.heard)
        group.heard += 1
        played = [one for one in group.people if one.language]
        return played[throw[1] % len(played)] if played and throw[0] < 128 else None

    def _answer(self, person: Person, message: Accepted, number: int) -> None:
        if not self._may_speak(person):
            return
        place = message.group.id if message.group else ""
        left = self._talks.get((person.key, place))
        if left:
            self._say(person, message.group, left.pop(0), "answer", message.number)
            return
        if self._answers.get(person.key, 0) >= ANSWERS_IN_A_ROW_MAX:
            return
        self._answers[person.key] = self._answers.get(person.key, 0) + 1
        kind = heard(message.send.text)
        throw = self._random(person, "answer", number)
        if kind in ("thanks", "other") and throw.random() < REACTION_SHARE:
            reaction = {"message_id": message.id, "emoji": throw.choice(REACTIONS)}
            self._teller.message(
                person, "reaction", reaction, group=message.group, stream="answer", number=message.number
            )
            return
        lines = tongue(person.language).answers[kind]
        self._say(person, message.group, (self._fresh(person, kind, lines),), "answer", message.number)

    def _say(
        self, person: Person, group: Group | None, line: Sequence[str], stream: str, number: str = ""
    ) -> None:
        said = self._random(person, "line", person.next("lines")).choice(line)
        self._teller.message(person, "text", {"body": said}, group=group, stream=stream, number=number)

    def _fresh(self, person: Person, kind: str, lines: Sequence[Some]) -> Some:
        """The next of `lines` in this person's own order: nothing twice before all were said."""
        number = person.next(f"fresh:{kind}")
        order = self._random(person, kind, number // len(lines)).sample(list(lines), len(lines))
        return order[number % len(lines)]

    def _random(self, person: Person, *facts: object) -> random.Random:
        return random.Random(":".join(map(str, (self._world.seed, person.key, *facts))))
