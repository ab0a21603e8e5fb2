"""`find`, `explain` and `search --exact` as they are said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Said, Say
from tests.sync.imports import HEAD, written

NOW = "2026-11-26T12:00:00Z"
CHAT = (
    HEAD,
    "20/11/2026, 12:00 - +33 6 39 98 00 17: Quelqu'un a essayé la taille 2 ?",
    "25/11/2026, 09:14 - Paula: oui, elle taille petit 50%",
    "25/11/2026, 09:15 - Paula: Taille 2 stays",
)
CONTACTS = (
    "phone,name,language,tags,consent_marketing,consent_at\n+33639980017,Inès,pt-BR,vip,yes,2026-11-20\n"
)


@pytest.fixture
def ask(say: Say, tmp_path: Path) -> Say:
    """A ledger with one group and one contact; `ask` adds the instant and `--json`."""
    say("init", "--test-clock")
    chat = written(tmp_path / "chat.txt", *CHAT)
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(CONTACTS, encoding="utf-8")
    assert say("import", "chat", str(chat), "--group", "Été 3", "--timezone", "UTC", "--now", NOW).code == 0
    assert say("import", "contacts", str(contacts), "--now", NOW).code == 0
    return lambda *words: say(*words, "--now", NOW, "--json")


def _rows(said: Said) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = said.document["rows"]
    assert said.document["count"] == len(rows)
    return rows


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("from:+33639980017 or -taille",), 1),
        (("taille or oui",), 3),
        (("not (taille or oui)",), 0),
        (('"taille 2" not "stays"',), 1),
        (("at<2026-11-25",), 1),
        (("age>=6d",), 1),
        (("age>6d",), 0),
        (("lang:pt",), 1),
        (("inbound(7d) >= 1", "--in", "members"), 2),
        (("inbound(144h) = 1", "--in", "members"), 1),
        (("inbound(143h) = 1", "--in", "members"), 0),
        (('inbound(group="été 3", ever)=2', "--in", "members"), 1),
        (("inbound(group=nowhere, ever)>0", "--in", "members"), 0),
        (("last_inbound=never", "--in", "members"), 0),
        (("consent:marketing in:\"Été 3\"", "--in", "members"), 1),
        (("in:'Été 3'".replace("'", '"'), "--in", "conversations"), 1),
        (("kind:question", "--in", "items"), 1),
        (("is:queued", "--in", "outgoing"), 0),
    ],
)  # fmt: skip
def test_find_counts(ask: Say, words: tuple[str, ...], count: int) -> None:
    assert len(_rows(ask("find", *words))) == count


def test_conversations_and_outgoing_have_rows(ask: Say, say: Say) -> None:
    (row,) = _rows(ask("find", "is:unread", "--in", "conversations"))
    assert (row["name"], row["group"], row["member"], row["messages"]) == ("Été 3", "Été 3", None, 4)
    assert say("reply", row["conversation"], "bonjour", "--now", NOW).code == 0

    (sent,) = _rows(ask("find", 'to:"été 3" -is:failed', "--in", "outgoing"))

    assert (sent["to"], sent["purpose"]) == ("Été 3", "reply")
    assert ask("explain", "driver:human", sent["outgoing"]).document["matches"]


@pytest.mark.parametrize(
    "query", ["ist:x", "inbound>3", "age<2q", "(", '"x', "x" * 20_000, "not " * 1_000 + "x"]
)
def test_a_mistake_ends_with_1_and_no_count(ask: Say, query: str) -> None:
    said = ask("find", query, "--in", "members")

    assert said.code in (1, 2)
    assert said.document.keys() == {"error"}
    assert "^" in said.err
    assert "Traceback" not in said.err


def test_the_place_of_a_mistake_is_underlined(ask: Say) -> None:
    said = ask("find", "taille is:unreed")

    assert said.err.splitlines() == [
        "taille is:unreed",
        "          ^^^^^^",
        "waconsole: is: does not know 'unreed'; did you mean unread?",
    ]


def test_explain_says_each_leaf_with_its_value(ask: Say) -> None:
    query = "inbound(7d)>=2 or (tag:vip last_inbound>36h) lang:fr"

    found = ask("explain", query, "+33639980017", "--in", "members").document

    assert found == {
        "matches": False,
        "leaves": [
            {"text": "inbound(7d) >= 2", "value": 1, "threshold": 2, "true": False},
            {"text": "tag:vip", "value": "vip", "threshold": "vip", "true": True},
            {"text": "last_inbound > 36h", "value": "6d", "threshold": "36h", "true": True},
            {"text": "lang:fr", "value": "pt-BR", "threshold": "fr", "true": False},
        ],
    }
    assert ask("explain", query, "+33 6 39 98 00 17").document == found


def test_explain_knows_what_is_meant_by_its_name(ask: Say) -> None:
    message = _rows(ask("find", "stays"))[0]
    (item,) = _rows(ask("find", "", "--in", "items"))
    (conversation,) = _rows(ask("find", "", "--in", "conversations"))

    assert ask("explain", "stays or age<1d", str(message["id"])).document["matches"]
    assert ask("explain", "is:open", item["item"]).document["matches"]
    assert ask("explain", "unread>=3", conversation["conversation"]).document["leaves"][0]["value"] == 3
    assert ask("explain", item["item"]).document["rule"]
    assert ask("explain", "is:open", "nobody").code == 1
    nothing, turned = ask("explain", "taille", "999"), ask("explain", "m-1", "is:new")
    assert (nothing.code, turned.code) == (1, 1)
    assert "after the query name one row as `waconsole find taille` prints it" in nothing.err
    assert "The query comes first, then the row: `waconsole explain is:new m-1`." in turned.err
    assert json.loads(ask("explain", "", str(message["id"])).out) == {"matches": True, "leaves": []}


def test_exact_search_reads_characters(ask: Say) -> None:
    assert [row["text"] for row in _rows(ask("search", "--exact", "aille 2"))] == [
        "Taille 2 stays", "Quelqu'un a essayé la taille 2 ?",
    ]  # fmt: skip
    assert _rows(ask("search", "--exact", "TAILLE")) == []
    assert len(_rows(ask("search", "--exact", "50%"))) == 1
    assert ask("search", "--exact", "x" * 501).code == 1
