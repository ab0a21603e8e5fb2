"""What finds, as it is typed: find, search, explain. They are handed the vocabulary they ask in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound
from waconsole.inbox import service_find
from waconsole.inbox.service_find import Asking
from waconsole.operators import store as operators
from waconsole.query.explain import Explanation
from waconsole.query.fields import Vocabulary
from waconsole.query.mistakes import QueryError

_REF: Final = re.compile(r"(?:m|c|out|item|g)-[\w-]+")
ASKED: Final = 'words side by side: is:owed in:"group" from:name age<2d "text"; also not, or, ( )'


def commands(vocabulary: Callable[[], Vocabulary]) -> list[Command]:
    """The commands, over what `vocabulary` declares once it is asked."""

    def asking(tx: Transaction, call: Invocation) -> Asking:
        zone = ZoneInfo(call.settings.shop.timezone or "UTC")
        return Asking(vocabulary(), call.now, zone, _operator_id(tx, call.operator))

    async def find(database: Database, call: Invocation) -> Answer:
        def work(tx: Transaction) -> tuple[int, list[dict[str, Any]]]:
            query, subject = call.values["query"], call.values["in"]
            return service_find.find(tx, query, subject, asking(tx, call), limit=call.limit)

        try:
            count, rows = await database.stream(work)
        except QueryError as error:
            _show(error, call)
            raise
        return Answer(_listed(count, rows), tuple(_line(row) for row in rows))

    async def explain(database: Database, call: Invocation) -> Answer:
        name = call.values["id"]
        if name is None:
            return await _explain_item(database, call)
        query, subject = call.values["query"], call.values["in"]
        try:
            found = await database.stream(
                lambda tx: service_find.explain(tx, query, name, subject, asking(tx, call))
            )
        except QueryError as error:
            _show(error, call)
            raise
        except NotFound as error:
            raise NotFound(_order(query, name, subject)) from error
        return Answer(found.document(), tuple(explained(found)))

    return [
        Command(("find",), "Rows that a query matches, newest first.", find,
                (Argument("query", ASKED),
                 Argument("--in", "what to look through", default="messages", choices=service_find.SUBJECTS)),
                writes=False),
        Command(("search",), "Messages with these words, newest first; “quotes” keep words together.", _search,
                (Argument("text", "words to look for", many=True),
                 Argument("--exact", "read every text for exactly these characters; slow", kind="flag")), writes=False),
        Command(("explain",), "Why a row matches a query; of a work item alone, which rule drew it.", explain,
                (Argument("query", f"{ASKED}; or a work item's ref"),
                 Argument("id", "a row as find prints it: an id, a ref, a number with +", optional=True),
                 Argument("--in", "what the row is, where its name does not tell", choices=service_find.SUBJECTS)),
                writes=False),
    ]  # fmt: skip


def _order(query: str, name: str, subject: str | None) -> str:
    """What to write where no row is called so: the query comes first, then the row; the other way round is easily typed."""
    among = f" among the {subject}" if subject else ""
    if _looks_like_a_row(query):
        turned = f"`waconsole explain {shlex.quote(name)} {shlex.quote(query)}`"
        return f"Nothing is called {name}{among}. The query comes first, then the row: {turned}."
    found = f"`waconsole find {shlex.quote(query)}{f' --in {subject}' if subject else ''}`"
    return f"Nothing is called {name}{among}: after the query name one row as {found} prints it, by id, ref or number."


def _looks_like_a_row(text: str) -> bool:
    """Whether a query is rather what a row is called: an id, a phone number, a ref."""
    return text.isdigit() or text.startswith("+") or _REF.fullmatch(text) is not None


def _show(error: QueryError, call: Invocation) -> None:
    """The place of what is wrong, before the sentence about it."""
    for line in error.underlined():
        call.say(line)


def _listed(count: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {"count": count, "rows": rows}
    if len(rows) < count:
        document["truncated"] = True
    return document


def _operator_id(tx: Transaction, name: str | None) -> int:
    if name is not None:
        found = operators.operator_by_name(tx, name)
        return found.id if found else 0
    everybody = operators.operators(tx)
    return everybody[0].id if everybody else 0


async def _search(database: Database, call: Invocation) -> Answer:
    text = " ".join(call.values["text"])
    if call.values["exact"]:
        count, rows = await service_find.search_exactly(
            database, text, progress=call.progress, cancelled=call.cancelled, limit=call.limit
        )
    else:
        count, rows = await database.stream(
            lambda tx: service_find.search_messages(tx, text, limit=call.limit)
        )
    return Answer(_listed(count, rows), tuple(_line(row) for row in rows))


def _line(row: dict[str, Any]) -> str:
    if "outgoing" in row:
        return f"{row['outgoing']}  {row['created_at']}  {row['to']}  {row['state']} {row['reason']}".rstrip()
    if "text" in row:
        return f"{row['at']}  {row['group'] or ''}  {row['from']}: {row['text']}"
    if "item" in row:
        return f"{row['item']}  {row['kind']}  {row['state']}  until {row['owed_until']}"
    if "unread" in row:
        return f"{row['conversation']}  {row['name']}  {row['unread']} unread  {row['owed']} owed"
    return f"{row['member']}  {row['phone'] or ''}  {row['name']}  {' '.join(row['tags'])}"


def explained(found: Explanation) -> list[str]:
    """An explanation as lines: the answer, then each leaf with its value."""
    lines = ["It matches." if found.matches else "It does not match."]
    for leaf in found.leaves:
        value = "no value" if leaf.value is None else leaf.value
        lines.append(f"{'yes' if leaf.is_true else 'no ':3}  {leaf.text}  ({value})")
    return lines


async def _explain_item(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> dict[str, Any]:
        return service_find.explain_item(tx, service_find.item_named(tx, call.values["query"]), now=call.now)

    found = await database.read(work)
    return Answer(found, (f"{found['kind']}, rule {found['rule']} v{found['rule_version']}: {found['says']}",
                          f"matched: {found['evidence']}"))  # fmt: skip
