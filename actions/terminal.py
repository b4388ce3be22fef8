"""The same face for a person's terminal: options, progress, colour, plain text where output is piped."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import textwrap
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn, TextIO

from maximus.characters import show_unseen
from maximus.errors import Error, ExitStatus, nearest

from .chart import can_show_blocks, draw
from .declare import Action, Declared, secret_of
from .face import Face, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.progress import Progress, TaskID

    from .chart import Chart

__all__ = ["TerminalFace", "action_help", "options_of", "printable"]

_COLOURS = {"pass": "32", "fail": "31", "unmeasured": "33", "waived": "33"}
PATIENCE = 1.0
"""Seconds of work after which it gets a progress bar."""
_SIGNS = {"pass": "✔", "fail": "✘", "unmeasured": "○", "waived": "△"}


def printable(text: str) -> str:
    """Return foreign text so that a terminal shows it and obeys nothing in it: what is not seen is written out."""
    return show_unseen(text)


class _Parser(argparse.ArgumentParser):
    """Turns a wrong option into our error instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise Error("RUN007", f"{self.prog.split()[-1]}: {message}", status=ExitStatus.USAGE)


def _parser(action: Action) -> _Parser:
    parser = _Parser(prog=f"maximus {action.name}", add_help=False, allow_abbrev=False)
    for item in action.inputs():
        if item.kind is bool:
            parser.add_argument(f"--{item.name}", dest=item.name, action=argparse.BooleanOptionalAction, default=None)
        else:
            parser.add_argument(*_spellings(action, item), dest=item.name, action="append", default=None)
    parser.add_argument("--json", dest="json output", action="store_true")
    parser.add_argument("--help", "-h", dest="help output", action="store_true")
    return parser


def _spellings(action: Action, item: Declared) -> tuple[str, ...]:
    """Return an option's spellings: a list that takes one value each time is named in the singular as well."""
    singular = item.name.removesuffix("s")
    if item.kind is not tuple or singular in (each.name for each in action.inputs()):
        return (f"--{item.name}",)
    return (f"--{item.name}", f"--{singular}")


def options_of(
    action: Action, arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[dict[str, str], bool, bool]:
    """Return the inputs as texts by name, whether JSON is asked for, and whether help is.

    Raises Error RUN003 to RUN008 (usage) for an option that is unknown, empty, given twice or not allowed.
    """
    found, rest = _parser(action).parse_known_args(list(arguments))
    values = vars(found)
    if rest:
        known = tuple(option for item in action.inputs() for option in _spellings(action, item))
        hint = nearest(rest[0].split("=")[0], known) if rest[0].startswith("-") else "values follow an option"
        raise Error(
            "RUN005",
            f"unknown option {rest[0]!r}: {hint}",
            fix=f"The options are listed by `python3 actions {action.name} --help`.",
            status=ExitStatus.USAGE,
        )
    texts: dict[str, str] = {}
    for item in action.inputs():
        value = values[item.name]
        if value is None:
            continue
        texts[item.name] = _text(item, value, environment)
    return texts, values["json output"], values["help output"]


def _text(item: Declared, value: bool | list[str], environment: Mapping[str, str]) -> str:  # noqa: FBT001 - argparse's own value
    if isinstance(value, bool):
        return "true" if value else "false"
    if len(value) > 1 and item.kind is not tuple:
        raise Error(
            "RUN006", f"option --{item.name} stands {len(value)} times and takes one value", status=ExitStatus.USAGE
        )
    if not all(text.strip() for text in value):
        raise Error(
            "RUN008",
            f"option --{item.name} is empty",
            fix="Leave it out for the default, or give it a value.",
            status=ExitStatus.USAGE,
        )
    if item.secret:
        return secret_of(value[0], environment, item.name)
    return "\n".join(value)


def action_help(action: Action) -> str:
    """Return what `python3 actions NAME --help` prints, from the action's own declarations."""
    doc = (action.module.__doc__ or "").strip().split("\n\n")
    text = f"maximus {action.name}: {action.title}\n\n"
    text += "".join(textwrap.fill(" ".join(part.split()), 96) + "\n\n" for part in doc[1:])
    text += "Options (the action's inputs):\n"
    for item in action.inputs():
        text += _option_help(item, ", ".join(_spellings(action, item)))
    text += (
        "  --json\n      Print one JSON document: outputs, verdicts, errors. Text for people goes to standard error.\n"
    )
    text += "\nOutputs:\n"
    for item in action.outputs():
        text += _wrapped(f"  {item.name}", item.help)
    text += "\nExit status: 0 pass, 1 a check failed, 2 wrong usage, 3 something outside failed, 70 nothing measured.\n"
    return text


_LONG_CHOICE = 70
"""Characters of choices beyond which they stand in the text and not behind the option."""


def _option_help(item: Declared, options: str) -> str:
    told = ""
    if item.kind is bool:
        head = f"  --{item.name} / --no-{item.name}"
    else:
        choices = "|".join(item.choices)
        told = f" One of: {', '.join(item.choices)}." if len(choices) > _LONG_CHOICE else ""
        value = "env:NAME" if item.secret else item.metavar or ("NAME" if told else choices or "TEXT")
        head = f"  {options} {value}" + (" (may be given several times)" if item.kind is tuple else "")
    default = item.default_text.replace("\n", ", ")
    # A full stop behind a full stop is no sentence.
    named = "the folder you stand in" if default == "." else default
    shown = "" if item.action_default is not None or not default else f" Default: {named}."
    needed = " Required." if item.required else ""
    return _wrapped(head, item.help + told + needed + shown)


def _wrapped(head: str, text: str) -> str:
    # A name with a hyphen is one word, to be copied as it stands.
    filled = textwrap.fill(text, 96, initial_indent="      ", subsequent_indent="      ", break_on_hyphens=False)
    return f"{head}\n{filled}\n"


class _Bar:
    """A progress bar that is shown late or not at all; `rich` is loaded when it is shown."""

    def __init__(self, title: str, total: int, stream: TextIO) -> None:
        self._title = title
        self._total = total
        self._stream = stream
        self._done = 0
        self._lock = threading.Lock()
        self._finished = False
        self._shown: tuple[Progress, TaskID] | None = None

    def show(self) -> None:
        """Show the bar, unless the work is over."""
        # Imported here: 60 ms that only long work at a terminal should cost.
        from rich.console import Console  # noqa: PLC0415
        from rich.markup import escape  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        with self._lock:
            if self._finished:
                return
            bar = Progress(console=Console(file=self._stream), transient=True)
            self._shown = bar, bar.add_task(escape(self._title), total=self._total, completed=self._done)
            bar.start()

    def advance(self) -> None:
        """Count one piece of work; any thread may do so."""
        with self._lock:
            self._done += 1
            if self._shown:
                self._shown[0].advance(self._shown[1])

    def hide(self) -> None:
        """Take the bar away."""
        with self._lock:
            self._finished = True
            if self._shown:
                self._shown[0].stop()


class TerminalFace(Face):
    """Speaks to a person; with `as_json` it prints one document and says the rest on standard error."""

    def __init__(
        self,
        environment: Mapping[str, str],
        action: str,
        *,
        as_json: bool = False,
        stream: TextIO | None = None,
        errors: TextIO | None = None,
    ) -> None:
        """Write facts to `stream` and errors to `errors`, by default the process's own."""
        super().__init__(environment, action)
        self._json = as_json
        self._out = stream or sys.stdout
        self._err = errors or sys.stderr
        self._people = self._err if as_json else self._out
        self._depth = 0
        self._colour = self._people.isatty() and "NO_COLOR" not in environment and environment.get("TERM") != "dumb"
        self._secrets: set[str] = set()

    def _write(self, text: str, stream: TextIO | None = None) -> None:
        target = stream or self._people
        target.write(textwrap.indent(self._shown(text), "  " * self._depth) + "\n")
        target.flush()

    def _shown(self, text: str) -> str:
        """Return foreign text as it may be shown: nothing unseen in it, and no secret."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return printable(text)

    def _shown_on_one_line(self, text: str) -> str:
        """Return foreign text that must not pose as another line of ours, such as the verdict."""
        return self._shown(text).replace("\n", "\\n")

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text

    def say(self, text: str) -> None:
        """Show a line of information."""
        self._write(text)

    def warn(self, text: str, *, where: str = "") -> None:
        """Show a warning on standard error."""
        place = f" ({self._shown_on_one_line(where)})" if where else ""
        self._write(f"warning: {text}{place}", self._err)

    def point(self, text: str, *, where: str) -> None:
        """Show the place as compilers do."""
        self._write(f"  {self._shown_on_one_line(f'{where}: {text}')}")

    def show_error(self, error: Error) -> None:
        """Show the error in its one to three lines on standard error, the first with the action's name."""
        head, *rest = error.lines
        self._people.flush()
        self._write(f"{self.record.name}: {head}", self._err)
        for line in rest:
            self._write(f"  {line}", self._err)

    def mask(self, secret: str) -> None:
        """Blot the secret out of everything that is shown from now on."""
        self._secrets |= {line for line in (secret, *secret.splitlines()) if line.strip()}

    @contextlib.contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Show the title and indent what follows."""
        self._write(title)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    @contextlib.contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a moving bar once the work has taken a second; a line afterwards where output is piped."""
        if not (self._colour and self._err.isatty()):
            started = time.monotonic()
            yield lambda: None
            if time.monotonic() - started > PATIENCE:
                self._write(f"{title}: {total} done")
            return
        bar = _Bar("  " * self._depth + self._shown_on_one_line(title), total, self._err)
        # The work may be one long wait for a server, so a clock and not the work starts the bar.
        clock = threading.Timer(PATIENCE, bar.show)
        clock.daemon = True
        clock.start()
        try:
            yield bar.advance
        finally:
            clock.cancel()
            bar.hide()

    def show_table(self, table: Table) -> None:
        """Show a table with aligned columns; the last one is wrapped where the terminal is too narrow for it."""
        rows = [tuple(self._shown_on_one_line(cell) for cell in row) for row in (table.columns, *table.rows)]
        widths = [max(len(row[index]) for row in rows) for index in range(len(table.columns))]
        margin = "  " * self._depth
        before = len(margin) + sum(width + 2 for width in widths[:-1])
        room = shutil.get_terminal_size((100, 24)).columns - before if self._people.isatty() else 10_000
        for number, row in enumerate(rows):
            first, *rest = textwrap.wrap(row[-1], max(room, 24), break_on_hyphens=False) or [""]
            cells = [
                self._cell(cell, width, heading=number == 0) for cell, width in zip(row[:-1], widths, strict=False)
            ]
            last = self._cell(first, 0, heading=number == 0)
            self._people.write((margin + "  ".join([*cells, last])).rstrip() + "\n")
            self._people.writelines(" " * before + line + "\n" for line in rest)
        self._people.flush()

    def show_chart(self, chart: Chart) -> None:
        """Show a chart as wide as the terminal allows, in plain signs where the stream cannot say blocks."""
        bars = [replace(bar, label=self._shown_on_one_line(bar.label)) for bar in chart.bars]
        columns = shutil.get_terminal_size((80, 24)).columns if self._people.isatty() else 80
        margin = "  " * self._depth
        blocks = can_show_blocks(getattr(self._people, "encoding", None), self.environment)
        self._people.write(margin + self._paint(self._shown_on_one_line(chart.title), "1") + "\n")
        for line in draw(bars, columns - len(margin) - 2, blocks=blocks):
            painted = self._paint(line.filled, "36") if line.filled else ""
            self._people.write((margin + "  " + line.before + painted + line.after).rstrip() + "\n")
        self._people.flush()

    def preview(self, title: str, text: str) -> None:
        """Show Markdown rendered at a terminal that a person looks at; anywhere else it stays the text it is."""
        if not self._people.isatty():
            super().preview(title, text)
            return
        # Imported here: 60 ms that only a preview at a terminal costs.
        from rich.console import Console  # noqa: PLC0415
        from rich.markdown import Markdown  # noqa: PLC0415

        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        shown = "\n".join(printable(line) for line in text.splitlines())
        console = Console(file=self._people, no_color=not self._colour, highlight=False, emoji=False, markup=False)
        self._write(f"\n{title}:")
        # An address that hides behind a text is written out: nobody sees where a terminal's link leads.
        console.print(Markdown(shown, hyperlinks=False))

    def _cell(self, text: str, width: int, *, heading: bool) -> str:
        """Return a cell padded to its column; headings are bold, a status has its colour."""
        colour = "1" if heading else _COLOURS.get(text, "")
        return self._paint(text, colour) + " " * (width - len(text)) if colour else text.ljust(width)

    def conclude(self, outputs: Mapping[str, str]) -> None:
        """Show the verdict line last; with `--json` print the document as well."""
        status = self.record.status.value
        for title, text in self.record.notes:
            self._write(f"\n{title}:\n{textwrap.indent(text.rstrip(), '  ')}")
        # An error that ended the run at once has said everything in its own three lines.
        is_said = [error.what for error in self.record.errors] == [self.record.headline] and not self.record.tables
        if not is_said:
            line = self._shown_on_one_line(f"{_SIGNS[status]} {self.record.name}: {self.record.headline}")
            self._people.write(self._paint(line, f"1;{_COLOURS[status]}") + "\n")
        self._people.flush()
        if self._json:
            document = {
                "action": self.record.name,
                "errors": [
                    {"code": e.code, "fix": e.fix, "what": e.what, "where": e.where, "why": e.why}
                    for e in self.record.errors
                ],
                "outputs": dict(outputs),
                "verdicts": [verdict.as_document() for verdict in self.record.verdicts],
            }
            written = json.dumps(document, indent=2, sort_keys=True)
            for secret in sorted(self._secrets, key=len, reverse=True):
                written = written.replace(json.dumps(secret)[1:-1], "***")
            self._out.write(written + "\n")
            self._out.flush()
