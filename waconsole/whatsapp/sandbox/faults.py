"""What can be made to go wrong: one table of dials, read from a file and from `POST /_sandbox/faults`.

A share is thrown by dice of its own, so that a dial never moves the throws of another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from waconsole.errors import Refused

SECONDS_MAX: Final = 86_400.0
COUNT_MAX: Final = 1_000_000
FILE_BYTES_MAX: Final = 1 << 16

# What may stand for a dial of each type: (lowest, highest, in words).
TYPES: Final[Mapping[str, tuple[float, float, str]]] = {
    "share": (0.0, 1.0, "a share from 0 to 1"),
    "seconds": (0.0, SECONDS_MAX, f"seconds from 0 to {SECONDS_MAX:,.0f}"),
    "hours": (0.0, 8760.0, "hours from 0 to 8,760"),
    "count": (0, COUNT_MAX, f"a whole number from 0 to {COUNT_MAX:,}"),
    "code": (0, 999_999, "an error code of WhatsApp, or 0 for none"),
    "status": (500, 599, "an HTTP status from 500 to 599"),
    "flag": (0, 1, "true or false"),
    "text": (0, 256, "a text"),
}


def _dial(value: Any, kind: str, says: str) -> Any:
    return field(default=value, metadata={"type": kind, "says": says})


@dataclass(frozen=True, slots=True)
class Dials:
    """Every dial with what it stands at when nobody touches it."""

    # answers
    latency_seconds: float = _dial(0.0, "seconds", "every answer of the Graph paths waits so long")
    refuse_code: int = _dial(0, "code", "sends are refused with this error code")
    refuse_share: float = _dial(1.0, "share", "which share of the sends refuse_code meets")
    refuse_times: int = _dial(0, "count", "after so many refusals refuse_code rests; 0: never")
    refuse_to: str = _dial("", "text", "refuse_code meets only this recipient, written as in /accepted")
    throughput_max: int = _dial(0, "count", "sends a second, above which 130429 answers; 0: any number")
    pair_limit: bool = _dial(
        False, "flag", "131056 above one message in 6 s to one recipient, after a burst of 45"
    )
    # outcomes nobody knows
    drop_before: float = _dial(0.0, "share", "the connection is cut before the message is accepted")
    drop_after: float = _dial(0.0, "share", "the message is accepted, then the connection is cut")
    hang_after: float = _dial(0.0, "share", "the message is accepted, and the answer never comes")
    server_error_before: float = _dial(0.0, "share", "an HTTP 5xx answers and nothing is accepted")
    server_error_after: float = _dial(0.0, "share", "the message is accepted, then an HTTP 5xx answers")
    server_error_status: int = _dial(500, "status", "the HTTP status of the two above")
    # the service window, and what comes later
    window_hours: float = _dial(24.0, "hours", "how long the service window stays open")
    window_late: bool = _dial(
        False, "flag", "outside the window a send is accepted and fails later (131047), not at once"
    )
    fail_code: int = _dial(0, "code", "accepted messages get a failed status with this code")
    fail_share: float = _dial(1.0, "share", "which share of the messages fail_code meets")
    # statuses and answers of members
    sent_after_seconds: float = _dial(0.02, "seconds", "from accepted to the status sent")
    delivered_after_seconds: float = _dial(0.1, "seconds", "from accepted to delivered")
    read_after_seconds: float = _dial(0.6, "seconds", "from accepted to read")
    read_share: float = _dial(1.0, "share", "which share of the messages is read at all")
    answer_after_seconds: float = _dial(1.5, "seconds", "from read to the answer of a simulated member")
    silent: bool = _dial(False, "flag", "simulated members read and do not answer")
    # webhooks
    webhook_hold: bool = _dial(False, "flag", "nothing is posted; it waits")
    webhook_delay_seconds: float = _dial(0.0, "seconds", "every update waits so long before it is posted")
    webhook_duplicate: float = _dial(0.0, "share", "a body that was taken is posted once more")
    webhook_reorder: float = _dial(0.0, "share", "an update comes after later ones")
    webhook_missing: float = _dial(0.0, "share", "an update is never posted")
    webhook_bad_signature: float = _dial(
        0.0, "share", "a body is posted with a wrong signature, and never again"
    )
    webhook_batch_max: int = _dial(100, "count", "at most so many updates in one body (1 to 1,000)")

    def document(self) -> dict[str, Any]:
        """Every dial and where it stands."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def table() -> list[tuple[str, str, str, Any]]:
    """(name, type, meaning, where it stands untouched) of every dial."""
    return [(one.name, one.metadata["type"], one.metadata["says"], one.default) for one in fields(Dials)]


def read_dials(document: object) -> Dials:
    """The dials a document sets; what it does not name stands untouched.

    Raises Refused in one sentence for a name nobody knows (with the nearest) or a wrong value.
    """
    if not isinstance(document, dict):
        raise Refused('Faults are one JSON object, like {"drop_after": 0.1}.')
    kinds = {name: kind for name, kind, _, _ in table()}
    for name in document:
        if name not in kinds:
            near = get_close_matches(str(name), kinds, n=1, cutoff=0.5)
            hint = f": did you mean {near[0]}?" if near else f"; there are {', '.join(kinds)}."
            raise Refused(f"No fault is called {name}{hint}")
    return Dials(**{name: _value(name, kinds[name], raw) for name, raw in document.items()})


def _value(name: str, kind: str, raw: object) -> Any:
    lowest, highest, words = TYPES[kind]
    wrong = Refused(f"{name} takes {words}, not {json.dumps(raw)[:100]}.")
    if kind == "text":
        if not isinstance(raw, str) or len(raw) > highest:
            raise wrong
        return raw
    if (kind == "flag") != isinstance(raw, bool):
        raise wrong
    if kind == "flag":
        return raw
    whole = kind in ("count", "code", "status")
    if not isinstance(raw, int if whole else (int, float)) or not lowest <= raw <= highest:
        raise wrong
    if name == "webhook_batch_max" and not 1 <= raw <= 1000:
        raise Refused(f"{name} takes a whole number from 1 to 1,000, not {raw}.")
    return raw if whole else float(raw)


def read_file(path: Path) -> Dials:
    """The dials of a JSON file. Raises Refused."""
    try:
        with open(path, "rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise Refused(f"{path} is no file of faults: it is larger than {FILE_BYTES_MAX:,} bytes.")
        document = json.loads(raw)
    except OSError as error:
        raise Refused(f"The faults in {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"The faults in {path} are not valid JSON: {error}.") from error
    return read_dials(document)


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
        share = float(getattr(self.dials, name))
        if share <= 0 or share >= 1:
            return share >= 1
        dice = self._dice.setdefault(name, random.Random(f"{self._seed}:{name}"))
        return dice.random() < share

    def refusal(self, recipient: str) -> int | None:
        """The code this send is refused with, if it is."""
        dials = self.dials
        if not dials.refuse_code or (dials.refuse_to and dials.refuse_to != recipient):
            return None
        if dials.refuse_times and self.refusals >= dials.refuse_times:
            return None
        if not self.hits("refuse_share"):
            return None
        self.refusals += 1
        return dials.refuse_code
