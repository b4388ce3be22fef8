"""The gate as users meet it: what blocks, what is kept, what is said, in a job and on a laptop."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions import command, gate, release
from actions.runner import MAX_ANNOTATIONS, RunnerFace
from actions.terminal import TerminalFace
from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.yaml import load_yaml
from tests.trees import commit_all, git, make_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actions.face import Face

ROOT = Path(__file__).resolve().parents[2]
LAPTOP = {"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "1795219200"}
"""A day in November 2026."""
GUIDE = "version: 1\nname: guides\nchecks:\n  - { id: guide, type: files-present, files: [{ path: GUIDE.md }] }\n"
GAP = "  - { id: signed, type: verdict, of: [verify.signatures] }\n"


def _tree(root: Path, policy: str = GUIDE, **files: str) -> Path:
    (root / ".github").mkdir(parents=True)
    (root / ".github" / "release-checklist.yml").write_text(policy, encoding="utf-8")
    for name, text in files.items():
        (root / f"{name}.md").write_text(text, encoding="utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    commit_all(root, "feat: begin")
    return root


def _gate(root: Path, environment: Mapping[str, str] = LAPTOP, **inputs: Any) -> tuple[gate.Outputs, Face, str]:  # noqa: ANN401 - inputs of every type
    shown = io.StringIO()
    face = TerminalFace(environment, "gate", stream=shown, errors=shown)
    outputs = gate.run(gate.Inputs(**{"path": str(root), "folder": str(root / "release"), **inputs}), face)
    face.conclude({})
    return outputs, face, shown.getvalue()


def _refusal(root: Path, **inputs: Any) -> Error:  # noqa: ANN401 - inputs of every type
    with pytest.raises(Error) as caught:
        _gate(root, **inputs)
    return caught.value


def test_a_policy_that_holds_passes(tmp_path: Path) -> None:
    """0, and the outputs name what passed."""
    outputs, face, shown = _gate(_tree(tmp_path, GUIDE="# Guide\n"))
    assert face.record.exit_status is ExitStatus.PASS
    assert (outputs.passed, outputs.failed, outputs.unmeasured) == ('["guide"]', "[]", "[]")
    assert shown.splitlines()[-1] == "✔ gate: guides: 1 of 1 checks pass"


def test_a_policy_that_falls_short_blocks(tmp_path: Path) -> None:
    """1, with the place that falls short."""
    outputs, face, shown = _gate(_tree(tmp_path))
    assert (face.record.exit_status, outputs.failed) == (ExitStatus.FAILED, '["guide"]')
    assert "GUIDE.md: guide: there is no such file" in shown


def test_what_nobody_looked_at_blocks_unless_it_is_allowed_by_name(tmp_path: Path) -> None:
    """70 beside a pass; with its name given it blocks nothing, and is still shown as what it is."""
    tree = _tree(tmp_path, GUIDE + GAP, GUIDE="# Guide\n")
    outputs, face, _ = _gate(tree)
    assert (face.record.exit_status, outputs.unmeasured) == (ExitStatus.UNMEASURED, '["signed"]')
    outputs, face, shown = _gate(tree, allow_unmeasured=("signed",))
    assert (face.record.exit_status, face.record.status.value) == (ExitStatus.PASS, "waived")
    assert outputs.unmeasured == '["signed"]'
    assert shown.splitlines()[-1] == "△ gate: guides: 1 of 2 checks pass, 1 unmeasured as allowed by name"


def test_gaps_alone_are_no_pass_even_where_all_are_allowed(tmp_path: Path) -> None:
    """Somebody who allows everything has still measured nothing."""
    tree = _tree(tmp_path, GUIDE.split("  - ", maxsplit=1)[0] + GAP)
    assert _gate(tree, allow_unmeasured=("signed",))[1].record.exit_status is ExitStatus.UNMEASURED


def test_no_checks_are_unmeasured(tmp_path: Path) -> None:
    """A gate that judges nothing lets nothing through: 70."""
    error = _refusal(_tree(tmp_path, "version: 1\nname: empty\n"))
    assert (error.code, error.status) == ("GATE006", ExitStatus.UNMEASURED)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({"policy": "nowhere.yml"}, "GATE008"), ({"policy": "../x.yml"}, "GATE008"), ({"subject": "0" * 40}, "GATE009"),
     ({"base": "nowhere"}, "GATE015"), ({"allow_unmeasured": ("giude",)}, "GATE005"),
     ({"preset": ("regra",)}, "GATE003"), ({"verdicts": ("/etc/*",)}, "FILE007")],
)  # fmt: skip
def test_wrong_inputs_are_usage_errors(tmp_path: Path, inputs: dict[str, Any], code: str) -> None:
    """2 before anything is judged, each by its code."""
    error = _refusal(_tree(tmp_path), **inputs)
    assert (error.code, error.status) == (code, ExitStatus.USAGE)
    assert _refusal(tmp_path / "none").code == "RUN022"


def test_two_runs_claim_the_same_bytes(tmp_path: Path) -> None:
    """The scorecard holds claims only; the day and the durations lie in a file of their own."""
    tree = _tree(tmp_path, GUIDE + GAP, GUIDE="# Guide\n")
    (tree / "release").mkdir()
    cards = []
    for epoch in ("1795219200", "1795305600"):
        outputs, _, _ = _gate(tree, LAPTOP | {"SOURCE_DATE_EPOCH": epoch})
        cards.append(Path(outputs.scorecard).read_bytes())
    assert cards[0] == cards[1]
    assert documents.faults(json.loads(cards[0]), "gate-scorecard") == ()
    told = documents.load_json(tree / "release" / "evidence" / "gate-guides.telemetry.json")
    assert told["judged-on"] == "2026-11-22"


def test_the_statement_names_what_passed_and_nothing_else(tmp_path: Path) -> None:
    """An SVR over the commit; what failed or was not measured is not in it, and its time is the run's."""
    tree = _tree(
        tmp_path, GUIDE + GAP + "  - { id: bad, type: files-present, files: [{ path: NO.md }] }\n", GUIDE="# G\n"
    )
    (tree / "release").mkdir()
    outputs, _, _ = _gate(tree)
    found = documents.load_json(Path(outputs.statement))
    head = git(tree, "rev-parse", "HEAD").strip()
    assert found["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    assert found["subject"] == [{"name": head, "digest": {"gitCommit": head}}]
    assert found["predicate"]["properties"] == ["maximus.gate/guides/guide"]
    assert found["predicate"]["timeCreated"] == "2026-11-21T00:00:00Z"
    assert [item["name"] for item in found["predicate"]["verifier"]["policies"]] == [".github/release-checklist.yml"]


def test_a_changed_tree_makes_no_statement_about_a_commit(tmp_path: Path) -> None:
    """What lies there is no commit: the scorecard says so, and an earlier statement goes."""
    tree = _tree(tmp_path, GUIDE="# Guide\n")
    (tree / "release").mkdir()
    earlier, _, _ = _gate(tree)
    (tree / "GUIDE.md").write_text("# Changed\n", encoding="utf-8")
    outputs, _, shown = _gate(tree)
    assert (outputs.statement, Path(earlier.statement).exists()) == ("", False)
    assert documents.load_json(Path(outputs.scorecard))["subject"]["clean"] is False
    assert "tracked files have changes" in shown


def test_a_policy_changed_in_the_pull_request_is_reported(tmp_path: Path) -> None:
    """Who makes the gate wider in the same request is named; what the base got meanwhile is not."""
    tree = _tree(tmp_path, GUIDE="# Guide\n")
    (tree / "release").mkdir()
    git(tree, "checkout", "--quiet", "-b", "topic")
    commit_all(tree, "fix: something")
    git(tree, "checkout", "--quiet", "main")
    (tree / ".github" / "release-checklist.yml").write_text(GUIDE + "# the base moved on\n", encoding="utf-8")
    commit_all(tree, "chore: policy")
    git(tree, "checkout", "--quiet", "topic")
    outputs, _, shown = _gate(tree, base="main")
    assert "the policy" not in shown
    assert documents.load_json(Path(outputs.scorecard))["policy"]["changed"] is False
    (tree / ".github" / "release-checklist.yml").write_text(GUIDE + "# wider\n", encoding="utf-8")
    commit_all(tree, "feat: widen")
    outputs, _, shown = _gate(tree, base="main")
    assert "the policy changed since main" in shown
    assert documents.load_json(Path(outputs.scorecard))["policy"]["changed"] is True


def test_a_waiver_ends_on_its_day(tmp_path: Path) -> None:
    """The day comes from SOURCE_DATE_EPOCH: the same tree is let through on one and blocked on the next."""
    waiver = "waiver: { who: Ada, why: being written, until: 2026-11-21, issue: '#7' }"
    tree = _tree(tmp_path, GUIDE.replace(" }] }", f" }}], {waiver} }}"))
    outputs, face, _ = _gate(tree)
    assert (face.record.exit_status, outputs.waived) == (ExitStatus.PASS, '["guide"]')
    outputs, face, shown = _gate(tree, LAPTOP | {"SOURCE_DATE_EPOCH": "1795305600"})
    assert (face.record.exit_status, outputs.failed) == (ExitStatus.FAILED, '["guide"]')
    assert "the waiver of Ada ended on 2026-11-21" in shown


def test_a_job_and_a_laptop_find_the_same(tmp_path: Path) -> None:
    """The runner's face writes the same scorecard as the terminal's, untracked files or not."""
    tree = _tree(tmp_path, GUIDE + GAP, GUIDE="# Guide\n")
    (tree / "release").mkdir()
    laptop, _, _ = _gate(tree)
    before = Path(laptop.scorecard).read_bytes()
    (tree / "venv").mkdir()
    (tree / "venv" / "GUIDE.md").write_text("not mine\n", encoding="utf-8")
    face = RunnerFace(LAPTOP | {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tree)}, "gate", io.StringIO())
    job = gate.run(gate.Inputs(path=str(tree), folder=str(tree / "release")), face)
    assert Path(job.scorecard).read_bytes() == before


def test_a_program_cannot_speak_to_the_runner(tmp_path: Path) -> None:
    """Commands that a checked program prints reach the log as text, never at a line's start."""
    loud = "echo '::set-output name=verdict::pass'; echo '::error::spoofed'; echo '##[add-path]/x'; exit 1"
    policy = f'version: 1\nname: loud\nchecks:\n  - {{ id: loud, type: command, run: "{loud}" }}\n'
    tree, log = _tree(tmp_path, policy), io.StringIO()
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    face = RunnerFace(LAPTOP | files, "gate", log)
    gate.run(gate.Inputs(path=str(tree), folder=str(tree / "release")), face)
    face.conclude({})
    commands = [line for line in log.getvalue().splitlines() if line.lstrip().startswith("::")]
    assert all(line.split("::")[1].split(" ")[0] in ("group", "endgroup", "error", "debug") for line in commands)
    assert not any("##[" in line or line.startswith(("::set-output", "::error::spoofed")) for line in commands)
    assert "##[add-path]" not in log.getvalue()
    assert (tmp_path / "GITHUB_OUTPUT").read_text(encoding="utf-8") == ""


def test_a_program_sees_no_credential_of_the_job() -> None:
    """Tokens, inputs and the runner's files are not in the environment that a program gets."""
    kept = gate.without_secrets(
        {"PATH": "x", "GITHUB_TOKEN": "t", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t", "MAXIMUS_INPUTS": "{}",
         "GITHUB_OUTPUT": "f", "INPUT_TOKEN": "t", "GITHUB_SHA": "s"}
    )  # fmt: skip
    assert kept == {"PATH": "x", "GITHUB_SHA": "s"}


def test_annotations_stand_at_file_and_line_within_the_runners_limit(tmp_path: Path) -> None:
    """Each place is annotated up to the limit, and the last one says how many are left; the log has them."""
    tree = tmp_path / "tree"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "a.py").write_text("# TODO: this\n" * 30, encoding="utf-8")
    _tree(tree, "version: 1\nname: todo\nchecks:\n  - { id: todo, type: forbidden, words: [TODO], in: comments }\n")
    log = io.StringIO()
    face = RunnerFace(LAPTOP | {"GITHUB_WORKSPACE": str(tmp_path)}, "gate", log)
    os_path = os.path.relpath(tree, tmp_path)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        gate.run(gate.Inputs(path=os_path, folder="release"), face)
    finally:
        os.chdir(here)
    face.conclude({})
    noted = [line for line in log.getvalue().splitlines() if line.startswith("::error ")]
    assert len(noted) == MAX_ANNOTATIONS
    assert noted[0].startswith("::error title=gate,file=tree/src/a.py,line=1::todo: TODO")
    assert noted[-1].endswith("(and 21 more, see the log)")
    assert sum("tree/src/a.py:" in line and not line.startswith("::") for line in log.getvalue().splitlines()) >= 30


def test_names_that_would_pose_as_lines_are_shown_on_one(tmp_path: Path) -> None:
    """A file whose name has a line end in it makes no second line in table or log."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a\n::error::b.py").write_text("# TODO\n", encoding="utf-8")
    (tree / "A.py").write_text("# TODO\n", encoding="utf-8")
    (tree / "a.py").write_text("# fine\n", encoding="utf-8")
    (tree / "binary.py").write_bytes(bytes(range(256)))
    (tree / "out.py").symlink_to("/etc/passwd")
    _tree(tree, "version: 1\nname: todo\nchecks:\n  - { id: todo, type: forbidden, words: [TODO], in: comments }\n")
    log = io.StringIO()
    face = RunnerFace(LAPTOP | {"GITHUB_WORKSPACE": str(tree)}, "gate", log)
    gate.run(gate.Inputs(path=str(tree), folder=str(tree / "release")), face)
    face.conclude({})
    assert not any(line.startswith("::error::b") for line in log.getvalue().splitlines())
    assert face.record.verdicts[0].measured == 2
    assert face.record.exit_status is ExitStatus.FAILED


def test_the_command_line_is_the_action(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`maximus gate --json` prints outputs and verdicts and ends with the gate's status."""
    tree = _tree(tmp_path)
    status = command.main(["gate", "--path", str(tree), "--folder", str(tree / "release"), "--json"], dict(os.environ))
    printed = json.loads(capsys.readouterr().out)
    assert status == 1
    assert printed["outputs"]["failed"] == '["guide"]'
    assert [item["check"] for item in printed["verdicts"]] == ["gate.guide"]


def test_go_no_go_is_computed_from_a_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key-signed release: what was inventoried and signed passes, what was never logged stays unmeasured."""
    for name in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    tree = make_tree(tmp_path / "app")
    (tree / ".github").mkdir()
    (tree / ".github" / "release-checklist.yml").write_text(GUIDE.replace("GUIDE", "README"), encoding="utf-8")
    (tree / "README.md").write_text("# App\n", encoding="utf-8")
    commit_all(tree, "docs: read me")
    folder, environment = str(tree / "release"), LAPTOP | {"HOME": str(tmp_path)}
    face = TerminalFace(environment, "release", stream=io.StringIO(), errors=io.StringIO())
    release.run(release.Inputs(path=str(tree), folder=folder, files=("dist/*",)), face)
    assert face.record.exit_status is ExitStatus.PASS
    outputs, _, shown = _gate(tree, environment, preset=("go-no-go",))
    assert set(json.loads(outputs.passed)) == {"sbom", "signatures", "checklist"}
    assert set(json.loads(outputs.unmeasured)) == {"log", "tests", "matrix", "coverage", "chaos"}
    assert json.loads(outputs.failed) == ["documents"]
    (tree / "later.txt").write_text("later\n", encoding="utf-8")
    commit_all(tree, "feat: another commit")
    outputs, _, shown = _gate(tree, environment, preset=("go-no-go",))
    assert {"sbom", "signatures", "checklist"} <= set(json.loads(outputs.failed))
    assert "is about commit" in shown


@pytest.mark.parametrize("name", ["release-checklist.yml", "go-no-go.yml"])
def test_our_own_policies_hold_to_the_schema(name: str) -> None:
    """What editors complete is what we write; one wrong key is a fault."""
    text = (ROOT / ".github" / name).read_text(encoding="utf-8")
    plain = _plain(load_yaml(text, name))
    assert documents.faults(plain, "gate-policy") == ()
    plain["checks"][0]["words"] = ["x"]
    plain["checks"][0]["type"] = "docs"
    assert documents.faults(plain, "gate-policy")


def _plain(node: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    return {key: _plain(item) for key, item in node.value.items()} if isinstance(node.value, dict) else node.value


def test_our_own_tree_passes_the_golden_rule_honestly(tmp_path: Path) -> None:
    """This repository is judged by its own checklist: what is measured passes, what is not is allowed by name."""
    outputs, face, shown = _gate(ROOT, folder=str(tmp_path / "none"))
    assert outputs.failed == "[]", shown
    assert {"no-mock", "no-placeholder.markers", "no-placeholder.raises", "no-todo"} <= set(json.loads(outputs.passed))
    allowed = {verdict.check.removeprefix("gate.") for verdict in face.record.verdicts if verdict.allowed}
    assert set(json.loads(outputs.unmeasured)) == allowed
    assert face.record.exit_status is ExitStatus.PASS
