"""Before a command runs: whoever `--as` names proves that it is them."""

from __future__ import annotations

import sys

from waconsole.cli.passphrases import Passphrases, typed
from waconsole.database.connection import Database


async def proved(
    database: Database, name: str | None, passphrases: Passphrases, *, now: int, asks: bool = False
) -> None:
    """Let go on when nobody is named, when nobody has a passphrase yet, or when `name` is proved. Raises Refused.

    A passphrase that is handed in counts before a sign-in; `asks` asks for one on the terminal when there is neither.
    Nothing is decided in a ledger that is open for reading only, so nothing is proved there either.
    """
    if name is None or database.read_only:
        return
    from waconsole.operators import service_sign_in  # most commands name nobody
    from waconsole.operators.authority import Forbidden

    known = await database.glance(lambda tx: service_sign_in.needs_proof(tx, name))
    if known is None:
        return
    secret = passphrases.actor()
    if secret is None:
        try:
            await service_sign_in.check_sign_in(database, known, now=now)
            return
        except Forbidden:
            if not (asks and sys.stdin.isatty()):
                raise
        secret = typed(f"{known.name}'s passphrase", new=False)
    await service_sign_in.prove(database, known, secret, now=now)
