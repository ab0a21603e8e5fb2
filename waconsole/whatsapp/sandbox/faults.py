"""What goes wrong: the dials in force, and the dice behind their shares.

A share is thrown by dice of its own, so that a dial never moves the throws of another.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.dials import Dials

FILE_BYTES_MAX: Final = 1 << 16


def read_file(path: Path) -> Any:
    """The document of a JSON file of dials, for `read_dials`. Raises Refused."""
    try:
        with open(path, "rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise Refused(f"{path} is no file of faults: it is larger than {FILE_BYTES_MAX:,} bytes.")
        return json.loads(raw)
    except OSError as error:
        raise Refused(f"The faults in {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"The faults in {path} are not valid JSON: {error}.") from error


class Faults:
    """The dials in force, and the dice behind their shares."""

    def __init__(self, dials: Dials, seed: int) -> None:
        """`seed` makes the same throws for the same requests."""
        self._seed = seed
        self._dice: dict[str, random.Random] = {}
        self.refusals = 0
        self.dials = dials

    def turn(self, dials: Dials) -> None:
        """Set all dials anew; counts and dice begin again."""
        self.dials = dials
        self._dice.clear()
        self.refusals = 0

    def hits(self, name: str) -> bool:
        """Whether the dice of a share fall on it this time."""
        return self._falls(name, float(getattr(self.dials, name)))

    def _falls(self, name: str, share: float) -> bool:
        if share <= 0 or share >= 1:
            return share >= 1
        return self._own(name).random() < share

    def _own(self, name: str) -> random.Random:
        if name not in self._dice:
            self._dice[name] = random.Random(f"{self._seed}:{name}")
        return self._dice[name]

    def latency(self) -> float:
        """How many seconds this answer waits: the mean, sooner or later by at most the jitter."""
        dials = self.dials
        if not dials.latency_jitter_seconds:
            return dials.latency_seconds
        throw = self._own("latency").uniform(-1, 1)
        return max(0.0, dials.latency_seconds + throw * dials.latency_jitter_seconds)

    def refusal(self, recipient: str) -> int | None:
        """The code this send is refused with, if it is."""
        dials = self.dials
        meets = dials.refuse_code and (not dials.refuse_to or dials.refuse_to == recipient)
        if (
            meets
            and not (dials.refuse_times and self.refusals >= dials.refuse_times)
            and self.hits("refuse_share")
        ):
            self.refusals += 1
            return dials.refuse_code
        for code, share in dials.refuse_codes.items():
            if self._falls(f"refuse:{code}", share):
                return int(code)
        return None
