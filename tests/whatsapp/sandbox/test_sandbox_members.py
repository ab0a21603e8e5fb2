"""Simulated members: what they say, and that it hangs on the seed alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import Running, running, words
from waconsole.whatsapp.sandbox.cast import GROUP_MAX, LANGUAGES, cast, heard, tongue
from waconsole.whatsapp.sandbox.ids import BSUID, wamid

ADELE = "+33639981000"
STOP_WORDS = {"STOP", "désabonner", "abmelden", "수신거부", "配信停止"}


def lines(language: str) -> set[str]:
    """Everything somebody may say in a language."""
    spoken = tongue(language)
    return {text for talk in spoken.talks for line in talk.lines for text in line} | {
        text for some in spoken.answers.values() for text in some
    }


def test_the_cast_is_complete() -> None:
    people = cast().people

    assert {one.language for one in people} == set(LANGUAGES)
    assert len({one.name for one in people}) == len(people) == 25
    assert len({one.phone for one in people if one.phone}) == 20
    assert all(BSUID.fullmatch(one.bsuid) for one in people)
    assert sum(bool(one.username) for one in people) >= 5
    assert len(cast().group_people) <= GROUP_MAX
    for language in LANGUAGES:
        talks = tongue(language).talks
        assert {one.kind for one in talks} >= {"price", "question", "complaint", "stop"}
        assert {one.where for one in talks} == {"any", "group", "direct"}
        assert len({one.lines for one in talks}) == len(talks)
        assert set(tongue(language).answers) == set(tongue("fr").answers)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Ça fait 24,90 €", "price"),
        ("19,900원입니다", "price"),
        ("$18 today", "price"),
        ("https://maison-lilas.example/a", "link"),
        ("Das tut mir leid!", "sorry"),
        ("ありがとうございます", "thanks"),
        ("Quelle taille ?", "question"),
        ("Hello Ana", "greeting"),
        ("Il part demain.", "other"),
        ("", "other"),
    ],
)
def test_a_member_understands_what_we_write(text: str, kind: str) -> None:
    assert heard(text) == kind


async def test_the_cast_answers_in_its_language(sandbox: Running) -> None:
    await sandbox.say("Bonjour", sender=ADELE)
    await sandbox.send("C'est 24,90 €", to=ADELE)

    _, answer = await sandbox.messages(2)

    assert answer["from"] == ADELE.removeprefix("+")
    assert words([answer])[0] in tongue("fr").answers["price"]


async def test_others_never_answer(sandbox: Running) -> None:
    await sandbox.say()
    await sandbox.send("C'est combien ?")
    await sandbox.statuses(3)
    await asyncio.sleep(0.05)

    assert len(sandbox.receiver.values("messages")) == 1


async def test_nobody_answers_while_they_are_silent(sandbox: Running) -> None:
    await sandbox.faults(silent=True)
    await sandbox.say("Bonjour", sender=ADELE)
    await sandbox.send("Bonjour", to=ADELE)
    await sandbox.statuses(3)
    await asyncio.sleep(0.05)

    assert len(sandbox.receiver.values("messages")) == 1


async def test_two_machines_do_not_talk_for_ever(sandbox: Running) -> None:
    await sandbox.say("Bonjour", sender=ADELE)
    for count in range(5):
        await sandbox.send("C'est 5 €", to=ADELE)
        await sandbox.messages(2 + count)
    await sandbox.send("C'est 5 €", to=ADELE)
    await sandbox.statuses(18)
    await asyncio.sleep(0.05)

    assert len(sandbox.receiver.values("messages")) == 6


async def chattered(seed: int, count: int) -> list[tuple[str, str | None, str, str]]:
    """The first `count` messages people begin by themselves."""
    async with running(seed=seed, chatter=60_000) as sandbox:
        rows = await sandbox.messages(count)
    return [
        (row["id"], row.get("group_id"), row["from_user_id"], row["text"]["body"]) for row in rows[:count]
    ]


async def test_the_same_seed_says_the_same_in_the_same_order() -> None:
    first = await chattered(3, 60)

    assert await chattered(3, 60) == first
    other = await chattered(4, 60)
    assert [it[3] for it in other] != [it[3] for it in first]
    assert {it[2] for it in other} == {it[2] for it in first}


async def test_people_chatter_in_five_languages_directly_and_in_the_group() -> None:
    said = await chattered(1, 150)

    speaks = {one.bsuid: one.language for one in cast().people}
    inside = {one.bsuid for one in cast().people if one.name in cast().group_people}
    assert {speaks[bsuid] for _, _, bsuid, _ in said} == set(LANGUAGES)
    assert all(text in lines(speaks[bsuid]) for _, _, bsuid, text in said)
    groups = [bsuid for _, group, bsuid, _ in said if group]
    assert 10 < len(groups) < 75
    assert set(groups) <= inside
    assert {text for *_, text in said} & STOP_WORDS
    assert len({wamid for wamid, *_ in said}) == len(said)


async def test_whoever_stopped_stays_silent() -> None:
    async with running(chatter=60_000) as sandbox:
        rows = await sandbox.messages(300)
        stopped = [(place, row) for place, row in enumerate(rows) if row["text"]["body"] in STOP_WORDS]

        assert 1 <= len(stopped) <= 5
        for place, row in stopped:
            later = [it for it in rows[place + 1 :] if it["from_user_id"] == row["from_user_id"]]
            assert later == []


async def test_a_talk_goes_on_when_we_answer() -> None:
    async with running(chatter=60_000) as sandbox:
        await sandbox.messages(60)
        await sandbox.control("chatter", {"per_minute": 0})
        said = (await sandbox.state())["received"]
        rows = await sandbox.messages(said)
        # whoever opened a talk last: a later one would have taken its place
        opening = next(
            row for row in rows[::-1] if "group_id" not in row and "from" in row and _talk(row)[1:]
        )
        following = _talk(opening)[1]

        await sandbox.send("Oui", to="+" + opening["from"])
        answer = (await sandbox.messages(said + 1))[-1]

        assert answer["from"] == opening["from"]
        assert answer["text"]["body"] in following
        assert (await sandbox.state())["chatter_per_minute"] == 0


def _talk(row: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    text = row["text"]["body"]
    talks = [one for language in LANGUAGES for one in tongue(language).talks]
    return next(one.lines for one in talks if text in one.lines[0])


async def test_somebody_of_the_group_answers_there(sandbox: Running) -> None:
    await sandbox.say("Bonjour à toutes", sender=ADELE, group=cast().group_id)
    for number in range(8):
        await sandbox.send(f"Ça fait {number} €", to=cast().group_id, recipient_type="group")
    await sandbox.statuses(8 * 17)
    await asyncio.sleep(0.1)

    answers = sandbox.receiver.values("messages")[1:]
    assert 0 < len(answers) < 8
    assert {it["group_id"] for it in answers} == {cast().group_id}


async def test_ids_and_answers_hang_on_the_requests_alone() -> None:
    async def round(pause: float) -> tuple[list[str], list[str]]:
        async with running(seed=9) as sandbox:
            await sandbox.say("Bonjour", sender=ADELE)
            ours = []
            for count in range(4):
                ours.append(await sandbox.send("Voilà, 5 €", to=ADELE))
                rows = await sandbox.messages(count + 2)
                await asyncio.sleep(pause)
            return ours, [f"{row['id']} {row['text']['body']}" for row in rows]

    assert await round(0) == await round(0.03)


def test_two_people_never_share_an_id() -> None:
    long = "DE." + "a" * 127

    made = {wamid(long + end, 1, "say", number, ours=False) for end in "xy" for number in range(50)}

    assert len(made) == 100
    assert all(len(it) <= 128 for it in made)
