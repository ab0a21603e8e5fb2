"""What an act of the invites pane would do, before it is done: its sheet; and what became of it, in a sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Final

from waconsole.errors import WaconsoleError
from waconsole.invites.pane_rows import ProgrammeView, View
from waconsole.invites.pane_words import at_most, earned_words, pair_of, who
from waconsole.invites.store_pane import CodeView, InviteView, ProofView
from waconsole.kit.glyphs import glyph
from waconsole.kit.sheet import Proposal
from waconsole.money import Money
from waconsole.text import SafeText, _, safe

AT_ONCE_MAX: Final = 500
WARNINGS_SHOWN_MAX: Final = 5


class Outcome:
    """What became of an act on several: those it was done to, and why not to the others."""

    def __init__(self) -> None:
        self.done: list[View] = []
        self.refused: list[tuple[View, str]] = []

    async def note(self, one: View, change: Awaitable[object]) -> None:
        """Await the act on one of them."""
        try:
            await change
        except WaconsoleError as refusal:
            self.refused.append((one, str(refusal)))
        else:
            self.done.append(one)


def usual_reasons(verb: str) -> list[str]:
    """Reasons that are chosen by one key."""
    words = {
        "revoke": [_("Posted in public"), _("Shared by somebody else"), _("Lost"), _("Asked by the member")],
        "dispute": [_("Somebody else says they brought them"), _("They knew us before"), _("The friend knows nothing of it")],
        "settle": [_("The friend said so"), _("Looked into it: it stands")],
        "correct": [_("The friend said so"), _("Both said so"), _("A slip in the file")],
        "accept": [_("It shows what was asked for"), _("Known to be true")],
        "refuse": [_("The same picture came before"), _("It shows something else"), _("It cannot be read"), _("Meant otherwise")],
        "end": [_("It has run its time"), _("Its budget is spent"), _("Another one takes its place")],
    }  # fmt: skip
    return words[verb]


def verb_words(verb: str) -> str:
    """How a sheet names an act."""
    words = {
        "revoke": _("Revoke"), "dispute": _("Dispute"), "settle": _("End the dispute of"), "correct": _("Correct"),
        "accept": _("Accept"), "refuse": _("Refuse"), "issue": _("Let go out what was earned by"),
    }  # fmt: skip
    return words[verb]


def done_words(verb: str) -> str:
    """What was done, as a sentence about {what}."""
    words = {
        "revoke": _("Revoked: {what}."),
        "dispute": _("Disputed, and held: {what}."),
        "settle": _("No longer disputed: {what}."),
        "correct": _("Corrected: {what}."),
        "issue": _("It goes out with the next settling: {what}."),
    }
    return words[verb]


def named(one: View, *, is_revealed: bool) -> SafeText:
    """A thing as a sheet and a sentence name it."""
    match one:
        case InviteView():
            earns = earned_words(one)
            return safe(f"{pair_of(one, is_revealed=is_revealed)}" + (f"  {earns}" if earns else ""))
        case CodeView() | ProofView():
            name = one.code if isinstance(one, CodeView) else one.ref
            return safe(f"{name}  {who(one.name, one.phone, is_revealed=is_revealed)}")
        case ProgrammeView():
            return safe(at_most(one.name))
        case _:
            return safe(str(one.id))


def _things(wanted: Sequence[View]) -> str:
    many = len(wanted) != 1
    match wanted[0]:
        case InviteView():
            return _("invites") if many else _("invite")
        case CodeView():
            return _("codes") if many else _("code")
        case _:
            return _("proofs") if many else _("proof")


def _undo(verb: str, wanted: Sequence[View]) -> str:
    if verb in ("accept", "refuse"):
        return _("The pictures go from the disk at once: nothing takes it back.")
    if len(wanted) == 1:
        return _("Undo takes it back, until somebody has changed it again.")
    return _("Undo takes them back one by one, the last one first, until somebody has changed them again.")


def proposal(verb: str, wanted: Sequence[View], left_out: int, reason: str, *, is_revealed: bool) -> Proposal:
    """The sheet's words."""
    figures: list[tuple[SafeText, SafeText]] = []
    sums: dict[str, int] = {}
    came = 0
    for one in wanted:
        if isinstance(one, InviteView) and one.kind == "cashback" and one.rewards:
            sums[one.currency] = sums.get(one.currency, 0) + one.amount_minor
        elif isinstance(one, CodeView):
            came += one.came
    figures += [(safe(_("money")), safe(str(Money(minor, code)))) for code, minor in sums.items()]
    if isinstance(wanted[0], CodeView):
        figures.append((safe(_("came by them")), safe(f"{came:,}")))
    if reason:
        figures.append((safe(_("reason")), safe(reason)))
    return Proposal(
        verb=safe(verb_words(verb)),
        things=safe(_things(wanted)),
        count=len(wanted),
        first=named(wanted[0], is_revealed=is_revealed),
        last=named(wanted[-1], is_revealed=is_revealed),
        undo=safe(_undo(verb, wanted)),
        excluded=((left_out, safe(_("decided already"))),) if left_out else (),
        figures=tuple(figures),
    )


def activation(one: ProgrammeView, worst: str, is_over: bool, warned: Sequence[str]) -> Proposal:
    """The sheet before a programme earns: its worst case first."""
    figures = [(safe(_("worst case")), safe(worst))]
    if one.budget is not None:
        figures.append((safe(_("budget")), safe(str(one.budget))))
    if is_over and one.version_state != "asked":
        words = _("{glyph} over its budget: it is asked for, and another owner activates it")
        figures.append((safe(_("look")), safe(words.format(glyph=glyph("risk")))))
    elif one.version_state == "asked":
        figures.append((safe(_("asked for")), safe(_("already: whoever asked is not who activates it"))))
    figures += [(safe(_("warning")), safe(sentence)) for sentence in warned[:WARNINGS_SHOWN_MAX]]
    return Proposal(
        verb=safe(_("Activate")),
        things=safe(_("programme")),
        count=1,
        first=safe(at_most(f"{one.name} v{one.version}")),
        last=safe(one.says),
        undo=safe(_("Nothing takes it back: a programme is ended, and what was earned stays.")),
        figures=tuple(figures),
    )


def ending(one: ProgrammeView, reason: str) -> Proposal:
    """The sheet before a programme is ended."""
    waiting = sum(one.counts.get(state, 0) for state in ("open", "joined", "qualified", "held"))
    return Proposal(
        verb=safe(_("End")),
        things=safe(_("programme")),
        count=1,
        first=safe(at_most(f"{one.name} v{one.version}")),
        last=safe(one.says),
        undo=safe(
            _("Nothing takes it back. What happened until now is still decided on; what was earned stays.")
        ),
        figures=(
            (safe(_("under way")), safe(f"{waiting:,}")),
            (safe(_("reason")), safe(reason)),
        ),
    )


def outcome_words(verb: str, outcome: Outcome, *, is_revealed: bool) -> tuple[str, str]:
    """(sentence, kind) of what became of an act."""
    count = len(outcome.done)
    why = outcome.refused[0][1] if outcome.refused else ""
    if not count:
        return why or _("None of them can be decided on so any more."), "refused"
    what = named(outcome.done[0], is_revealed=is_revealed) if count == 1 else f"{count:,}"
    said = done_words(verb).format(what=what)
    if outcome.refused:
        words = _("Refused and still marked: {count}. {why}")
        return f"{said} {words.format(count=f'{len(outcome.refused):,}', why=why)}", "advice"
    return said, "done"
