"""The reply box and the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult

from tests.kit.screens import HOSTILE, RAW_CONTROLS, KitApp, plain, screen_lines, screen_text
from waconsole.kit.compose import ReplyBox, ReplyText
from waconsole.kit.history import HISTORY_MAX, History
from waconsole.kit.prompt import Prompt, PromptInput


class WritingApp(KitApp):
    """A reply box and a prompt."""

    def compose(self) -> ComposeResult:
        """Both hidden."""
        yield ReplyBox()
        yield Prompt()

    def on_reply_box_queued(self, message: ReplyBox.Queued) -> None:
        """Remember it."""
        self.heard.append(("queued", message.text, message.is_note))

    def on_reply_box_kept(self, message: ReplyBox.Kept) -> None:
        """Remember it."""
        self.heard.append(("kept", message.text, message.is_note))

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Remember it."""
        self.heard.append((message.label, message.text))

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Remember it."""
        self.heard.append(("cancelled", message.text))

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Remember it."""
        self.heard.append(("changed", message.text))


async def test_enter_queues_and_ctrl_j_breaks_the_line() -> None:
    app = WritingApp()
    async with app.run_test(size=(60, 12)) as pilot:
        box = app.query_one(ReplyBox)
        assert not box.display
        box.open(plain("Reply to [b]Mamans[/b]"), plain("task for a human hand"))
        await pilot.press("enter", "h", "i", "ctrl+j", "y", "o", "u")
        assert screen_lines(app)[:4] == [" Reply to [b]Mamans[/b]", " hi", " you", " task for a human hand"]
        await pilot.press("enter")
        assert app.heard == [("queued", "hi\nyou", False)]
        assert not box.display


async def test_escape_keeps_the_draft_and_it_comes_back() -> None:
    app = WritingApp()
    async with app.run_test(size=(60, 12)) as pilot:
        box = app.query_one(ReplyBox)
        box.open(plain("Note"), plain("only for us"), is_note=True)
        await pilot.press("a", "escape")
        box.open(plain("Note"), plain("only for us"), draft="a", is_note=True)
        await pilot.press("b", "enter")
        assert app.heard == [("kept", "a", True), ("queued", "ab", True)]
        assert box.has_class("-note")


async def test_pasted_controls_reach_neither_the_screen_nor_the_message() -> None:
    app = WritingApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.query_one(ReplyBox).open(plain("Reply"), plain("x"))
        await pilot.pause()
        app.query_one(ReplyText).post_message(events.Paste(HOSTILE + "\nmore"))
        await pilot.pause()
        assert "more" in screen_text(app)
        assert not any(RAW_CONTROLS.search(line) for line in screen_lines(app))
        await pilot.press("enter")
        assert app.heard[0][1].startswith("A]52;c;ZXZpbA==B[31mC")
        assert "\x1b" not in app.heard[0][1] and "\nmore" in app.heard[0][1]


def candidates(text: str) -> Sequence[str]:
    """Completes two words."""
    return [word for word in ("import chat", "import contacts", "init") if word.startswith(text)]


async def test_the_prompt_completes_and_submits() -> None:
    app = WritingApp()
    async with app.run_test(size=(60, 6)) as pilot:
        prompt = app.query_one(Prompt)
        prompt.open(plain(":"), history=History(), complete=candidates)
        await pilot.press("i", "m")
        assert screen_lines(app)[:2] == [" import chat   import contacts", " :im"]
        await pilot.press("tab", "tab")
        assert app.query_one(PromptInput).value == "import contacts"
        await pilot.press("shift+tab", "enter")
        assert app.heard[-1] == (":", "import chat")
        assert not prompt.display


async def test_the_prompt_goes_through_history_and_escape_leaves_it_as_it_was() -> None:
    app = WritingApp()
    async with app.run_test(size=(60, 6)) as pilot:
        history = History(["one", "two"])
        app.query_one(Prompt).open(plain("/"), history=history, text="is:owed")
        await pilot.press("up", "up", "up", "down")
        assert app.query_one(PromptInput).value == "two"
        await pilot.press("escape")
        assert app.heard[-1] == ("cancelled", "is:owed")
        app.query_one(Prompt).open(plain("/"), history=history)
        await pilot.press("x", "enter")
        assert history.lines == ["one", "two", "x"]
        assert ("changed", "x") in app.heard


def test_history_keeps_a_line_once_and_not_too_many() -> None:
    history = History([str(number) for number in range(500)])
    history.add("400")
    assert len(history.lines) == HISTORY_MAX
    assert history.lines[-1] == "400" and history.lines.count("400") == 1
    assert history.step(1) is None and history.step(-1) == "400" and history.step(1) == ""
