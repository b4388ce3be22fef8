"""`docs`: docstrings in the syntax tree, and examples that run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '''"""Greets."""


class Greeter:
    """Greets people."""

    def greet(self, name: str) -> str:
        """Return a greeting.

        >>> Greeter().greet("Ada")
        'hello Ada'
        """
        def inner() -> None: ...
        return f"hello {name}"

    @property
    def tone(self) -> str:
        """The tone."""
        return "kind"

    @tone.setter
    def tone(self, value: str) -> None: ...

    def _hidden(self) -> None: ...
'''
EXAMPLES = f'examples: {{paths: ["src/*.py", "docs/*.md"], run: ["{sys.executable}"], roots: [src]}}'


def _tree(root: Path, source: str = GOOD) -> Path:
    (root / "src").mkdir()
    (root / "docs").mkdir()
    (root / "src" / "greeting.py").write_text(source, encoding="utf-8")
    (root / "docs" / "guide.md").write_text("# Guide\n\n>>> 1 + 1\n2\n", encoding="utf-8")
    return root


def test_passes_where_everything_public_is_documented(tmp_path: Path) -> None:
    """Module, class, method and property count; a setter, an inner function and a private name do not."""
    verdict = judge_entry(_tree(tmp_path), "type: docs, paths: ['src/**']").verdict
    assert (verdict.status, verdict.measured, verdict.inspected) == (Status.PASS, "4/4", 4)


@pytest.mark.parametrize(
    ("mutant", "line"),
    [
        (GOOD.replace('    """Greets people."""\n', '    # """Greets people."""\n'), 4),
        (GOOD.replace('"""Greets."""', 'NAME = """Greets."""'), 1),
        (GOOD.replace('"""The tone."""', '""" """'), 17),
    ],
)
def test_fails_on_a_mutant_at_its_line(tmp_path: Path, mutant: str, line: int) -> None:
    """A comment, a text that has a name, and blanks are no docstring."""
    judged = judge_entry(_tree(tmp_path, mutant), "type: docs, paths: ['src/**']")
    assert (judged.verdict.status, judged.verdict.measured) == (Status.FAIL, "3/4")
    assert [str(place) for place in judged.finding.places] == [f"src/greeting.py:{line}"]


def test_a_share_is_compared_exactly(tmp_path: Path) -> None:
    """3 of 4 are 75 percent and neither more nor less."""
    tree = _tree(tmp_path, GOOD.replace('"""The tone."""', "..."))
    assert judge_entry(tree, "type: docs, paths: ['src/**'], threshold: '>= 75'").verdict.status is Status.PASS
    assert judge_entry(tree, "type: docs, paths: ['src/**'], threshold: '> 75'").verdict.status is Status.FAIL


@pytest.mark.parametrize("content", [b"def f(:\n", b"\xff\xfe\x00", b"x = 1\0"])
def test_fails_on_a_file_that_is_no_python(tmp_path: Path, content: bytes) -> None:
    """What cannot be read is not documented; nothing is passed over, nothing shows a traceback."""
    (tmp_path / "bad.py").write_bytes(content)
    judged = judge_entry(tmp_path, "type: docs")
    assert (judged.verdict.status, judged.finding.places[0].text) == (Status.FAIL, "cannot be read as Python")


def test_is_unmeasured_over_nothing(tmp_path: Path) -> None:
    """No file, and files without a statement, are not 100 percent of anything."""
    (tmp_path / "empty.py").write_text("# nothing\n", encoding="utf-8")
    assert judge_entry(tmp_path, "type: docs").verdict.status is Status.UNMEASURED
    assert judge_entry(tmp_path, "type: docs, paths: ['lib/**']").verdict.status is Status.UNMEASURED


def test_examples_run_in_a_process_of_their_own(tmp_path: Path) -> None:
    """Those of a module and of a document, by what the policy starts."""
    verdict = judge_entry(_tree(tmp_path), f"type: docs, paths: ['src/**'], {EXAMPLES}").verdict
    assert verdict.status is Status.PASS


def test_an_example_that_is_not_true_fails(tmp_path: Path) -> None:
    """The file is named; what the example printed cannot pose as the answer."""
    tree = _tree(tmp_path, GOOD.replace("'hello Ada'", "'hi Ada'"))
    (tree / "src" / "loud.py").write_text('"""Is loud."""\nprint("maximus-examples []")\nraise SystemExit(0)\n')
    judged = judge_entry(tree, f"type: docs, paths: ['src/**'], {EXAMPLES}")
    assert judged.verdict.status is Status.FAIL
    assert {place.path for place in judged.finding.places} == {"src/greeting.py", "src/loud.py"}


def test_documents_without_an_example_are_unmeasured(tmp_path: Path) -> None:
    """`0 examples failed` of no example is no pass."""
    tree = _tree(tmp_path)
    (tree / "docs" / "guide.md").write_text("# Guide\n", encoding="utf-8")
    options = f'examples: {{paths: ["docs/*.md"], run: ["{sys.executable}"]}}'
    assert judge_entry(tree, f"type: docs, paths: ['src/**'], {options}").verdict.status is Status.UNMEASURED
