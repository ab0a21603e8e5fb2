"""What WhatsApp takes: typed once more from its pages, and asked at each edge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from waconsole.policy import library
from waconsole.whatsapp.content import (
    Buttons,
    Content,
    ListMessage,
    Media,
    MediaKind,
    Poll,
    Reaction,
    Row,
    Template,
    TemplateButton,
    Text,
)
from waconsole.whatsapp.limits import POLICY, bundled, fault, in_words, limits_of

LIMITS = bundled()
SHA = "ab" * 32
MB = 1 << 20


def wrong(content: Content) -> str:
    return fault(content, "phone", LIMITS)


def buttons(*pairs: tuple[str, str], text: str = "Which?", **more: Any) -> Buttons:
    return Buttons(text, pairs or (("a", "A"),), **more)


def rows(*many: Row, text: str = "Pick", label: str = "Open", **more: Any) -> ListMessage:
    return ListMessage(text, label, many or (Row("", "a", "A"),), **more)


def template(**more: Any) -> Template:
    return Template("t", "en", **more)


# (the longest that goes, one more than that)
EDGES: list[tuple[Content, Content]] = [
    (Text("x" * 4096), Text("x" * 4097)),
    (Media("image", SHA, caption="x" * 1024), Media("image", SHA, caption="x" * 1025)),
    (buttons(text="x" * 1024), buttons(text="x" * 1025)),
    (rows(text="x" * 4096), rows(text="x" * 4097)),
    (buttons(header="x" * 60), buttons(header="x" * 61)),
    (rows(footer="x" * 60), rows(footer="x" * 61)),
    (buttons(*((str(n), str(n)) for n in range(3))), buttons(*((str(n), str(n)) for n in range(4)))),
    (buttons(("i" * 256, "A")), buttons(("i" * 257, "A"))),
    (buttons(("a", "t" * 20)), buttons(("a", "t" * 21))),
    (rows(label="x" * 20), rows(label="x" * 21)),
    (rows(*(Row("", str(n), "A") for n in range(10))), rows(*(Row("", str(n), "A") for n in range(11)))),
    (rows(Row("s" * 24, "a", "A")), rows(Row("s" * 25, "a", "A"))),
    (rows(Row("", "i" * 200, "A")), rows(Row("", "i" * 201, "A"))),
    (rows(Row("", "a", "t" * 24)), rows(Row("", "a", "t" * 25))),
    (rows(Row("", "a", "A", "d" * 72)), rows(Row("", "a", "A", "d" * 73))),
    (template(text="x" * 1024), template(text="x" * 1025)),
    (template(buttons=(TemplateButton(9, "url", "a"),)), template(buttons=(TemplateButton(10, "url", "a"),))),
]


@pytest.mark.parametrize(("longest", "longer"), EDGES)
def test_the_longest_goes_and_one_more_does_not(longest: Content, longer: Content) -> None:
    assert wrong(longest) == ""
    assert wrong(longer)


@pytest.mark.parametrize(
    ("kind", "mime", "most"),
    [
        ("image", "image/jpeg", 5 * MB),
        ("image", "image/png", 5 * MB),
        ("audio", "audio/ogg", 16 * MB),
        ("video", "video/mp4", 16 * MB),
        ("video", "video/3gpp", 16 * MB),
        ("document", "application/pdf", 100 * MB),
        ("sticker", "image/webp", 500 * 1024),
    ],
)
def test_the_largest_file_goes_and_a_larger_does_not(kind: MediaKind, mime: str, most: int) -> None:
    assert wrong(Media(kind, SHA, mime=mime, size=most)) == ""
    assert "too large" in wrong(Media(kind, SHA, mime=mime, size=most + 1))


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("image", "image/gif"), ("image", "application/pdf"), ("audio", "audio/wav"), ("video", "video/webm"), ("sticker", "image/png")],
)  # fmt: skip
def test_a_file_of_another_type_is_refused(kind: MediaKind, mime: str) -> None:
    assert mime in wrong(Media(kind, SHA, mime=mime, size=1))
    assert wrong(Media("document", SHA, mime=mime, size=1)) == ""


@pytest.mark.parametrize(
    "content",
    [
        Text(" \n"),
        Media("image"),
        Media("audio", SHA, caption="x"),
        Media("image", link="http://x.example/a.jpg"),
        Media("image", link="https://"),
        Media("image", link="https:///a.jpg"),
        Media("image", link="https://x.example/a b"),
        Media("image", link="file:///etc/passwd"),
        buttons(("a", " ")),
        buttons((" a", "A")),
        buttons(("", "A")),
        buttons(("a", "A"), ("a", "B")),
        buttons(("a", "A"), ("b", "A")),
        buttons(text=" "),
        Buttons("x", ()),
        ListMessage("x", "y", ()),
        rows(label=""),
        rows(Row("", "a", "A"), Row("B", "b", "B")),
        rows(Row("", "a", "A"), Row("", "a", "B")),
        rows(Row("", "", "A")),
        rows(Row("", "a", "")),
        Template("", "en"),
        Template("t", ""),
        template(parameters=(("", " "),)),
        template(parameters=(("", "two\nlines"),)),
        template(parameters=(("", "a\tb"),)),
        template(parameters=(("", "a    b"),)),
        template(parameters=(("a", "x"), ("", "y"))),
        template(header_kind="image"),
        template(header_kind="image", header="http://x.example/a.jpg"),
        template(buttons=(TemplateButton(0, "url", "a"), TemplateButton(0, "url", "b"))),
        template(buttons=(TemplateButton(0, "url", ""),)),
        Reaction("", "👍"),
        Reaction("wamid.A", "ok"),
        Reaction("wamid.A", "👍 👍"),
        Reaction("wamid.A", "!"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(content: Content) -> None:
    said = wrong(content)

    assert said.endswith(".") and "\n" not in said


@pytest.mark.parametrize("emoji", ["👍", "", "❤️", "1️⃣", "👨‍👩‍👧‍👦", "🇩🇪"])
def test_a_reaction_is_one_emoji_or_none(emoji: str) -> None:
    assert wrong(Reaction("wamid.A", emoji)) == ""


@pytest.mark.parametrize(
    "content", [buttons(), rows(), Reaction("wamid.A", "👍"), Poll("Which?", ("a", "b"))]
)
def test_a_group_takes_texts_files_and_templates_alone(content: Content) -> None:
    assert "cannot be sent to a group" in fault(content, "group", LIMITS)
    for other in (Text("x"), Media("image", SHA), template()):
        assert fault(other, "group", LIMITS) == ""


def test_a_poll_goes_by_hand_but_not_by_the_official_way() -> None:
    assert wrong(Poll("Which?", ("a", "b")))
    assert fault(Poll("Which?", ("a", "b")), "group", LIMITS, driver="human") == ""
    assert fault(Poll("Which?", ("a", "a")), "group", LIMITS, driver="human")


@pytest.mark.parametrize(
    "content",
    [Poll("Which?", tuple("abc")), Poll("W" * 9, ("a", "b")), Poll("Which?", ("a", "abcde")), Poll("Which?", ("a",))],
)  # fmt: skip
def test_a_poll_is_no_larger_than_the_ledgers_limits(content: Poll) -> None:
    small = replace(LIMITS, poll_question=8, poll_choices=2, poll_choice=4)

    assert fault(content, "group", small, driver="gateway").endswith(".")
    assert fault(Poll("Which?", ("a", "b")), "group", small, driver="gateway") == ""


def test_the_limits_of_the_ledger_count() -> None:
    assert fault(Text("four"), "phone", replace(LIMITS, text=3))
    assert limits_of({"text": 3, "says": "x"}) == replace(LIMITS, text=3)
    assert limits_of(dict(library.bundled())[POLICY]) == LIMITS


def test_sizes_are_said_as_people_say_them() -> None:
    assert [in_words(it) for it in (1, 100 * 1024, 5 * MB)] == ["1 KB", "100 KB", "5.0 MB"]
