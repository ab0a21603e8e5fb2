"""The sample community as files a phone would give: chat exports and a contacts file, always fresh.

Everything hangs on one anchor instant (microseconds UTC, a whole hour): recent talk is written by hand with
times counted back from it, older talk is made from a stock of phrases by a fixed dice. The same version
and anchor give the same bytes. `sample.toml` says how the sources are written.

This module imports nothing but the standard library, and reads its sources beside itself: it is `sample_db`
in the repository and `waconsole.sample_db` in a wheel.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

HERE: Final = Path(__file__).parent
RECENT_DAYS: Final = 14
CONTACT_COLUMNS: Final = "phone,name,language,timezone,consent_marketing,consent_at,tags,groups".split(",")
NOTICES: Final = "encryption created joined left added removed subject icon description".split()
_LINE: Final = re.compile(
    r"-(?:(?P<days>\d+)d (?=\d\d:\d))?(?:(?P<hour>\d+)[h:])?(?:(?P<minute>\d+)m?)? "
    r"(?:\((?P<notice>\w+)\) (?P<who>.+)|(?P<sender>[^:]+): (?P<text>.*))"
)
_ITEM: Final = re.compile(r" ?\{(\w+)\}$")
_KIND: Final = re.compile(r"\[(\w+)\] ?")
_CHOICE: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Said:
    """One message or notice. `at` is seconds UTC; `kind` is text, edited, deleted, poll, a medium (image, …)
    or one of `NOTICES`; `other` is whom a notice is about; `item` the work item a moderator would make."""

    at: int
    sender: str
    kind: str
    text: str = ""
    other: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group's facts as `sample.toml` states them. `named` are people its export calls by a name, `gone` those
    who have left; `head` is how its phone begins a line, `halves` what it calls the halves of a day."""

    slug: str
    name: str
    language: str
    zone: str
    phone: str
    head: str
    purpose: str
    kpi: str
    history: int
    began_days: int
    named: list[str]
    gone: list[str]
    halves: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SampleExport:
    """A group and the export of its chat, in which we are called `sample()["me"]`."""

    group: Group
    file_name: str
    text: str


class Dice:
    """Numbers that are the same on every machine and in every version of Python (Knuth's MMIX constants)."""

    def __init__(self, name: str) -> None:
        self._state = zlib.crc32(name.encode())

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 33) % bound

    def one_of(self, choices: Sequence[str]) -> str:
        """One of `choices`."""
        return choices[self.below(len(choices))]


@cache
def sample() -> dict[str, Any]:
    """`sample.toml`: `me`, `operator`, `number`, the expected `picture`, the groups, the saved replies."""
    return tomllib.loads((HERE / "sample.toml").read_text(encoding="utf-8"))


def groups() -> tuple[Group, ...]:
    """Every group, the large one first."""
    tables: list[dict[str, Any]] = sample()["group"]
    return tuple(Group(**table) for table in tables)


@cache
def _people() -> tuple[dict[str, str], ...]:
    with (HERE / "people.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def phones_in(group: Group) -> tuple[str, ...]:
    """The contacts in `group`, whom its export names by number."""
    return tuple(row["phone"] for row in _people() if group.name in row["groups"].split(";"))


def contacts_csv(anchor: int) -> str:
    """The shop's contacts file at `anchor`, as `waconsole import contacts` takes it."""
    today = datetime.fromtimestamp(anchor // 1_000_000, UTC).date()
    text = io.StringIO()
    writer = csv.DictWriter(text, CONTACT_COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in _people():
        days = row["consent_days"]
        consent_at = f"{today - timedelta(int(days))}" if days else ""
        writer.writerow(row | {"phone": re.sub("[ -]", "", row["phone"]), "consent_at": consent_at})
    return text.getvalue()


def exports(anchor: int) -> Iterator[SampleExport]:
    """Every group's chat as its phone would export it at `anchor` (microseconds UTC, a whole hour)."""
    for group in groups():
        lines = (_exported(said, group) for said in (*_older(group, anchor), *recent(group, anchor)))
        text = "\n".join(lines) + "\n"
        if group.phone == "ios":
            yield SampleExport(group, "_chat.txt", text.replace("\n", "\r\n"))
        else:
            yield SampleExport(group, f"WhatsApp - {group.name}.txt", text)


def recent(group: Group, anchor: int) -> list[Said]:
    """The hand-written last days of `group`, in order. Raises ValueError naming a line that cannot be read."""
    said: list[Said] = []
    zone = ZoneInfo(group.zone)
    now = anchor // 1_000_000
    today = datetime.fromtimestamp(now, zone).date()
    for number, line in enumerate(_threads(f"recent/{group.slug}.txt")[0], 1):
        if line.startswith("  | "):
            said[-1] = replace(said[-1], text=f"{said[-1].text}\n{line[4:]}")
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"recent/{group.slug}.txt, entry {number}: {line}")
        part = match.groupdict()
        minute = int(part["hour"] or 0) * 60 + int(part["minute"] or 0)
        day = today - timedelta(int(part["days"] or 0))
        at = _local(day, minute, zone) if part["days"] else now - minute * 60
        said.append(_said(max(at + number * 17 % 60, said[-1].at if said else 0), part))
    return said


def _said(at: int, part: dict[str, str | None]) -> Said:
    """What one line of a script says."""
    if notice := part["notice"]:
        sender, _, other = (part["who"] or "").partition(" > ")
        return Said(at, sender, notice, other=other)
    text = part["text"] or ""
    item = _ITEM.search(text)
    kind = _KIND.match(text)
    text = text[kind.end() if kind else 0 : item.start() if item else None]
    return Said(at, part["sender"] or "", kind[1] if kind else "text", text, item=item[1] if item else "")


def _older(group: Group, anchor: int) -> list[Said]:
    """Older talk: threads from the stock of the group's language, spread over its life."""
    dice = Dice(group.slug)
    stock = _threads(f"history/{group.language[:2]}.txt")
    zone = ZoneInfo(group.zone)
    today = datetime.fromtimestamp(anchor // 1_000_000, zone).date()
    span = group.began_days - RECENT_DAYS - 1
    later = recent(group, anchor)
    people = _arrivals(group, dice, later)
    left = {one.sender for one in later if one.kind == "left"}
    said = _beginning(group, people, left, _local(today - timedelta(group.began_days), 9 * 60, zone), dice)
    count, last = 0, -1
    while count < group.history:
        share = count / group.history
        chosen = dice.below(len(stock))
        if chosen == last:
            continue
        last = chosen
        day = today - timedelta(group.began_days - 1 - int(span * share))
        at = _local(day, 7 * 60 + dice.below(15 * 60), zone)
        for line in _spoken(stock[chosen], people, share, dice, group):
            at += 20 + dice.below(400)
            said.append(replace(line, at=at))
            count += 1
    return sorted(said, key=lambda one: one.at)


def _arrivals(group: Group, dice: Dice, later: list[Said]) -> dict[str, float]:
    """Who is in the group from which share of its older life on; half were there from the start."""
    newcomers = {one.other or one.sender for one in later if one.kind in ("joined", "added")}
    known = (*group.named, *group.gone, *phones_in(group))
    return {name: dice.below(2) * dice.below(96) / 100 for name in known if name not in newcomers}


def _beginning(group: Group, people: dict[str, float], left: set[str], begun: int, dice: Dice) -> list[Said]:
    """How the group was made, who came later, and who of the gone left before the recent talk."""
    me = sample()["me"]
    by_link = "joined" in _phrases(group.language)
    span = (group.began_days - RECENT_DAYS - 1) * 86_400
    said = [Said(begun, group.name, "encryption"), Said(begun + 60, me, "created", group.name)]
    for name, share in people.items():
        if share:
            at = begun + 7_200 + int(span * share) + dice.below(40_000)
            said.append(Said(at, name, "joined") if by_link else Said(at, me, "added", other=name))
    said += [Said(begun + int(span * 0.97), name, "left") for name in group.gone if name not in left]
    return said


def _spoken(
    thread: Sequence[str], people: dict[str, float], share: float, dice: Dice, group: Group
) -> Iterator[Said]:
    """One thread in the mouths of people who were in the group by then; `at` is the caller's to set."""
    present = [name for name, since in people.items() if since <= share and name not in group.gone]
    chatty = [name for name in present if not name.startswith("+")]
    speaker = ""
    for line in thread:
        if line.startswith("-") and not dice.below(3):
            continue
        text = _CHOICE.sub(lambda choice: dice.one_of(choice[1].split("|")), line.removeprefix("-")).strip()
        pool = chatty if dice.below(10) < 7 else present
        speaker = dice.one_of([name for name in pool or present if name != speaker] or present)
        ours = f"{sample()['me']}: "
        kind = _KIND.match(text)
        if text.startswith(ours):
            yield Said(0, sample()["me"], "text", text.removeprefix(ours))
        elif kind:
            yield Said(0, speaker, kind[1], text[kind.end() :])
        elif not dice.below(110):
            yield Said(0, speaker, "deleted")
        else:
            edited = not dice.below(140) and "edited" in _phrases(group.language)
            yield Said(0, speaker, "edited" if edited else "text", text)


def _local(day: date, minute: int, zone: ZoneInfo) -> int:
    """Seconds UTC of a minute of a local day."""
    return int(datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).timestamp())


@cache
def _threads(name: str) -> list[list[str]]:
    """The lines of a source without comments, in the paragraphs that empty lines part."""
    paragraphs = (HERE / name).read_text(encoding="utf-8").split("\n\n")
    return [[line for line in part.splitlines() if line[:1] != "#"] for part in paragraphs]


@cache
def _phrases(language: str) -> dict[str, str]:
    """What WhatsApp writes in `language`."""
    every = tomllib.loads((HERE / "phrases.toml").read_text(encoding="utf-8"))
    return dict(every[language])


def _exported(said: Said, group: Group) -> str:
    """One message or notice as the group's phone writes it, without its last line end."""
    phrases = _phrases(group.language)
    ios = group.phone == "ios"
    mark = "\u200e" if ios else ""
    head = _head(datetime.fromtimestamp(said.at, ZoneInfo(group.zone)), group)
    sender = f"\u202a{said.sender}\u202c" if ios and said.sender.startswith("+") else said.sender
    if said.kind in NOTICES:
        text = phrases[said.kind].format(actor=said.sender, other=said.other, value=said.text or said.other)
        return f"{head}{sender}: \u200e{text}" if ios else f"{head}{text}"
    if said.kind == "text":
        return f"{head}{sender}: {said.text}"
    if said.kind == "edited":
        return f"{head}{sender}: {said.text} {mark}{phrases['edited']}"
    if said.kind == "deleted":
        return f"{head}{sender}: {mark}{phrases['deleted']}"
    if said.kind == "poll":
        question, *options = said.text.split(" | ")
        votes = (option.rpartition(" = ") for option in options)
        shown = [mark + phrases["option"].format(value=value, votes=count) for value, _, count in votes]
        return f"{head}{sender}: {mark}{phrases['poll']}\n" + "\n".join((question, *shown))
    caption = f"\n{said.text}" if said.text else ""
    return f"{mark}{head}{sender}: {mark}{phrases[said.kind] if ios else phrases['omitted']}{caption}"


def _head(when: datetime, group: Group) -> str:
    """The date and time that begin a line."""
    day = {"d": when.day, "m": when.month, "year": when.year, "yy": when.year % 100}
    clock = {"H": when.hour, "h": when.hour % 12 or 12, "M": when.minute, "S": when.second}
    return group.head.format(**day, **clock, half=group.halves[when.hour // 12] if group.halves else "")
