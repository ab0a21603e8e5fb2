"""The comparison with Meta's description of its API itself: it takes what is right and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.whatsapp.meta_schema import REASON, VARIABLE, NotMetas, check, schema_path
from waconsole.whatsapp.cloud.forms import message_form, read_form
from waconsole.whatsapp.content import Text
from waconsole.whatsapp.driver import Message, Recipient

MESSAGES = "/v26.0/100000000000001/messages"

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"$ref": "#/components/schemas/A"}},
}
OURS = {
    "paths": {
        "/{V}/{id}": {
            "post": {"requestBody": {"content": {"application/json": {"schema": {"type": "string"}}}}}
        },
        "/{V}/things": {
            "post": {"requestBody": {"content": {"application/json": {"schema": FORM}}}},
            "get": {},
        },
    },
    "components": {"schemas": {"A": {"type": "integer"}}},
}


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small description of an API of our own."""
    (tmp_path / "api.json").write_text(json.dumps(OURS), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "api.json"))


@pytest.mark.usefixtures("ours")
def test_a_request_is_compared_with_the_description_of_its_path() -> None:
    assert check("POST", "/v26.0/things", {"a": 1, "biz_opaque_callback_data": "x"})


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v26.0/things", {"a": "1"}),
        ("POST", "/v26.0/things", {}),
        ("POST", "/v26.0/others", {"a": 1}),
        ("POST", "/v26.0/things/more", {"a": 1}),
        ("GET", "/v26.0/things", {"a": 1}),
    ],
)
def test_a_request_that_is_not_described_so_is_heard(method: str, path: str, body: dict[str, Any]) -> None:
    with pytest.raises(NotMetas):
        check(method, path, body)


def test_without_a_description_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)

    assert check("POST", "/anything", {}) is False


@pytest.mark.skipif(schema_path() is None, reason=REASON)
def test_meta_describes_every_request_of_ours() -> None:
    for kind, value in (("phone", "+15550001111"), ("bsuid", "US.9"), ("group", "R1JPVVAtRkFLRS0wMDE")):
        message = Message(Recipient(kind, value), Text("Hi"), "wa1:x:1:1", "wamid.A")  # type: ignore[arg-type]
        assert check("POST", MESSAGES, message_form(message))
    for typing in (False, True):
        assert check("POST", MESSAGES, read_form("wamid.A", typing=typing))
    assert check(
        "POST",
        "/v26.0/2/subscribed_apps",
        {"override_callback_uri": "https://x.example", "verify_token": "w"},
    )


@pytest.mark.skipif(schema_path() is None, reason=REASON)
@pytest.mark.parametrize(
    "form",
    [
        {"to": "+15550001111", "type": "text", "text": {"body": "x"}},
        {"messaging_product": "whatsapp", "to": "+15550001111", "type": "text", "text": {"body": 7}},
        {"messaging_product": "whatsapp", "to": "+15550001111", "type": "dance", "dance": {}},
        {"messaging_product": "whatsapp", "status": "unread", "message_id": "wamid.A"},
    ],
)
def test_meta_does_not_describe_what_is_wrong(form: dict[str, Any]) -> None:
    with pytest.raises(NotMetas):
        check("POST", MESSAGES, form)
