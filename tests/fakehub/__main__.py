"""Serve a world in the foreground, to try an action against it by hand.

    python3 -m tests.fakehub                      # a small world of its own
    python3 -m tests.fakehub --world world.json   # a world as `tests.fakehub.reading` describes it
    python3 -m tests.fakehub --enterprise         # with the addresses of GitHub Enterprise Server

It prints the job's environment, ready to be pasted into another terminal, then every request as it comes.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakehub.descriptions import unmeasured

if TYPE_CHECKING:
    from typing import NoReturn

    from tests.fakehub.server import Hub

__all__ = ["EXAMPLE", "main"]

UNMEASURED_STATUS = 70
"""The exit status that says nothing was looked at."""

_LOOK_SECONDS = 0.1

_SHAS = ("1" * 40, "2" * 40, "3" * 40)

EXAMPLE: dict[str, Any] = {
    "repos": {
        "acme/app": {
            "default_branch": "main",
            "files": {
                "*": {
                    ".github/release-drafter.yml": (
                        "name-template: v$RESOLVED_VERSION\n"
                        "tag-template: v$RESOLVED_VERSION\n"
                        "categories:\n"
                        "  - title: Features\n"
                        "    labels: [feature]\n"
                        "  - title: Fixes\n"
                        "    labels: [bug]\n"
                        "version-resolver:\n"
                        "  minor:\n"
                        "    labels: [feature]\n"
                        "template: |\n"
                        "  ## What is new\n\n"
                        "  $CHANGES\n"
                    ),
                }
            },
            "releases": [{"tag_name": "v1.0.0", "created_at": "2026-01-01T00:00:00Z"}],
            "refs": {"refs/tags/v1.0.0": _SHAS[0], "refs/heads/main": _SHAS[2]},
            "commits": {
                _SHAS[0]: {"message": "Start", "committedDate": "2026-01-01T00:00:00Z", "parents": []},
                _SHAS[1]: {
                    "message": "Read wheels (#1)",
                    "committedDate": "2026-01-02T00:00:00Z",
                    "author": {"name": "Ada", "login": "ada"},
                    "parents": [_SHAS[0]],
                    "prs": ["acme/app#1"],
                },
                _SHAS[2]: {
                    "message": "Do not follow links (#2)",
                    "committedDate": "2026-01-03T00:00:00Z",
                    "author": {"name": "Bob", "login": "bob"},
                    "parents": [_SHAS[1]],
                    "prs": ["acme/app#2"],
                },
            },
        }
    },
    "prs": {
        "acme/app#1": {
            "title": "Read wheels",
            "author": {"login": "ada"},
            "labels": ["feature"],
            "mergedAt": "2026-01-02T00:00:00Z",
            "mergeCommit": _SHAS[1],
            "files": ["src/wheels.py"],
        },
        "acme/app#2": {
            "title": "Do not follow links",
            "author": {"login": "bob"},
            "labels": ["bug"],
            "mergedAt": "2026-01-03T00:00:00Z",
            "mergeCommit": _SHAS[2],
            "files": ["src/links.py"],
        },
    },
}
"""One release, two pull requests since, and a configuration that sorts them."""


def main() -> int:
    """Serve until interrupted and return the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.fakehub", description="Serve a fake GitHub on loopback.")
    parser.add_argument("--world", type=Path, help="a JSON file that describes the world")
    parser.add_argument("--enterprise", action="store_true", help="give the addresses an enterprise server has")
    options = parser.parse_args()
    reason = unmeasured()
    if reason:
        _say(reason)
        return UNMEASURED_STATUS
    from tests.fakehub.server import Hub  # noqa: PLC0415 - needs packages that `unmeasured` looks for

    world = json.loads(options.world.read_text(encoding="utf-8")) if options.world else EXAMPLE
    with (
        tempfile.TemporaryDirectory(prefix="fakehub-") as folder,
        Hub(world, folder=Path(folder), enterprise=options.enterprise) as hub,
        suppress(KeyboardInterrupt),
    ):
        for name, value in hub.environment().items():
            _say(f"export {name}={shlex.quote(value)}")
        _say("# Interrupt with Ctrl-C. Requests follow.")
        _report(hub)
    return 0


def _report(hub: Hub) -> NoReturn:
    """Say each request and violation as it comes, until interrupted."""
    shown = 0
    while True:
        for made in hub.log[shown:]:
            shown = made.number
            points = f" {made.points} points" if made.points else ""
            _say(f"# {made.method} {made.path} {made.operation} {made.status}{points}")
        for said in hub.take_violations():
            _say(f"# VIOLATION {said}")
        time.sleep(_LOOK_SECONDS)


def _say(line: str) -> None:
    """Write a line at once, also where the output is a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
