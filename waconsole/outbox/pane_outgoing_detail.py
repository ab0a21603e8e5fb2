"""A message to send in full, as lines to read: what became of it and why, every attempt, every word of WhatsApp."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from waconsole.clock import moment
from waconsole.database.connection import Row
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.reader import Line
from waconsole.outbox.error_words import error_words
from waconsole.outbox.outcome_words import SIGNS, reason_words, state_sentence, state_word
from waconsole.outbox.pane_outgoing_rows import Tongue, kind_words, reach_cell
from waconsole.outbox.store_pane import OutgoingDetail
from waconsole.text import SafeText, _, safe

HEAD_CELLS: Final = 10
PHONE_DIGITS: Final = range(7, 16)  # ITU-T E.164, and the shortest numbers there are
WORDS_MAX: Final = 2_000
_OUTCOMES: Final = {"accepted": "done", "refused": "refused", "unsent": "held", "unknown": "unknown"}
_EMPTY: Final = Line(SafeText(""))


def exact(at: int | None, tongue: Tongue) -> str:
    """An instant to the second in the screen's zone; "" for none."""
    return "" if at is None else f"{moment(at, tongue.zone):%d %b %Y %H:%M:%S}"


def detail_lines(shown: OutgoingDetail, now: int, tongue: Tongue) -> list[Line]:
    """Every line, the most telling first."""
    lines = [*_facts(shown, now, tongue), _EMPTY]
    whole = tongue.text(shown.text, lines=True)
    lines += [Line(SafeText(part)) for part in whole.split("\n")]
    lines.append(_EMPTY)
    for attempt in shown.attempts:
        lines += _attempt(attempt, tongue)
    if not shown.attempts and shown.row.driver != "human":
        lines.append(_pair(_("attempts"), _("none yet")))
    for place, delivery in enumerate(shown.deliveries):
        lines += _delivery(delivery, tongue, is_first=not place)
    if shown.row.wamid is not None and not shown.deliveries:
        lines.append(_pair(_("delivery"), _("WhatsApp has said nothing of it yet")))
    return lines


def _pair(head: str, text: str, role: str = "") -> Line:
    return Line(safe(f"{head.ljust(HEAD_CELLS)}{text}"), role)


def _facts(shown: OutgoingDetail, now: int, tongue: Tongue) -> Iterator[Line]:
    row = shown.row
    sign, role = SIGNS[row.state]
    words = f"{glyph(sign)} {state_word(row.state)}"
    if row.state_reason:
        why = reason_words(row.state_reason) or tongue.text(row.state_reason, characters_max=WORDS_MAX)
        words += f" {glyph('separator')} {why}"
    yield _pair(_("state"), words, role)
    yield _pair("", state_sentence(row.state, row.state_reason), "muted")
    error = (
        row.reached.error if row.reached.error is not None else row.code if row.state == "failed" else None
    )
    if error is not None:
        said = error_words(error)
        yield _pair(_("error"), f"{glyph('refused')} {error} {said.happened}", "refused")
        yield _pair("", said.advice, "muted")
        if row.reached.detail:
            own = tongue.text(row.reached.detail, characters_max=WORDS_MAX)
            yield _pair("", _("WhatsApp's own words: {words}").format(words=own), "muted")
    if row.reached.rank or row.reached.failed:
        cell = reach_cell(row.reached)
        yield _pair(_("WhatsApp"), cell.text, cell.role)
    if words := kind_words(row, tongue):
        yield _pair(_("kind"), words)
    if row.not_before is not None and row.not_before > now and row.state in ("queued", "scheduled"):
        again = _("in {span}, at {when}").format(
            span=ages.span(row.not_before - now), when=exact(row.not_before, tongue)
        )
        yield _pair(_("again") if row.state == "queued" else _("leaves"), again)
    if row.driver != "human":
        yield _window(row.window_until, now, tongue)
    yield _pair(_("to"), tongue.recipient(row, is_short=False))
    by = tongue.text(row.written_by or "") or _("a rule")
    yield _pair(_("written"), _("{when} by {who}, as {purpose}, from {number}").format(
        when=exact(row.written_at, tongue), who=by, purpose=row.purpose, number=tongue.text(row.number)
    ))  # fmt: skip
    if row.task is not None:
        yield _pair(_("by hand"), _("{state}: g t shows the tasks").format(state=state_word(row.task)))
    yield _pair(_("ref"), row.ref, "muted")
    if row.wamid is not None:
        yield _pair("wamid", row.wamid, "muted")


def _window(until: int | None, now: int, tongue: Tongue) -> Line:
    if until is None:
        return _pair(_("window"), _("they have never written: only a template reaches them"), "muted")
    if until <= now:
        return _pair(_("window"), _("closed since {when}").format(when=exact(until, tongue)), "muted")
    words = _("open until {when}, {span} left").format(when=exact(until, tongue), span=ages.span(until - now))
    return _pair(_("window"), words)


def _attempt(attempt: Row, tongue: Tongue) -> Iterator[Line]:
    outcome = attempt["outcome"]
    sign = glyph(SIGNS.get(_SIGN_OF.get(outcome, "sending"), ("reply", ""))[0])
    words = {
        "accepted": _("accepted"),
        "refused": _("refused"),
        "unsent": _("did not leave"),
        "unknown": _("answer lost"),
    }
    times = exact(attempt["started_at"], tongue)
    if attempt["ended_at"] is not None:
        took = (attempt["ended_at"] - attempt["started_at"]) / 1_000_000
        times += "  " + _("{seconds} s").format(seconds=f"{took:.2f}")
    line = f"{times}  {sign} {words.get(outcome, _('on its way'))}"
    if attempt["code"] is not None:
        line += f" {attempt['code']}"
    yield _pair(_("try {n}").format(n=attempt["n"]), line, _OUTCOMES.get(outcome, "mine"))
    if attempt["code"] is not None:
        said = error_words(attempt["code"])
        yield _pair("", f"{said.happened} {said.advice}", "muted")
    if attempt["detail"]:
        own = tongue.text(attempt["detail"], characters_max=WORDS_MAX)
        yield _pair("", _("in its own words: {words}").format(words=own), "muted")
    for head, value in (
        (_("opaque id"), attempt["opaque"]),
        (_("trace"), attempt["trace"]),
        (_("by"), attempt["owner"]),
    ):
        if value:
            yield _pair("", f"{head} {tongue.text(value, characters_max=WORDS_MAX)}", "dim")


_SIGN_OF: Final = {"accepted": "accepted", "refused": "failed", "unsent": "held", "unknown": "unknown"}


def _delivery(delivery: Row, tongue: Tongue, *, is_first: bool) -> Iterator[Line]:
    steps = [
        f"{word} {exact(delivery[f'{name}_at'], tongue)}"
        for name, word in (
            ("sent", _("sent")),
            ("delivered", _("delivered")),
            ("read", _("read")),
            ("played", _("played")),
            ("failed", _("failed")),
        )
        if delivery[f"{name}_at"] is not None
    ]
    who = f"{_participant(delivery['participant'], tongue)}  " if delivery["participant"] else ""
    role = "refused" if delivery["failed_at"] is not None else ""
    dot = f" {glyph('separator')} "
    yield _pair(_("delivery") if is_first else "", f"{who}{dot.join(steps)}", role)
    if delivery["error_code"]:
        said = error_words(delivery["error_code"])
        own = tongue.text(delivery["error_detail"], characters_max=WORDS_MAX)
        yield _pair("", f"{delivery['error_code']} {said.happened} {own}", "muted")


def _participant(raw: str, tongue: Tongue) -> SafeText:
    """A reader of a group: a number without its plus, or an id of Meta's."""
    if raw.isascii() and raw.isdigit() and len(raw) in PHONE_DIGITS:
        return tongue.phone(f"+{raw}")
    return tongue.text(raw, characters_max=WORDS_MAX)
