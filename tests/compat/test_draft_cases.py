"""`draft` writes what release-drafter 7.7.0 wrote, in every shared case."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from actions import dependencies
from tests.compat.cases import CASES, differences, load_cases, run_case
from tests.fakehub.fixtures import REQUIRED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub

COUNT = 600
"""How many of the 602 cases are about `draft`; the other two are about labels."""


def test_the_shared_cases_are_there() -> None:
    """Without the cases nothing below is measured, which is said aloud, and is a failure where they are required."""
    if CASES.is_file():
        assert len(load_cases()) == COUNT
    elif os.environ.get(REQUIRED) == "1" and CASES.parents[1].is_dir():
        pytest.fail(f"unmeasured: {CASES} is missing beside the project")
    else:
        pytest.skip(f"UNMEASURED: compatibility with release-drafter: there is no {CASES}")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in load_cases()])
def test_writes_what_release_drafter_wrote(
    case: dict[str, Any], fakehub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same writes in order, same versions, same body; a case that had to fail fails and writes nothing."""
    monkeypatch.chdir(tmp_path)
    # The tests' own environment has the packages already.
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)

    outcome = run_case(case, fakehub(case["world"], lenient=True), tmp_path)

    assert differences(case, outcome) == []
