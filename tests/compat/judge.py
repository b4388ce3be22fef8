"""Ask release-drafter 7.7.0 itself what it makes of a generated world, and compare.

    python -m tests.compat.judge FOLDER 1 2000      # seeds 1 to 1999, each difference told

FOLDER holds release-drafter's built program (`dist/` of its tag v7.7.0); it is not on npm and not part of this project.
It runs under Node against the same fake GitHub as our own action.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions import dependencies
from tests.compat.cases import COMPARED, Outcome, differences, read_outputs, run_world, same_terms
from tests.compat.worlds import Generated, generate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakehub.server import Hub

__all__ = ["case_of", "digest", "main", "run_judge", "run_ours"]

PROGRAM = "dist/actions/drafter/run.js"
SECONDS = 120
"""How long one run of release-drafter may take."""


def case_of(judged: Outcome) -> dict[str, Any]:
    """Return a shared case's form of what release-drafter did."""
    return {
        "expected": {
            "failed": "failed" if judged.status else "",
            "exit": judged.status,
            "writes": [{"method": method, "path": path, "body": body} for method, path, body in judged.writes],
            "outputs": dict(judged.outputs),
        },
    }


def run_ours(made: Generated, hub: Hub, folder: Path) -> Outcome:
    """Run `draft` in a generated world."""
    return run_world(made.event, made.env, made.inputs, hub, folder)


def run_judge(made: Generated, hub: Hub, folder: Path, program: Path) -> Outcome:
    """Run release-drafter in a generated world."""
    event, output = folder / "event.json", folder / "output"
    event.write_text(json.dumps(made.event), encoding="utf-8")
    output.write_text("", encoding="utf-8")
    environment = {
        **made.env,
        "PATH": os.environ["PATH"],
        "GITHUB_API_URL": hub.api_url,
        "GITHUB_GRAPHQL_URL": hub.graphql_url,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_WORKSPACE": str(folder),
        "INPUT_TOKEN": hub.token,
        "GITHUB_TOKEN": hub.token,
        **{f"INPUT_{name.upper()}": value for name, value in made.inputs.items()},
    }
    done = subprocess.run(
        ["node", str(program)],
        env=environment, cwd=folder, capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    writes = tuple((write.method, write.path, write.body) for write in hub.writes)
    outcome = Outcome(done.returncode, writes, read_outputs(output.read_text(encoding="utf-8")))
    (folder / "log").write_bytes(done.stdout + done.stderr)
    return outcome


def digest(outcome: Outcome) -> str:
    """Return a short name of what a run came to, equal for both programs where they agree.

    A failure is a failure; else what was written and put out, in the terms in which both sides agree.
    """
    if outcome.status:
        return "fails"

    def terms(document: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: same_terms(value, outcome.outputs) if key == "body" and isinstance(value, str) else value
            for key, value in document.items()
        }

    told = {
        "writes": [[method, path, terms(body)] for method, path, body in outcome.writes],
        "outputs": terms({key: outcome.outputs.get(key, "") for key in COMPARED}),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _told(found: list[str], theirs: str, ours: str) -> str:
    """Return a difference in short: where two texts part, and what each program complained of."""
    shown = []
    for line in found[:2]:
        one, _, other = line.partition(", not ")
        key, _, value = one.partition(" is ")
        pairs = enumerate(zip(value, other, strict=False))
        start = max(0, next((index for index, (left, right) in pairs if left != right), 0) - 40)
        shown.append(f"{key} … {value[start : start + 120]}  NOT  {other[start : start + 120]}")
    errors = [re.findall(r"^::error[^:]*::(.*)", text, re.MULTILINE)[:1] for text in (theirs, ours)]
    return f"{shown} they: {errors[0]} we: {errors[1]}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Compare the seeds of a range; exit 1 where anything differs."""
    from tests.fakehub.server import Hub  # noqa: PLC0415 - needs packages that only tests have

    parser = argparse.ArgumentParser(prog="python -m tests.compat.judge")
    parser.add_argument("folder", type=Path, help="release-drafter 7.7.0, built")
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--keep", type=Path, help="write the results of the seeds that agree into this file")
    options = parser.parse_args()
    program = (options.folder / PROGRAM).resolve()
    dependencies.make_importable = lambda *_: None  # the tests' own environment has the packages already
    differing = 0
    kept: dict[str, str] = {}
    for seed in range(options.first, options.end):
        made = generate(seed)
        with tempfile.TemporaryDirectory() as name, chdir(name):
            folder = Path(name)
            with Hub(made.world, folder=folder, lenient=True) as hub:
                judged = run_judge(made, hub, folder, program)
                told = (folder / "log").read_text(encoding="utf-8", errors="replace")
            said = StringIO()
            with Hub(made.world, folder=folder, lenient=True) as hub, redirect_stdout(said):
                ours = run_ours(made, hub, folder)
        found = differences(case_of(judged), ours)
        if found:
            differing += 1
            _say(f"seed {seed}: {_told(found, told, said.getvalue())}")
        elif digest(judged) == digest(ours):
            kept[str(seed)] = digest(judged)
    _say(f"{options.end - options.first} worlds, {differing} differ, {len(kept)} of one digest")
    if options.keep:
        options.keep.write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
