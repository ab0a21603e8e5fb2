"""The demo's ledger: the sample community as it stands at an hour, built once for it and kept in the cache.

What is sealed cannot lie in the cache: it is made in each copy.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import platformdirs

import waconsole
from waconsole import catalogue, clock
from waconsole.errors import Permanent


def copy_sample(anchor: int, ledger: Path) -> None:
    """Put the sample at `anchor` (a whole hour) to `ledger`, from the cache where it can be kept."""
    try:
        kept = _cache()
    except OSError:
        _build_ledger(ledger, anchor=anchor)
        return
    made_by = f"{waconsole.__version__}-{_sources_crc():08x}"
    name = f"sample-{made_by}-{sqlite3.sqlite_version}-{anchor // clock.HOUR}.db"
    sample = kept / name
    if not sample.exists():
        _build(sample, anchor)
    shutil.copyfile(sample, ledger)
    os.chmod(ledger, 0o600)


def _cache() -> Path:
    folder = platformdirs.user_cache_path("waconsole")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    return folder


def _build(sample: Path, anchor: int) -> None:
    """Build the sample beside its place and move it there whole; samples of other hours go."""
    print("Building the sample community, once for this hour …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=sample.parent, prefix="sample-") as folder:
        built = Path(folder) / "ledger.db"
        _build_ledger(built, anchor=anchor)
        os.replace(built, sample)
    for other in sample.parent.glob("sample-*.db"):
        if other != sample:
            other.unlink(missing_ok=True)


def _sources_crc() -> int:
    """Of what says what the sample is, and of the tables it lies in: another one is another sample."""
    sources = _sources()
    files = [sources / "sample.toml", sources / "people.csv", *sorted((sources / "shop").glob("*.csv"))]
    sum_so_far = 0
    for file in (*files, *(script.path for script in catalogue.migrations())):
        sum_so_far = zlib.crc32(file.read_bytes(), sum_so_far)
    return sum_so_far


def _sources() -> Path:
    """The sample's own folder: beside the house in the source tree, inside it in a wheel. Raises Permanent."""
    house = Path(waconsole.__file__).parent
    for folder in (house / "sample_db", house.parent / "sample_db"):
        if folder.is_dir():
            return folder
    raise Permanent("The sample is missing from this installation: install waconsole again.")


@contextmanager
def _within_reach() -> Iterator[None]:
    """The sample's own scripts can be imported: in a wheel they lie inside the house."""
    if find_spec("sample_db") is not None:
        yield
        return
    inside = str(_sources().parent)
    # At the end: nothing of ours may stand before a module of that name elsewhere.
    sys.path.append(inside)
    try:
        yield
    finally:
        sys.path.remove(inside)


def _build_ledger(path: Path, *, anchor: int) -> None:
    with _within_reach():
        from sample_db.ledger import build
    build(path, anchor=anchor)


async def begin_money(ledger: Path, *, now: int) -> None:
    """Open a copy for the first time, and let it begin with what only an installation of its own can seal."""
    with _within_reach():
        from sample_db.money import begin, hashed
    hashing = asyncio.ensure_future(hashed())
    async with catalogue.open_ledger(ledger, now=now) as database:
        await begin(database, await hashing, now=now)


def passphrases() -> dict[str, str]:
    """Those of the sample, by operator, the owner first: everybody may read them."""
    with _within_reach():
        from sample_db.money import passphrases as found
    return found()
