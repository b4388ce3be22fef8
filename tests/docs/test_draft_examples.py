"""Every example of ours that drafts a release keeps what people write into the draft."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from actions.declare import find_action

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/**/*.md")})
DRAFT = re.compile(r"maximus/actions/draft@v\d+|\./draft")
RELEASE = re.compile(r"maximus/actions@v\d+|\./")


def steps(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - foreign YAML
    """Yield every step of a workflow or a part of one."""
    if isinstance(node, dict):
        if "uses" in node:
            yield node
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from steps(child)


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Return every step in our pages and workflows that may draft a release, with where it stands."""
    found = []
    texts = {path: path.read_text(encoding="utf-8") for path in [*PAGES, *ROOT.glob(".github/workflows/*.yml")]}
    for path, text in texts.items():
        blocks = [text] if path.suffix == ".yml" else re.findall(r"(?ms)^```yaml\n(.*?)^```$", text)
        for block in blocks:
            found += [(path.relative_to(ROOT).as_posix(), step) for step in steps(yaml.safe_load(block))]
    return [(place, step) for place, step in found if DRAFT.fullmatch(step["uses"]) or RELEASE.fullmatch(step["uses"])]


EXAMPLES = examples()


def test_there_are_examples() -> None:
    """Of both actions; a search that finds nothing would prove nothing."""
    assert {bool(DRAFT.fullmatch(step["uses"])) for _, step in EXAMPLES} == {True, False}


@pytest.mark.parametrize(("place", "step"), EXAMPLES, ids=[place for place, _ in EXAMPLES])
def test_edits_are_protected_in_every_example(place: str, step: dict[str, Any]) -> None:
    """`draft` has to be asked, as a plain call writes release-drafter's bytes; the whole release does it by itself."""
    given = step.get("with", {})
    if given.get("mode") == "rollback":
        return
    action = find_action("draft" if DRAFT.fullmatch(step["uses"]) else "release")
    default = next(item.default for item in action.inputs() if item.name == "protect-edits")
    assert given.get("protect-edits", default) is True, place
