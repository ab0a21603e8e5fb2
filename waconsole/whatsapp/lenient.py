"""What a word, a number and a yes may look like in a webhook: Meta's pages disagree, so all of it is taken."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

WHOLE_DIGITS_MAX: Final = 20


def clean(text: str) -> str:
    """`text` without lone surrogates, which JSON may carry and no file takes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _word(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**WHOLE_DIGITS_MAX:
        return str(value)
    return value  # refused as no text


def _whole(value: object) -> object:
    if isinstance(value, str):
        digits = value.strip()
        is_whole = (
            digits.isascii() and digits.removeprefix("-").isdecimal() and len(digits) <= WHOLE_DIGITS_MAX
        )
        return int(digits) if is_whole else None if not digits else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def things(value: object) -> object:
    """A list that is missing is empty."""
    return [] if value is None else value


def _yes(value: object) -> bool:
    return value is True or value in ("true", "True", 1)


Word = Annotated[str, BeforeValidator(_word)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Yes = Annotated[bool, BeforeValidator(_yes)]


class Shape(BaseModel):
    """A part of a webhook: unknown keys are no fault."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
