"""Every code of an error stands for one fault, for ever."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"[A-Z]{3,6}\d{3}")


@dataclass(frozen=True, slots=True)
class Raised:
    """One place where an Error is made."""

    code: str
    """Empty where it is not written there but handed on."""
    text: str
    """A pattern of what happened: `.*` stands for what is filled in."""
    fix: str
    """Likewise of what to do."""
    where: str


def read_text(node: ast.expr) -> str:
    """Return a pattern for the texts that an expression can be."""
    match node:
        case ast.Constant(value=str() as text):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(read_text(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return read_text(left) + read_text(right)
    return ".*"


def find_raised() -> list[Raised]:
    """Return every place in lib/ and actions/ where an Error is made."""
    found = []
    for path in sorted([*(ROOT / "lib").rglob("*.py"), *(ROOT / "actions").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Error":
                code = node.args[0]
                written = code.value if isinstance(code, ast.Constant) and isinstance(code.value, str) else ""
                text = read_text(node.args[1]) if len(node.args) > 1 else ".*"
                fix = next((read_text(word.value) for word in node.keywords if word.arg == "fix"), "")
                found.append(Raised(written, text, fix, f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"))
    return found


RAISED = find_raised()
CODES = sorted({item.code for item in RAISED if item.code})


def is_one_fault(first: str, second: str) -> bool:
    """Tell whether one text can be the other, with something filled in."""

    def filled(pattern: str) -> str:
        return re.sub(r"\\(.)", r"\1", pattern.replace(".*", "x"))

    return bool(re.fullmatch(first, filled(second)) or re.fullmatch(second, filled(first)))


def test_every_code_has_its_form() -> None:
    """Three to six capitals and three digits, as documents and workflows match them."""
    assert [item for item in RAISED if item.code and not CODE.fullmatch(item.code)] == []


@pytest.mark.parametrize("code", CODES)
def test_a_code_stands_for_one_fault(code: str) -> None:
    """Wherever a code is raised, it says the same with other names filled in: who looks it up finds one cause."""
    places = [item for item in RAISED if item.code == code]
    first = max(places, key=lambda item: len(item.text.replace(".*", "")))

    assert [(item.where, item.text) for item in places if not is_one_fault(first.text, item.text)] == []


def test_an_error_is_worded_in_one_place() -> None:
    """Who raises the same with the same advice calls one function for it, so that no second wording can drift."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for item in RAISED:
        if item.code:
            places.setdefault((item.code, item.text, item.fix), []).append(item.where)

    assert {words: found for words, found in places.items() if len(found) > 1} == {}


def test_a_family_belongs_to_one_area() -> None:
    """Codes with the same letters are drawn in one area and its action; a leaf's own code may be raised by all."""
    drawn = [item for item in RAISED if item.code and item.where.startswith("lib/")]
    # lib/maximus/<leaf>.py has no further folder.
    of_leaves = {item.code for item in drawn if item.where.count("/") == 2}
    areas: dict[str, set[str]] = {}
    for item in drawn:
        if item.code not in of_leaves:
            areas.setdefault(item.code.rstrip("0123456789"), set()).add(item.where.split("/")[2])

    assert {family: found for family, found in areas.items() if len(found) > 1} == {}


def test_every_code_is_documented() -> None:
    """docs/errors.md has a line for each."""
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")

    assert [code for code in CODES if f"`{code}`" not in page] == []


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("cannot\\ read\\ .*", "cannot\\ read\\ .*", True),
        ("GitHub\\ refused\\ .*", "GitHub\\ refused\\ a\\ query", True),
        ("GitHub\\ refused\\ .*", "it\\ is\\ not\\ JSON", False),
        ("option\\ .*\\ is\\ empty", "option\\ .*\\ stands\\ .*\\ times", False),
    ],
)
def test_the_comparison_can_tell_faults_apart(first: str, second: str, *, same: bool) -> None:
    """The test above can fail: other words are another fault, other names are not."""
    assert is_one_fault(first, second) == same
