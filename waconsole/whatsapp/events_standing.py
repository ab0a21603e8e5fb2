"""What WhatsApp tells of groups, templates, accounts and numbers: how they stand, and what became of what was asked.

Times are microseconds UTC; words and details are foreign, as in `events`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Failure:
    """One part of a group request that was not done: a person, or a setting."""

    who: str
    code: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """What became of a group, mostly of something we asked for (`request_id`).

    What was not said is None. `done` counts the parts that were done, `failed` names those that were not; `code` and
    `detail` are the error of the whole. A group that could not be made has no id.
    """

    group_id: str
    kind: Literal["created", "ended", "settings", "suspended", "restored", "removal"]
    at: int
    request_id: str | None = None
    subject: str | None = None
    description: str | None = None
    approval: Literal["auto", "required"] | None = None
    invite_link: str | None = None
    done: int = 0
    failed: tuple[Failure, ...] = ()
    code: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TemplateChanged:
    """WhatsApp's word on one part of a template: the new `value` (upper case), the one `before` it where told.

    Known by `name` and `language`, where those are empty by `template_id`. `at` is the `entry.time`, None where none came. `reason` is foreign. A category that is only announced is `coming`.
    """

    waba_id: str
    part: Literal["status", "quality", "category", "coming", "components"]
    name: str
    language: str
    template_id: str
    value: str
    before: str
    reason: str
    at: int | None


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """WhatsApp's word on an account or one of its numbers: the webhook's field, its event (upper case), its words.

    `account_id` is the WABA (of PARTNER_* events a business). `phone` is E.164 or empty; `detail` foreign.
    """

    account_id: str
    field: str
    event: str
    phone: str
    detail: str
    at: int | None
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorTold:
    """An error WhatsApp tells beside everything: of the number, or of nothing in particular."""

    field: str
    code: int | None
    detail: str
