"""Merging, splitting and looking for duplicates as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from waconsole.__main__ import main

CONTACTS = """phone,name,device,tags,consent_marketing,consent_at
+33639980001,Inès,d-1,vip,yes,2026-01-01
+33639980002,Inès,d-1,late,no,2025-01-01
+33639980003,Paula,,,,
"""


@pytest.fixture
def said(ledger_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Says a command over a ledger of three and answers (exit code, document)."""
    file = tmp_path / "contacts.csv"
    file.write_text(CONTACTS, encoding="utf-8")

    def say(*words: str) -> tuple[int, Any]:
        code = main([*words, "--ledger", str(ledger_path), "--json"])
        return code, json.loads(capsys.readouterr().out)

    assert say("import", "contacts", str(file))[0] == 0
    return say


def test_duplicates_are_merged_shown_and_taken_apart(said: Any) -> None:
    code, found = said("members", "duplicates")
    assert (code, found["count"]) == (0, 1)
    assert [one["phone"] for one in found["rows"][0]["members"]] == ["+33639980001", "+33639980002"]
    assert [one["reason"] for one in found["rows"][0]["reasons"]] == ["device", "name"]

    code, merged = said("members", "merge", "+33639980002", "+33639980001")
    assert (code, merged["verb"]) == (0, "merge")
    assert merged["moved"] == {"rows": 1, "aliases": 1, "tags": 1, "consents": 1}

    shown = said("members", "show", merged["other"])[1]
    assert (shown["member"], shown["phone"], shown["tags"]) == (
        merged["member"],
        "+33639980001",
        ["late", "vip"],
    )
    assert said("members", "duplicates")[1]["rows"] == []

    code, parted = said("members", "split", "+33639980001", "--alias", "+33 6 39 98 00 02")
    assert (code, parted["other"]) == (0, merged["other"])

    assert said("undo")[1] == {"undone": "unmerge members", "count": 1}
    assert said("members", "unmerge", "+33639980002")[1]["other"] == merged["other"]
    assert said("members", "show", merged["other"])[1]["tags"] == ["late"]


def test_what_cannot_be_merged_is_one_sentence(said: Any) -> None:
    code, answer = said("members", "merge", "+33639980003", "+33639980003")
    assert (code, answer["error"]) == (1, "Paula is one member already: name two.")

    code, answer = said("members", "unmerge", "+33639980003")
    assert code == 1
    assert answer["error"] == "Paula was not merged with anybody: there is nothing to take back."


def test_duplicates_of_one_member(said: Any) -> None:
    assert said("members", "duplicates", "+33639980003")[1] == {"count": 0, "rows": []}
    assert said("members", "duplicates", "+33639980001")[1]["count"] == 1
