"""What may be written next."""

from __future__ import annotations

import pytest

from tests.inbox.ledger_builder import NOW, community, filled
from waconsole import catalogue
from waconsole.database.connection import Database
from waconsole.query.complete import CANDIDATES_MAX, complete


def _lines(text: str, subject: str, tx: object = None) -> list[str]:
    found = complete(text, len(text), subject, catalogue.vocabulary(), tx)  # type: ignore[arg-type]
    return [one.put_in(text) for one in found]


@pytest.mark.parametrize(
    ("subject", "text", "lines"),
    [
        ("message", "ha", ["has:"]),
        ("message", "is:owed -ag", ["is:owed -age"]),
        ("message", "is:u", ["is:unread"]),
        ("message", "(is:owed or is:mut", ["(is:owed or is:muted"]),
        ("message", "age<", ["age<2s", "age<2m", "age<2h", "age<2d", "age<2w"]),
        ("message", "age < 36", ["age < 36s", "age < 36m", "age < 36h", "age < 36d", "age < 36w"]),
        ("message", "at>=tod", ["at>=today", "at>=today-7d"]),
        ("member", "inb", ["inbound("]),
        ("member", "inbound(g", ["inbound(group="]),
        ("member", "inbound(30", ["inbound(30d", "inbound(30h"]),
        (
            "member",
            "inbound(group=Alpha, th",
            ["inbound(group=Alpha, this_week", "inbound(group=Alpha, this_month"],
        ),
        ("member", "last_inbound=n", ["last_inbound=never"]),
        ("member", "consent:m", ["consent:marketing"]),
        ("message", "nothing", []),
        ("message", "song:x", []),
        ("message", '"is:', []),
        ("message", "http://ha", []),
    ],
)
def test_words_are_offered(subject: str, text: str, lines: list[str]) -> None:
    assert _lines(text, subject) == lines


def test_the_rest_of_the_line_stays() -> None:
    text = "is:un age<2d"
    found = complete(text, 5, "message", catalogue.vocabulary())

    assert [one.put_in(text) for one in found] == ["is:unread age<2d"]
    assert found[0].says == "somebody else's, later than what was read here"


def test_an_empty_line_offers_every_field() -> None:
    fields = catalogue.vocabulary().of_subject("conversation")

    assert len(_lines("", "conversation")) == min(len(fields), CANDIDATES_MAX)


async def test_real_names_are_offered_by_their_beginning(database: Database) -> None:
    await filled(database, community)

    def work(tx: object) -> list[list[str]]:
        texts = ["in:ma", 'in:"skin c', "in:RUNNERS", "from:iN", "in:zz"]
        return [_lines(text, "message", tx) for text in texts]

    assert await database.read(work) == [
        ['in:"Mamans Lyon 3"'], ['in:"Skin Club TPE"'], ['in:"Runners Köln"'], ['from:"Inès"'], [],
    ]  # fmt: skip


async def test_a_name_that_cannot_be_shown_is_written_by_its_ref(database: Database) -> None:
    from waconsole.groups import store as groups

    hostile = "Mamans\x1b[31m\u202e"
    await database.write(
        lambda tx: groups.add_group(tx, ref="g-x", name=hostile, driver="human", origin="live", now=NOW)
    )

    assert await database.read(lambda tx: _lines("in:mam", "message", tx)) == ["in:g-x"]
