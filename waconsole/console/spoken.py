"""An app that refuses in words: what a service or a command will not do becomes one sentence."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.worker import WorkerFailed

from waconsole.errors import WaconsoleError


class SpokenApp(App[None]):
    """`say` is where its sentences go; `is_leaving` says that nobody reads them any more."""

    is_leaving = False

    def say(self, sentence: str, kind: str = "done", *, undo: bool = False) -> None:
        """Say one sentence to the operator; `kind` is `done`, `refused` or `advice`."""
        raise NotImplementedError

    async def run_action(
        self, action: Any, default_namespace: DOMNode | None = None, namespaces: Any = None
    ) -> bool:
        """An act that is refused is refused in words."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return True

    def _handle_exception(self, error: Exception) -> None:
        """What a worker refuses becomes a sentence; anything else is a bug and ends the console aloud.

        A refusal that reaches here from a message handler is a bug too: the widget that raised it is deaf.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(error, WorkerFailed) and isinstance(cause, WaconsoleError):
            self.say(str(cause), "refused")
        elif self.is_leaving and isinstance(cause, NoMatches):
            self.log.warning(cause)  # read for a widget that has been taken down meanwhile
        else:
            super()._handle_exception(error)
