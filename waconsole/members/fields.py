"""What may be asked of people: names, tags, languages, zones, consent.

Each field is SQL over `p`, a visible member. A tag, a language or a zone has no date and so holds at every
`now`; consent counts from its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from waconsole.errors import Refused
from waconsole.members.model import e164, folded, looks_like_phone
from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject
from waconsole.query.mistakes import nearest
from waconsole.query.tree import Word

ZONES_KEPT_MAX: Final = 1_000
TAGS: Final = Source(
    "SELECT DISTINCT name, '' FROM tag WHERE name >= :begun AND name < :beyond ORDER BY name LIMIT :limit",
    folds=False,
)
PEOPLE: Final = Source(
    "SELECT name, ref FROM visible_member WHERE folded <> '' AND folded >= :begun AND folded < :beyond "
    "ORDER BY folded LIMIT :limit"
)
# Languages are few: those of the first members are enough to complete from, and cost no scan.
LANGUAGES: Final = Source(
    "SELECT DISTINCT language, '' FROM (SELECT language FROM member LIMIT 1000) AS first "
    "WHERE language <> '' AND lower(language) >= :begun AND lower(language) < :beyond ORDER BY language LIMIT :limit"
)
ZONES: Final = Source(
    "SELECT DISTINCT timezone, '' FROM (SELECT timezone FROM member LIMIT 1000) AS first "
    "WHERE timezone <> '' AND lower(timezone) >= :begun AND lower(timezone) < :beyond ORDER BY timezone LIMIT :limit"
)


def aliases_named(value: str, scope: Scope) -> str:
    """SELECT of the ids of the aliases that a number, a ref or a name stands for."""
    phone = e164(value) if looks_like_phone(value) else None
    if phone is not None:
        number = scope.bind(phone)
        return (
            "SELECT id FROM alias WHERE member_id IN "
            f"(SELECT member_id FROM alias WHERE kind = 'phone' AND value = {number})"
        )
    name, ref = scope.bind(folded(value)), scope.bind(value)
    return (
        f"SELECT id FROM alias WHERE folded = {name}"
        " OR (kind = 'phone' AND member_id IN"
        f" (SELECT id FROM visible_member WHERE folded <> '' AND folded = {name}))"
        f" OR member_id IN (SELECT id FROM visible_member WHERE ref = {ref})"
    )


def tagged(value: str, scope: Scope) -> str:
    """SELECT of the ids of the members with a tag that has not ended by `now`."""
    name, now = scope.bind(value), scope.bind(scope.now)
    return f"SELECT member_id FROM tag WHERE name = {name} AND (expires_at IS NULL OR expires_at > {now})"


def speaking(value: str, scope: Scope) -> str:
    """SELECT of the ids of the members of a language: `pt` includes `pt-BR`."""
    wanted = value.casefold().replace("_", "-")
    region = scope.bind(f"{wanted}-")
    return (
        f"SELECT id FROM visible_member WHERE lower(replace(language, '_', '-')) = {scope.bind(wanted)}"
        f" OR substr(lower(replace(language, '_', '-')), 1, {scope.bind(len(wanted) + 1)}) = {region}"
    )


def rows_of(members: str) -> str:
    """SELECT of the ids of every row that stands for one of the members, merged ones included."""
    return f"SELECT id FROM member_root WHERE root_id IN ({members})"


def like(text: str) -> str:
    """A pattern for `LIKE … ESCAPE '!'` of what holds `text`, folded."""
    literal = folded(text).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{literal}%"


def _text(words: Sequence[Word], scope: Scope) -> str:
    conditions: list[str] = []
    for word in words:
        part = scope.bind(like(word.text))
        conditions.append(
            f"(p.folded LIKE {part} ESCAPE '!'"
            f" OR p.id IN (SELECT member_id FROM alias WHERE folded LIKE {part} ESCAPE '!'))"
        )
    return " AND ".join(conditions)


def in_force(scope: Scope) -> str:
    """SELECT of (member_id, state, word): the marketing consent that was in force at `now`, one row for each person.

    As the view `consent_in_force`, which knows no `now`: a stop that no later resume lifted outranks
    everything; then the latest word said for the whole person; then the stricter of what each row said last.
    """
    now = scope.bind(scope.now)
    return f"""
        SELECT r.root_id AS member_id, CASE c.state WHEN 'resume' THEN 'yes' ELSE c.state END AS state, c.state AS word
          FROM consent AS c
          JOIN member_root AS r ON r.id = c.member_id
         WHERE c.purpose = 'marketing' AND c.decided_at <= {now} AND c.id = (
               SELECT w.id
                 FROM consent AS w
                 JOIN member_root AS own ON own.id = w.member_id
                 JOIN member_root AS whole ON whole.id = own.root_id
                WHERE own.root_id = r.root_id AND w.purpose = 'marketing' AND w.decided_at <= {now}
                ORDER BY w.state = 'stop' AND NOT EXISTS (
                             SELECT 1
                               FROM member_root AS o
                              CROSS JOIN consent AS l
                              WHERE o.root_id = own.root_id AND l.member_id = o.id AND l.purpose = 'marketing'
                                AND l.state = 'resume' AND l.decided_at > w.decided_at AND l.decided_at <= {now}
                                AND (l.member_id = w.member_id OR l.decided_at >= whole.one_since)) DESC,
                         w.state = 'stop',
                         whole.one_since > 0 AND w.decided_at >= whole.one_since DESC,
                         EXISTS (
                             SELECT 1 FROM consent AS l
                              WHERE l.member_id = w.member_id AND l.purpose = 'marketing' AND l.state <> 'stop'
                                AND l.decided_at <= {now}
                                AND (l.decided_at > w.decided_at OR (l.decided_at = w.decided_at AND l.id > w.id))),
                         CASE WHEN whole.one_since > 0 AND w.decided_at >= whole.one_since THEN w.decided_at ELSE 0 END DESC,
                         w.state = 'no' DESC, w.decided_at DESC, w.id DESC
                LIMIT 1)"""


def _consented(says: str, state: str) -> State:
    def sql(scope: Scope) -> str:
        return f"p.id IN (SELECT f.member_id FROM ({in_force(scope)}) AS f WHERE f.state = '{state}')"

    return State(says, sql)


def _consent_shown(_: Asked, scope: Scope) -> str:
    return f"(SELECT f.word FROM ({in_force(scope)}) AS f WHERE f.member_id = p.id)"


MEMBER: Final = Subject(
    name="member",
    plural="members",
    says="a person known to the community",
    rows="visible_member AS p",
    key="p.id",
    order="p.id",
    text=_text,
    text_says="a part of any of their names or of their number, in any case",
    shows="p.name",
)
SUBJECTS: Final = (MEMBER,)


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    """The time zones there are, by their names in small letters."""
    return {name.casefold(): name for name in sorted(available_timezones())}


@lru_cache(maxsize=ZONES_KEPT_MAX)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return name.casefold() in _zones()
    return True


def _in_zone(asked: Asked, scope: Scope) -> str:
    """Who lives in a zone. One that does not exist is a mistake: nobody would ever be in it."""
    name = asked.value
    if name and not _is_zone(name):
        raise Refused(
            f"There is no time zone {name}{nearest(name, _zones().values()) or '; write one like Europe/Paris.'}"
        )
    return f"lower(p.timezone) = {scope.bind(name.casefold())}"


FIELDS: Final = (
    Field(
        "member", "tag", "the member bears this tag, exactly as written", "name", "tag:vip",
        condition=lambda asked, scope: f"p.id IN ({tagged(asked.value, scope)})",
        shows=lambda _, __: "(SELECT group_concat(name, ', ') FROM tag WHERE member_id = p.id)",
        source=TAGS,
    ),
    Field(
        "member", "lang", "the member's language, its regions included", "name", "lang:pt",
        condition=lambda asked, scope: f"p.id IN ({speaking(asked.value, scope)})",
        shows=lambda _, __: "p.language",
        source=LANGUAGES,
    ),
    Field(
        "member", "zone", "the member's own time zone, in any case", "name", "zone:Europe/Paris",
        condition=_in_zone,
        shows=lambda _, __: "p.timezone",
        source=ZONES,
    ),
    Field(
        "member", "from", "a person by any of their names, their number or their ref", "name", "from:Ana",
        condition=lambda asked, scope: "p.id IN (SELECT member_id FROM alias "
        f"WHERE id IN ({aliases_named(asked.value, scope)}))",
        shows=lambda _, __: "p.name",
        source=PEOPLE,
    ),
    Field(
        "member", "consent", "the consent in force", "state", "consent:marketing",
        shows=_consent_shown,
        states={
            "marketing": _consented("may be sent marketing: said yes, or asked for more after a stop", "yes"),
            "yes": _consented("the same as consent:marketing", "yes"),
            "no": _consented("the latest word is no", "no"),
            "stop": _consented("said stop and did not ask for more since; a stop outranks every other word", "stop"),
        },
    ),
)  # fmt: skip
