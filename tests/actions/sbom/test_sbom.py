"""`sbom` as its users run it: a tree in, two documents and verdicts out."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from actions import sbom
from actions.sbom.difference import CLASSES
from actions.terminal import TerminalFace
from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.sbom.comparison import Class
from maximus.verdict import Status
from tests.lib.sbom.images.making import layer, oci
from tests.lib.sbom.samples import NPM_3, REQUIREMENTS, SAMPLES, make
from tests.lib.sbom.test_caches import NPM, TARBALL, tarball
from tests.lib.sbom.test_fetching import PIN, SIMPLE, VERSION, index
from tests.trees import commit_all, git, make_tree

ROOT = Path(__file__).resolve().parents[3]


def face_of(environment: dict[str, str] | None = None) -> TerminalFace:
    """Return a face that keeps what it is told."""
    return TerminalFace(environment or {}, "sbom", as_json=True, stream=io.StringIO(), errors=io.StringIO())


def run(tree: Path, folder: Path, face: TerminalFace | None = None, **inputs: Any) -> sbom.Outputs:  # noqa: ANN401 - an input's own type
    """Run the action on a tree."""
    return sbom.run(sbom.Inputs(path=str(tree), folder=str(folder), **inputs), face or face_of())


def load(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the CycloneDX and the SPDX document of a release folder."""
    return documents.load_json(folder / "sbom.cdx.json"), documents.load_json(folder / "sbom.spdx.json")


def test_writes_both_documents_into_the_folder(tmp_path: Path) -> None:
    """A tree with a lock passes, and both documents are where they are looked for."""
    tree = make_tree(tmp_path / "app")
    face = face_of()
    made = run(tree, tmp_path / "release", face)
    assert face.record.exit_status is ExitStatus.PASS
    assert sorted(path.name for path in (tmp_path / "release").iterdir()) == ["sbom.cdx.json", "sbom.spdx.json"]
    assert (made.spdx, made.components) == ((tmp_path / "release" / "sbom.spdx.json").as_posix(), "1")
    cdx, _ = load(tmp_path / "release")
    assert made.serial_number == cdx["serialNumber"]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"diff_policy": ("added",)}, "`diff-policy` does nothing here: `base` is empty, so nothing is compared"),
        ({"diff_output": "notes.md"}, "`diff-output` does nothing here: `base` is empty, so nothing is compared"),
        (
            {"cross_check_policy": ("hash",)},
            "`cross-check-policy` does nothing here: `cross-check` is empty, so nothing is compared",
        ),
    ],
)
def test_a_policy_that_is_never_applied_is_told(tmp_path: Path, inputs: dict[str, Any], told: str) -> None:
    """Its user believes that it holds; a first release has no base, so it passes."""
    errors = io.StringIO()
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(make_tree(tmp_path / "app"), tmp_path / "release", face, **inputs)
    assert told in errors.getvalue()
    assert face.record.exit_status is ExitStatus.PASS


def test_a_manifest_without_a_lock_is_told_and_blocks_nothing(tmp_path: Path) -> None:
    """An ecosystem that is missing as a whole must not look like one that is not there; with nothing else it is 70."""
    tree, errors = make_tree(tmp_path / "app"), io.StringIO()
    make(tree, {"web/Gemfile": 'gem "rails"'})
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(tree, tmp_path / "release", face)
    assert "warning: not-locked: 1 manifest of Bundler asks for packages and has no lock" in errors.getvalue()
    assert face.record.exit_status is ExitStatus.PASS
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=(alone := io.StringIO()))
    run(tree / "web", tmp_path / "other", face)
    assert "1 manifest of Bundler" in alone.getvalue()
    assert face.record.exit_status is ExitStatus.UNMEASURED


def test_a_glob_that_fits_nothing_is_told_by_name(tmp_path: Path) -> None:
    """A slip in it must not look as if it worked; what fits a lock, a manifest or a folder never entered is none."""
    tree, errors = make_tree(tmp_path / "app"), io.StringIO()
    make(
        tree, {"vendor/a/package-lock.json": NPM_3, "samples/Gemfile": "gem 'a'", "web/node_modules/a/package.json": ""}
    )
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    fits = ("samples/**", "**/node_modules/**", "release/**")
    (tree / "release").mkdir()
    run(tree, tree / "release", face, include=("vendor/*/*", "vndor/**"), exclude=(*fits, "docs/**", "docs/**"))
    assert [line for line in errors.getvalue().splitlines() if "which fits no lock" in line] == [
        f"warning: `include` has 'vndor/**', which fits no lock and no manifest in {tree}",
        f"warning: `exclude` has 'docs/**', which fits no lock and no manifest in {tree}",
    ]
    assert face.record.exit_status is ExitStatus.PASS


def test_globs_do_nothing_for_an_image_and_that_is_told(tmp_path: Path) -> None:
    """They select locks of a tree."""
    errors = io.StringIO()
    image = oci(tmp_path / "image", [layer({"app/node_modules/a/package.json": b'{"name": "a", "version": "1.0.0"}'})])
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(tmp_path, tmp_path / "release", face, image=str(image), exclude=("docs/**",))
    assert "`exclude` does nothing here: it selects locks of a tree, and `image` is inventoried" in errors.getvalue()


def test_every_verdict_says_how_many_were_looked_at(tmp_path: Path) -> None:
    """Locks, components, documents and references are judged, each with its count."""
    face = face_of()
    run(make_tree(tmp_path / "app"), tmp_path / "release", face)
    found = {verdict.check: verdict.inspected for verdict in face.record.verdicts}
    assert list(found) == ["sbom.locks", "sbom.components", "sbom.documents", "sbom.references"]
    assert found["sbom.locks"] == 1
    assert all(found.values())


def test_name_and_version_come_from_the_checkout(tmp_path: Path) -> None:
    """The name is the repository's; the version is the tag on the commit, else the commit."""
    tree = make_tree(tmp_path / "folder")
    run(tree, tmp_path / "one")
    subject = load(tmp_path / "one")[0]["metadata"]["component"]
    assert (subject["name"], subject["version"]) == ("app", git(tree, "rev-parse", "HEAD").strip()[:12])
    for tag in ("v1.9.0", "v1.10.0", "v1"):
        git(tree, "tag", tag)
    run(tree, tmp_path / "two")
    assert load(tmp_path / "two")[0]["metadata"]["component"]["version"] == "v1.10.0"


def test_name_and_version_as_given(tmp_path: Path) -> None:
    """What the user says counts."""
    run(make_tree(tmp_path / "app"), tmp_path / "release", name="thing", version="9.9.9")
    assert load(tmp_path / "release")[1]["name"] == "thing-9.9.9"


def test_one_format_alone(tmp_path: Path) -> None:
    """Only what is asked for is written, with the same serial number as both would have."""
    tree = make_tree(tmp_path / "app")
    both = run(tree, tmp_path / "both")
    only = run(tree, tmp_path / "one", formats=("spdx",))
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["sbom.spdx.json"]
    assert (only.cyclonedx, only.serial_number) == ("", both.serial_number)


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    """Another time, another place, another folder: the same tree gives the same documents."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "one")
    shutil.copytree(tree, tmp_path / "elsewhere" / "copy")
    run(tmp_path / "elsewhere" / "copy", tmp_path / "elsewhere" / "copy" / "release")
    for name in sbom.FILES.values():
        first = (tmp_path / "one" / name).read_bytes()
        assert first == (tmp_path / "elsewhere" / "copy" / "release" / name).read_bytes()


def test_its_own_output_is_not_scanned(tmp_path: Path) -> None:
    """A second run into the same folder, with locks lying in it, finds what the first one found."""
    tree = make_tree(tmp_path / "app")
    first = run(tree, tree / "release")
    make(tree / "release", {"package-lock.json": SAMPLES["npm-3"]["package-lock.json"]})
    assert run(tree, tree / "release") == first


def test_an_earlier_runs_documents_do_not_pass_for_this_runs(tmp_path: Path) -> None:
    """Where nothing is found, what an earlier run wrote is removed and the user is told."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "release")
    (tree / "package-lock.json").unlink()
    errors = io.StringIO()
    run(tree, tmp_path / "release", TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors))
    assert list((tmp_path / "release").iterdir()) == []
    assert "removed sbom.cdx.json" in errors.getvalue()


def test_another_tools_document_stays_and_is_named(tmp_path: Path) -> None:
    """A document that is not ours is never removed, and never passes unmentioned."""
    (tmp_path / "empty").mkdir()
    make(tmp_path / "release", {"sbom.cdx.json": "{}"})
    errors = io.StringIO()
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(tmp_path / "empty", tmp_path / "release", face)
    assert (tmp_path / "release" / "sbom.cdx.json").read_text(encoding="utf-8") == "{}"
    assert "sbom.cdx.json is not of this run" in errors.getvalue()


def test_one_format_after_the_other_keeps_both(tmp_path: Path) -> None:
    """Two runs on the same tree, one a format, complete each other; on another tree the old one goes."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "release", formats=("spdx",))
    run(tree, tmp_path / "release", formats=("cyclonedx",))
    assert len(list((tmp_path / "release").iterdir())) == 2
    run(tree, tmp_path / "release", formats=("spdx",), version="2.0.0")
    assert [path.name for path in (tmp_path / "release").iterdir()] == ["sbom.spdx.json"]


def test_an_inventory_too_large_leaves_no_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends in an error removes what it did not write; on wrong usage nothing is touched."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "release")
    with pytest.raises(Error):
        run(tmp_path / "nowhere", tmp_path / "release")
    assert (tmp_path / "release" / "sbom.cdx.json").exists()
    monkeypatch.setattr("maximus.sbom.inventory.MAX_COMPONENTS", 0)
    with pytest.raises(Error):
        run(tree, tmp_path / "release")
    assert list((tmp_path / "release").iterdir()) == []


def test_one_component_is_counted_in_the_singular(tmp_path: Path) -> None:
    """The headline says `1 component in 1 lock file`."""
    face = face_of()
    run(make_tree(tmp_path / "app"), tmp_path / "release", face)
    assert face.record.headline.startswith("1 component in 1 lock file;")


def test_the_time_is_the_commits(tmp_path: Path) -> None:
    """Documents are dated by the commit, or by SOURCE_DATE_EPOCH where it is set."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "one")
    assert load(tmp_path / "one")[0]["metadata"]["timestamp"] == "2026-01-02T03:04:05Z"
    run(tree, tmp_path / "two", face_of({"SOURCE_DATE_EPOCH": "0"}))
    assert load(tmp_path / "two")[1]["creationInfo"]["created"] == "1970-01-01T00:00:00Z"


def test_a_tree_without_git_is_dated_by_its_locks_and_says_so(tmp_path: Path) -> None:
    """Two runs are equal, and a warning says that another machine's need not be."""
    tree = make(tmp_path / "sdist-1.0", {"package-lock.json": NPM_3})
    os.utime(tree / "package-lock.json", (1_700_000_000, 1_700_000_000))
    errors = io.StringIO()
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(tree, tmp_path / "release", face)
    cdx, spdx = load(tmp_path / "release")
    assert cdx["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    assert spdx["name"] == "sdist-1.0-unknown"
    assert "not reproducible" in errors.getvalue()


def test_a_tree_inside_another_checkout_is_not_that_checkout(tmp_path: Path) -> None:
    """What was unpacked below a checkout, and is not committed there, does not get its name and commit."""
    outer = make_tree(tmp_path / "app")
    inner = make(outer / "dist" / "unpacked", {"package-lock.json": NPM_3})
    run(inner, tmp_path / "release")
    assert load(tmp_path / "release")[1]["name"] == "unpacked-unknown"


def test_a_part_of_a_checkout_is_its_part(tmp_path: Path) -> None:
    """A committed folder is named after itself and identified inside the repository."""
    tree = make_tree(tmp_path / "app")
    make(tree, {"web/package-lock.json": NPM_3})
    commit_all(tree, "feat: web")
    run(tree / "web", tmp_path / "release", version="2.0.0")
    subject = load(tmp_path / "release")[0]["metadata"]["component"]
    assert (subject["name"], subject["purl"]) == ("web", "pkg:github/octo/app@2.0.0#web")


@pytest.mark.parametrize("value", ["tomorrow", "-1", "1.5", "9" * 20, "٣"])
def test_a_wrong_source_date_epoch_is_wrong_usage(tmp_path: Path, value: str) -> None:
    """A time that is none is the caller's mistake and never becomes the present."""
    with pytest.raises(Error) as raised:
        run(make_tree(tmp_path / "app"), tmp_path / "release", face_of({"SOURCE_DATE_EPOCH": value}))
    assert (raised.value.code, raised.value.status) == ("SBOM013", ExitStatus.USAGE)


def test_an_empty_tree_is_unmeasured(tmp_path: Path) -> None:
    """Nothing to inventory is never a pass, and no empty document is written."""
    (tmp_path / "empty").mkdir()
    face = face_of()
    made = run(tmp_path / "empty", tmp_path / "release", face)
    assert face.record.exit_status is ExitStatus.UNMEASURED
    assert (made.components, made.spdx) == ("0", "")
    assert not (tmp_path / "release").exists()


def test_a_lock_without_packages_is_unmeasured(tmp_path: Path) -> None:
    """A lock that names nothing leads to no inventory either."""
    face = face_of()
    run(make(tmp_path / "app", {"Cargo.lock": "version = 4\n"}), tmp_path / "release", face)
    assert face.record.exit_status is ExitStatus.UNMEASURED


def test_no_such_folder_is_wrong_usage(tmp_path: Path) -> None:
    """A tree that is not there is the caller's mistake."""
    with pytest.raises(Error) as raised:
        run(tmp_path / "nowhere", tmp_path / "release")
    assert raised.value.status is ExitStatus.USAGE


def test_a_broken_lock_is_named_and_the_rest_is_written(tmp_path: Path) -> None:
    """One unreadable lock fails the run; everything else is in the documents."""
    tree = make(tmp_path / "app", {"a/uv.lock": "[[package\n", "requirements.txt": REQUIREMENTS})
    face = face_of()
    made = run(tree, tmp_path / "release", face)
    assert face.record.exit_status is ExitStatus.FAILED
    assert [error.where for error in face.record.errors] == ["a/uv.lock"]
    assert made.components == "3"
    (verdict,) = [item for item in face.record.verdicts if item.check == "sbom.locks"]
    assert "a/uv.lock" in verdict.reason


def test_only_broken_locks_fail(tmp_path: Path) -> None:
    """Where no lock could be read that is a failure, and not merely nothing to measure."""
    face = face_of()
    run(make(tmp_path / "app", {"uv.lock": "[[package\n"}), tmp_path / "release", face)
    assert face.record.exit_status is ExitStatus.FAILED
    assert not (tmp_path / "release").exists()


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    """Where the folder cannot be written the run fails, and nothing half is left."""
    tree = make_tree(tmp_path / "app")
    (tmp_path / "release").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(Error) as raised:
        run(tree, tmp_path / "release")
    assert raised.value.code == "FILE003"


def test_what_was_left_out_is_shown(tmp_path: Path) -> None:
    """A lock among test data is named to the user and in the document."""
    tree = make_tree(tmp_path / "app")
    make(tree, {"tests/fixtures/package-lock.json": NPM_3})
    errors = io.StringIO()
    run(tree, tmp_path / "release", TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors))
    assert "left out: tests/fixtures/package-lock.json (test data)" in errors.getvalue()
    properties = load(tmp_path / "release")[0]["metadata"]["properties"]
    assert {"name": "maximus:skipped", "value": "tests/fixtures/package-lock.json: test data"} in properties


def test_what_is_installed_changes_no_byte(tmp_path: Path) -> None:
    """Folders of installed packages and caches are shown to the user, and the documents do not know of them."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "before")
    make(tree, {"node_modules/a/package-lock.json": NPM_3, ".venv/pyvenv.cfg": "", "web/.cache/x/uv.lock": ""})
    errors = io.StringIO()
    run(tree, tmp_path / "after", TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors))
    for name in sbom.FILES.values():
        assert (tmp_path / "before" / name).read_bytes() == (tmp_path / "after" / name).read_bytes()
    assert "left out: node_modules (installed packages)" in errors.getvalue()


def test_installed_packages_tell_their_licences_when_asked(tmp_path: Path) -> None:
    """With `installed` both documents, still valid, have licence and producer; and two runs are equal."""
    tree = make(
        tmp_path / "app",
        {
            "requirements.txt": "left==1.0\n",
            ".venv/lib/python3.11/site-packages/left-1.0.dist-info/METADATA": (
                "Name: left\nVersion: 1.0\nAuthor: Ada (x)\nLicense: Apache 2.0\n"
            ),
        },
    )
    face = face_of({"SOURCE_DATE_EPOCH": "0"})
    run(tree, tmp_path / "one", face, installed=True, min_licences="100")
    run(tree, tmp_path / "two", face, installed=True)
    assert face.record.exit_status is ExitStatus.PASS
    cdx, spdx = load(tmp_path / "one")
    assert cdx["components"][0]["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert cdx["components"][0]["supplier"] == {"name": "Ada"}
    package = next(item for item in spdx["packages"] if item["name"] == "left")
    assert (package["licenseDeclared"], package["licenseConcluded"]) == ("Apache-2.0", "NOASSERTION")
    assert package["supplier"] == "Organization: Ada"
    for name in sbom.FILES.values():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_caches_give_digests_when_asked(tmp_path: Path) -> None:
    """With `caches` npm's own gives the SHA-256 of what the lock knows by SHA-512; and two runs are equal."""
    tree = make(tmp_path / "app", NPM)
    tarball(tmp_path)
    errors = io.StringIO()
    environment = {"SOURCE_DATE_EPOCH": "0", "npm_config_cache": str(tmp_path / "npm"), "HOME": str(tmp_path)}
    face = TerminalFace(environment, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(tree, tmp_path / "one", face, caches=True, min_hashes="100")
    run(tree, tmp_path / "two", face, caches=True)
    assert face.record.exit_status is ExitStatus.PASS
    assert "caches: 1 of 1 component verified and hashed" in errors.getvalue()
    cdx, spdx = load(tmp_path / "one")
    assert [item["alg"] for item in cdx["components"][0]["hashes"]] == ["SHA-256", "SHA-512"]
    package = next(item for item in spdx["packages"] if item["name"] == "left")
    assert [item["algorithm"] for item in package["checksums"]] == ["SHA256", "SHA512"]
    for name in sbom.FILES.values():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_was_fetched_is_pinned_and_not_asked_for_again(tmp_path: Path) -> None:
    """The second run reads the facts file, needs no network, and writes the same bytes."""
    tree = make(tmp_path / "app", PIN)
    pinned = str(tmp_path / "facts.json")
    with index(SIMPLE) as server:
        environment = {"SOURCE_DATE_EPOCH": "0", "HOME": str(tmp_path), "PIP_INDEX_URL": f"{server.address}/simple"}
        run(tree, tmp_path / "one", face_of(environment), fetch=True, facts=pinned)
        assert len(server.asked) == 2
        run(tree, tmp_path / "two", face_of(environment), fetch=True, facts=pinned)
        assert len(server.asked) == 2
    run(tree, tmp_path / "three", face_of({"SOURCE_DATE_EPOCH": "0"}), facts=pinned)
    cdx, _ = load(tmp_path / "one")
    assert cdx["components"][0]["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]
    for name in sbom.FILES.values():
        one, two, three = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two", "three"))
        assert one == two == three


def test_fetched_digests_are_counted_and_pinned(tmp_path: Path) -> None:
    """`hashes: fetch` fills in the SHA-256 of an npm package; without a network the facts file says the same."""
    tree = make(tmp_path / "app", NPM)
    pinned = str(tmp_path / "facts.json")
    content = {"/left/1.0.0": json.dumps(VERSION).encode(), "/left/-/left-1.0.0.tgz": TARBALL}
    with index(content) as server:
        environment = {"SOURCE_DATE_EPOCH": "0", "HOME": str(tmp_path), "npm_config_registry": server.address,
                       "npm_config_replace_registry_host": "always"}  # fmt: skip
        run(tree, tmp_path / "zero", face_of(environment), fetch=True, facts=pinned)
        face = face_of(environment)
        run(tree, tmp_path / "one", face, hashes="fetch", facts=pinned, min_hashes="100")
        assert face.record.exit_status is ExitStatus.PASS
    run(tree, tmp_path / "two", face_of({"SOURCE_DATE_EPOCH": "0"}), facts=pinned)
    cdx, _ = load(tmp_path / "one")
    assert [item["alg"] for item in cdx["components"][0]["hashes"]] == ["SHA-256", "SHA-512"]
    assert cdx["components"][0]["licenses"]
    for name in sbom.FILES.values():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_index_that_cannot_be_reached_costs_its_fields_only(tmp_path: Path) -> None:
    """The documents are written, the finding names the package, and the status stays."""
    tree = make(tmp_path / "app", PIN)
    with index({}) as server:
        environment = {"HOME": str(tmp_path), "PIP_INDEX_URL": f"{server.address}/simple"}
        face = face_of(environment)
        made = run(tree, tmp_path / "release", face, fetch=True)
    assert (made.components, face.record.exit_status) == ("1", ExitStatus.PASS)


def test_nothing_installed_is_said(tmp_path: Path) -> None:
    """Who asks for what is installed and forgot to install is told so."""
    errors = io.StringIO()
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(make_tree(tmp_path / "app"), tmp_path / "release", face, installed=True)
    assert "nothing of what the locks name is installed" in errors.getvalue()


def test_coverage_has_both_numbers(tmp_path: Path) -> None:
    """The table counts what is known of what there is, one row an ecosystem and one for all."""
    tree = make(tmp_path / "app", {**SAMPLES["go"], **SAMPLES["npm-3"]})
    face = face_of()
    run(tree, tmp_path / "release", face)
    (table,) = face.record.tables
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert list(rows) == ["golang", "npm", "all"]
    # Of seven packages one is a commit and one is bundled: five have a file that a hash could be of.
    assert rows["npm"]["hash"] == "5/5"
    assert rows["golang"]["hash"] == "0/5"


def test_below_a_minimum_the_run_fails_and_the_documents_are_written(tmp_path: Path) -> None:
    """A minimum blocks with the status 1, by name; what was found is in the folder all the same."""
    face = face_of()
    made = run(make_tree(tmp_path / "app"), tmp_path / "release", face, min_hashes="100", min_licences="100")
    assert face.record.exit_status is ExitStatus.FAILED
    verdicts = {item.check: item for item in face.record.verdicts}
    assert (verdicts["sbom.min-hashes"].measured, verdicts["sbom.min-licences"].measured) == ("0/1", "1/1")
    assert "left 1.2.3" in verdicts["sbom.min-hashes"].reason
    assert [error.code for error in face.record.errors] == ["SBOM015"]
    assert face.record.headline.endswith("below the minimum: hashes")
    assert Path(made.spdx).exists()


def test_without_minimums_coverage_blocks_nothing(tmp_path: Path) -> None:
    """A first run on an ordinary repository passes, whatever is unknown."""
    face = face_of()
    run(make(tmp_path / "app", {"requirements.txt": "a==1.0\nb>=2\n"}), tmp_path / "release", face)
    assert face.record.exit_status is ExitStatus.PASS


def test_the_release_plan_is_a_profile(tmp_path: Path) -> None:
    """It judges all four shares."""
    face = face_of()
    run(make_tree(tmp_path / "app"), tmp_path / "release", face, profile="release-plan")
    found = {item.check: item.threshold for item in face.record.verdicts if item.check.startswith("sbom.min-")}
    assert found == {
        "sbom.min-components": 100,
        "sbom.min-licences": 95,
        "sbom.min-versions": 100,
        "sbom.min-hashes": 100,
    }


def test_a_wrong_minimum_touches_nothing(tmp_path: Path) -> None:
    """Wrong usage is found before anything is read or written."""
    with pytest.raises(Error) as raised:
        run(make_tree(tmp_path / "app"), tmp_path / "release", min_versions="most")
    assert (raised.value.code, raised.value.status) == ("SBOM014", ExitStatus.USAGE)
    assert not (tmp_path / "release").exists()


def diff_of(folder: Path) -> dict[str, Any]:
    """Return the comparison in a release folder."""
    found: dict[str, Any] = documents.load_json(folder / "evidence" / "sbom-diff.json")
    return found


def test_a_tag_is_compared_out_of_git(tmp_path: Path) -> None:
    """The tag's locks are read without a checkout; what changed since is written, counted and handed on."""
    tree = make_tree(tmp_path / "app")
    git(tree, "tag", "v1")
    lock = tree / "package-lock.json"
    lock.write_text(lock.read_text(encoding="utf-8").replace("1.2.3", "1.3.0"), encoding="utf-8")
    before = git(tree, "status", "--porcelain")
    face = face_of()
    made = run(tree, tmp_path / "release", face, base="v1")
    found = diff_of(tmp_path / "release")
    assert face.record.exit_status is ExitStatus.PASS
    assert made.diff == (tmp_path / "release" / "evidence" / "sbom-diff.json").as_posix()
    assert found["base"] == {"kind": "tag", "name": "v1", "commit": git(tree, "rev-parse", "v1").strip()}
    assert [(item["class"], item["before"], item["after"], item["step"]) for item in found["changes"]] == [
        ("upgraded", "1.2.3", "1.3.0", "minor")
    ]
    assert "| upgraded (minor) |" in (tmp_path / "release" / "evidence" / "sbom-diff.md").read_text(encoding="utf-8")
    assert ("upgraded", "1") in face.record.tables[0].rows
    assert git(tree, "status", "--porcelain") == before


def test_the_released_document_is_compared_before_it_is_written_over(tmp_path: Path) -> None:
    """The base may be the file that this run replaces; another hash of the same version is an alarm."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "release")
    lock = tree / "package-lock.json"
    lock.write_text(lock.read_text(encoding="utf-8").replace("sha512-z4", "sha512-a4"), encoding="utf-8")
    errors = io.StringIO()
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    run(tree, tmp_path / "release", face, base=str(tmp_path / "release" / "sbom.spdx.json"))
    assert [item["class"] for item in diff_of(tmp_path / "release")["changes"]] == ["hash-changed"]
    assert "alarm: pkg:npm/left@1.2.3" in errors.getvalue()
    assert face.record.exit_status is ExitStatus.PASS


def test_a_tag_that_is_not_there_is_a_first_release(tmp_path: Path) -> None:
    """It is said, and never shown as an empty comparison."""
    face = face_of()
    tree = make_tree(tmp_path / "app")
    git(tree, "tag", "--delete", "v1.1.0")
    run(tree, tmp_path / "release", face, base="v0.0.1")
    found = diff_of(tmp_path / "release")
    assert (found["first_release"], found["base"]) == (True, {"kind": "none", "name": "v0.0.1"})
    assert face.record.exit_status is ExitStatus.PASS


def test_changes_of_a_refused_class_fail(tmp_path: Path) -> None:
    """By name and with status 1; everything is written, also where the user wants it besides."""
    tree = make(tmp_path / "app", {"requirements.txt": "a==1.0\nb==1.0\n"})
    run(tree, tmp_path / "release")
    make(tree, {"requirements.txt": "a==1.1\nc==1.0\n"})
    old = str(tmp_path / "release" / "sbom.cdx.json")
    for name, policy, status in (
        ("notes.md", ("added", "downgraded"), ExitStatus.FAILED),
        ("diff.json", ("hash-changed",), ExitStatus.PASS),
    ):
        face = face_of({})
        run(tree, tmp_path / "again", face, base=old, diff_policy=policy, diff_output=str(tmp_path / name))
        assert face.record.exit_status is status
        assert next(item for item in face.record.verdicts if item.check == "sbom.diff").inspected == 2
    assert "| added |" in (tmp_path / "notes.md").read_text(encoding="utf-8")
    assert documents.load_json(tmp_path / "diff.json") == diff_of(tmp_path / "again")


def test_the_classes_that_can_be_refused_are_those_that_there_are() -> None:
    """In the order in which they are shown."""
    assert tuple(item.value for item in Class) == CLASSES


@pytest.mark.parametrize("base", ["nowhere.json", "v1", "x" * 5000])
def test_a_base_that_nobody_can_know_is_wrong_usage(tmp_path: Path, base: str) -> None:
    """Without git there are no tags, so it can only be a slip."""
    tree = make(tmp_path / "app", {"package-lock.json": NPM_3})
    with pytest.raises(Error) as raised:
        run(tree, tmp_path / "release", base=base)
    assert (raised.value.code, raised.value.status) == ("SBOM017", ExitStatus.USAGE)


def test_a_slip_does_not_pass_for_a_first_release(tmp_path: Path) -> None:
    """With an earlier tag in the history a name that is none is wrong usage, and the policy is not let off."""
    tree = make_tree(tmp_path / "app")
    git(tree, "tag", "v0.9.0")
    (tree / "more.txt").write_text("more\n", encoding="utf-8")
    commit_all(tree, "more")
    with pytest.raises(Error, match=r"there is no base v0\.9\b") as caught:
        run(tree, tmp_path / "release", base="v0.9", diff_policy=("hash-changed",))
    assert (caught.value.code, caught.value.status) == ("SBOM017", ExitStatus.USAGE)
    assert "earlier tags" in str(caught.value.why)


def test_a_shallow_clone_does_not_pass_for_a_first_release(tmp_path: Path) -> None:
    """Where the tags were cut off, the user is told how to get them."""
    make_tree(tmp_path / "app")
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-tags", f"file://{tmp_path / 'app'}", "clone")
    with pytest.raises(Error) as raised:
        run(tmp_path / "clone", tmp_path / "release", base="v9")
    assert raised.value.code == "SBOM018"


def test_a_base_with_a_broken_lock_is_no_base(tmp_path: Path) -> None:
    """Half a base would show the rest as added: the run fails by name, and the inventory is written."""
    tree = make_tree(tmp_path / "app")
    make(tree, {"uv.lock": "[[package\n"})
    commit_all(tree, "feat: broken")
    git(tree, "tag", "broken")
    (tree / "uv.lock").unlink()
    face = face_of()
    made = run(tree, tmp_path / "release", face, base="broken")
    assert [error.code for error in face.record.errors] == ["SBOM016"]
    assert "uv.lock" in face.record.errors[0].why
    assert (made.diff, Path(made.spdx).exists()) == ("", True)


def test_an_earlier_comparison_does_not_pass_for_this_runs(tmp_path: Path) -> None:
    """A run without a base removes what an earlier one compared, and nothing else of the evidence."""
    tree = make_tree(tmp_path / "app")
    git(tree, "tag", "--delete", "v1.1.0")
    run(tree, tmp_path / "release", base="v0")
    make(tmp_path / "release" / "evidence", {"other.json": "{}"})
    run(tree, tmp_path / "release")
    assert [path.name for path in (tmp_path / "release" / "evidence").iterdir()] == ["other.json"]


def test_a_part_of_a_repository_is_compared_with_that_part(tmp_path: Path) -> None:
    """Only the folder's own locks of the tag are its base."""
    tree = make_tree(tmp_path / "app")
    make(tree, {"web/requirements.txt": "-r base.in\nb==1.0\n", "web/base.in": "a==1.0\n"})
    commit_all(tree, "feat: web")
    git(tree, "tag", "v1")
    run(tree / "web", tmp_path / "release", base="v1")
    found = diff_of(tmp_path / "release")
    assert (found["before"], found["changes"]) == (found["after"], [])
    assert found["before"]["components"] == 2


def test_the_command_line_prints_one_document(tmp_path: Path) -> None:
    """`python3 actions sbom --json` prints the outputs and verdicts as JSON and leaves everything else out of it."""
    tree = make_tree(tmp_path / "app")
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "actions"),
            "sbom",
            "--path",
            str(tree),
            "--folder",
            str(tmp_path / "out"),
            "--json",
        ],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outputs"]["verdict"] == "pass"


def test_globs_select_what_is_read(tmp_path: Path) -> None:
    """`exclude` leaves locks out by name, `include` takes in those of test data; both are told in the document."""
    tree = make(
        tmp_path / "app",
        {
            "a/requirements.txt": "a==1\n",
            "tests/stack/requirements.txt": "b==1\n",
            "testdata/requirements.txt": "c==1\n",
        },
    )
    run(tree, tmp_path / "release", exclude=("tests/**",), include=("testdata/*",))
    cdx, _ = load(tmp_path / "release")
    assert [item["purl"] for item in cdx["components"]] == ["pkg:pypi/a@1", "pkg:pypi/c@1"]
    skipped = [item["value"] for item in cdx["metadata"]["properties"] if item["name"] == "maximus:skipped"]
    assert skipped == ["tests/stack/requirements.txt: left out by `exclude`"]


def test_globs_hold_for_the_base_too(tmp_path: Path) -> None:
    """A lock that is left out now is no removal since the last release."""
    tree = make(tmp_path / "app", {"requirements.txt": "a==1\n", "tests/requirements.txt": "b==1\n"})
    git(tree, "init", "--quiet", "--initial-branch=main")
    commit_all(tree, "the first release")
    git(tree, "tag", "v1.0.0")
    run(tree, tmp_path / "release", exclude=("tests/**",), base="v1.0.0")
    found = documents.load_json(tmp_path / "release" / "evidence" / "sbom-diff.json")
    assert found["changes"] == []


def test_a_glob_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    """It is named before anything is written."""
    tree = make(tmp_path / "app", {"requirements.txt": "a==1\n"})
    with pytest.raises(Error) as caught:
        run(tree, tmp_path / "release", exclude=("../**",))
    assert (caught.value.code, caught.value.status) == ("GLOB001", ExitStatus.USAGE)
    assert not (tmp_path / "release").exists()


def test_counts_are_outputs(tmp_path: Path) -> None:
    """What a workflow would decide by: ecosystems, three shares as two numbers, what is unknown and left out."""
    tree = make(tmp_path / "app", {"requirements.txt": REQUIREMENTS, "testdata/requirements.txt": "a==1\n"})
    made = run(tree, tmp_path / "release")
    assert (made.ecosystems, made.skipped) == ("pypi", "1")
    assert made.version_coverage == f"{made.components}/{made.components}"
    assert made.licence_coverage == f"0/{made.components}"
    assert made.unknown == made.components


def test_judges_a_document_that_anybody_wrote(tmp_path: Path) -> None:
    """`check` reads a document, holds it to a profile, names what it lacks, and writes nothing."""
    tree = make_tree(tmp_path / "app")
    run(tree, tmp_path / "release")
    for name in ("sbom.cdx.json", "sbom.spdx.json"):
        face = face_of()
        made = run(tree, tmp_path / "elsewhere", face, check=str(tmp_path / "release" / name))
        assert face.record.exit_status is ExitStatus.PASS
        assert made.components == "1"
        held = face_of()
        run(tree, tmp_path / "elsewhere", held, check=str(tmp_path / "release" / name), profile="ntia-2021")
        assert held.record.exit_status is ExitStatus.FAILED
        failed = {v.check for v in held.record.verdicts if v.status is Status.FAIL}
        assert failed == {"sbom.check-suppliers"}
    assert not (tmp_path / "elsewhere").exists()


def test_an_inventory_is_held_to_a_standard_too(tmp_path: Path) -> None:
    """With a standard as profile our own document is judged like anybody's, and is written all the same."""
    face = face_of()
    run(make_tree(tmp_path / "app"), tmp_path / "release", face, profile="telco-1.1")
    verdicts = {verdict.check: verdict.status for verdict in face.record.verdicts}
    assert verdicts["sbom.check-format"] is Status.PASS
    assert verdicts["sbom.check-creators"] is Status.PASS
    assert verdicts["sbom.check-suppliers"] is Status.FAIL
    assert (tmp_path / "release" / "sbom.spdx.json").is_file()


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({"check": "gone.json"}, "SBOM025"), ({"check": "@", "min_components": "100"}, "SBOM026")],
)
def test_a_check_that_makes_no_sense_is_wrong_usage(tmp_path: Path, inputs: dict[str, Any], code: str) -> None:
    """A document that is not there, and a minimum that only an inventory has."""
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    given: dict[str, Any] = {key: str(tmp_path / "x.json") if value == "@" else value for key, value in inputs.items()}
    with pytest.raises(Error) as caught:
        run(tmp_path, tmp_path / "release", **given)
    assert (caught.value.code, caught.value.status) == (code, ExitStatus.USAGE)


def test_an_image_is_inventoried_like_a_tree(tmp_path: Path) -> None:
    """Both documents are written, dated by the image; a file as base is compared with, a tag is wrong usage."""
    status = "Package: curl\nStatus: install ok installed\nVersion: 8.14.1-2\nArchitecture: amd64\n"
    path = oci(
        tmp_path / "image", [layer({"etc/os-release": "ID=debian\nVERSION_ID=13\n", "var/lib/dpkg/status": status})]
    )
    face = face_of()
    made = run(tmp_path, tmp_path / "release", face, image=str(path))
    assert face.record.exit_status is ExitStatus.PASS
    assert (made.components, made.ecosystems) == ("2", "deb,generic")
    cdx, _ = load(tmp_path / "release")
    assert cdx["metadata"]["timestamp"] == "2026-01-02T03:04:05Z"
    again = run(tmp_path, tmp_path / "again", image=str(path), base=str(tmp_path / "release" / "sbom.cdx.json"))
    assert documents.load_json(Path(again.diff))["changes"] == []
    with pytest.raises(Error) as caught:
        run(tmp_path, tmp_path / "third", image=str(path), base="v1.0.0")
    assert caught.value.code == "SBOM017"


def test_an_image_without_packages_is_unmeasured(tmp_path: Path) -> None:
    """Nothing that was looked at is no pass."""
    face = face_of()
    made = run(tmp_path, tmp_path / "release", face, image=str(oci(tmp_path / "image", [layer({"a": "b"})])))
    assert face.record.exit_status is ExitStatus.UNMEASURED
    assert made.components == "0"


def test_the_author_is_whom_the_input_names(tmp_path: Path) -> None:
    """In both formats with the address, which BSI asks for; one that names nobody is wrong usage."""
    run(make_tree(tmp_path / "app"), tmp_path / "release", author="Acme <info@acme.example> (https://acme.example)")
    made = json.loads((tmp_path / "release" / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert made["metadata"]["manufacturer"] == {
        "name": "Acme", "url": ["https://acme.example"], "contact": [{"email": "info@acme.example"}],
    }  # fmt: skip
    spdx = json.loads((tmp_path / "release" / "sbom.spdx.json").read_text(encoding="utf-8"))
    assert spdx["creationInfo"]["creators"][0] == "Organization: Acme (info@acme.example)"
    with pytest.raises(Error) as caught:
        run(make_tree(tmp_path / "other"), tmp_path / "release", author="<>")
    assert (caught.value.code, caught.value.status) == ("SBOM060", ExitStatus.USAGE)


def test_a_declaration_is_a_conclusion_only_where_it_is_asked_for(tmp_path: Path) -> None:
    """`conclude: declared` says so on each component; without it nothing is concluded."""
    tree = make_tree(tmp_path / "app")
    lock = {"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0", "license": "MIT"}}}
    (tree / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    for conclude, word in (("", "NOASSERTION"), ("declared", "MIT")):
        run(tree, tmp_path / f"release{conclude}", conclude=conclude)
        spdx = json.loads((tmp_path / f"release{conclude}" / "sbom.spdx.json").read_text(encoding="utf-8"))
        (package,) = [item for item in spdx["packages"] if item["name"] == "a"]
        assert (package["licenseDeclared"], package["licenseConcluded"]) == ("MIT", word)


def test_what_is_inside_installed_wheels_is_told_apart(tmp_path: Path) -> None:
    """It stands in an output and a sentence of its own, and the components stay as many."""
    from tests.lib.sbom.test_wheels import bom, crate, wheel  # noqa: PLC0415 - an installed wheel

    tree = make(tmp_path / "app", wheel({"a.json": bom(crate("alpha"), crate("beta"))}))
    errors = io.StringIO()
    face = TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors)
    made = run(tree, tmp_path / "release", face, installed=True)
    assert (made.components, made.inside) == ("1", "2")
    assert "inside 1 component: 2 further components" in errors.getvalue()
