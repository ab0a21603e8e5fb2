"""A random chat in a random dialect, written as a phone would write it, says the same when it is read.

The writer below knows nothing of the reader: its heads, clocks and phrases are its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from waconsole.inbox.chat_read import ChatLine, Unplaced, read_chat
from waconsole.inbox.chat_survey import survey


@dataclass(frozen=True)
class Language:
    """How a phone set to one language speaks."""

    omitted: str  # Android's words for media
    image: str  # an iPhone's
    attached: str
    ios_attached: str
    deleted: str
    edited: str
    added: str
    left: str
    joined: str


LANGUAGES = {
    "en": Language(
        *("<Media omitted>", "image omitted", "file attached", "attached", "This message was deleted"),
        *(
            "<This message was edited>",
            "{0} added {1}",
            "{0} left",
            "{0} joined using this group's invite link",
        ),
    ),
    "fr": Language(
        *("<Médias omis>", "image absente", "fichier joint", "pièce jointe ", "Ce message a été supprimé"),
        *(
            "<Ce message a été modifié>",
            "{0} a ajouté {1}",
            "{0} a quitté",
            "{0} a rejoint en utilisant le lien",
        ),
    ),
    "de": Language(
        *("<Medien ausgeschlossen>", "Bild weggelassen", "Datei angehängt", "Anhang"),
        *("Diese Nachricht wurde gelöscht", "<Diese Nachricht wurde bearbeitet>", "{0} hat {1} hinzugefügt"),
        *("{0} hat die Gruppe verlassen", "{0} ist dieser Gruppe mit dem Einladungslink beigetreten"),
    ),
    "es": Language(
        *("<Multimedia omitido>", "imagen omitida", "archivo adjunto", "adjunto", "Se eliminó este mensaje"),
        *("<Se editó este mensaje.>", "{0} añadió a {1}", "{0} salió del grupo"),
        "{0} se unió usando el enlace de invitación de este grupo",
    ),
    "pt": Language(
        *("<Mídia oculta>", "imagem ocultada", "arquivo anexado", "anexado", "Mensagem apagada"),
        *("<Esta mensagem foi editada>", "{0} adicionou {1}", "{0} saiu"),
        "{0} entrou usando o link de convite deste grupo",
    ),
    "it": Language(
        *(
            "<Media omessi>",
            "immagine omessa",
            "file allegato",
            "allegato",
            "Questo messaggio è stato eliminato",
        ),
        *("<Questo messaggio è stato modificato>", "{0} ha aggiunto {1}", "{0} ha abbandonato"),
        "{0} è entrato usando il link d'invito al gruppo",
    ),
}


@dataclass(frozen=True)
class Phone:
    """How a phone writes the heads of an export."""

    iphone: bool
    language: Language
    order: str
    separator: str
    long_year: bool
    padded: bool
    comma: str
    clock: str  # 24, AM, a. m., 오전, 上午, 24.
    zone: ZoneInfo


@dataclass(frozen=True)
class Said:
    """One line of the chat as it happened; `body` is the text, the caption, or empty."""

    at: datetime  # the clock on the wall
    who: str
    what: str  # text, edited, deleted, omitted, file, added, left, joined
    body: str


def date_text(phone: Phone, at: datetime) -> str:
    """The date as the phone writes it."""
    width = 2 if phone.padded else 1
    year = f"{at.year}" if phone.long_year else f"{at.year % 100:02d}"
    parts = {"d": f"{at.day:0{width}d}", "m": f"{at.month:0{width}d}", "y": year}
    if phone.separator == "년":
        return f"{at.year}년 {at.month}월 {at.day}일"
    if phone.separator == ". ":
        return f"{at.year}. {at.month}. {at.day}."
    return phone.separator.join(parts[part] for part in phone.order)


def chinese_period(hour: int) -> str:
    """The part of the day as a Chinese clock calls it."""
    bounds = ((5, "凌晨"), (8, "早上"), (12, "上午"), (13, "中午"), (19, "下午"), (24, "晚上"))
    return next(name for end, name in bounds if hour < end)


def time_text(phone: Phone, at: datetime) -> str:
    """The time as the phone writes it."""
    twelve = at.hour % 12 or 12
    point = "." if phone.clock == "24." else ":"
    rest = f"{point}{at.minute:02d}" + (f"{point}{at.second:02d}" if phone.iphone else "")
    if phone.clock == "AM":
        return f"{twelve}{rest}\u202f{'AM' if at.hour < 12 else 'PM'}"
    if phone.clock == "a. m.":
        return f"{twelve}{rest}\u202f{'a' if at.hour < 12 else 'p'}.\u00a0m."
    if phone.clock == "오전":
        return f"{'오전' if at.hour < 12 else '오후'} {twelve}{rest}"
    if phone.clock == "上午":
        return f"{chinese_period(at.hour)}{twelve}{rest}"
    return f"{at.hour:02d}{rest}"


def written(phone: Phone, said: Said) -> str:
    """A line of the chat as it stands in the export."""
    language, mark = phone.language, "\u200e" if phone.iphone else ""
    stamp = f"{date_text(phone, said.at)}{phone.comma} {time_text(phone, said.at)}"
    file = "00000012-PHOTO-2025.jpg" if phone.iphone else "IMG-20250328-WA0001.jpg"
    if said.what in ("added", "left", "joined"):
        words = getattr(language, said.what).format(said.who, said.body)
        return f"[{stamp}] Our group: {mark}{words}" if phone.iphone else f"{stamp} - {words}"
    caption = f"{said.body} {mark}" if phone.iphone and said.body else mark
    after = "" if phone.iphone or not said.body else f"\n{said.body}"
    body = {
        "text": said.body,
        "edited": f"{said.body} {mark}{language.edited}",
        "deleted": f"{mark}{language.deleted}{'.' if phone.iphone else ''}",
        "omitted": f"{caption}{language.image}" if phone.iphone else f"{language.omitted}{after}",
        "file": f"{caption}<{language.ios_attached}: {file}>"
        if phone.iphone
        else f"{file} ({language.attached}){after}",
    }[said.what]
    lead = mark if said.what in ("deleted", "omitted", "file") else ""
    return f"{lead}[{stamp}] {said.who}: {body}" if phone.iphone else f"{stamp} - {said.who}: {body}"


def expected(phone: Phone, said: Said) -> tuple[object, ...]:
    """What the reader must say of a line: instant, sender, kind, text, edited, people."""
    wall = said.at if phone.iphone else said.at.replace(second=0)
    at = int(wall.replace(tzinfo=phone.zone).timestamp()) * 1_000_000
    if said.what in ("added", "left", "joined"):
        kind = "joined_by_link" if said.what == "joined" else said.what
        subjects = (said.body,) if said.what == "added" else ()
        return (at, "system", kind, said.who, subjects)
    kind = {"edited": "text", "omitted": "media", "file": "media"}.get(said.what, said.what)
    return (at, kind, said.who, "" if said.what == "deleted" else said.body, said.what == "edited")


def heard(found: ChatLine | Unplaced) -> tuple[object, ...]:
    """A parsed line in the same words."""
    assert isinstance(found, ChatLine), found
    if found.notice is not None:
        return (found.at, found.kind, found.notice.kind, found.notice.actor, found.notice.subjects)
    return (found.at, found.kind, found.sender, found.text, found.edited)


NAMES = st.one_of(
    st.sampled_from(
        ["Ana", "Bob Marley", "+33 6 12 34 56 78", "Zoé 🌸", "花子", "Мария", "O'Neil", "A. (work)"]
    ),
    st.text(st.characters(categories=["Lu", "Ll"]), min_size=2, max_size=12).map(lambda name: f"Q{name}q"),
)
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"])
LINES = st.text(LETTERS, max_size=60).map(lambda line: f"w{line}")
BODIES = st.lists(LINES, min_size=1, max_size=3).map("\n".join)
CAPTIONS = st.one_of(st.just(""), st.from_regex(r"\Aw[\w ,.!?]{0,20}w\Z"))


DATES = (
    *(("dmy", "/"), ("dmy", "."), ("dmy", "-"), ("mdy", "/")),
    *(("ymd", "-"), ("ymd", "/"), ("ymd", "년"), ("ymd", ". ")),
)


@st.composite
def phones(draw: st.DrawFn) -> Phone:
    """Any phone."""
    order, separator = draw(st.sampled_from(DATES))
    return Phone(
        iphone=draw(st.booleans()),
        language=LANGUAGES[draw(st.sampled_from(sorted(LANGUAGES)))],
        order=order,
        separator=separator,
        long_year=order == "ymd" or draw(st.booleans()),
        padded=draw(st.booleans()),
        comma=draw(st.sampled_from([",", "", "،"])),
        clock=draw(st.sampled_from(["24", "AM", "a. m.", "오전", "上午", "24."])),
        zone=ZoneInfo(draw(st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"]))),
    )


@st.composite
def chats(draw: st.DrawFn) -> list[Said]:
    """Any chat, in the order of time, its first message after the twelfth of a month."""
    at = draw(st.datetimes(datetime(2012, 1, 13), datetime(2030, 12, 13))).replace(day=13, microsecond=0)
    chat = [Said(at, "Ana", "text", "wello")]
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(seconds=draw(st.integers(0, 3_000_000)))
        what = draw(
            st.sampled_from(
                ["text", "text", "edited", "deleted", "omitted", "file", "added", "left", "joined"]
            )
        )
        body = {"text": BODIES, "edited": BODIES, "omitted": CAPTIONS, "file": CAPTIONS, "added": NAMES}.get(
            what
        )
        chat.append(Said(at, draw(NAMES), what, draw(body) if body is not None else ""))
    return chat


@settings(max_examples=60, deadline=None)
@given(phones(), chats())
def test_a_chat_written_by_any_phone_reads_as_it_happened(phone: Phone, chat: list[Said]) -> None:
    lines = "\n".join(written(phone, said) for said in chat).split("\n")

    look = survey(lines)
    found = list(read_chat(lines, look, phone.zone))

    assert look.order == phone.order
    assert [heard(line) for line in found] == [expected(phone, said) for said in chat]


@settings(max_examples=25, deadline=None)
@given(phones(), chats())
def test_with_the_order_given_no_date_needs_to_decide(phone: Phone, chat: list[Said]) -> None:
    early = [replace(said, at=said.at.replace(day=1 + said.at.day % 12)) for said in chat]
    lines = "\n".join(written(phone, said) for said in early).split("\n")

    found = list(read_chat(lines, survey(lines, date_order=phone.order), phone.zone))

    assert [heard(line) for line in found] == [expected(phone, said) for said in early]
