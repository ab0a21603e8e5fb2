"""Saved views as they are typed: list, save, rename, move, drop. They are handed the vocabulary they ask in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound
from waconsole.operators import service, service_views
from waconsole.operators.service_views import SavedView

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

Words = Callable[[], "Vocabulary"]


def _row(view: SavedView) -> dict[str, Any]:
    return {
        "view": view.name,
        "in": view.subject,
        "query": view.query,
        "shared": view.is_shared,
        "place": view.place,
    }


def _line(row: dict[str, Any]) -> str:
    whose = "shared" if row["shared"] else "own"
    return f"{row['in']}  {whose} {row['place']}  {row['view']}  {row['query']}"


def _subject(words: Words, name: str | None) -> str | None:
    """The subject's name, whether said in the singular or the plural. Raises NotFound."""
    if name is None:
        return None
    for one in words().subjects.values():
        if name in (one.name, one.plural):
            return one.name
    known = ", ".join(one.plural for one in words().subjects.values())
    raise NotFound(f"Nothing can be asked of {name}: choose one of {known}.")


def commands(words: Words) -> list[Command]:
    """The commands, over what `words` declares once it is asked."""

    async def list_(database: Database, call: Invocation) -> Answer:
        subject = _subject(words, call.values["in"])

        def work(tx: Transaction) -> list[dict[str, Any]]:
            me = service.acting_id(tx, call.operator)
            return [_row(one) for one in service_views.views_of(tx, subject, me)]

        document = listed(await database.read(work), call.limit)
        lines = tuple(_line(row) for row in document["rows"])
        return Answer(document, lines or ("No view is saved yet: `views save NAME QUERY` keeps one.",))

    async def save(database: Database, call: Invocation) -> Answer:
        from waconsole.query.compile import check
        from waconsole.query.mistakes import QueryError

        def checked(query: str, subject: str) -> None:
            if mistakes := check(query, subject, words()):
                raise mistakes[0]

        subject = _subject(words, call.values["in"])
        assert subject is not None
        try:
            saved = await service_views.save(
                database, call.values["view"], call.values["query"], subject=subject,
                shared=bool(call.values["shared"]), check=checked, operator=call.operator, now=call.now,
            )  # fmt: skip
        except QueryError as error:
            for line in error.underlined():
                call.say(line)
            raise
        return _answer(saved, "is saved")

    def changing(change: Callable[..., Any], said: str) -> Callable[[Database, Invocation], Any]:
        async def work(database: Database, call: Invocation) -> Answer:
            more = [call.values[key] for key in ("to", "place") if key in call.values]
            subject = _subject(words, call.values["in"])
            changed = await change(
                database, call.values["view"], *more, subject=subject, operator=call.operator, now=call.now
            )
            return _answer(changed, said)

        return work

    where = Argument("--in", "what it looks through, where several views bear the name")
    return [
        Command(("views", "list"), "The saved views you see, in the order of their tabs.", list_,
                (Argument("--in", "what they look through"),), writes=False),
        Command(("views", "save"), "Keep a query under a name; it becomes a tab.", save, (
            _NAME,
            Argument("query", "what to look for, as `find` takes it"),
            Argument("--in", "what to look through", default="conversations"),
            Argument("--shared", "for every operator", kind="flag"),
        )),
        Command(("views", "rename"), "Give a view another name.", changing(service_views.rename, "is its name now"),
                (_NAME, Argument("to", "its new name"), where)),
        Command(("views", "move"), "Put a view at another place.", changing(service_views.move, "has moved"),
                (_NAME, Argument("place", "from 1, among the shared ones or your own", kind="integer"), where)),
        Command(("views", "drop"), "Drop a view.", changing(service_views.drop, "is dropped"), (_NAME, where)),
    ]  # fmt: skip


def _answer(view: SavedView, said: str) -> Answer:
    return Answer(_row(view), (f"{view.name} {said}. `waconsole undo` takes it back.",))


_NAME: Final = Argument("view", "what it is called")
