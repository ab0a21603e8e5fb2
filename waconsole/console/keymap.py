"""A keymap: which act has which keys, as far as the operator's file says something sound.

A line that is refused leaves its act the keys it was built with; the rest of the file stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from waconsole.console.keymap_acts import Act, Acts, Place, all_acts
from waconsole.console.keymap_file import Entry, Fault, entries
from waconsole.console.keymap_names import Sequence, sequences, shown, typed
from waconsole.errors import Refused
from waconsole.kit.bindings import verb
from waconsole.kit.chords import Chord
from waconsole.text import safe

Keys = Mapping[str, tuple[Sequence, ...]]
Say = Callable[[Act, str], str]


class Keymap(NamedTuple):
    """The keys given anew by act, on which line, and what was refused."""

    keys: Keys
    lines: Mapping[str, int | None]
    faults: tuple[Fault, ...]

    def of(self, act: Act) -> tuple[Sequence, ...]:
        """The keys of an act."""
        return self.keys.get(act.id, act.built_in)

    def chords(self, acts: Acts) -> list[Chord]:
        """Every sequence of several keys; one that two acts share does the same for both, and is heard once."""
        found: dict[Sequence, Chord] = {}
        for act in acts.by_id.values():
            for sequence in self.of(act):
                if len(sequence) > 1:
                    keys = typed(sequence)
                    found.setdefault(keys, Chord(keys, act.action, act.id, act.title, act.says))
        return list(found.values())


class Clash(NamedTuple):
    """A key that would mean two things: `new` are the lines that brought it about, each with its sentence."""

    new: tuple[tuple[str, str], ...]


def keymap_of(path: Path, acts: Acts | None = None) -> Keymap:
    """The keymap file at `path`. Raises Refused when it cannot be read at all."""
    acts = all_acts() if acts is None else acts
    found, faults = entries(path)
    good: dict[str, tuple[Sequence, ...]] = {}
    lines: dict[str, int | None] = {}
    for entry in found:
        try:
            good[entry.id] = _checked(entry, acts)
            lines[entry.id] = entry.line
        except Refused as refusal:
            faults.append(Fault(str(refusal), entry.line, entry.id))
    faults += _without_clashes(acts, good, lines)
    faults.sort(key=lambda one: one.line or 0)
    return Keymap(good, lines, tuple(faults))


def _checked(entry: Entry, acts: Acts) -> tuple[Sequence, ...]:
    act = acts.by_id.get(entry.id)
    if act is None:
        raise Refused(f"No act is called {safe(entry.id)}{_nearest(entry.id, acts.by_id)}")
    try:
        return act.checked(sequences(entry.written))
    except Refused as refusal:
        raise Refused(f"{entry.id}: {refusal}{'' if str(refusal).endswith('?') else '.'}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = sorted(known)
    by_verb = {verb(one): one for one in reversed(names)}
    close = get_close_matches(name, names, 1) or [
        by_verb[one] for one in get_close_matches(verb(name), sorted(by_verb), 1)
    ]
    return f": did you mean {close[0]}?" if close else "; `waconsole keys list` names them all."


def _without_clashes(
    acts: Acts, good: dict[str, tuple[Sequence, ...]], lines: dict[str, int | None]
) -> Iterator[Fault]:
    """Take lines out of `good` until no key means two things; the later line gives way."""
    for _line in range(len(good)):
        clash = next(_clashes(acts, good), None)
        if clash is None:
            return
        name, says = max(clash.new, key=lambda one: lines[one[0]] or 0)
        yield Fault(says, lines.pop(name), name)
        del good[name]


def _clashes(acts: Acts, good: Keys) -> Iterator[Clash]:
    for place in acts.places:
        yield from _clashes_in(place, good)
    yield from _chord_clashes(acts, good)


def _keys(act: Act, good: Keys) -> tuple[Sequence, ...]:
    return good.get(act.id, act.built_in)


def _is_new(act: Act, sequence: Sequence, good: Keys) -> bool:
    return act.id in good and sequence not in act.built_in


def _clashes_in(place: Place, good: Keys) -> Iterator[Clash]:
    """Keys that mean two verbs in one place."""
    on_key: dict[Sequence, list[Act]] = {}
    for act in place.acts.values():
        for sequence in _keys(act, good):
            on_key.setdefault(sequence, []).append(act)
    for sequence, meant in on_key.items():
        if len({verb(act.id) for act in meant}) > 1:
            yield from _clash([(act, sequence) for act in meant], _is_anothers(sequence, place), good)


def _chord_clashes(acts: Acts, good: Keys) -> Iterator[Clash]:
    """Sequences of which one begins the other, or that mean two things; they are heard in every pane."""
    heard = {act.id: act for place in acts.places if place.takes_chords for act in place.acts.values()}
    all_keys = [(sequence, act) for act in heard.values() for sequence in _keys(act, good)]
    for sequence, act in all_keys:
        if len(sequence) == 1:
            continue
        for other, owner in all_keys:
            is_begun = sequence[: len(other)] == other and owner is not act
            if is_begun and not (sequence == other and owner.action == act.action):
                yield from _clash([(act, sequence), (owner, other)], _begins(sequence, other), good)


def _is_anothers(sequence: Sequence, place: Place) -> Say:
    return lambda act, others: f"{act.id} cannot have {shown(sequence)}: in {place.title} it is {others}'s."


def _begins(sequence: Sequence, other: Sequence) -> Say:
    def says(act: Act, others: str) -> str:
        if sequence == other:
            return f"{act.id} cannot have {shown(sequence)}: it is heard in every pane, and is {others}'s."
        return f"{act.id}: {shown(other)} alone and {shown(sequence)} cannot both mean something ({others})."

    return says


def _clash(meant: list[tuple[Act, Sequence]], says: Say, good: Keys) -> Iterator[Clash]:
    new = tuple(
        (act.id, says(act, " and ".join(sorted({one.id for one, _ in meant if one is not act}))))
        for act, sequence in meant
        if _is_new(act, sequence, good)
    )
    if new:
        yield Clash(new)
