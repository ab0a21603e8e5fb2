"""What is wrong with a query, said with its place: the place, underlined, is compared as text."""

from __future__ import annotations

import pytest

from waconsole import catalogue
from waconsole.errors import Refused
from waconsole.query.compile import check, compile_query
from waconsole.query.mistakes import QueryError

MISTAKES = [
    ("message", "ist:owed age<2d",
     "ist:owed age<2d",
     "^^^",
     "There is no field 'ist' for messages; did you mean is?"),
    ("message", "age<2d is:unreed",
     "age<2d is:unreed",
     "          ^^^^^^",
     "is: does not know 'unreed'; did you mean unread?"),
    ("message", "kind:song",
     "kind:song",
     "     ^^^^",
     "kind: does not know 'song'; it takes text, media, deleted, poll, system."),
    ("message", "age:2d",
     "age:2d",
     "^^^^^^",
     "age is followed by a sign, not by a colon: write age<2d (the time since it was sent)"),
    ("message", "is = owed",
     "is = owed",
     "^^^^^^^^^",
     "is is followed by a colon, not by '=': write is:owed (a state)"),
    ("message", "is:owed age < 2",
     "is:owed age < 2",
     "              ^",
     "age is compared with a span of time: a number with s, m, h, d, w, as in < 2d, not with '2'."),
    ("member", "inbound(7d) >= 70%",
     "inbound(7d) >= 70%",
     "               ^^^",
     "inbound is compared with a number, as in >= 2, not with '70%'."),
    ("member", "inbound >= 3",
     "inbound >= 3",
     "^^^^^^^",
     "inbound needs a window of time in brackets, as in inbound(7d)>=3: Nh, Nd, ever, today, this_week, this_month or since YYYY-MM-DD."),
    ("member", "inbound(7x) >= 3",
     "inbound(7x) >= 3",
     "        ^^",
     "'7x' is no window of time: write Nh, Nd, ever, today, this_week, this_month or since YYYY-MM-DD."),
    ("member", "inbound(grop=Alpha, 7d) >= 3",
     "inbound(grop=Alpha, 7d) >= 3",
     "        ^^^^^^^^^^",
     "inbound takes no grop=; did you mean group?"),
    ("member", "inbound(7d, 30d) >= 3",
     "inbound(7d, 30d) >= 3",
     "            ^^^",
     "inbound takes one window: write inbound(7d)>=3"),
    ("member", "last_inbound(7d) > 3h",
     "last_inbound(7d) > 3h",
     "             ^^",
     "last_inbound takes no window: write last_inbound>36h"),
    ("member", "last_inbound < never",
     "last_inbound < never",
     "               ^^^^^",
     "never is compared with = or != only."),
    ("message", "age = never",
     "age = never",
     "      ^^^^^",
     "age is not compared with never: it takes a span of time: a number with s, m, h, d, w, as in < 2d."),
    ("message", "inbound(7d) >= 3",
     "inbound(7d) >= 3",
     "^^^^^^^",
     "inbound can be asked of members, not of messages."),
    ("member", "inbound(7d)",
     "inbound(7d)",
     "^^^^^^^^^^",
     "inbound(…) is not compared with anything: write a sign and a value after it, as in >= 2."),
    ("message", "is:",
     "is:",
     "^^^",
     "is: lacks its value."),
    ("message", "taille age<",
     "taille age<",
     "       ^^^^",
     "A comparison lacks the value after its sign."),
    ("message", "age (7d) >=2",
     "age (7d) >=2",
     "         ^^^",
     "Nothing stands before >=2 to compare: write it after a field, as in orders(7d) >= 1."),
    ("message", "1d < age <= 3d",
     "1d < age <= 3d",
     "   ^",
     "Nothing stands before < to compare: write it after a field, as in orders(7d) >= 1."),
    ("member", "is:silent lang : pt",
     "is:silent lang : pt",
     "               ^",
     "A field, its colon and its value stand without a space: lang:pt."),
    ("message", 'in:"Mamans',
     'in:"Mamans',
     "   ^^^^^^^",
     "A quote is opened and not closed."),
    ("message", "(is:owed or is:unread",
     "(is:owed or is:unread",
     "^",
     "A bracket is opened and not closed."),
    ("message", "is:owed)",
     "is:owed)",
     "       ^",
     "A bracket is closed that was not opened."),
    ("message", "is:owed or",
     "is:owed or",
     "        ^^",
     "“or” lacks what should stand after it."),
    ("message", "or is:owed",
     "or is:owed",
     "^^",
     "“or” lacks what should stand before it."),
    ("message", "is:owed ()",
     "is:owed ()",
     "         ^",
     "There is nothing between the brackets."),
    ("message", "taille ! é x",
     "taille ! é x",
     "^^^^^^^^^^^^",
     "“é” is too short to search for: type 2 letters or more, or put \"é\" in quotes to find it as a whole word."),
    ("message", "# what is late\nin:瓶瓶 is:lte\n# end",
     "in:瓶瓶 is:lte",
     "           ^^^",
     "is: does not know 'lte'; it takes owed, unread, mine, edited, ours, muted."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "text", "line", "carets", "sentence"), MISTAKES, ids=[one[1] for one in MISTAKES]
)
def test_a_mistake_is_said_and_underlined(
    subject: str, text: str, line: str, carets: str, sentence: str
) -> None:
    found = check(text, subject, catalogue.vocabulary())

    assert [str(one) for one in found] == [sentence]
    assert found[0].underlined() == (line, carets)
    with pytest.raises(QueryError) as raised:
        compile_query(text, subject, catalogue.vocabulary(), now=0)
    assert raised.value.underlined() == (line, carets)
    assert isinstance(raised.value, Refused)


def test_everything_wrong_is_found_at_once() -> None:
    found = check("is:x (age<2 or kid:media) in:nowhere", "message", catalogue.vocabulary())

    assert [one.place.start for one in found] == [3, 10, 15]


@pytest.mark.parametrize("subject", ["message", "conversation", "item", "member", "outgoing"])
def test_nothing_is_wrong_with_the_examples(subject: str) -> None:
    vocabulary = catalogue.vocabulary()

    for field in vocabulary.of_subject(subject).values():
        assert check(field.example, subject, vocabulary) == [], field.name


@pytest.mark.parametrize("text", ["in:nowhere", "tag:none", 'from:"Nobody at all"'])
def test_what_nobody_has_is_no_mistake(text: str) -> None:
    assert check(text, "message", catalogue.vocabulary()) == []


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "is:muted " * 60 + "is:unreed " + "is:edited " * 60

    (found,) = check(text, "message", catalogue.vocabulary())
    line, carets = found.underlined()

    assert len(line) <= 72
    assert line[carets.index("^") :].startswith("unreed")
    assert carets.count("^") == len("unreed")
