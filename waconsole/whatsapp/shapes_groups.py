"""The shapes of WhatsApp's webhooks about official groups, read with an open hand as in `shapes`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from waconsole.whatsapp.lenient import Shape, Whole, Word, Yes, things
from waconsole.whatsapp.shapes import Errors

# Another page of Meta's turns the words of two types round.
RENAMED: Final = {
    "group_add_participants": "group_participants_add",
    "group_remove_participants": "group_participants_remove",
}


class ParticipantShape(Shape):
    """Somebody in a group event; `input` is the phone or BSUID that was asked for."""

    wa_id: Word = ""
    user_id: Word = ""
    username: Word = ""
    input: Word = ""
    errors: Errors = Field(default_factory=list)

    @property
    def id(self) -> str:
        """Who it is, in one word."""
        return self.user_id or self.wa_id or self.input


Participants = Annotated[list[ParticipantShape], BeforeValidator(things)]


class SettingShape(Shape):
    """One setting of a group that was to be changed."""

    text: Word = ""
    update_successful: Yes = False
    errors: Errors = Field(default_factory=list)


class GroupShape(Shape):
    """One of `groups`."""

    group_id: Word = ""
    type: Word = ""
    timestamp: Whole = None
    request_id: Word = ""
    join_request_id: Word = ""
    reason: Word = ""
    initiated_by: Word = ""
    subject: Word = ""
    description: Word = ""
    invite_link: Word = ""
    join_approval_mode: Word = ""
    wa_id: Word = ""
    user_id: Word = ""
    username: Word = ""
    added_participants: Participants = Field(default_factory=list)
    removed_participants: Participants = Field(default_factory=list)
    failed_participants: Participants = Field(default_factory=list)
    profile_picture: SettingShape | None = None
    group_subject: SettingShape | None = None
    group_description: SettingShape | None = None
    errors: Errors = Field(default_factory=list)

    @property
    def kind(self) -> str:
        """The type in the spelling of Meta's groups page."""
        return RENAMED.get(self.type, self.type)
