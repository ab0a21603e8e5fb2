"""Who came into a segment and who left it: since a version before, or since an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.members.model import folded
from waconsole.segments import service_asking, store_segments
from waconsole.segments.service_asking import Asking, Engine
from waconsole.segments.service_segments import named
from waconsole.segments.store_segments import Version


@dataclass(frozen=True, slots=True)
class Change:
    """Who came and who left between two askings, as ids in ascending order."""

    before: Version
    after: Version
    before_at: int
    came: Sequence[int]
    left: Sequence[int]
    before_count: int
    after_count: int


def ids_of(tx: Transaction, version: Version, asking: Asking, engine: Engine) -> Sequence[int]:
    """Whom a version names at the instant of `asking`, in ascending order."""
    if version.is_list:
        return store_segments.listed_ids(tx, version.members)
    return engine.matches(tx, service_asking.read(tx, version.rule, asking)).ids()


def change(
    tx: Transaction,
    name: str,
    asking: Asking,
    engine: Engine,
    *,
    since: int | None = None,
    before: int | None = None,
) -> Change:
    """What changed in a segment: since an instant, else between a version (the one before the last) and the one in force.

    Between versions both are asked now; since an instant, the one in force is asked at both. Raises NotFound.
    """
    after = named(tx, name, now=asking.now)
    before_at = asking.now if since is None else since
    if since is not None:
        earlier, then = after, replace(asking, now=since, saved_at=asking.now)
    else:
        earlier, then = _version(tx, after, after.version - 1 if before is None else before), asking
    old = [] if earlier.is_dropped else ids_of(tx, earlier, then, engine)
    new = ids_of(tx, after, asking, engine)
    was, now_in = set(old), set(new)
    came = [one for one in new if one not in was]
    left = [one for one in old if one not in now_in]
    return Change(earlier, after, before_at, came, left, len(old), len(new))


def _version(tx: Transaction, after: Version, number: int) -> Version:
    if number < 1 and after.version == 1:
        return after
    for one in store_segments.versions(tx, folded(after.name)):
        if one.version == number:
            return one
    raise NotFound(f"{after.name} has no version {number}: it has 1 to {after.version}.")
