"""The GitHub runner's protocol: inputs, outputs, summary, annotations, masks and groups.

Written after the behaviour of actions/runner 2.336: commands, escapes, limits and file commands.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from maximus import markdown
from maximus.characters import show_unseen
from maximus.errors import Error, ExitStatus

from .chart import draw
from .face import Face, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .chart import Chart

__all__ = ["RunnerFace", "escape_data", "escape_property", "output_entry", "plain_line", "read_inputs"]

MAX_ANNOTATIONS = 9
"""Of each kind and step. The runner shows ten and adds one of its own for the exit status."""
MAX_MESSAGE = 4_000
"""Characters of an annotation; the runner cuts at 4,096."""
MAX_SUMMARY = 900 << 10
"""Bytes of the job summary; the runner drops one above 1,024 KiB whole."""
MAX_OUTPUTS = 1_000_000
"""Bytes of all outputs as UTF-16; the documented limit is 1 MB a job."""
MAX_ROWS = 500
"""Rows of a table in the summary."""
CHART_WIDTH = 88
"""Characters of a chart's line in the log and in the summary, where nobody says how wide the window is."""
MAX_LINE = 4_000
"""Characters of the headline and of an error's line in the summary."""


def read_inputs(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs as `MAXIMUS_INPUTS` carries them: a JSON object of texts, names as the caller wrote them.

    Raises Error RUN010 (usage) where it is not JSON, RUN011 where it is anything else.
    """
    try:
        loaded: Any = json.loads(environment["MAXIMUS_INPUTS"] or "{}")
    except (ValueError, RecursionError) as fault:
        raise Error(
            "RUN010",
            "MAXIMUS_INPUTS is not JSON",
            why=str(fault),
            fix='The step sets it with `MAXIMUS_INPUTS: "${{ toJSON(inputs) }}"`.',
            status=ExitStatus.USAGE,
        ) from fault
    if not isinstance(loaded, dict) or not all(isinstance(value, str) for value in loaded.values()):
        raise Error(
            "RUN011",
            "MAXIMUS_INPUTS is not an object of texts",
            fix="Every input is a text there, as the runner's `toJSON(inputs)` writes it.",
            status=ExitStatus.USAGE,
        )
    return loaded


def escape_data(text: str) -> str:
    """Return the text as a log command's data."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Return the text as the value of a log command's property."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def plain_line(text: str) -> str:
    """Return foreign text as log lines in which the runner finds no command.

    `::` counts at the start of a line, `##[` anywhere; both are broken by a blank. Control characters,
    which a terminal or a log viewer would obey, and others that nobody sees are written out.
    """
    lines = []
    for line in show_unseen(text).split("\n"):
        shown = line.replace("##[", "# #[")
        if shown.lstrip().startswith("::"):
            shown = shown.replace("::", ": :", 1)
        lines.append(shown)
    return "\n".join(lines)


def output_entry(name: str, value: str) -> str:
    """Return an output as `GITHUB_OUTPUT` takes it, in the heredoc form with a delimiter the value cannot hold."""
    delimiter = f"maximus-{secrets.token_hex(16)}"
    while delimiter in value:
        delimiter = f"maximus-{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


class RunnerFace(Face):
    """Speaks the runner's protocol on standard output and in the files that it names."""

    def __init__(self, environment: Mapping[str, str], action: str, stream: TextIO | None = None) -> None:
        """Write to `stream`, by default standard output."""
        super().__init__(environment, action)
        self._stream = stream or sys.stdout
        self._annotations: dict[str, list[tuple[str, str]]] = {"error": [], "warning": []}
        self._depth = 0

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()

    def say(self, text: str) -> None:
        """Show a line of information in the log."""
        self._write(plain_line(text))

    def mask(self, secret: str) -> None:
        """Have the runner blot the secret out of the log; it must be called before the first use."""
        for line in dict.fromkeys([secret, *secret.splitlines()]):
            if line.strip():
                self._write(f"::add-mask::{escape_data(line)}")

    def warn(self, text: str, *, where: str = "") -> None:
        """Show a warning in the log; it becomes an annotation at the end."""
        # As in `point`.
        place = where.replace("\n", "\\n")
        self.say(f"warning: {text}" + (f" ({place})" if where else ""))
        self._annotate("warning", text, where)

    def point(self, text: str, *, where: str) -> None:
        """Show the place in the log; it becomes an annotation at the end."""
        # A file's name with a line end could otherwise pose as a line of ours.
        self.say(f"{where}: {text}".replace("\n", "\\n"))
        self._annotate("error", text, where)

    def show_error(self, error: Error) -> None:
        """Show the error in the log; it becomes an annotation at the end."""
        self.say("\n".join(error.lines))
        self._annotate("error", "\n".join(error.lines), error.where)

    def _annotate(self, kind: str, text: str, where: str) -> None:
        properties = f"title={escape_property(f'{self.record.name}')}"
        found = re.fullmatch(r"(?P<path>[^\[\]]+?)(?::(?P<line>\d+))?", where)
        if found and _is_file(Path(self.environment.get("GITHUB_WORKSPACE", ".")) / found["path"]):
            properties += f",file={escape_property(found['path'])}"
            if found["line"]:
                properties += f",line={found['line']}"
        self._annotations[kind].append((properties, show_unseen(text)[:MAX_MESSAGE]))

    @contextlib.contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold the log; only the outermost group folds, because the runner's groups do not nest."""
        self._depth += 1
        self._write(f"::group::{escape_data(plain_line(title))}" if self._depth == 1 else plain_line(title))
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._write("::endgroup::")

    @contextlib.contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        """Say what is being done; a log has no moving parts."""
        self.say(f"{title} ({total})" if total > 1 else title)
        yield lambda: None

    def show_table(self, table: Table) -> None:
        """Show a table in the log."""
        for row in (table.columns, *table.rows):
            # A cell with a line end could otherwise pose as a line of ours.
            self.say("  ".join(row).replace("\n", "\\n"))

    def show_chart(self, chart: Chart) -> None:
        """Show a chart in the log."""
        for line in _drawn(chart):
            # A label with a line end could otherwise pose as a line of ours.
            self.say(line.replace("\n", "\\n"))

    def conclude(self, outputs: Mapping[str, str]) -> None:
        """Write the annotations, the summary and the outputs."""
        for kind, entries in self._annotations.items():
            for number, (properties, text) in enumerate(entries[:MAX_ANNOTATIONS], start=1):
                left = len(entries) - MAX_ANNOTATIONS
                more = f"\n(and {left} more, see the log)" if number == MAX_ANNOTATIONS and left > 0 else ""
                self._write(f"::{kind} {properties}::{escape_data(text + more)}")
        self.say(f"{self.record.name}: {self.record.headline}")
        self._append("GITHUB_STEP_SUMMARY", self.summary())
        self._append("GITHUB_OUTPUT", self._output_entries(outputs))

    def _append(self, variable: str, text: str) -> None:
        path = self.environment.get(variable)
        if not path:
            self._write(f"::debug::{variable} is not set; nothing was written to it")
            return
        # A file's name need not be UTF-8; Python holds such bytes as halves of surrogate pairs.
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)

    def _output_entries(self, outputs: Mapping[str, str]) -> str:
        entries = ""
        used = 0
        for name, value in outputs.items():
            size = len(value.encode("utf-16-le", "surrogatepass"))
            if used + size > MAX_OUTPUTS:
                self._write(
                    f"::warning title={escape_property(self.record.name)}::"
                    + escape_data(f"the output `{name}` is left empty: all outputs of a job may hold 1 MB")
                )
                entries += output_entry(name, "")
                continue
            used += size
            entries += output_entry(name, value)
        return entries

    def summary(self) -> str:
        """Return the job summary: the verdict first, one table, the rest folded, within the runner's limit."""
        record = self.record
        sign = {"pass": "✅", "fail": "❌", "unmeasured": "⚪", "waived": "🟡"}[record.status.value]
        head = f"### {sign} {markdown.escape(record.name)}: {markdown.escape(record.headline[:MAX_LINE])}\n\n"
        for error in record.errors[:MAX_ANNOTATIONS]:
            head += "> " + "<br>".join(markdown.escape(line[:MAX_LINE]) for line in error.lines) + "\n\n"
        if len(record.errors) > MAX_ANNOTATIONS:
            head += f"Showing {MAX_ANNOTATIONS} of {len(record.errors)} errors; the log has all.\n\n"
        blocks = [_table(table) for table in record.tables[-1:]]
        if record.charts:
            # In one block of fixed width: that is how bars stay in line, and no text in it is markup.
            blocks.append(markdown.fence("\n\n".join("\n".join(_drawn(chart)) for chart in record.charts)))
        blocks += [
            f"<details><summary>{markdown.escape(table.title)}</summary>\n\n{_table(table)}\n</details>\n"
            for table in record.tables[:-1]
        ]
        blocks += [
            f"<details><summary>{markdown.escape(title)}</summary>\n\n{markdown.fence(text)}\n</details>\n"
            for title, text in record.notes
        ]
        text = head
        for number, block in enumerate(blocks):
            if len((text + block).encode()) > MAX_SUMMARY:
                text += f"\nShowing {number} of {len(blocks)} sections: a summary may hold 1 MiB.\n"
                break
            text += block + "\n"
        return text


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # Where an error is need not be a path: it may be longer than a path can be.
        return False


def _drawn(chart: Chart) -> list[str]:
    return [chart.title, *(f"  {line.plain}" for line in draw(chart.bars, CHART_WIDTH))]


def _table(table: Table) -> str:
    rows = [[markdown.escape(cell) for cell in row] for row in table.rows[:MAX_ROWS]]
    more = f"\nShowing {MAX_ROWS} of {len(table.rows)} rows; the log has all.\n" if len(table.rows) > MAX_ROWS else ""
    return markdown.table([markdown.escape(column) for column in table.columns], rows) + more
