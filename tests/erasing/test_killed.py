"""An erasure whose process is killed: nothing is done, or all of it, and whoever opens the ledger next cleans the file."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import NOW
from tests.erasing import person
from tests.erasing.person import IDENTIFIERS, OWNER, WORDS, ZED, Scene
from waconsole import catalogue
from waconsole.ledger.service_verify import verify
from waconsole.operators import store_erasing as operators

# Where the process kills itself, as code that runs before the erasure.
POINTS: Final = {
    "before the commit": "service_erasing.operators.close = die",
    "after the commit": "service_erasing.clean = die",
    "before the index is merged": "service_erasing.search.merge_whole = die",
    "before the file is written anew": "service_erasing.rewrite = die",
    "while it is written anew": """
connecting = rewriting.connect
def connect(path, *, read_only):
    connection = connecting(path, read_only=read_only)
    connection.set_progress_handler(die, 1_000)
    return connection
rewriting.connect = connect
""",
    "before the log is cut": "rewriting._cut = die",
    "before it is done": "service_erasing.operators.finish = die",
}
PROGRAM: Final = """
import asyncio, os, signal, sys
from pathlib import Path
from waconsole import catalogue
from waconsole.database import rewriting
from waconsole.sync import service_erasing

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    path, who, operator, now, point = sys.argv[1:]
    async with catalogue.open_ledger(Path(path), now=int(now)) as database:
        exec(point, globals())
        await service_erasing.erase(database, who, operator=operator, now=int(now))

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_it_is_whole_or_was_never_begun(scene: Scene, tmp_path: Path, point: str) -> None:
    shutil.copytree(scene.path.parent, tmp_path, dirs_exist_ok=True)
    path = tmp_path / scene.path.name
    words = [sys.executable, "-c", PROGRAM, str(path), f"+{ZED}", OWNER, str(NOW), POINTS[point]]
    killed = subprocess.run(words, env=dict(os.environ), timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL

    async def look() -> int:
        async with catalogue.open_ledger(path, now=NOW) as database:
            await database.read(lambda tx: verify(tx, catalogue.sealed()))
            assert await database.read(operators.undone) == {}
            return int(await database.read(lambda tx: tx.value("SELECT count(*) FROM erasure")))

    erased = asyncio.run(look())
    left = [word for word in (*IDENTIFIERS, *WORDS) if person.find_bytes(path, word)]
    assert erased == (point != "before the commit")
    assert left == ([] if erased else [*IDENTIFIERS, *WORDS])
