"""With a checkout `draft` writes what it writes without one: release-drafter's result, in every shared case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actions import dependencies
from tests.compat.cases import differences, run_case
from tests.compat.checkouts import comparing_cases, make_checkout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub

EVERY = 12
"""One case in so many is tried here; by hand, 1 takes all."""


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in comparing_cases()[::EVERY]])
def test_a_checkout_changes_nothing_about_the_result(
    case: dict[str, Any], fakehub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commits out of git, numbers out of subjects and accounts out of addresses give the same notes."""
    made = make_checkout(case, tmp_path / "checkout")
    if made is None:
        return
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)
    hub = fakehub(made["world"], lenient=True)

    outcome = run_case(made, hub, tmp_path)

    assert differences(made, outcome) == []
    leads = [exchange.reply["data"]["repository"] for exchange in hub.log if exchange.operation == "Tips"]
    is_known = all(node is not None for found in leads for node in found.values())
    assert ("Comparison" in {exchange.operation for exchange in hub.log}) is not is_known
