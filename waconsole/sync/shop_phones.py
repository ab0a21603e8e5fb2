"""A million phone cells, each read once: what is plainly E.164 is judged by its country code and length.

phonenumbers takes 40 us a number, more than everything else an import does for a row. What it would
answer for `+33639981217` depends only on the code 33 and on how many digits follow, unless the number
begins like that country's national prefix; only those it is asked about one by one.
"""

from __future__ import annotations

import re
from typing import Final

from waconsole.members.model import e164

KEPT_MAX: Final = 200_000
SHAPES_MAX: Final = 10_000
_PLAIN: Final = re.compile(r"\+[1-9]\d{6,14}")
_LITERAL: Final = re.compile(r"\d*")


class Phones:
    """Reads phone cells and remembers them."""

    def __init__(self, region: str | None) -> None:
        """`region` is the country of numbers written without one, or None."""
        self.region = region
        self._known: dict[tuple[str, str | None], str | None] = {}
        self._shapes: dict[tuple[str, int], bool] = {}
        self._prefixes: dict[str, str | None] = {}

    def e164(self, text: str, region: str | None = None) -> str | None:
        """`text` as E.164, or None when it is no phone number; `region` is the row's own country, if it says one."""
        key = (text, region)
        found = self._known.get(key, "")
        if found == "":
            if len(self._known) >= KEPT_MAX:
                self._known.clear()
            found = self._known[key] = self._read(text, region or self.region)
        return found

    def _read(self, text: str, region: str | None) -> str | None:
        text = text.strip().lstrip("'")
        if not text.isascii() or not _PLAIN.fullmatch(text):
            return e164(text, region)
        code = self._code(text)
        prefix = self._prefix(code) if code else None
        national = text[1 + len(code) :]
        if prefix is None or (prefix and national.startswith(prefix)) or national.startswith("0"):
            return e164(text, region)
        shape = (code, len(text))
        possible = self._shapes.get(shape)
        if possible is None:
            possible = e164(text) == text
            if len(self._shapes) < SHAPES_MAX:
                self._shapes[shape] = possible
        return text if possible else None

    def _code(self, text: str) -> str:
        """The country calling code: no code is the beginning of another (ITU-T E.164, D)."""
        from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

        return next((text[1:end] for end in (2, 3, 4) if int(text[1:end]) in COUNTRY_CODE_TO_REGION_CODE), "")

    def _prefix(self, code: str) -> str | None:
        """The digits a national number may begin with there and that are no part of it; None: no plain digits."""
        if code not in self._prefixes:
            import phonenumbers

            region = phonenumbers.region_code_for_country_code(int(code))
            about = (
                phonenumbers.PhoneMetadata.metadata_for_nongeo_region(int(code), None)
                if region == "001"
                else phonenumbers.PhoneMetadata.metadata_for_region(region, None)
            )
            prefix = None if about is None else about.national_prefix_for_parsing or ""
            self._prefixes[code] = prefix if prefix is not None and _LITERAL.fullmatch(prefix) else None
        return self._prefixes[code]
