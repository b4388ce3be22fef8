"""What the runner makes of the lines that a step prints: commands, masks, groups and annotations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["COMMANDS", "MAX_ANNOTATIONS", "MAX_MESSAGE", "Annotation", "Command", "Log", "read_log"]

COMMANDS = frozenset({
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "internal-set-repo-path",
    "notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
})  # fmt: skip
"""The commands that a runner has registered; their names are compared without regard to case."""
MAX_ANNOTATIONS = 10
"""Of each type and step; further ones are dropped without a word."""
MAX_MESSAGE = 4_096
"""Characters of an annotation; the rest is cut off."""

_KINDS = ("error", "warning", "notice")
_DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
_OLD_FORM = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%25": "%"}


@dataclass(frozen=True, slots=True)
class Command:
    """A line that the runner obeys instead of showing it."""

    name: str
    properties: tuple[tuple[str, str], ...]
    data: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """A message that the runner shows at the top of the run and beside the code."""

    kind: str
    """`error`, `warning` or `notice`."""
    message: str
    title: str = ""
    file: str = ""
    line: int | None = None


@dataclass(slots=True)
class Log:
    """What is left of a step's output when the runner has obeyed its commands."""

    lines: list[str] = field(default_factory=list)
    """What a reader sees, masks applied."""
    commands: list[Command] = field(default_factory=list)
    """Everything that was obeyed, in order."""
    annotations: list[Annotation] = field(default_factory=list)
    """Those that are shown: at most ten of each kind, each cut to its limit."""
    dropped: list[Annotation] = field(default_factory=list)
    """Those above the ten."""
    masks: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    """The titles of the groups that were opened."""
    open_groups: int = 0
    """0 when the last group was closed."""

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    def annotate(self, annotation: Annotation) -> None:
        """Show the annotation if fewer than ten of its kind are shown."""
        cut = Annotation(
            annotation.kind, annotation.message[:MAX_MESSAGE], annotation.title, annotation.file, annotation.line
        )
        shown = sum(item.kind == cut.kind for item in self.annotations)
        (self.annotations if shown < MAX_ANNOTATIONS else self.dropped).append(cut)

    def mask(self, text: str) -> str:
        """Return the text with every secret blotted out, the longest first."""
        for secret in sorted(self.masks, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def read_log(output: str) -> Log:
    """Return what the runner makes of a step's standard output and error.

    A carriage return alone ends a line too: the runner reads lines as .NET does.
    """
    log = Log()
    stopped_by = ""
    for line in output.removesuffix("\n").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        known = COMMANDS | {stopped_by.lower()} if stopped_by else COMMANDS
        command = _new_form(line, known) or _old_form(line, known)
        if command and stopped_by:
            if command.name == stopped_by.lower():
                stopped_by = ""
                continue
            command = None
        if command is None:
            log.lines.append(log.mask(line))
            continue
        log.commands.append(command)
        if command.name == "stop-commands":
            if not command.data or command.data.lower() in COMMANDS:
                log.annotate(Annotation("error", "Invalid stop token"))
            else:
                stopped_by = command.data
        else:
            _obey(command, log)
    return log


def _new_form(line: str, known: frozenset[str]) -> Command | None:
    """`::name key=value,key=value::data`, at the start of the line after white space."""
    text = line.lstrip()
    if not text.startswith("::"):
        return None
    head, separator, data = text[2:].partition("::")
    name, _, properties = head.partition(" ")
    if not separator or name.lower() not in known:
        return None
    pairs = (pair.partition("=") for pair in properties.strip().split(",") if pair)
    found = tuple((key, _unescaped(value, _PROPERTY)) for key, equals, value in pairs if equals)
    return Command(name.lower(), found, _unescaped(data, _DATA))


def _old_form(line: str, known: frozenset[str]) -> Command | None:
    """`##[name key=value;key=value]data`, anywhere in the line."""
    _, prefix, rest = line.partition("##[")
    head, bracket, data = rest.partition("]")
    name, _, properties = head.partition(" ")
    if not prefix or not bracket or name.lower() not in known:
        return None
    pairs = (pair.partition("=") for pair in properties.strip().split(";") if pair)
    found = tuple((key, _unescaped(value, _OLD_FORM)) for key, equals, value in pairs if equals)
    return Command(name.lower(), found, _unescaped(data, _OLD_FORM))


def _unescaped(text: str, escapes: dict[str, str]) -> str:
    # One after the other and `%25` last, as the runner does it.
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text


def _obey(command: Command, log: Log) -> None:
    properties = {key.lower(): value for key, value in command.properties}
    if command.name in _KINDS:
        line = properties.get("line", "")
        log.annotate(
            Annotation(
                command.name,
                log.mask(command.data),
                log.mask(properties.get("title", "")),
                properties.get("file", ""),
                int(line) if re.fullmatch(r"\d+", line) else None,
            )
        )
        log.lines.append(log.mask(f"{command.name.capitalize()}: {command.data}"))
    elif command.name == "add-mask":
        log.masks += [secret for secret in (command.data, *re.split(r"[\r\n]+", command.data)) if secret.strip()]
    elif command.name == "group":
        # Groups do not nest: a second one closes the first.
        log.groups.append(command.data)
        log.open_groups = 1
        log.lines.append(log.mask(command.data))
    elif command.name == "endgroup":
        log.open_groups = 0
