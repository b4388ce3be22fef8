"""The same `action.yml` files as `act` reads them: an independent runner, on this machine and without docker.

`--local-repository` has `uses: maximus/actions/sbom@v1` resolve to a copy of this checkout, as GitHub resolves it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from actions.declare import ACTIONS, find_action
from tests.fakehub.__main__ import EXAMPLE
from tests.runner.checkout import copy_checkout
from tests.stack.build import Unmeasured, locate
from tests.stack.stack import is_required
from tests.trees import git, make_tree

if TYPE_CHECKING:
    from tests.fakehub.fixtures import FakeHub
    from tests.stack.stack import Stack

Steps = Mapping[str, Mapping[str, Any]]
Act = Callable[..., Steps]
TIMEOUT = 240
"""Seconds that a workflow may take."""


@pytest.fixture(scope="module")
def program() -> Path:
    """The program `act`; without it the tests are unmeasured, and where the stack is required they fail."""
    try:
        return locate("act")
    except Unmeasured as reason:
        if is_required():
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as `v1` has it."""
    return copy_checkout(tmp_path_factory.mktemp("maximus") / "v1")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The user's checkout."""
    return make_tree(tmp_path / "app")


@pytest.fixture
def act(program: Path, checkout: Path, tree: Path, tmp_path: Path) -> Act:
    """Run a job of these steps and return what a later step sees of each: outputs, outcome, conclusion."""

    def run(*steps: Mapping[str, object], **environment: str) -> Steps:
        # In host mode the workspace is a new folder: the first step stands in for a checkout, the last one brings
        # everything back, with what it read of the steps before it.
        first = {"shell": "bash", "env": {"TREE": str(tree)}, "run": 'cp -a "$TREE/." .'}
        last = {
            "shell": "bash",
            "if": "always()",
            "env": {"SEEN": "${{ toJSON(steps) }}", "TREE": str(tree)},
            "run": 'printf %s "$SEEN" > "$TREE/seen.json"; cp -a . "$TREE"',
        }
        job = {"runs-on": "ubuntu-latest", "steps": [first, *steps, last]}
        workflow = tmp_path / "release.yml"
        workflow.write_text(yaml.safe_dump({"on": "push", "jobs": {"release": job}}), encoding="utf-8")
        variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        done = subprocess.run(
            [
                str(program), "push", "--workflows", str(workflow),
                "-P", "ubuntu-latest=-self-hosted", "--no-cache-server",
                "--local-repository", f"maximus/actions@v1={checkout}", *variables,
            ],
            cwd=tree,
            env={
                "HOME": str(tmp_path / "home"),
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            },
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )  # fmt: skip
        seen = tree / "seen.json"
        assert seen.is_file(), done.stdout + done.stderr
        found: Steps = json.loads(seen.read_text(encoding="utf-8"))
        print(done.stdout)  # noqa: T201 - pytest shows it where a test fails
        return found

    return run


def step(name: str, **inputs: object) -> dict[str, object]:
    """Return a step that uses one of our actions, and goes on after a failure."""
    path = "" if name == "release" else f"/{name}"
    given = {key.replace("_", "-"): value for key, value in inputs.items()}
    return {"id": name, "uses": f"maximus/actions{path}@v1", "continue-on-error": True, "with": given}


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_resolves_and_a_later_step_reads_its_outputs(act: Act, name: str) -> None:
    """`uses:` finds the action at the path users type, and a failure is told apart by the outputs."""
    # `act` keeps unknown inputs to itself, which a runner hands on; so a known one has a wrong value.
    wrong = {
        "release": "mode", "sbom": "formats", "sign": "mode", "verify": "require", "draft": "dry-run", "label": "sync",
        "gate": "preset", "evidence": "mode", "consciousness": "mode",
    }[name]  # fmt: skip
    seen = act(step(name, **{wrong: "neither"}))[name]

    assert (seen["outcome"], seen["conclusion"]) == ("failure", "success")
    # Presets are files of gate's own, so it is gate that knows which there are.
    assert (seen["outputs"]["exit-status"], seen["outputs"]["code"]) == ("2", "GATE003" if name == "gate" else "RUN002")
    assert set(seen["outputs"]) == {item.name for item in find_action(name).outputs()}


def test_sbom_writes_where_its_outputs_say(act: Act, tree: Path) -> None:
    """A later step opens the documents by the paths that `sbom` put out."""
    outputs = act(step("sbom"))["sbom"]["outputs"]

    assert (outputs["verdict"], outputs["components"]) == ("pass", "1")
    assert (tree / outputs["spdx"]).is_file()
    assert (tree / outputs["cyclonedx"]).is_file()


def test_the_parts_hand_the_folder_on(act: Act, tree: Path) -> None:
    """Inventory, signature with a key, proof and notes, one step each, meet in the release folder."""
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(tree / "key.pem")], check=True)
    subprocess.run(
        ["openssl", "pkey", "-in", str(tree / "key.pem"), "-pubout", "-out", str(tree / "key.pub")], check=True
    )
    seen = act(
        step("sbom"), step("sign", key="key.pem"), step("verify", key="key.pub"), step("draft", dry_run=True, token="")
    )

    assert [seen[name]["outputs"]["verdict"] for name in ("sbom", "sign", "verify")] == ["pass", "pass", "pass"]
    assert (seen["sign"]["outputs"]["signing"], seen["verify"]["outputs"]["compliant"]) == ("key", "true")
    assert seen["draft"]["outputs"]["resolved_version"] == "1.2.0"


def test_a_job_without_permission_is_not_signed(act: Act, tree: Path) -> None:
    """Without `id-token: write` the root action ends with 3 and leaves no bundle."""
    seen = act(step("release", files="dist/*", token=""))["release"]

    assert (seen["outcome"], seen["outputs"]["exit-status"]) == ("failure", "3")
    assert not list(tree.rglob("*.sigstore.json"))


def test_the_root_action_releases(act: Act, tree: Path, stack: Stack, trust_v1: Path, fakehub: FakeHub) -> None:
    """One step: signed keyless, logged, proven, and drafted on the tag with its files attached."""
    git(tree, "tag", "v1.2.0")
    head = git(tree, "rev-parse", "HEAD").strip()
    hub = fakehub({"repos": {"octo/app": {"refs": {"refs/heads/main": head, "refs/tags/v1.2.0": head}}}})
    job = hub.environment("octo/app", "refs/tags/v1.2.0") | stack.environment(
        repository="octo/app", ref="refs/tags/v1.2.0", sha=head
    )
    job |= {name: hub.environment()[name] for name in ("GITHUB_API_URL", "GITHUB_GRAPHQL_URL")}
    seen = act(step("release", files="dist/*", trust_config=str(trust_v1), token=hub.token), **job)["release"]
    outputs = seen["outputs"]

    assert (outputs["verdict"], outputs["signing"], outputs["compliant"]) == ("pass", "keyless", "true")
    [drafted] = hub.world.repositories["octo/app"].releases
    assert (drafted.tag, drafted.draft, str(drafted.id)) == ("v1.2.0", True, outputs["id"])
    built = ("app-1.2.0.tar.gz", "sbom.cdx.json", "sbom.spdx.json")
    assert sorted(asset.name for asset in drafted.assets) == sorted(
        name + suffix for name in built for suffix in ("", ".sigstore.json")
    )


def test_draft_takes_several_configurations_as_lines(act: Act, fakehub: FakeHub) -> None:
    """A list travels through `with:` and the runner's variables; each configuration gets a draft, in one reading."""
    configuration = "name-template: {0} $RESOLVED_VERSION\ntag-template: {0}/v$RESOLVED_VERSION\ntag-prefix: {0}/\n"
    files = {f".github/{name}.yml": configuration.format(name) + "template: $CHANGES\n" for name in ("api", "web")}
    world = json.loads(json.dumps(EXAMPLE))
    home = world["repos"]["acme/app"]
    home["files"] = {"*": files}
    home["releases"] = [{"tag_name": "api/v1.0.0"}, {"tag_name": "web/v2.0.0"}]
    home["refs"] |= {"refs/tags/api/v1.0.0": "1" * 40, "refs/tags/web/v2.0.0": "2" * 40}
    hub = fakehub(world)
    used = step("draft", configs="api.yml\nweb.yml", base="nearest", folder="none", token=hub.token)
    outputs = act(used, **hub.environment())["draft"]["outputs"]

    assert (outputs["verdict"], outputs["code"]) == ("pass", "")
    assert [made["tag-name"] for made in json.loads(outputs["drafts"])] == ["api/v1.0.1", "web/v2.0.1"]
    assert sorted(made.tag for made in hub.world.repositories["acme/app"].releases if made.draft) == [
        "api/v1.0.1", "web/v2.0.1"
    ]  # fmt: skip
