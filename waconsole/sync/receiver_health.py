"""Whether a receiver of ours listens on this machine: one short question to its own address."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

SECONDS_MAX: Final = 1.0
ANSWER_BYTES_MAX: Final = 4_096
NEAR: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


async def is_listening(host: str, port: int) -> bool:
    """Whether `/health` answers as a receiver of ours does, within a second."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            reader, writer = await asyncio.open_connection(NEAR.get(host, host), port)
            try:
                writer.write(b"GET /health HTTP/1.0\r\nHost: receiver\r\nConnection: close\r\n\r\n")
                await writer.drain()
                answer = await reader.read(ANSWER_BYTES_MAX)
                while len(answer) < ANSWER_BYTES_MAX and (more := await reader.read(ANSWER_BYTES_MAX)):
                    answer += more
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError, ValueError):
        return False
    return b" 200 " in answer.split(b"\r\n", 1)[0] and b'"kept"' in answer
