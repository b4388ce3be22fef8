"""Running `draft` in tests as the runner runs it, against the fake GitHub."""

from __future__ import annotations

import json
import re
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from actions import command, dependencies
from maximus.github import client as github_client
from tests.fakehub.__main__ import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.fakehub.server import Hub

REPOSITORY = "acme/app"
RELEASES = f"/repos/{REPOSITORY}/releases"


class Run:
    """One run of the action: its exit status, outputs, summary and log."""

    def __init__(self, status: int, outputs: Mapping[str, str], summary: str, log: str) -> None:
        self.status = status
        self.outputs = outputs
        self.summary = summary
        self.log = log


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait between two tries; nobody really waits."""
    found: list[float] = []
    monkeypatch.setattr(github_client, "time", SimpleNamespace(sleep=found.append, time=time.time))
    return found


@pytest.fixture
def draft(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    waits: list[float],  # noqa: ARG001 - nobody waits
) -> Callable[..., Run]:
    """Run `draft` in an empty working folder, with the variables of a job in the hub's world."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    # The tests' own environment has the packages already.
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)

    def run(hub: Hub, inputs: Mapping[str, str] | None = None, **variables: str) -> Run:
        output, summary = tmp_path / "output", tmp_path / "summary"
        output.write_text("", encoding="utf-8")
        summary.write_text("", encoding="utf-8")
        environment = {
            **hub.environment(),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "MAXIMUS_INPUTS": json.dumps(inputs or {}),
            **variables,
        }
        status = command.main(["draft"], environment)
        entries = re.finditer(r"(?ms)^([\w-]+)<<(maximus-\w+)\n(.*?)\n\2$", output.read_text(encoding="utf-8"))
        shown = capsys.readouterr()
        return Run(
            status,
            {entry[1]: entry[3] for entry in entries},
            summary.read_text(encoding="utf-8"),
            shown.out + shown.err,
        )

    return run


def world(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the example's world, its repository changed."""
    made: dict[str, Any] = json.loads(json.dumps(EXAMPLE))
    made["repos"][REPOSITORY] |= changes
    return made


def configured(text: str) -> dict[str, Any]:
    """Return the example's world with another configuration."""
    return world(files={"*": {".github/release-drafter.yml": text}})


def release_folder(**files: str) -> None:
    """Fill `release/` in the working folder; `_` in a name stands for its full stop."""
    from pathlib import Path  # noqa: PLC0415 - only for annotations above

    for name, content in files.items():
        path = Path("release") / name.replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")


def drafts(hub: Hub) -> list[dict[str, Any]]:
    """Return the drafts of the repository."""
    return [release for release in hub.release_state[REPOSITORY] if release["draft"]]
