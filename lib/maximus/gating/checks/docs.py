"""`docs`: every module, class and function has a docstring, and the examples in the documents run.

    - id: documented
      type: docs
      paths: ["src/**/*.py", "!src/**/test_*.py"]
      threshold: ">= 100"
      examples: { paths: ["docs/**/*.md"], timeout: 120 }
      source: Doctrine, article X

Docstrings are counted in the syntax tree, so a comment or a text elsewhere is none. Examples are doctest's; they run
in a process of their own, with what `run` starts (default `python3`).
"""

from __future__ import annotations

import ast
import json
import warnings
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from maximus.gating.bounds import Bound, read_bound
from maximus.gating.check import Finding, Place, Status
from maximus.gating.checks.command import TIMEOUT, last_words
from maximus.gating.processes import MAX_TIMEOUT, run_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.gating.check import Context, Fields

__all__ = ["Docs", "Examples", "docstrings", "read"]

_RUNNER = """
import contextlib, doctest, importlib, json, os, sys
answer = sys.stdout
counts = []
with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
    for root in json.loads(sys.argv[1]):
        sys.path.insert(0, os.path.abspath(root))
    for path, module in json.loads(sys.argv[2]):
        try:
            if module:
                found = doctest.testmod(importlib.import_module(module))
            else:
                found = doctest.testfile(os.path.abspath(path), module_relative=False, encoding="utf-8")
            counts.append([path, found.attempted, found.failed, ""])
        except BaseException as fault:
            counts.append([path, 0, 1, "%s: %s" % (type(fault).__name__, fault)])
answer.write("\\nmaximus-examples " + json.dumps(counts) + "\\n")
"""
_ANSWER = "maximus-examples "


@dataclass(frozen=True, slots=True)
class Examples:
    """Which examples run, and how."""

    paths: tuple[str, ...]
    program: tuple[str, ...]
    roots: tuple[str, ...]
    """Folders from which modules are imported."""
    timeout: int


@dataclass(frozen=True, slots=True)
class Docs:
    """The options."""

    paths: tuple[str, ...]
    private: bool
    """Whether names that begin with an underscore count as well."""
    bound: Bound
    examples: Examples | None

    def judge(self, context: Context) -> Finding:
        """Count the docstrings, then run the examples."""
        total, missing = 0, list[Place]()
        files = context.tree.select(self.paths)
        for path in files:
            raw = context.tree.read(path)
            found = docstrings(raw, private=self.private) if raw is not None else None
            if found is None:
                missing.append(Place(path, 0, "cannot be read as Python"))
                total += 1
                continue
            total += len(found)
            missing += [Place(path, line, f"{name} has no docstring") for name, line, is_there in found if not is_there]
        if not total:
            return Finding(Status.UNMEASURED, 0, reason=f"nothing to document matches {', '.join(self.paths)}")
        share = Fraction(100 * (total - len(missing)), total)
        holds = self.bound.holds(share)
        ran = _run(self.examples, context) if self.examples else None
        status = Status.PASS if holds else Status.FAIL
        reason = "" if holds else f"{len(missing)} of {total} have no docstring"
        if ran is not None and (ran.status is Status.FAIL or (ran.status is Status.UNMEASURED and holds)):
            status, reason = ran.status, "; ".join(part for part in (reason, ran.reason) if part)
        return Finding(
            status,
            total,
            measured=f"{total - len(missing)}/{total}",
            threshold=f"{self.bound} %",
            unit="docstrings",
            reason=reason,
            hint="Say in one sentence what each promises; mend the examples that do not run.",
            places=(*([] if holds else missing), *(ran.places if ran else ())),
        )


def docstrings(raw: bytes, *, private: bool) -> list[tuple[str, int, bool]] | None:
    """Return each thing of a Python file that wants a docstring: name, line, and whether it has one.

    None for a file that is no Python. A function inside a function is its own business; an overload and a property's
    setter say nothing that is not said already.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # A file without a statement has nothing to say.
    found = [("the module", 1, bool(ast.get_docstring(tree)))] if tree.body else []
    return found + list(_inside(tree, "", private=private))


def _inside(node: ast.Module | ast.ClassDef, prefix: str, *, private: bool) -> Iterator[tuple[str, int, bool]]:
    for item in node.body:
        if not isinstance(item, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        name = f"{prefix}{item.name}"
        if (item.name.startswith("_") and not private) or _says_it_again(item):
            continue
        yield name, item.lineno, bool(ast.get_docstring(item))
        if isinstance(item, ast.ClassDef):
            yield from _inside(item, f"{name}.", private=private)


def _says_it_again(item: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = [ast.unparse(decorator) for decorator in item.decorator_list]
    return any(name.split(".")[-1] in ("overload", "setter", "deleter") for name in names)


def _run(examples: Examples, context: Context) -> Finding:
    files = context.tree.select(examples.paths)
    if not files:
        return Finding(Status.UNMEASURED, 0, reason=f"no file with examples matches {', '.join(examples.paths)}")
    pairs = [(path, _module(path, examples.roots) if path.endswith(".py") else "") for path in files]
    command = (*examples.program, "-c", _RUNNER, json.dumps(examples.roots), json.dumps(pairs))
    # An import leaves byte-code beside the module, and a check leaves the tree as it was.
    environment = {**context.environment, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = run_program(command, context.tree.root, environment, examples.timeout)
    answer = next((line for line in reversed(ran.lines) if line.startswith(_ANSWER)), "")
    if not answer:
        why = f"did not end within {examples.timeout} seconds" if ran.status is None else last_words(ran)
        return Finding(Status.FAIL, 1, reason=f"the examples were not run to their end: {why}")
    counts = json.loads(answer.removeprefix(_ANSWER))
    attempted = sum(count for _, count, _, _ in counts)
    places = tuple(
        Place(path, 0, why or f"{failed} of {count} examples do not give what they say")
        for path, count, failed, why in counts
        if failed
    )
    if places:
        return Finding(Status.FAIL, attempted, reason=f"examples of {len(places)} files fail", places=places)
    if not attempted:
        return Finding(Status.UNMEASURED, 0, reason=f"{len(files)} files hold no example")
    return Finding(Status.PASS, attempted)


def _module(path: str, roots: tuple[str, ...]) -> str:
    """Return the name under which a file is imported from the first root that it lies below."""
    for root in roots:
        prefix = "" if root in (".", "") else f"{root.rstrip('/')}/"
        if path.startswith(prefix):
            return path.removeprefix(prefix).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return path.removesuffix(".py").replace("/", ".")


def read(fields: Fields) -> Docs:
    """Take the options out of a policy's entry."""
    bound = read_bound(fields, default=">= 100") or Bound(">=", Fraction(100))
    paths, private = fields.paths("paths", ("**/*.py",)), fields.flag("private", default=False)
    nested = fields.nested("examples")
    examples = None
    if nested is not None:
        examples = Examples(
            nested.paths("paths"),
            nested.texts("run", ("python3",)),
            nested.texts("roots", (".",)),
            nested.whole("timeout", TIMEOUT, least=1, most=MAX_TIMEOUT),
        )
    return Docs(paths, private, bound, examples)
