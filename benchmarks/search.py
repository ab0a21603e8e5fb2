"""Message search at size: `python benchmarks/search.py [--messages N]`.

Builds a ledger of N made-up messages (en, es, ja, ko, zh; word frequencies as in real chats) in a temporary folder
and prints each goal beside its baseline from the same run. A goal that is missed is printed, not raised.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from waconsole.inbox import search, search_page, words

CHUNK_MESSAGES = 2_000
MERGES_PER_CHUNK = 2
DAYS = 360
NOW = 1_760_000_000
CONVERSATIONS = 600
RUNS = 25
CHECKED_EVERY = 20

WHOLE = ['"order"', '"refund"', '"shipping"', '"coupon stock"', "#123457", '"thanks please"', '"zzzz"']
SHORT = ["or", "ord", "orde", "re", "ref", "refu", "si", "pri", "xq", "de ref", "ba", "kus"]
RUNS_OF = [
    "返品したい",
    "返金",
    "退款",
    "환불",
    "주문번호",
    "什么时候发货",
    "ありがとう",
    "쿠폰 있나요",
    "퀸퀸",
]
LONG = ["order", "refund", "shippin", "deliv", "order coupon", "re refund", "si order", "basus", "#1234567"]
# The worst that is known: frequent parts that never stand together.
ABSENT = ["ありません", "re 환불", "refund 환불", '"when order when refund"']
KINDS = (
    ("whole words", 1, WHOLE),
    ("2-4 letter beginnings", 1, SHORT),
    ("ja, zh, ko", 1, RUNS_OF),
    ("longer beginnings", 10, LONG),
    ("frequent parts, no hit (no goal)", 100, ABSENT),
)


def bodies(messages: int, seed: int = 11) -> Iterator[str]:
    """Made-up messages: 55 % Latin words, 20 % Japanese, 10 % Korean, 15 % Chinese, words by Zipf's law."""
    rng = random.Random(seed)
    syllables = [
        a + b for a in "bcdfghjklmnprstvwz" for b in ("a", "e", "i", "o", "u", "ar", "en", "il", "on", "us")
    ]
    latin = ["".join(rng.choices(syllables, k=rng.choice([1, 2, 2, 3]))) for _ in range(20_000)]
    latin[:12] = "order thanks please when shipping size price refund delivery coupon color stock".split()
    han = [chr(0x4E00 + at) for at in rng.sample(range(5_000), 2_500)]
    kana = [chr(at) for at in range(0x3041, 0x3094)]
    hangul = [chr(0xAC00 + at) for at in rng.sample(range(11_000), 1_200)]
    japanese = "返品したい 返金 送料はいくらですか 在庫ありますか 注文番号 ありがとうございます サイズ交換 届きません".split()
    japanese += [
        "".join(rng.choices(han, k=rng.choice([1, 2, 2])) + rng.choices(kana, k=rng.choice([1, 2, 3])))
        for _ in range(8_000)
    ]
    chinese = "退款 什么时候发货 有优惠券吗 收货地址 谢谢 订单号 质量问题".split()
    chinese += ["".join(rng.choices(han, k=rng.choice([1, 2, 2, 3]))) for _ in range(8_000)]
    korean = ["환불", "배송 언제", "사이즈", "쿠폰 있나요", "감사합니다", "주문번호"]
    korean += ["".join(rng.choices(hangul, k=rng.choice([2, 2, 3, 4]))) for _ in range(8_000)]

    kinds = [(latin, " "), (japanese, ""), (korean, " "), (chinese, "")]
    picks = rng.choices(range(4), [0.55, 0.2, 0.1, 0.15], k=messages)
    for place, pick in enumerate(picks):
        known, joint = kinds[pick]
        size = len(known)
        drawn = [known[min(int(size ** rng.random() - 1), size - 1)] for _ in range(rng.randrange(3, 14))]
        yield joint.join(drawn) + ("" if place % 9 else f" #{100_000 + place * 7 % 900_000}")


def opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "cache_size = -65536",
        "mmap_size = 2147483648",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def schema(connection: sqlite3.Connection) -> None:
    connection.executescript(
        """
        CREATE TABLE message (
            id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL, sent_at INTEGER NOT NULL, kind TEXT NOT NULL,
            text TEXT NOT NULL, search_key INTEGER UNIQUE, import_run_id INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX message_thread ON message (conversation_id, sent_at, id);
        CREATE TABLE open_run (id INTEGER PRIMARY KEY);
        CREATE TABLE outgoing (message_id INTEGER, state TEXT NOT NULL);
        CREATE VIEW visible_message AS
            SELECT * FROM message WHERE import_run_id NOT IN (SELECT id FROM open_run);
        CREATE VIRTUAL TABLE trigram USING fts5 (text, content = '', tokenize = 'trigram');
        """
    )
    folder = Path(search.__file__).parent / "migrations" / "sqlite"
    for script in sorted(folder.glob("*_search*.sql")):
        connection.executescript(script.read_text("utf-8"))


class Report:
    """Lines of what was measured."""

    def line(self, what: str, value: str, goal: str = "", baseline: str = "") -> None:
        print(f"{what:<46} {value:>22}   {goal:<18} {baseline}", flush=True)

    def page(self, what: str, goal_ms: float, samples: Sequence[float], baseline: str) -> None:
        p95 = statistics.quantiles(samples, n=20)[-1]
        verdict = "reached" if p95 <= goal_ms else "MISSED"
        self.line(
            what,
            f"p50 {statistics.median(samples):.2f} p95 {p95:.2f} ms",
            f"<= {goal_ms:g} {verdict}",
            baseline,
        )


def build(connection: sqlite3.Connection, messages: int, report: Report) -> list[str]:
    """Fill the ledger chunk by chunk, as an import does, and time each part apart."""
    texts = list(bodies(messages))
    rng = random.Random(5)
    times = sorted(int(NOW - rng.random() ** 1.4 * DAYS * 86_400) * 1_000_000 for _ in range(messages))
    conversations = rng.choices(
        range(1, CONVERSATIONS + 1), [1 / at for at in range(1, CONVERSATIONS + 1)], k=messages
    )
    spent = dict.fromkeys(("rows", "keys", "index", "commit", "merge", "tokens", "trigram"), 0.0)
    chunk_ms: list[float] = []
    merge_ms: list[float] = []

    def timed(part: str, work: Callable[[], object]) -> object:
        started = time.perf_counter()
        result = work()
        spent[part] += time.perf_counter() - started
        return result

    for start in range(0, messages, CHUNK_MESSAGES):
        chunk = range(start, min(start + CHUNK_MESSAGES, messages))
        some = [texts[at] for at in chunk]
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        keys: list[int] = []
        timed("keys", lambda: keys.extend(search.reserve_keys(connection, [times[at] for at in chunk])))
        rows = [
            (at + 1, conversations[at], times[at], texts[at], key)
            for at, key in zip(chunk, keys, strict=True)
        ]
        timed(
            "rows",
            lambda: connection.executemany(
                "INSERT INTO message (id, conversation_id, sent_at, kind, text, search_key) VALUES (?, ?, ?, 'text', ?, ?)",
                rows,
            ),
        )
        timed("index", lambda: search.index_messages(connection, list(zip(keys, some, strict=True))))
        timed("commit", lambda: connection.execute("COMMIT"))
        chunk_ms.append((time.perf_counter() - began) * 1_000)
        for _ in range(MERGES_PER_CHUNK):
            timed("merge", lambda: merged(connection, merge_ms))
        timed("tokens", lambda: [words.tokens(text) for text in some])
        connection.execute("BEGIN IMMEDIATE")
        timed(
            "trigram",
            lambda: connection.executemany(
                "INSERT INTO trigram (rowid, text) VALUES (?, ?)", [(at + 1, texts[at]) for at in chunk]
            ),
        )
        timed("trigram", lambda: connection.execute("COMMIT"))

    each = {part: seconds / messages * 1e6 for part, seconds in spent.items()}
    mine = each["index"] + each["commit"] + each["keys"]
    report.line("message rows alone", f"{each['rows']:.1f} us/message")
    report.line(
        "search: keys, tokens, FTS5, commit",
        f"{each['keys']:.1f}+{each['tokens']:.1f}+{each['index'] - each['tokens']:.1f}+{each['commit']:.1f} us",
        "",
        f"sum {mine:.1f}; trigram {each['trigram']:.1f} us/message",
    )
    report.line(
        "merging during the import", f"{each['merge']:.1f} us/message",
        "<= 50 ms a step", f"median {statistics.median(merge_ms):.0f}, longest {max(merge_ms):.0f} ms",
    )  # fmt: skip
    ordered = sorted(chunk_ms)
    report.line(
        f"one commit of {CHUNK_MESSAGES:,} messages",
        f"p50 {statistics.median(ordered):.0f} p95 {ordered[int(len(ordered) * 0.95)]:.0f} ms",
        "20-50 ms",
    )
    return texts


def merged(connection: sqlite3.Connection, steps: list[float]) -> bool:
    """One step of merging in its own transaction; adds what it took, if there was something to merge."""
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    more = search.merge_step(connection)
    connection.execute("COMMIT")
    if more:
        steps.append((time.perf_counter() - started) * 1_000)
    return more


def merge_rest(connection: sqlite3.Connection, messages: int, report: Report) -> None:
    steps: list[float] = []
    connection.execute("BEGIN IMMEDIATE")
    search.merge_whole(connection)
    connection.execute("COMMIT")
    while merged(connection, steps):
        pass
    report.line(
        "merging after the import", f"{sum(steps) / messages * 1_000:.1f} us/message",
        "<= 50 ms a step", f"{len(steps)} steps, longest {max(steps, default=0):.0f} ms",
    )  # fmt: skip


def live(connection: sqlite3.Connection, messages: int, report: Report) -> None:
    """One message per commit, merged as it goes, as a message that comes in."""
    samples: list[float] = []
    merge_ms: list[float] = []
    for place, text in enumerate(bodies(300, seed=99)):
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        sent_at = (NOW + place) * 1_000_000
        (key,) = search.reserve_keys(connection, [sent_at])
        connection.execute(
            "INSERT INTO message (id, conversation_id, sent_at, kind, text, search_key) VALUES (?, 1, ?, 'text', ?, ?)",
            (messages + 1 + place, sent_at, text, key),
        )
        search.index_messages(connection, [(key, text)])
        connection.execute("COMMIT")
        samples.append((time.perf_counter() - started) * 1_000)
        merged(connection, merge_ms)
    p95 = statistics.quantiles(samples, n=20)[-1]
    report.line(
        "live: one message, one commit",
        f"p50 {statistics.median(samples):.2f} p95 {p95:.2f} ms",
        "",
        f"{len(merge_ms)} merges, longest {max(merge_ms, default=0):.0f} ms",
    )


def sizes(connection: sqlite3.Connection, report: Report) -> None:
    def of(pattern: str) -> float:
        (pages,) = connection.execute(
            "SELECT sum(pgsize) FROM dbstat WHERE aggregate = 1 AND name LIKE ? ESCAPE '\\'", (pattern,)
        ).fetchone()
        return float(pages) / 2**20

    mine, trigram = of("search\\_%"), of("trigram\\_%")
    report.line(
        "index size", f"{mine:.1f} MiB", "<= 0.65x", f"{mine / trigram:.2f}x of trigram's {trigram:.1f} MiB"
    )


def queries(connection: sqlite3.Connection, texts: Sequence[str], report: Report) -> None:
    for name, goal_ms, asked in KINDS:
        samples: list[float] = []
        counted: list[float] = []
        for text in asked:
            terms = words.terms(text)
            search_page.first_page(connection, terms)
            of_this: list[float] = []
            for _ in range(RUNS):
                started = time.perf_counter()
                search_page.first_page(connection, words.terms(text))
                of_this.append((time.perf_counter() - started) * 1_000)
            samples += of_this
            started = time.perf_counter()
            total = search_page.count(connection, terms)
            counted.append((time.perf_counter() - started) * 1_000)
            report.line(
                f"    {text}",
                f"{statistics.median(of_this):.3f} ms",
                "",
                f"count {total:,} in {counted[-1]:.1f} ms",
            )
        report.page(f"first page, {name}", goal_ms, samples, f"exact count: longest {max(counted):.0f} ms")

    started = time.perf_counter()
    connection.execute("SELECT id FROM message WHERE text LIKE '%zzzq%' ORDER BY id DESC LIMIT 50").fetchall()
    report.line("baseline: LIKE, no hit", f"{(time.perf_counter() - started) * 1_000:.0f} ms")

    started = time.perf_counter()
    sample = texts[::CHECKED_EVERY]
    missing = extra = expected = 0
    for text in chain.from_iterable(asked for _, _, asked in KINDS):
        terms = words.terms(text)
        by_rule = {at * CHECKED_EVERY + 1 for at, body in enumerate(sample) if words.matches(terms, body)}
        condition, parameters = search.match_sql(terms)
        by_index = {
            row[0]
            for row in connection.execute(
                f"SELECT m.id FROM visible_message AS m WHERE {condition} AND m.id <= :last AND (m.id - 1) % :every = 0",
                {**parameters, "last": len(texts), "every": CHECKED_EVERY},
            )
        }
        expected += len(by_rule)
        missing += len(by_rule - by_index)
        extra += len(by_index - by_rule)
    seconds = time.perf_counter() - started
    report.line(
        "recall, precision", f"{1 - missing / expected:.3f}, {expected / (expected + extra):.3f}",
        "1.000, 1.000", f"against {len(sample):,} messages read by the rule ({seconds:.0f} s)",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    messages = parser.parse_args().messages
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        connection = opened(Path(folder) / "search.db")
        schema(connection)
        texts = build(connection, messages, report)
        merge_rest(connection, messages, report)
        sizes(connection, report)
        queries(connection, texts, report)
        live(connection, messages, report)
        connection.close()


if __name__ == "__main__":
    main()
