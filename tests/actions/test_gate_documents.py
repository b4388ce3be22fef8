"""The pages about gates: their examples are run, their entries complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maximus.gating.checks import TYPES
from maximus.gating.policy import PRESETS, load_policy
from tools.gate_examples import PAGES, written

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_example_prints_what_the_page_says(name: str) -> None:
    """`tools/gate_examples.py` would change nothing."""
    page = (ROOT / name).read_text(encoding="utf-8")
    assert page.count("<!-- gate: ") >= 3
    assert written(page) == page


def test_an_example_that_lies_is_put_right() -> None:
    """A page cannot say that a failing gate passed."""
    page = (ROOT / PAGES[0]).read_text(encoding="utf-8")
    assert written(page.replace("2 of 2 checks pass", "3 of 3 checks pass", 1)) == page


@pytest.mark.parametrize("kind", TYPES)
def test_every_check_type_has_its_entry(kind: str) -> None:
    """What it looks for, an example that can be used, and when it fails or is unmeasured."""
    found = re.search(rf"^### `{kind}`$(?P<text>.*?)(?=^##)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found, kind
    (example,) = re.findall(r"```yaml\n(.*?)```", found["text"], re.DOTALL)
    policy = "version: 1\nchecks:\n" + "".join(f"  {line}\n" for line in example.splitlines())
    assert {entry.type for entry in load_policy(policy.encode(), kind).entries} == {kind}
    assert re.search(r"[Uu]nmeasured", found["text"])
    assert "Since 1.0." in found["text"]


def test_the_policy_of_the_reference_can_be_used() -> None:
    """The first block is a whole policy."""
    text = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)[0]
    found = load_policy(text.encode(), "docs/gate.md")
    assert (found.name, len(found.groups), found.left_out[0].id) == ("checklist", 7, "production-ready")


def test_every_preset_and_common_key_is_listed() -> None:
    """Nothing that a policy may say is missing in the tables."""
    assert [name for name in PRESETS if f"| `{name}` |" not in REFERENCE] == []
    keys = ("id", "type", "title", "group", "source", "expected-min", "hint", "waiver", "allow-unmeasured")
    assert [name for name in keys if f"| `{name}` |" not in REFERENCE] == []
