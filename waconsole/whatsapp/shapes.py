"""The shapes of WhatsApp's webhooks, read with an open hand.

Meta's pages contradict each other: a time is a text here and a number there, a phone is missing or
empty, a word is spelled in two ways. So every id, word and time may come as text or number, every
part may be missing, and what is not named here is left alone (the raw item is kept beside it).
What is present and of no use at all (a list for a word) is a fault of that one item.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from waconsole.whatsapp.lenient import Shape, Whole, Word, Yes, things


class Profile(Shape):
    """What a person shows of themselves."""

    name: Word = ""
    username: Word = ""


class Contact(Shape):
    """A person a webhook speaks about; the phone may be missing since 2026."""

    wa_id: Word = ""
    user_id: Word = ""
    profile: Profile | None = None


class ErrorDetails(Shape):
    """The sentence behind an error."""

    details: Word = ""


class ErrorShape(Shape):
    """An error of the Graph API or in a webhook; decide on `code` alone."""

    code: Whole = None
    title: Word = ""
    message: Word = ""
    error_data: ErrorDetails | None = None
    fbtrace_id: Word = ""
    is_transient: Yes = False

    @property
    def detail(self) -> str:
        """What to show an operator."""
        return (self.error_data.details if self.error_data else "") or self.message or self.title


Errors = Annotated[list[ErrorShape], BeforeValidator(things)]


class Context(Shape):
    """What a message answers, and whether it was passed on."""

    id: Word = ""
    forwarded: Yes = False
    frequently_forwarded: Yes = False


class TextPart(Shape):
    """`text`."""

    body: Word = ""


class FilePart(Shape):
    """`image`, `audio`, `video`, `document`, `sticker`. `sha256` is base64 of the file's hash."""

    id: Word = ""
    mime_type: Word = ""
    sha256: Word = ""
    caption: Word = ""
    filename: Word = ""
    url: Word = ""
    voice: Yes = False


class TapPart(Shape):
    """One tapped row or button."""

    id: Word = ""
    title: Word = ""
    description: Word = ""


class FormPart(Shape):
    """A filled-in form (Flow); `response_json` is JSON in a text."""

    name: Word = ""
    body: Word = ""


class InteractivePart(Shape):
    """`interactive`: a tap on what we sent."""

    type: Word = ""
    button_reply: TapPart | None = None
    list_reply: TapPart | None = None
    nfm_reply: FormPart | None = None


class ButtonPart(Shape):
    """`button`: a tap on a template's quick reply."""

    payload: Word = ""
    text: Word = ""


class PlacePart(Shape):
    """`location`."""

    latitude: float | Word = ""
    longitude: float | Word = ""
    name: Word = ""
    address: Word = ""


class CardName(Shape):
    """The name on a card."""

    formatted_name: Word = ""


class CardPart(Shape):
    """One of `contacts`: a person's card that was sent."""

    name: CardName | None = None
    phones: Annotated[list[Any], BeforeValidator(things)] = Field(default_factory=list)


class OrderPart(Shape):
    """`order`: what was put in a basket."""

    text: Word = ""
    product_items: Annotated[list[Any], BeforeValidator(things)] = Field(default_factory=list)


class ReactionPart(Shape):
    """`reaction`; no emoji takes it away."""

    message_id: Word = ""
    emoji: Word = ""


class EditedPart(Shape):
    """The new content of an edited message."""

    type: Word = ""
    text: TextPart | None = None
    image: FilePart | None = None
    video: FilePart | None = None
    document: FilePart | None = None


class ChangePart(Shape):
    """`edit` and `revoke`."""

    original_message_id: Word = ""
    message: EditedPart | None = None


class SystemPart(Shape):
    """`system`: a person changed number or BSUID."""

    type: Word = ""
    body: Word = ""
    wa_id: Word = Field(default="", validation_alias=AliasChoices("wa_id", "new_wa_id"))
    user_id: Word = ""
    previous_user_id: Word = ""


class MessageShape(Shape):
    """One of `messages`."""

    id: Word = ""
    from_: Word = Field(default="", validation_alias="from")
    from_user_id: Word = ""
    group_id: Word = ""
    timestamp: Whole = None
    type: Word = ""
    context: Context | None = None
    referral: dict[str, Any] | None = None
    text: TextPart | None = None
    image: FilePart | None = None
    audio: FilePart | None = None
    video: FilePart | None = None
    document: FilePart | None = None
    sticker: FilePart | None = None
    interactive: InteractivePart | None = None
    button: ButtonPart | None = None
    location: PlacePart | None = None
    contacts: list[CardPart] | None = None
    order: OrderPart | None = None
    reaction: ReactionPart | None = None
    edit: ChangePart | None = None
    revoke: ChangePart | None = None
    system: SystemPart | None = None


class StatusShape(Shape):
    """One of `statuses`; one page of Meta's spells the participant the other way round."""

    id: Word = ""
    status: Word = ""
    timestamp: Whole = None
    recipient_id: Word = ""
    recipient_user_id: Word = ""
    recipient_participant_id: Word = Field(
        default="", validation_alias=AliasChoices("recipient_participant_id", "participant_recipient_id")
    )
    recipient_participant_user_id: Word = Field(
        default="",
        validation_alias=AliasChoices("recipient_participant_user_id", "participant_recipient_user_id"),
    )
    biz_opaque_callback_data: Word = ""
    pricing: dict[str, Any] | None = None
    errors: Errors = Field(default_factory=list)


class PreferenceShape(Shape):
    """One of `user_preferences`."""

    wa_id: Word = ""
    user_id: Word = ""
    category: Word = ""
    value: Word = ""
    timestamp: Whole = None
