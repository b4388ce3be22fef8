"""The release playbook: its commands are run in their order, its workflows and links are read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from actions.declare import ACTIONS, find_action
from maximus.documents import faults
from maximus.notes.rollback import MARKER
from tests.trees import commit_all, git, make_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakehub.server import Hub

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "automation" / "release-playbook.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<body>.*?)\n(?P=indent)```$", re.DOTALL | re.MULTILINE)
PROGRAM = """#!{python}
import os, sys
sys.path[:0] = [{lib!r}, {root!r}]
from actions import dependencies
dependencies.make_importable = lambda *_: None  # the tests' own environment has the packages
from actions.command import main
sys.exit(main(sys.argv[1:], os.environ))
"""


def blocks(language: str) -> list[str]:
    """Return the page's blocks of a language, without the indentation that they have in a list."""
    found = (match for match in BLOCK.finditer(TEXT) if match["language"] == language)
    return [re.sub(rf"(?m)^{match['indent']}", "", match["body"]) for match in found]


CONFIGURATION = next(block for block in blocks("yaml") if "name-template" in block)
WORKFLOWS = [block for block in blocks("yaml") if block.startswith("name: ")]
WORKFLOWS = [block for block in WORKFLOWS if "jobs:" in block]


class Desk:
    """A person's machine: the project, a home, `maximus` on the path, and the fake GitHub as the only one there is."""

    def __init__(self, folder: Path) -> None:
        self.tree = make_tree(folder / "app")
        self.folder = folder
        program = folder / "bin" / "maximus"
        program.parent.mkdir()
        program.write_text(PROGRAM.format(python=sys.executable, lib=str(ROOT / "lib"), root=str(ROOT)), "utf-8")
        program.chmod(0o755)
        (folder / "home").mkdir()
        self.environment = {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GITHUB_TOKEN": "fakehub-token",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, commands: str) -> str:
        """Run commands as they are pasted, and return what they print; the first that fails ends it."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.tree, env=self.environment, capture_output=True, encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a machine on which v1.1.0 was released, and the configuration of the page is committed since."""
    made = Desk(tmp_path)
    git(made.tree, "checkout", "--quiet", "v1.1.0")
    made.run("maximus release --files 'dist/*'")
    shutil.move(made.tree / "release", tmp_path / "v1.1.0")
    git(made.tree, "checkout", "--quiet", "main")
    (made.tree / ".github").mkdir()
    (made.tree / ".github" / "release-drafter.yml").write_text(CONFIGURATION + "\n", encoding="utf-8")
    commit_all(made.tree, "docs: how the notes are sorted (#14)")
    (made.tree / "stream.ndjson").write_text(next(iter(blocks("json"))) + "\n", encoding="utf-8")
    return made


def world(desk: Desk) -> dict[str, Any]:
    """Return GitHub's side of the project: its commits and pull requests, and the release before."""
    rows = [row.split("\0") for row in git(desk.tree, "log", "--format=%H%x00%P%x00%cI%x00%s").splitlines()]
    commits: dict[str, Any] = {}
    pulls: dict[str, Any] = {}
    for oid, parents, date, subject in rows:
        number = re.search(r"\(#([0-9]+)\)", subject)
        made = {"message": subject, "committedDate": date, "author": {"name": "Ada", "login": "ada"}}
        commits[oid] = made | {"parents": parents.split(), "prs": [f"octo/app#{number[1]}"] if number else []}
        if number:
            pulls[f"octo/app#{number[1]}"] = {
                "title": subject[: number.start()].strip(),
                "author": {"login": "ada", "__typename": "User"},
                "merged": True,
                "mergedAt": date,
                "mergeCommit": oid,
                "labels": ["consciousness"] if number[1] == "12" else ["bug"],
            }
    files = sorted(path for path in (desk.folder / "v1.1.0").iterdir() if path.is_file())
    release = {
        "tag_name": "v1.1.0",
        "created_at": "2026-01-02T00:00:00Z",
        "assets": [{"name": path.name, "content": path.read_text(encoding="utf-8")} for path in files],
    }
    home = {
        "default_branch": "main",
        "files": {"*": {".github/release-drafter.yml": CONFIGURATION + "\n"}},
        "releases": [release],
        "refs": {"refs/heads/main": rows[0][0], "refs/tags/v1.1.0": git(desk.tree, "rev-parse", "v1.1.0").strip()},
        "commits": commits,
    }
    return {"repos": {"octo/app": home}, "prs": pulls}


def test_every_command_runs_in_its_order(fakehub: Callable[[Mapping[str, Any]], Hub], desk: Desk) -> None:
    """Draft, prove, count, publish, check, roll back: from one release to the next and back."""
    hub = fakehub(world(desk))
    desk.environment |= {"GITHUB_API_URL": hub.api_url, "GITHUB_GRAPHQL_URL": hub.graphql_url}
    evidence = desk.tree / "release" / "evidence"
    for commands in blocks("sh"):
        shown = desk.run(commands)
        if "--publish" in commands:
            home = hub.world.repositories["octo/app"]
            latest = home.latest_release()
            assert latest is not None
            assert (latest.tag, latest.draft) == ("v1.2.0", False)
            notes = latest.body or ""
            assert "| `verify.signatures` | ✅ pass |" in notes
            assert "| Phi proxy | 2.34, scale `unbounded` (without bounds) |" in notes
            assert "maximus verify --folder release --key release/maximus.pub" in notes
            assert "releases/download/v1.2.0/app-1.2.0.tar.gz>)" in notes
        if "rollback --dry-run" in commands:
            assert "nothing was sent" in shown
    latest = hub.world.repositories["octo/app"].latest_release()
    assert latest is not None
    assert latest.tag == "v1.1.0"
    [bad] = [release for release in hub.release_state["octo/app"] if release["tag_name"] == "v1.2.0"]
    assert (bad["draft"], bad["body"].startswith(MARKER)) == (False, True)
    assert faults(json.loads((evidence / "rollback.json").read_text(encoding="utf-8")), "rollback") == ()


@pytest.mark.parametrize("text", WORKFLOWS, ids=[block.splitlines()[0] for block in WORKFLOWS])
def test_a_workflow_asks_for_what_there_is(text: str) -> None:
    """Each input is one of the action's, each foreign action is pinned, no expression stands in a command."""
    document = yaml.safe_load(text)
    steps = [step for job in document["jobs"].values() for step in job["steps"]]
    assert steps
    for step in steps:
        if "uses" not in step:
            assert "${{" not in step["run"]
            continue
        name, _, version = step["uses"].partition("@")
        if not name.startswith("maximus/actions"):
            assert re.fullmatch(r"[0-9a-f]{40}", version)
            continue
        action = find_action(name.removeprefix("maximus/actions").removeprefix("/") or "release")
        assert action.name in ACTIONS
        assert {*step.get("with", {})} - {item.name for item in action.inputs()} == set()


def test_the_workflows_are_all_there() -> None:
    """Drafting, publishing, rolling back: the test above looked at something."""
    assert [block.splitlines()[0] for block in WORKFLOWS] == ["name: draft", "name: release", "name: rollback"]


def test_links_lead_somewhere() -> None:
    """Headings of this page, and files of the repository."""
    slugs = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"(?m)^#+ (.+)$", TEXT)
    }
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert targets
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in slugs
        else:
            assert (PAGE.parent / target).exists(), target


def test_the_codes_of_the_troubleshooting_are_real() -> None:
    """Each is in the list of errors."""
    errors = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    codes = set(re.findall(r"\(([A-Z]{3,6}[0-9]{3})\)", TEXT))
    assert len(codes) > 5
    assert {code for code in codes if f"`{code}`" not in errors} == set()
