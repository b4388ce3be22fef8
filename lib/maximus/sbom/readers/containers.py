"""Dockerfiles and compose files: the images that a build starts from and a composition runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Finding, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import compose_variables, references
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.parsing import Scalar
    from maximus.sbom.tree import Source

__all__ = ["COMPOSE", "DOCKERFILE", "KUSTOMIZE", "Images"]

_DOCKERFILE = re.compile(
    r"(?:.*/)?(?:(?:Docker|Container)file(?:\.[^/]+)?|[^/]+\.(?:Dockerfile|dockerfile|Containerfile))"
)
_COMPOSE = re.compile(r"(?:.*/)?(?:docker-)?compose(?:[.-][^/]+)?\.ya?ml")
_FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_COPY = re.compile(r"(?:COPY|ADD)\s+(?:--\S+\s+)*?--from=(\S+)", re.IGNORECASE)
_MOUNT = re.compile(r"--mount=\S*?\bfrom=([^\s,]+)", re.IGNORECASE)
_ARG = re.compile(r"ARG\s+(\w+)(?:=(\S*))?\s*$", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?(?:-([^{}]*)|\?[^{}]*))?\})")
_MAX_VARIABLES = 4
"""Variables, and one more, in the name of a stage."""
_HEREDOC = re.compile(r"(?<!<)<<-?([\"']?)([A-Za-z_]\w*)\1")
_TAKES_BODY = re.compile(r"(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s", re.IGNORECASE)
_NOT_BESIDE = (".dockerignore", ".md", ".txt", ".swp", ".orig")
_MAX_LINE = 64 << 10
"""Characters of an instruction with its continuations."""


def _reads_dockerfile(path: str) -> bool:
    return bool(_DOCKERFILE.fullmatch(path)) and not path.endswith(_NOT_BESIDE)


def _instructions(text: str) -> list[tuple[int, str]]:
    """Return each instruction on one line with the number of the line it begins on; comments are left out."""
    found: list[tuple[int, str]] = []
    begun, parts = 0, list[str]()
    ends: list[str] = []
    lines = text.replace("\r\n", "\n").split("\n")
    closing = {line.lstrip("\t") for line in lines}
    for number, line in enumerate(lines, 1):
        if ends:
            # The body of a here-document is a script or a file, and no instruction.
            ends = ends[1:] if line.lstrip("\t") == ends[0] else ends
            continue
        if line.lstrip().startswith("#"):
            continue
        begun = begun or number
        parts.append(line.rstrip().removesuffix("\\"))
        if not line.rstrip().endswith("\\"):
            code = " ".join(parts).strip()[:_MAX_LINE]
            found.append((begun, code))
            begun, parts = 0, []
            # What no line ends is none, such as a number that is shifted.
            words = [match[2] for match in _HEREDOC.finditer(code)] if _TAKES_BODY.match(code) else []
            ends = [word for word in words if word in closing]
    if parts:
        found.append((begun, " ".join(parts).strip()[:_MAX_LINE]))
    return found


def _filled(text: str, values: dict[str, str]) -> str:
    """Return the text with variables put in and without quotes, wherever they stand; one without a value stays."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        known = values.get(name) or found[3]
        return values.get(name, found[0]) if known is None else known

    return _VARIABLE.sub(value, text).replace('"', "").replace("'", "")


class Images:
    """Collects the images that one file names."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.packages: dict[str, Package] = {}
        self.findings: list[Finding] = []
        self.links: list[Link] = []

    def add(self, text: str, line: int, scope: Scope, default: str = "latest") -> None:
        """Take in one reference; `default` is the tag that one without a tag stands for, empty if nobody knows."""
        place = Location(self.source.path, line)
        if "$" in text or "{{" in text:
            shown = f"{visible(text)[:200]!r} is known only when it is built or run"
            self.findings.append(Finding("unresolved", shown, place))
            return
        key = f"{line}:{text}"
        made, said = references.image_package(text, key, place, scope, default)
        self.findings += said
        if made is not None and key not in self.packages:
            self.packages[key] = made
            self.links.append(Link("", key, scope))

    def reading(self, also_read: tuple[str, ...] = ()) -> Reading:
        """Return everything that was taken in."""
        packages, links, findings = tuple(self.packages.values()), tuple(self.links), tuple(self.findings)
        return Reading(packages, links, findings=findings, also_read=also_read)


def _is_stage(name: str, stages: set[str]) -> bool:
    """Tell whether this is a stage of the same file, also where a variable says which of several."""
    parts = [re.escape(part) for part in re.split(r"\$(?:\w+|\{\w+\})", name.lower())]
    # With nothing but a variable it may be anything.
    return name.lower() in stages or (
        1 < len(parts) <= _MAX_VARIABLES
        and any(parts)
        and any(re.fullmatch(r"[\w.-]+".join(parts), one) for one in stages)
    )


def _read_dockerfile(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path)
    instructions = _instructions(text)
    stages: set[str] = set()
    values: dict[str, str] = {}
    found = Images(source)
    last = next((line for line, code in reversed(instructions) if _FROM.match(code)), 0)
    for line, code in instructions:
        if match := _ARG.match(code):
            # Without `=` only who builds it says what it is.
            if match[2] is not None:
                values.setdefault(match[1], _filled(match[2], values))
        elif match := _FROM.match(code):
            name = _filled(match[1], values)
            if not _is_stage(name, stages) and name.lower() != "scratch":
                # Only of the last stage something is delivered; the others build it.
                found.add(name, line, Scope.RUNTIME if line == last else Scope.BUILD)
            if match[2]:
                stages.add(match[2].lower())
        else:
            for other in (*_COPY.findall(code), *_MOUNT.findall(code)):
                name = _filled(other, values)
                if not _is_stage(name, stages) and not name.isdigit():
                    found.add(name, line, Scope.BUILD)
    return found.reading()


def _read_compose(source: Source) -> Reading:
    found = Images(source)
    built: set[tuple[int, str]] = set()
    images: dict[tuple[int, str], Scalar] = {}
    for scalar in parsing.scalars_of_yaml(source.raw, source.path):
        match scalar.keys:
            case ("services", service, "image"):
                owner = (scalar.document, service)
                # A service's own image counts more than one that is merged into it.
                if owner not in images or scalar.merged < images[owner].merged:
                    images[owner] = scalar
            case ("services", service, "build", *_):
                built.add((scalar.document, service))
            case _:
                continue
    beside = source.beside(compose_variables.FILE)
    # With `build` the image's name is what is made here and not what is taken.
    taken = [(scalar.value, scalar.line) for owner, scalar in images.items() if owner not in built]
    # Nobody's secrets are opened for nothing.
    raw = source.tree.manifest(beside) if any("$" in name for name, _ in taken) else None
    values = compose_variables.variables_in(raw) if raw is not None else {}
    is_used = False
    for name, line in taken:
        text = _resolved(name, values)
        is_used = is_used or (bool(values) and text != _resolved(name, {}))
        found.add(text, line, Scope.RUNTIME)
    return found.reading((beside,) if is_used else ())


def _resolved(text: str, values: dict[str, str]) -> str:
    """Return the text with variables put in, and those that stand in their values and defaults."""
    for _ in range(compose_variables.MAX_ROUNDS):
        # Cut each time: a value may name another hundreds of times.
        filled = _filled(text[: compose_variables.MAX_FILLED], values)[: compose_variables.MAX_FILLED]
        if filled == text:
            break
        text = filled
    return text


def _read_kustomize(source: Source) -> Reading:
    found = Images(source)
    entry: dict[str, str] = {}
    line = 0

    def take() -> None:
        if name := entry.get("newName") or entry.get("name"):
            tag, digest = entry.get("newTag", ""), entry.get("digest", "")
            found.add(f"{name}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}", line, Scope.RUNTIME)

    for scalar in parsing.scalars_of_yaml(source.raw, source.path):
        if scalar.keys[:2] != ("images", "-") or len(scalar.keys) != 3:  # noqa: PLR2004 - images, item, field
            continue
        field = scalar.keys[2]
        if field in entry:
            take()
            entry = {}
        entry[field] = scalar.value
        line = line if len(entry) > 1 else scalar.line
    take()
    return found.reading()


DOCKERFILE = Reader("dockerfile", _reads_dockerfile, _read_dockerfile)
COMPOSE = Reader("compose", lambda path: bool(_COMPOSE.fullmatch(path)), _read_compose)
KUSTOMIZE = Reader(
    "kustomize", lambda path: path.rpartition("/")[2] in ("kustomization.yaml", "kustomization.yml"), _read_kustomize
)
