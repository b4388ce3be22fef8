"""What an action may say, whoever listens: the part that the runner's and the terminal's face share."""

from __future__ import annotations

import abc
import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict, overall

from .chart import Chart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .chart import Bar

__all__ = ["Face", "Record", "Table", "shortened"]


_FINGERPRINT = re.compile(r"(sha256:[0-9a-f]{16})[0-9a-f]{48}")


def shortened(text: str) -> str:
    """Return the text with every SHA-256 as people compare it, 16 digits and an ellipsis; outputs keep it whole."""
    return _FINGERPRINT.sub("\\1…", text)


@dataclass(frozen=True, slots=True)
class Table:
    """Facts in rows; the cells are plain text, each face escapes them for its target."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Record:
    """What a run, or one part of it, has found so far."""

    name: str
    headline: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def exit_status(self) -> ExitStatus:
        """The weightiest of what the errors and the verdicts lead to; nothing at all is unmeasured."""
        statuses = [error.status for error in self.errors]
        statuses += [overall(self.verdicts).exit_status] * bool(self.verdicts)
        return max(statuses, key=lambda status: status.weight, default=ExitStatus.UNMEASURED)

    @property
    def status(self) -> Status:
        """The one status for all of it."""
        found = overall(self.verdicts)
        if found is Status.FAIL or any(error.status is not ExitStatus.UNMEASURED for error in self.errors):
            return Status.FAIL
        return Status.UNMEASURED if self.errors else found


class Face(abc.ABC):
    """How an action speaks: to a GitHub runner or to a person at a terminal.

    Everything an action says passes through here as plain text; escaping is the face's business.
    """

    def __init__(self, environment: Mapping[str, str], action: str) -> None:
        """Take the environment that the action may read, and the action's name."""
        self.environment = environment
        self.record = Record(action)

    @abc.abstractmethod
    def say(self, text: str) -> None:
        """Show a line of information."""

    @abc.abstractmethod
    def warn(self, text: str, *, where: str = "") -> None:
        """Show a warning; `where` is a path, or `path:line`."""

    @abc.abstractmethod
    def show_error(self, error: Error) -> None:
        """Show an error in its one to three lines."""

    @abc.abstractmethod
    def point(self, text: str, *, where: str) -> None:
        """Show where something does not hold: `where` is a path, or `path:line`. It is part of a verdict, no error."""

    @abc.abstractmethod
    def mask(self, secret: str) -> None:
        """See to it that the secret never appears in anything that is shown."""

    @abc.abstractmethod
    def group(self, title: str) -> contextlib.AbstractContextManager[None]:
        """Fold what is said inside under a title."""

    @abc.abstractmethod
    def progress(self, title: str, total: int) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Yield a function to call after each of `total` pieces of work."""

    @abc.abstractmethod
    def show_table(self, table: Table) -> None:
        """Show a table."""

    @abc.abstractmethod
    def show_chart(self, chart: Chart) -> None:
        """Show a chart."""

    @abc.abstractmethod
    def conclude(self, outputs: Mapping[str, str]) -> None:
        """Show the headline and hand over the outputs; called exactly once, whatever happened."""

    def judge(self, verdict: Verdict) -> None:
        """Record a check's answer."""
        self.record.verdicts.append(verdict)

    def fail(self, error: Error) -> None:
        """Record an error, show it, and go on: what can still be done is done."""
        self.record.errors.append(error)
        self.show_error(error)

    def headline(self, text: str) -> None:
        """Say in one sentence how it went; the last one counts."""
        self.record.headline = text

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Record a table and show it."""
        made = Table(title, tuple(columns), tuple(tuple(row) for row in rows))
        self.record.tables.append(made)
        self.show_table(made)

    def chart(self, title: str, bars: Sequence[Bar]) -> None:
        """Record a chart and show it."""
        made = Chart(title, tuple(bars))
        self.record.charts.append(made)
        self.show_chart(made)

    def note(self, title: str, text: str) -> None:
        """Record a text that a reader may want to unfold: a command to paste, a file's beginning."""
        self.record.notes.append((title, text))

    def preview(self, title: str, text: str) -> None:
        """Show Markdown of ours as its readers will see it; where that cannot be shown, as a note."""
        self.note(title, text)

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[Record]:
        """Run another action inside this one: it gets a record of its own, which this one then absorbs.

        An Error that leaves the part is recorded in it and goes no further.
        """
        outer, self.record = self.record, Record(name)
        try:
            with self.group(name):
                try:
                    yield self.record
                except Error as error:
                    self.fail(error)
                    self.headline(error.what)
        finally:
            inner, self.record = self.record, outer
            outer.verdicts += inner.verdicts
            outer.errors += inner.errors
            outer.tables += inner.tables
            outer.charts += inner.charts
            outer.notes += inner.notes
