"""What workflows, actions, Dockerfiles and compose files take from elsewhere, and whether each is pinned. Pure.

An action is pinned by a commit's 40 digits, an image by its digest; everything else can be moved by its owner.
See: docs.github.com, "Security hardening for GitHub Actions"; the Dockerfile and Compose references.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.yaml import Node

__all__ = ["Kind", "Reference", "of_action", "of_compose", "of_dockerfile", "of_workflow", "permissions_fault"]


class Kind(enum.StrEnum):
    """What is taken."""

    ACTION = "actions"
    IMAGE = "images"


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing that is taken from elsewhere."""

    kind: Kind
    text: str
    """As it is written."""
    line: int
    fault: str = ""
    """Why it is not pinned; empty where it is."""
    repository: str = ""
    """An action's `owner/name`."""
    sha: str = ""
    """The commit that an action is pinned by."""


_PINNED: Final = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:/[^@\s]+)?@(?P<ref>\S+)")
_SHA: Final = re.compile(r"[0-9a-f]{40}")
_DIGEST: Final = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
_NO_DIGEST: Final = "the image has no digest"


def action_of(text: str, line: int) -> Reference | None:
    """Return what a `uses:` takes; None for what lies in the same repository, and so is pinned by its own commit."""
    if text.startswith(("./", "../")):
        return None
    if text.startswith("docker://"):
        return image_of(text.removeprefix("docker://"), line, text)
    found = _PINNED.fullmatch(text)
    if not found:
        return Reference(Kind.ACTION, text, line, "it is not `owner/name@commit`")
    if not _SHA.fullmatch(found["ref"]):
        is_short = re.fullmatch(r"[0-9a-fA-F]{7,40}", found["ref"])
        fault = "a shortened or capital commit can be spoofed" if is_short else f"`{found['ref']}` can be moved"
        return Reference(Kind.ACTION, text, line, fault, found["repository"])
    return Reference(Kind.ACTION, text, line, "", found["repository"], found["ref"])


def image_of(image: str, line: int, text: str = "") -> Reference:
    """Return an image that is taken."""
    is_open = "${{" in image or "$" in image.partition("@")[2]
    fault = "which image it is stands in no file" if is_open else "" if _DIGEST.fullmatch(image) else _NO_DIGEST
    return Reference(Kind.IMAGE, text or image, line, fault)


# Workflows and actions


def of_workflow(root: Node) -> Iterator[Reference]:
    """Yield what the jobs of a workflow take: actions, reusable workflows, images of containers and services."""
    for job in _values(_at(root, "jobs")):
        yield from _uses(job)
        container = _at(job, "container")
        if container is not None:
            yield from _image(_at(container, "image") if isinstance(container.value, dict) else container)
        for service in _values(_at(job, "services")):
            yield from _image(_at(service, "image") if isinstance(service.value, dict) else service)
        for step in _items(_at(job, "steps")):
            yield from _uses(step)


def of_action(root: Node) -> Iterator[Reference]:
    """Yield what an action of the tree takes: the steps of a composite one, the image of one that is a container."""
    runs = _at(root, "runs")
    for step in _items(_at(runs, "steps")):
        yield from _uses(step)
    image = _at(runs, "image")
    # Without the scheme it is a Dockerfile beside it, which is looked at as such.
    if image is not None and isinstance(image.value, str) and image.value.startswith("docker://"):
        yield image_of(image.value.removeprefix("docker://"), image.line, image.value)


def permissions_fault(root: Node) -> str:
    """Return what is wrong with a workflow's top-level permissions; empty where they are stated and not everything."""
    found = _at(root, "permissions")
    if found is None:
        return "the workflow has no top-level `permissions`, so its token may do what the repository's default says"
    return "the top-level `permissions` are `write-all`" if found.value == "write-all" else ""


def _uses(node: Node) -> Iterator[Reference]:
    found = _at(node, "uses")
    if found is not None:
        taken = action_of(_text(found), found.line)
        if taken is not None:
            yield taken


def _image(node: Node | None) -> Iterator[Reference]:
    # An empty text is no container.
    if node is not None and (text := _text(node)):
        yield image_of(text, node.line)


def _at(node: Node | None, key: str) -> Node | None:
    return node.value.get(key) if node is not None and isinstance(node.value, dict) else None


def _values(node: Node | None) -> list[Node]:
    return list(node.value.values()) if node is not None and isinstance(node.value, dict) else []


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _text(node: Node) -> str:
    return node.value.strip() if isinstance(node.value, str) else node.text


# Compose files

_VARIABLE: Final = re.compile(r"\$\{[A-Za-z_]\w*:?-(?P<default>[^}$]*)\}")


def of_compose(root: Node) -> Iterator[Reference]:
    """Yield the images that services take; one that is built has a name of its own, and its Dockerfile counts."""
    for service in _values(_at(root, "services")):
        image = _at(service, "image")
        if image is None or _at(service, "build") is not None:
            continue
        text = _text(image)
        # A default is what is taken where nobody says otherwise.
        yield image_of(_VARIABLE.sub(lambda found: found["default"], text), image.line, text)


# Dockerfiles

_INSTRUCTION: Final = re.compile(r"\s*(?P<name>[A-Za-z]+)\s+(?P<rest>.*)", re.DOTALL)
_SYNTAX: Final = re.compile(r"#\s*syntax\s*=\s*(?P<image>\S+)\s*", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"#\s*escape\s*=\s*(?P<sign>[\\`])\s*", re.IGNORECASE)
_HEREDOC: Final = re.compile(r"<<-?(?P<quote>[\"']?)(?P<end>\w+)(?P=quote)")
_ARGUMENT: Final = re.compile(r"(?P<name>\w+)=(?P<value>\"[^\"]*\"|'[^']*'|\S*)")
_USE: Final = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<plain>\w+))")
_HEREDOC_IN: Final = frozenset({"RUN", "COPY", "ADD"})


def of_dockerfile(text: str) -> Iterator[Reference]:
    """Yield the images that a Dockerfile takes: bases, what `COPY --from` names, and its syntax."""
    arguments: dict[str, str] = {}
    stages: set[str] = set()
    is_begun = False
    for line, name, rest in _instructions(text):
        if name == "SYNTAX":
            yield image_of(rest, line)
        elif name == "ARG" and not is_begun:
            arguments |= {found["name"]: found["value"].strip("\"'") for found in _ARGUMENT.finditer(rest)}
        elif name == "FROM":
            is_begun = True
            words = [word for word in rest.split() if not word.startswith("--")]
            yield from _base(words, arguments, stages, line)
            if len(words) > 2 and words[1].upper() == "AS":  # noqa: PLR2004 - FROM image AS name
                stages.add(words[2].lower())
        elif name in ("COPY", "ADD"):
            source = next((word[7:] for word in rest.split() if word.startswith("--from=")), "")
            if source and not source.isdigit() and source.lower() not in stages:
                yield image_of(_filled(source, arguments), line, source)


def _base(words: list[str], arguments: dict[str, str], stages: set[str], line: int) -> Iterator[Reference]:
    if words:
        image = _filled(words[0], arguments)
        if image.lower() not in stages and image != "scratch":
            yield image_of(image, line, words[0])


def _filled(image: str, arguments: dict[str, str]) -> str:
    """Return an image's name with its arguments' defaults; one without a default stays, and is not pinned."""
    return _USE.sub(
        lambda found: arguments.get(found["braced"] or found["plain"], "") or found["default"] or found[0], image
    )


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each instruction with its first line; continued lines joined, comments and here-documents left out."""
    lines = text.splitlines()
    escape, number, is_head = "\\", 0, True
    while number < len(lines):
        begin, line = number + 1, lines[number]
        number += 1
        if line.lstrip().startswith("#") or not line.strip():
            # Directives stand before everything else.
            if is_head and (found := _SYNTAX.fullmatch(line.strip())):
                yield begin, "SYNTAX", found["image"]
            elif is_head and (found := _ESCAPE.fullmatch(line.strip())):
                escape = found["sign"]
            continue
        is_head = False
        parts = [line]
        while parts[-1].rstrip().endswith(escape) and number < len(lines):
            parts[-1] = parts[-1].rstrip()[:-1]
            # Comments may stand between continued lines.
            if not lines[number].lstrip().startswith("#"):
                parts.append(lines[number])
            else:
                parts[-1] += escape
            number += 1
        found = _INSTRUCTION.fullmatch(" ".join(parts))
        if not found:
            continue
        name = found["name"].upper()
        for heredoc in _HEREDOC.finditer(found["rest"]) if name in _HEREDOC_IN else ():
            while number < len(lines) and lines[number].strip() != heredoc["end"]:
                number += 1
            number += 1
        yield begin, name, found["rest"].strip()
