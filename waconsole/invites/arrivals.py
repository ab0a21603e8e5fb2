"""Whether somebody who came by a code may earn who sent them a reward, and why not. Pure: every instant is handed in.

What is wrong with an arrival is a sentence from the first moment on, and the row stays: the operator can tell what
happened, and correct it.
"""

from __future__ import annotations

from dataclasses import dataclass

from waconsole.clock import DAY, SECOND, iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message with a code: instants in microseconds UTC, spans in days; `None` where there is none.

    `code` is as it was sent; `revoked_at` and `expires_at` are those of it or of the code it was made from. `first_at` is
    when the writer first wrote to us alone, `known_since` when they did anything at all, and who did before `older_than`
    is older than the programme.
    `elsewhere` names the other programme they came by before.
    """

    at: int
    code: str
    made_at: int
    revoked_at: int | None
    why_revoked: str
    expires_at: int | None
    is_own: bool
    programme: str
    begins_at: int | None
    older_than: int
    ends_at: int | None
    first_at: int
    known_since: int
    code_days: int
    elsewhere: str = ""


def objection(one: Arrival) -> str:
    """Why an arrival earns nothing, as a sentence; '' where nothing speaks against it."""
    return _of_code(one) or _of_programme(one) or _of_writer(one)


def _of_code(one: Arrival) -> str:
    if one.is_own and not one.code:
        return "Referrer and friend are one person: nobody brings themselves."
    if one.is_own:
        return f"{one.code} is their own code: nobody brings themselves."
    if one.made_at - one.made_at % SECOND > one.at:
        return f"{one.code} was made on {_on(one.made_at)}, after the message of {_on(one.at)}."
    if one.revoked_at is not None and one.revoked_at <= one.at:
        why = f": {one.why_revoked}" if one.why_revoked else ""
        return f"{one.code} was revoked on {_on(one.revoked_at)}{why}."
    if one.expires_at is not None and one.expires_at <= one.at:
        return f"{one.code} expired on {_on(one.expires_at)}."
    return ""


def _of_programme(one: Arrival) -> str:
    if one.begins_at is not None and one.at < one.begins_at:
        return f"{one.programme} begins on {_on(one.begins_at)}, after the message of {_on(one.at)}."
    if one.ends_at is not None and one.ends_at <= one.at:
        return f"{one.programme} ended on {_on(one.ends_at)}."
    if one.elsewhere:
        return f"They came by {one.elsewhere} before: one friend is brought once."
    return ""


def _of_writer(one: Arrival) -> str:
    if one.known_since < one.older_than:
        return f"They were known on {_on(one.known_since)}, before {one.programme} began."
    if one.at - one.first_at > one.code_days * DAY:
        return (
            f"They have written to us since {_on(one.first_at)}: a code counts in the first {one.code_days} days"
            " (referral.code_days)."
        )
    return ""


def _on(at: int) -> str:
    return iso(at - at % SECOND)
