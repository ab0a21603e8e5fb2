"""What stands beside a thread in words: the entry under the cursor, the member who wrote it, the group."""

from __future__ import annotations

from typing import Final

from waconsole.clock import moment
from waconsole.database.connection import Transaction
from waconsole.inbox import store_pane_thread, store_thread
from waconsole.inbox.model import FILE_TYPES, until_words
from waconsole.inbox.pane_block import Line
from waconsole.inbox.pane_files import file_line, reaction_line, vote_line
from waconsole.inbox.pane_rows import Voice, author
from waconsole.inbox.pane_window import window_piece
from waconsole.inbox.pane_words import kind_word, state_word
from waconsole.inbox.store_pane_thread import Opening
from waconsole.inbox.store_thread import Entry, GroupCard, MemberCard
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, piece
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 400
NAMES_MAX: Final = 20
CAPTION_CELLS: Final = 11


def _cell(text: str, role: str = "") -> Cell:
    return Cell(safe(text), role)


def exact_time(at: int, voice: Voice) -> str:
    """An instant in full, in the screen's zone: 20 Nov 2026 09:20:05 CET."""
    local = moment(at, voice.zone)
    return f"{local.day} {local:%b %Y %H:%M:%S} {local.tzname() or ''}".strip()


def left_words(until: int, now: int) -> str:
    """How much is left until an instant, as part of a line."""
    if until <= now:
        return _("late")
    return _("{span} left").format(span=until_words(until, now))


def detail_lines(tx: Transaction, entry: Entry, now: int, voice: Voice) -> list[Line]:
    """The entry under the cursor in full: who and when, its item and rule, its files, its text."""
    lines: list[Line] = [_who(entry, voice)]
    if entry.item_id is not None and entry.item_kind is not None:
        lines.extend(_item(tx, entry, now, voice))
    if entry.source == store_thread.OUTGOING:
        lines.extend(_task(tx, entry, now, voice))
    elif entry.out_state:
        from waconsole.inbox.pane_outcome import outcome_lines  # when a message of ours is looked at

        lines.extend(outcome_lines(tx, entry, voice))
    elif entry.source == store_thread.MESSAGE and entry.direction == "in":
        lines.extend(_tick(tx, entry, voice))
    if entry.media_kind is not None or entry.type in FILE_TYPES:
        lines.append(file_line(tx, entry, voice))
    if (under := reaction_line(tx, entry)) is not None:
        lines.append(under)
    if (votes := vote_line(tx, entry, voice)) is not None:
        lines.append(votes)
    if entry.kind == "deleted":
        lines.append((_cell(_("This message was deleted."), "muted"),))
    if entry.text:
        role = "note" if entry.source == store_thread.NOTE else ""
        whole = voice.text(entry.text, lines=True)
        lines.extend((Cell(SafeText(part), role),) for part in whole.split("\n"))
    return lines


def _who(entry: Entry, voice: Voice) -> Line:
    facts = [exact_time(entry.at, voice)]
    if entry.phone is not None and author(entry, voice) != voice.phone(entry.phone):
        facts.insert(0, voice.phone(entry.phone))
    if entry.source == store_thread.NOTE:
        facts.insert(0, _("private note"))
    if entry.kind == "system":
        facts.insert(0, _("WhatsApp's own line"))
    if entry.edited:
        facts.append(_("edited"))
    dot = f" {glyph('separator')} "
    return (Cell(author(entry, voice), "title"), _cell("  " + dot.join(facts), "muted"))


def _item(tx: Transaction, entry: Entry, now: int, voice: Voice) -> list[Line]:
    """The item of a message: its kind and clock, then the rule that drew it in words."""
    from waconsole.inbox import service_find  # with the language behind it, once an item is stood on

    assert entry.item_id is not None and entry.item_kind is not None
    known = service_find.explain_item(tx, entry.item_id, now=now)
    dot = f" {glyph('separator')} "
    kind = kind_word(entry.item_kind)
    if entry.item_state == "open":
        first: Line = (_cell(f"{glyph('owed')} {kind}", "owed"),)
        if entry.item_owed_until is not None:
            role = "overdue" if entry.item_owed_until <= now else ""
            first = (*first, _cell(dot + left_words(entry.item_owed_until, now), role))
    elif entry.item_state == "done":
        first = (_cell(f"{glyph('done')} {kind}{dot}{_('done')}", "done"),)
    else:
        first = (_cell(f"{glyph('refused')} {kind}{dot}{_('dropped: it was none')}", "dim"),)
    rule = _("rule {rule} version {version}").format(rule=known["rule"], version=known["rule_version"])
    lines: list[Line] = [(*first, _cell(dot + rule, "muted"))]
    says = str(known["says"])
    if known["evidence"]:
        found = voice.text(str(known["evidence"])[:NAME_CHARACTERS_MAX])
        says = _("{says} Here: {words}").format(says=says, words=found)
    lines.append((_cell(says, "muted"),))
    return lines


def _task(tx: Transaction, entry: Entry, now: int, voice: Voice) -> list[Line]:
    """How far a reply has come: offered, copied, done or refused, by whom and when."""
    task = store_pane_thread.task_of(tx, entry.id)
    if task is None:
        from waconsole.inbox.pane_outcome import outcome_lines

        return outcome_lines(tx, entry, voice)
    dot = f" {glyph('separator')} "
    steps = [_("task for a human hand")]
    if task.copied_at is not None:
        who = voice.text((task.copied_by or "")[:NAME_CHARACTERS_MAX])
        steps.append(_("copied by {who}, {when}").format(who=who, when=exact_time(task.copied_at, voice)))
    if task.decided_at is not None:
        who = voice.text((task.decided_by or "")[:NAME_CHARACTERS_MAX])
        words = _("{state} by {who}, {when}").format(
            state=state_word(task.state), who=who, when=exact_time(task.decided_at, voice)
        )
        steps.append(words)
        if task.reason:
            steps.append(voice.text(task.reason[:NAME_CHARACTERS_MAX]))
    else:
        steps.append(_("{state}, {left}").format(
            state=state_word(task.state), left=left_words(task.deadline_at, now)
        ))  # fmt: skip
    role = {"done": "done", "refused": "refused"}.get(task.state, "mine")
    return [(_cell(dot.join(steps), role),)]


def _tick(tx: Transaction, entry: Entry, voice: Voice) -> list[Line]:
    """Whether the member was shown that their message was read."""
    tick = store_pane_thread.tick_of(tx, entry.id)
    if tick is None:
        return []
    from waconsole.inbox.pane_outcome import tick_line

    return [tick_line(tick, voice)]


def group_lines(card: GroupCard, opening: Opening, voice: Voice) -> list[Line]:
    """The card of a group: what it is for, who is in it, how it is reached."""
    lines: list[Line] = [(Cell(voice.text(card.name[:NAME_CHARACTERS_MAX]), "title"),)]
    people = _("{members} members, {admins} of them admins").format(
        members=f"{card.members:,}", admins=f"{card.admins:,}"
    )
    lines.append(_pair(_("people"), safe(people)))
    lines.append(_pair(_("messages"), safe(f"{card.messages:,}")))
    for label, words in ((_("purpose"), card.purpose), (_("KPI"), card.kpi)):
        lines.append(_pair(label, voice.text(words[:NAME_CHARACTERS_MAX]) or safe(_("not said yet"))))
    if card.language:
        lines.append(_pair(_("language"), safe(card.language)))
    if card.timezone:
        lines.append(_pair(_("time zone"), safe(card.timezone)))
    if card.exported_at is not None:
        lines.append(_pair(_("export"), safe(exact_time(card.exported_at, voice))))
    lines.append(_pair(_("reached"), safe(reach_words(card.driver))))
    if opening.muted:
        lines.append(_pair(_("here"), safe(f"{glyph('held')} {_('muted')}")))
    return lines


def member_lines(card: MemberCard, voice: Voice) -> list[Line]:
    """The card of a member: names, masked phone, tags, consent, groups, namesakes."""
    lines: list[Line] = [(Cell(voice.name(card.name, card.phone), "title"),)]
    lines.append(_pair(_("phone"), voice.phone(card.phone) if card.phone else safe(_("not known"))))
    lines.append(_pair(_("tags"), _names(card.tags, voice) or safe(_("none"))))
    consents = {"yes": _("yes"), "no": _("no"), "stop": _("stop")}
    lines.append(_pair(_("marketing"), safe(consents.get(card.marketing or "", _("never asked")))))
    lines.append(_pair(_("groups"), _names(card.groups, voice) or safe(_("none known"))))
    if card.language or card.timezone:
        lines.append(_pair(_("speaks"), safe(" ".join(filter(None, (card.language, card.timezone))))))
    if card.namesakes:
        words = _("{count} more of that name: they may be one person").format(count=card.namesakes)
        lines.append(_pair(_("namesakes"), safe(f"{glyph('risk')} {words}")))
    lines.append(_pair(_("ref"), safe(card.ref)))
    return lines


def _names(names: tuple[str, ...], voice: Voice) -> SafeText:
    shown = [voice.text(name[:NAME_CHARACTERS_MAX]) for name in names[:NAMES_MAX]]
    if len(names) > NAMES_MAX:
        shown.append(safe(_("{count} more").format(count=len(names) - NAMES_MAX)))
    return safe(", ".join(shown))


def _pair(label: str, text: SafeText) -> Line:
    return (_cell(label.ljust(CAPTION_CELLS), "muted"), Cell(text))


def reach_words(driver: str) -> str:
    """How a conversation's driver lets us write there."""
    if driver == "human":
        return _("post by hand")
    return _("by API") if driver == "cloud" else _("by gateway")


def header_pieces(
    opening: Opening, card: GroupCard | None, now: int, voice: Voice
) -> tuple[list[Piece], list[Piece]]:
    """The line above a thread: name and members at the left, how it is reached at the right."""
    left = [piece(voice.name(opening.name[:NAME_CHARACTERS_MAX], opening.phone), "title")]
    right: list[Piece] = []
    if card is not None:
        people = _("{count} members") if card.members != 1 else _("{count} member")
        left.append(piece(safe(people.format(count=f"{card.members:,}")), "muted", 3))
        if card.exported_at is not None:
            day = moment(card.exported_at, voice.zone)
            left.append(piece(safe(_("export {day}").format(day=f"{day.day} {day:%b}")), "muted", 4))
    window = window_piece(opening.driver, opening.window_until, now)
    if window is not None:
        right.append(window)
    if opening.taken_by is not None:
        taken = _("taken by {who}").format(who=voice.text(opening.taken_by[:NAME_CHARACTERS_MAX]))
        right.append(
            piece(safe(f"{glyph('here')} {taken}"), "mine" if opening.taken_by == voice.me else "held")
        )
    elif opening.assigned_to is not None:
        whose = _("for {who}").format(who=voice.text(opening.assigned_to[:NAME_CHARACTERS_MAX]))
        right.append(piece(safe(whose), "mine" if opening.assigned_to == voice.me else "muted", 1))
    right.append(piece(safe(reach_words(opening.driver)), "muted", 2))
    return left, right
