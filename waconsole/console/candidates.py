"""What the palette offers: acts, commands, panes, tabs, themes, and by beginning groups and people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from textual.css.query import NoMatches

from waconsole.console.helping import Doable, doables
from waconsole.database.connection import Transaction
from waconsole.groups import store_pane as groups
from waconsole.kit.tabs import TabStrip
from waconsole.members import store_pane as members
from waconsole.members.model import masked
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.console.app import ConsoleApp

CANDIDATES_MAX: Final = 2_000
SHOWN_MAX: Final = 200
LOOKED_UP_MAX: Final = 20
NAME_CHARACTERS_MAX: Final = 120
GONE: Final = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something the palette can do; `id` is what it is remembered by."""

    id: str
    kind: SafeText
    title: SafeText
    more: SafeText
    do: Callable[[], Awaitable[object]]
    is_enabled: bool = True


def offered(app: ConsoleApp) -> list[Candidate]:
    """Everything that needs no look into the ledger."""
    found = [_act(app, one) for one in doables(app)]
    found += _tabs(app)
    for verb in app.command_line.verbs:
        title = " ".join(verb.words)
        found.append(
            Candidate(f":{title}", safe(_("command")), safe(f":{title}"), safe(verb.help), _opens(app, title, verb.arguments))
        )  # fmt: skip
    for name in sorted(app.appearance.themes.by_name):
        found.append(
            Candidate(f"theme {name}", safe(_("theme")), safe(name), SafeText(""), _theme(app, name))
        )
    return found[:CANDIDATES_MAX]


def _act(app: ConsoleApp, one: Doable) -> Candidate:
    keys = ", ".join(one.keys)
    more = f"{keys}  {one.tooltip}" if not one.reason else f"{keys}  {_('not now:')} {one.reason}"

    async def do() -> None:
        await app.run_action(one.action, one.node)

    kind = _("pane") if one.id.startswith("pane.") and one.node is app else _("act")
    return Candidate(one.id, safe(kind), safe(one.title), safe(more), do, not one.reason)


def _tabs(app: ConsoleApp) -> Iterable[Candidate]:
    """The tabs of the pane in sight: the fixed views there are."""
    pane = app.deck.pane
    try:
        strip = pane.query_one(TabStrip)
    except NoMatches:
        return

    def opens(tab: str) -> Callable[[], Awaitable[object]]:
        async def do() -> None:
            strip.open(tab)

        return do

    for tab in strip._tabs:
        count = "" if tab.number is None else f"{tab.number:,}"
        yield Candidate(
            f"tab {pane.NAME} {tab.id}",
            safe(_("view")),
            safe(f"{pane.TITLE}: {tab.name}"),
            safe(count),
            opens(tab.id),
        )


def _opens(app: ConsoleApp, title: str, arguments: Sequence[object]) -> Callable[[], Awaitable[object]]:
    """A command that takes arguments is put on the `:` line, another one is done."""

    async def do() -> None:
        if arguments:
            app.command_line.open(f"{title} ")
        else:
            await app.command_line.run(title)

    return do


def _theme(app: ConsoleApp, name: str) -> Callable[[], Awaitable[object]]:
    async def do() -> None:
        app.appearance.use(name)

    return do


async def looked_up(app: ConsoleApp, text: str) -> list[Candidate]:
    """Groups and people whose name begins with `text`."""

    def work(tx: Transaction) -> tuple[list[tuple[int, str, int | None]], list[tuple[int, str, str | None]]]:
        return (
            groups.beginning_with(tx, text, limit=LOOKED_UP_MAX),
            members.beginning_with(tx, text, limit=LOOKED_UP_MAX),
        )

    def goes(name: str, place: dict[str, object]) -> Callable[[], Awaitable[object]]:
        return lambda: app.show_pane(name, place)

    in_groups, people = await app.desk.database.read(work)
    found = [
        Candidate(
            f"group {key}", safe(_("group")), safe(name[:NAME_CHARACTERS_MAX]), SafeText(""),
            goes("inbox", {"conversation": conversation}),
        )
        for key, name, conversation in in_groups
        if conversation is not None
    ]  # fmt: skip
    hides = app.desk.settings.inbox.mask_phones
    for key, name, phone in people:
        number = SafeText("") if phone is None else masked(phone) if hides else safe(phone)
        shown = safe(name[:NAME_CHARACTERS_MAX]) or number
        found.append(
            Candidate(f"member {key}", safe(_("member")), shown, number, goes("members", {"member": key}))
        )
    return found


def best(candidates: Sequence[Candidate], wanted: str, recent: Sequence[str]) -> list[Candidate]:
    """Those that `wanted` describes, the best first; without words, what was chosen lately comes first."""
    places = {one: place for place, one in enumerate(recent)}
    if not wanted.strip():
        return sorted(candidates, key=lambda one: places.get(one.id, len(places)))[:SHOWN_MAX]
    words = wanted.casefold().split()
    scored = ((score(one, words) + (one.id in places), -place) for place, one in enumerate(candidates))
    kept = nlargest(SHOWN_MAX, (pair for pair in scored if pair[0] > 1))
    return [candidates[-place] for _points, place in kept]


def score(candidate: Candidate, words: Sequence[str]) -> int:
    """How well a candidate is described: every word counts, 0 when one does not fit at all."""
    title, more = candidate.title.casefold().lstrip(":"), f"{candidate.kind} {candidate.more}".casefold()
    points = 0
    for typed in words:
        word = typed.lstrip(":") or typed
        if title.startswith(word):
            points += 40
        elif f" {word}" in title:
            points += 30
        elif word in title:
            points += 20
        elif _in_order(word, title):
            points += 8
        elif word in more:
            points += 4
        else:
            return GONE
    return points


def _in_order(word: str, title: str) -> bool:
    """Whether the letters of `word` stand in `title` in that order, the first one first."""
    letters = iter(title)
    return len(word) > 1 and title[:1] == word[:1] and all(letter in letters for letter in word)
