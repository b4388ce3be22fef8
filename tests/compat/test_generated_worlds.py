"""`draft` makes of generated worlds what release-drafter 7.7.0 made of them, as it was asked once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from actions import dependencies
from tests.compat.judge import digest, run_ours
from tests.compat.worlds import generate

if TYPE_CHECKING:
    from tests.fakehub.fixtures import FakeHub

RESULTS: dict[str, str] = json.loads(Path(__file__).with_name("generated.json").read_text(encoding="utf-8"))["results"]
"""What `python -m tests.compat.judge FOLDER 1 121 --keep FILE` wrote, by seed; see `tests/compat/judge.py`."""


@pytest.mark.parametrize("seed", [int(seed) for seed in RESULTS])
def test_writes_what_release_drafter_wrote(
    seed: int, fakehub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same writes, same outputs, in the terms in which both agree; what had to fail fails and writes nothing."""
    monkeypatch.chdir(tmp_path)
    # The tests' own environment has the packages already.
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)
    made = generate(seed)
    hub = fakehub(made.world, lenient=True)

    outcome = run_ours(made, hub, tmp_path)

    assert digest(outcome) == RESULTS[str(seed)], "python -m tests.compat.judge tells how they differ"
    assert not (outcome.status and outcome.writes)


def test_the_worlds_are_of_many_kinds() -> None:
    """Some fail, most write; a set in which all were alike would prove little."""
    failing = sum(result == "fails" for result in RESULTS.values())
    assert 0 < failing < len(RESULTS) / 4
    assert len(set(RESULTS.values())) > len(RESULTS) / 2


def test_a_seed_makes_the_same_world_everywhere() -> None:
    """The results are only worth something as long as the worlds stay what they were."""
    assert generate(7) == generate(7)
    assert generate(7) != generate(8)
