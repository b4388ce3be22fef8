"""`pins`: every action by the commit's 40 digits, every image by its digest, top-level permissions in each workflow.

    - id: pins
      type: pins
      kinds: [actions, images, permissions]
      belongs: true
      source: T3

Looks at the workflows and actions of the tree, at Dockerfiles and compose files; 100 % or it fails. With `belongs`
(the default) GitHub is asked whether each commit is one of the repository it is taken from, reached by its default
branch or by a tag: the API gives out commits of forks under the name of the original too, which is how a pin is
spoofed. Without a token this half is unmeasured, and so is the check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from maximus.errors import Error
from maximus.gating.check import Finding, Place, Status
from maximus.gating.references import (
    Reference,
    of_action,
    of_compose,
    of_dockerfile,
    of_workflow,
    permissions_fault,
)
from maximus.yaml import load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from maximus.gating.check import Answer, Context, Fields
    from maximus.gating.worktree import Tree
    from maximus.yaml import Node

__all__ = ["MAX_ASKED", "Pins", "read"]

MAX_ASKED: Final = 300
"""How many different commits GitHub is asked about."""
MAX_TAG_PAGES: Final = 10
"""How many pages of a hundred tags are looked through for one commit."""

KINDS: Final = ("actions", "images", "permissions")
_WORKFLOW: Final = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_ACTION: Final = re.compile(r"(?:.*/)?action\.ya?ml", re.DOTALL)
_COMPOSE: Final = re.compile(r"(?:.*/)?(?:docker-)?compose(?:[.-][^/]*)?\.ya?ml", re.DOTALL)
_DOCKERFILE: Final = re.compile(r"(?:.*/)?(?:(?:Dockerfile|Containerfile)(?:\.[^/]*)?|[^/]*\.[Dd]ockerfile)", re.DOTALL)


@dataclass(slots=True)
class _Looked:
    """What was found so far."""

    references: list[tuple[str, Reference]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    """What does not hold."""
    inspected: int = 0
    """How many things were looked at: references, the permissions of workflows, and files that cannot be read."""

    def fail(self, path: str, line: int, text: str) -> None:
        """Remember what does not hold."""
        self.places.append(Place(path, line, text))

    def broken(self, path: str, why: str) -> None:
        """Remember a file that cannot be read: what it takes is not known, so that it is not pinned."""
        self.inspected += 1
        self.fail(path, 0, why)


@dataclass(frozen=True, slots=True)
class Pins:
    """The options."""

    kinds: frozenset[str]
    paths: tuple[str, ...]
    belongs: bool
    """Whether GitHub is asked about each commit."""

    def judge(self, context: Context) -> Finding:
        """Read what the tree takes from elsewhere, and ask."""
        looked = _Looked()
        for path in context.tree.select(self.paths):
            self._look(context.tree, path, looked)
        shas = sorted({(item.repository, item.sha) for _, item in looked.references if item.sha})
        asked = _ask_all(context.ask, shas) if self.belongs and context.ask is not None else {}
        for path, reference in looked.references:
            fault = reference.fault or asked.get((reference.repository, reference.sha), "")
            if fault:
                looked.fail(path, reference.line, f"{reference.text}: {fault}")
        unasked = len(shas) - len(asked) if self.belongs else 0
        return self._finding(looked, unasked, is_alone=context.ask is None)

    def _finding(self, looked: _Looked, unasked: int, *, is_alone: bool) -> Finding:
        wrong, count = len(looked.places), looked.inspected
        gap = ""
        if unasked:
            why = "there is no token" if is_alone else f"more than {MAX_ASKED} are there"
            gap = f"whether {unasked} commits belong to their repositories was not measured: {why}"
        status = Status.FAIL if wrong else Status.UNMEASURED if gap else Status.PASS
        wrong_text = f"{wrong} of {count} are not pinned, or not limited" if wrong else ""
        return Finding(
            status,
            count,
            measured=f"{count - wrong}/{count}",
            threshold="100 %",
            unit="references and workflows",
            reason="; ".join(part for part in (wrong_text, gap) if part),
            hint="Write the commit's 40 digits and the tag in a comment behind it; Dependabot keeps both up to date.",
            places=tuple(sorted(looked.places, key=lambda place: (place.path, place.line, place.text))),
        )

    def _look(self, tree: Tree, path: str, looked: _Looked) -> None:
        """Read one file, if it is one that takes things from elsewhere."""
        is_workflow = bool(_WORKFLOW.fullmatch(path))
        if is_workflow or _ACTION.fullmatch(path) or _COMPOSE.fullmatch(path):
            root = _load(tree, path, looked)
            if root is None:
                return
            of = of_workflow if is_workflow else of_action if _ACTION.fullmatch(path) else of_compose
            self._take(path, of(root), looked)
            if is_workflow and "permissions" in self.kinds:
                looked.inspected += 1
                fault = permissions_fault(root)
                if fault:
                    looked.fail(path, 1, fault)
        elif _DOCKERFILE.fullmatch(path) and "images" in self.kinds:
            raw = tree.read(path)
            if raw is None:
                looked.broken(path, "it is larger than can be read")
            else:
                self._take(path, of_dockerfile(raw.decode("utf-8", "replace")), looked)

    def _take(self, path: str, found: Iterable[Reference], looked: _Looked) -> None:
        taken = [(path, reference) for reference in found if reference.kind.value in self.kinds]
        looked.references += taken
        looked.inspected += len(taken)


def _load(tree: Tree, path: str, looked: _Looked) -> Node | None:
    """Return a YAML file's content; one that cannot be read is a fault, because what it takes is not known."""
    raw = tree.read(path)
    if raw is None:
        looked.broken(path, "it is larger than can be read")
        return None
    try:
        return load_yaml(raw.decode("utf-8-sig"), path)
    except UnicodeDecodeError:
        looked.broken(path, "it is not UTF-8")
    except Error as fault:
        looked.broken(path, f"{fault.what}: {fault.why}")
    return None


def _ask_all(ask: Callable[[str], Answer], shas: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return for each commit why it is none of its repository's, empty where it is one; no more than MAX_ASKED."""
    return {(repository, sha): _ask_about(ask, repository, sha) for repository, sha in shas[:MAX_ASKED]}


def _ask_about(ask: Callable[[str], Answer], repository: str, sha: str) -> str:
    """Return why a commit is none of a repository's; raises what asking raises."""
    home = f"/repos/{repository}"
    commit = ask(f"{home}/commits/{sha}?per_page=1")
    if commit.status != _OK or not isinstance(commit.document, dict) or commit.document.get("sha") != sha:
        return f"{repository} has no such commit"
    told = ask(home)
    branch = told.document.get("default_branch") if isinstance(told.document, dict) else None
    if isinstance(branch, str):
        compared = ask(f"{home}/compare/{quote(branch, safe='')}...{sha}?per_page=1")
        if isinstance(compared.document, dict) and compared.document.get("status") in ("behind", "identical"):
            return ""
    for page in range(1, MAX_TAG_PAGES + 1):
        tags = ask(f"{home}/tags?per_page={_PAGE}&page={page}").document
        if not isinstance(tags, list):
            break
        if any(isinstance(tag, dict) and (tag.get("commit") or {}).get("sha") == sha for tag in tags):
            return ""
        if len(tags) < _PAGE:
            break
    return f"neither the default branch nor a tag of {repository} has this commit: it may be a fork's"


_OK: Final = 200
_PAGE: Final = 100


def read(fields: Fields) -> Pins:
    """Take `kinds`, `paths` and `belongs` out of a policy's entry."""
    kinds = fields.texts("kinds", KINDS)
    for kind in kinds:
        if kind not in KINDS:
            fields.fault("kinds", f"{kind!r} is not known: known are {', '.join(KINDS)}")
    return Pins(frozenset(kinds), fields.paths(), fields.flag("belongs", default=True))
