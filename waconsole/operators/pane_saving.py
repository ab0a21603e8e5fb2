"""Keeping the query in force as a view, from any pane."""

from __future__ import annotations

from waconsole.kit.pane import Pane
from waconsole.operators import service_views
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import PaneLanguage
from waconsole.operators.pane_views import ViewTabs, named
from waconsole.text import SafeText, _, safe


def why_not(queries: list[str], view_is_open: bool) -> str:
    """Why there is nothing to save; "" when there is."""
    if not queries:
        return _("Nothing is narrowed here: narrow first, then save what you see under a name.")
    if view_is_open and len(queries) == 1:
        return _("This view is saved as it is: narrow it further to save another one.")
    return ""


def hint() -> SafeText:
    """What stands on the line while no name is typed."""
    return safe(_("a name for this view; NAME --shared shows it to every operator"))


async def save(
    pane: Pane, desk: Desk, views: ViewTabs, language: PaneLanguage, typed: str, queries: list[str]
) -> str | None:
    """Save `queries` as one view under the name typed; answers its tab, or None when it was refused, in words."""
    name, is_shared = named(typed, [view.name for view in views.views])
    if not name:
        return None

    def check(query: str, subject: str) -> None:
        if wrong := language.mistakes(query, subject):
            raise wrong[0]

    saved = await pane.attempt(
        service_views.save(
            desk.database,
            name,
            language.joined(queries),
            subject=views.subject,
            shared=is_shared,
            check=check,
            operator=desk.operator,
            now=desk.clock(),
        )
    )
    if saved is None:
        return None
    whose = _("{name} is a tab of every operator now.") if is_shared else _("{name} is a tab of yours now.")
    pane.say(whose.format(name=saved.name), undo=True)
    views.refresh()
    return views.tab_of(saved.id)
