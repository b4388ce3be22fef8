"""`label` does what release-drafter 7.7.0's autolabeler did, in every shared case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actions import dependencies
from tests.compat.cases import CASES, differences, load_cases, run_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub

COUNT = 2
"""How many of the 602 cases are about labels."""


def test_the_shared_cases_are_there() -> None:
    """As for `draft`, whose test says aloud where the file is missing: all of them, or none."""
    assert len(load_cases("autolabeler")) == (COUNT if CASES.is_file() else 0)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in load_cases("autolabeler")])
def test_labels_as_release_drafter_did(
    case: dict[str, Any], fakehub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same writes, same outputs."""
    monkeypatch.chdir(tmp_path)
    # The tests' own environment has the packages already.
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)

    outcome = run_case(case, fakehub(case["world"], lenient=True), tmp_path, "label")

    assert differences(case, outcome, ("number", "labels")) == []
