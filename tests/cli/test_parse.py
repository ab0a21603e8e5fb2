"""Words into a command and its values, and the sentences of what does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from waconsole.catalogue import commands
from waconsole.cli.parse import parse, split_globals, usage
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.errors import UsageError


async def _work(database: Database, call: Invocation) -> Answer:
    return Answer({})


FIND = Command(("find",), "Find.", _work, (
    Argument("query", "what"), Argument("--in", "where", default="messages", choices=("messages", "members")),
))  # fmt: skip
IMPORT = Command(("import", "chat"), "Import.", _work, (
    Argument("file", "what"), Argument("--group", "into", required=True, metavar="NAME"),
    Argument("--dry-run", "try", kind="flag"), Argument("--chunk", "size", kind="integer"),
))  # fmt: skip
TAG = Command(("tag",), "Tag.", _work, (
    Argument("tag", "the tag"), Argument("member", "who", many=True), Argument("--row", "rows", many=True),
))  # fmt: skip
SHOW = Command(("show",), "Show.", _work, (Argument("name", "what", optional=True),))
ALL = [FIND, IMPORT, TAG, SHOW]


def values(*words: str) -> dict[str, Any]:
    return parse(words, ALL)[1]


def sentence(*words: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(words, ALL)
    return str(caught.value)


def test_options_stand_before_and_after_what_they_belong_to() -> None:
    expected = {"file": "a.txt", "group": "Mamans", "dry_run": True, "chunk": 5}

    assert values("import", "chat", "a.txt", "--group", "Mamans", "--dry-run", "--chunk=5") == expected
    assert values("import", "chat", "--group=Mamans", "--chunk", "5", "--dry-run", "a.txt") == expected


def test_a_word_with_one_hyphen_is_text() -> None:
    assert values("find", "-is:unread") == {"query": "-is:unread", "in": "messages"}
    assert values("import", "chat", "a.txt", "--group", "-", "--chunk", "-3")["chunk"] == -3


def test_after_two_hyphens_everything_is_text() -> None:
    assert values("find", "--", "--in")["query"] == "--in"


def test_text_that_begins_with_hyphens_and_holds_spaces_is_text() -> None:
    assert values("find", "--- what a day")["query"] == "--- what a day"


def test_many_words_go_to_the_argument_that_takes_them() -> None:
    found = values("tag", "vip", "a", "b", "--row", "1", "2", "--row", "3")

    assert found == {"tag": "vip", "member": ["a", "b"], "row": ["1", "2", "3"]}


def test_an_optional_word_may_be_missing() -> None:
    assert values("show") == {"name": None}
    assert values("show", "x") == {"name": "x"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fnid", "x"), "There is no command fnid: did you mean find?"),
        (("zzz",), "There is no command zzz; `waconsole --help` lists them."),
        (("import",), "import is half a command: say import chat."),
        (("import", "chta", "x"), "import chta is no command: say import chat."),
        (("find",), "find needs QUERY: write find QUERY [--in messages|members]"),
        (("find", "a", "b"), "“b” is one word too many"),
        (("find", "a", "--in", "member"), "--in cannot be “member”: did you mean members?"),
        (("find", "a", "--im", "members"), "There is no option --im here: did you mean --in?"),
        (("find", "a", "--in"), "--in needs messages|members after it."),
        (("import", "chat", "a.txt"), "import chat needs --group"),
        (("import", "chat", "a.txt", "--group", "--dry-run"), "--group needs NAME after it."),
        (("import", "chat", "a", "--group", "G", "--dry-run=yes"), "--dry-run takes no value."),
        (("import", "chat", "a", "--group", "G", "--chunk", "x"), "--chunk takes a whole number, not “x”."),
        (("import", "chat", "a", "--group", "G", "--chunk", "9" * 30), "--chunk takes a smaller number."),
        (("tag", "vip"), "tag needs MEMBER"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(words: tuple[str, ...], says: str) -> None:
    assert says in sentence(*words)


def test_global_options_stand_anywhere() -> None:
    options, rest = split_globals(["--json", "find", "x", "--limit", "3", "--as=Ana", "--", "--json"])

    assert options["json"] is True
    assert (options["limit"], options["as"]) == (3, "Ana")
    assert rest == ["find", "x", "--", "--json"]


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_limit_is_a_number_of_one_or_more(number: str) -> None:
    with pytest.raises(UsageError):
        split_globals(["find", "x", "--limit", number])


def test_every_command_of_every_room_can_be_parsed_from_its_own_usage_line() -> None:
    for command in commands():
        words = [word for word in usage(command).replace("[", "").replace("]", "").split() if word != "…"]
        integers = {one.name for one in command.arguments if one.kind == "integer"}
        choices = {"|".join(one.choices): one.choices[0] for one in command.arguments if one.choices}
        counted = {one.metavar or "N" for one in command.arguments if one.kind == "integer"}
        written = [choices.get(word, "1" if word in counted else word) for word in words]
        if integers & {"message"}:
            written[len(command.words)] = "1"

        assert parse(written, [command])[0] is command


def test_no_command_takes_an_option_that_is_a_global_one() -> None:
    from waconsole.cli.parse import GLOBALS

    names = {one.name for one in GLOBALS}

    assert [c.title for c in commands() for one in c.arguments if one.name in names] == []
