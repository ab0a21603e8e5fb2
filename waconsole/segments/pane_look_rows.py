"""How what a rule comes to reads on the screen: a number, its words, and what Enter does there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.reader import wrapped
from waconsole.kit.rows import Cell, Row
from waconsole.members.masking import masked_text
from waconsole.segments.commands_looking import bin_words, loss_words, money_words, time_words
from waconsole.segments.commands_waterfall import reason_words
from waconsole.segments.pane_look import Fallen, Look, Spread
from waconsole.segments.pane_rows import NOTHING, briefly
from waconsole.segments.service_composing import Moved, Sampled, Shared
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.query.explain import Shown

VALUE_CHARACTERS_MAX: Final = 60
WORDS_CELLS: Final = 60
WORDS_CELLS_MIN: Final = 20
BAR_CELLS_MAX: Final = 24
TEMPLATE, SINCE, FIELD, DRAWN = "template", "since", "field", "drawn"
PEOPLE, PERSON, BOTH = "people", "person", "both"
CHOICES: Final = frozenset({TEMPLATE, SINCE, FIELD})
"""What can be chosen whatever the rule says."""


class Opens(NamedTuple):
    """What Enter does: choose another `template`, list the `people` of a reason, explain a `person`, …"""

    what: str
    which: Any = None


class Entry(NamedTuple):
    """One line of what is looked at."""

    cells: tuple[Cell, ...]
    opens: Opens | None = None


def rows(entries: Sequence[Entry]) -> list[Row]:
    """The same as rows of a list."""
    return [Row(place, one.cells) for place, one in enumerate(entries)]


def waiting() -> list[Entry]:
    """What stands there until it is read."""
    return [Entry((Cell(SafeText(glyph("ellipsis")), "dim"), NOTHING))]


def before(found: Sequence[Entry], *, with_numbers: bool) -> list[Entry]:
    """The lines of another rule, dimmed until those of this one are read, so that nothing jumps; what is no rule has no number."""
    if not with_numbers:
        return [*waiting(), *(Entry((NOTHING, NOTHING)) for _ in found[1:])]
    return [
        Entry(
            tuple(Cell(cell.text, "dim") for cell in one.cells),
            one.opens if one.opens is not None and one.opens.what in CHOICES else None,
        )
        for one in found
    ]


def entries(look: Look, zone: tzinfo, *, is_revealed: bool, cells: int = WORDS_CELLS) -> list[Entry]:
    """The lines of an answer; a sentence is broken at `cells`."""
    if look.why:
        return [_choice(look), *_sentence(f"{glyph('refused')} {look.why}", cells, "refused")]
    found = look.found
    if isinstance(found, Fallen):
        return _falls(look, found)
    if isinstance(found, Moved):
        return _moved(found, zone)
    if isinstance(found, Spread):
        return _spread(look, found)
    if look.what == "estimate" and isinstance(found, Mapping):
        return _estimate(found, cells)
    if look.what == "overlap" and isinstance(found, Sequence):
        return _overlap([one for one in found if isinstance(one, Shared)], look)
    assert isinstance(found, Sequence)
    return _sample([one for one in found if isinstance(one, Sampled)], is_revealed=is_revealed)


def _line(
    number: str, words: str, role: str = "", opens: Opens | None = None, number_role: str = ""
) -> Entry:
    return Entry((Cell(safe(number), number_role or role), Cell(safe(words), role)), opens)


def _sentence(words: str, cells: int, role: str = "") -> list[Entry]:
    return [Entry((NOTHING, part)) for part in wrapped(Cell(safe(words), role), max(cells, WORDS_CELLS_MIN))]


def _choice(look: Look) -> Entry:
    """The first line, where another one of what is asked about is chosen."""
    wanted = look.wanted
    if look.what == "spread":
        words = _("how {field} is spread").format(field=wanted.of)
        return _line("", words, "muted", Opens(FIELD))
    if look.what in ("falls", "estimate"):
        return _line("", _template(wanted.template or "", ""), "muted", Opens(TEMPLATE))
    return _line("", _("as of now"), "muted")


def _template(name: str, category: str) -> str:
    if name == "none":
        return _("without a template: only where the service window is open")
    kind = f" ({category.casefold()})" if category else ""
    return _("template {name}{kind}").format(name=name, kind=kind)


def _falls(look: Look, found: Fallen) -> list[Entry]:
    fall, chosen = found.waterfall, found.chosen
    lines = [_line("", _template(chosen.name, chosen.category), "muted", Opens(TEMPLATE))]
    lines.append(_line(f"{fall.match:,}", _("match"), "", Opens(PEOPLE, "")))
    for step in fall.steps():
        if step.excluded:
            lines.append(
                _line(f"−{step.excluded:,}", reason_words(step.reason), "owed", Opens(PEOPLE, step.reason))
            )
    lines.append(_line(f"{fall.reached:,}", _("would get it"), "title", Opens(PEOPLE, None)))
    return lines


def _moved(found: Moved, zone: tzinfo) -> list[Entry]:
    since = _("since {at}").format(at=ages.exact(found.since, zone))
    return [
        _line("", since, "muted", Opens(SINCE)),
        _line(
            f"+{len(found.came):,}",
            _("came"),
            "done" if found.came else "dim",
            Opens(PEOPLE, (_("came"), found.came)),
        ),
        _line(
            f"−{len(found.left):,}",
            _("left"),
            "owed" if found.left else "dim",
            Opens(PEOPLE, (_("left"), found.left)),
        ),
    ]


def _spread(look: Look, found: Spread) -> list[Entry]:
    lines = [_choice(look)]
    most = max((one.count for one in found.bins), default=1)
    names = [bin_words(one, found.found) for one in found.bins]
    wide = min(max(map(len, names), default=0), VALUE_CHARACTERS_MAX)
    for name, one in zip(names, found.bins, strict=True):
        bar = "█" * max(1, round(BAR_CELLS_MAX * one.count / most)) if one.count else ""
        lines.append(_line(f"{one.count:,}", f"{name[:VALUE_CHARACTERS_MAX]:>{wide}}  {bar}", "accent"))
    if found.middle is not None:
        middle = bin_words(_At(found.middle), found.found)
        lines.append(_line("", _("median {value}").format(value=middle), "muted"))
    return lines


class _At:
    """A value as a bar of its own."""

    word = ""

    def __init__(self, value: float) -> None:
        self.begin = self.end = value


def _estimate(found: Mapping[str, Any], cells: int) -> list[Entry]:
    lines = [_line("", _template(str(found["template"]), found["category"] or ""), "muted", Opens(TEMPLATE))]
    lines.append(_line(f"{found['messages']:,}", _("messages"), "title"))
    for words in (money_words(found["money"]), loss_words(found["losses"]), time_words(dict(found))):
        lines += _sentence(words, cells)
    return lines


def _overlap(found: Sequence[Shared], look: Look) -> list[Entry]:
    if not found:
        return [_line("", _("No other segment is saved yet."), "muted")]
    lines: list[Entry] = []
    for one in found:
        share = f"{one.both * 100 / one.count:.0f} %" if one.count else "–"
        words = _("{name}  ({share} of its {count})").format(
            name=one.version.name, share=share, count=f"{one.count:,}"
        )
        lines.append(_line(f"{one.both:,}", words, "" if one.both else "dim", Opens(BOTH, one.version)))
    return lines


def _sample(found: Sequence[Sampled], *, is_revealed: bool) -> list[Entry]:
    if not found:
        return [_line("", _("Nobody matches."), "muted")]
    lines = [_line("", _("drawn at random; Enter says why somebody is here"), "muted", Opens(DRAWN))]
    shown = _telling(found)
    for one in found:
        person = briefly(
            one.person["name"] or one.person["member"], one.person["phone"], is_revealed=is_revealed
        )
        values = f" {glyph('separator')} ".join(
            f"{one.names[place]} {_value(one.values[place])}" for place in shown
        )
        values = values if is_revealed else masked_text(values)
        words = f"{person}  {values}"
        lines.append(_line(one.person["language"] or "", words, "", Opens(PERSON, one), "muted"))
    return lines


def _telling(found: Sequence[Sampled]) -> list[int]:
    """Which conditions are told: those that tell one from the other first; yes, no and words not where all say the same."""
    values = list(zip(*(one.values for one in found), strict=True))
    differ = [place for place, some in enumerate(values) if len(set(some)) > 1]
    alike = [place for place, some in enumerate(values) if len(set(some)) == 1 and _is_measure(some[0])]
    return [*differ, *alike]


def _is_measure(value: Shown) -> bool:
    return not isinstance(value, bool) and any(one.isdigit() for one in str(value))


def _value(value: Shown) -> str:
    if isinstance(value, bool):
        return glyph("done") if value else glyph("refused")
    return "–" if value is None or value == "" else str(value)[:VALUE_CHARACTERS_MAX]
