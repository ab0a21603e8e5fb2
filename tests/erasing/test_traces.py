"""What tells a person apart is found in any spelling, and nobody else by it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waconsole.database.traces import Phone, Traces

ZED = Traces(
    root_id=1,
    ref="m-zed",
    member_ids=(1,),
    refs=("m-zed",),
    phones=(Phone("+33639980077", "639980077"), Phone("+15550001234", "5550001234")),
    ids=("US.AbC123", "9000000001", "zed_the_quick", "x"),
    names=("Zoë (the) Müller", "Zebulon", "Al"),
)

NAMED = [
    "+33639980077", "33639980077@c.us", "0033 6 39 98 00 77", "+33 (0)6 39 98 00 77", "06.39.98.00.77", "0639980077",
    "call 6 39 98 00 77!", "+33-6-39-98-00-77", "+1 (555) 000-1234", "555-000-1234", "\u202a+33\u00a06 39 98 00 77\u202c",
    "false_33639980077@c.us_3EB0", "wamid.HBgLMzM2Mzk5ODAwNzcVAgASGBQz", "US.AbC123", "9000000001@lid", "@zed_the_quick",
    "Zoë (the) Müller", "zoë (the)  müller", '{"name": "Zo\\u00eb (the) M\\u00fcller"}', "Hi Zebulon, hello",
]  # fmt: skip
OTHERS = [
    "+33639980078", "+336399800771", "1336399800770", "+4433639980077999", "639980", "US.AbC1234", "us.abc123", "90000000012",
    "zed_the_quickest", "Zebulonia", "zebulon", "Al", "x", "", "12:39 98 00 78",
]  # fmt: skip


@pytest.mark.parametrize("text", NAMED)
def test_the_person_is_found(text: str) -> None:
    condition, wanted = ZED.condition("t")

    assert ZED.found_in(text)
    assert not ZED.found_in(ZED.without(text))
    assert any(_like(str(one), text) for one in wanted.values())
    assert condition.count("LIKE") == len(wanted)


@pytest.mark.parametrize("text", OTHERS)
def test_nobody_else_is(text: str) -> None:
    assert not ZED.found_in(text)
    assert ZED.without(text) == text


def _like(pattern: str, text: str) -> bool:
    """As SQLite compares, small letters alone."""
    return bool(
        sqlite3.connect(":memory:").execute("SELECT ? LIKE ? ESCAPE '\\'", (text, pattern)).fetchone()[0]
    )


def test_somebody_nothing_is_known_of_is_found_nowhere() -> None:
    nobody = Traces(root_id=1, ref="m-1", member_ids=(1,), refs=("m-1",))

    assert nobody.condition("t") == ("0", {})
    assert nobody.without("anything") == "anything"
    assert nobody.pruned(b'{"a": 1}') == b'{"a": 1}'


def test_of_a_body_the_smallest_part_that_names_them_goes() -> None:
    def body(*senders: str) -> bytes:
        return json.dumps({"entry": [{"messages": [{"from": one, "text": "é"} for one in senders]}]}).encode()

    assert json.loads(ZED.pruned(body("33639980077", "15550002222"))) == json.loads(body("15550002222"))
    assert ZED.pruned(body("15550002222")) == body("15550002222")
    assert ZED.pruned(b'{"payload": {"from": "33639980077@c.us"}}') == b""
    assert ZED.pruned(b'{"payload": {"from": 33639980077}}') == b""
    assert ZED.pruned(b"not JSON, from +33639980077") == b""
    assert ZED.pruned(b"not JSON") == b"not JSON"


_leaf = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(NAMED)
_bodies = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@given(_bodies)
def test_no_pruned_body_names_them(whole: Any) -> None:
    pruned = ZED.pruned(json.dumps(whole).encode())

    assert not ZED.found_in(pruned.decode())
    assert pruned == b"" or isinstance(json.loads(pruned), type(whole))
