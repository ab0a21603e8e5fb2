"""The reference of the language, written from the declarations: `docs/query.md` is what `markdown` answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from waconsole.query.fields import Field, Subject, Vocabulary
from waconsole.query.parse import LEAVES_MAX, NESTING_MAX, QUERY_CHARACTERS_MAX

HEAD: Final = f"""# The query language

One language narrows lists, marks rows, and answers `waconsole find` and `waconsole explain`. This page is written
from what the rooms declare by `python docs/query.py`; a test holds it to them.

    (is:owed or is:late) in:"Mamans Lyon 3" -is:muted age<2d "taille 2"

## How words stand together

* Words side by side must all hold; `and` may be written between them. `not` or a leading `-` turns one thing round,
  `or` joins two sides. `not` binds tightest, then `and`, then `or`; brackets group. Any case: `OR` is `or`.
* A word without a field is text to look for. Text in quotes keeps its words together. The words of one conjunction
  are looked for together, in one message or name.
* `field:value` asks for a state or a name. A value with spaces, signs or letters beyond A to Z stands in quotes. In
  quotes `\\"` is a quote and `\\\\` a backslash.
* `field < value` compares, with `<` `<=` `>` `>=` `=` `!=`, exactly as written. Arguments and a window stand in
  brackets after the field: `inbound(group="Mamans Lyon 3", 7d) >= 2`.
* `#` at the beginning of a word begins a comment, to the end of the line. Look for `"#promo"` in quotes.
* A query has at most {QUERY_CHARACTERS_MAX:,} characters and {LEAVES_MAX} things it asks, nested at most {NESTING_MAX} deep.
* A group, tag or name that nobody has matches nothing. An unknown field, argument, state or unit is a mistake: the
  place is underlined and the nearest known word is named.

## Values

| written | means |
|---|---|
| `2`, `1.5` | a number |
| `90s` `30m` `36h` `2d` `1w` | a span of time; a day is 24 hours, never a calendar day |
| `70%` | a share; a share of nothing has no value |
| `199 HKD` | an amount with its currency |
| `2x avg` | so many times the mean |
| `never` | it has not happened, which is infinitely long ago: `last_inbound > 36h` holds for it. Only `=` and `!=` |
| `2026-11-20` `today` `yesterday` `this_week` `this_month` | the whole of it, from local midnight in the shop's zone: `> 2026-11-20` begins after its end |
| `today-7d` | the day seven days before today |
| `now-2h` `today-2h` `2026-11-20T10:00` | an instant, in whole seconds |

A comparison with no value is false, and so its `not` is true.

## Windows

| written | from | to |
|---|---|---|
| `24h`, `30d` | so many hours, or days of 86,400 seconds, before now | now |
| `ever` | the beginning | now |
| `today`, `this_week`, `this_month` | local midnight of today, of Monday, of the first, in the shop's zone | now |
| `since 2026-11-01` | local midnight of that day | now |

Both ends belong to it. Nothing after now counts anywhere.
"""


PANES: Final = """## In panes of their own

What follows is asked in the pane of its name: it narrows the list, marks and explains its rows, and is kept as a tab.
`find` and `explain` do not look there.
"""


RULES: Final = """## In rules of suspicion

What follows is asked by the `when` of a rule (`waconsole fraud rules list|add|set`, `docs/fraud.md`). What it is compared
with may be one of the rule's own numbers: `silent(after=days) >= people_min`. A name that ends in seconds, minutes, hours
or days is a span, one that ends in percent a share, any other a number.
"""


def markdown(
    vocabulary: Vocabulary, panes: Sequence[Vocabulary] = (), rules: Sequence[Vocabulary] = ()
) -> str:
    """The whole page: what is asked everywhere, then the words that only the panes of `panes` and `rules` know."""
    return "\n".join(_lines(vocabulary, panes, rules)) + "\n"


def _lines(vocabulary: Vocabulary, panes: Sequence[Vocabulary], rules: Sequence[Vocabulary]) -> Iterator[str]:
    yield HEAD
    for subject in vocabulary.subjects.values():
        yield from _subject(subject, vocabulary)
    if panes:
        yield PANES
    for words in panes:
        for subject in words.subjects.values():
            yield from _subject(subject, words, "###")
    if rules:
        yield RULES
    for words in rules:
        for subject in words.subjects.values():
            yield from _subject(subject, words, "###")


def _subject(subject: Subject, vocabulary: Vocabulary, head: str = "##") -> Iterator[str]:
    yield f"{head} {subject.plural.capitalize()}"
    yield ""
    yield f"A row is {subject.says}. Text finds {subject.text_says}."
    yield ""
    fields = sorted(vocabulary.of_subject(subject.name).values(), key=lambda one: one.name)
    yield "| field | asks | as in |"
    yield "|---|---|---|"
    for field in fields:
        yield f"| `{_shape(field)}` | {field.says} | `{field.example}` |"
    yield ""
    for field in fields:
        if field.states:
            yield f"`{field.name}:` takes"
            yield ""
            yield from (f"* `{name}`: {state.says}" for name, state in field.states.items())
            yield ""


def _shape(field: Field) -> str:
    """How a field is written: `is:`, `age`, `inbound([group=,] W)`."""
    if field.is_form:
        return f"{field.name}:"
    inner = [one.name if one.is_plain else f"{one.name}=" for one in field.parameters]
    shown = [
        name if one.is_required else f"[{name},]" for name, one in zip(inner, field.parameters, strict=True)
    ]
    if field.has_window:
        shown.append("W")
    return f"{field.name}({' '.join(shown)})" if shown else field.name
