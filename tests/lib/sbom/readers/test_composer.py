"""`composer.lock`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from maximus.sbom.coverage import measure
from maximus.sbom.model import Known, Scope
from tests.lib.sbom.further_samples import FURTHER_SAMPLES
from tests.lib.sbom.more_samples import COMMIT, COMPOSER, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sha1

if TYPE_CHECKING:
    from pathlib import Path


def test_states_licences_and_archives(tmp_path: Path) -> None:
    """Several licences in a list are a choice; the archive's SHA-1 is published as what it is."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["composer"]))
    monolog = found["monolog/monolog 3.6.0"]
    assert monolog.group == "monolog"
    assert [(item.algorithm, item.value) for item in monolog.artifacts[0].digests] == [("SHA-1", sha1("monolog"))]
    assert [claim.expression for claim in found[f"acme/logs {COMMIT}"].licences] == ["GPL-2.0-or-later OR MIT"]


def test_a_branch_is_the_commit_that_was_locked(tmp_path: Path) -> None:
    """`dev-main` is the name of a branch: the commit is the version, the name a note."""
    logs = by_name(inventory_of(tmp_path, MORE_SAMPLES["composer"]))[f"acme/logs {COMMIT}"]
    assert logs.notes == (("composer:version", "dev-main"),)
    assert not logs.is_distributed


def test_a_metapackage_has_no_file_that_a_hash_could_be_of(tmp_path: Path) -> None:
    """It only needs others; a package of another type without an archive lacks its hash."""
    packages: list[dict[str, object]] = [
        {"name": f"acme/{kind}", "version": "1.0.0", "type": kind, "require": {}} for kind in ("metapackage", "library")
    ]
    made = by_name(inventory_of(tmp_path, {"composer.lock": json.dumps({"packages": packages, "packages-dev": []})}))
    meta = made["acme/metapackage 1.0.0"]
    assert [item.reason for item in meta.not_applicable] == [
        "a metapackage: it only needs others; no file is distributed"
    ]
    assert not any(gap.field == "Component Hash Value" for gap in meta.gaps)
    assert made["acme/library 1.0.0"].is_distributed
    assert measure(made.values()).distributed == 1


def test_a_replacement_stands_in(tmp_path: Path) -> None:
    """What needs a package that another one replaces needs the other; PHP and its extensions are no packages."""
    made = inventory_of(tmp_path, MORE_SAMPLES["composer"])
    assert ("monolog/monolog 3.6.0", f"acme/logs {COMMIT}") in edges_of(made)
    assert [item.text for item in made.findings] == ["missing/one is needed and not locked"]


def test_the_manifest_tells_what_is_direct(tmp_path: Path) -> None:
    """With `composer.json` the project's own needs are known, without it all hang on the root as unknown."""
    made = inventory_of(tmp_path / "with", MORE_SAMPLES["composer"])
    assert {name for name, item in by_name(made).items() if item.direct} == {
        "monolog/monolog 3.6.0", "phpunit/phpunit 11.2.5"
    }  # fmt: skip
    assert by_name(made)["phpunit/phpunit 11.2.5"].scopes == (Scope.DEV,)
    alone = inventory_of(tmp_path / "without", {"composer.lock": COMPOSER})
    assert not any(item.direct for item in alone.components)
    assert alone.root.edges is Known.INCOMPLETE


def test_what_is_installed_without_a_lock(tmp_path: Path) -> None:
    """The list that Composer keeps of what it installed has versions, licences, needs and who is for development."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["composer-installed"])
    found = by_name(made)
    assert set(found) == {"monolog/monolog 3.6.0", "psr/log 3.0.0"}
    assert {claim.expression for item in found.values() for claim in item.licences} == {"MIT"}
    assert edges_of(made) == {(".", "monolog/monolog 3.6.0"), ("monolog/monolog 3.6.0", "psr/log 3.0.0")}
    assert made.skipped == ()


def test_what_is_installed_beside_its_lock(tmp_path: Path) -> None:
    """The lock says it already, for every machine."""
    made = inventory_of(tmp_path, {**FURTHER_SAMPLES["composer-installed"], **MORE_SAMPLES["composer"]})
    assert {item.locations[0].path for item in made.components} == {"composer.lock"}
