"""Message search over SQLite: the index answers what the rule says, newest first, page by page."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waconsole.errors import Refused
from waconsole.inbox import search, search_page, words
from waconsole.inbox.search_page import Found
from waconsole.inbox.words import matches, terms

DAY = 86_400 * 1_000_000
DAYS_MAX = search.SLOT_MAX
SCHEMA = """
CREATE TABLE message (
    id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL, sent_at INTEGER NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, search_key INTEGER UNIQUE, import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_thread ON message (conversation_id, sent_at, id);
CREATE TABLE open_run (id INTEGER PRIMARY KEY);
CREATE TABLE outgoing (message_id INTEGER, state TEXT NOT NULL);
CREATE VIEW visible_message AS
    SELECT id, conversation_id, sent_at, kind, text, search_key, import_run_id
      FROM message WHERE import_run_id NOT IN (SELECT id FROM open_run)
       AND id NOT IN (SELECT message_id FROM outgoing WHERE state = 'cancelled' AND message_id IS NOT NULL);
"""
MIGRATIONS = sorted((Path(search.__file__).parent / "migrations" / "sqlite").glob("*_search*.sql"))
HOSTILE = [
    '" OR 1=1 --',
    'refund" OR "x',
    "refund NEAR(x y)",
    "words : refund",
    "^refund",
    "ref* OR thanks",
    "NOT refund",
    "refund AND",
    "{words} : x",
    "') ; DROP TABLE message; --",
    "refund\x00thanks",
    "'\"'\"'",
    "-refund",
    "+refund +(",
    ":match",
    "\u202erefund",
    "re\ud800fund",
]


def opened() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.executescript(SCHEMA + "".join(path.read_text("utf-8") for path in MIGRATIONS))
    return connection


@pytest.fixture
def tx() -> Iterator[sqlite3.Connection]:
    connection = opened()
    yield connection
    connection.close()


def add(
    tx: sqlite3.Connection, sent: Sequence[tuple[int, str]], *, conversation: int = 1, run: int = 0
) -> list[tuple[int, str]]:
    """Store and index messages of (sent_at, text); answers (search key, text) of each."""
    keys = search.reserve_keys(tx, [sent_at for sent_at, _ in sent])
    for key, (sent_at, text) in zip(keys, sent, strict=True):
        tx.execute(
            """
            INSERT INTO message (conversation_id, sent_at, kind, text, search_key, import_run_id)
            VALUES (?, ?, 'text', ?, ?, ?)
            """,
            (conversation, sent_at, text, key, run),
        )
    rows = [(key, text) for key, (_, text) in zip(keys, sent, strict=True)]
    search.index_messages(tx, rows)
    return rows


def ids(page: Sequence[Found]) -> list[int]:
    return [row.id for row in page]


def by_rule(tx: sqlite3.Connection, text: str, *, conversation: int | None = None) -> list[int]:
    rows = tx.execute("SELECT id, conversation_id, text FROM visible_message ORDER BY sent_at DESC, id DESC")
    found = terms(text)
    return [row[0] for row in rows if conversation in (None, row[1]) and matches(found, row[2])]


def by_condition(tx: sqlite3.Connection, text: str) -> list[int]:
    condition, parameters = search.match_sql(terms(text))
    sql = f"SELECT m.id FROM visible_message AS m WHERE {condition} ORDER BY m.sent_at DESC, m.id DESC"
    return [row[0] for row in tx.execute(sql, parameters)]


LETTERS = "abeéß ABæœıİ12#-'\"_.,🎉ёйиЁθςΣ返品たいカﾞがｶ환불ㅎ用、 กำ็नम्ि\u0301\u200c\u200d\ufe0f\u064e٣ب𠮷\U0001f1eb\x00\ud800"
SOME = [
    "refund",
    "ref",
    "re",
    "order",
    "a",
    "Éa",
    "返品したい",
    "返品",
    "環",
    "환불요",
    "iPhone用",
    "e-mail",
    "don't",
]
text_of = st.one_of(
    st.text(LETTERS, max_size=12),
    st.text(max_size=12),
    st.lists(st.sampled_from(SOME), max_size=6).map(" ".join),
    st.lists(st.sampled_from(SOME), max_size=6).map("".join),
)
part_of_one = st.tuples(st.integers(0, 11), st.integers(0, 8), st.booleans())


@settings(deadline=None, max_examples=120)
@given(
    st.lists(text_of, min_size=1, max_size=12),
    st.lists(text_of, max_size=3),
    st.lists(part_of_one, max_size=6),
)
def test_the_index_finds_exactly_what_the_rule_says(
    texts: list[str], searches: list[str], parts: list[tuple[int, int, bool]]
) -> None:
    tx = opened()
    # SQLite takes no lone surrogate as text: what is stored has been decoded with U+FFFD.
    stored = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    add(tx, [(at * DAY // 3, text) for at, text in enumerate(stored)])
    for which, start, quoted in parts:
        part = stored[which % len(stored)][start:]
        searches.append(f'"{part}"' if quoted else part)
    for asked in searches:
        try:
            found = terms(asked)
        except Refused:
            continue
        expected = by_rule(tx, asked)

        assert ids(search_page.first_page(tx, found)) == expected
        assert by_condition(tx, asked) == expected
        assert search_page.count(tx, found) == len(expected)
    tx.close()


@pytest.mark.parametrize("asked", HOSTILE)
def test_nothing_typed_becomes_part_of_the_query(tx: sqlite3.Connection, asked: str) -> None:
    add(tx, [(DAY, "refund thanks"), (DAY, "match words near x"), (2 * DAY, "nothing")])

    try:
        found = terms(asked)
    except Refused:
        found = ()
    if found:
        assert ids(search_page.first_page(tx, found)) == by_rule(tx, asked) == by_condition(tx, asked)
    assert tx.execute("SELECT count(*) FROM message").fetchone()[0] == 3


def test_an_old_chat_imported_later_stands_in_its_place(tx: sqlite3.Connection) -> None:
    add(tx, [(day * DAY, "order now") for day in (10, 11, 12)])
    add(tx, [(day * DAY + 5, "order old") for day in (3, 11, 11)])

    page = search_page.first_page(tx, terms("order"))

    assert ids(page) == [3, 6, 5, 2, 1, 4]
    assert ids(search_page.first_page(tx, terms("order"), limit=2)) == [3, 6]


def test_a_day_filled_out_of_order_is_sorted_as_a_whole(tx: sqlite3.Connection) -> None:
    times = [DAY + second for second in range(120)]
    random.Random(1).shuffle(times)
    add(tx, [(at, "order 환불") for at in times])

    for asked in ("order", "or", '"order"', "환불"):
        assert ids(search_page.first_page(tx, terms(asked), limit=50)) == by_rule(tx, asked)[:50]


@pytest.mark.parametrize("asked", ["order", "orde", '"order"', "환불", "or coup"])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("span", [5 * DAY, 60 * 1_000_000])
def test_pages_follow_each_other_without_gap_or_repeat(
    tx: sqlite3.Connection, asked: str, shuffled: bool, span: int
) -> None:
    rng = random.Random(2)
    times = sorted(20 * DAY + rng.randrange(span) // 1_000_000 * 1_000_000 for _ in range(300))
    if shuffled:
        rng.shuffle(times)
    add(tx, [(at, rng.choice(["order coupon", "order 환불요", "orders coupons", "else"])) for at in times])

    walked: list[int] = []
    before = None
    while page := search_page.first_page(tx, terms(asked), limit=7, before=before):
        walked += ids(page)
        before = (page[-1].sent_at, page[-1].id)

    assert walked == by_rule(tx, asked)


def test_days_filled_in_many_steps_are_kept_together_and_read_the_same(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(3)
    for _ in range(90):
        add(tx, [(20 * DAY + rng.randrange(2 * DAY), "order") for _ in range(3)])
    before = ids(search_page.first_page(tx, terms("order"), limit=40))
    monkeypatch.setattr(search, "JOINED_SLOTS", 1)

    while search.join_marks(tx):
        pass

    assert [*tx.execute("SELECT count(*), sum(length(marks)) FROM search_time").fetchone()] == [2, 2 * 270]
    add(tx, [(20 * DAY, "order"), (21 * DAY, "order")])
    assert before == by_rule(tx, "order")[:40] == ids(search_page.first_page(tx, terms("order"), limit=40))


def test_equal_times_show_the_later_message_first(tx: sqlite3.Connection) -> None:
    add(tx, [(DAY, "order one"), (DAY, "order two"), (DAY, "order three")])

    assert ids(search_page.first_page(tx, terms("order"))) == [3, 2, 1]


def test_an_import_that_is_not_sealed_is_not_found(tx: sqlite3.Connection) -> None:
    tx.execute("INSERT INTO open_run (id) VALUES (7)")
    add(tx, [(DAY, "order 환불")])
    add(tx, [(2 * DAY, "order 환불")] * 60, run=7)

    for asked in ("order", "or", '"order"', "환불"):
        assert ids(search_page.first_page(tx, terms(asked))) == by_condition(tx, asked) == [1]
        assert search_page.count(tx, terms(asked)) == 1

    tx.execute("DELETE FROM open_run")
    assert search_page.count(tx, terms("order")) == 61


def test_a_message_of_ours_that_was_cancelled_is_neither_found_nor_counted(tx: sqlite3.Connection) -> None:
    add(tx, [(place * DAY, "your order 瓶子 is here") for place in range(1, 41)])
    tx.executemany(
        "INSERT INTO outgoing VALUES (?, ?)",
        [(7, "cancelled"), (8, "cancelled"), (9, "accepted"), (None, "cancelled")],
    )
    for asked in ("order", "ord", "瓶子"):
        found = ids(search_page.first_page(tx, terms(asked)))
        assert len(found) == 38 == search_page.count(tx, terms(asked)) and 7 not in found and 9 in found

    tx.execute("UPDATE outgoing SET state = 'queued' WHERE message_id = 7")
    assert search_page.count(tx, terms("order")) == 39


def test_a_swept_run_leaves_no_trace_and_its_keys_are_not_given_again(tx: sqlite3.Connection) -> None:
    kept = add(tx, [(DAY, "order café 返品したい #123457")])
    swept = add(tx, [(DAY + at, f"order café 返品したい #{at} don't") for at in range(40)], run=7)
    while search.merge_step(tx):
        pass

    search.unindex_messages(tx, swept)
    tx.execute("DELETE FROM message WHERE import_run_id = 7")

    for asked in ("order", "or", "caf", "返品", '"cafe 返品したい"', "1234"):
        assert ids(search_page.first_page(tx, terms(asked))) == [1]
        assert search_page.count(tx, terms(asked)) == 1
    assert search_page.first_page(tx, terms("don't")) == []
    assert add(tx, [(DAY, "order")])[0][0] > max(key for key, _ in kept + swept)


def test_one_conversation_is_searched_whether_quiet_or_busy(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for conversation in (1, 2):
        add(tx, [(at * DAY // 8, f"order {at % 3} coupon") for at in range(40)], conversation=conversation)

    for walked_max in (2_000, 10):
        monkeypatch.setattr(search_page, "WALKED_MAX", walked_max)
        for asked in ("order", "or", '"order 1"', "ab"):
            expected = by_rule(tx, asked, conversation=2)
            page = search_page.first_page(tx, terms(asked), conversation=2, limit=9)
            assert ids(page) == expected[:9]
            if page:
                last = (page[-1].sent_at, page[-1].id)
                assert (
                    ids(search_page.first_page(tx, terms(asked), conversation=2, before=last)) == expected[9:]
                )
            assert search_page.count(tx, terms(asked), conversation=2) == len(expected)


def test_system_lines_are_not_found_in_a_quiet_conversation_either(tx: sqlite3.Connection) -> None:
    add(tx, [(DAY, "Ana joined"), (DAY, "Ana says hi")])
    tx.execute(
        """
        INSERT INTO message (conversation_id, sent_at, kind, text, search_key)
        VALUES (1, :at, 'system', 'Ana joined', 99)
        """,
        {"at": DAY},
    )

    assert ids(search_page.first_page(tx, terms("ana"), conversation=1)) == [2, 1]
    assert ids(search_page.first_page(tx, terms("ana"))) == [2, 1]
    assert search_page.count(tx, terms("ana"), conversation=1) == search_page.count(tx, terms("ana")) == 2


def test_a_longer_beginning_is_found_past_many_false_candidates(tx: sqlite3.Connection) -> None:
    add(tx, [(at * 1_000_000, "ordinary") for at in range(300)])
    add(tx, [(0, "ordination")])
    add(tx, [(300 * 1_000_000 + at, "ordinal") for at in range(300)])

    assert ids(search_page.first_page(tx, terms("ordinati"))) == [301]
    assert ids(search_page.first_page(tx, terms("ordinary"), limit=60)) == by_rule(tx, "ordinary")[:60]


def test_a_walk_from_new_to_old_is_complete(tx: sqlite3.Connection) -> None:
    """SQLite before 3.42 was reported to lose rows under ORDER BY rowid DESC: not with keys like these."""
    rng = random.Random(3)
    tx.execute("BEGIN")
    for _ in range(10):
        days = sorted(rng.choice([0, 1, 20_000, 20_001, 24_000, DAYS_MAX - 1]) for _ in range(1_000))
        add(tx, [(day * DAY + at, f"order {at % 7} 返品 common") for at, day in enumerate(days)])
    tx.execute("COMMIT")

    searches = ("common", "co", '"common"', "返品", '"order 3"')
    matching = {asked: len(by_rule(tx, asked)) for asked in searches}
    for merged in (False, True):
        for asked in searches:
            table, match = search.exact_query(terms(asked))
            keys = [
                row[0]
                for row in tx.execute(
                    f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rowid DESC", (match,)
                )
            ]
            assert keys == sorted(set(keys), reverse=True)
            assert len(keys) == search_page.count(tx, terms(asked)) == matching[asked]
        while not merged and search.merge_step(tx, pages=16):
            pass


def test_merging_comes_to_an_end_and_changes_no_answer(tx: sqlite3.Connection) -> None:
    for at in range(50):
        add(tx, [(at * DAY, f"order {at} 환불")])
    before = ids(search_page.first_page(tx, terms("order 환불")))

    steps = 0
    while search.merge_step(tx, pages=1):
        steps += 1
        assert steps < 1_000

    assert steps > 0
    assert ids(search_page.first_page(tx, terms("order 환불"))) == before
    assert len(tx.execute("SELECT DISTINCT segid FROM search_word_idx").fetchall()) < 16


def test_merging_the_whole_leaves_one_part(tx: sqlite3.Connection) -> None:
    for at in range(20):
        add(tx, [(at * DAY, f"order {at} 환불")])

    search.merge_whole(tx)
    add(tx, [(20 * DAY, "order 환불")])
    while search.merge_step(tx, pages=1):
        pass

    for table in ("search_word_idx", "search_beginning_idx"):
        assert len(tx.execute(f"SELECT DISTINCT segid FROM {table}").fetchall()) == 2
    assert ids(search_page.first_page(tx, terms("or 환불"))) == list(range(21, 0, -1))


def test_the_index_is_byte_identical_for_the_same_messages() -> None:
    def content() -> list[tuple[object, ...]]:
        tx = opened()
        add(tx, [(at * DAY // 5, f"Order {at} é 返品したい") for at in range(50)])
        rows = tx.execute(
            "SELECT id, block FROM search_word_data UNION ALL SELECT id, block FROM search_beginning_data"
        )
        made = [tuple(row) for row in rows]
        tx.close()
        return made

    assert content() == content()


def test_times_before_1970_and_far_ahead_still_have_keys(tx: sqlite3.Connection) -> None:
    add(tx, [(-5 * DAY, "order"), (DAY, "order"), ((DAYS_MAX + 9) * DAY, "order"), (-9 * DAY, "order")])

    assert ids(search_page.first_page(tx, terms("order"))) == [3, 2, 1, 4]
    assert ids(search_page.first_page(tx, terms("order"), before=(DAY, 2))) == [1, 4]


def test_a_full_slot_spills_and_the_newest_still_come_first(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SLOT_MESSAGES_MAX", 3)
    rng = random.Random(5)
    hour = 3_600 * 1_000_000
    sent = [100 * DAY + rng.randrange(0, 5 * 24 * hour) // hour * hour for _ in range(60)]
    add(tx, [(at, "order") for at in sent])

    newest = sorted(range(1, 61), key=lambda number: (sent[number - 1], number), reverse=True)
    assert ids(search_page.first_page(tx, terms("order"), limit=60)) == newest
    assert ids(search_page.first_page(tx, terms("order"), limit=7)) == newest[:7]
    before = (sent[newest[20] - 1], newest[20])
    assert ids(search_page.first_page(tx, terms("order"), limit=9, before=before)) == newest[21:30]


def test_no_room_for_a_date_is_refused(tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SLOT_MESSAGES_MAX", 1)
    room = search.SLOTS_BEFORE + 1
    search.reserve_keys(tx, [0] * room)

    with pytest.raises(Refused, match="check the dates"):
        search.reserve_keys(tx, [0])


def test_the_word_index_stays_plain_for_hostile_text(tx: sqlite3.Connection) -> None:
    hostile = [
        "\x1b[31mred\x1b[0m",
        "a" * 65_536,
        "e" + "\u0301" * 200,
        "\u0915" + "\u094d" * 200,
        "[@click=x]y[/]",
        "",
    ]
    rows = add(tx, [(at, text) for at, text in enumerate(hostile)])

    assert ids(search_page.first_page(tx, terms("31mred"))) == [1]
    assert ids(search_page.first_page(tx, terms("aaaaaa"))) == [2]
    search.unindex_messages(tx, rows)
    assert search_page.count(tx, terms("aaaaaa")) == 0
    assert words.tokens("") == ("", "")


@pytest.mark.parametrize(
    ("few", "walked_max"), [(1_000, 0), (3, 1_000), (3, 0)], ids=["few", "walked", "all"]
)
def test_a_word_narrows_conversations_exactly_however_often_it_was_said(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, few: int, walked_max: int
) -> None:
    monkeypatch.setattr(search, "FEW_HITS", few)
    monkeypatch.setattr(search, "NEWEST_HITS", 2)
    monkeypatch.setattr(search, "WALKED_WHOLE_MAX", walked_max)
    for conversation in range(1, 6):
        said = "nothing" if conversation == 3 else "an order"
        add(tx, [(conversation * DAY + at, said) for at in range(4)], conversation=conversation)
    add(tx, [(9 * DAY, "an order taken back")], conversation=6)
    tx.execute(
        "INSERT INTO outgoing (message_id, state) SELECT id, 'cancelled' FROM message WHERE conversation_id = 6"
    )
    tx.execute(
        "CREATE TABLE conversation AS SELECT conversation_id AS id, count(*) AS message_count FROM message GROUP BY 1"
    )

    condition, parameters = search.conversations_sql(terms("order"))
    rows = tx.execute(f"SELECT c.id FROM conversation AS c WHERE {condition} ORDER BY c.id", parameters)

    assert [row[0] for row in rows] == [1, 2, 4, 5]
