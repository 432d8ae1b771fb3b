"""Progress on a screen, or as lines where there is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from domain.runs import FINAL_STATES, RunSnapshot, RunState
from starter.following import Watcher
from starter.render_run import change_lines, progress_page
from starter.wording import plain

_REFRESH_PER_SECOND: Final = 8

_NO_ANSWER: Final = "no worker answers; the run is kept and goes on when one is back"


@contextmanager
def watcher_on(console: Console, notes: Console) -> Iterator[Watcher]:
    """Choose how progress is shown: a live table on a terminal, else a line a change.

    Args:
        console: Where pages for a person go.
        notes: Where lines go when it is not a terminal.
    """
    if not console.is_terminal:
        yield _Lines(notes)
        return
    screen = _Screen()
    with Live(
        get_renderable=screen.page,
        console=console,
        refresh_per_second=_REFRESH_PER_SECOND,
        transient=True,
    ):
        yield screen


class _Screen:
    """Draws the last look again and again, so that running times move."""

    def __init__(self) -> None:
        self._last: RunSnapshot | None = None
        self._silent = False
        self._spinner = Spinner("line")

    def saw(self, snapshot: RunSnapshot) -> None:
        self._last = snapshot
        self._silent = False

    def heard_nothing(self) -> None:
        self._silent = True

    def page(self) -> RenderableType:
        self._spinner.update(text=Text(self._status()))
        if self._last is None:
            return self._spinner
        return Group(progress_page(self._last, datetime.now(UTC)), self._spinner)

    def _status(self) -> str:
        if self._silent:
            return _NO_ANSWER
        if self._last is None:
            return "starting"
        return _status_of(self._last)


class _Lines:
    """Writes what changed, a line each."""

    def __init__(self, notes: Console) -> None:
        self._notes = notes
        self._last: RunSnapshot | None = None
        self._silent = False

    def saw(self, snapshot: RunSnapshot) -> None:
        for line in change_lines(self._last, snapshot):
            self._notes.print(Text(line), soft_wrap=True)
        self._last = snapshot
        self._silent = False

    def heard_nothing(self) -> None:
        if not self._silent:
            self._notes.print(Text(_NO_ANSWER), soft_wrap=True)
        self._silent = True


def _status_of(snapshot: RunSnapshot) -> str:
    state = snapshot.report.state
    if state in FINAL_STATES:
        return "writing the run's record on chain"
    if state is RunState.PLANNING:
        return "finding services, drafting a plan, reading live prices"
    if state is RunState.AWAITING_APPROVAL:
        return f"waiting for a decision: caravan approve {plain(snapshot.report.request_id)}"
    if state is RunState.AWAITING_BUDGET:
        return f"waiting for more money: caravan budget {plain(snapshot.report.request_id)} AMOUNT"
    if state is RunState.AWAITING_SIGNATURE:
        run = plain(snapshot.report.request_id)
        return f"waiting for your wallet: caravan sign {run} --wallet FILE"
    if state is RunState.ROLLING_BACK:
        return "undoing what can be undone"
    return "at work; Ctrl-C leaves the run going"
