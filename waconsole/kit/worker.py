"""Work beside the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from textual.dom import DOMNode


def in_worker(
    node: DOMNode, work: Callable[[], Awaitable[object]], *, group: str = "default", exclusive: bool = False
) -> None:
    """Run `work` in a worker of `node`.

    It takes the function and not what it awaits: a worker that is cancelled before it begins, as
    when the operator leaves, then leaves nothing behind that was never awaited.
    """
    node.run_worker(cast("Any", work), group=group, exclusive=exclusive)
