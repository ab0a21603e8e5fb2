"""Made-up chat exports, as phones write them: one giant group and many small ones, in nine languages.

The same size makes the same bytes. Bodies are those of `benchmarks.search`; heads, notices and
markers are each language's own, and one message in ten asks for something.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.search import DAYS, NOW, bodies

EDITION: Final = 1  # of what is written: a folder kept from another edition is made anew
SMALL_GROUPS: Final = 200
GIANT_SHARE: Final = 0.6
GIANT_PEOPLE: Final = 2_000
SMALL_PEOPLE: Final = 60
PHONE_EVERY: Final = 5  # one person in so many is only a number
NOTICES, MEDIA, DELETED, EDITED, LONGER, ASKING = 0.03, 0.06, 0.01, 0.01, 0.06, 0.10


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one phone writes: `head` for strftime; `{0}` and `{1}` in notices are people."""

    head: str
    order: str
    omitted: str
    deleted: str
    edited: str
    joined: str
    left: str
    added: str
    asking: tuple[str, ...]
    halves: tuple[str, str] = ("AM", "PM")


DIALECTS: Final = (
    Dialect(
        "%-m/%-d/%y, %-I:%M\u202f%p - ", "mdy", "<Media omitted>", "This message was deleted", "<This message was edited>",
        "{0} joined using this group's invite link", "{0} left", "{0} added {1}",
        ("how much is it?", "when does it ship?", "my parcel never arrived, I want a refund", "does anybody know the size?"),
    ),
    Dialect(
        "[%d/%m/%Y %H:%M:%S] ", "dmy", "\u200eimage absente", "\u200eCe message a été supprimé.", "\u200e<Ce message a été modifié>",
        "\u200e{0} a rejoint le groupe via le lien", "\u200e{0} a quitté", "\u200e{0} a ajouté {1}",
        ("c'est combien ?", "quand est-ce que ça part ?", "mon colis n'est jamais arrivé", "quelqu'un sait ?"),
    ),
    Dialect(
        "%d.%m.%y, %H:%M - ", "dmy", "<Medien ausgeschlossen>", "Diese Nachricht wurde gelöscht", "<Diese Nachricht wurde bearbeitet>",
        "{0} ist dieser Gruppe mit dem Einladungslink beigetreten", "{0} hat die Gruppe verlassen", "{0} hat {1} hinzugefügt",
        ("was kostet das?", "wann kommt die Lieferung?", "mein Paket ist kaputt", "weiß jemand wo?"),
    ),
    Dialect(
        "%-d/%-m/%Y, %-I:%M\u202f%p - ", "dmy", "<Multimedia omitido>", "Se eliminó este mensaje", "<Se editó este mensaje.>",
        "{0} se unió usando el enlace de invitación de este grupo", "{0} salió del grupo", "{0} añadió a {1}",
        ("¿cuánto cuesta?", "¿cuándo llega?", "mi pedido llegó roto", "¿alguien sabe?"), ("a.\u00a0m.", "p.\u00a0m."),
    ),
    Dialect(
        "%d/%m/%Y %H:%M - ", "dmy", "<Mídia oculta>", "Mensagem apagada", "<Esta mensagem foi editada>",
        "{0} entrou usando o link de convite deste grupo", "{0} saiu", "{0} adicionou {1}",
        ("quanto custa?", "quando chega?", "meu pedido veio errado", "alguém sabe?"),
    ),
    Dialect(
        "[%d/%m/%y, %H:%M:%S] ", "dmy", "\u200eimmagine omessa", "\u200eQuesto messaggio è stato eliminato.",
        "\u200e<Questo messaggio è stato modificato>", "\u200e{0} è entrato usando il link d'invito al gruppo",
        "\u200e{0} ha abbandonato", "\u200e{0} ha aggiunto {1}",
        ("quanto costa?", "quando arriva?", "il mio pacco è rotto", "qualcuno lo sa?"),
    ),
    Dialect(
        "%Y년 %-m월 %-d일 %p %-I:%M - ", "ymd", "<미디어 파일을 생략한 대화내용>", "이 메시지는 삭제되었습니다", "",
        "", "{0}님이 나갔습니다", "{0}님이 {1}님을 추가했습니다",
        ("얼마예요?", "언제 도착해요?", "배송이 안 왔어요", "환불 되나요?"), ("오전", "오후"),
    ),
    Dialect(
        "[%Y/%m/%d %H:%M:%S] ", "ymd", "\u200e画像は含まれていません", "\u200eこのメッセージは削除されました。", "",
        "", "\u200e{0}が退出しました", "\u200e{0}が{1}を追加しました",
        ("いくらですか？", "いつ届きますか？", "届きません", "返品したいです"),
    ),
    Dialect(
        "[%Y/%-m/%-d %p%-I:%M:%S] ", "ymd", "\u200e圖片已略去", "\u200e此訊息已刪除。", "",
        "", "", "\u200e{0}添加了{1}",
        ("多少錢？", "什么时候发货？", "还没收到货", "可以退款吗？"), ("上午", "下午"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chat:
    """A written export: its file, its group, how its dates stand, what people sent in it."""

    file: str
    group: str
    order: str
    messages: int


def written(folder: Path, messages: int) -> list[Chat]:
    """Exports of `messages` messages in `folder`, made unless they stand there already."""
    manifest = folder / "chats.json"
    wanted = {"edition": EDITION, "messages": messages}
    if manifest.exists():
        known = json.loads(manifest.read_text("utf-8"))
        if known["of"] == wanted:
            return [Chat(**chat) for chat in known["chats"]]
    folder.mkdir(parents=True, exist_ok=True)
    chats = list(_write_all(folder, messages))
    manifest.write_text(json.dumps({"of": wanted, "chats": [asdict(chat) for chat in chats]}), "utf-8")
    return chats


def _write_all(folder: Path, messages: int) -> Iterator[Chat]:
    texts = bodies(messages)
    for place, size in enumerate(_sizes(messages)):
        dialect = DIALECTS[place % len(DIALECTS)]
        chat = Chat(f"{place:03}.txt", f"Group {place:03}", dialect.order, size)
        lines = _lines(dialect, chat, islice(texts, size), people=SMALL_PEOPLE if place else GIANT_PEOPLE)
        with (folder / chat.file).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        yield chat


def _sizes(messages: int) -> list[int]:
    """The giant first; the others by how busy groups are: few write much."""
    small = min(SMALL_GROUPS, max(1, messages // 20))
    weights = [1 / (place + 5) for place in range(small)]
    left = messages - int(messages * GIANT_SHARE)
    sizes = [max(1, int(left * weight / sum(weights))) for weight in weights]
    return [messages - sum(sizes), *sizes]


def _lines(dialect: Dialect, chat: Chat, texts: Iterator[str], *, people: int) -> Iterator[str]:
    rng = random.Random(chat.file)
    names = _names(rng, people)
    ages = sorted((int(rng.random() ** 1.4 * DAYS * 86_400) for _ in range(chat.messages)), reverse=True)
    head = _header(dialect)
    group = f"{chat.group}: " if dialect.head.startswith("[") else ""
    for age, text in zip(ages, texts, strict=True):
        stamp = head(NOW - age)
        name = names[int(len(names) * rng.random() ** 2)]
        if rng.random() < NOTICES:
            notice = rng.choice((dialect.joined, dialect.left, dialect.added)) or dialect.added
            yield f"{stamp}{group}{notice.format(name, rng.choice(names))}"
        yield f"{stamp}{name}: {_body(dialect, rng, text)}"


def _body(dialect: Dialect, rng: random.Random, text: str) -> str:
    kind = rng.random()
    for share, said in ((MEDIA, dialect.omitted), (DELETED, dialect.deleted)):
        if kind < share:
            return said
        kind -= share
    if kind < EDITED and dialect.edited:
        return f"{text} {dialect.edited}"
    if kind < LONGER:
        return f"{text}\n{text[::-1]}\n{rng.choice(dialect.asking)}"
    return f"{text} {rng.choice(dialect.asking)}" if kind < LONGER + ASKING else text


def _names(rng: random.Random, people: int) -> list[str]:
    """Names as they stand in a phone's contacts, and numbers of those who are in none."""
    first = "Ana Bob Chloé Denis Eva Farid 健太 花子 민수 지민 小明 小红 Inés João Kofi Lúcia Mara Nils Olga Priya".split()
    last = "Silva Kim Tanaka Müller Rossi García Dubois 陳 박 Okafor".split()
    return [
        f"+49 151 {10_000_000 + place * 7_919 % 89_999_999}" if place % PHONE_EVERY == 0
        else f"{rng.choice(first)} {rng.choice(last)} {place}"
        for place in range(people)
    ]  # fmt: skip


def _header(dialect: Dialect) -> Callable[[int], str]:
    """Writes the head of a line at a time in seconds UTC."""

    def head(at: int) -> str:
        on = datetime.fromtimestamp(at, UTC)
        return on.strftime(dialect.head.replace("%p", dialect.halves[on.hour >= 12]))

    return head
