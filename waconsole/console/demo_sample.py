"""The demo's ledger: the sample community as it stands at an hour, built once for it and kept in the cache."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import platformdirs

import waconsole
from waconsole import clock
from waconsole.errors import Permanent


def copy_sample(anchor: int, ledger: Path) -> None:
    """Put the sample at `anchor` (a whole hour) to `ledger`, from the cache where it can be kept."""
    try:
        kept = _cache()
    except OSError:
        _builder()(ledger, anchor=anchor)
        return
    made_by = f"{waconsole.__version__}-{zlib.crc32((_sources() / 'sample.toml').read_bytes()):08x}"
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
        _builder()(built, anchor=anchor)
        os.replace(built, sample)
    for other in sample.parent.glob("sample-*.db"):
        if other != sample:
            other.unlink(missing_ok=True)


def _sources() -> Path:
    """The sample's own folder: beside the house in the source tree, inside it in a wheel. Raises Permanent."""
    house = Path(waconsole.__file__).parent
    for folder in (house / "sample_db", house.parent / "sample_db"):
        if folder.is_dir():
            return folder
    raise Permanent("The sample is missing from this installation: install waconsole again.")


def _builder() -> Callable[..., None]:
    """The sample's own script."""
    try:
        from sample_db.ledger import build
    except ModuleNotFoundError:
        inside = str(_sources().parent)
        # At the end: nothing of ours may stand before a module of that name elsewhere.
        sys.path.append(inside)
        try:
            from sample_db.ledger import build
        finally:
            sys.path.remove(inside)
    return build
