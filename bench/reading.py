"""What `draft` asks of GitHub, what that takes, and how soon it begins; the fake GitHub counts the points."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import PYTHON, Comparison, compare
from bench.starts import bare_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fakehub.server import Hub

__all__ = ["Cost", "draft_checkout", "draft_many", "draft_requests", "draft_start"]

ROOT = Path(__file__).resolve().parents[1]
HOME = "acme/app"
PLAIN = "name-template: v$RESOLVED_VERSION\ntag-template: v$RESOLVED_VERSION\ntemplate: $CHANGES\n"
"""With the default change template, which asks who wrote each commit."""
KILOBYTE = 1_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took of GitHub and of this machine."""

    name: str
    requests: int
    points: int
    megabytes: float
    most_requests: int
    most_points: int | None = None
    """None where no aim is set."""
    most_megabytes: float | None = None

    @property
    def is_reached(self) -> bool:
        """Tell whether all of it lies within the aims."""
        return (
            self.requests <= self.most_requests
            and (self.most_points is None or self.points <= self.most_points)
            and (self.most_megabytes is None or self.megabytes <= self.most_megabytes)
        )

    def line(self) -> str:
        """Return the row that is printed."""
        points = "" if self.most_points is None else f" and {self.most_points} points"
        memory = "" if self.most_megabytes is None else f", {self.most_megabytes:g} MB"
        return (
            f"{'reached' if self.is_reached else 'MISSED ':7}  {self.name:58}  {self.requests} requests, "
            f"{self.points} points, {self.megabytes:.0f} MB  (aim {self.most_requests} requests{points}{memory})"
        )


def _world(count: int, ids: Sequence[str], configuration: str) -> dict[str, Any]:
    """Return a world with that many squashed pull requests behind v1.0.0, by fifty people."""
    commits: dict[str, Any] = {ids[0]: {"message": "Begin", "committedDate": _when(0), "parents": []}}
    prs: dict[str, Any] = {}
    for number in range(1, count + 1):
        person = f"dev{number % 50}"
        commits[ids[number]] = {
            "message": _subject(number),
            "committedDate": _when(number),
            "author": {"name": person, "email": f"{person}@example.org", "login": person},
            "parents": [ids[number - 1]],
            "prs": [f"{HOME}#{number}"],
        }
        prs[f"{HOME}#{number}"] = {
            "title": _subject(number).rpartition(" (")[0],
            "author": {"login": person},
            "labels": ["bug" if number % 3 else "feature"],
            "mergedAt": _when(number),
            "mergeCommit": ids[number],
        }
    home = {
        "files": {"*": {".github/release-drafter.yml": configuration}},
        "releases": [{"tag_name": "v1.0.0", "created_at": _when(0)}],
        "refs": {"refs/tags/v1.0.0": ids[0], "refs/heads/main": ids[count]},
        "commits": commits,
        "compare": [{"base": "refs/tags/v1.0.0", "head": "*", "commits": ids[1 : count + 1]}],
    }
    return {"repos": {HOME: home}, "prs": prs}


def _subject(number: int) -> str:
    return f"Make part {number} of the thing do what people expect (#{number})"


def _when(number: int) -> str:
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2026-02-01T{hours:02}:{minutes:02}:{seconds:02}Z"


def _made_up(count: int) -> list[str]:
    return [f"{number:040x}" for number in range(count + 1)]


def _run(hub: Hub, folder: Path) -> float:
    """Run `draft` in a folder and return the most memory that it took, in megabytes."""
    # The developers' environment has the packages: what is measured is the run, not its installation.
    code = (
        "import os, sys; sys.path[:0] = sys.argv[1:3]; from actions import command, dependencies\n"
        "dependencies.make_importable = lambda *_: None; sys.exit(command.main(['draft'], os.environ))"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "ACTIONS_"))}
    environment = {**kept, **hub.environment(), "MAXIMUS_INPUTS": "{}", "GITHUB_OUTPUT": str(folder / "output")}
    command = [sys.executable, "-c", code, str(ROOT), str(ROOT / "lib")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit((folder / "log").read_text(encoding="utf-8")[-3000:])
    return used.ru_maxrss / KILOBYTE


def _measure(world: Mapping[str, Any], folder: Path, **aims: Any) -> Cost | str:  # noqa: ANN401 - the fields of a cost
    from tests.fakehub.descriptions import unmeasured  # noqa: PLC0415 - only these benchmarks need the fake

    reason = unmeasured()
    if reason:
        return reason
    from tests.fakehub.server import Hub  # noqa: PLC0415 - needs packages that `unmeasured` looks for

    with tempfile.TemporaryDirectory() as events, Hub(world, folder=Path(events)) as hub:
        megabytes = _run(hub, folder)
        if hub.violations:
            raise SystemExit("\n".join(hub.violations[:5]))
        return Cost(requests=len(hub.log), points=hub.points, megabytes=megabytes, **aims)


def draft_requests() -> Cost | str:
    """Count the requests of a whole run, configuration and write included, over 1,000 merged pull requests."""
    with tempfile.TemporaryDirectory() as folder:
        world = _world(1_000, _made_up(1_000), PLAIN)
        return _measure(world, Path(folder), name="draft, 1,000 merged", most_requests=20, most_points=20)


def draft_checkout() -> Cost | str:
    """Count the same with a checkout, and with authors that have to be known."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        git = ["git", "-C", str(folder)]
        subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
        subprocess.run([*git, "remote", "add", "origin", f"https://github.com/{HOME}"], check=True)
        entries = []
        for number in range(1_001):
            text = _subject(number) if number else "Begin"
            who = f"dev{number % 50} <dev{number % 50}@example.org> {1_769_904_000 + number} +0000"
            entries.append(
                f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(text.encode())}\n{text}\n"
            )
        subprocess.run([*git, "fast-import", "--quiet"], check=True, input="".join(entries).encode())
        listed = subprocess.run([*git, "rev-list", "--reverse", "main"], check=True, capture_output=True, text=True)
        world = _world(1_000, listed.stdout.split(), PLAIN)
        return _measure(world, folder, name="draft, 1,000 merged, with a checkout", most_requests=10)


def draft_many() -> Cost | str:
    """Count requests and memory over 10,000 merged pull requests, whose notes have to be cut."""
    with tempfile.TemporaryDirectory() as folder:
        world = _world(10_000, _made_up(10_000), PLAIN)
        aims = {"most_requests": 200, "most_megabytes": 150.0}
        return _measure(world, Path(folder), name="draft, 10,000 merged", **aims)


def draft_start() -> Comparison:
    """Compare a warm start up to the first request with a Python that imports PyGithub and nothing else."""
    with tempfile.TemporaryDirectory() as made, socket.create_server(("127.0.0.1", 0)) as server:
        home = Path(made)
        event = home / "event.json"
        event.write_text(json.dumps({"ref": "refs/heads/main"}), encoding="utf-8")
        environment = bare_environment(home, uv=True) | {
            "GITHUB_API_URL": f"http://127.0.0.1:{server.getsockname()[1]}",
            "GITHUB_REPOSITORY": HOME,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_TOKEN": "none-that-opens-anything",
        }

        def ours() -> None:
            process = subprocess.Popen(
                [PYTHON, "-I", str(ROOT / "actions"), "draft"],
                cwd=home,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            connection, _ = server.accept()
            connection.recv(1)
            connection.close()
            process.send_signal(signal.SIGKILL)
            process.wait()

        server.settimeout(300)
        ours()
        packages = next(path for path in (home / ".cache" / "maximus").iterdir() if path.name.startswith("draft-"))
        pycache = home / ".cache" / "maximus" / "pycache"
        code = (
            f"import sys; sys.pycache_prefix = {str(pycache)!r}; sys.path.insert(0, {str(packages)!r}); import github"
        )
        return compare(
            "draft, start to first request / import github",
            ours,
            lambda: _import(code, environment),
            runs=15,
            reach=1.5,
        )


def _import(code: str, environment: Mapping[str, str]) -> None:
    subprocess.run([PYTHON, "-I", "-c", code], check=True, capture_output=True, env=dict(environment))
