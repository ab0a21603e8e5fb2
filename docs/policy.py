"""Write the page on policy: how it works, and a table of every number the articles leave to us, from the presets.

Run: python docs/policy.py > docs/policy.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from waconsole.policy import library
from waconsole.policy.model import needs_second, plain
from waconsole.quoted.reading import figures

HEAD: Final = """\
# Policy: every number an operator can change

A threshold without its comparator, its least sample and its source is an opinion nobody can check. Every number that
decides something here is a **policy**: versioned, dated, with who set it and why, and sealed into the chain. A version is
never changed; a decision keeps the version it was taken under.

```
waconsole policy list [PREFIX] [--all-versions]      what is in force
waconsole policy show NAME [VERSION | --at ISO]      one of them in full; its JSON has "value"
waconsole policy history NAME                        every version, who set it and why
waconsole policy diff [NAME [V1 V2]]                 between versions; without a name, from the presets
waconsole policy set NAME VALUE [--reason WHY] [--from ISO] --as OWNER
waconsole policy proposals · confirm NAME · withdraw NAME
waconsole policy presets [PREFIX] · copy PRESET NAME --reason WHY
waconsole policy replay NAME VALUE --from ISO --to ISO
waconsole policy quoted [PREFIX]                     what the articles say; no decision reads it
```

**Values.** A number, a rate (`3 %`, `3` and `0.03` are the same; a bare `1` and `75折` could mean two things and are
refused), an amount with its currency, a span (`2 days` where hours are asked for), a word of a choice, a list (`a,b`),
`field=value …` where a policy has several, or JSON. What the policy cannot be is refused in a sentence.

**Comparators.** Where the articles differ by exactly the bound (`>` or `>=`), the comparator is part of the policy. A
policy with a least sample says nothing of fewer. Money is compared in its own currency and never converted.

**In force.** Of the versions that count from now or before, the one that last began or was set. One with a date in the
past is in force at once, one with a date to come takes its turn on its day, and a preset was there from the beginning.

**Who.** An owner sets. Money, caps and solo mode (**2** in the tables below, and `cashback.scheme.…`) are proposed,
and in force when another operator has confirmed them, or another owner has set the same; in solo mode the proposer
confirms after the cooling-off, and the version is stamped `solo`. `send.*` is one owner's act. What is proposed needs its
`--reason`; what is not may do without. The database asks for the second operator too.

**Sealed.** Versions, proposals and what was decided on them are added and never changed, whatever the pragmas;
`waconsole verify` tells what the owner of the file did all the same, `doctor --attack` tries a hundred ways on a copy.
Presets are sealed together when a ledger gets its installation id. A newer waconsole adds newer presets where no
operator has set anything.

**Replay.** `policy replay` decides a past period again, once under what was in force and once under the value you try,
and lists the money, members and groups that would change. It writes nothing. `cashback.scheme.…` is decided order by
order and month by month, the cap used up in turn, before refunds, from the scheme's first day unless `from=` says
another; `send.caps`, `send.gap`, `send.quiet_hours` and `send.window_margin` message by message, with consent, templates
and pauses as they were; `triage.…` by reading again what members wrote. Nothing else can be decided again yet, and a replay says so.

**Quoted figures** are what articles say without a source. They stand in a room of their own (`quoted/`) that has no table
and that nothing which decides may import: `tests/quoted` goes along every import and every text to hold it so.

## Where the articles contradict each other

| where | conflict | settled |
|---|---|---|
| courses, polls | 75 % or 25 % off, 85 % or 15 % off: 75折 means to pay 75 % | 25 % and 15 %; such a spelling is refused |
| money | HKD, yuan, USD, TWD; amounts that lost their sign | every amount names its currency, presets are not converted, guesses are marked `uncertain` |
| bounds | `>` or `>=` at 40 % churn, 50 an hour, 199, 70 %, 20 % | the comparator is part of the policy: 199 `>=`, the others `>` |
| who answers a question | the member at once, or an operator first | `triggers.answer_mode`: draft or auto |
| weekend | the afternoon of Saturday, or of both days | preset `windows.weekend_afternoon`, uncertain |
| a promotion's efficiency | gross margin or net profit | gross margin: `roi.promotion_numerator` |
| posts a day | 1 to 2, or 2 to 3; too many from 3 or from 5 | `send.group_posts_target`, `_warn`, `_stop` |
| weekly offers | once at 12 %, or twice at 15 to 20 % | presets `promotion.weekly_slot_prep` and `_upkeep` |
| content | two mixes; shares that do not fit their own frequencies | presets `content.mix_five` and `mix_three`; a share is of posts planned |
| clicks, sales, conversion | 25 or 20 %, 10 to 20 or 15 to 25 %, 5, 8 or 12 % | a policy for each phase: `_setup`, `_steady`, `_join` |
| opens | 96, 62, 44 … % | not comparable: quoted figures, never a default |
| group size | 150, up to 300, and 8 by Meta's API | `groups.members_warn` and `groups.members_official_max`, both shown |
| 10 rewarded invites, 50 attempts an hour | | two counters |
| a coupon of 5 to 10 against 1.50 to 3 for one who joins | | computed and shown |
| 25,000 a group | 4,267 by its own arithmetic | computed; a quoted figure |
| tools | two ranges | presets `costs.tool_setup` and `costs.tool_upkeep`, dated |
| high value | two repeats, or three orders | presets `segments.high_value_prep` and `_join`: the same people |
| answers | 5 minutes, or 24 hours | two clocks: `groups.first_response_minutes` and `inbox.answer_target` |
| cashback | 3 % in cash, or a credit of 50 | two schemes: `cashback.rate` and `cashback.credit` |
"""


def page() -> str:
    """The page as it stands in docs/policy.md."""
    return "\n".join([HEAD, *_findings(), "", *_shelf(), "", *_others(), ""])


def _findings() -> Iterator[str]:
    rows = [(source, name, value) for name, value in library.bundled() for source in _sources(value)]
    yield "## Findings of the articles as policy\n"
    yield (
        "The finding, its policy, what it is from the beginning, its least sample, and whether a second operator confirms a"
        " change. Articles 000, 002 and 003 are one in French, German and Korean; 001 is a vendor's page; 004 is on"
        " cross-border group marketing.\n"
    )
    yield "| finding | policy | value | sample | | says | articles |"
    yield "|---|---|---|---|---|---|---|"
    for source, name, value in sorted(rows, key=lambda row: (row[0], row[1])):
        second = "**2**" if needs_second(name, value) else ""
        sample = value.get("sample_min", "")
        yield (
            f"| {source} | `{name}` | {_value(value)} | {sample} | {second} | {_cell(value['says'])} |"
            f" {value.get('articles', '')} |"
        )


def _sources(value: Mapping[str, Any]) -> list[str]:
    words = str(value.get("source", "")).split()
    return words if all(len(word) == 6 and word[3] == "-" and word[4:].isdecimal() for word in words) else []


def _value(value: Mapping[str, Any]) -> str:
    shown = plain(value)
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
    unit = value.get("unit", "")
    tail = "" if unit in ("money", "word", "text", "list", "hours of day") else f" {unit}"
    return _cell(f"{value.get('comparator', '')} {text}{tail}".strip())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _shelf() -> Iterator[str]:
    yield "## Presets to copy\n"
    yield "None is in force by itself: `waconsole policy copy PRESET NAME --reason WHY`.\n"
    yield "| finding | preset | says | articles |"
    yield "|---|---|---|---|"
    for name, value in sorted(library.shelf(), key=lambda row: (row[1]["source"], row[0])):
        yield f"| {value['source']} | `{name}` | {_cell(value['says'])} | {value['articles']} |"


def _others() -> Iterator[str]:
    rooms = sorted({name.partition(".")[0] for name, value in library.bundled() if not _sources(value)})
    yield "## Other policies\n"
    yield "Our own choices, WhatsApp's limits and words, the rules that draw work items: `waconsole policy list PREFIX` has"
    yield f"them with their values, sources and dates. Prefixes: {', '.join(f'`{room}.`' for room in rooms)}.\n"
    yield f"{len(figures())} quoted figures: `waconsole policy quoted`."


if __name__ == "__main__":
    sys.stdout.write(page())
