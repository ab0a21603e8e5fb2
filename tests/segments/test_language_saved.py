"""Rules and lists kept by name, files in and out, as they are typed."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import NOW
from tests.invites.asking import say as said
from tests.segments import behaviour
from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Database
from waconsole.database.traces import Erased, Phone, Traces
from waconsole.errors import NotFound, Refused, WaconsoleError
from waconsole.operators import service as operators
from waconsole.query.mistakes import QueryError
from waconsole.segments import store_erasing, store_segments

LIN, AMARA, BETO = "+85291234567", "+85298765432", "+85291110000"
LATER: Final = NOW + DAY


async def say(database: Database, *words: str, now: int = NOW, by: str | None = None) -> Mapping[str, Any]:
    return (await said(database, *words, by=by, now=now)).document


async def imported(database: Database, tmp_path: Path, kind: str, text: str) -> Mapping[str, Any]:
    path = tmp_path / f"{kind}.csv"
    path.write_text(text, "utf-8")
    return await say(database, "import", kind, str(path))


async def shop(database: Database, tmp_path: Path) -> None:
    """Lin bought twice, Amara once; Beto is only known. One is called what a spreadsheet would run."""
    await imported(
        database, tmp_path, "contacts",
        f'phone,name,language\n{LIN},=cmd|calc!A1,pt-BR\n{AMARA},"Amara, the 2nd",fr\n{BETO},Beto,\n',
    )  # fmt: skip
    await imported(
        database, tmp_path, "orders",
        "reference,phone,ordered_at,currency,total\n"
        f"A1,{LIN},2026-11-25T12:00:00Z,HKD,300.00\nA2,{LIN},2026-11-01T12:00:00Z,HKD,100.00\n"
        f"B1,{AMARA},2026-11-20T12:00:00Z,HKD,900.00\n",
    )  # fmt: skip


async def phones(database: Database, rule: str, now: int = NOW) -> set[str]:
    return {row["phone"] for row in (await say(database, "segments", "members", rule, now=now))["rows"]}


async def test_versions_are_dated_and_named_in_other_rules(database: Database, tmp_path: Path) -> None:
    await shop(database, tmp_path)
    first = await say(database, "segments", "save", "buyers", "orders(ever) >= 1", "--purpose", "news")
    assert (first["version"], first["purpose"], first["review_on"], first["overdue"]) == (
        1,
        "news",
        "2027-02-25",
        False,
    )
    await say(database, "segments", "save", "Rich Ones", "segment:BUYERS and spend(ever) >= 900 HKD")

    assert await phones(database, "segment:buyers") == {LIN, AMARA}
    assert await phones(database, 'segment:"rich ones"') == {AMARA}
    assert await phones(database, 'segment:buyers and not segment:"rich ones"') == {LIN}
    second = await say(database, "segments", "save", "buyers", "orders(ever) >= 2", now=LATER)
    assert (second["version"], second["purpose"]) == (2, "news")
    assert await phones(database, "segment:buyers", LATER) == {LIN}
    assert await phones(database, 'segment:"rich ones"', LATER) == set()
    assert await phones(database, "segment:buyers", NOW) == {LIN, AMARA}, (
        "a version counts from when it was saved"
    )
    with pytest.raises(QueryError, match="There is no segment buyers"):
        await phones(database, "segment:buyers", NOW - SECOND)

    found = await say(database, "segments", "diff", "buyers", now=LATER)
    assert [one["phone"] for one in found["left"]] == [AMARA] and found["came"] == []
    assert (found["from"]["version"], found["from"]["count"], found["to"]["count"]) == (1, 2, 1)
    since = await say(database, "segments", "diff", "rich ones", "--since", "2026-11-20T11:59:59Z")
    assert [one["phone"] for one in since["came"]] == [AMARA]
    listed = await say(database, "segments", "list", now=LATER)
    assert [(row["name"], row["version"]) for row in listed["rows"]] == [("buyers", 2), ("Rich Ones", 1)]
    late = await say(database, "segments", "show", "buyers", now=NOW + 100 * DAY)
    assert late["overdue"] and [one["version"] for one in late["versions"]] == [1, 2]


async def test_no_segment_comes_back_to_itself(database: Database) -> None:
    await say(database, "segments", "save", "a", "orders(7d) = 0")
    await say(database, "segments", "save", "b", "not segment:a")
    await say(database, "segments", "save", "c", "segment:b or is:new")

    for name, rule in (("a", "segment:a"), ("a", "is:new or segment:c"), ("b", "segment:c")):
        with pytest.raises(QueryError, match=f"The segment {name} names itself"):
            await say(database, "segments", "save", name, rule)
    with pytest.raises(Refused, match="names a: change that one first"):
        await say(database, "segments", "drop", "a")
    await say(database, "segments", "tag", "young", "segment:c and lang:pt")
    with pytest.raises(QueryError, match=r"\(a → tag young → c → b → a\)") as told:
        await say(database, "segments", "save", "a", "is:new or tag:young")
    assert told.value.underlined()[1].strip() == "^^^^^"
    with pytest.raises(QueryError, match=r"its own tag \(young → young\)") as told:
        await say(database, "segments", "save", "d", "tag:young")
        await say(database, "segments", "tag", "young", "is:new or segment:d")
    assert told.value.underlined()[1].endswith("        ^")
    await say(database, "segments", "drop", "d")
    with pytest.raises(QueryError):
        await say(database, "segments", "save", "d", "frobs >= 1")
    for words in (("save", "d", " # whom?"), ("tag", "t", "#")):
        with pytest.raises(Refused, match="whom"):
            await say(database, "segments", *words)
    assert (await say(database, "segments", "list"))["count"] == 3


async def test_a_circle_that_came_by_undoing_is_a_mistake_everywhere(database: Database) -> None:
    for name, rule in (("a", "is:new"), ("b", "segment:a"), ("b", "is:new"), ("a", "segment:b")):
        await say(database, "segments", "save", name, rule)
    await database.write(
        lambda tx: tx.execute(
            """
            INSERT INTO segment_version (segment_id, version, rule, saved_at)
            SELECT segment_id, 3, 'segment:a', saved_at FROM saved_segment WHERE folded = 'b' AND version = 2
            """
        )
    )

    for words in (("segments", "count", "segment:a"), ("find", "segment:b", "--in", "members")):
        with pytest.raises(QueryError, match="cannot hold itself"):
            await say(database, *words)


async def test_what_is_dropped_is_undone_and_an_ambassador_saves_nothing(database: Database) -> None:
    await say(database, "segments", "save", "a", "is:new")
    await say(database, "segments", "duplicate", "a", "b")
    dropped = await say(database, "segments", "drop", "a", now=LATER)

    assert dropped["dropped"]
    with pytest.raises(NotFound):
        await say(database, "segments", "show", "a", now=LATER)
    assert (await say(database, "segments", "show", "a"))["rule"] == "is:new"
    await say(database, "undo", now=LATER)
    assert (await say(database, "segments", "show", "a", now=LATER))["rule"] == "is:new"
    assert (await say(database, "segments", "show", "b"))["rule"] == "is:new"
    await database.write(lambda tx: operators.add(tx, "amb", "ambassador", now=NOW))
    with pytest.raises(Refused, match="saved by a moderator or an owner"):
        await say(database, "segments", "save", "c", "is:new", by="amb")
    with pytest.raises(Refused, match="There is a segment b already"):
        await say(database, "segments", "duplicate", "a", "B")


async def test_a_list_says_whom_it_found_and_a_file_is_no_formula(database: Database, tmp_path: Path) -> None:
    await shop(database, tmp_path)
    path = tmp_path / "list.csv"
    path.write_text(f"note;phone\na;+852 9123 4567\nb;00852-98765432\nc;{LIN}\nd;+33639980012\n", "utf-8")
    report = await say(database, "segments", "import", "fair", str(path))

    assert (report["rows"], report["matched"], report["twice"]) == (4, 2, 1)
    assert report["unknown"] == [{"line": 5, "value": "+33639980012"}]
    assert await phones(database, "segment:fair") == {LIN, AMARA}
    assert await phones(database, "not segment:fair") == {BETO}
    out = tmp_path / "out.csv"
    written = await say(database, "segments", "export", "fair", "--out", str(out))
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert written["count"] == 2 and {row["phone"] for row in rows} == {LIN, AMARA}
    assert {row["name"] for row in rows} == {"'=cmd|calc!A1", "Amara, the 2nd"}
    printed = await said(database, "segments", "export", "fair", by=None)
    assert printed.document["rows"][0].keys() == rows[0].keys()
    assert "\n".join(printed.lines) == out.read_text("utf-8").strip()
    lines = tmp_path / "out.jsonl"
    await say(database, "segments", "export", "orders(ever)=0", "--out", str(lines))
    assert [json.loads(line)["phone"] for line in lines.read_text("utf-8").splitlines()] == [BETO]
    with pytest.raises(Refused, match="is there already"):
        await say(database, "segments", "export", "fair", "--out", str(out))
    again = await say(database, "segments", "import", "again", str(out))
    assert again["matched"] == 2, "what was written out is read again"


async def test_a_file_of_rules_is_asked_in_its_order(database: Database, tmp_path: Path) -> None:
    await shop(database, tmp_path)
    path = tmp_path / "rules.txt"
    path.write_text("# whom\norders(ever) >= 1\n\n  spend(ever) >= 900 HKD\nnot lang:pt\n", "utf-8")
    found = await say(database, "segments", "bench", str(path), "--digest", "--engine", "sql")

    assert [(one["text"], one["count"]) for one in found["rules"]] == [
        ("orders(ever) >= 1", 2), ("spend(ever) >= 900 HKD", 1), ("not lang:pt", 2),
    ]  # fmt: skip
    assert found["load_ms"] >= 0 and all(
        one["cold_ms"] >= 0 and one["warm_ms"] >= 0 for one in found["rules"]
    )
    both = hashlib.sha256("\n".join(sorted([LIN, AMARA])).encode()).hexdigest()
    assert found["rules"][0]["digest"] == both
    path.write_text("orders(ever) >= 1\nfrobs\nfrobs >= 1\n", "utf-8")
    with pytest.raises(QueryError, match="Line 3: There is no field 'frobs'") as told:
        await say(database, "segments", "bench", str(path))
    assert told.value.underlined() == ("frobs >= 1", "^^^^^")


async def test_what_happened_elsewhere_is_imported_like_orders(database: Database, tmp_path: Path) -> None:
    pushes = (
        "purpose,sent_at,phone\n"
        f"marketing,2026-11-25T00:00:00Z,{LIN}\nMarketing,2026-11-25T00:00:00Z,0085291234567\n"
        f"utility,2026-11-25T00:00:00Z,{AMARA}\nspam,2026-11-25T00:00:00Z,{LIN}\n"
        f"marketing,2026-11-27T00:00:00Z,{LIN}\nmarketing,,{LIN}\nmarketing,2026-11-25T00:00:00Z,12\n"
    )
    first = await imported(database, tmp_path, "pushes", pushes)
    assert (first["rows"], first["new"], first["unchanged"]) == (7, 2, 1)
    assert [one["line"] for one in first["rejected"]] == [5, 6, 7, 8]
    assert (await imported(database, tmp_path, "pushes", pushes))["new"] == 0
    inbound = (
        f"phone,at,group\n{LIN},2026-11-26T12:00:00Z,\n{LIN},2026-11-26T11:00:00Z,Mamans Lyon 3\n"
        f"{LIN},2026-11-26T11:00:00Z,Mamans Lyon 3\n{AMARA},2026-11-19T11:59:59Z,mamans LYON 3\n"
    )
    assert (await imported(database, tmp_path, "inbound", inbound))["new"] == 3

    assert await phones(database, "pushes(ever) = 1") == {LIN}
    assert await phones(database, "last_push >= 36h and last_push != never") == {LIN}
    assert await phones(database, "inbound(7d) = 2") == {LIN}
    assert await phones(database, 'inbound(group="Mamans Lyon 3", ever) = 1') == {LIN, AMARA}
    assert await phones(database, "is:silent") == {AMARA}
    conversations = await database.read(lambda tx: tx.value("SELECT count(*) FROM conversation"))
    assert conversations == 0 and (await say(database, "groups", "list"))["count"] == 1


async def test_what_cannot_be_kept_is_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("+33639980012\n", "utf-8")
    for words in (
        ("segments", "save", " ", "is:new"), ("segments", "save", "x" * 65, "is:new"), ("segments", "save", "a", " "),
        ("segments", "save", "a", "is:new", "--review-on", "2026-11-25"), ("segments", "save", "a", "is:new", "--review-on", "soon"),
        ("segments", "import", "a", str(path)), ("segments", "import", "a", str(tmp_path / "none")),
        ("segments", "export", "is:new", "--out", str(tmp_path / "x.xlsx")), ("segments", "count", "is:new", "--engine", "magic"),
        ("segments", "diff", "nobody"), ("segments", "drop", "nobody"), ("segments", "explain", "is:new", "nobody"),
        ("segments", "bench", str(tmp_path / "none")),
    ):  # fmt: skip
        with pytest.raises(WaconsoleError):
            await say(database, *words)
    assert (await say(database, "segments", "list"))["count"] == 0


def test_a_rule_that_names_who_is_erased_names_a_pseudonym() -> None:
    traces = Traces(1, "m-1", (1,), ("m-1",), (Phone(LIN, "91234567"),), names=("Lin Yu",))
    with behaviour.empty() as tx:
        key = store_segments.add_segment(
            tx, ref="seg-1", name="without Lin Yu", folded="without lin yu", now=NOW
        )
        rule = f'not from:"{LIN}" and not from:"lin yu" and orders(7d) >= 1'
        store_segments.add_version(tx, key, 1, rule=rule, purpose="Lin Yu asked", operator_id=None, now=NOW)
        erased = Erased()
        store_erasing.erase(tx, traces, erased)
        kept = store_segments.latest_by_id(tx, key)

    assert kept is not None and kept.name == "without m-1" and kept.purpose == "m-1 asked"
    assert kept.rule == 'not from:"m-1" and not from:"m-1" and orders(7d) >= 1'
    assert erased.rows["segment_version"] == 1
