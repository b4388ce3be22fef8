"""Searches and replacements of a configuration: literal texts, and regular expressions as JavaScript has them.

A regular expression of a stranger's over a stranger's text can run for ever, and a native call cannot be
interrupted: expressions run in a worker process that is killed at its deadline.
"""

from __future__ import annotations

import json
import re
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, assert_never

from maximus.notes.templates import Text, join, own

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["START", "Expression", "Literal", "Replacer", "Worker", "apply_replacers", "parse_search", "read_line"]

DEADLINE = 5.0
"""Seconds that one expression may search before its worker is killed."""
START = 20.0
"""Seconds that a worker may take to start; a busy machine is slow, not hostile."""
MAX_TEXT = 2_000_000
"""Characters of the longest text that an expression is let loose on."""
MAX_MATCHES = 200_000
"""How many matches of one expression are replaced."""

_DROPPED = set("AJUXx")


@dataclass(frozen=True, slots=True)
class Replacer:
    """A search and what takes the place of what it finds."""

    search: str
    replace: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text to be found as it stands, everywhere."""

    text: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression in JavaScript's syntax."""

    source: str
    flags: str
    """Of `gimsu`, sorted, each once. Without `g` only the first match counts."""


def parse_search(search: str) -> Literal | Expression:
    """Return what a search means: `/…/flags` on one line is an expression, anything else is literal."""
    found = re.fullmatch(r"/([^\n\r\u2028\u2029]+)/([AJUXgimsux]*)", search)
    if not found:
        return Literal(search)
    return Expression(found[1], "".join(sorted(set(found[2]) - _DROPPED)))


@dataclass(frozen=True, slots=True)
class _Static:
    """A piece of a replacement that is the configuration's own text."""

    text: str


@dataclass(frozen=True, slots=True)
class _Group:
    """A piece of a replacement that is taken from the match."""

    number: int
    case: str
    """Case operators (`u U l L E`), applied character by character in order."""


def _parse_replacement(replacement: str) -> tuple[_Static | _Group, ...]:
    r"""Return a replacement's pieces: `$0 $& $1 … $99 $$ \n \t \\ \u \U \l \L \E`, all else as it stands."""
    pieces: list[_Static | _Group] = []
    case = ""
    done = 0

    def keep(end: int) -> None:
        if end > done:
            pieces.append(_Static(replacement[done:end]))

    for found in _SPECIAL.finditer(replacement):
        token = found[0]
        if token.startswith("\\"):
            if len(token) == 1 or token[1] not in "\\ntuUlLE":
                continue
            keep(found.start())
            done = found.end()
            if token[1] in "uUlLE":
                case += token[1]
            else:
                pieces.append(_Static({"\\": "\\", "n": "\n", "t": "\t"}[token[1]]))
            continue
        if len(token) == 1 or token[1] not in "$&0123456789":
            continue
        keep(found.start())
        done = found.end()
        if token[1] == "$":
            pieces.append(_Static("$"))
            continue
        pieces.append(_Group(0 if token[1] in "&0" else int(token[1:]), case))
        case = ""
    keep(len(replacement))
    return tuple(pieces)


# Both `\x` and `$x` take the next character with them, whatever it is.
_SPECIAL = re.compile(r"\\.?|\$(?:[1-9][0-9]?|.)?", re.DOTALL)

Spans = tuple[tuple[int, int] | None, ...]
"""The offsets of a whole match and of each group; None for a group that took no part."""


def _substitute(text: Text, spans: Spans, pieces: Sequence[_Static | _Group]) -> Text:
    parts: list[Text] = []
    for piece in pieces:
        match piece:
            case _Static():
                parts.append(own(piece.text))
            case _Group():
                parts.append(_group_text(text, spans, piece))
            case _ as never:
                assert_never(never)
    return join(parts)


def _group_text(text: Text, spans: Spans, piece: _Group) -> Text:
    """Return a group's text; where group 12 does not exist, group 1 and the digit 2; else `$12` as it stands."""
    number, rest = piece.number, ""
    while number >= len(spans):
        number, digit = divmod(number, 10)
        rest = f"{digit}{rest}"
        if number == 0:
            return _with_case(own(f"${rest}"), piece.case)
    span = spans[number]
    found = text.cut(*span) if span else own("")
    return _with_case(join([found, own(rest)]), piece.case)


def _with_case(text: Text, case: str) -> Text:
    if not case:
        return text
    parts: list[Text] = []
    operators = list(case)
    for index, character in enumerate(text.value):
        operator = operators[0] if operators else ""
        if operator in ("", "E"):
            parts.append(text.cut(index, len(text.value)))
            break
        changed = character.upper() if operator in "uU" else character.lower()
        parts.append(text.cut(index, index + 1) if changed == character else own(changed))
        if operator in "ul":
            operators.pop(0)
    return join(parts)


def apply_replacers(
    text: Text, replacers: Iterable[Replacer], *, deadline: float = DEADLINE
) -> tuple[Text, tuple[str, ...]]:
    """Return the text after all replacers, in order, and a warning for each that could not be applied."""
    warnings: list[str] = []
    with Worker(deadline) as worker:
        for replacer in replacers:
            search = parse_search(replacer.search)
            if isinstance(search, Literal):
                found: list[Spans] | str = _find_literal(text.value, search.text)
            else:
                found = worker.find(search, text.value)
            if isinstance(found, str):
                warnings.append(f"the replacer {replacer.search!r} was left out: {found}")
            else:
                text = _replace(text, found, _parse_replacement(replacer.replace))
    return text, tuple(warnings)


_GROUPS = re.compile(r"\\.|\[(?:[^\]\\]|\\.)*\]|(\((?:\?<[^=!]|(?!\?)))", re.DOTALL)
"""An escape, a class, or, in group 1, what opens a group that captures."""


def _count_groups(source: str) -> int:
    """Return how many groups an expression captures, which the engine does not tell."""
    return sum(found[1] is not None for found in _GROUPS.finditer(source))


def _find_literal(text: str, wanted: str) -> list[Spans]:
    found: list[Spans] = []
    start = text.find(wanted)
    while start != -1:
        found.append(((start, start + len(wanted)),))
        start = text.find(wanted, start + max(1, len(wanted)))
    return found


def _replace(text: Text, matches: Sequence[Spans], pieces: Sequence[_Static | _Group]) -> Text:
    parts: list[Text] = []
    done = 0
    for spans in matches:
        whole = spans[0]
        if whole is None:
            continue
        parts += [text.cut(done, whole[0]), _substitute(text, spans, pieces)]
        done = whole[1]
    return join([*parts, text.cut(done, len(text.value))]) if parts else text


class Worker:
    """Runs expressions in a process of its own, which is started on first use and killed at a deadline."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        """Allow each search that many seconds."""
        self._deadline = deadline
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Return itself; nothing is started yet."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """End the process."""
        self._stop()

    def find(self, expression: Expression, text: str) -> list[Spans] | str:
        """Return the spans of the matches in characters, or why there is no answer."""
        if len(text) > MAX_TEXT:
            return f"the text has more than {MAX_TEXT} characters"
        # A lone surrogate has no place in UTF-8; one stand-in of the same length keeps the offsets.
        safe = re.sub("[\ud800-\udfff]", "\ufffd", text)
        request = (
            json.dumps([expression.source, expression.flags, _count_groups(expression.source), safe]).encode() + b"\n"
        )
        answer = self._ask(request)
        if answer is None:
            self._stop()
            return f"it took longer than {self._deadline:g} seconds"
        if isinstance(answer, str):
            return answer
        return [tuple((span[0], span[1]) if span else None for span in match) for match in answer]

    def _ask(self, request: bytes) -> list[list[list[int] | None]] | str | None:
        process = self._process or self._start()
        if isinstance(process, str):
            return process
        assert process.stdin is not None  # noqa: S101 - opened with a pipe
        try:
            process.stdin.write(request)
            process.stdin.flush()
        except OSError:
            self._stop()
            return "its worker process ended"
        line = read_line(process, self._deadline)
        if line is None:
            return None
        if not line:
            self._stop()
            return "its worker process ended"
        answer = json.loads(line)
        return str(answer["fault"]) if "fault" in answer else list(answer["matches"])

    def _start(self) -> subprocess.Popen[bytes] | str:
        # -I and our own path: nothing of the working folder or the environment gets in.
        command = [sys.executable, "-I", "-c", _WORKER, json.dumps(sys.path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - our own Python and text
        self._process = process
        ready = read_line(process, START)
        if ready != b"ready\n":
            self._stop()
            return "its worker process did not start"
        return process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                _close(stream)


def _close(stream: object) -> None:
    try:
        stream.close()  # type: ignore[attr-defined]  # a pipe of the process
    except OSError:
        # Buffered bytes for a process that is gone.
        return


def read_line(process: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """Return the next line of the process, an empty text where it ended, or None at the deadline."""
    assert process.stdout is not None  # noqa: S101 - opened with a pipe
    until = time.monotonic() + seconds
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                return None
            chunk = process.stdout.read1(1 << 20)  # type: ignore[attr-defined]  # a BufferedReader
            if not chunk:
                return b""
            parts.append(chunk)
            if chunk.endswith(b"\n"):
                return b"".join(parts)


_WORKER = f"""
import json, sys
sys.path[:] = json.loads(sys.argv[1])
import regress

def spans(source, flags, groups, text):
    encoded = text.encode()
    # regress counts bytes of UTF-8; offsets in characters are looked up, each boundary once.
    at = {{}}
    count = 0
    for index, byte in enumerate(encoded):
        if byte & 0xC0 != 0x80:
            at[index] = count
            count += 1
    at[len(encoded)] = count
    found = []
    expression = regress.Regex(source, flags.replace("g", ""))
    matches = expression.find_iter(text) if "g" in flags else [expression.find(text)]
    if len(matches) > {MAX_MATCHES}:
        raise ValueError("it matches more than {MAX_MATCHES} times")
    for match in matches:
        if match is None:
            continue
        parts = [match.group(number) for number in range(groups + 1)]
        found.append([[at[part.start], at[part.stop]] if part is not None else None for part in parts])
    return found

sys.stdout.write("ready\\n")
sys.stdout.flush()
for line in sys.stdin:
    try:
        answer = {{"matches": spans(*json.loads(line))}}
    except Exception as fault:
        answer = {{"fault": str(fault) or type(fault).__name__}}
    sys.stdout.write(json.dumps(answer) + "\\n")
    sys.stdout.flush()
"""
