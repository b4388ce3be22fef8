"""`evidence`, mode by mode, as a person at a terminal runs it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from actions import command, dependencies
from maximus.documents import faults
from maximus.files import hash_file
from maximus.signing.keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakehub.fixtures import FakeHub

    Evidence = Callable[..., "Run"]

PASSED = {"check": "gate.x", "status": "pass", "inspected": 3}
DECISION = {"action": "approved", "decision_id": "d-1", "performed_by": "ana"}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its exit status, what it put out, its verdicts, and what it said."""

    status: int
    outputs: Mapping[str, str]
    checks: Mapping[str, str]
    codes: tuple[str, ...]
    said: str


@pytest.fixture(name="run")
def _run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Evidence:
    """Run the command in an empty folder; a list's option may be given several values."""
    monkeypatch.chdir(tmp_path)
    # The tests' own environment has the packages already.
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)

    def run(mode: str, environment: Mapping[str, str] | None = None, **options: str | list[str]) -> Run:
        arguments = ["evidence", "--json", "--mode", mode]
        for name, value in options.items():
            for item in [value] if isinstance(value, str) else value:
                arguments += [f"--{name.replace('_', '-')}", item]
        status = command.main(arguments, environment or {})
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        document = json.loads(shown.out)
        checks = {item["check"]: item["status"] for item in document.get("verdicts", ())}
        codes = tuple(re.findall(r"\(([A-Z]{3,6}\d{3})\)", shown.err))
        return Run(status, document["outputs"], checks, codes, shown.err)

    return run


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Return a release folder with verdicts among its evidence."""
    folder = tmp_path / "release"
    (folder / "evidence").mkdir(parents=True)
    write_verdicts(folder / "evidence", PASSED)
    (folder / "evidence" / "telemetry.json").write_text('{"at": 1}', encoding="utf-8")
    return folder


def write_verdicts(folder: Path, *verdicts: dict[str, Any]) -> None:
    """Write a run's verdicts."""
    folder.mkdir(exist_ok=True)
    document = {"kind": "maximus-verdicts", "version": 1, "verdicts": list(verdicts)}
    (folder / "verdicts.json").write_text(json.dumps(document), encoding="utf-8")


def tree_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Bundles.


def test_packs_and_verifies_the_release_folders_evidence(run: Evidence, release: Path) -> None:
    """Without any other input; the manifest lies beside the bundle, times in a file of telemetry."""
    packed = run("pack")
    bundle = release / "evidence" / "evidence.zip"

    assert (packed.status, packed.checks) == (0, {"evidence.pack": "pass"})
    assert packed.outputs["bundle"] == "release/evidence/evidence.zip"
    assert packed.outputs["sha256"] == hash_file(bundle).sha256
    assert packed.outputs["count"] == "2"
    manifest = json.loads(Path(packed.outputs["manifest"]).read_text(encoding="utf-8"))
    assert [entry["path"] for entry in manifest["entries"]] == ["telemetry.json", "verdicts.json"]
    assert "generated_at" not in json.dumps(manifest)
    telemetry = json.loads((release / "evidence" / "evidence.telemetry.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", telemetry["telemetry"]["generated_at"])

    before = tree_of(release)
    verified = run("verify")
    assert (verified.status, verified.checks, verified.outputs["sha256"]) == (
        0, {"evidence.bundle": "pass"}, packed.outputs["sha256"],
    )  # fmt: skip
    assert tree_of(release) == before


def test_packing_twice_gives_the_same_bundle(run: Evidence, release: Path) -> None:
    """What the first run wrote into the folder is no evidence of the second."""
    assert (release / "evidence").is_dir()

    assert run("pack").outputs["sha256"] == run("pack", {"SOURCE_DATE_EPOCH": "1"}).outputs["sha256"]


def test_what_cannot_be_packed_stops_the_packing(run: Evidence, release: Path) -> None:
    """All of it is named, and nothing is written."""
    (release / "evidence" / "link").symlink_to("verdicts.json")
    (release / "evidence" / "VERDICTS.json").write_text("{}", encoding="utf-8")
    before = tree_of(release)
    found = run("pack")

    assert (found.status, set(found.codes), found.checks) == (1, {"EVID003", "EVID004"}, {"evidence.pack": "fail"})
    assert found.outputs["bundle"] == ""
    assert tree_of(release) == before


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"mode": "pack", "root": "empty"}, 70, "EVID060"),
        ({"mode": "pack", "root": "nowhere"}, 2, "EVID001"),
        ({"mode": "verify", "bundle": "nowhere.zip"}, 2, "EVID062"),
        ({"mode": "verify", "bundle": "text.zip"}, 1, "EVID010"),
        ({"mode": "verify", "checkpoints": ["text.zip"], "bundle": "good.zip"}, 2, "EVID061"),
        ({"mode": "verify", "log": "nowhere.jsonl"}, 1, "LOG002"),
        ({"mode": "compare"}, 2, "EVID063"),
        ({"mode": "compare", "manifests": ["empty"]}, 2, "EVID063"),
        ({"mode": "compare", "manifests": ["empty", "nowhere"]}, 2, "EVID040"),
        ({"mode": "append"}, 2, "EVID072"),
        ({"mode": "append", "log": "a.jsonl"}, 2, "EVID070"),
        ({"mode": "append", "log": "a.jsonl", "entry": "{}", "run_id": "1"}, 2, "EVID070"),
        ({"mode": "append", "log": "a.jsonl", "entry": "{}"}, 2, "EVID073"),
        ({"mode": "append", "log": "a.jsonl", "entry": "{x"}, 1, "DOC003"),
        ({"mode": "append", "log": "a.jsonl", "entry": "list.json"}, 2, "EVID073"),
        ({"mode": "append", "log": "a.jsonl", "entry": "nowhere.json"}, 1, "DOC001"),
        ({"mode": "append", "log": "a.jsonl", "entry": "nowhere.jsonl"}, 1, "DOC001"),
        ({"mode": "append", "log": "a.jsonl", "entry": "empty.jsonl"}, 70, "EVID071"),
        ({"mode": "append", "log": "a.jsonl", "run_id": "x"}, 2, "EVID074"),
        ({"mode": "append", "log": "a.jsonl", "run_id": "1", "repository": "acme/app"}, 2, "EVID074"),
        ({"mode": "checkpoint", "log": "empty.jsonl"}, 70, "EVID075"),
        ({"mode": "checkpoint", "log": "empty.jsonl", "prove": ["0"]}, 2, "EVID076"),
        ({"mode": "checkpoint", "log": "empty.jsonl", "key": "env:NOT_SET"}, 2, "KEY011"),
        ({"mode": "checkpoint", "log": "empty.jsonl", "key": "nowhere.pem"}, 2, "KEY005"),
        ({"mode": "report", "log": "empty.jsonl"}, 2, "EVID050"),
        ({"mode": "report", "log": "empty.jsonl", "period": "2026-01"}, 70, ""),
        ({"mode": "verify", "log": "empty.jsonl"}, 70, ""),
        ({"mode": "verify", "log": "empty.jsonl", "checkpoints": ["text.zip"]}, 1, "LOG021"),
        ({"mode": "verify", "proofs": ["list.json"]}, 1, "LOG030"),
    ],
)
def test_what_is_asked_wrongly_has_its_answer(
    run: Evidence, tmp_path: Path, options: dict[str, Any], status: int, code: str
) -> None:
    """Each with its exit status, its code and no traceback; the tree is as it was."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("text", encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("a", encoding="utf-8")
    run("pack", root="full", bundle="good.zip")
    before = tree_of(tmp_path)
    found = run(options.pop("mode"), **options)

    assert (found.status, found.codes[:1]) == (status, (code,) if code else ())
    changed = {name for name, content in tree_of(tmp_path).items() if before.get(name) != content}
    assert {name for name in changed if not name.startswith("empty-2026")} == set()


def test_a_changed_bundle_fails_by_the_file(run: Evidence, release: Path) -> None:
    """Exit 1, the file named, and the headline says that it is not whole."""
    run("pack")
    bundle = release / "evidence" / "evidence.zip"
    bundle.write_bytes(bundle.read_bytes().replace(b'"inspected": 3', b'"inspected": 4'))
    found = run("verify")

    assert (found.status, found.checks) == (1, {"evidence.bundle": "fail"})
    assert "verdicts.json" in found.said


# Comparison.


def three_runs(tmp_path: Path, *last: dict[str, Any]) -> list[str]:
    """Return three folders of evidence whose last has other verdicts, where there are some."""
    for number in range(1, 4):
        folder = tmp_path / f"run-{number}"
        write_verdicts(folder, *(last if number == 3 and last else (PASSED,)))
        (folder / "telemetry.json").write_text(str(number), encoding="utf-8")
    return ["run-1", "run-2", "run-3"]


def test_three_green_runs_that_claim_the_same_are_repeatable(run: Evidence, tmp_path: Path) -> None:
    """Telemetry apart: their bundles are not the same bytes, and that is said by nobody to matter."""
    found = run("compare", manifests=three_runs(tmp_path))

    assert (found.status, found.outputs["identical"], found.outputs["divergent"]) == (0, "true", "")
    assert found.checks == {"evidence.claims": "pass", "evidence.green": "pass"}
    assert "repeatable: 3 of 3 runs are green and claim the same" in found.said


@pytest.mark.parametrize(
    ("last", "status", "words"),
    [
        (PASSED | {"inspected": 4}, 1, "not repeatable: all 3 runs are green, but verdicts.json#/verdicts/0/inspected"),
        (PASSED | {"status": "fail"}, 1, "not repeatable: verdicts.json#/verdicts/0/status differs first"),
    ],
)
def test_runs_that_are_not_the_same_are_not_repeatable(
    run: Evidence, tmp_path: Path, last: dict[str, Any], status: int, words: str
) -> None:
    """The first file and pointer are named; all green and different says so."""
    found = run("compare", manifests=three_runs(tmp_path, last))

    assert (found.status, found.outputs["identical"]) == (status, "false")
    assert words in found.said
    assert found.outputs["divergent"].startswith("verdicts.json#/verdicts/0/")


@pytest.mark.parametrize(("state", "status"), [("fail", 1), ("unmeasured", 70)])
def test_runs_that_are_the_same_and_not_green_are_not_repeatable(
    run: Evidence, tmp_path: Path, state: str, status: int
) -> None:
    """Equal failures are no success."""
    for name in ("run-1", "run-2"):
        write_verdicts(tmp_path / name, PASSED | {"status": state})
    found = run("compare", manifests=["run-1", "run-2"])

    assert (found.status, found.outputs["identical"]) == (status, "true")
    assert "claim the same, but not all are green" in found.said


def test_runs_without_a_verdict_are_compared_and_not_called_green(run: Evidence, tmp_path: Path) -> None:
    """What was not measured is said."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("a", encoding="utf-8")
    found = run("compare", manifests=["one", "two"])

    assert (found.status, found.checks) == (0, {"evidence.claims": "pass"})
    assert "whether they were green was not measured" in found.said


def test_runs_without_any_claim_are_unmeasured(run: Evidence, tmp_path: Path) -> None:
    """Two empty folders are equal, which says nothing."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    found = run("compare", manifests=["one", "two"])

    assert (found.status, found.outputs["identical"]) == (70, "")


# The log.


def write_key(path: Path) -> None:
    """Write a key of the log's keeper, and its public half."""
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    path.with_suffix(".pub").write_bytes(SigningKey(key).public.pem)


def kept(run: Evidence, tmp_path: Path) -> None:
    """Keep a log of five entries with a signed checkpoint of three, its proofs, and one of five."""
    write_key(tmp_path / "log.pem")
    (tmp_path / "three.jsonl").write_text("".join(json.dumps({"n": n}) + "\n" for n in range(3)), encoding="utf-8")
    run("append", log="audit.jsonl", entry="three.jsonl")
    run("checkpoint", log="audit.jsonl", key="log.pem", origin="acme.example/audit", output="kept", prove=["2"])
    run("append", log="audit.jsonl", entry=json.dumps(DECISION))
    run("append", log="audit.jsonl", entry=json.dumps({"action": "noted"}))


def test_a_log_is_appended_to_and_proved(run: Evidence, tmp_path: Path) -> None:
    """Appended, checkpointed, proved, verified: with the log and, by a stranger, without."""
    kept(run, tmp_path)
    made = run(
        "checkpoint", log="audit.jsonl", key="log.pem", origin="acme.example/audit",
        prove=["4"], checkpoints=["kept/audit.jsonl.checkpoint"],
    )  # fmt: skip
    assert (made.status, made.outputs["count"]) == (0, "5")
    proofs = json.loads(made.outputs["proofs"])
    assert proofs == ["audit.jsonl.entry-4.proof.json", "audit.jsonl.since-3.proof.json"]

    both = ["kept/audit.jsonl.checkpoint", "audit.jsonl.checkpoint"]
    found = run("verify", log="audit.jsonl", checkpoints=both, public_key="log.pub", proofs=proofs)
    assert (found.status, set(found.checks.values()), found.outputs["head"]) == (0, {"pass"}, made.outputs["head"])
    stranger = run("verify", checkpoints=["audit.jsonl.checkpoint"], public_key="log.pub", proofs=proofs)
    assert (stranger.status, stranger.checks) == (0, {"evidence.signatures": "pass", "evidence.proofs": "pass"})


def test_verifying_a_log_writes_nothing(run: Evidence, tmp_path: Path) -> None:
    """Not even the nodes beside it, where they are gone."""
    kept(run, tmp_path)
    (tmp_path / "audit.jsonl.tree").unlink()
    before = tree_of(tmp_path)

    assert run("verify", log="audit.jsonl").status == 0
    assert tree_of(tmp_path) == before


def _cut(lines: list[bytes]) -> list[bytes]:
    return lines[:2]


def _cut_inside(lines: list[bytes]) -> list[bytes]:
    return [lines[0], *lines[2:]]


def _changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'{"n":0}', b'{"n":9}'), *lines[1:]]


def _two_heads(lines: list[bytes]) -> list[bytes]:
    return [*lines, lines[-1].replace(b"noted", b"other")]


def _torn(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1][:20]]


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (_cut, "LOG023", "entry 3 is not in audit.jsonl: its end was cut off"),
        (_cut_inside, "LOG006", "entry 2 is not in audit.jsonl"),
        (_changed, "LOG007", "entry 2 of audit.jsonl does not follow entry 1"),
        (_two_heads, "LOG005", "has the index 5 a second time"),
        (_torn, "LOG009", "line 5 of audit.jsonl is torn"),
    ],
)
def test_what_was_done_to_a_log_is_named(
    run: Evidence, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], code: str, words: str
) -> None:
    """Cut at the end, in the middle, one byte changed, two heads, torn: exit 1 with the index."""
    kept(run, tmp_path)
    log = tmp_path / "audit.jsonl"
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))
    found = run("verify", log="audit.jsonl", checkpoints=["kept/audit.jsonl.checkpoint"], public_key="log.pub")

    assert (found.status, found.codes[0]) == (1, code)
    assert words in found.said


def test_a_checkpoint_by_another_key_is_not_believed(run: Evidence, tmp_path: Path) -> None:
    """It fails, and the log is not held against it."""
    kept(run, tmp_path)
    write_key(tmp_path / "other.pem")
    found = run("verify", log="audit.jsonl", checkpoints=["kept/audit.jsonl.checkpoint"], public_key="other.pub")

    assert (found.status, found.codes[0]) == (1, "EVID078")
    assert found.checks == {"evidence.signatures": "fail", "evidence.log": "pass"}


def test_a_proof_without_a_checkpoint_is_unmeasured(run: Evidence, tmp_path: Path) -> None:
    """It holds together, and whose root it leads to nobody said."""
    kept(run, tmp_path)
    found = run("verify", proofs=["kept/audit.jsonl.entry-2.proof.json"])

    assert (found.status, found.checks) == (70, {"evidence.proofs": "unmeasured"})


def test_a_proof_of_another_log_fails(run: Evidence, tmp_path: Path) -> None:
    """Same count, another root."""
    kept(run, tmp_path)
    for _ in range(3):
        run("append", log="other.jsonl", entry=json.dumps(DECISION))
    run("checkpoint", log="other.jsonl", key="log.pem", prove=["1"])
    found = run("verify", checkpoints=["kept/audit.jsonl.checkpoint"], public_key="log.pub",
                proofs=["other.jsonl.entry-1.proof.json"])  # fmt: skip

    assert (found.status, found.codes) == (1, ("EVID079",))


def test_a_checkpoint_without_a_key_is_to_be_signed_as_a_file(run: Evidence, tmp_path: Path) -> None:
    """Its body alone, named by the job's repository, which says that it is not signed."""
    run("append", log="audit.jsonl", entry=json.dumps(DECISION))
    made = run("checkpoint", {"GITHUB_REPOSITORY": "acme/app"}, log="audit.jsonl", output="release")
    note = (tmp_path / "release" / "audit.jsonl.checkpoint").read_text(encoding="ascii")

    assert note.splitlines()[:2] == ["github.com/acme/app/audit.jsonl", "1"]
    assert "not signed yet" in made.said
    found = run("verify", log="audit.jsonl", checkpoints=["release/audit.jsonl.checkpoint"])
    assert (found.status, "who signed the checkpoints was not checked" in found.said) == (0, True)


def test_a_key_may_come_from_the_environment(run: Evidence, tmp_path: Path) -> None:
    """And is never shown."""
    write_key(tmp_path / "log.pem")
    pem = (tmp_path / "log.pem").read_text(encoding="ascii")
    run("append", log="audit.jsonl", entry=json.dumps(DECISION))
    made = run("checkpoint", {"LOG_KEY": pem}, log="audit.jsonl", key="env:LOG_KEY")

    assert (made.status, "signed by sha256:" in made.said) == (0, True)
    assert pem.splitlines()[1] not in made.said


def test_an_encrypted_key_is_refused_with_a_way_out(run: Evidence, tmp_path: Path) -> None:
    """`evidence` takes no password; `sign` does, and signs the checkpoint as a file."""
    (tmp_path / "key.pem").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", encoding="ascii")
    (tmp_path / "key.pem").chmod(0o600)
    run("append", log="audit.jsonl", entry=json.dumps(DECISION))
    found = run("checkpoint", log="audit.jsonl", key="key.pem")

    assert (found.status, found.codes, "`sign`" in found.said) == (2, ("EVID080",), True)


def test_a_report_has_both_forms(run: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by log and period; late decisions are counted in the headline."""
    monkeypatch.setattr("actions.evidence.telling.now", lambda: "2026-01-10T12:00:00Z")
    begin = {"action": "pending", "decision_id": "d-1", "severity": "high", "timestamp": "2026-01-10T11:00:00Z"}
    run("append", log="audit.jsonl", entry=json.dumps(begin))
    run("append", log="audit.jsonl", entry=json.dumps(DECISION))
    found = run("report", log="audit.jsonl", period="2026-01", output="reports")

    assert (found.status, found.outputs["report"]) == (0, "reports/audit-2026-01-01..2026-01-31.csv")
    assert (tmp_path / found.outputs["report_markdown".replace("_", "-")]).is_file()
    assert "2 entries in 2026-01-01..2026-01-31, 1 of 1 decisions late" in found.said
    assert run("report", log="audit.jsonl", period="2025-01").status == 70


def test_a_broken_log_has_no_report(run: Evidence, tmp_path: Path) -> None:
    """Nobody is handed numbers from a log that was changed."""
    kept(run, tmp_path)
    log = tmp_path / "audit.jsonl"
    log.write_bytes(b"".join(_changed(log.read_bytes().splitlines(keepends=True))))
    found = run("report", log="audit.jsonl", period="2020-01..2030-01")

    assert (found.status, found.outputs["report"], list(tmp_path.glob("audit-*"))) == (1, "", [])


def test_nodes_that_were_lost_are_made_again_and_told(run: Evidence, tmp_path: Path) -> None:
    """By appending and by a checkpoint."""
    kept(run, tmp_path)
    for mode in ("append", "checkpoint"):
        (tmp_path / "audit.jsonl.tree").unlink()
        options = {"entry": json.dumps(DECISION)} if mode == "append" else {}
        assert "made again from the whole log" in run(mode, log="audit.jsonl", **options).said


# Approvals.

APPROVALS = [
    {"state": "approved", "user": "ada", "comment": "=ship it", "environments": ["production", "eu"]},
    {"state": "rejected", "user": "bob", "environments": ["production"]},
]


def test_approvals_become_entries_with_the_time_they_were_seen(fakehub: FakeHub, run: Evidence, tmp_path: Path) -> None:
    """GitHub tells no time of the decision; what the log knows already is not appended again."""
    hub = fakehub({"repos": {"acme/app": {"approvals": {"42": APPROVALS}}}})
    environment = hub.environment("acme/app")
    found = run("append", environment, log="audit.jsonl", run_id="42")
    records = [json.loads(line)["record"] for line in (tmp_path / "audit.jsonl").read_bytes().splitlines()]

    assert (found.status, found.outputs["appended"]) == (0, "2")
    assert [(record["action"], record["performed_by"], record["environments"]) for record in records] == [
        ("approved", "ada", ["eu", "production"]), ("rejected", "bob", ["production"]),
    ]  # fmt: skip
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["observed_at"]) for record in records)
    again = run("append", environment, log="audit.jsonl", run_id="42")
    assert (again.status, again.codes) == (70, ("EVID071",))


def test_a_run_that_nobody_approved_is_unmeasured(fakehub: FakeHub, run: Evidence, tmp_path: Path) -> None:
    """No entry is made of nothing."""
    hub = fakehub({"repos": {"acme/app": {"approvals": {"42": []}}}})

    assert run("append", hub.environment("acme/app"), log="audit.jsonl", run_id="42").status == 70
    assert not (tmp_path / "audit.jsonl").exists()


def test_a_run_that_is_not_there_is_an_outside_fault(fakehub: FakeHub, run: Evidence) -> None:
    """GitHub says so, and nothing is appended."""
    hub = fakehub({"repos": {"acme/app": {}}})

    assert run("append", hub.environment("acme/app"), log="audit.jsonl", run_id="42").status == 3


def test_every_output_of_a_pack_can_be_compared(run: Evidence, release: Path) -> None:
    """The manifest beside a bundle, the bundle and the folder claim the same; the manifest holds to its schema."""
    run("pack")
    manifest = release / "evidence" / "evidence.manifest.json"
    os.replace(release / "evidence" / "evidence.zip", release.parent / "kept.zip")  # noqa: PTH105 - one file
    assert faults(json.loads(manifest.read_text(encoding="utf-8")), "evidence-manifest") == ()

    assert run("compare", manifests=["kept.zip", str(manifest)]).outputs["identical"] == "true"
